#include "issuer/traces.h"

#include <stdlib.h>
#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "order/check.h"
#include "order/release.h"
#include "order/rjson.h"

#define PLAIN_MAX (4u * 1024 * 1024)

void
el_traces_call_wipe(struct el_traces_call *c)
{
	el_order_call_wipe(&c->by);
	el_secret_wipe(c, sizeof *c);
}

struct box {
	uint8_t b[EL_TRACE_BOX_LEN];
};

/* Rows of the statement and their boxes, side by side. */
struct walk {
	const struct el_scope *scope;
	struct el_identity_keys keys;
	struct el_trace_row *rows;
	struct box *boxes;
	size_t n;
};

static bool
is_asked(const struct el_scope *scope, const struct el_phone *phone)
{
	bool asked = false;

	for (size_t i = 0; i < scope->n_phones; i++)
		asked = asked || strcmp(scope->phones[i].s, phone->s) == 0;
	return asked;
}

static int
found(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct walk *const w = ctx;
	struct el_identity v;
	int r = EL_OK;

	if (el_identity_open(row, &w->keys, ref->epoch, ref->segment, &v) != EL_OK) {
		el_log(EL_EV_STORE_FAILED, EL_ECRYPTO, ref->epoch);
		return EL_OK;
	}
	if (!is_asked(w->scope, &v.phone)) { /* equal tags alone prove nothing */
		r = EL_OK;
	} else if (w->n == EL_TRACE_ROWS_MAX) {
		r = EL_ELIMIT;
	} else {
		w->rows[w->n].epoch = ref->epoch;
		memcpy(w->rows[w->n].com, v.com, sizeof v.com);
		el_sha256(v.box, sizeof v.box, &w->rows[w->n].box);
		memcpy(w->boxes[w->n++].b, v.box, sizeof v.box);
	}
	el_secret_wipe(&v, sizeof v);
	return r;
}

static int
compare_tags(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int
search_epoch(struct el_issuer *s, struct walk *w, el_epoch e)
{
	uint64_t tags[EL_SCOPE_PHONES_MAX];
	size_t kept = 0;
	int r;

	if ((r = el_issuer_keys_rows(&s->keys, e, &w->keys)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r; /* a day without visitors, or destroyed */
	for (size_t i = 0; i < w->scope->n_phones; i++)
		tags[i] = el_identity_phone_tag(w->keys.tags, &w->scope->phones[i]);
	qsort(tags, w->scope->n_phones, sizeof *tags, compare_tags);
	for (size_t i = 0; i < w->scope->n_phones; i++)
		if (kept == 0 || tags[i] != tags[kept - 1])
			tags[kept++] = tags[i];
	return s->daybook->ops->find(s->daybook, e, e, EL_TAG_B, tags, kept, found, w);
}

static int
search(struct el_issuer *s, const struct el_order *o, struct walk *w)
{
	int r;

	w->rows = calloc(EL_TRACE_ROWS_MAX, sizeof *w->rows);
	w->boxes = calloc(EL_TRACE_ROWS_MAX, sizeof *w->boxes);
	if (w->rows == NULL || w->boxes == NULL)
		return EL_ENOMEM;
	r = el_issuer_commit(s);
	for (unsigned e = o->first_epoch; r == EL_OK && e <= o->last_epoch; e++)
		r = search_epoch(s, w, (el_epoch)e);
	el_secret_wipe(&w->keys, sizeof w->keys);
	return r;
}

/* ---- The answer ---- */

static int
put_statement(struct el_buf *out, struct el_issuer *s, const struct el_order *o, const struct walk *w)
{
	const struct el_trace_statement statement = { s->trust.deployment, o->hash, s->number, w->rows, w->n };
	struct el_document *const document = calloc(1, sizeof *document);
	int r;

	if (document == NULL)
		return EL_ENOMEM;
	el_buf_put_text(out, "{\"statement\":");
	if ((r = el_trace_statement_sign(&statement, s->answer_key, document)) == EL_OK)
		r = el_order_gate_dump(out, el_document_to_json(document));
	el_document_wipe(document);
	free(document);
	return r;
}

static int
put_boxes(struct el_buf *out, const struct walk *w)
{
	json_t *const list = json_array();
	int failed = list == NULL;

	for (size_t i = 0; i < w->n; i++)
		failed |= json_array_append_new(list, el_json_bytes(w->boxes[i].b, sizeof w->boxes[i].b));
	if (failed) {
		json_decref(list);
		return EL_ENOMEM;
	}
	el_buf_put_text(out, ",\"boxes\":");
	return el_order_gate_dump(out, list);
}

static int
seal(struct el_issuer *s, const struct el_order *o, const struct walk *w, uint8_t **out, size_t *len)
{
	struct el_buf plain;
	int r;

	el_buf_init(&plain, PLAIN_MAX);
	if ((r = put_statement(&plain, s, o, w)) == EL_OK && (r = put_boxes(&plain, w)) == EL_OK) {
		el_buf_put_text(&plain, "}");
		if ((r = plain.err) == EL_OK)
			r = el_answer_seal(&o->box_key, &o->hash, s->party, plain.p, plain.len, out, len);
	}
	el_buf_wipe(&plain);
	return r;
}

static enum el_code
judge(struct el_issuer *s, const struct el_traces_call *c, int64_t now_s, struct el_order *o, struct el_scope *scope)
{
	enum el_code code;

	if ((code = el_order_gate(s, &c->by, EL_TRACES_PATH, EL_ORDER_TRACE, now_s, o)) != EL_CODE_OK ||
	    (code = el_order_check_scope(o, s->party, &c->scope, scope)) != EL_CODE_OK)
		return code;
	return el_order_check_retention(o, scope, now_s, el_issuer_day_offset(s));
}

/* Spent before anything is answered: a crash in between costs the order, not the visitors. */
static enum el_code
answer(struct el_issuer *s, const struct el_traces_call *c, const struct el_order *o, const struct el_scope *scope,
    int64_t now_s, uint8_t **out, size_t *len, int *err)
{
	struct walk w = { .scope = scope };
	enum el_code code = EL_CODE_INTERNAL;

	if ((*err = search(s, o, &w)) == EL_ELIMIT) {
		*err = EL_OK;
		code = EL_CODE_LIMIT_EXCEEDED;
	} else if (*err == EL_OK &&
	    (code = el_order_gate_spend(s, o, &c->by.body, w.n, now_s, err)) == EL_CODE_OK &&
	    (*err = seal(s, o, &w, out, len)) != EL_OK) {
		code = EL_CODE_INTERNAL;
	}
	if (code == EL_CODE_OK) {
		s->counters.boxes_answered += w.n;
		el_order_gate_answered(s, w.n);
	}
	free(w.rows);
	free(w.boxes);
	return code;
}

enum el_code
el_traces_answer(struct el_issuer *s, const struct el_traces_call *c, int64_t now_s, uint8_t **sealed, size_t *len,
    int *err)
{
	struct el_order order;
	struct el_scope scope;
	enum el_code code;

	*sealed = NULL;
	*len = 0;
	*err = EL_OK;
	memset(&scope, 0, sizeof scope);
	if ((code = judge(s, c, now_s, &order, &scope)) == EL_CODE_OK)
		code = answer(s, c, &order, &scope, now_s, sealed, len, err);
	el_scope_wipe(&scope);
	return code == EL_CODE_OK ? code : el_order_gate_refused(s, code);
}
