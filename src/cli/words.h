#ifndef EL_CLI_WORDS_H
#define EL_CLI_WORDS_H

#include <jansson.h>
#include <stdio.h>

#include "authority/order_file.h"

/*
 * An order in words, for those who are asked to sign or to open it: what it looks for, where, when, whom it
 * speaks to, until when, who has signed and what is missing.  The order has been parsed; scopes are shown
 * as disclosed.
 */
void el_order_words(FILE *, const struct el_order *, const struct el_order_file *, const struct el_policy *,
    int64_t now_s);
/* The same as JSON; NULL: no memory. */
json_t *el_order_words_json(const struct el_order *, const struct el_order_file *, const struct el_policy *,
    int64_t now_s);

#endif
