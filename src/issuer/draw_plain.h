#ifndef EL_ISSUER_DRAW_PLAIN_H
#define EL_ISSUER_DRAW_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The body of a live draw as every device writes it, {"index":N}, read straight from its bytes.  What is accepted
 * here jansson reads alike (a fuzz target compares the two); whatever is not, malformed or merely unusual, is false
 * and jansson's to judge.  *index is below 65536.
 */
bool el_draw_plain(const uint8_t *body, size_t len, uint32_t *index);

#endif
