#include "issuer/identities.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "entrylog/token.h"
#include "issuer/notices.h"
#include "order/check.h"
#include "order/release.h"
#include "token/leaf.h"
#include "token/link.h"

#define PLAIN_MAX (1024 * 1024)

/* What becomes of one item. */
struct wanted {
	const char *missing; /* NULL: looked for, or found */
	el_epoch epoch;
	struct el_handle h;
	uint64_t tag;
	bool found;
	char name[EL_NAME_MAX + 1];
	struct el_phone phone;
};

void
el_identities_call_wipe(struct el_identities_call *c)
{
	el_order_call_wipe(&c->by);
	el_document_wipe(&c->release);
	el_log_proof_wipe(&c->proof);
	if (c->items != NULL)
		el_secret_wipe(c->items, c->n_items * sizeof *c->items);
	free(c->items);
	memset(c, 0, sizeof *c);
}

/* ---- The release ---- */

static int
compare_bodies(const void *a, const void *b)
{
	const struct el_identity_item *const x = *(const struct el_identity_item *const *)a;
	const struct el_identity_item *const y = *(const struct el_identity_item *const *)b;

	return memcmp(x->body.b, y->body.b, sizeof x->body.b);
}

/* Each body once: a second point for it would be a free guess. */
static enum el_code
check_distinct(const struct el_identities_call *c)
{
	const struct el_identity_item **const sorted = calloc(c->n_items + 1, sizeof *sorted);
	enum el_code code = EL_CODE_OK;

	if (sorted == NULL)
		return EL_CODE_BUSY;
	for (size_t i = 0; i < c->n_items; i++)
		sorted[i] = &c->items[i];
	qsort(sorted, c->n_items, sizeof *sorted, compare_bodies);
	for (size_t i = 1; i < c->n_items; i++)
		if (compare_bodies(&sorted[i - 1], &sorted[i]) == 0)
			code = EL_CODE_MALFORMED_REQUEST;
	free(sorted);
	return code;
}

/* Trustees of the policy that have cosigned this checkpoint, each once. */
static unsigned
count_cosigned(const struct el_policy *p, const struct el_log_proof *proof)
{
	char name[EL_LOG_ORIGIN_MAX + 1];
	unsigned n = 0;

	for (size_t i = 0; i < p->n_witnesses; i++)
		n += el_log_witness_name(&p->deployment, p->witnesses[i].trustee, name) == EL_OK &&
		    el_note_verify(proof->checkpoint, proof->checkpoint_len, name, EL_NOTE_COSIGNATURE, &p->witnesses[i].key,
			NULL) == EL_OK;
	return n;
}

/* P-7.2 step 3, 8: the registry wrote this release into its public log, and so many trustees know that log. */
static enum el_code
check_log(const struct el_issuer *s, const struct el_identities_call *c, const struct el_order *o)
{
	const struct el_directory *const d = s->trust.directory;
	const struct el_policy *const p = s->trust.policy;
	char origin[EL_LOG_ORIGIN_MAX + 1];
	struct el_checkpoint checkpoint;

	if (!d->registry.has_log_key || el_log_origin(&s->trust.deployment, "registry", origin) != EL_OK)
		return EL_CODE_PROOF_MISSING;
	switch (el_log_proof_check(&c->proof, origin, &d->registry.log_key, &o->hash, &c->release.hash, EL_ENTRY_SEGMENT,
	    &checkpoint, NULL)) {
	case EL_OK:
		break;
	case EL_ENOMEM:
		return EL_CODE_BUSY;
	default:
		return EL_CODE_PROOF_MISSING;
	}
	/* A policy without so many witnesses asks for none. */
	return p->n_witnesses >= p->threshold && count_cosigned(p, &c->proof) < p->threshold ? EL_CODE_PROOF_MISSING :
		EL_CODE_OK;
}

/* P-7.2: the registry committed to exactly these bodies, under this order, before it was asked about them. */
static enum el_code
check_release(const struct el_issuer *s, const struct el_identities_call *c, const struct el_order *o)
{
	struct el_release release;
	struct el_hash leaf;

	switch (el_release_open(&c->release, &s->trust.directory->registry.answer_key, &release)) {
	case EL_OK:
		break;
	case EL_ECRYPTO:
	case EL_ENOTFOUND:
		return EL_CODE_SIGNATURE_INVALID;
	case EL_ENOMEM:
		return EL_CODE_BUSY;
	default:
		return EL_CODE_MALFORMED_ORDER;
	}
	if (!el_hash_eq(&release.deployment, &s->trust.deployment))
		return EL_CODE_SIGNATURE_INVALID;
	if (!el_hash_eq(&release.order, &o->hash))
		return EL_CODE_NOT_IN_RELEASE;
	for (size_t i = 0; i < c->n_items; i++) {
		el_leaf_visit(&c->items[i].c, &c->items[i].body, &leaf);
		if (c->items[i].path.size != release.count ||
		    el_tree_check(&leaf, &c->items[i].path, &release.root) != EL_OK)
			return EL_CODE_NOT_IN_RELEASE;
	}
	return check_log(s, c, o);
}

/* What a contacts order lets an issuer do goes without saying; a notice says which text, about which day. */
static enum el_code
check_scope(const struct el_issuer *s, const struct el_identities_call *c, const struct el_order *o, struct el_scope *out)
{
	enum el_code code;

	memset(out, 0, sizeof *out);
	out->form = EL_SCOPE_LINKS;
	if (!c->is_notice)
		return EL_CODE_OK;
	if ((code = el_order_check_scope(o, s->party, &c->scope, out)) != EL_CODE_OK)
		return code;
	return el_order_check_template(s->trust.policy, out);
}

static enum el_code
judge(struct el_issuer *s, const struct el_identities_call *c, int64_t now_s, struct el_order *o, struct el_scope *scope)
{
	const char *const path = c->is_notice ? EL_NOTICES_PATH : EL_IDENTITIES_PATH;
	const enum el_order_kind kind = c->is_notice ? EL_ORDER_NOTICE : EL_ORDER_CONTACTS;
	enum el_code code;

	if ((code = el_order_gate(s, &c->by, path, kind, now_s, o)) != EL_CODE_OK ||
	    (code = check_scope(s, c, o, scope)) != EL_CODE_OK ||
	    (code = el_order_check_retention(o, scope, now_s, el_issuer_day_offset(s))) != EL_CODE_OK ||
	    (code = check_distinct(c)) != EL_CODE_OK)
		return code;
	return check_release(s, c, o);
}

/* ---- The handles ---- */

/* Why this body names nobody here; NULL when its handle was computed. */
static const char *
open_link(const struct el_issuer *s, const struct el_order *o, const struct el_identity_item *item, struct wanted *w)
{
	const struct el_epoch_keys *epoch;
	const struct el_sign_pk *key;
	struct el_point shared;
	struct el_token t;

	if (el_token_parse_body(item->body.b, sizeof item->body.b, &t) != EL_OK || t.version != EL_TOKEN_VERSION ||
	    t.issuer != s->number)
		return "other_issuer";
	if (t.epoch < o->first_epoch || t.epoch > o->last_epoch)
		return "other_day";
	key = el_directory_token_key(s->trust.directory, s->number, t.epoch);
	if (key == NULL || el_token_check_signature(&t, key) != EL_OK)
		return "signature_invalid";
	if ((epoch = el_bundle_epoch(s->trust.bundle, t.epoch)) == NULL)
		return "no_epoch_key";
	if (el_point_parse(item->shared, &shared) != EL_OK)
		return "not_a_point";
	el_link_mask(&shared, t.r, &epoch->links[0], t.link.b, w->h.b);
	el_secret_wipe(&shared, sizeof shared);
	w->epoch = t.epoch;
	return NULL;
}

/* ---- The rows ---- */

struct walk {
	struct wanted *wanted;
	size_t n;
	struct el_identity_keys keys;
};

static int
found(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct walk *const x = ctx;
	struct el_identity v;

	if (el_identity_open(row, &x->keys, ref->epoch, ref->segment, &v) != EL_OK) {
		el_log(EL_EV_STORE_FAILED, EL_ECRYPTO, ref->epoch); /* a damaged row names nobody */
		return EL_OK;
	}
	for (size_t i = 0; i < x->n; i++) {
		struct wanted *const w = &x->wanted[i];

		if (w->missing != NULL || w->epoch != ref->epoch || w->tag != row->tag_a ||
		    !el_bytes_eq(w->h.b, v.h.b, sizeof w->h.b))
			continue;
		w->found = true;
		memcpy(w->name, v.name, sizeof w->name);
		w->phone = v.phone;
	}
	el_secret_wipe(&v, sizeof v);
	return EL_OK;
}

static int
compare_tags(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Tags of the items of one epoch, sorted and distinct. */
static size_t
make_tags(struct walk *x, el_epoch e, uint64_t *tags)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < x->n; i++) {
		struct wanted *const w = &x->wanted[i];

		if (w->missing == NULL && w->epoch == e)
			tags[n++] = w->tag = el_identity_handle_tag(x->keys.tags, &w->h);
	}
	qsort(tags, n, sizeof *tags, compare_tags);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || tags[i] != tags[kept - 1])
			tags[kept++] = tags[i];
	return kept;
}

static int
search(struct el_issuer *s, const struct el_order *o, struct wanted *wanted, size_t n)
{
	struct walk x = { .wanted = wanted, .n = n };
	uint64_t *const tags = calloc(n + 1, sizeof *tags);
	size_t n_tags;
	int r = tags != NULL ? el_issuer_commit(s) : EL_ENOMEM;

	for (unsigned e = o->first_epoch; r == EL_OK && e <= o->last_epoch; e++) {
		r = el_issuer_keys_rows(&s->keys, (el_epoch)e, &x.keys);
		if (r == EL_OK && (n_tags = make_tags(&x, (el_epoch)e, tags)) > 0)
			r = s->daybook->ops->find(s->daybook, (el_epoch)e, (el_epoch)e, EL_TAG_A, tags, n_tags, found, &x);
		if (r == EL_ENOTFOUND) /* a day without visitors */
			r = EL_OK;
	}
	el_secret_wipe(&x.keys, sizeof x.keys);
	free(tags);
	return r;
}

/* ---- The answer ---- */

static json_t *
person(size_t index, const struct wanted *w)
{
	if (w->found)
		return json_pack("{s:I, s:s, s:s}", "index", (json_int_t)index, "name", w->name, "phone", w->phone.s);
	return json_pack("{s:I, s:s}", "index", (json_int_t)index, "missing",
	    w->missing != NULL ? w->missing : "not_found");
}

static int
put_people(struct el_buf *out, const struct wanted *w, size_t n)
{
	int r = EL_OK;

	el_buf_put_text(out, "{\"people\":[");
	for (size_t i = 0; r == EL_OK && i < n; i++) {
		if (i > 0)
			el_buf_put_text(out, ",");
		r = el_order_gate_dump(out, person(i, &w[i]));
	}
	el_buf_put_text(out, "]}");
	return r != EL_OK ? r : out->err;
}

/* P-7.4: a count, and why the others were not reached. */
static int
put_count(struct el_buf *out, const struct wanted *w, size_t n, size_t found)
{
	json_t *const missing = json_array();

	for (size_t i = 0; i < n; i++)
		if (!w[i].found)
			(void)json_array_append_new(missing, json_pack("{s:I, s:s}", "index", (json_int_t)i, "reason",
								 w[i].missing != NULL ? w[i].missing : "not_found"));
	if (json_array_size(missing) != n - found) {
		json_decref(missing);
		return EL_ENOMEM;
	}
	return el_order_gate_dump(out, json_pack("{s:I, s:o}", "delivered", (json_int_t)found, "missing", missing));
}

/* Who is to be told, once the log has the order. */
static int
make_batch(const struct el_scope *scope, const struct wanted *w, size_t n, struct el_notice_batch **out)
{
	struct el_notice_batch *const b = el_notice_batch_new(n);

	if ((*out = b) == NULL)
		return EL_ENOMEM;
	b->template = scope->template;
	b->day = scope->day;
	for (size_t i = 0; i < n; i++)
		if (w[i].found)
			b->to[b->n++] = (struct el_notice_to){ w[i].epoch, w[i].phone };
	return EL_OK;
}

static enum el_code
answer(struct el_issuer *s, const struct el_identities_call *c, const struct el_order *o, const struct el_scope *scope,
    int64_t now_s, struct el_held **out, struct el_notice_batch **batch, int *err)
{
	struct wanted *const w = calloc(c->n_items + 1, sizeof *w);
	struct el_held *h = el_held_new(o, PLAIN_MAX);
	size_t found = 0;

	if (w == NULL || h == NULL) {
		free(w);
		el_held_free(h);
		return EL_CODE_BUSY;
	}
	for (size_t i = 0; i < c->n_items; i++)
		w[i].missing = open_link(s, o, &c->items[i], &w[i]);
	*err = search(s, o, w, c->n_items);
	for (size_t i = 0; i < c->n_items; i++)
		found += w[i].found;
	if (*err == EL_OK)
		*err = c->is_notice ? put_count(&h->plain, w, c->n_items, found) : put_people(&h->plain, w, c->n_items);
	if (*err == EL_OK && c->is_notice)
		*err = make_batch(scope, w, c->n_items, batch);
	el_secret_wipe(w, c->n_items * sizeof *w);
	free(w);
	if (*err == EL_OK)
		*err = el_held_entry(h, &c->release.hash, c->n_items, now_s);
	if (*err != EL_OK) {
		el_notice_batch_free(*batch);
		*batch = NULL;
		el_held_free(h);
		return EL_CODE_INTERNAL;
	}
	*(c->is_notice ? &s->counters.notices_delivered : &s->counters.people_named) += found;
	*out = h;
	return EL_CODE_OK;
}

enum el_code
el_identities_answer(struct el_issuer *s, const struct el_identities_call *c, int64_t now_s, struct el_held **held,
    struct el_notice_batch **batch, int *err)
{
	struct el_order order;
	struct el_scope scope;
	enum el_code code;

	*held = NULL;
	*batch = NULL;
	*err = EL_OK;
	/* Spent before anything is answered: a crash in between costs the order, not the visitors. */
	if ((code = judge(s, c, now_s, &order, &scope)) == EL_CODE_OK &&
	    (code = el_order_gate_spend(s, &order, &c->by.body, c->n_items, now_s, err)) == EL_CODE_OK)
		code = answer(s, c, &order, &scope, now_s, held, batch, err);
	return code == EL_CODE_OK ? code : el_order_gate_refused(s, &order, code, now_s);
}
