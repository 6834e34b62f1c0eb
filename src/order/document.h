#ifndef EL_ORDER_DOCUMENT_H
#define EL_ORDER_DOCUMENT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/field_codec.h"
#include "crypto/sign.h"
#include "entrylog/error.h"
#include "entrylog/types.h"

/* A signed document (protocol 12): exact bytes, and signatures over label || NUL || bytes. */
#define EL_SIGNATURES_MAX 64

/* Keys stand here as they came, 32 bytes, unchecked: only those that equal a known key mean anything. */
struct el_signature {
	struct el_sign_pk key;
	struct el_sig sig;
};

struct el_document {
	uint8_t *doc; /* malloc'ed */
	size_t len;
	struct el_hash hash;
	struct el_signature signatures[EL_SIGNATURES_MAX];
	size_t n_signatures;
};

void el_document_wipe(struct el_document *); /* frees doc; a zeroed document is fine */
/* Take doc (malloc'ed) over and hash it. */
void el_document_init(struct el_document *, uint8_t *doc, size_t len);
/*
 * From {"doc", "signatures"}.  Base64url and shapes are checked, doc is not parsed, no signature is
 * verified.  EL_EFORMAT (also: two signatures by one key); EL_ELIMIT; EL_ENOMEM.  On failure *out is zeroed.
 */
EL_MUST_USE int el_document_from_json(const json_t *, struct el_document *out);
json_t *el_document_to_json(const struct el_document *); /* NULL: no memory */
/*
 * Whole files, ordinary strict JSON of at most EL_DOCUMENT_MAX * 2 bytes.  As above, and EL_EIO, EL_ENOTFOUND.
 */
EL_MUST_USE int el_document_read(const char *path, struct el_document *out);
EL_MUST_USE int el_document_write(const char *path, mode_t mode, const struct el_document *);

/* Add a signature, replacing an earlier one by the same key.  EL_ELIMIT; EL_ECRYPTO. */
EL_MUST_USE int el_document_sign(struct el_document *, const struct el_sign_key *, const char *label);
/* EL_OK when this key has signed it and the signature verifies; EL_ENOTFOUND: no signature of this key;
 * EL_ECRYPTO: it does not verify. */
EL_MUST_USE int el_document_verify(const struct el_document *, const struct el_sign_pk *, const char *label);

/* Its fields in a message between processes; when reading, also its hash is made. */
void el_document_code(struct el_field_codec *, struct el_document *);

#endif
