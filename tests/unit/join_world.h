#ifndef TEST_JOIN_WORLD_H
#define TEST_JOIN_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "authority/join.h"
#include "authority/proofs.h"
#include "authority/trustee.h"
#include "crypto/keyring.h"
#include "log_fixture.h"
#include "test_order_world.h"

/*
 * A join without sockets: a registry and two issuers that answer as the daemons do, five trustees of whom three are
 * needed, two days with keys of their own.  Of the rows the first JW_EARLY are of yesterday; a world with another number
 * of rows (jw_begin_contacts()) has half of them there.
 */
#define JW_TRUSTEES 5
#define JW_THRESHOLD 3
#define JW_ROWS 7
#define JW_EARLY 3
#define JW_BOXES 2 /* of each issuer, one a day */
#define JW_DAYS 2

struct join_world {
	struct el_trust trust;
	struct el_scalar shares[2][JW_DAYS][JW_TRUSTEES]; /* links, traces */
	struct el_keyring *rings[JW_TRUSTEES];
	struct el_released *rows;
	size_t n_rows, n_early;
	struct el_document release;
	struct el_log_proof proof; /* of the release, with the roots of both days */
	uint8_t secrets[2][JW_BOXES][32]; /* s_e of the boxes of issuers 7 and 8 */
	size_t n_secrets;		  /* that the registry was shown, all of them right */
	struct el_join_ops ops;
	size_t n_progress;
	struct el_join *join;
	char message[EL_JOIN_MESSAGE];
};

el_epoch jw_epoch(unsigned day); /* 0: yesterday */
/* A join of this kind, asked: trustees come next.  state is a scratch folder's. */
void jw_begin(void **state, enum el_order_kind);
void jw_begin_contacts(void **state, size_t n_rows, size_t n_early);
extern struct join_world jw;
void jw_end(void);

/* The request as trustees get it; the caller's to free. */
struct el_request *jw_request(size_t i, size_t first, size_t n);
/* What trustee j answers to it, or to a page of it, read from its JSON; to be wiped. */
void jw_answer(size_t i, unsigned j, struct el_partials *out);
void jw_answer_page(size_t i, unsigned j, size_t first, size_t n, struct el_partials *out);
/* New proofs over whatever the partials now are, with trustee j's own shares. */
void jw_prove_again(size_t i, struct el_partials *);
int jw_take(size_t i, const struct el_partials *);
/* Finish, and count what the report holds. */
struct jw_report {
	size_t people, places, unverifiable;
	char reason[EL_REASON_MAX + 1]; /* of the first unverifiable */
};
int jw_finish(struct jw_report *out);

#endif
