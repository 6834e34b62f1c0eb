#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "net/client.h"
#include "service/service.h"

/*
 * A process of its own, so that core never opens a network connection: asks each peer for /v1/time every
 * few seconds until core has settled the question, then now and then.
 */
#define TIMEOUT_S 3
#define ANSWER_MAX 1024
#define EAGER_TICKS 60	/* once a second in the first minute, then every ... */
#define CALM_TICKS 60	/* ... minute */

struct clock_ctx {
	const struct el_service_conf *conf;
	unsigned core_kind;
	unsigned long ticks;
};

static int
ask(const char *base_url, int64_t *time_s)
{
	char url[EL_CONF_STR_MAX + 16];
	struct el_client_call call = { .method = "GET", .url = url, .timeout_s = TIMEOUT_S };
	struct el_buf answer;
	json_t *json = NULL;
	long status;
	int r;

	el_buf_init(&answer, ANSWER_MAX);
	snprintf(url, sizeof url, "%s/v1/time", base_url);
	if ((r = el_client_call(&call, &status, &answer)) == EL_OK && status == 200)
		json = json_loadb((const char *)answer.p, answer.len, JSON_REJECT_DUPLICATES, NULL);
	if (json == NULL || !json_is_integer(json_object_get(json, "time")))
		r = r != EL_OK ? r : EL_EFORMAT;
	else
		*time_s = json_integer_value(json_object_get(json, "time"));
	json_decref(json);
	el_buf_wipe(&answer);
	return r;
}

static void
clock_tick(void *ctx, struct el_worker *w)
{
	struct clock_ctx *c = ctx;
	uint8_t body[8];
	int64_t t;

	if (c->ticks++ > EAGER_TICKS && c->ticks % CALM_TICKS != 0)
		return;
	for (size_t i = 0; i < c->conf->time_peers.n; i++) {
		if (ask(c->conf->time_peers.item[i], &t) != EL_OK)
			continue;
		el_put_u64(body, (uint64_t)t);
		el_worker_put_all(w, c->core_kind, EL_MSG_PEER_TIME, body, sizeof body);
	}
}

static void
clock_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	(void)ctx, (void)w, (void)kind, (void)index, (void)m; /* nobody asks this process anything */
}

/* A new clock, or a new core, may need a second opinion again. */
static void
clock_reload(void *ctx, struct el_worker *w)
{
	struct clock_ctx *c = ctx;

	(void)w;
	c->ticks = 0;
}

static void
clock_link_up(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	(void)kind, (void)index;
	clock_reload(ctx, w);
}

int
el_service_clock_run(struct el_child *child, void *conf, unsigned core_kind)
{
	static const struct el_worker_ops ops = { .message = clock_message, .tick = clock_tick, .reload = clock_reload,
		.link_up = clock_link_up };
	struct clock_ctx ctx = { .conf = conf, .core_kind = core_kind };

	return el_worker_run(child, &ops, &ctx);
}
