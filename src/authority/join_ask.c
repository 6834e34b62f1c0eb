#include <stdlib.h>
#include <string.h>

#include "authority/join_internal.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "order/release.h"
#include "order/rjson.h"

/* The first step: what the registry releases, what the issuers box (P-7.2 step 1, P-7.3 step 1). */

#define ANSWER_MAX EL_MSG_MAX

int
el_join_call(const struct el_join *j, const struct el_join_ops *ops, const char *party, const char *path, json_t *body,
    uint8_t **out, size_t *len, char message[EL_JOIN_MESSAGE])
{
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL, code[64] = "";
	struct el_buf answer;
	uint8_t *sealed = NULL;
	size_t sealed_len;
	int r = EL_ENOMEM;

	*out = NULL;
	el_buf_init(&answer, ANSWER_MAX);
	if (text != NULL)
		r = ops->call(ops->ctx, party, path, text, strlen(text), &answer, code);
	if (r == EL_EPERM)
		el_join_refuse(message, party, code);
	else if (r != EL_OK)
		el_join_refuse(message, party, r == EL_ECLOSED ? "no answer; is it running?" : el_strerror(r));
	else if (el_answer_unwrap(answer.p, answer.len, &sealed, &sealed_len) != EL_OK ||
	    el_answer_open(j->secret, &j->order.hash, party, sealed, sealed_len, out, len) != EL_OK)
		r = el_join_refuse(message, party, "its answer is not sealed to this order's key");
	free(sealed);
	el_buf_wipe(&answer);
	/* Trace scopes hold phone numbers, and secrets travel to the registry. */
	if (text != NULL)
		el_secret_wipe(text, strlen(text));
	free(text);
	json_decref(body);
	return r;
}

int
el_join_check_release(const struct el_join *j, const struct el_document *d, const struct el_released *rows, size_t n)
{
	struct el_hash *leaves = calloc(n + 1, sizeof *leaves), c, root;
	struct el_release rel;
	int r = EL_EPERM;

	if (leaves == NULL)
		return EL_ENOMEM;
	if (el_release_open(d, &j->trust->directory->registry.answer_key, &rel) != EL_OK ||
	    !el_hash_eq(&rel.order, &j->order.hash) || !el_hash_eq(&rel.deployment, &j->order.deployment) || rel.count != n)
		goto out;
	for (size_t i = 0; i < n; i++) {
		el_released_leaf(&rows[i], &c, &leaves[i]);
		if (rows[i].path.index != i || rows[i].path.size != n)
			goto out;
	}
	/* The root over all rows, not only each row's path: nothing was left out, nothing came twice. */
	el_tree_root(leaves, n, &root);
	if (!el_hash_eq(&root, &rel.root))
		goto out;
	for (size_t i = 0; i < n; i++)
		if (el_tree_check(&leaves[i], &rows[i].path, &rel.root) != EL_OK)
			goto out;
	r = EL_OK;
out:
	free(leaves);
	return r;
}

int
el_join_check_log(const struct el_join *j, const char *party, const struct el_log_proof *proof,
    const struct el_document *statement, struct el_join_proven *out, char message[EL_JOIN_MESSAGE])
{
	const struct el_directory *const d = j->trust->directory;
	const struct el_issuer_entry *const entry = el_directory_issuer(d, el_party_issuer(party));
	const enum el_entry_type type = entry != NULL ? EL_ENTRY_IDENTITIES : EL_ENTRY_SEGMENT;
	const bool has_key = entry != NULL ? entry->has_log_key : d->registry.has_log_key;
	char origin[EL_LOG_ORIGIN_MAX + 1];
	struct el_checkpoint checkpoint;
	int r;

	memset(out, 0, sizeof *out);
	if (!has_key)
		return el_join_refuse(message, party, "the directory names no key of its public log");
	if ((r = el_log_origin(&j->order.deployment, party, origin)) == EL_OK)
		r = el_log_proof_check(proof, origin, entry != NULL ? &entry->log_key : &d->registry.log_key, &j->order.hash,
		    &statement->hash, type, &checkpoint, &out->sorted);
	if (r == EL_ENOMEM)
		return r;
	if (r != EL_OK)
		return el_join_refuse(message, party, "its answer is not in its public log");
	out->roots = (struct el_roots){ out->sorted, proof->n_roots, j->order.created, j->trust->policy->day_offset };
	return EL_OK;
}

void
el_join_proven_wipe(struct el_join_proven *p)
{
	free(p->sorted);
	memset(p, 0, sizeof *p);
}

const char *
el_join_judge_listed(const struct el_join_proven *p, const struct el_released *of, const struct el_listed *listed)
{
	struct el_released row = *of;

	row.segment = listed->segment;
	row.venue = listed->venue;
	row.minute = listed->minute;
	row.flags = listed->flags;
	row.salt = listed->salt;
	row.proof = listed->proof;
	return el_proven_row(&p->roots, &row);
}

static json_t *
order_json(const struct el_join *j)
{
	return el_document_to_json(&j->file->document);
}

static json_t *
scope_json(const struct el_join *j, const char *party)
{
	const struct el_disclosed *d = el_order_file_scope(j->file, party);

	return d != NULL ? el_disclosed_to_json(d) : NULL;
}

static int
ask_registry(struct el_join *j, const struct el_join_ops *ops, char message[EL_JOIN_MESSAGE])
{
	struct el_join_proven proven = { NULL, { NULL, 0, 0, 0 } };
	struct el_release_answer *const a = calloc(1, sizeof *a); /* large */
	struct el_join_part *p;
	uint8_t *text = NULL;
	size_t len;
	int r;

	if (a == NULL)
		return EL_ENOMEM;
	if ((r = el_join_call(j, ops, "registry", "/v1/orders/visits",
		 json_pack("{s:o, s:o}", "order", order_json(j), "scope", scope_json(j, "registry")), &text, &len,
		 message)) != EL_OK) {
		free(a);
		return r;
	}
	if (el_release_answer_parse(text, len, a) != EL_OK)
		r = el_join_refuse(message, "registry", "its answer has not the form of a release");
	else if ((r = el_join_check_release(j, &a->release, a->rows, a->n_rows)) == EL_EPERM)
		el_join_refuse(message, "registry", "its rows are not the ones that it signed");
	if (r == EL_OK)
		r = el_join_check_log(j, "registry", &a->proof, &a->release, &proven, message);
	if (r == EL_OK && ((p = el_join_part_new(j)) == NULL || el_join_request_new(j, "registry", &p->request) != EL_OK))
		r = EL_ENOMEM;
	if (r == EL_OK) {
		p = &j->parts[j->n_parts - 1];
		p->proven = proven;
		memset(&proven, 0, sizeof proven);
		p->request->release = a->release;
		p->request->rows = a->rows;
		p->request->n_rows = a->n_rows;
		p->request->proof = a->proof;
		p->listed = a->listed;
		p->n_listed = a->n_listed;
		memset(a, 0, sizeof *a);
	}
	el_join_proven_wipe(&proven);
	el_release_answer_wipe(a);
	free(a);
	el_secret_wipe(text, len);
	free(text);
	return r;
}

/* The statement must be this issuer's, for this order, and name exactly these boxes. */
static int
check_boxes(const struct el_join *j, const struct el_issuer_entry *entry, const struct el_boxes_answer *a,
    struct el_trace_statement *s)
{
	struct el_hash h;

	if (el_trace_statement_open(&a->statement, &entry->answer_key, s) != EL_OK)
		return EL_EPERM;
	if (s->issuer != entry->issuer || !el_hash_eq(&s->order, &j->order.hash) ||
	    !el_hash_eq(&s->deployment, &j->order.deployment) || s->n_rows != a->n)
		return EL_EPERM;
	for (size_t i = 0; i < a->n; i++) {
		el_sha256(a->boxes[i], EL_TRACE_BOX_LEN, &h);
		if (!el_hash_eq(&h, &s->rows[i].box))
			return EL_EPERM;
	}
	return EL_OK;
}

static int
take_boxes(struct el_join *j, const struct el_issuer_entry *entry, const char *party, const uint8_t *text, size_t len,
    char message[EL_JOIN_MESSAGE])
{
	struct el_join_proven proven = { NULL, { NULL, 0, 0, 0 } };
	struct el_trace_statement s;
	struct el_boxes_answer *const a = calloc(1, sizeof *a); /* large */
	struct el_join_part *p;
	int r;

	memset(&s, 0, sizeof s);
	if (a == NULL)
		return EL_ENOMEM;
	if (el_boxes_answer_parse(text, len, a) != EL_OK)
		r = el_join_refuse(message, party, "its answer has not the form of trace boxes");
	else if (check_boxes(j, entry, a, &s) != EL_OK)
		r = el_join_refuse(message, party, "its boxes are not the ones that it signed");
	else if ((r = el_join_check_log(j, party, &a->proof, &a->statement, &proven, message)) != EL_OK)
		; /* said */
	else if ((p = el_join_part_new(j)) == NULL || el_join_request_new(j, party, &p->request) != EL_OK)
		r = EL_ENOMEM;
	else {
		p->issuer = entry->issuer;
		p->statement = s;
		p->proven = proven;
		memset(&proven, 0, sizeof proven);
		p->request->trace = true;
		p->request->statement = a->statement;
		p->request->boxes = a->boxes;
		p->request->commitments = a->commitments;
		p->request->n_boxes = a->n;
		p->request->proof = a->proof;
		memset(&s, 0, sizeof s);
		memset(a, 0, sizeof *a);
	}
	el_join_proven_wipe(&proven);
	el_trace_statement_wipe(&s);
	el_boxes_answer_wipe(a);
	free(a);
	return r;
}

static int
ask_issuers(struct el_join *j, const struct el_join_ops *ops, char message[EL_JOIN_MESSAGE])
{
	const struct el_issuer_entry *entry;
	uint8_t *text, issuer;
	size_t len;
	int r = EL_OK;

	for (size_t i = 0; r == EL_OK && i < j->order.n_audience; i++) {
		const char *party = j->order.audience[i].party;

		if ((issuer = el_party_issuer(party)) == 0)
			continue;
		if ((entry = el_directory_issuer(j->trust->directory, issuer)) == NULL)
			return el_join_refuse(message, party, "not in the directory");
		r = el_join_call(j, ops, party, "/v1/orders/traces",
		    json_pack("{s:o, s:o}", "order", order_json(j), "scope", scope_json(j, party)), &text, &len, message);
		if (r == EL_OK) {
			r = take_boxes(j, entry, party, text, len, message);
			el_secret_wipe(text, len); /* phone numbers */
			free(text);
		}
	}
	return r;
}

int
el_join_ask(struct el_join *j, const struct el_join_ops *ops, char message[EL_JOIN_MESSAGE])
{
	message[0] = '\0';
	if (j->n_parts > 0)
		return EL_OK;
	return j->order.kind == EL_ORDER_TRACE ? ask_issuers(j, ops, message) : ask_registry(j, ops, message);
}
