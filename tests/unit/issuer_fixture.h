#ifndef EL_TESTS_ISSUER_FIXTURE_H
#define EL_TESTS_ISSUER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/draw.h"
#include "issuer/identities.h"
#include "issuer/issuer.h"
#include "issuer/notices.h"
#include "issuer/purge.h"
#include "issuer/tickets.h"
#include "issuer/traces.h"
#include "issuer/visitors.h"
#include "order/release.h"

/*
 * An issuer in a folder of its own, with a trust made through the public interfaces: a root, officers of two
 * groups, an executor, the registry's answer key, and the secrets behind Y_e and Z_e.  Failures fail the test.
 */
#define FIXTURE_ISSUER 7
#define FIXTURE_OFFSET 18000
#define FIXTURE_EPOCH 20000 /* where the pair file begins; day_at() of it is the fixture's first day */
#define FIXTURE_FIRST (FIXTURE_EPOCH - 5)
#define FIXTURE_EPOCHS 60
#define FIXTURE_ROWS 8

struct fixture {
	char dir[64];
	struct el_issuer_conf conf;
	struct el_issuer *s; /* NULL while closed */
	int64_t mono_ms;
	struct el_hash deployment;
	struct el_sign_key *root, *officers[2], *executor, *token_key, *registry_answer, *registry_log;
	struct el_policy *policy;
	struct el_bundle *bundle;
	struct el_directory *directory;
	struct el_scalar links[FIXTURE_EPOCHS], traces[FIXTURE_EPOCHS]; /* behind Y_e, Z_e */
	uint8_t pair[EL_KEY_LEN];					 /* K_pair of FIXTURE_EPOCH */
	uint64_t nonces;
};

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
/* A path in data_dir; valid until the next call. */
const char *fixture_path(const struct fixture *, const char *name);
/* Whether any file of data_dir holds these bytes. */
bool fixture_holds(const struct fixture *, const void *bytes, size_t len);

/* A visitor of that name and number. */
void fixture_admit(struct fixture *, const char *name, const char *phone, int64_t now_s, uint8_t credential[EL_KEY_LEN]);
/* Today's ticket, committed. */
void fixture_ticket(struct fixture *, const uint8_t credential[EL_KEY_LEN], int64_t now_s, struct el_day_ticket *);
/* What core pushes to signers. */
void fixture_days(struct fixture *, int64_t now_s, struct el_signer_days *);
/* The body that a ticket gives for an index. */
void fixture_body(struct fixture *, const struct el_day_ticket *, uint16_t index, int64_t now_s, struct el_body *);
/* S of a body, by the secret of Y_e. */
void fixture_shared(const struct fixture *, const struct el_body *, uint8_t out[EL_POINT_LEN]);

/* An order with its box secret, and what its call carries. */
struct fixture_order {
	struct el_order order;
	struct el_document doc, release;
	struct el_disclosed scope; /* of the phones, or the notice */
	uint8_t box_secret[32];
	struct el_identity_item items[FIXTURE_ROWS];
	size_t n_items;
	char raw[32]; /* stands for the body of the call */
};
void fixture_contacts(struct fixture *, int64_t now_s, el_epoch first, el_epoch last, uint32_t items,
    struct fixture_order *);
void fixture_trace(struct fixture *, int64_t now_s, const char *phone, el_epoch first, el_epoch last, uint32_t items,
    struct fixture_order *);
/* A notice of that template (the policy has 1 and 7) about a day. */
void fixture_notice(struct fixture *, int64_t now_s, unsigned template, el_epoch day, el_epoch first, el_epoch last,
    uint32_t items, struct fixture_order *);
/* The registry's release of these bodies under the order, and an item of each. */
void fixture_release(struct fixture *, struct fixture_order *, const struct el_body *, size_t n);
void fixture_order_free(struct fixture_order *);
/* Sign the order's document again, after a change of o->order, with the first n officers. */
void fixture_sign(struct fixture *, struct fixture_order *, size_t n_officers);

/* Call and answer: the refusal, or EL_CODE_OK and the opened answer's JSON. */
enum el_code fixture_identities(struct fixture *, const struct fixture_order *, int64_t now_s, json_t **out);
enum el_code fixture_deliver(struct fixture *, const struct fixture_order *, int64_t now_s, json_t **out);
enum el_code fixture_traces(struct fixture *, const struct fixture_order *, int64_t now_s, json_t **out);

#endif
