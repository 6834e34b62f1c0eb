#ifndef EL_TESTS_DKG_WORLD_H
#define EL_TESTS_DKG_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "authority/dkg_party.h"

/* A distributed ceremony among up to five trustees in one process, honest or not (P-12.9). */
#define N 5
#define FIRST 20000
#define DAYS 2
#define KEYS (DAYS * EL_DKG_PURPOSES)

struct dkg_world {
	struct el_dkg_plan plan;
	uint8_t keys[N][32];
	struct el_dkg_party *parties[N];
	struct el_dkg_file said[EL_DKG_KINDS][N]; /* doc NULL: not said */
	struct el_dkg_file shares[N][N];	  /* [from][to] */
};
extern struct dkg_world w;

void dkg_make_plan(unsigned t, size_t n);
int dkg_world_end(void **state); /* teardown of every case */

/* All that has been said so far, taken by one who gets it first to last, or last to first; judged. */
struct el_dkg *dkg_heard(bool backwards);
struct el_dkg *dkg_judged(bool with_answers);

/* The steps, by everybody who can take them. */
void dkg_commit_all(void);
void dkg_reveal_all(void);
void dkg_deal_all(void);
size_t dkg_check_all(void); /* how many keys were complained of */
void dkg_answer(size_t i);
void dkg_up_to_dealt(unsigned t, size_t n);

/* What trustee i revealed. */
void dkg_reveal_of(size_t i, struct el_dkg_reveal *);

/* Dishonesty.  Say something else in the place of what was said, with the trustee's own key; doc is taken over. */
void dkg_say_instead(struct el_dkg_file *, enum el_dkg_kind, size_t i, uint8_t *doc, size_t len);
/* Trustee i deals j shares of nothing, or answers j with such. */
void dkg_deal_wrong(size_t i, size_t j);
void dkg_answer_wrong(size_t i, size_t j);
/* Trustee j complains of every key of i, with reason or without. */
void dkg_complain(size_t j, size_t i);

#endif
