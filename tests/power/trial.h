#ifndef EL_TEST_POWER_TRIAL_H
#define EL_TEST_POWER_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chance.h"
#include "crypto/keyring.h"
#include "disk.h"
#include "entrylog/types.h"

/*
 * Lives of a program on a disk that loses its power.  A life opens what is there, does some steps, each of which it
 * acknowledges, and closes.  A trial takes one point of a life, loses the power there (or only ends the program),
 * lets the next life open what is left, and so on for a few lives; each has to find what was acknowledged.
 */
#define BOOK_EPOCHS 5
#define RING_KEYS 12
#define RING_DEAD 12

/* What a life has to find: of each epoch, how many rows and in which form. */
struct book_world {
	struct {
		uint64_t n;
		bool rewritten, gone;
	} epoch[BOOK_EPOCHS];
};

/* The keys, and the contents of the KEK files of which no trace may be left. */
struct ring_world {
	struct {
		struct el_key_id id;
		uint8_t key[EL_KEY_LEN];
	} key[RING_KEYS];
	size_t n;
	uint8_t dead[RING_DEAD][EL_KEY_LEN];
	size_t n_dead;
	el_epoch next; /* of a fresh id */
};

/* How many entries a public log has. */
struct log_world {
	uint64_t n;
};

union world {
	struct book_world book;
	struct ring_world ring;
	struct log_world log;
};

struct trial {
	/* Set by the caller. */
	const struct subject *subject;
	const char *dir; /* a folder to work in */
	uint64_t seed; /* of all that is drawn */
	bool say; /* every trial, before it is made */
	struct disk_loss lies; /* but for its seed */
	bool hasty; /* acknowledges each step before the last sync of a file in it */
	bool calm; /* programs are not ended without a loss of power */
	bool after_kill; /* instead: the first life is killed, the next only looks, and all unsafe is lost */
	/* How it went. */
	struct chance c;
	size_t n_trials, n_failed, n_points;
	bool failed;
	char why[256];
	unsigned life; /* 0: the first, which has a script */
};

struct subject {
	const char *name;
	/*
	 * Open what is below the folder root.  It must be one of the two worlds: *seen.  NULL: trial_failed() was
	 * called.
	 */
	void *(*open)(struct trial *, const char *root, const union world may[2], union world *seen);
	/* Step i of this life, after which world is to be found.  False: there is none, or it failed. */
	bool (*step)(struct trial *, void *handle, size_t i, union world *world);
	void (*close)(void *handle);
	/* What is below root after the last close, by itself. */
	void (*at_rest)(struct trial *, const char *root);
	/* What a loss of power left of the whole disk, when world had been acknowledged; may be NULL. */
	void (*forensics)(struct trial *, const struct tree *, const union world *world);
};

/* Remember why a trial failed; the first reason counts.  Returns false. */
bool trial_failed(struct trial *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Make the first life that follows from the seed and try about n_points points of it, half of them next to a change of
 * a folder: these are few and matter most.  point SIZE_MAX: all of those, else only that one.  stop: at the first
 * failure.  What failed is said, with seed and point.
 */
void trial_run(struct trial *, size_t n_points, size_t point, bool stop);

#endif
