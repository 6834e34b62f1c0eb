#include "order/release.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "order/order_internal.h"

int
el_release_sign(const struct el_release *rel, const struct el_sign_key *key, struct el_document *out)
{
	struct el_object o = el_object_init();
	uint8_t *doc;
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	el_object_uint(&o, "version", 1);
	el_object_hash(&o, "deployment", &rel->deployment);
	el_object_hash(&o, "order", &rel->order);
	el_object_hash(&o, "root", &rel->root);
	el_object_uint(&o, "count", rel->count);
	el_object_bytes(&o, "salt", rel->salt, sizeof rel->salt);
	if (rel->count > EL_ORDER_ROWS_MAX && o.err == EL_OK)
		o.err = EL_EFORMAT;
	if ((r = el_object_encode(&o, &doc, &len)) != EL_OK)
		return r;
	el_document_init(out, doc, len);
	if ((r = el_document_sign(out, key, EL_LABEL_RELEASE)) != EL_OK)
		el_document_wipe(out);
	return r;
}

int
el_release_open(const struct el_document *d, const struct el_sign_pk *registry, struct el_release *out)
{
	struct el_fields f;
	json_t *json;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_document_open(d, registry, EL_LABEL_RELEASE, &json)) != EL_OK)
		return r;
	f = el_fields_init(json);
	el_fields_version(&f);
	el_fields_hash(&f, "deployment", &out->deployment);
	el_fields_hash(&f, "order", &out->order);
	el_fields_hash(&f, "root", &out->root);
	out->count = (uint32_t)el_fields_uint(&f, "count", EL_ORDER_ROWS_MAX);
	el_fields_bytes(&f, "salt", out->salt, sizeof out->salt);
	if ((r = el_fields_end(&f)) != EL_OK)
		memset(out, 0, sizeof *out);
	json_decref(json);
	return r;
}

json_t *
el_path_to_json(const struct el_path *p)
{
	struct el_object o = el_object_init();
	json_t *list;

	el_object_uint(&o, "index", p->index);
	el_object_uint(&o, "size", p->size);
	list = el_object_array(&o, "hashes");
	for (size_t i = 0; i < p->n; i++)
		el_object_append(&o, list, el_json_bytes(p->hashes[i].b, sizeof p->hashes[i].b));
	return el_object_end(&o);
}

int
el_path_from_json(const json_t *json, struct el_path *out)
{
	struct el_fields f = el_fields_init(json);
	const json_t *list;
	int r;

	memset(out, 0, sizeof *out);
	out->index = el_fields_uint(&f, "index", EL_RJSON_INT_MAX);
	out->size = el_fields_uint(&f, "size", EL_RJSON_INT_MAX);
	list = el_fields_array(&f, "hashes", 0, EL_PATH_HASHES_MAX);
	out->n = json_array_size(list);
	for (size_t i = 0; i < out->n && f.err == EL_OK; i++)
		f.err = el_json_exact(json_array_get(list, i), out->hashes[i].b, sizeof out->hashes[i].b);
	if (out->index >= out->size)
		el_fields_fail(&f, EL_EFORMAT);
	if ((r = el_fields_end(&f)) != EL_OK)
		memset(out, 0, sizeof *out);
	return r;
}

json_t *
el_released_to_json(const struct el_released *row)
{
	struct el_object o = el_object_init();

	el_object_uint(&o, "epoch", row->epoch);
	el_object_uint(&o, "segment", row->segment);
	el_object_uint(&o, "venue", row->venue);
	el_object_uint(&o, "minute", row->minute);
	el_object_uint(&o, "flags", row->flags);
	el_object_bytes(&o, "salt", row->salt.b, sizeof row->salt.b);
	el_object_bytes(&o, "body", row->body.b, sizeof row->body.b);
	el_object_json(&o, "path", el_path_to_json(&row->path));
	el_object_json(&o, "proof", el_path_to_json(&row->proof));
	return el_object_end(&o);
}

int
el_released_from_json(const json_t *json, struct el_released *out)
{
	struct el_fields f = el_fields_init(json);
	const json_t *path, *proof;
	int r;

	memset(out, 0, sizeof *out);
	out->epoch = el_fields_epoch(&f, "epoch");
	out->segment = (uint32_t)el_fields_uint(&f, "segment", UINT32_MAX);
	out->venue = (uint32_t)el_fields_uint(&f, "venue", UINT32_MAX);
	out->minute = (uint32_t)el_fields_uint(&f, "minute", UINT32_MAX);
	out->flags = (uint8_t)el_fields_uint(&f, "flags", EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	el_fields_bytes(&f, "salt", out->salt.b, sizeof out->salt.b);
	el_fields_bytes(&f, "body", out->body.b, sizeof out->body.b);
	if ((path = el_fields_object(&f, "path")) != NULL && f.err == EL_OK)
		f.err = el_path_from_json(path, &out->path);
	if ((proof = el_fields_object(&f, "proof")) != NULL && f.err == EL_OK)
		f.err = el_path_from_json(proof, &out->proof);
	if (out->minute % 60 != 0)
		el_fields_fail(&f, EL_EFORMAT);
	if ((r = el_fields_end(&f)) != EL_OK)
		memset(out, 0, sizeof *out);
	return r;
}

void
el_released_leaf(const struct el_released *row, struct el_hash *c, struct el_hash *leaf)
{
	el_leaf_place(&row->salt, row->venue, row->minute, row->flags, c);
	el_leaf_visit(c, &row->body, leaf);
}
