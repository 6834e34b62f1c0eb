#ifndef EL_TESTS_VECTORS_REPLAY_H
#define EL_TESTS_VECTORS_REPLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

/*
 * What the replays of tests/vectors share: cases are read with jansson, never made.  Every failure names the
 * case; a field that is missing or of another length fails too.
 */
extern const char *vec_name; /* of the case under way */
#define REQUIRE(x) \
	do { \
		if (!(x)) \
			fail_msg("%s: %s", vec_name, #x); \
	} while (0)

bool vec_valid(const json_t *c);
bool vec_is(const json_t *c, const char *key, const char *text);
const char *vec_text(const json_t *c, const char *key);
int64_t vec_int(const json_t *c, const char *key);
uint64_t vec_u64(const json_t *c, const char *key);
bool vec_bool(const json_t *c, const char *key);
const json_t *vec_array(const json_t *c, const char *key);
void vec_bytes(const json_t *c, const char *key, void *out, size_t len);
/* Bytes of any length up to max; the length is returned. */
size_t vec_some(const json_t *c, const char *key, void *out, size_t max);
void vec_item(const json_t *array, size_t i, void *out, size_t len); /* of an array of hex texts */
/* Whether a field holds exactly these bytes. */
bool vec_same(const json_t *c, const char *key, const void *bytes, size_t len);
/* The code that a case's `error` names; EL_OK where it is valid. */
int vec_error(const json_t *c);

/* Makes libsodium hand out these bytes and then insists that all were drawn. */
void vec_feed(const void *bytes, size_t len);
void vec_fed(void);
void vec_use_stated_randomness(void);

/* One file and what replays a case of it. */
struct vec_file {
	const char *name;
	void (*replay)(const json_t *c);
};
/* A cmocka test whose state is a struct vec_file. */
void vec_replay_file(void **state);

void replay_base45(const json_t *), replay_base64url(const json_t *), replay_kdf(const json_t *);
void replay_point(const json_t *), replay_scalar(const json_t *), replay_box(const json_t *),
    replay_row(const json_t *);
void replay_signature(const json_t *), replay_share(const json_t *), replay_keyring(const json_t *);
void replay_ticket(const json_t *), replay_token(const json_t *), replay_trace_box(const json_t *);
void replay_leaf(const json_t *), replay_tree(const json_t *), replay_log(const json_t *), replay_tags(const json_t *);
void replay_callsig(const json_t *), replay_epoch(const json_t *), replay_dleq(const json_t *), replay_publog(const json_t *);

#endif
