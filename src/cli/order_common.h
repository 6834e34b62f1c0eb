#ifndef EL_CLI_ORDER_COMMON_H
#define EL_CLI_ORDER_COMMON_H

#include "authority/order_file.h"
#include "cli/cli.h"

/*
 * Read and parse an order file, and the policy that it is judged by: of --dir, else of the first folder
 * that has a policy.json among the order's own, `beside`'s (may be NULL) and the working one.  Said on
 * failure; what was made is the caller's to free either way.
 */
EL_MUST_USE int el_cli_order_load(const struct el_cli *, const char *path, const char *beside,
    struct el_order_file **, struct el_order *, struct el_trust **, int64_t *now_s);

#endif
