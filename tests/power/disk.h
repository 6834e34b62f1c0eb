#ifndef EL_TEST_POWER_DISK_H
#define EL_TEST_POWER_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tree.h"

/*
 * A disk that remembers everything it was asked to do, in order, and can say what might be left of it had the power
 * gone at any moment.  A moment (a "point") is a number of operations: at point k the first k had been asked for.
 *
 * What is promised is no more than POSIX says:
 *  - the bytes and the size of a file are safe when the file was synced after they were written;
 *  - an entry of a folder (a file's or a folder's name, its absence, a new name) is safe when that folder was synced
 *    afterwards; a synced file without a safe name is lost;
 *  - of the rest anything may be there.  Each sector of a file holds any one of the contents it had since the last
 *    sync: so writes are dropped, torn and reordered.  Its size is any that it had; a cut is whole, as it is on every
 *    file system with a journal (SQLite relies on it).  Sectors within the size that were never written hold zeros, noise, or what other files once held there.  Of a folder's changes a beginning
 *    is there or, where they concern different names, any of them.  Each change of an entry is whole.
 * Different files and folders are independent of each other.
 */
#define DISK_SECTOR 512

enum disk_op_kind { DISK_WRITE, DISK_CUT, DISK_SYNC, DISK_LINK, DISK_UNLINK, DISK_RENAME };

struct disk_op {
	enum disk_op_kind kind;
	size_t node; /* the file, or the folder whose entries change or that is synced */
	char name[TREE_NAME];
	char to[TREE_NAME]; /* RENAME */
	size_t child; /* LINK: what has the name now */
	bool folder; /* LINK: what that is */
	size_t off, len; /* WRITE; CUT: len is the new size */
	uint8_t *bytes; /* WRITE */
};

struct disk {
	struct tree *base; /* safe before the first operation */
	struct tree *now; /* what programs see */
	struct disk_op *op;
	size_t n;
};

/* A disk on which base (then the disk's) is safe and nothing else was asked for. */
struct disk *disk_new(struct tree *base);
/* The same disk when only the program had ended at point k: what was not safe still is not, and is still to be seen. */
struct disk *disk_killed(const struct disk *, size_t k);
void disk_free(struct disk *);

void disk_write(struct disk *, size_t node, size_t off, const void *bytes, size_t len);
void disk_cut(struct disk *, size_t node, size_t len);
void disk_sync(struct disk *, size_t node);
/* A new, empty file or folder; returns its node. */
size_t disk_make(struct disk *, size_t folder, const char *name, bool is_folder);
void disk_unlink(struct disk *, size_t folder, const char *name);
void disk_rename(struct disk *, size_t folder, const char *from, const char *to);

/* What is lost: all that follows from the seed.  The lies are for seeing that they are noticed. */
struct disk_loss {
	uint64_t seed;
	bool everything; /* all that was not safe, whatever the seed */
	bool file_syncs_lie, folder_syncs_lie;
};

/* What might be on the disk after the power had gone at point k; the caller's. */
struct tree *disk_after_loss(const struct disk *, size_t k, const struct disk_loss *);

#endif
