#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "issuer/net_internal.h"
#include "issuer/roles.h"
#include "order/release.h"
#include "order/rjson.h"

/*
 * The executor's calls to messages.  The call's own shape is malformed_request, that of what it carries
 * malformed_order.
 */

static void
read_credential(struct el_http_request *req, struct el_order_call *out)
{
	const struct el_credential *const c = el_http_credential(req);
	const uint8_t *body;
	size_t len;

	memcpy(out->key.b, c->key, sizeof out->key.b);
	memcpy(out->nonce, c->nonce, sizeof out->nonce);
	memcpy(out->sig.b, c->sig, sizeof out->sig.b);
	out->time_s = c->time_s;
	body = el_http_body(req, &len);
	el_sha256(body, len, &out->body);
}

static enum el_code
read_items(const json_t *list, struct el_identities_call *call)
{
	const size_t n = json_array_size(list);

	if ((call->items = calloc(n + 1, sizeof *call->items)) == NULL)
		return EL_CODE_BUSY;
	call->n_items = n;
	for (size_t i = 0; i < n; i++) {
		struct el_identity_item *const item = &call->items[i];
		struct el_fields f = el_fields_init(json_array_get(list, i));
		const json_t *path;

		el_fields_bytes(&f, "body", item->body.b, sizeof item->body.b);
		el_fields_bytes(&f, "c", item->c.b, sizeof item->c.b);
		el_fields_bytes(&f, "S", item->shared, sizeof item->shared);
		path = el_fields_object(&f, "path");
		if (el_fields_end(&f) != EL_OK || el_path_from_json(path, &item->path) != EL_OK)
			return EL_CODE_MALFORMED_REQUEST;
	}
	return EL_CODE_OK;
}

static enum el_code
read_identities(const json_t *json, struct el_identities_call *call)
{
	struct el_fields f = el_fields_init(json);
	const json_t *const order = el_fields_object(&f, "order"), *const release = el_fields_object(&f, "release");
	const json_t *const proofs = el_fields_object(&f, "proofs"), *items, *scope = NULL;

	items = el_fields_array(&f, "items", 0, EL_IDENTITY_ITEMS_MAX);
	if (call->is_notice)
		scope = el_fields_object(&f, "scope");
	if (el_fields_end(&f) != EL_OK)
		return EL_CODE_MALFORMED_REQUEST;
	if (el_document_from_json(order, &call->by.order) != EL_OK ||
	    el_document_from_json(release, &call->release) != EL_OK ||
	    (call->is_notice && el_disclosed_from_json(scope, &call->scope) != EL_OK))
		return EL_CODE_MALFORMED_ORDER;
	if (el_log_proof_from_json(proofs, &call->proof) != EL_OK)
		return EL_CODE_PROOF_MISSING;
	return read_items(items, call);
}

static enum el_code
read_traces(const json_t *json, struct el_traces_call *call)
{
	struct el_fields f = el_fields_init(json);
	const json_t *const order = el_fields_object(&f, "order"), *const scope = el_fields_object(&f, "scope");

	if (el_fields_end(&f) != EL_OK)
		return EL_CODE_MALFORMED_REQUEST;
	return el_document_from_json(order, &call->by.order) == EL_OK &&
			el_disclosed_from_json(scope, &call->scope) == EL_OK ?
		EL_CODE_OK :
		EL_CODE_MALFORMED_ORDER;
}

static void
people_post(struct el_http_request *req, bool is_notice)
{
	struct el_identities_call *const call = calloc(1, sizeof *call);
	enum el_code code = EL_CODE_BUSY;
	struct el_buf body;
	json_t *json;
	int r;

	if ((json = call != NULL ? el_http_json(req) : NULL) == NULL) {
		if (call == NULL)
			el_http_problem(req, code, 1);
		free(call);
		return;
	}
	call->is_notice = is_notice;
	read_credential(req, &call->by);
	if ((code = read_identities(json, call)) == EL_CODE_OK) {
		el_buf_init(&body, EL_MSG_MAX);
		r = el_msg_identities_encode(call, &body);
		(void)r; /* sticky */
		el_issuer_forward(req, EL_ISSUER_CORE, 0, EL_IM_IDENTITIES, &body);
	} else {
		el_http_problem(req, code, code == EL_CODE_BUSY ? 1 : 0);
	}
	json_decref(json);
	el_identities_call_wipe(call);
	free(call);
}

void
el_issuer_identities_post(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	people_post(req, false);
}

void
el_issuer_notices_post(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	people_post(req, true);
}

void
el_issuer_traces_post(struct el_http_request *req, void *ctx)
{
	struct el_traces_call *const call = calloc(1, sizeof *call);
	enum el_code code = EL_CODE_BUSY;
	struct el_buf body;
	json_t *json;
	int r;

	(void)ctx;
	if ((json = call != NULL ? el_http_json(req) : NULL) == NULL) {
		if (call == NULL)
			el_http_problem(req, code, 1);
		free(call);
		return;
	}
	read_credential(req, &call->by);
	if ((code = read_traces(json, call)) == EL_CODE_OK) {
		el_buf_init(&body, EL_MSG_MAX);
		r = el_msg_traces_encode(call, &body);
		(void)r; /* sticky */
		el_issuer_forward(req, EL_ISSUER_CORE, 0, EL_IM_TRACES, &body);
	} else {
		el_http_problem(req, code, code == EL_CODE_BUSY ? 1 : 0);
	}
	json_decref(json);
	el_traces_call_wipe(call);
	free(call);
}
