#ifndef EL_PUBLOG_ENTRIES_DB_H
#define EL_PUBLOG_ENTRIES_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"
#include "log/tiles.h"

/*
 * What waits for the public log, and where the roots are in it (schema/publog-1.sql); for entries.c alone.  Every verb
 * that writes is one transaction, durable on return.  EL_ESPACE: the disk is full, nothing was changed; EL_EIO is final:
 * the process must end.
 */
struct el_publog_db;

/* Open or create.  EL_EIO; EL_EFORMAT: a schema that this program does not know; EL_ENOMEM. */
EL_MUST_USE int el_publog_db_open(const char *path, struct el_publog_db **out);
void el_publog_db_close(struct el_publog_db *); /* NULL is fine */

struct el_publog_segment {
	el_epoch epoch;
	uint32_t segment;
};
/* segment: whose root the entry is; NULL: of none.  EL_EEXIST: that one waits, or is logged. */
EL_MUST_USE int el_publog_db_add(
    struct el_publog_db *, const uint8_t *entry, size_t len, const struct el_publog_segment *segment);

struct el_publog_pending {
	uint64_t id;
	uint64_t index; /* where it is in the log, once it is */
	bool logged;
	uint8_t entry[EL_ENTRY_MAX];
	size_t len;
};
/* The n oldest of at most max. */
EL_MUST_USE int el_publog_db_oldest(struct el_publog_db *, struct el_publog_pending *out, size_t max, size_t *n);
EL_MUST_USE int el_publog_db_count(struct el_publog_db *, uint64_t *out);
/* Those that are logged wait no longer; of a root its index stays. */
EL_MUST_USE int el_publog_db_done(struct el_publog_db *, const struct el_publog_pending *, size_t n);

/* Where the root of a segment is.  EL_ENOTFOUND. */
EL_MUST_USE int el_publog_db_root(struct el_publog_db *, const struct el_publog_segment *, uint64_t *index);
/* One above the highest index of a root; 0: there is none. */
EL_MUST_USE int el_publog_db_size(struct el_publog_db *, uint64_t *out);
/* One above the highest segment of the epoch that waits or is logged; 0: there is none. */
EL_MUST_USE int el_publog_db_next_segment(struct el_publog_db *, el_epoch, uint32_t *out);
/* Forget where an epoch's roots are.  Those that wait are logged all the same, as entries of no segment. */
EL_MUST_USE int el_publog_db_forget(struct el_publog_db *, el_epoch);

#endif
