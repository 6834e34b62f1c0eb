#include "registry/visits_answer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "log/tree.h"
#include "order/release.h"
#include "order/rjson.h"
#include "publog/entries.h"

#define PARTY "registry"
#define SLOTS 65536 /* of the table of bodies; over three times EL_ORDER_ROWS_MAX */
#define PLAIN_MAX (EL_MSG_MAX - 1024 * 1024)

/* Rows split into those released and those that only name one with the same body. */
struct split {
	const struct el_found *rows;
	size_t n;
	uint32_t *released; /* indices into rows */
	size_t n_released;
	struct {
		uint32_t row, of; /* of: index among the released */
	} * listed;
	size_t n_listed;
	struct el_hash *leaves;
};

static void
split_wipe(struct split *s)
{
	free(s->released);
	free(s->listed);
	free(s->leaves);
}

/* ---- Roots ---- */

int
el_visits_roots(struct el_registry *g, const struct el_found *rows, size_t n, uint64_t **roots, size_t *n_roots)
{
	struct el_hash root;
	uint64_t *out, size;
	int r;

	*roots = NULL;
	*n_roots = 0;
	if ((out = calloc(n + 1, sizeof *out)) == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; i < n; i++) { /* by (epoch, segment) */
		const struct el_row_ref *const ref = &rows[i].ref;

		if (i > 0 && rows[i - 1].ref.epoch == ref->epoch && rows[i - 1].ref.segment == ref->segment)
			continue;
		if (g->daybook->ops->root(g->daybook, ref->epoch, ref->segment, &size, &root) != EL_OK)
			continue;
		if ((r = el_publog_root(g->publog, ref->epoch, ref->segment, &out[*n_roots])) != EL_OK) {
			free(out);
			*n_roots = 0;
			return r;
		}
		++*n_roots;
	}
	*roots = out;
	return EL_OK;
}

/* An unproven row carries a path that leads nowhere. */
static void
prove(struct el_registry *g, const struct el_row_ref *ref, struct el_path *out)
{
	if (g->daybook->ops->path(g->daybook, ref, out) != EL_OK)
		*out = (struct el_path){ .index = 0, .size = 1 };
}

static void
to_released(const struct el_found *f, struct el_released *out)
{
	memset(out, 0, sizeof *out);
	out->epoch = f->ref.epoch;
	out->segment = f->ref.segment;
	out->venue = f->visit.venue;
	out->minute = f->visit.minute;
	out->flags = f->visit.flags;
	out->salt = f->visit.salt;
	out->body = f->visit.body;
}

/* Where in the table a body stands, or would. */
static uint32_t
slot_of(const uint32_t *slots, const struct split *s, const struct el_body *body)
{
	uint32_t i = el_get_u32(body->b + 4) % SLOTS; /* of T, which is random */

	while (slots[i] != 0 && !el_bytes_eq(s->rows[s->released[slots[i] - 1]].visit.body.b, body->b, sizeof body->b))
		i = (i + 1) % SLOTS;
	return i;
}

static int
split_rows(struct split *s, const struct el_found *rows, size_t n)
{
	uint32_t *const slots = calloc(SLOTS, sizeof *slots);
	struct el_released row;
	struct el_hash c;

	*s = (struct split){ .rows = rows, .n = n };
	s->released = calloc(n + 1, sizeof *s->released);
	s->listed = calloc(n + 1, sizeof *s->listed);
	s->leaves = calloc(n + 1, sizeof *s->leaves);
	if (slots == NULL || s->released == NULL || s->listed == NULL || s->leaves == NULL) {
		free(slots);
		return EL_ENOMEM;
	}
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t at = slot_of(slots, s, &rows[i].visit.body);

		if (slots[at] != 0) {
			s->listed[s->n_listed].row = i;
			s->listed[s->n_listed++].of = slots[at] - 1;
			continue;
		}
		to_released(&rows[i], &row);
		el_released_leaf(&row, &c, &s->leaves[s->n_released]);
		s->released[s->n_released++] = i;
		slots[at] = (uint32_t)s->n_released;
	}
	free(slots);
	return EL_OK;
}

/* ---- The order's limit ---- */

static enum el_code
spend(struct el_registry *g, const struct el_order *o, const struct el_hash *request, size_t n, int *err)
{
	const struct el_audience *const a = el_order_for(o, PARTY);
	uint64_t total, before, now;

	if ((*err = el_registry_db_order_spent(g->db, &o->hash, &total)) != EL_OK)
		return EL_CODE_INTERNAL;
	*err = el_registry_db_request_spent(g->db, &o->hash, request, &before);
	if (*err != EL_OK && *err != EL_ENOTFOUND)
		return EL_CODE_INTERNAL;
	now = n > before ? n : before; /* what was once released stays spent */
	if (total - before + now > a->items) {
		*err = EL_OK;
		return EL_CODE_LIMIT_EXCEEDED;
	}
	if (*err == EL_OK && now == before)
		return EL_CODE_OK;
	if ((*err = el_registry_db_spend(g->db, &o->hash, request, o->kind, now)) != EL_ESPACE)
		return *err == EL_OK ? EL_CODE_OK : EL_CODE_INTERNAL;
	*err = EL_OK; /* nothing is released that is not written down */
	return EL_CODE_BUSY;
}

/* ---- The text ---- */

static int
dump(struct el_buf *out, json_t *stolen)
{
	char *const text = stolen != NULL ? json_dumps(stolen, JSON_COMPACT) : NULL;

	json_decref(stolen);
	if (text == NULL)
		return EL_ENOMEM;
	el_buf_put_text(out, text);
	el_secret_wipe(text, strlen(text));
	free(text);
	return out->err;
}

static int
put_release(struct el_held *h, struct el_registry *g, const struct split *s, const struct el_tree *tree, int64_t now_s)
{
	const struct el_order *const o = &h->order;
	struct el_release release = { g->trust.deployment, o->hash, { { 0 } }, (uint32_t)s->n_released };
	struct el_document document;
	int r;

	memset(&document, 0, sizeof document);
	el_tree_get_root(tree, &release.root);
	el_buf_put_text(&h->plain, "{\"release\":");
	if ((r = el_release_sign(&release, g->answer_key, &document)) == EL_OK &&
	    (r = el_held_entry(h, &document.hash, s->n_released, now_s)) == EL_OK)
		r = dump(&h->plain, el_document_to_json(&document));
	el_document_wipe(&document);
	return r;
}

static int
put_rows(struct el_buf *out, struct el_registry *g, const struct split *s, const struct el_tree *tree)
{
	struct el_released row;
	int r = EL_OK;

	el_buf_put_text(out, ",\"rows\":[");
	for (size_t i = 0; r == EL_OK && i < s->n_released; i++) {
		to_released(&s->rows[s->released[i]], &row);
		el_tree_get_path(tree, i, &row.path);
		prove(g, &s->rows[s->released[i]].ref, &row.proof);
		if (i > 0)
			el_buf_put_text(out, ",");
		r = dump(out, el_released_to_json(&row));
	}
	el_secret_wipe(&row, sizeof row);
	el_buf_put_text(out, "]");
	return r;
}

static int
put_listed(struct el_buf *out, struct el_registry *g, const struct split *s)
{
	struct el_path proof;
	int r = EL_OK;

	el_buf_put_text(out, ",\"listed\":[");
	for (size_t i = 0; r == EL_OK && i < s->n_listed; i++) {
		const struct el_found *const f = &s->rows[s->listed[i].row];
		const struct el_visit *const v = &f->visit;

		if (i > 0)
			el_buf_put_text(out, ",");
		prove(g, &f->ref, &proof);
		r = dump(out,
		    json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "index", (json_int_t)s->listed[i].of, "segment",
			(json_int_t)f->ref.segment, "venue", (json_int_t)v->venue, "minute", (json_int_t)v->minute, "flags",
			(json_int_t)v->flags, "salt", el_json_bytes(v->salt.b, sizeof v->salt.b), "proof",
			el_path_to_json(&proof)));
	}
	el_buf_put_text(out, "]");
	return r;
}

static int
write_answer(struct el_registry *g, const struct el_order *o, const struct split *s, int64_t now_s, struct el_held **out)
{
	struct el_held *const h = el_held_new(o, PLAIN_MAX);
	struct el_tree *tree = NULL;
	int r = EL_ENOMEM;

	if (h == NULL)
		return r;
	h->has_proofs = true;
	if ((r = el_tree_new(s->leaves, s->n_released, &tree)) == EL_OK &&
	    (r = put_release(h, g, s, tree, now_s)) == EL_OK && (r = put_rows(&h->plain, g, s, tree)) == EL_OK &&
	    (r = put_listed(&h->plain, g, s)) == EL_OK)
		r = h->plain.err;
	el_tree_free(tree);
	if (r == EL_OK)
		*out = h;
	else
		el_held_free(h);
	return r;
}

enum el_code
el_visits_answer(struct el_registry *g, const struct el_order *o, const struct el_hash *request,
    const struct el_found *rows, size_t n, int64_t now_s, struct el_held **out, int *err)
{
	enum el_code code = EL_CODE_INTERNAL;
	struct split s;

	*out = NULL;
	/* Spent before anything is answered: a crash in between costs the order, not the visitors. */
	if ((*err = split_rows(&s, rows, n)) == EL_OK &&
	    (code = spend(g, o, request, s.n_released, err)) == EL_CODE_OK &&
	    (*err = write_answer(g, o, &s, now_s, out)) != EL_OK)
		code = EL_CODE_INTERNAL;
	if (code == EL_CODE_OK)
		g->counters.rows_released += s.n_released;
	split_wipe(&s);
	return code;
}
