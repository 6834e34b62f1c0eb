#include <stdlib.h>
#include <string.h>

#include "order/order_internal.h"
#include "order/release.h"

static int
read_rows(struct el_fields *f, struct el_trace_statement *s)
{
	const json_t *list = el_fields_array(f, "rows", 0, EL_TRACE_ROWS_MAX);

	if (f->err != EL_OK)
		return f->err;
	if ((s->rows = calloc(json_array_size(list) + 1, sizeof *s->rows)) == NULL)
		return EL_ENOMEM;
	s->n_rows = json_array_size(list);
	for (size_t i = 0; i < s->n_rows; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));
		struct el_trace_row *row = &s->rows[i];

		row->epoch = el_fields_epoch(&one, "epoch");
		el_fields_bytes(&one, "com", row->com, sizeof row->com);
		el_fields_hash(&one, "box", &row->box);
		el_fields_merge(f, &one);
	}
	return f->err;
}

static int
parse(const json_t *json, struct el_trace_statement *s)
{
	struct el_fields f = el_fields_init(json);
	int r;

	memset(s, 0, sizeof *s);
	el_fields_version(&f);
	el_fields_hash(&f, "deployment", &s->deployment);
	el_fields_hash(&f, "order", &s->order);
	s->issuer = (uint8_t)el_fields_uint(&f, "issuer", UINT8_MAX);
	if (s->issuer == 0)
		el_fields_fail(&f, EL_EFORMAT);
	el_fields_bytes(&f, "salt", s->salt, sizeof s->salt);
	if ((r = read_rows(&f, s)) == EL_OK)
		r = el_fields_end(&f);
	if (r != EL_OK)
		el_trace_statement_wipe(s);
	return r;
}

int
el_trace_statement_sign(const struct el_trace_statement *s, const struct el_sign_key *key, struct el_document *out)
{
	struct el_object o = el_object_init();
	json_t *list;
	uint8_t *doc;
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	el_object_uint(&o, "version", 1);
	el_object_hash(&o, "deployment", &s->deployment);
	el_object_hash(&o, "order", &s->order);
	el_object_uint(&o, "issuer", s->issuer);
	list = el_object_array(&o, "rows");
	for (size_t i = 0; i < s->n_rows; i++) {
		struct el_object one = el_object_init();

		el_object_uint(&one, "epoch", s->rows[i].epoch);
		el_object_bytes(&one, "com", s->rows[i].com, sizeof s->rows[i].com);
		el_object_hash(&one, "box", &s->rows[i].box);
		el_object_append_object(&o, list, &one);
	}
	el_object_bytes(&o, "salt", s->salt, sizeof s->salt);
	if ((s->issuer == 0 || s->n_rows > EL_TRACE_ROWS_MAX) && o.err == EL_OK)
		o.err = s->issuer == 0 ? EL_EFORMAT : EL_ELIMIT;
	if ((r = el_object_encode(&o, &doc, &len)) != EL_OK)
		return r;
	el_document_init(out, doc, len);
	if ((r = el_document_sign(out, key, EL_LABEL_TRACE)) != EL_OK)
		el_document_wipe(out);
	return r;
}

int
el_trace_statement_open(const struct el_document *d, const struct el_sign_pk *issuer, struct el_trace_statement *out)
{
	json_t *json;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_document_open(d, issuer, EL_LABEL_TRACE, &json)) == EL_OK)
		r = parse(json, out);
	json_decref(json);
	return r;
}

void
el_trace_statement_wipe(struct el_trace_statement *s)
{
	free(s->rows);
	memset(s, 0, sizeof *s);
}

int
el_trace_statement_issuer(const struct el_document *d, uint8_t *issuer)
{
	struct el_trace_statement s = { 0 };
	json_t *json;
	int r;

	*issuer = 0;
	if ((r = el_rjson_parse(d->doc, d->len, &json)) == EL_OK && (r = parse(json, &s)) == EL_OK)
		*issuer = s.issuer;
	el_trace_statement_wipe(&s);
	json_decref(json);
	return r;
}

json_t *
el_commitment_to_json(const struct el_commitment *c)
{
	struct el_object o;

	if (!c->is_there)
		return json_null();
	o = el_object_init();
	el_object_text(&o, "phone", c->phone.s);
	el_object_bytes(&o, "salt", c->salt.b, sizeof c->salt.b);
	el_object_json(&o, "path", el_path_to_json(&c->path));
	return el_object_end(&o);
}

int
el_commitment_from_json(const json_t *json, struct el_commitment *out)
{
	struct el_fields f = el_fields_init(json);
	const char *phone;
	const json_t *path;
	int r;

	memset(out, 0, sizeof *out);
	if (json_is_null(json))
		return EL_OK;
	out->is_there = true;
	phone = el_fields_text(&f, "phone", 1, EL_PHONE_MAX);
	if (f.err == EL_OK)
		f.err = el_phone_parse(phone, &out->phone);
	el_fields_bytes(&f, "salt", out->salt.b, sizeof out->salt.b);
	path = el_fields_object(&f, "path");
	if (f.err == EL_OK)
		f.err = el_path_from_json(path, &out->path);
	if ((r = el_fields_end(&f)) != EL_OK)
		memset(out, 0, sizeof *out);
	return r;
}

void
el_commitment_leaf(const struct el_commitment *c, const struct el_trace_row *row, struct el_hash *leaf)
{
	el_leaf_identity(&c->salt, &c->phone, row->com, &row->box, leaf);
}
