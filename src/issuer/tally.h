#ifndef EL_ISSUER_TALLY_H
#define EL_ISSUER_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"

/*
 * How often each of many has done something in a window of time, in memory only.  Who they are is not kept: a
 * keyed hash under a key of this process's own stands for them.
 */
struct el_tally;

EL_MUST_USE int el_tally_new(unsigned limit, unsigned window_s, struct el_tally **out);
void el_tally_free(struct el_tally *);
/* Whether they may once more; EL_CODE_RATE_LIMITED sets *retry_after_s.  Counts nothing. */
enum el_code el_tally_check(struct el_tally *, const void *who, size_t len, int64_t now_s, unsigned *retry_after_s);
/* Count one.  When there is no room the one whose window began first is forgotten. */
void el_tally_count(struct el_tally *, const void *who, size_t len, int64_t now_s);

#endif
