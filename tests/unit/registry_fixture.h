#ifndef EL_TESTS_REGISTRY_FIXTURE_H
#define EL_TESTS_REGISTRY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "order/release.h"
#include "registry/checkin.h"
#include "registry/purge.h"
#include "registry/registry.h"
#include "registry/visits_order.h"
#include "token/ticket.h"

/*
 * A registry in a folder of its own, with a trust made through the public interfaces: a root, three trustees,
 * officers of two groups, an executor, one issuer with its keys and its half of the pair secret.  Failures
 * fail the test.
 */
#define FIXTURE_ISSUER 7
#define FIXTURE_OFFSET 18000
#ifndef FIXTURE_EPOCH
#define FIXTURE_EPOCH 20000 /* where the pair file begins; day_at() of it is the fixture's first day */
#endif

struct fixture {
	char dir[64], pair_path[128];
	struct el_registry_conf conf;
	struct el_registry *g; /* NULL while closed */
	int64_t mono_ms;
	struct el_hash deployment;
	struct el_sign_key *root, *officers[2], *executor, *stranger, *token_key, *issuer_answer;
	struct el_policy *policy;
	struct el_bundle *bundle;
	struct el_directory *directory;
	uint8_t pair[EL_KEY_LEN]; /* K_pair of FIXTURE_EPOCH, the issuer's copy */
	struct el_day_secret secret; /* of one visitor, the same every day */
	uint64_t attempts, nonces;
};

/* Files, documents, keys; the registry is not open. */
void fixture_make(struct fixture *);
void fixture_free(struct fixture *); /* closes, and removes the folder */
/* Open at this time and tick once. */
void fixture_open(struct fixture *, int64_t now_s);
void fixture_close(struct fixture *);
void fixture_restart(struct fixture *, int64_t now_s);
/* A tick at this time: the monotonic clock moves along, so no jump is seen. */
void fixture_tick(struct fixture *, int64_t now_s);

/* A second of an epoch. */
int64_t day_at(el_epoch, int64_t second);

/* An approved venue with one enrolled scanner. */
struct fixture_door {
	uint32_t venue, scanner;
	struct el_hash key;
	uint8_t owner_key[EL_KEY_LEN];
};
void fixture_door(struct fixture *, int64_t now_s, struct fixture_door *);
/* Another scanner of the same venue. */
void fixture_scanner(struct fixture *, int64_t now_s, const struct fixture_door *, struct fixture_door *);

/* K_pair of an epoch as the issuer computes it. */
void fixture_pair(const struct fixture *, el_epoch, uint8_t out[EL_KEY_LEN]);
/* The body that the visitor's ticket of that epoch gives for an index, and a token drawn from it. */
void fixture_body(struct fixture *, el_epoch, uint16_t index, struct el_body *);
void fixture_stamp(struct fixture *, const struct el_body *, int64_t shown_at, struct el_checkin *);
/* Both, with a fresh attempt, scanned when it is posted. */
void fixture_token(struct fixture *, el_epoch, uint16_t index, int64_t shown_at, struct el_checkin *);
void fixture_attempt(struct fixture *, struct el_checkin *);

/* Admit and decide, not yet committed. */
struct el_checkin_result fixture_decide(
    struct fixture *, const struct fixture_door *, const struct el_checkin *, int64_t now_s);
/* The same, committed. */
struct el_checkin_result fixture_post(
    struct fixture *, const struct fixture_door *, const struct el_checkin *, int64_t now_s);

/* An order with its box secret and its call. */
struct fixture_order {
	struct el_order order;
	struct el_document doc;
	struct el_disclosed scope;
	uint8_t box_secret[32];
	struct el_document statement;
	struct el_visits_secret *secrets;
	size_t n_secrets;
	bool is_trace;
	char raw[32]; /* stands for the body of the call */
};
void fixture_contacts(struct fixture *, int64_t now_s, const uint32_t *venues, size_t n, int64_t from, int64_t to,
    uint32_t items, struct fixture_order *);
/* A trace of the visitor; the statement names the epochs first..last. */
void fixture_trace(struct fixture *, int64_t now_s, int64_t from, int64_t to, el_epoch first, el_epoch last,
    uint32_t items, struct fixture_order *);
void fixture_order_free(struct fixture_order *);
/* Sign the order's document again, after a change of o->order, with the first n officers. */
void fixture_sign(struct fixture *, struct fixture_order *, size_t n_officers);

/* The call as core receives it, signed by the executor now. */
void fixture_call(struct fixture *, const struct fixture_order *, int64_t now_s, struct el_visits_call *);
/* Answer a call: the refusal, or EL_CODE_OK and the opened answer's JSON (NULL: not wanted). */
enum el_code fixture_answer(
    struct fixture *, struct el_visits_call *, const struct fixture_order *, int64_t now_s, json_t **out);
/* Both. */
enum el_code fixture_ask(struct fixture *, const struct fixture_order *, int64_t now_s, json_t **out);

#endif
