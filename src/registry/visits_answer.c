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
	const struct el_audience *const a = el_order_for(o, PARTY);
	const el_epoch today = el_epoch_of(now_s, el_registry_day_offset(g));
	uint64_t total, before, now, day;

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
	if ((*err = el_registry_db_day_spent(g->db, today, &day)) != EL_OK)
		return EL_CODE_INTERNAL;
	if (now - before > 0 && day + now - before > el_policy_cap(g->trust.policy, g->conf->daily_cap))
		return EL_CODE_DAILY_CAP;
	if ((*err = el_registry_db_spend(g->db, &o->hash, request, o->kind, now, today, now - before)) != EL_ESPACE)
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
put_release(struct el_buf *out, struct el_registry *g, const struct el_order *o, const struct split *s,
    const struct el_tree *tree)
{
	struct el_release release = { g->trust.deployment, o->hash, { { 0 } }, (uint32_t)s->n_released };
	struct el_document document;
	int r;

	memset(&document, 0, sizeof document);
	el_tree_get_root(tree, &release.root);
	el_buf_put_text(out, "{\"release\":");
	if ((r = el_release_sign(&release, g->answer_key, &document)) == EL_OK)
		r = dump(out, el_document_to_json(&document));
	el_document_wipe(&document);
	return r;
}

static int
put_rows(struct el_buf *out, const struct split *s, const struct el_tree *tree)
{
	struct el_released row;
	int r = EL_OK;

	el_buf_put_text(out, ",\"rows\":[");
	for (size_t i = 0; r == EL_OK && i < s->n_released; i++) {
		to_released(&s->rows[s->released[i]], &row);
		el_tree_get_path(tree, i, &row.path);
		if (i > 0)
			el_buf_put_text(out, ",");
		r = dump(out, el_released_to_json(&row));
	}
	el_secret_wipe(&row, sizeof row);
	el_buf_put_text(out, "]");
	return r;
}

static int
put_listed(struct el_buf *out, const struct split *s)
{
	int r = EL_OK;

	el_buf_put_text(out, ",\"listed\":[");
	for (size_t i = 0; r == EL_OK && i < s->n_listed; i++) {
		const struct el_visit *const v = &s->rows[s->listed[i].row].visit;

		if (i > 0)
			el_buf_put_text(out, ",");
		r = dump(
		    out, json_pack("{s:I, s:I, s:I, s:I}", "index", (json_int_t)s->listed[i].of, "venue",
			     (json_int_t)v->venue, "minute", (json_int_t)v->minute, "flags", (json_int_t)v->flags));
	}
	el_buf_put_text(out, "]}");
	return r;
}

static int
seal(struct el_registry *g, const struct el_order *o, const struct split *s, uint8_t **out, size_t *len)
{
	struct el_tree *tree = NULL;
	struct el_buf plain;
	int r;

	el_buf_init(&plain, PLAIN_MAX);
	if ((r = el_tree_new(s->leaves, s->n_released, &tree)) == EL_OK &&
	    (r = put_release(&plain, g, o, s, tree)) == EL_OK && (r = put_rows(&plain, s, tree)) == EL_OK &&
	    (r = put_listed(&plain, s)) == EL_OK && (r = plain.err) == EL_OK)
		r = el_answer_seal(&o->box_key, &o->hash, PARTY, plain.p, plain.len, out, len);
	el_buf_wipe(&plain);
	el_tree_free(tree);
	return r;
}

enum el_code
el_visits_answer(struct el_registry *g, const struct el_order *o, const struct el_hash *request,
    const struct el_found *rows, size_t n, int64_t now_s, uint8_t **out, size_t *len, int *err)
{
	enum el_code code = EL_CODE_INTERNAL;
	struct split s;

	*out = NULL;
	*len = 0;
	/* Spent before anything is answered: a crash in between costs the order, not the visitors. */
	if ((*err = split_rows(&s, rows, n)) == EL_OK &&
	    (code = spend(g, o, request, s.n_released, now_s, err)) == EL_CODE_OK &&
	    (*err = seal(g, o, &s, out, len)) != EL_OK)
		code = EL_CODE_INTERNAL;
	if (code == EL_CODE_OK)
		g->counters.rows_released += s.n_released;
	split_wipe(&s);
	return code;
}
