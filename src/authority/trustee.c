#include "authority/trustee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/proofs.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/share.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "order/check.h"
#include "order/proven.h"

#define PROGRESS_EVERY 500

/* What the order-level checks have established, for the rows. */
struct verdict {
	struct el_order order;
	struct el_scope scope;
	struct el_release release;	     /* contacts */
	struct el_trace_statement statement; /* trace */
	char party[EL_PARTY_NAME_MAX + 1];   /* who answered */
	struct el_log_entry *roots;
	struct el_roots proven;
};

static void
verdict_wipe(struct verdict *v)
{
	el_scope_wipe(&v->scope);
	el_trace_statement_wipe(&v->statement);
	free(v->roots);
}

/* P-7.2, 8: the answer is in the party's public log.  The rows are held against the roots that are there, too. */
static enum el_code
check_log(const struct el_trustee *t, const struct el_request *q, const struct el_sign_pk *log_key, struct verdict *v)
{
	const struct el_document *const statement = q->trace ? &q->statement : &q->release;
	char origin[EL_LOG_ORIGIN_MAX + 1];
	struct el_checkpoint checkpoint;

	if (log_key == NULL || el_log_origin(&v->order.deployment, v->party, origin) != EL_OK)
		return EL_CODE_PROOF_MISSING;
	switch (el_log_proof_check(&q->proof, origin, log_key, &v->order.hash, &statement->hash,
	    q->trace ? EL_ENTRY_IDENTITIES : EL_ENTRY_SEGMENT, &checkpoint, &v->roots)) {
	case EL_OK:
		break;
	case EL_ENOMEM:
		return EL_CODE_INTERNAL;
	default:
		return EL_CODE_PROOF_MISSING;
	}
	v->proven = (struct el_roots){ v->roots, q->proof.n_roots, v->order.created, t->policy->day_offset };
	return EL_CODE_OK;
}

static enum el_code
check_scope(const struct el_trustee *t, const struct el_request *q, const char *party, int64_t now_s, size_t n_items,
    struct verdict *v)
{
	const struct el_disclosed *d = el_order_file_scope(q->order, party);
	const struct el_audience *a = el_order_for(&v->order, party);
	enum el_code code;

	if (d == NULL || a == NULL)
		return EL_CODE_SCOPE_MISMATCH;
	if ((code = el_order_check_scope(&v->order, party, d, &v->scope)) != EL_CODE_OK ||
	    (code = el_order_check_retention(&v->order, &v->scope, now_s, t->policy->day_offset)) != EL_CODE_OK)
		return code;
	return n_items > a->items || n_items > EL_ORDER_ROWS_MAX ? EL_CODE_LIMIT_EXCEEDED : EL_CODE_OK;
}

static enum el_code
check_contacts(const struct el_trustee *t, const struct el_request *q, int64_t now_s, struct verdict *v)
{
	enum el_code code;

	if (el_release_open(&q->release, &t->directory->registry.answer_key, &v->release) != EL_OK)
		return EL_CODE_SIGNATURE_INVALID;
	if (!el_hash_eq(&v->release.order, &v->order.hash) || !el_hash_eq(&v->release.deployment, &v->order.deployment) ||
	    q->n_rows > v->release.count)
		return EL_CODE_NOT_IN_RELEASE;
	/* The whole release counts, not only the rows of this page. */
	if ((code = check_scope(t, q, "registry", now_s, v->release.count, v)) != EL_CODE_OK)
		return code;
	if (v->scope.form != EL_SCOPE_VENUES)
		return EL_CODE_SCOPE_MISMATCH;
	(void)snprintf(v->party, sizeof v->party, "registry");
	return check_log(t, q, t->directory->registry.has_log_key ? &t->directory->registry.log_key : NULL, v);
}

static enum el_code
check_trace(const struct el_trustee *t, const struct el_request *q, int64_t now_s, struct verdict *v)
{
	const struct el_issuer_entry *entry;
	enum el_code code;
	uint8_t issuer;

	/* The number is only a claim until the statement is opened with that issuer's key. */
	if (el_trace_statement_issuer(&q->statement, &issuer) != EL_OK)
		return EL_CODE_MALFORMED_ORDER;
	if ((entry = el_directory_issuer(t->directory, issuer)) == NULL)
		return EL_CODE_UNKNOWN_ISSUER;
	if (el_trace_statement_open(&q->statement, &entry->answer_key, &v->statement) != EL_OK)
		return EL_CODE_SIGNATURE_INVALID;
	if (v->statement.issuer != issuer || !el_hash_eq(&v->statement.order, &v->order.hash) ||
	    !el_hash_eq(&v->statement.deployment, &v->order.deployment) || v->statement.n_rows != q->n_boxes)
		return EL_CODE_NOT_IN_RELEASE;
	el_party_of_issuer(issuer, v->party);
	if ((code = check_scope(t, q, v->party, now_s, q->n_boxes, v)) != EL_CODE_OK)
		return code;
	if (v->scope.form != EL_SCOPE_PHONES)
		return EL_CODE_SCOPE_MISMATCH;
	return check_log(t, q, entry->has_log_key ? &entry->log_key : NULL, v);
}

static enum el_code
judge(const struct el_trustee *t, const struct el_request *q, int64_t now_s, struct verdict *v)
{
	enum el_code code;

	memset(v, 0, sizeof *v);
	if ((code = el_order_check(&q->order->document, t->policy, now_s, &v->order)) != EL_CODE_OK)
		return code;
	/* The kind decides which shares are used; the request must be of that kind. */
	if (q->trace ? v->order.kind != EL_ORDER_TRACE :
	    v->order.kind != EL_ORDER_CONTACTS && v->order.kind != EL_ORDER_NOTICE)
		return EL_CODE_SCOPE_MISMATCH;
	return q->trace ? check_trace(t, q, now_s, v) : check_contacts(t, q, now_s, v);
}

enum el_code
el_trustee_check(const struct el_trustee *t, const struct el_request *q, int64_t now_s, struct el_order *order)
{
	struct verdict v;
	const enum el_code code = judge(t, q, now_s, &v);

	*order = v.order;
	verdict_wipe(&v);
	return code;
}

/* Every point of the request with its row, sorted, so that a repeated one has an equal neighbour. */
struct seen {
	uint8_t r[EL_POINT_LEN];
	uint32_t index;
};

static int
seen_compare(const void *a, const void *b)
{
	return memcmp(((const struct seen *)a)->r, ((const struct seen *)b)->r, EL_POINT_LEN);
}

/* repeated[i]: the point of row i stands in another row, too. */
static int
find_repeated(const struct el_request *q, bool *repeated)
{
	const size_t n = q->trace ? q->n_boxes : q->n_rows;
	struct seen *s = calloc(n + 1, sizeof *s);
	struct el_token token;

	if (s == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		s[i].index = (uint32_t)i;
		if (q->trace)
			memcpy(s[i].r, q->boxes[i], EL_POINT_LEN);
		else if (el_token_parse_body(q->rows[i].body.b, EL_BODY_LEN, &token) == EL_OK)
			memcpy(s[i].r, token.r, EL_POINT_LEN);
		else
			el_random(s[i].r, EL_POINT_LEN); /* refused for its form below, equal to none */
	}
	qsort(s, n, sizeof *s, seen_compare);
	for (size_t i = 1; i < n; i++)
		if (seen_compare(&s[i - 1], &s[i]) == 0)
			repeated[s[i - 1].index] = repeated[s[i].index] = true;
	free(s);
	return EL_OK;
}

/*
 * A visit belongs to the day of its token: shown before end(e) + 2 h, scanned within the freshness of a QR and
 * the largest skew, rounded down to the minute.
 */
static bool
minute_fits(el_epoch e, uint32_t minute, uint32_t day_offset_s)
{
	return minute % 60 == 0 && minute + 59 + EL_SKEW_MAX_S >= el_epoch_start(e, day_offset_s) &&
	    minute < el_epoch_end(e, day_offset_s) + EL_TOKEN_GRACE_S + EL_FRESH_S + EL_SKEW_MAX_S;
}

static const char *
check_token(const struct el_trustee *t, const struct verdict *v, const struct el_released *row, struct el_token *token)
{
	char party[EL_PARTY_NAME_MAX + 1];
	const struct el_sign_pk *key;

	if (el_token_parse_body(row->body.b, EL_BODY_LEN, token) != EL_OK || token->version != EL_TOKEN_VERSION)
		return "bad_signature";
	if (token->epoch != row->epoch || row->epoch < v->order.first_epoch || row->epoch > v->order.last_epoch ||
	    !minute_fits(row->epoch, row->minute, t->policy->day_offset))
		return "wrong_epoch";
	el_party_of_issuer(token->issuer, party);
	if (el_order_for(&v->order, party) == NULL)
		return "issuer_not_in_order";
	if ((key = el_directory_token_key(t->directory, token->issuer, token->epoch)) == NULL)
		return "unknown_issuer";
	return el_token_check_signature(token, key) == EL_OK ? NULL : "bad_signature";
}

static const char *
check_row(const struct el_trustee *t, const struct verdict *v, const struct el_released *row, int64_t now_s)
{
	struct el_hash c, leaf;
	struct el_token token;
	const char *reason;

	if ((reason = check_token(t, v, row, &token)) != NULL)
		return reason;
	el_released_leaf(row, &c, &leaf);
	if (row->path.size != v->release.count || el_tree_check(&leaf, &row->path, &v->release.root) != EL_OK)
		return "not_in_release";
	if ((reason = el_proven_row(&v->proven, row)) != NULL)
		return reason;
	if (!el_scope_covers(&v->scope, row->venue, row->minute))
		return "outside_scope";
	return (int64_t)row->minute + 60 <= now_s - EL_RETENTION_S ? "out_of_retention" : NULL;
}

static const char *
check_box(const struct verdict *v, const uint8_t box[EL_TRACE_BOX_LEN], const struct el_trace_row *row,
    const struct el_commitment *committed, int64_t now_s)
{
	struct el_hash h;

	if (row->epoch < v->order.first_epoch || row->epoch > v->order.last_epoch)
		return "wrong_epoch";
	el_sha256(box, EL_TRACE_BOX_LEN, &h);
	if (!el_hash_eq(&h, &row->box))
		return "box_mismatch";
	return el_proven_box(&v->proven, row, committed, v->scope.phones, v->scope.n_phones, now_s);
}

/* ---- Shares ---- */

/* The share of one day, of the one purpose that the order's kind has; loaded once, for all rows of that day. */
struct day {
	el_epoch epoch;
	const char *reason; /* why there is none; NULL: there is */
	struct el_scalar share;
	struct el_point public;
};

/* Opening under way.  On the heap, wiped. */
struct opening {
	const struct el_trustee *t;
	const struct el_request *q;
	const struct verdict *v;
	const struct el_asked *asked; /* item by item */
	int64_t now_s;
	struct day days[EL_ORDER_DAYS_MAX];
	size_t n_days;
};

static void
load_day(const struct el_trustee *t, bool trace, struct day *d)
{
	const struct el_key_id id = { trace ? EL_KEY_SHARE_TRACES : EL_KEY_SHARE_LINKS, (uint8_t)t->index, d->epoch };
	const struct el_epoch_keys *keys = el_bundle_epoch(t->bundle, d->epoch);
	const struct el_point *commitments;
	uint8_t key[EL_KEY_LEN];

	if (el_keyring_get(t->shares, id, key) != EL_OK || el_scalar_parse(key, &d->share) != EL_OK)
		d->reason = "no_share";
	else if (keys == NULL)
		d->reason = "no_epoch_key";
	else {
		/* Partials of another share could not be proven, and would accuse us. */
		commitments = trace ? keys->traces : keys->links;
		if (el_share_verify(commitments, t->bundle->threshold, t->index, &d->share) != EL_OK ||
		    el_share_public(commitments, t->bundle->threshold, t->index, &d->public) != EL_OK)
			d->reason = "wrong_share";
	}
	el_secret_wipe(key, sizeof key);
}

/* NULL: beyond the days of any order. */
static const struct day *
day_of(struct opening *o, el_epoch e)
{
	struct day *d = o->days;

	for (; d < o->days + o->n_days; d++)
		if (d->epoch == e)
			return d;
	if (o->n_days == EL_ORDER_DAYS_MAX)
		return NULL;
	o->n_days++;
	d->epoch = e;
	load_day(o->t, o->q->trace, d);
	return d;
}

static void
share_of(void *ctx, el_epoch e, struct el_scalar *share, struct el_point *public)
{
	const struct day *d = day_of(ctx, e);

	*share = d->share;
	*public = d->public;
}

/* D = f(j) R. */
static const char *
open_item(struct opening *o, size_t i, struct el_point *out)
{
	const struct el_request *q = o->q;
	const el_epoch e = q->trace ? o->v->statement.rows[i].epoch : q->rows[i].epoch;
	const struct day *d;
	const char *reason;

	if (q->trace)
		reason = check_box(o->v, q->boxes[i], &o->v->statement.rows[i], &q->commitments[i], o->now_s);
	else
		reason = check_row(o->t, o->v, &q->rows[i], o->now_s);
	if (reason != NULL)
		return reason;
	if (!o->asked[i].is_point)
		return "bad_point";
	if ((d = day_of(o, e)) == NULL)
		return "wrong_epoch";
	if (d->reason != NULL)
		return d->reason;
	return el_share_partial(&d->share, &o->asked[i].r, out) == EL_OK ? NULL : "bad_point";
}

static int
open_all(struct opening *o, struct el_partials *out)
{
	const size_t n = o->q->trace ? o->q->n_boxes : o->q->n_rows;
	bool *repeated = calloc(n + 1, sizeof *repeated);
	int r = EL_ENOMEM;

	out->partials = calloc(n + 1, sizeof *out->partials);
	out->refused = calloc(n + 1, sizeof *out->refused);
	if (repeated == NULL || out->partials == NULL || out->refused == NULL ||
	    (r = find_repeated(o->q, repeated)) != EL_OK)
		goto out;
	for (size_t i = 0; i < n; i++) {
		struct el_partial *p = &out->partials[out->n];
		struct el_refusal *f = &out->refused[out->n_refused];
		const char *reason = repeated[i] ? "point_repeated" : open_item(o, i, &p->point);

		if (reason == NULL) {
			p->index = (uint32_t)i;
			out->n++;
		} else {
			f->index = (uint32_t)i;
			strncpy(f->reason, reason, EL_REASON_MAX);
			out->n_refused++;
		}
		if (o->t->progress != NULL && (i + 1) % PROGRESS_EVERY == 0)
			o->t->progress(o->t->ctx, i + 1, n);
	}
out:
	free(repeated);
	return r;
}

static int
open_and_prove(const struct el_trustee *t, const struct el_request *q, const struct verdict *v, int64_t now_s,
    struct el_partials *out)
{
	struct opening *o = calloc(1, sizeof *o);
	struct el_asked *asked = NULL;
	int r;

	if (o == NULL)
		return EL_ENOMEM;
	o->t = t;
	o->q = q;
	o->v = v;
	o->now_s = now_s;
	if ((r = el_proofs_asked(q, &v->statement, &asked)) == EL_OK) {
		o->asked = asked;
		r = open_all(o, out);
	}
	if (r == EL_OK)
		r = el_proofs_make(out, asked, share_of, o);
	free(asked);
	el_secret_wipe(o, sizeof *o);
	free(o);
	return r;
}

/* P-12.10: a party that backdates its roots is held to what was seen of its log. */
static void
raise_times(const struct el_trustee *t, const struct el_request *q, struct verdict *v)
{
	for (size_t i = 0; t->not_before != NULL && i < q->proof.n_roots; i++) {
		const int64_t seen_s = t->not_before(t->vouch_ctx, v->party, v->roots[i].index);

		if (v->roots[i].time_s < seen_s)
			v->roots[i].time_s = seen_s;
	}
}

enum el_code
el_trustee_open(const struct el_trustee *t, const struct el_request *q, int64_t now_s, struct el_partials *out)
{
	struct verdict v;
	enum el_code code;

	memset(out, 0, sizeof *out);
	if ((code = judge(t, q, now_s, &v)) == EL_CODE_OK &&
	    (code = t->vouch(t->vouch_ctx, v.party, q->proof.checkpoint, q->proof.checkpoint_len)) == EL_CODE_OK) {
		raise_times(t, q, &v);
		out->order = v.order.hash;
		out->trustee = t->index;
		out->traces = q->trace;
		if (open_and_prove(t, q, &v, now_s, out) != EL_OK) {
			el_partials_wipe(out);
			code = EL_CODE_INTERNAL;
		}
	}
	verdict_wipe(&v);
	return code;
}
