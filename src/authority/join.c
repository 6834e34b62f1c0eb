#include "authority/join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/join_internal.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "order/check.h"
#include "order/rjson.h"

#define STATE_PARTY "state" /* no party's name: an answer can never be taken for a state, nor the reverse */

int
el_join_refuse(char message[EL_JOIN_MESSAGE], const char *party, const char *why)
{
	snprintf(message, EL_JOIN_MESSAGE, "%s: %s", party, why);
	return EL_EPERM;
}

/* The order's key file must hold the secret of the key that the order names, or no answer would open. */
static int
check_secret(const struct el_join *j, char message[EL_JOIN_MESSAGE])
{
	struct el_point pub;
	int r;

	if ((r = el_keyfile_public(EL_PURPOSE_ORDER, j->secret, pub.b)) != EL_OK)
		return r;
	return el_bytes_eq(pub.b, j->order.box_key.b, EL_POINT_LEN) ? EL_OK :
	    el_join_refuse(message, "order", "the key file is not this order's");
}

static int
check_order(struct el_join *j, int64_t now_s, char message[EL_JOIN_MESSAGE])
{
	struct el_order again;
	enum el_code code;

	if ((code = el_order_check(&j->file->document, j->trust->policy, now_s, &j->order)) == EL_CODE_OK)
		code = el_order_file_check(j->file, j->trust->policy, now_s, &again);
	if (code != EL_CODE_OK)
		return el_join_refuse(message, "order", el_code_name(code));
	if (j->order.kind == EL_ORDER_RECOVERY)
		return el_join_refuse(message, "order", "orders of this kind come with a later version");
	return EL_OK;
}

int
el_join_new(struct el_order_file *file, const struct el_trust *trust, const uint8_t order_secret[32], int64_t now_s,
    struct el_join **out, char message[EL_JOIN_MESSAGE])
{
	struct el_join *j = calloc(1, sizeof *j);
	int r;

	*out = NULL;
	message[0] = '\0';
	if (j == NULL) {
		el_order_file_free(file);
		return EL_ENOMEM;
	}
	j->file = file;
	j->trust = trust;
	if ((r = el_secret_new(32, &j->secret)) == EL_OK) {
		memcpy(j->secret, order_secret, 32);
		if ((r = check_order(j, now_s, message)) == EL_OK && (r = check_secret(j, message)) == EL_OK) {
			*out = j;
			j = NULL;
		}
	}
	el_join_free(j);
	return r;
}

static void
parts_free(struct el_join *j)
{
	for (size_t i = 0; i < j->n_parts; i++) {
		struct el_join_part *p = &j->parts[i];

		el_request_free(p->request);
		el_trace_statement_wipe(&p->statement);
		el_join_proven_wipe(&p->proven);
		free(p->listed);
		free(p->asked);
		for (size_t k = 0; k < p->n_partials; k++)
			el_partials_wipe(&p->partials[k]);
		free(p->partials);
	}
	free(j->parts);
	j->parts = NULL;
	j->n_parts = 0;
}

void
el_join_free(struct el_join *j)
{
	if (j == NULL)
		return;
	parts_free(j);
	el_order_file_free(j->file);
	el_secret_free(j->secret);
	free(j);
}

const struct el_order *
el_join_order(const struct el_join *j)
{
	return &j->order;
}

struct el_join_part *
el_join_part_new(struct el_join *j)
{
	struct el_join_part *bigger = realloc(j->parts, (j->n_parts + 1) * sizeof *bigger);

	if (bigger == NULL)
		return NULL;
	j->parts = bigger;
	memset(&bigger[j->n_parts], 0, sizeof *bigger);
	return &bigger[j->n_parts++];
}

size_t
el_join_items(const struct el_join_part *p)
{
	return p->request->trace ? p->request->n_boxes : p->request->n_rows;
}

int
el_join_request_new(const struct el_join *j, const char *party, struct el_request **out)
{
	json_t *order = el_order_file_to_json(j->file, party);
	struct el_request *q = calloc(1, sizeof *q);
	int r = EL_ENOMEM;

	*out = NULL;
	if (order != NULL && q != NULL && (r = el_order_file_from_json(order, &q->order)) == EL_OK) {
		*out = q;
		q = NULL;
	}
	el_request_free(q);
	json_decref(order);
	return r;
}

size_t
el_join_requests(const struct el_join *j)
{
	return j->n_parts;
}

size_t
el_join_request_items(const struct el_join *j, size_t i)
{
	return el_join_items(&j->parts[i]);
}

uint8_t
el_join_request_issuer(const struct el_join *j, size_t i)
{
	return j->parts[i].issuer;
}

json_t *
el_join_request(const struct el_join *j, size_t i, size_t first, size_t n)
{
	return el_request_to_json(j->parts[i].request, NULL, first, n);
}

/* ---- Between the steps ---- */

static json_t *
part_to_json(const struct el_join_part *p)
{
	json_t *listed = json_array();

	for (size_t i = 0; i < p->n_listed; i++)
		json_array_append_new(listed, el_listed_to_json(&p->listed[i]));
	return json_pack("{s:i, s:o, s:o}", "issuer", (int)p->issuer, "request",
	    el_request_to_json(p->request, NULL, 0, el_join_items(p)), "listed", listed);
}

int
el_join_save(const struct el_join *j, uint8_t **out, size_t *len)
{
	json_t *parts = json_array(), *state = NULL;
	char *text = NULL;
	int r = EL_ENOMEM;

	for (size_t i = 0; i < j->n_parts; i++)
		if (json_array_append_new(parts, part_to_json(&j->parts[i])) != 0)
			goto out;
	state = json_pack("{s:i, s:O}", "version", 1, "parts", parts);
	if (state != NULL && (text = json_dumps(state, JSON_COMPACT)) != NULL)
		r = el_answer_seal(&j->order.box_key, &j->order.hash, STATE_PARTY, text, strlen(text), out, len);
out:
	if (text != NULL)
		el_secret_wipe(text, strlen(text));
	free(text);
	json_decref(state);
	json_decref(parts);
	return r;
}

/* What was verified before it was saved is verified again: the file lay on a disk. */
static int
restore_part(struct el_join *j, const json_t *json)
{
	struct el_fields f = el_fields_init(json);
	const uint8_t issuer = (uint8_t)el_fields_uint(&f, "issuer", UINT8_MAX);
	const json_t *request = el_fields_object(&f, "request");
	const json_t *listed = el_fields_array(&f, "listed", 0, SIZE_MAX);
	const struct el_issuer_entry *entry;
	char party[EL_PARTY_NAME_MAX + 1], message[EL_JOIN_MESSAGE];
	struct el_join_part *p;
	int r;

	if ((r = el_fields_end(&f)) != EL_OK)
		return r;
	if ((p = el_join_part_new(j)) == NULL)
		return EL_ENOMEM;
	p->issuer = issuer;
	if ((r = el_request_from_json(request, &p->request)) != EL_OK)
		return r;
	if ((p->listed = calloc(json_array_size(listed) + 1, sizeof *p->listed)) == NULL)
		return EL_ENOMEM;
	for (; p->n_listed < json_array_size(listed); p->n_listed++)
		if ((r = el_listed_from_json(json_array_get(listed, p->n_listed), &p->listed[p->n_listed])) != EL_OK ||
		    p->listed[p->n_listed].index >= p->request->n_rows)
			return EL_EFORMAT;
	if (p->request->trace != (j->order.kind == EL_ORDER_TRACE))
		return EL_EFORMAT;
	if (!p->request->trace) {
		if ((r = el_join_check_release(j, &p->request->release, p->request->rows, p->request->n_rows)) != EL_OK)
			return r;
		return el_join_check_log(j, "registry", &p->request->proof, &p->request->release, &p->proven, message);
	}
	if ((entry = el_directory_issuer(j->trust->directory, issuer)) == NULL)
		return EL_EPERM;
	if ((r = el_trace_statement_open(&p->request->statement, &entry->answer_key, &p->statement)) != EL_OK)
		return r;
	el_party_of_issuer(issuer, party);
	if ((r = el_join_check_log(j, party, &p->request->proof, &p->request->statement, &p->proven, message)) != EL_OK)
		return r;
	return p->statement.n_rows == p->request->n_boxes ? EL_OK : EL_EFORMAT;
}

int
el_join_restore(struct el_join *j, const uint8_t *in, size_t len)
{
	const json_t *parts;
	struct el_fields f;
	uint8_t *text = NULL;
	size_t text_len = 0;
	json_t *state = NULL;
	int r;

	if ((r = el_answer_open(j->secret, &j->order.hash, STATE_PARTY, in, len, &text, &text_len)) != EL_OK)
		return r;
	if ((state = json_loadb((const char *)text, text_len, JSON_REJECT_DUPLICATES, NULL)) == NULL)
		r = EL_EFORMAT;
	if (r == EL_OK) {
		f = el_fields_init(state);
		(void)el_fields_uint(&f, "version", 1);
		parts = el_fields_array(&f, "parts", 0, EL_ISSUERS_MAX);
		r = el_fields_end(&f);
		for (size_t i = 0; r == EL_OK && i < json_array_size(parts); i++)
			r = restore_part(j, json_array_get(parts, i));
	}
	if (r != EL_OK)
		parts_free(j);
	json_decref(state);
	el_secret_wipe(text, text_len);
	free(text);
	return r;
}

/* Issuers would refuse it; here it can still be said who is missing (P-12.10). */
static int
check_cosigners(const struct el_join *j, char message[EL_JOIN_MESSAGE])
{
	unsigned who[EL_TRUSTEES_MAX];
	size_t n;

	if (j->n_parts == 0 || el_join_items(&j->parts[0]) == 0 || !el_join_needs_cosigners(j) ||
	    (n = el_join_cosigners(j, 0, who)) >= j->trust->policy->threshold)
		return EL_OK;
	snprintf(message, EL_JOIN_MESSAGE, "registry: its checkpoint is cosigned by %zu of the %u trustees that issuers ask "
	    "for; let others open the request, with their witness keys", n, j->trust->policy->threshold);
	return EL_EPERM;
}

int
el_join_finish(struct el_join *j, const struct el_join_ops *ops, int64_t now_s, struct el_report **out,
    char message[EL_JOIN_MESSAGE])
{
	struct el_report *report = NULL;
	int r;

	*out = NULL;
	message[0] = '\0';
	if (el_join_answered(j) < j->trust->policy->threshold)
		return EL_EBUSY;
	if ((r = check_cosigners(j, message)) != EL_OK ||
	    (r = el_report_new(&j->order.deployment, &j->order.hash, j->order.kind, now_s, &report)) != EL_OK)
		return r;
	r = j->order.kind == EL_ORDER_TRACE ? el_join_finish_trace(j, ops, report, message) :
	    el_join_finish_contacts(j, ops, report, message);
	if (r == EL_OK) {
		*out = report;
		report = NULL;
	}
	el_report_free(report);
	return r;
}
