#ifndef EL_ORDER_RJSON_H
#define EL_ORDER_RJSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * Restricted JSON (protocol 11.2): everything that is signed or hashed.  Keys [a-z0-9_]+, each once per
 * object; integers 0..2^53-1 without sign, fraction or exponent; valid UTF-8 in NFC; no BOM, no control
 * character anywhere (so no tab or line end either); only \" and \\ escaped; depth at most
 * EL_RJSON_DEPTH_MAX; the document is one object.  Checked by our own scanner before jansson parses it.
 * An object has at most EL_RJSON_KEYS_MAX keys, so that looking for a second one stays cheap; no document
 * comes near that.
 */
#define EL_RJSON_INT_MAX ((UINT64_C(1) << 53) - 1)
#define EL_RJSON_KEYS_MAX 64

/*
 * From now on the memory of all JSON is wiped when it is freed: secrets, names and numbers pass through it like through
 * our own.  Call it before there is any JSON, and before any process is forked.
 */
void el_json_wipe_freed(void);

/* EL_EFORMAT; EL_ELIMIT: over EL_DOCUMENT_MAX, too deep or too many keys. */
EL_MUST_USE int el_rjson_check(const uint8_t *in, size_t len);
/* Check and parse; *out is the caller's to decref, NULL on failure.  As above, and EL_ENOMEM. */
EL_MUST_USE int el_rjson_parse(const uint8_t *in, size_t len, json_t **out);
/*
 * Encode compactly, keys in insertion order, and check the result.  *out is malloc'ed, the caller's, NULL on
 * failure.  As above.
 */
EL_MUST_USE int el_rjson_encode(const json_t *, uint8_t **out, size_t *len);

/*
 * Typed access for strict parsers.  A reader counts the fields it has taken from an object, so that an
 * unknown field is refused at the end; errors are sticky.  For hostile but ordinary JSON (HTTP bodies)
 * too, if it was read with duplicates refused.  A field is taken once.  EL_EFORMAT: absent, of another type
 * or out of range; EL_ELIMIT: a text, blob or array that is too long; EL_ENOMEM.
 */
struct el_fields {
	const json_t *object;
	size_t taken;
	int err;
};
struct el_fields el_fields_init(const json_t *object);
uint64_t el_fields_uint(struct el_fields *, const char *key, uint64_t max);
bool el_fields_bool(struct el_fields *, const char *key);
/* A string of min..max bytes, a view into the document; "" after an error. */
const char *el_fields_text(struct el_fields *, const char *key, size_t min, size_t max);
/* base64url of exactly len bytes; zeros after an error. */
void el_fields_bytes(struct el_fields *, const char *key, void *out, size_t len);
/* base64url of at most max bytes; *out is malloc'ed, the caller's; NULL after an error. */
uint8_t *el_fields_blob(struct el_fields *, const char *key, size_t max, size_t *len);
/* A ristretto255 point / an Ed25519 key, checked. */
void el_fields_point(struct el_fields *, const char *key, struct el_point *out);
void el_fields_sign_pk(struct el_fields *, const char *key, struct el_sign_pk *out);
/* An array of min..max items, a view; NULL after an error. */
const json_t *el_fields_array(struct el_fields *, const char *key, size_t min, size_t max);
const json_t *el_fields_object(struct el_fields *, const char *key);
void el_fields_null(struct el_fields *, const char *key);
bool el_fields_has(const struct el_fields *, const char *key); /* present and not null; takes nothing */
/* EL_OK when nothing failed and no field is left over. */
EL_MUST_USE int el_fields_end(const struct el_fields *);
/* base64url of bytes as a JSON string (NULL: no memory). */
json_t *el_json_bytes(const void *in, size_t len);

#endif
