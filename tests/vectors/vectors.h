#ifndef EL_TESTS_VECTORS_H
#define EL_TESTS_VECTORS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * What the parts of the vector generators share.  Everything here ends the program when something goes
 * wrong: a generator either writes all of its files or none that counts.
 */
#define VEC_CHECK(x) ((x) ? (void)0 : vec_die(__FILE__, __LINE__, #x))
#define VEC_OK(call) VEC_CHECK((call) == 0)
_Noreturn void vec_die(const char *file, int line, const char *what);

/* libsodium's generator becomes a queue of stated bytes; call before anything else. */
void vec_init(void);
/* n bytes that follow from a label alone: SHA-256("entrylog vectors" NUL label NUL block u32) ... */
void vec_derive(const char *label, void *out, size_t n);
/* Queue bytes for the next call that draws; vec_fed() then insists that exactly they were drawn. */
void vec_feed(const void *bytes, size_t n);
void vec_fed(void);

/* A file under way, one case of it, and its fields. */
json_t *vec_file(const char *name);
json_t *vec_case(json_t *file, const char *name, bool valid);
void vec_hex(json_t *to, const char *key, const void *bytes, size_t n);
void vec_text(json_t *to, const char *key, const char *text);
void vec_text_n(json_t *to, const char *key, const char *text, size_t n);
void vec_int(json_t *to, const char *key, int64_t v);
void vec_u64(json_t *to, const char *key, uint64_t v); /* as decimal text: JavaScript's numbers end at 2^53 */
void vec_put(json_t *to, const char *key, json_t *v); /* takes v */
json_t *vec_hex_json(const void *bytes, size_t n);

/* A generator's main: `PROGRAM DIR` writes, `PROGRAM --check DIR` compares with what is there. */
typedef json_t *vec_make_fn(void);
int vec_main(int argc, char **argv, vec_make_fn *const *files);

vec_make_fn make_base45, make_base64url, make_kdf, make_point, make_scalar, make_box, make_row, make_signature;
vec_make_fn make_share, make_keyring, make_ticket, make_token, make_trace_box, make_leaf, make_tree, make_public_log, make_tags;
vec_make_fn make_callsig, make_epoch, make_dleq;
vec_make_fn make_rjson, make_documents, make_publog;

#endif
