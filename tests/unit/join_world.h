#ifndef TEST_JOIN_WORLD_H
#define TEST_JOIN_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "authority/answer.h"
#include "authority/join.h"
#include "authority/proofs.h"
#include "authority/trustee.h"
#include "crypto/keyring.h"
#include "log_fixture.h"
#include "test_order_world.h"

/*
 * A join without sockets: a registry and two issuers that answer as the daemons do, five trustees of whom three are
 * needed, two days with keys of their own.  Of the rows the first JW_EARLY are of yesterday; each is of another visitor,
 * the odd ones of issuer 8.  A test may bend what the parties hold, and have the executor ask again.
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
	enum el_order_kind kind;
	struct el_released rows[JW_ROWS];
	struct el_log_entry roots[JW_DAYS]; /* of the days' segments, as the registry logs them */
	struct el_document release;
	struct el_log_proof proof; /* of the release, with the roots of both days */
	struct el_listed listed;   /* of row `index`, where it is to be answered */
	bool has_listed;
	size_t swapped; /* issuers name visitor 0 for this row; 0: they are honest */
	/* s_e of the boxes of issuers 7 and 8: each of its bytes, and all of them.  Those of row i are i + 1. */
	uint8_t boxes[2][JW_BOXES], secrets[2][JW_BOXES][32];
	size_t n_secrets; /* that the registry was shown, all of them right */
	bool is_rewritten; /* the issuers have logged the first box's day */
	char box_phone[EL_PHONE_MAX + 1]; /* whose box that is, of issuer 7 */
	bool shows_others;		  /* a trace is answered with everybody's rows */
	struct el_join_ops ops;
	size_t n_progress;
	struct el_join *join;
	char message[EL_JOIN_MESSAGE];
};

el_epoch jw_epoch(unsigned day); /* 0: yesterday */
/* A join of this kind, asked: trustees come next.  state is a scratch folder's. */
void jw_begin(void **state, enum el_order_kind);
extern struct join_world jw;
void jw_end(void);

/* Sign, log and prove the rows as they now are, under the roots as they now are. */
void jw_publish(void);
/* That this party's log says so, by this key. */
void jw_publish_as(const char *party, enum world_key);
/* The order anew, asked again: what el_join_ask() says. */
int jw_ask_again(void);
/* Log the segment of a day as its rows now are; the time stays. */
void jw_root_day(unsigned day);

/* The request as trustees get it; the caller's to free. */
struct el_request *jw_request(size_t i, size_t first, size_t n);
/* What trustee j answers to it, or to a page of it, read from its JSON; to be wiped. */
void jw_answer(size_t i, unsigned j, struct el_partials *out);
void jw_answer_page(size_t i, unsigned j, size_t first, size_t n, struct el_partials *out);
/* What a trustee that checks nothing answers to it. */
void jw_answer_blindly(size_t i, unsigned j, struct el_partials *out);
/* Trustee j's verdict on a request. */
enum el_code jw_open(unsigned j, const struct el_request *, int64_t now_s, struct el_partials *out);
/* New proofs over whatever the partials now are, with trustee j's own shares. */
void jw_prove_again(size_t i, struct el_partials *);
int jw_take(size_t i, const struct el_partials *);
/* Finish, and count what the report holds. */
struct jw_report {
	size_t uncommitted; /* places whose box had no commitment */
	size_t people, visits, places, unverifiable; /* visits: of all people */
	char reason[EL_REASON_MAX + 1]; /* of the first unverifiable */
};
int jw_finish(struct jw_report *out);

#endif
