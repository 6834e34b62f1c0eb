#include "registry/visits_answer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
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
		r = el_publog_root(g->publog, ref->epoch, ref->segment, &out[*n_roots]);
		/* Asked second: it opens a file, and check-ins wait while it does. */
		if (r == EL_ENOTFOUND &&
		    g->daybook->ops->root(g->daybook, ref->epoch, ref->segment, &size, &root) != EL_OK)
			continue;
		if (r != EL_OK) {
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

/* ---- The order's limit, and the day's ---- */

static enum el_code
spend(struct el_registry *g, const struct el_order *o, const struct el_hash *request, size_t n, int64_t now_s, int *err)
{
	const struct el_spending spending = { .order = &o->hash, .request = request, .kind = o->kind, .n = n,
		.order_max = el_order_for(o, PARTY)->items, .day = el_epoch_of(now_s, el_registry_day_offset(g)),
		.day_max = el_policy_cap(g->trust.policy, g->conf->daily_cap) };

	return el_registry_db_spend(g->db, &spending, err);
}

/* ---- The text ---- */

#define STEP_ROWS 256 /* written in one step: some 10 ms */

struct el_visits_writer {
	struct split split;
	struct el_tree *tree; /* over the released rows */
	struct el_held *held;
	size_t n_rows, n_listed; /* written */
	bool rows_done;
};

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
put_release(struct el_visits_writer *w, struct el_registry *g, int64_t now_s)
{
	struct el_held *const h = w->held;
	const uint32_t n = (uint32_t)w->split.n_released;
	struct el_release release = { g->trust.deployment, h->order.hash, { { 0 } }, n, { 0 } };
	struct el_document document;
	int r;

	memset(&document, 0, sizeof document);
	el_tree_get_root(w->tree, &release.root);
	el_random(release.salt, sizeof release.salt);
	el_buf_put_text(&h->plain, "{\"release\":");
	if ((r = el_release_sign(&release, g->answer_key, &document)) == EL_OK &&
	    (r = el_held_entry(h, &document.hash, n, now_s)) == EL_OK)
		r = dump(&h->plain, el_document_to_json(&document));
	el_buf_put_text(&h->plain, ",\"rows\":[");
	el_document_wipe(&document);
	return r;
}

static int
put_row(struct el_visits_writer *w, struct el_registry *g, size_t i)
{
	const struct el_found *const f = &w->split.rows[w->split.released[i]];
	struct el_released row;
	int r;

	to_released(f, &row);
	el_tree_get_path(w->tree, i, &row.path);
	prove(g, &f->ref, &row.proof);
	if (i > 0)
		el_buf_put_text(&w->held->plain, ",");
	r = dump(&w->held->plain, el_released_to_json(&row));
	el_secret_wipe(&row, sizeof row);
	return r;
}

static int
put_listed(struct el_visits_writer *w, struct el_registry *g, size_t i)
{
	const struct el_found *const f = &w->split.rows[w->split.listed[i].row];
	const struct el_visit *const v = &f->visit;
	struct el_path proof;

	prove(g, &f->ref, &proof);
	if (i > 0)
		el_buf_put_text(&w->held->plain, ",");
	return dump(&w->held->plain,
	    json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "index", (json_int_t)w->split.listed[i].of, "segment",
		(json_int_t)f->ref.segment, "venue", (json_int_t)v->venue, "minute", (json_int_t)v->minute, "flags",
		(json_int_t)v->flags, "salt", el_json_bytes(v->salt.b, sizeof v->salt.b), "proof", el_path_to_json(&proof)));
}

enum el_code
el_visits_writer_begin(struct el_registry *g, const struct el_order *o, const struct el_hash *request,
    const struct el_found *rows, size_t n, int64_t now_s, struct el_visits_writer **out, int *err)
{
	struct el_visits_writer *const w = calloc(1, sizeof *w);
	enum el_code code = EL_CODE_INTERNAL;

	*out = NULL;
	if (w == NULL || (w->held = el_held_new(o, PLAIN_MAX)) == NULL) {
		*err = EL_ENOMEM;
		goto out;
	}
	w->held->has_proofs = true;
	/* Spent before anything is answered: a crash in between costs the order, not the visitors. */
	if ((*err = split_rows(&w->split, rows, n)) != EL_OK ||
	    (code = spend(g, o, request, w->split.n_released, now_s, err)) != EL_CODE_OK)
		goto out;
	if ((*err = el_tree_new(w->split.leaves, w->split.n_released, &w->tree)) != EL_OK ||
	    (*err = put_release(w, g, now_s)) != EL_OK) {
		code = EL_CODE_INTERNAL;
		goto out;
	}
	*out = w;
	return EL_CODE_OK;
out:
	el_visits_writer_free(w);
	return code;
}

int
el_visits_writer_step(struct el_visits_writer *w, struct el_registry *g, struct el_held **held)
{
	size_t left = STEP_ROWS;
	int r = EL_OK;

	*held = NULL;
	for (; r == EL_OK && left > 0 && w->n_rows < w->split.n_released; left--)
		r = put_row(w, g, w->n_rows++);
	if (r != EL_OK || w->n_rows < w->split.n_released)
		return r;
	if (!w->rows_done)
		el_buf_put_text(&w->held->plain, "],\"listed\":[");
	w->rows_done = true;
	for (; r == EL_OK && left > 0 && w->n_listed < w->split.n_listed; left--)
		r = put_listed(w, g, w->n_listed++);
	if (r != EL_OK || w->n_listed < w->split.n_listed)
		return r;
	el_buf_put_text(&w->held->plain, "]");
	if ((r = w->held->plain.err) != EL_OK)
		return r;
	g->counters.rows_released += w->split.n_released;
	*held = w->held;
	w->held = NULL;
	return EL_OK;
}

void
el_visits_writer_free(struct el_visits_writer *w)
{
	if (w == NULL)
		return;
	split_wipe(&w->split);
	el_tree_free(w->tree);
	el_held_free(w->held);
	free(w);
}
