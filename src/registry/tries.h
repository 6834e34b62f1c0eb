#ifndef EL_REGISTRY_TRIES_H
#define EL_REGISTRY_TRIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"

/*
 * Tries by address (16 bytes, IPv4-mapped; an IPv6 /64 counts as one), in memory only: so many in so many
 * seconds after the first.  When too many addresses try at once the longest known one is forgotten.
 */
struct el_tries;

EL_MUST_USE int el_tries_new(unsigned limit, unsigned window_s, struct el_tries **out);
void el_tries_free(struct el_tries *);
/* Whether this address may try again; EL_CODE_RATE_LIMITED sets *retry_after_s. */
enum el_code el_tries_check(const struct el_tries *, const uint8_t address[16], int64_t now_s, unsigned *retry_after_s);
void el_tries_count(struct el_tries *, const uint8_t address[16], int64_t now_s);

#endif
