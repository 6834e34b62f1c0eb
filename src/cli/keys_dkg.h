#ifndef EL_CLI_KEYS_DKG_H
#define EL_CLI_KEYS_DKG_H

#include "cli/cli.h"

/* The two steps of a distributed ceremony that are the root's: they hold no share.  An exit status. */
int el_cli_keys_dkg_plan(struct el_cli *, const char *folder);
int el_cli_keys_dkg_bundle(struct el_cli *, const char *folder);

#endif
