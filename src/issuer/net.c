#include <stdlib.h>

#include "base/event_log.h"
#include "publog/publog.h"
#include "issuer/net_internal.h"
#include "issuer/roles.h"

/* The net process: what core pushes, and the life of it all. */

static void
forget_public(struct el_issuer_net *n)
{
	el_msg_public_wipe(&n->public);
	n->has_public = false;
}

static void
on_public(struct el_issuer_net *n, const struct el_msg *m)
{
	int r;

	forget_public(n);
	if ((r = el_msg_public_parse(m->body, m->len, &n->public)) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, r, m->type);
		forget_public(n);
		return;
	}
	n->has_public = true;
}

static void
net_message(void *ctx, struct el_net *net, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct el_issuer_net *const n = ctx;

	if (kind == EL_ISSUER_LOG)
		el_publog_net_answer(net, m);
	if (kind == EL_ISSUER_SIGNER)
		el_signers_answered(&n->signers, index);
	if (kind == EL_ISSUER_CORE && m->type == EL_IM_PUBLIC)
		on_public(n, m);
	else if (kind == EL_ISSUER_CORE && m->type == EL_MSG_STATE)
		n->log.service.has_state = el_service_parse_state(m, &n->log.service.state) == EL_OK;
	else
		el_issuer_answer(net, m);
}

static int
net_start(void *ctx, struct el_net *net)
{
	struct el_issuer_net *const n = ctx;

	el_signers_init(&n->signers, el_net_index(net));
	n->log.log_kind = EL_ISSUER_LOG;
	return el_publog_dir(n->conf->service.data_dir, n->log.dir);
}

static void
net_link_up(void *ctx, struct el_net *net, unsigned kind, unsigned index)
{
	struct el_issuer_net *const n = ctx;

	(void)net;
	if (kind == EL_ISSUER_SIGNER)
		el_signers_up(&n->signers, index);
}

/* Until the next core has said that it serves nobody does. */
static void
net_link_down(void *ctx, struct el_net *net, unsigned kind, unsigned index)
{
	struct el_issuer_net *const n = ctx;

	(void)net;
	if (kind == EL_ISSUER_CORE)
		n->log.service.has_state = false;
	else if (kind == EL_ISSUER_SIGNER)
		el_signers_down(&n->signers, index);
}

static bool
gate(void *ctx, struct el_http_request *req)
{
	const struct el_issuer_net *const n = ctx;

	if (el_service_gate(ctx, req))
		return true;
	if (n->log.service.has_state && n->log.service.state.serving && !n->has_public &&
	    el_http_route(req)->handle != el_service_page) {
		el_http_problem(req, EL_CODE_NOT_READY, 2);
		return true;
	}
	return false;
}

static void
net_stop(void *ctx)
{
	forget_public(ctx);
}

int
el_issuer_net_run(struct el_child *child, void *conf)
{
	struct el_issuer_net n = { .conf = conf };
	const struct el_net_role role = { .routes = el_issuer_routes,
		.operator_routes = el_issuer_operator_routes,
		.trusted_proxies = &n.conf->service.trusted_proxies,
		.gate = gate,
		.start = net_start,
		.message = net_message,
		.link_up = net_link_up,
		.link_down = net_link_down,
		.stop = net_stop,
		.ctx = &n };

	n.log.service.lab = n.conf->service.lab;
	n.log.service.pages = el_issuer_pages;
	return el_net_run(child, &role);
}
