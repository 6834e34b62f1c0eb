#include <stdlib.h>
#include <string.h>

#include "authority/join_internal.h"
#include "base/base64url.h"
#include "base/secret.h"
#include "entrylog/token.h"
#include "order/check.h"
#include "order/rjson.h"
#include "token/link.h"

/* The second step of a trace: boxes to secrets, secrets to the registry, places into the report (P-7.3). */

/* s_e of one box, or a reason; scope is its issuer's. */
static const char *
open_box(struct el_join *j, const struct el_join_part *p, const struct el_scope *scope, size_t i, uint8_t secret[32])
{
	const struct el_trace_row *row = &p->statement.rows[i];
	const struct el_epoch_keys *keys = el_bundle_epoch(j->trust->bundle, row->epoch);
	const char *reason;
	struct el_point s;

	if (keys == NULL)
		return "no_epoch_key";
	/* As of the order's making: a day that is rewritten while trustees take their time is not held against it. */
	if ((reason = el_proven_box(&p->proven.roots, row, &p->request->commitments[i], scope->phones, scope->n_phones,
		 j->order.created)) != NULL)
		return reason;
	if ((reason = el_join_combine(j, p, (uint32_t)i, &s)) == NULL &&
	    el_trace_box_open(&s, &keys->traces[0], p->issuer, row->epoch, row->com, p->request->boxes[i], secret) != EL_OK)
		reason = "box_does_not_open";
	el_secret_wipe(&s, sizeof s);
	return reason;
}

/* {"epoch", "secret"} of every box that opens; the others become unverifiable. */
static int
open_part(struct el_join *j, const struct el_join_part *p, struct el_report *report, json_t *secrets)
{
	char party[EL_PARTY_NAME_MAX + 1];
	const struct el_disclosed *d;
	struct el_scope scope;
	uint8_t secret[32];
	const char *reason;
	int r = EL_OK;

	el_party_of_issuer(p->issuer, party);
	if ((d = el_order_file_scope(j->file, party)) == NULL ||
	    el_order_check_scope(&j->order, party, d, &scope) != EL_CODE_OK)
		return EL_EPERM;
	for (size_t i = 0; r == EL_OK && i < p->request->n_boxes; i++) {
		if ((reason = open_box(j, p, &scope, i, secret)) != NULL)
			r = el_report_add_unverifiable(report, p->statement.rows[i].epoch, 0, 0, reason);
		else if (json_array_append_new(secrets, json_pack("{s:i, s:o}", "epoch", (int)p->statement.rows[i].epoch, "secret",
		    el_json_bytes(secret, sizeof secret))) != 0)
			r = EL_ENOMEM;
		el_secret_wipe(secret, sizeof secret);
	}
	el_scope_wipe(&scope);
	return r;
}

/* ---- What the registry released ---- */

/* A row's token id and its place among the rows; sorted by id. */
struct tid_of_row {
	struct el_tid tid;
	el_epoch epoch;
	uint32_t row;
	bool ours; /* drawn from one of the secrets */
};

static int
compare_tids(const void *a, const void *b)
{
	return memcmp(((const struct tid_of_row *)a)->tid.b, ((const struct tid_of_row *)b)->tid.b, EL_TID_LEN);
}

/* Mark the rows whose token one of the opened secrets has drawn: the registry shall not add another's. */
static void
mark_ours(struct tid_of_row *t, size_t n, const json_t *secrets)
{
	struct tid_of_row key, *hit;
	uint8_t secret[32];

	for (size_t i = 0; i < json_array_size(secrets); i++) {
		const json_t *one = json_array_get(secrets, i);

		if (el_base64url_exact(json_string_value(json_object_get(one, "secret")), secret, sizeof secret) != EL_OK)
			continue;
		for (unsigned k = 0; k <= UINT16_MAX; k++) {
			el_link_tid(secret, (uint16_t)k, &key.tid);
			hit = bsearch(&key, t, n, sizeof *t, compare_tids);
			if (hit != NULL && hit->epoch == (el_epoch)json_integer_value(json_object_get(one, "epoch")))
				hit->ours = true;
		}
	}
	el_secret_wipe(secret, sizeof secret);
}

/* NULL: the row stands; else why not. */
static const char *
judge_row(const struct el_join *j, const struct el_join_part *p, const struct el_join_proven *proven,
    const struct el_released *row, const struct el_scope *scope, bool ours)
{
	const struct el_sign_pk *key;
	struct el_token token;

	if (row->epoch < j->order.first_epoch || row->epoch > j->order.last_epoch ||
	    !el_scope_covers(scope, row->venue, row->minute))
		return "outside_scope";
	if (el_token_parse_body(row->body.b, EL_BODY_LEN, &token) != EL_OK || token.issuer != p->issuer ||
	    token.epoch != row->epoch || (key = el_directory_token_key(j->trust->directory, p->issuer, row->epoch)) == NULL ||
	    el_token_check_signature(&token, key) != EL_OK)
		return "bad_signature";
	return ours ? el_proven_row(&proven->roots, row) : "token_of_another";
}

/* EL_REPORT_UNCOMMITTED where the log cannot say yet that the box of this day was there before it was asked for. */
static uint8_t
commitment_flag(const struct el_join_part *p, el_epoch e)
{
	for (size_t i = 0; i < p->request->n_boxes; i++)
		if (p->statement.rows[i].epoch == e && !p->request->commitments[i].is_there)
			return EL_REPORT_UNCOMMITTED;
	return 0;
}

/* Further visits with the body of row i share its fate. */
static int
add_row(struct el_join *j, const struct el_join_part *p, const struct el_join_proven *proven,
    const struct el_release_answer *a, size_t i, const struct el_scope *scope, bool ours, struct el_report *report)
{
	const struct el_released *row = &a->rows[i];
	const char *reason = judge_row(j, p, proven, row, scope, ours), *why;
	const uint8_t flag = commitment_flag(p, row->epoch);
	struct el_report_visit v = { row->venue, row->minute, row->flags | flag };
	int r;

	r = reason == NULL ? el_report_add_place(report, row->epoch, &v) :
	    el_report_add_unverifiable(report, row->epoch, v.venue, v.minute, reason);
	for (size_t k = 0; r == EL_OK && k < a->n_listed; k++) {
		if (a->listed[k].index != i)
			continue;
		v = (struct el_report_visit){ a->listed[k].venue, a->listed[k].minute,
			a->listed[k].flags | flag };
		if ((why = reason) == NULL && !el_scope_covers(scope, v.venue, v.minute))
			why = "outside_scope";
		if (why == NULL)
			why = el_join_judge_listed(proven, row, &a->listed[k]);
		r = why == NULL ? el_report_add_place(report, row->epoch, &v) :
		    el_report_add_unverifiable(report, row->epoch, v.venue, v.minute, why);
	}
	return r;
}

static int
add_places(struct el_join *j, const struct el_join_part *p, const struct el_join_proven *proven,
    const struct el_release_answer *a, const struct el_scope *scope, const json_t *secrets, struct el_report *report)
{
	struct tid_of_row *t = calloc(a->n_rows + 1, sizeof *t);
	struct el_token token;
	int r = EL_OK;

	if (t == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; i < a->n_rows; i++) {
		t[i].row = (uint32_t)i;
		t[i].epoch = a->rows[i].epoch;
		if (el_token_parse_body(a->rows[i].body.b, EL_BODY_LEN, &token) == EL_OK)
			t[i].tid = token.tid;
	}
	qsort(t, a->n_rows, sizeof *t, compare_tids);
	mark_ours(t, a->n_rows, secrets);
	for (size_t i = 0; r == EL_OK && i < a->n_rows; i++)
		r = add_row(j, p, proven, a, t[i].row, scope, t[i].ours, report);
	free(t);
	return r;
}

static int
ask_registry(struct el_join *j, const struct el_join_ops *ops, const struct el_join_part *p, json_t *secrets,
    struct el_report *report, char message[EL_JOIN_MESSAGE])
{
	const struct el_disclosed *d = el_order_file_scope(j->file, "registry");
	struct el_release_answer *a = calloc(1, sizeof *a);
	struct el_join_proven proven = { NULL, { NULL, 0, 0, 0 } };
	struct el_scope scope;
	uint8_t *text = NULL;
	size_t len = 0;
	int r;

	if (a == NULL)
		return EL_ENOMEM;
	if (d == NULL || el_order_check_scope(&j->order, "registry", d, &scope) != EL_CODE_OK) {
		free(a);
		return EL_EPERM;
	}
	r = el_join_call(j, ops, "registry", "/v1/orders/visits",
	    json_pack("{s:o, s:o, s:o, s:O}", "order", el_document_to_json(&j->file->document), "scope",
		el_disclosed_to_json(d), "statement", el_document_to_json(&p->request->statement), "secrets", secrets),
	    &text, &len, message);
	if (r == EL_OK && el_release_answer_parse(text, len, a) != EL_OK)
		r = el_join_refuse(message, "registry", "its answer has not the form of a release");
	else if (r == EL_OK && (r = el_join_check_release(j, &a->release, a->rows, a->n_rows)) == EL_EPERM)
		el_join_refuse(message, "registry", "its rows are not the ones that it signed");
	if (r == EL_OK)
		r = el_join_check_log(j, "registry", &a->proof, &a->release, &proven, message);
	if (r == EL_OK)
		r = add_places(j, p, &proven, a, &scope, secrets, report);
	el_join_proven_wipe(&proven);
	el_release_answer_wipe(a);
	free(a);
	el_scope_wipe(&scope);
	if (text != NULL)
		el_secret_wipe(text, len);
	free(text);
	return r;
}

int
el_join_finish_trace(struct el_join *j, const struct el_join_ops *ops, struct el_report *report,
    char message[EL_JOIN_MESSAGE])
{
	json_t *secrets;
	int r = EL_OK;

	for (size_t i = 0; r == EL_OK && i < j->n_parts; i++) {
		if ((secrets = json_array()) == NULL)
			return EL_ENOMEM;
		r = open_part(j, &j->parts[i], report, secrets);
		if (r == EL_OK && json_array_size(secrets) > 0)
			r = ask_registry(j, ops, &j->parts[i], secrets, report, message);
		json_decref(secrets);
		if (ops->progress != NULL)
			ops->progress(ops->ctx, "boxes", i + 1, j->n_parts);
	}
	return r;
}
