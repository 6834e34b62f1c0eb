#ifndef EL_CLI_CEREMONY_SIGN_H
#define EL_CLI_CEREMONY_SIGN_H

#include "cli/cli.h"

/* What the root signs at the end of a ceremony, in either form.  All say what went wrong. */

/* The root key at path, and the deployment it is the root of. */
EL_MUST_USE int el_cli_root_open(
    struct el_cli *, const char *path, struct el_sign_key **out, struct el_hash *deployment);
/* Sign the policy with the next serial, for 400 days from now. */
EL_MUST_USE int el_cli_sign_policy(
    const struct el_cli *, const struct el_sign_key *root, const char *dir, int64_t now_s, struct el_policy *);
/* Sign the bundle with the next serial, until its last day is destroyed; *hash is its hash. */
EL_MUST_USE int el_cli_sign_bundle(const struct el_cli *, const struct el_sign_key *root, const char *dir,
    uint32_t day_offset_s, struct el_bundle *, struct el_hash *hash);
/* Whether a policy has run out before the last of so many days is destroyed: orders of then could not be checked. */
bool el_cli_policy_runs_out(const struct el_policy *, el_epoch first, unsigned days);
/* A bundle of the policy's threshold and trustees, without days. */
void el_cli_bundle_begin(const struct el_policy *, struct el_bundle *);
/* The first day that is not in the bundle, from today on. */
el_epoch el_cli_bundle_next(const struct el_bundle *, int64_t now_s, uint32_t day_offset_s);

#endif
