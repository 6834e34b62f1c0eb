#ifndef TEST_ORDER_WORLD_H
#define TEST_ORDER_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/order.h"
#include "order/document.h"
#include "order/policy.h"
#include "order/scope.h"

/* One made-up deployment: keys from counted seeds, so that every run sees the same bytes. */
#define NOW 1788500000
#define MINUTE 60
#define DAY 86400
#define DAY_OFFSET 18000

enum world_key {
	KEY_ROOT = 1,
	KEY_HEALTH_1, /* officers */
	KEY_HEALTH_2,
	KEY_COURT_1,
	KEY_COURT_2,
	KEY_PRIVACY,
	KEY_EXECUTOR,
	KEY_ISSUER,
	KEY_ISSUER_NEXT,
	KEY_ISSUER_ANSWER,
	KEY_REGISTRY_ANSWER,
	KEY_LOG,
	KEY_STRANGER,
	KEY_WITNESS_1, /* of trustee 1 */
	KEY_WITNESS_2,
	KEYS
};

/* Group setup and teardown of every program here. */
int world_up(void **state);
int world_down(void **state);

const struct el_sign_key *world_key(enum world_key);
const struct el_sign_pk *world_pk(enum world_key);
/* n G and the scalar n. */
struct el_point world_point(uint32_t n);

/* 2 of 3 trustees; contacts needs one of health and one of court, trace two of court, the others privacy. */
struct el_policy *world_policy(void);
struct el_bundle *world_bundle(void);
struct el_directory *world_directory(void);
/* Contacts over the last two hours, for registry and issuer:7, made under this policy. */
void world_order(const struct el_policy *, struct el_order *out);
/* The scopes of that order. */
void world_scope(const char *party, struct el_disclosed *out);

/* Encode and sign by root, or whichever key; the caller's to wipe. */
void world_policy_document(struct el_document *out);
void world_bundle_document(struct el_document *out);
void world_directory_document(struct el_document *out);
void world_order_document(struct el_order *, struct el_document *out);
void world_sign(struct el_document *, enum world_key, const char *label);
/* The policy as el_policy_open() gives it: with its hash. */
struct el_policy *world_opened_policy(void);
/* What the bytes of a document say; the caller's to decref. */
json_t *world_json(const struct el_document *);
/* A document of this JSON, encoded without any check, signed by key under label. */
void world_document(const json_t *, enum world_key, const char *label, struct el_document *out);

/*
 * A copy of json in which path ("trustees/0/index") has the value of the JSON text; NULL removes it.  A
 * number one past the end of an array appends.
 */
json_t *world_edit(const json_t *, const char *path, const char *text);
typedef int world_reader(const json_t *);
/* A case of a table: up to three edits at once, and whether read() takes what they make. */
struct world_case {
	bool taken;
	struct {
		const char *path, *text;
	} edits[3];
};
void world_assert_cases(const json_t *, world_reader *, const struct world_case *, size_t n);
/*
 * For every object inside json: without each of its fields, with one more, and for every value: with one of
 * another type.  Asserts that read() refuses them all, and takes the original.
 */
void world_assert_strict(const json_t *, world_reader *);

#endif
