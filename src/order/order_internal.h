#ifndef EL_ORDER_INTERNAL_H
#define EL_ORDER_INTERNAL_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/order.h"
#include "entrylog/types.h"
#include "order/document.h"
#include "order/rjson.h"

/* What the parsers and encoders of this layer share. */

#define EL_LABEL_POLICY "EL1-policy"
#define EL_LABEL_BUNDLE "EL1-bundle"
#define EL_LABEL_DIRECTORY "EL1-directory"
#define EL_LABEL_RELEASE "EL1-release"
#define EL_LABEL_TRACE "EL1-trace"

/* --- reading, on top of el_fields --- */

/* A time; an epoch; a text of 1..size-1 bytes, copied with its NUL. */
int64_t el_fields_time(struct el_fields *, const char *key);
el_epoch el_fields_epoch(struct el_fields *, const char *key);
void el_fields_copy(struct el_fields *, const char *key, char *out, size_t size);
void el_fields_hash(struct el_fields *, const char *key, struct el_hash *out);
/* `version` must be 1. */
void el_fields_version(struct el_fields *);
/* version, deployment, serial and not_after: how everything that root signs begins. */
void el_fields_head(struct el_fields *, struct el_hash *deployment, uint64_t *serial, int64_t *not_after);
/* `kind` of an order; EL_ORDER_KINDS after an error. */
enum el_order_kind el_fields_kind(struct el_fields *);
/* Bare strings in arrays: base64url of exactly len bytes, and the checked forms.  EL_EFORMAT. */
EL_MUST_USE int el_json_exact(const json_t *, void *out, size_t len);
EL_MUST_USE int el_json_point(const json_t *, struct el_point *out);
EL_MUST_USE int el_json_sign_pk(const json_t *, struct el_sign_pk *out);
/* Record an error of the caller's own judgement, unless there is one already. */
void el_fields_fail(struct el_fields *, int err);
/* End `item`, an object inside `f`, and take its error over. */
void el_fields_merge(struct el_fields *f, const struct el_fields *item);

/*
 * Verify the signature of `key` under `label`, then parse the restricted JSON.  EL_ECRYPTO: no signature of
 * this key or a wrong one; EL_EFORMAT, EL_ELIMIT, EL_ENOMEM.  *out is the caller's to decref, NULL on failure.
 */
EL_MUST_USE int el_document_open(
    const struct el_document *, const struct el_sign_pk *key, const char *label, json_t **out);

/* EL_EFORMAT unless this is the deployment of that root key. */
EL_MUST_USE int el_deployment_check(const struct el_hash *deployment, const struct el_sign_pk *root);

/* --- writing --- */

/*
 * A JSON object under construction.  Errors are sticky, so a document is written top to bottom and checked
 * once, when it is ended; everything handed over is freed on the way if something failed.
 */
struct el_object {
	json_t *json;
	int err;
};
struct el_object el_object_init(void);
void el_object_uint(struct el_object *, const char *key, uint64_t);
void el_object_bool(struct el_object *, const char *key, bool);
void el_object_null(struct el_object *, const char *key);
void el_object_text(struct el_object *, const char *key, const char *text);
void el_object_bytes(struct el_object *, const char *key, const void *in, size_t len);
void el_object_hash(struct el_object *, const char *key, const struct el_hash *);
void el_object_head(struct el_object *, const struct el_hash *deployment, uint64_t serial, int64_t not_after);
/* Takes the value over; NULL counts as no memory. */
void el_object_json(struct el_object *, const char *key, json_t *stolen);
/* Takes the inner object over, with its error. */
void el_object_nest(struct el_object *, const char *key, struct el_object *inner);
/* A new array under this key; borrowed, NULL after an error. */
json_t *el_object_array(struct el_object *, const char *key);
/* Append to an array of this object; both take the item over, the second with its error. */
void el_object_append(struct el_object *, json_t *array, json_t *stolen);
void el_object_append_object(struct el_object *, json_t *array, struct el_object *item);
/* End: the finished object, or NULL when anything failed. */
json_t *el_object_end(struct el_object *);
/* End as the bytes of a document.  *out is malloc'ed; NULL on failure. */
EL_MUST_USE int el_object_encode(struct el_object *, uint8_t **out, size_t *len);

#endif
