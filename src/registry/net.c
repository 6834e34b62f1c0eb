#include <stdlib.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/group.h"
#include "publog/publog.h"
#include "registry/net_internal.h"
#include "registry/roles.h"

/* The net process: what core pushes, and the life of it all. */

static void
forget_day(struct el_registry_net *n)
{
	json_decref(n->directory);
	n->directory = NULL;
	el_msg_day_wipe(&n->day);
	n->has_day = false;
}

static void
on_day(struct el_registry_net *n, const struct el_msg *m)
{
	int r;

	forget_day(n);
	r = el_msg_day_parse(m->body, m->len, &n->day);
	for (size_t i = 0; r == EL_OK && i < n->day.n_keys; i++)
		r = el_point_base(&n->points[i], &n->day.keys[i].secret);
	if (r == EL_OK &&
	    (n->directory = json_loadb((const char *)n->day.directory, n->day.directory_len, 0, NULL)) == NULL)
		r = EL_EFORMAT;
	if (r != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, r, m->type);
		forget_day(n);
		return;
	}
	n->has_day = true;
}

bool
el_registry_has_day(const struct el_registry_net *n, struct el_http_request *req)
{
	if (!n->has_day)
		el_http_problem(req, EL_CODE_NOT_READY, 1);
	return n->has_day;
}

static int
net_start(void *ctx, struct el_net *net)
{
	struct el_registry_net *const n = ctx;

	(void)net;
	n->log.log_kind = EL_REGISTRY_LOG;
	n->checkins = calloc(1, sizeof *n->checkins);
	n->results = calloc(1, sizeof *n->results);
	if (n->checkins == NULL || n->results == NULL)
		return EL_ENOMEM;
	return el_publog_dir(n->conf->service.data_dir, n->log.dir);
}

static void
net_message(void *ctx, struct el_net *net, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct el_registry_net *const n = ctx;

	(void)index;
	if (kind == EL_REGISTRY_LOG)
		el_publog_net_answer(net, m);
	if (kind != EL_REGISTRY_CORE)
		return;
	if (m->type == EL_RM_DAY)
		on_day(n, m);
	else if (m->type == EL_MSG_STATE)
		n->log.service.has_state = el_service_parse_state(m, &n->log.service.state) == EL_OK;
	else
		el_registry_answer(n, net, m);
}

/* Until the next core has said that it serves nobody does. */
static void
net_link_down(void *ctx, struct el_net *net, unsigned kind, unsigned index)
{
	struct el_registry_net *const n = ctx;

	(void)net, (void)index;
	if (kind == EL_REGISTRY_CORE)
		n->log.service.has_state = false;
}

static void
net_stop(void *ctx)
{
	struct el_registry_net *const n = ctx;

	forget_day(n);
	if (n->checkins != NULL)
		el_secret_wipe(n->checkins, sizeof *n->checkins);
	free(n->checkins);
	free(n->results);
}

int
el_registry_net_run(struct el_child *child, void *conf)
{
	struct el_registry_net n = { .conf = conf };
	const struct el_net_role role = { .routes = el_registry_routes,
		.operator_routes = el_registry_operator_routes,
		.trusted_proxies = &n.conf->service.trusted_proxies,
		.gate = el_service_gate,
		.start = net_start,
		.message = net_message,
		.link_down = net_link_down,
		.stop = net_stop,
		.ctx = &n };

	n.log.service.lab = n.conf->service.lab;
	n.log.service.pages = el_registry_pages;
	return el_net_run(child, &role);
}
