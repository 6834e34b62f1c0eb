#include <string.h>

#include "service/service.h"

/* Alive: this process answers.  What the family as a whole can do is /readyz. */
void
el_service_healthz(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	el_http_reply_json(req, 200, json_pack("{s:s}", "status", "alive"));
}

void
el_service_readyz(struct el_http_request *req, void *ctx)
{
	const struct el_service_net *net = ctx;
	const struct el_service_state *s = &net->state;
	const bool ready = net->has_state && s->serving && s->store_ok && s->clock_ok && s->keys_ok && s->purge_on_time;

	el_http_reply_json(req, ready ? 200 : 503,
	    json_pack("{s:s, s:b, s:b, s:b, s:b, s:b, s:i, s:b}", "status", ready ? "ready" : "not_ready", "serving",
		(int)(net->has_state && s->serving), "store", (int)s->store_ok, "clock", (int)s->clock_ok, "keys",
		(int)s->keys_ok, "purge", (int)s->purge_on_time, "key_days", (int)s->key_days, "lab", (int)net->lab));
}

void
el_service_time(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	el_http_reply_json(req, 200, json_pack("{s:I}", "time", (json_int_t)el_net_now(el_net_of(req))));
}

void
el_service_page(struct el_http_request *req, void *ctx)
{
	const struct el_service_net *net = ctx;

	el_pages_reply(req, net->pages);
}

bool
el_service_gate(void *ctx, struct el_http_request *req)
{
	const struct el_service_net *net = ctx;
	el_http_handler *handle = el_http_route(req)->handle;

	if ((net->has_state && net->state.serving) || handle == el_service_healthz || handle == el_service_readyz ||
	    handle == el_service_time || handle == el_service_page)
		return false;
	el_http_problem(req, EL_CODE_NOT_READY, 2);
	return true;
}
