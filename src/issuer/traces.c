#include "issuer/traces.h"

#include <stdlib.h>
#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "order/check.h"
#include "order/release.h"
#include "order/rjson.h"
#include "issuer/roots.h"
#include "publog/entries.h"

#define PLAIN_MAX (12u * 1024 * 1024) /* EL_TRACE_ROWS_MAX rows of under 3 KB: statement, box and path; the roots */

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
	struct el_commitment *commitments;
	uint64_t *roots; /* of days that were rewritten, places in the log */
	size_t n, n_roots;
	struct el_daybook *daybook;
	bool has_root; /* the day at work has one in the log */
};

static bool
is_asked(const struct el_scope *scope, const struct el_phone *phone)
{
	bool asked = false;

	for (size_t i = 0; i < scope->n_phones; i++)
		asked = asked || strcmp(scope->phones[i].s, phone->s) == 0;
	return asked;
}

/* Where the row stands under the root of its day (P-7.3 step 2); of a day that is not rewritten nothing can be said. */
static int
commit_row(struct walk *w, const struct el_row_ref *ref, const struct el_identity *v)
{
	struct el_commitment *const c = &w->commitments[w->n];
	int r;

	if (!w->has_root)
		return EL_OK;
	c->is_there = true;
	c->phone = v->phone;
	c->salt = v->salt;
	if ((r = w->daybook->ops->path(w->daybook, ref, &c->path)) == EL_ENOTFOUND) {
		memset(c, 0, sizeof *c);
		r = EL_OK;
	}
	return r;
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
		memcpy(w->boxes[w->n].b, v.box, sizeof v.box);
		r = commit_row(w, ref, &v);
		w->n++;
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

/* The logged root of a day that was rewritten.  EL_EBUSY: it is on its way. */
static int
find_root(struct el_issuer *s, struct walk *w, el_epoch e)
{
	struct el_log_entry root;
	int r;

	w->has_root = false;
	if ((r = el_issuer_root(s, e, &root)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r;
	if ((r = el_publog_root(s->publog, e, 0, &w->roots[w->n_roots])) != EL_OK)
		return r == EL_ENOTFOUND ? EL_EBUSY : r;
	w->n_roots++;
	w->has_root = true;
	return EL_OK;
}

static int
search_epoch(struct el_issuer *s, struct walk *w, el_epoch e)
{
	uint64_t tags[EL_SCOPE_PHONES_MAX];
	size_t kept = 0;
	int r;

	if ((r = el_issuer_keys_rows(&s->keys, e, &w->keys)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r; /* a day without visitors, or destroyed */
	if ((r = find_root(s, w, e)) != EL_OK)
		return r;
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
	w->commitments = calloc(EL_TRACE_ROWS_MAX, sizeof *w->commitments);
	w->roots = calloc(EL_ORDER_DAYS_MAX + 1, sizeof *w->roots);
	w->daybook = s->daybook;
	if (w->rows == NULL || w->boxes == NULL || w->commitments == NULL || w->roots == NULL)
		return EL_ENOMEM;
	r = el_issuer_commit(s);
	for (unsigned e = o->first_epoch; r == EL_OK && e <= o->last_epoch; e++)
		r = search_epoch(s, w, (el_epoch)e);
	el_secret_wipe(&w->keys, sizeof w->keys);
	return r;
}

/* ---- The answer ---- */

static int
put_statement(struct el_held *h, struct el_issuer *s, const struct walk *w, int64_t now_s)
{
	struct el_trace_statement statement = { s->trust.deployment, h->order.hash, s->number, w->rows, w->n, { 0 } };
	struct el_document *const document = calloc(1, sizeof *document);
	int r;

	if (document == NULL)
		return EL_ENOMEM;
	el_random(statement.salt, sizeof statement.salt);
	el_buf_put_text(&h->plain, "{\"statement\":");
	if ((r = el_trace_statement_sign(&statement, s->answer_key, document)) == EL_OK &&
	    (r = el_held_entry(h, &document->hash, w->n, now_s)) == EL_OK)
		r = el_order_gate_dump(&h->plain, el_document_to_json(document));
	el_document_wipe(document);
	free(document);
	return r;
}

static int
put_boxes(struct el_buf *out, const struct walk *w)
{
	json_t *const boxes = json_array(), *const commitments = json_array();
	int failed = boxes == NULL || commitments == NULL, r;

	for (size_t i = 0; i < w->n && !failed; i++)
		failed = json_array_append_new(boxes, el_json_bytes(w->boxes[i].b, sizeof w->boxes[i].b)) != 0 ||
		    json_array_append_new(commitments, el_commitment_to_json(&w->commitments[i])) != 0;
	if (failed) {
		json_decref(boxes);
		json_decref(commitments);
		return EL_ENOMEM;
	}
	el_buf_put_text(out, ",\"boxes\":");
	r = el_order_gate_dump(out, boxes);
	el_buf_put_text(out, ",\"commitments\":");
	return r == EL_OK ? el_order_gate_dump(out, commitments) : (json_decref(commitments), r);
}

static int
write_answer(struct el_issuer *s, const struct el_order *o, struct walk *w, int64_t now_s, struct el_held **out)
{
	struct el_held *const h = el_held_new(o, PLAIN_MAX);
	int r = EL_ENOMEM;

	if (h == NULL)
		return r;
	h->has_proofs = true;
	if ((r = put_statement(h, s, w, now_s)) == EL_OK && (r = put_boxes(&h->plain, w)) == EL_OK)
		r = h->plain.err;
	if (r != EL_OK) {
		el_held_free(h);
		return r;
	}
	h->roots = w->roots;
	h->n_roots = w->n_roots;
	w->roots = NULL;
	*out = h;
	return EL_OK;
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
    int64_t now_s, struct el_held **out, int *err)
{
	struct walk w = { .scope = scope };
	enum el_code code = EL_CODE_INTERNAL;

	if ((*err = search(s, o, &w)) == EL_ELIMIT) {
		*err = EL_OK;
		code = EL_CODE_LIMIT_EXCEEDED;
	} else if (*err == EL_EBUSY) {
		*err = EL_OK;
		code = EL_CODE_NOT_READY;
	} else if (*err == EL_OK &&
	    (code = el_order_gate_spend(s, o, &c->by.body, w.n, now_s, err)) == EL_CODE_OK &&
	    (*err = write_answer(s, o, &w, now_s, out)) != EL_OK) {
		code = EL_CODE_INTERNAL;
		if (*err == EL_ELIMIT) { /* too long for one message: no reason to end */
			*err = EL_OK;
			code = EL_CODE_LIMIT_EXCEEDED;
		}
	}
	if (code == EL_CODE_OK)
		s->counters.boxes_answered += w.n;
	if (w.commitments != NULL)
		el_secret_wipe(w.commitments, EL_TRACE_ROWS_MAX * sizeof *w.commitments);
	free(w.rows);
	free(w.boxes);
	free(w.commitments);
	free(w.roots);
	return code;
}

enum el_code
el_traces_answer(struct el_issuer *s, const struct el_traces_call *c, int64_t now_s, struct el_held **held, int *err)
{
	struct el_order order;
	struct el_scope scope;
	enum el_code code;

	*held = NULL;
	*err = EL_OK;
	memset(&scope, 0, sizeof scope);
	if ((code = judge(s, c, now_s, &order, &scope)) == EL_CODE_OK)
		code = answer(s, c, &order, &scope, now_s, held, err);
	el_scope_wipe(&scope);
	return code == EL_CODE_OK ? code : el_order_gate_refused(s, &order, code, now_s);
}
