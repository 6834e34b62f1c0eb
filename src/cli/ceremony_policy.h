#ifndef EL_CLI_CEREMONY_POLICY_H
#define EL_CLI_CEREMONY_POLICY_H

#include "cli/cli.h"

/*
 * The first policy of a deployment from the options of `keys ceremony`: everything but deployment, serial
 * and not_after.  Said on failure; EL_ECONFIG: an option is wrong or missing.
 */
EL_MUST_USE int el_ceremony_policy(const struct el_cli *, int64_t now_s, struct el_policy *out);

#endif
