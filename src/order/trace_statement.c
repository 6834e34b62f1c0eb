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
