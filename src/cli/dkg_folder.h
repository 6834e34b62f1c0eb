#ifndef EL_CLI_DKG_FOLDER_H
#define EL_CLI_DKG_FOLDER_H

#include "authority/dkg_party.h"
#include "cli/cli.h"

/*
 * The folder of a distributed ceremony: plan.json, KIND-J.json of what trustee J said, shares-I-to-J.json.  Every
 * trustee has one of its own, into which the others' files are copied, so nothing in it is trusted.  All functions
 * say what went wrong.
 */

/* The folder's plan, and that --without names trustees of it (EL_EFORMAT). */
EL_MUST_USE int el_cli_dkg_plan(const struct el_cli *, const char *folder, struct el_dkg_plan *out);
/* One trustee's file.  EL_ENOTFOUND, which is not said: it is not there (yet). */
EL_MUST_USE int el_cli_dkg_read(const struct el_cli *, const char *folder, enum el_dkg_kind, unsigned trustee,
    unsigned to, struct el_dkg_file *out);
/*
 * Write what this trustee says, and wipe it.  EL_EEXIST: it has said that already (shares alone are written anew).
 * `to` is 0 but for shares.
 */
EL_MUST_USE int el_cli_dkg_write(const struct el_cli *, const char *folder, struct el_dkg_file *, unsigned to);
/* Say why a file is not taken; returns the error. */
int el_cli_dkg_refuse(const struct el_cli *, enum el_dkg_kind, unsigned trustee, unsigned to, int err);
/* Take every public file of that kind that is there. */
EL_MUST_USE int el_cli_dkg_take(const struct el_cli *, const char *folder, enum el_dkg_kind, struct el_dkg *);
/* Whether --without names this trustee. */
bool el_cli_dkg_without(const struct el_cli *, unsigned trustee);
/* Say that a file is waited for, and how to go on without it; EL_EBUSY. */
int el_cli_dkg_wait(const struct el_cli *, enum el_dkg_kind, unsigned trustee, unsigned to, const char *otherwise);

#endif
