#include <stdlib.h>
#include <string.h>

#include "authority/request.h"
#include "authority/roles.h"
#include "base/buf.h"
#include "base/codec.h"
#include "base/event_log.h"

/* The net process: the signed documents to anyone, partials to an executor (at a trustee's service). */

enum document { POLICY, BUNDLE, DIRECTORY, DOCUMENTS };

struct net {
	struct el_service_net service; /* first */
	const struct el_authority_conf *conf;
	struct {
		uint8_t *text;
		size_t len;
	} documents[DOCUMENTS];
};

static void
forget_documents(struct net *n)
{
	for (unsigned i = 0; i < DOCUMENTS; i++) {
		free(n->documents[i].text);
		n->documents[i].text = NULL;
		n->documents[i].len = 0;
	}
}

static void
on_documents(struct net *n, const struct el_msg *m)
{
	struct el_rd rd = el_rd_init(m->body, m->len);

	forget_documents(n);
	for (unsigned i = 0; i < DOCUMENTS; i++) {
		size_t len;
		const uint8_t *p = el_rd_blob(&rd, 2 * EL_DOCUMENT_MAX, &len);

		if (p == NULL || (n->documents[i].text = malloc(len + 1)) == NULL)
			break;
		memcpy(n->documents[i].text, p, len);
		n->documents[i].len = len;
	}
	if (el_rd_end(&rd) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		forget_documents(n);
	}
}

static void
serve(struct el_http_request *req, const struct net *n, enum document which)
{
	if (n->documents[which].text == NULL)
		el_http_problem(req, EL_CODE_NOT_READY, 2);
	else
		el_http_reply(req, 200, "application/json", NULL, n->documents[which].text, n->documents[which].len);
}

static void
policy_get(struct el_http_request *req, void *ctx)
{
	serve(req, ctx, POLICY);
}

static void
bundle_get(struct el_http_request *req, void *ctx)
{
	serve(req, ctx, BUNDLE);
}

static void
directory_get(struct el_http_request *req, void *ctx)
{
	serve(req, ctx, DIRECTORY);
}

/*
 * The shape is judged here, so that what no request could be never reaches the process that holds the share;
 * whether it is one, core decides.
 */
static void
partials_post(struct el_http_request *req, void *ctx)
{
	const struct el_credential *cred = el_http_credential(req);
	const struct net *n = ctx;
	struct el_request *q = NULL;
	struct el_buf body;
	const uint8_t *in;
	size_t len;

	if (!el_authority_is_trustee(n->conf)) {
		el_http_problem(req, EL_CODE_NOT_FOUND, 0);
		return;
	}
	in = el_http_body(req, &len);
	if (el_request_parse(in, len, &q) != EL_OK) {
		el_http_problem(req, EL_CODE_MALFORMED_ORDER, 0);
		return;
	}
	el_request_free(q);
	el_buf_init(&body, EL_MSG_MAX);
	el_buf_put(&body, cred->key, sizeof cred->key);
	el_buf_put(&body, cred->nonce, sizeof cred->nonce);
	el_buf_put(&body, cred->sig, sizeof cred->sig);
	el_buf_put_u64(&body, cred->time_s);
	el_buf_put(&body, in, len);
	if (body.err == EL_OK)
		el_net_forward(req, EL_AUTHORITY_CORE, 0, EL_AM_PARTIALS, body.p, body.len);
	else
		el_http_problem(req, EL_CODE_BUSY, 1);
	el_buf_wipe(&body);
}

static const struct el_route routes[] = {
	EL_SERVICE_ROUTES,
	{ "GET", "/v1/policy", EL_AUTH_PUBLIC, 0, policy_get },
	{ "GET", "/v1/bundle", EL_AUTH_PUBLIC, 0, bundle_get },
	{ "GET", "/v1/directory", EL_AUTH_PUBLIC, 0, directory_get },
	{ "POST", "/v1/partials", EL_AUTH_EXECUTOR, EL_HTTP_ORDER_BODY_MAX, partials_post },
	{ NULL, NULL, EL_AUTH_UNSET, 0, NULL },
};

static void
answer(struct el_net *net, const struct el_msg *m)
{
	struct el_http_request *req = el_http_find(el_net_server(net), m->id);

	if (req == NULL)
		return; /* the client has gone */
	if (m->type == EL_AM_ANSWER)
		el_http_reply(req, 200, "application/json", NULL, m->body, m->len);
	else
		el_http_problem(req, m->len == 2 && el_get_u16(m->body) < EL_CODE_MAX ? (enum el_code)el_get_u16(m->body) :
		    EL_CODE_INTERNAL, 0);
}

static void
net_message(void *ctx, struct el_net *net, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct net *n = ctx;

	(void)index;
	if (kind != EL_AUTHORITY_CORE)
		return;
	if (m->type == EL_AM_DOCUMENTS)
		on_documents(n, m);
	else if (m->type == EL_MSG_STATE)
		n->service.has_state = el_service_parse_state(m, &n->service.state) == EL_OK;
	else
		answer(net, m);
}

/* Until the next core has said that it serves nobody does. */
static void
net_link_down(void *ctx, struct el_net *net, unsigned kind, unsigned index)
{
	(void)net, (void)index;
	if (kind == EL_AUTHORITY_CORE)
		((struct net *)ctx)->service.has_state = false;
}

static void
net_stop(void *ctx)
{
	forget_documents(ctx);
}

int
el_authority_net_run(struct el_child *child, void *conf)
{
	struct net n = { .conf = conf };
	const struct el_net_role role = { .routes = routes,
		.trusted_proxies = &n.conf->service.trusted_proxies,
		.gate = el_service_gate,
		.message = net_message,
		.link_down = net_link_down,
		.stop = net_stop,
		.ctx = &n };

	n.service.lab = n.conf->service.lab;
	return el_net_run(child, &role);
}
