#ifndef EL_DAYBOOK_DAYBOOK_H
#define EL_DAYBOOK_DAYBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"
#include "log/tree.h"

/*
 * The daybook: per epoch, append-only rows {tag_a, tag_b, sealed}, in numbered segments (protocol
 * section 6).  One interface for visits and identities and for every backend; it knows no key and opens
 * no row.  Tags are compared as unsigned numbers.  One process uses a daybook; nothing here is
 * thread-safe.  A callback may read the daybook that calls it, but not write to it (EL_ESTATE).
 *
 * An EL_EIO of a writing verb is final: what was asked for may or may not be on disk, nothing more may
 * be acknowledged, and the process must end and recover by opening the daybook again.  EL_ESPACE is not: the
 * disk is full, nothing was changed, and the same may be asked again later.
 */
struct el_row {
	uint64_t tag_a, tag_b;
	const uint8_t *sealed; /* nonce, ciphertext and MAC, as stored */
	size_t len;
};

#define EL_SEALED_MAX 4096 /* longest sealed row */

/* Where a row stands; also what its ad names. */
struct el_row_ref {
	el_epoch epoch;
	uint32_t segment;
	uint32_t row; /* from 0, in the order of appending (after a rewrite: of tag_a) */
};

enum el_tag_column { EL_TAG_A, EL_TAG_B };
#define EL_TAG_COLUMNS 2

/* Receives one row; the row's memory is valid during the call only.  Anything but EL_OK ends the walk and
 * is returned by it. */
typedef int el_row_fn(void *ctx, const struct el_row_ref *, const struct el_row *);

/*
 * Turns one row of the segments that are rewritten into the row of the new segment `segment`: reads
 * `in` (at `from`), fills out->tag_a, out->tag_b and at most EL_SEALED_MAX bytes at `sealed`, and sets
 * out->sealed and out->len.  It is called twice for a row, in the old order and then in the new one, and must
 * give the same tags both times (else EL_ESTATE); the bytes of the second time are stored.
 */
typedef int el_rewrite_fn(void *ctx, const struct el_row_ref *from, const struct el_row *in, uint32_t segment,
    uint8_t *sealed, struct el_row *out);

/*
 * The leaf hash of one row in the tree of its segment (protocol 5.2, 6).  EL_ECRYPTO: this row has none, and so the segment
 * no tree; any other failure is the job's.
 */
typedef int el_leaf_fn(void *ctx, const struct el_row_ref *, const struct el_row *, struct el_hash *leaf);

/* Receives the tag of one row, as el_row_fn. */
typedef int el_tag_fn(void *ctx, const struct el_row_ref *, uint64_t tag);

/*
 * Work on files that take no more rows, for a process beside the one that uses the daybook: its result
 * stands under a name that means nothing until el_daybook_ops.finish() takes it over.
 */
enum el_job_kind {
	EL_JOB_INDEX, /* index a segment by both tags, and make the tree of its rows */
	EL_JOB_REWRITE, /* make the one sorted segment of an epoch that begin_rewrite() was called for */
	EL_JOB_REMOVE /* unlink the files of an epoch that was destroyed, one by one */
};
struct el_job {
	enum el_job_kind kind;
	el_epoch epoch;
	uint32_t segment; /* INDEX: of which; REWRITE: the number of the sorted one */
	uint64_t n_rows; /* of that segment: a result of another number is refused */
};

struct el_daybook;

struct el_daybook_ops {
	/*
	 * The number of the segment that rows appended to epoch at time now will get (rows are sealed with
	 * it).  Opens the epoch and begins a segment where needed; a segment that is full
	 * (EL_SEGMENT_ROWS) or was begun more than an hour ago, when it holds rows, is closed first (hourly
	 * closing only where the daybook was opened with `hourly`).  EL_ESTATE: the epoch was rewritten or
	 * destroyed, or its rewriting was begun.  EL_ESPACE.
	 */
	int (*live)(struct el_daybook *, el_epoch, int64_t now_s, uint32_t *segment);
	/*
	 * The number that the first row of the next append to the live segment will get, if there is one.  EL_ESTATE:
	 * segment is not the live one.
	 */
	int (*next_row)(struct el_daybook *, el_epoch, uint32_t segment, uint32_t *row);
	/*
	 * Append n rows to the live segment in one transaction, durable on return; *first_row is the number
	 * of the first.  EL_ESTATE: segment is not the live one.  EL_ESPACE.  All or none.
	 */
	int (*append)(struct el_daybook *, el_epoch, uint32_t segment, const struct el_row *rows, size_t n,
	    uint32_t *first_row);
	/*
	 * Every row of epochs from..to whose tag is among the n sorted, distinct tags, by (epoch, segment, row): by
	 * the index of a segment that has one, else by a scan of its tags.
	 */
	int (*find)(struct el_daybook *, el_epoch from, el_epoch to, enum el_tag_column which,
	    const uint64_t *sorted_tags, size_t n, el_row_fn *fn, void *ctx);
	/* One row.  EL_ENOTFOUND. */
	int (*read)(struct el_daybook *, const struct el_row_ref *, el_row_fn *fn, void *ctx);
	/* Every row of an epoch in order; with tags_only row->sealed is NULL and row->len 0. */
	int (*scan)(struct el_daybook *, el_epoch, bool tags_only, el_row_fn *fn, void *ctx);
	/* As find in one epoch, but only in segments before the one that unindexed() names: never a scan. */
	int (*find_indexed)(struct el_daybook *, el_epoch, enum el_tag_column which, const uint64_t *sorted_tags, size_t n,
	    el_row_fn *fn, void *ctx);
	/*
	 * The first segment of an epoch that has no index yet, or, where all have one, a number above all that are
	 * there.  It never falls.  *end, unless NULL: a number above all that are there.
	 */
	uint32_t (*unindexed)(struct el_daybook *, el_epoch, uint32_t *end);
	/* One column of all rows in segments from `from` on, by segment, within one in any order. */
	int (*each_tag)(struct el_daybook *, el_epoch, uint32_t from, enum el_tag_column which, el_tag_fn *fn, void *ctx);
	/* Close the live segment of an epoch, so that a later row gets another segment.  None is EL_OK.  EL_ESPACE:
	 * it is live as before. */
	int (*close_segment)(struct el_daybook *, el_epoch);
	/*
	 * The same for every epoch's live segment that holds rows and was begun more than an hour ago (in a daybook opened
	 * with `hourly`): where no row comes any more, nothing else closes it.  EL_ESPACE: one is live as before.
	 */
	int (*close_old)(struct el_daybook *, int64_t now_s);
	/*
	 * The root of a segment's tree and of how many rows it is.  EL_ENOTFOUND: no such segment, no index of it yet, or
	 * one without a tree.
	 */
	int (*root)(struct el_daybook *, el_epoch, uint32_t segment, uint64_t *n_rows, struct el_hash *root);
	/*
	 * The path of a row to that root: three tiles are read at most (four beyond 2^24 rows), none where the row asked
	 * before stood in the same 256; those of the right edge once, with the first.  EL_ENOTFOUND: as root(), or no such row; EL_EFORMAT: the index is damaged.  *out holds nothing then.
	 */
	int (*path)(struct el_daybook *, const struct el_row_ref *, struct el_path *out);
	/*
	 * Replace all rows of an epoch by their rewritten form, in one new segment sorted by tag_a then tag_b,
	 * after which the epoch takes no more rows.  Crash-safe: afterwards, or after a crash and the next
	 * open, either all old rows are there or all new ones, never both or neither.  The old rows' files
	 * are gone on return.  An epoch already rewritten is EL_OK and fn is not called; one that is not there
	 * becomes a rewritten one of no rows.  *n_rows: rows now.
	 */
	int (*rewrite)(struct el_daybook *, el_epoch, el_rewrite_fn *fn, void *ctx, uint64_t *n_rows);
	/*
	 * The first step of the same in another process: from now on the epoch takes no more rows (in this life), and
	 * job() names the work.  An epoch already rewritten is EL_OK, and there is no such job.
	 */
	int (*begin_rewrite)(struct el_daybook *, el_epoch);
	/*
	 * Make an epoch unreachable, now and after any crash, in one step whatever its size (its key goes first,
	 * elsewhere); its files are an EL_JOB_REMOVE.  A missing epoch is EL_OK.
	 */
	int (*destroy)(struct el_daybook *, el_epoch);
	/*
	 * The most urgent work there is for another process; EL_ENOTFOUND: none.  The same again until
	 * finish().
	 */
	int (*job)(struct el_daybook *, struct el_job *out);
	/*
	 * Take over the result of a job that was done.  EL_ESTATE: this was not to be done (an earlier life's, or of an
	 * epoch destroyed meanwhile); EL_EFORMAT, EL_ENOTFOUND: there is no result of that many rows.  Nothing has
	 * changed then, and the job is as it was.
	 */
	int (*finish)(struct el_daybook *, const struct el_job *);
	/* The epochs on disk, ascending; at most max of them.  *n: how many there are. */
	int (*epochs)(struct el_daybook *, el_epoch *out, size_t max, size_t *n);
	/* Rows of an epoch (0 when it is not there), and whether it was rewritten. */
	int (*count)(struct el_daybook *, el_epoch, uint64_t *n_rows, bool *rewritten);
	void (*close)(struct el_daybook *);
};

struct el_daybook {
	const struct el_daybook_ops *ops; /* backends embed this first */
};

#define EL_SEGMENT_ROWS 1000000u
#define EL_SEGMENT_S 3600

struct el_daybook_options {
	bool hourly;	       /* visits: close a segment after an hour; identities: one segment a day */
	uint32_t segment_rows; /* 0: EL_SEGMENT_ROWS where hourly, else no limit but the numbers' */
};

/*
 * Open or create the daybook in folder dir (SQLite files, one folder an epoch).  Half-done work of an
 * earlier life is recognised and finished or dropped.  EL_EIO; EL_EFORMAT: a schema this program does not
 * know; EL_EBUSY: another process, or another handle of this one, has it open; EL_ELIMIT: a path over 1,000
 * bytes; EL_ENOMEM.  That an epoch was destroyed is known until the daybook is closed.
 */
EL_MUST_USE int el_daybook_sqlite_open(const char *dir, const struct el_daybook_options *, struct el_daybook **out);

/*
 * Do a job in the folder of a daybook that this or another process has open; fn is a REWRITE's, leaf an INDEX's, ctx
 * either's.  Without leaf, or where it says EL_ECRYPTO of a row, an index has no tree: its rows are found as ever, but
 * nothing proves that they stood there.  Any failure leaves nothing that counts, and the job can be done again.
 * EL_ENOTFOUND: the epoch or segment is not there (any more); EL_EFORMAT: it has another number of rows; EL_ESPACE, EL_EIO,
 * EL_ENOMEM; what fn or leaf returned.
 */
EL_MUST_USE int el_daybook_sqlite_work(
    const char *dir, const struct el_job *, el_rewrite_fn *fn, el_leaf_fn *leaf, void *ctx);

static inline void
el_daybook_close(struct el_daybook *d)
{
	if (d != NULL)
		d->ops->close(d);
}

#endif
