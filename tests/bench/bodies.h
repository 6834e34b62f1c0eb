#ifndef EL_TESTS_BENCH_BODIES_H
#define EL_TESTS_BENCH_BODIES_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/token.h"
#include "entrylog/types.h"

/*
 * Token bodies for a load, each with a T of its own.  The registry looks neither at R and link nor at the
 * signature, so all bodies have the same random ones; what costs time, k_T, is derived in advance.  When a token
 * is shown only its last 18 characters (shown_at and tag: 132 bytes before them are whole groups) and the 24
 * of T (bytes 4..19: whole groups, too) are written.
 */
#define BODY_TID_AT 10 /* in the QR text: "EL1:" and two groups before it */
#define BODY_TID_CHARS 24
#define BODY_STAMP_AT 202
#define BODY_STAMP_CHARS 18

struct bodies {
	uint8_t day_key[EL_KEY_LEN]; /* k_e */
	struct el_body body; /* of the next T to be derived */
	char text[EL_TOKEN_TEXT_LEN + 1]; /* any token of these */
	uint8_t (*show)[EL_KEY_LEN]; /* k_T of the first n */
	size_t n;
	uint64_t next; /* bodies given away */
	uint64_t salt; /* apart from the bodies of every other run */
};

/* A day file (prepare.c): epoch, issuer and k_e; n bodies in advance. */
void bodies_init(struct bodies *, const char *day_path, size_t n);
void bodies_free(struct bodies *);
/* What is the same in every text. */
const char *bodies_text(const struct bodies *);
/*
 * Show the next body at that second: writes the 24 and the 18 characters that differ into a copy of bodies_text().
 * The number of the body is returned.
 */
uint64_t bodies_show(struct bodies *, uint32_t shown_at, char *text);
/* The same as bytes. */
uint64_t bodies_token(struct bodies *, uint32_t shown_at, uint8_t out[EL_TOKEN_LEN]);

#endif
