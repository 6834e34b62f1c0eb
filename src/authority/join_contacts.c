#include <stdlib.h>
#include <string.h>

#include "authority/join_internal.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/token.h"
#include "order/check.h"
#include "order/rjson.h"

/*
 * The second step of a contacts order: opened links to issuers, people into the report (P-7.2 step 3, 4); and of a
 * notice, where a count comes back (P-7.4).
 */

struct contacts {
	struct el_join *j;
	const struct el_join_ops *ops;
	const struct el_join_part *part;
	struct el_scope scope; /* the registry's */
	struct el_report *report;
	struct el_point *shared; /* S of each row */
	uint8_t *issuer;	 /* of each row, 0: not opened */
	size_t done, total;
};

static int
fail_row(struct contacts *c, size_t i, const char *reason)
{
	const struct el_released *row = &c->part->request->rows[i];
	int r;

	c->issuer[i] = 0;
	r = el_report_add_unverifiable(c->report, row->epoch, row->venue, row->minute, reason);
	for (size_t k = 0; r == EL_OK && k < c->part->n_listed; k++)
		if (c->part->listed[k].index == i)
			r = el_report_add_unverifiable(c->report, row->epoch, c->part->listed[k].venue, c->part->listed[k].minute,
			    reason);
	return r;
}

static int
open_rows(struct contacts *c)
{
	const struct el_request *q = c->part->request;
	char party[EL_PARTY_NAME_MAX + 1];
	struct el_token token;
	const char *reason;
	int r = EL_OK;

	for (size_t i = 0; r == EL_OK && i < q->n_rows; i++) {
		if ((reason = el_join_combine(c->j, c->part, (uint32_t)i, &c->shared[i])) == NULL &&
		    el_token_parse_body(q->rows[i].body.b, EL_BODY_LEN, &token) != EL_OK)
			reason = "bad_signature";
		if (reason == NULL)
			reason = el_proven_row(&c->part->proven.roots, &q->rows[i]);
		if (reason == NULL && !el_scope_covers(&c->scope, q->rows[i].venue, q->rows[i].minute))
			reason = "outside_scope";
		if (reason == NULL) {
			el_party_of_issuer(token.issuer, party);
			if (el_order_for(&c->j->order, party) == NULL ||
			    el_directory_issuer(c->j->trust->directory, token.issuer) == NULL)
				reason = "issuer_not_in_order";
			c->issuer[i] = token.issuer;
		}
		if (reason != NULL)
			r = fail_row(c, i, reason);
		else
			c->total++;
	}
	return r;
}

static json_t *
item_json(const struct contacts *c, size_t i)
{
	const struct el_released *row = &c->part->request->rows[i];
	struct el_hash place, leaf;

	el_released_leaf(row, &place, &leaf);
	return json_pack("{s:o, s:o, s:o, s:o}", "body", el_json_bytes(row->body.b, EL_BODY_LEN), "c",
	    el_json_bytes(place.b, EL_HASH_LEN), "S", el_json_bytes(c->shared[i].b, EL_POINT_LEN), "path",
	    el_path_to_json(&row->path));
}

static int
name_listed(struct contacts *c, size_t i, const struct el_listed *listed, const struct el_person *who)
{
	const struct el_released *row = &c->part->request->rows[i];
	const char *reason = el_join_judge_listed(&c->part->proven, row, listed);
	const struct el_report_visit v = { listed->venue, listed->minute, listed->flags };

	/* No trustee has seen it: a true visit of the same day, somewhere else, would be none of the order's. */
	if (reason == NULL && !el_scope_covers(&c->scope, v.venue, v.minute))
		reason = "outside_scope";
	if (reason != NULL)
		return el_report_add_unverifiable(c->report, row->epoch, v.venue, v.minute, reason);
	return el_report_add_person(c->report, row->epoch, c->issuer[i], who->name, who->phone.s, &v);
}

static int
name_row(struct contacts *c, size_t i, const struct el_person *who)
{
	const struct el_released *row = &c->part->request->rows[i];
	struct el_report_visit v = { row->venue, row->minute, row->flags };
	int r;

	if (who->missing[0] != '\0')
		return fail_row(c, i, who->missing);
	if (c->j->order.kind == EL_ORDER_NOTICE)
		return el_report_add_delivered(c->report, row->epoch);
	r = el_report_add_person(c->report, row->epoch, c->issuer[i], who->name, who->phone.s, &v);
	for (size_t k = 0; r == EL_OK && k < c->part->n_listed; k++)
		if (c->part->listed[k].index == i)
			r = name_listed(c, i, &c->part->listed[k], who);
	return r;
}

static int
refuse_page(struct contacts *c, const size_t *rows, size_t n, const char *reason)
{
	int r = EL_OK;

	for (size_t k = 0; r == EL_OK && k < n; k++)
		r = fail_row(c, rows[k], reason);
	return r;
}

/*
 * A refusal that will not pass goes into the report; for one that may, or that speaks of the order as a whole,
 * the join stops and can be repeated.
 */
static bool
is_final(const char *message)
{
	const char *code = strstr(message, ": ");

	return code != NULL && (strcmp(code + 2, "limit_exceeded") == 0 || strcmp(code + 2, "out_of_retention") == 0);
}

/* An issuer checks the answer's entry alone; which segments the rows lie in would tell it when people came. */
static json_t *
proofs_json(const struct contacts *c)
{
	struct el_log_proof proof = c->part->request->proof;

	proof.n_roots = 0;
	return el_log_proof_to_json(&proof);
}

/* The call for a page: a notice's names the text to deliver, and nobody comes back. */
static json_t *
page_json(const struct contacts *c, const char *party, json_t *items)
{
	const struct el_disclosed *scope = el_order_file_scope(c->j->file, party);
	json_t *call = json_pack("{s:o, s:o, s:o, s:o}", "order", el_document_to_json(&c->j->file->document), "release",
	    el_document_to_json(&c->part->request->release), "proofs",
	    proofs_json(c), "items", items);

	if (call != NULL && c->j->order.kind == EL_ORDER_NOTICE &&
	    (scope == NULL || json_object_set_new(call, "scope", el_disclosed_to_json(scope)) != 0)) {
		json_decref(call);
		return NULL;
	}
	return call;
}

static int
ask_page(struct contacts *c, const char *party, const size_t *rows, size_t n, char message[EL_JOIN_MESSAGE])
{
	const bool notice = c->j->order.kind == EL_ORDER_NOTICE;
	json_t *items = json_array();
	struct el_person *people = calloc(n + 1, sizeof *people);
	uint8_t *text = NULL;
	size_t len = 0;
	int r = EL_ENOMEM;

	for (size_t k = 0; k < n; k++)
		json_array_append_new(items, item_json(c, rows[k]));
	if (people == NULL || json_array_size(items) != n) {
		json_decref(items);
		goto out;
	}
	r = el_join_call(c->j, c->ops, party, notice ? "/v1/orders/notices" : "/v1/orders/identities",
	    page_json(c, party, items), &text, &len, message);
	if (r == EL_EPERM && is_final(message)) {
		r = refuse_page(c, rows, n, strstr(message, ": ") + 2);
		goto out;
	}
	if (r != EL_OK)
		goto out;
	if ((notice ? el_delivered_answer_parse(text, len, people, n) : el_people_answer_parse(text, len, people, n)) !=
	    EL_OK) {
		r = el_join_refuse(message, party,
		    notice ? "its answer has not the form of a count" : "its answer has not the form of people");
		goto out;
	}
	for (size_t k = 0; r == EL_OK && k < n; k++)
		r = name_row(c, rows[k], &people[k]);
	c->done += n;
	if (c->ops->progress != NULL)
		c->ops->progress(c->ops->ctx, party, c->done, c->total);
out:
	if (text != NULL)
		el_secret_wipe(text, len);
	free(text);
	if (people != NULL)
		el_secret_wipe(people, n * sizeof *people);
	free(people);
	return r;
}

/* All rows of one issuer, a page at a time. */
static int
ask_issuer(struct contacts *c, uint8_t issuer, const char *party, char message[EL_JOIN_MESSAGE])
{
	const size_t n_rows = c->part->request->n_rows;
	size_t *rows = calloc(EL_ORDER_PAGE_MAX, sizeof *rows), n = 0;
	int r = EL_OK;

	if (rows == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; r == EL_OK && i <= n_rows; i++) {
		if (i < n_rows && c->issuer[i] == issuer)
			rows[n++] = i;
		if (n == EL_ORDER_PAGE_MAX || (i == n_rows && n > 0)) {
			r = ask_page(c, party, rows, n, message);
			n = 0;
		}
	}
	free(rows);
	return r;
}

int
el_join_finish_contacts(struct el_join *j, const struct el_join_ops *ops, struct el_report *report,
    char message[EL_JOIN_MESSAGE])
{
	const struct el_disclosed *const d = el_order_file_scope(j->file, "registry");
	struct contacts c = { .j = j, .ops = ops, .report = report };
	size_t n;
	int r = EL_OK;

	if (j->n_parts == 0)
		return EL_ESTATE;
	if (d == NULL || el_order_check_scope(&j->order, "registry", d, &c.scope) != EL_CODE_OK)
		return EL_EPERM;
	c.part = &j->parts[0];
	n = c.part->request->n_rows;
	c.shared = calloc(n + 1, sizeof *c.shared);
	c.issuer = calloc(n + 1, sizeof *c.issuer);
	if (c.shared == NULL || c.issuer == NULL)
		r = EL_ENOMEM;
	else
		r = open_rows(&c);
	for (size_t i = 0; r == EL_OK && i < j->order.n_audience; i++) {
		const uint8_t issuer = el_party_issuer(j->order.audience[i].party);

		if (issuer != 0)
			r = ask_issuer(&c, issuer, j->order.audience[i].party, message);
	}
	if (c.shared != NULL)
		el_secret_wipe(c.shared, (n + 1) * sizeof *c.shared);
	free(c.shared);
	free(c.issuer);
	el_scope_wipe(&c.scope);
	return r;
}
