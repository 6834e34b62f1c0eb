#ifndef EL_AUTHORITY_HISTORY_H
#define EL_AUTHORITY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "entrylog/error.h"

/*
 * When a trustee saw a public log how large (protocol 12.10).  The times of entries are the party's own word; but what
 * stands at an index is younger than any look at which the log did not reach that far.  Of one size only the latest
 * look tells anything, so each size stands once; times and sizes ascend strictly.
 */
#define EL_HISTORY_MAX 2048
#define EL_HISTORY_KEEP_S (40LL * 86400) /* longer than any row is opened */
#define EL_HISTORY_EVERY_S 30		 /* of one size, a look sooner after the last is not worth a write */
#define EL_HISTORY_BYTES_MAX (EL_HISTORY_MAX * 16)

struct el_observation {
	int64_t time_s;
	uint64_t size;
};
struct el_history {
	size_t n;
	struct el_observation at[EL_HISTORY_MAX];
};

/*
 * The log was seen this large.  False: nothing changed, as it is too soon, or earlier than the last look: a clock that
 * was set back takes nothing away.  A full history is thinned out in its older half, where looks are closest.
 */
bool el_history_add(struct el_history *, int64_t now_s, uint64_t size);
/* The latest time at which the log did not reach this index; 0: none is known. */
int64_t el_history_not_before(const struct el_history *, uint64_t index);

/* Bytes: time u64 || size u64 each; in a file of ours, and between processes. */
void el_history_put(struct el_buf *, const struct el_history *);
/* Strict.  EL_EFORMAT, EL_ELIMIT; *out is empty then. */
EL_MUST_USE int el_history_get(const uint8_t *in, size_t len, struct el_history *out);

#endif
