#ifndef EL_CLI_SHARE_STORE_H
#define EL_CLI_SHARE_STORE_H

#include "authority/share_file.h"
#include "cli/cli.h"

/*
 * Keep a trustee's verified shares in SHARE, which is begun where it is not there; dir is the folder of the signed
 * documents.  *n_added counts days.  Said on failure.
 */
EL_MUST_USE int el_cli_store_shares(const struct el_cli *, const struct el_trust *, const char *dir, const char *share,
    const struct el_shares *, int64_t now_s, size_t *n_added);
/* Say why a SHARE cannot be opened, and what to do; the exit status. */
int el_cli_share_error(const struct el_cli *, int err, const char *share);

#endif
