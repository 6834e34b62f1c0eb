/* The net process: libevent's loop around the HTTP server and the links to the other processes. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/event_log.h"
#include "net/net.h"
#include "net/server_internal.h"

/*
 * Priorities: the flush event runs only when nothing else is ready, so that one write to core carries what
 * a whole turn of the loop brought.  Flushing after each request makes groups of 5-26 rows instead of 110-160.
 */
#define PRIORITIES 3
#define PRIORITY_READ 1
#define PRIORITY_FLUSH 2

#define QUEUE_MAX ((size_t)32 * 1024 * 1024)
#define MESSAGE_KEEP ((size_t)64 * 1024)
#define MESSAGES_MAX 4096 /* of one link in one turn */
#define DESCRIPTORS_BESIDE 256 /* that are no connections */

struct link {
	struct el_net *net;
	unsigned kind, index;
	struct el_channel *channel; /* NULL: not there */
	bool more; /* whole messages were left over by the last turn */
	struct event *read, *write;
};

struct el_net {
	struct el_child *child;
	const struct el_net_role *role;
	struct event_base *base;
	struct el_http_server *server;
	struct event *control, *tick, *flush;
	struct link links[EL_FAMILY_KINDS_MAX][EL_FAMILY_COUNT_MAX];
	struct el_buf message; /* where one is encoded */
	bool stopping, orphaned;
};

/* ---- Links ---- */

static void
link_close(struct link *l)
{
	if (l->channel == NULL)
		return;
	event_free(l->read);
	event_free(l->write);
	el_channel_free(l->channel);
	l->channel = NULL;
}

static void
link_lost(struct link *l, int err)
{
	struct el_net *n = l->net;

	el_log(err == EL_EFORMAT ? EL_EV_PEER_MISBEHAVED : EL_EV_LINK_LOST, err, l->kind);
	link_close(l);
	/* Nobody will answer these any more; whether they were done is unknown, so they must be safe to repeat. */
	el_http_fail_deferred(n->server, l->kind, l->index);
	if (n->role->link_down != NULL)
		n->role->link_down(n->role->ctx, n, l->kind, l->index);
}

static void
on_link_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct link *l = ctx;
	struct el_net *n = l->net;
	struct el_channel *channel = l->channel;
	struct el_msg m;
	int filled = EL_OK, r = EL_OK;

	(void)fd, (void)what;
	/* A backlog is worked off first: reading on would let it grow without bound. */
	if (!l->more)
		filled = el_channel_fill(channel);
	for (unsigned i = 0; i < MESSAGES_MAX && (r = el_channel_next(channel, &m)) == EL_OK; i++)
		n->role->message(n->role->ctx, n, l->kind, l->index, &m);
	l->more = r == EL_OK;
	el_channel_forget(channel);
	if (l->more)
		event_active(l->read, EV_READ, 0); /* more is waiting, after the others had their turn */
	else if (r != EL_ENOTFOUND)
		link_lost(l, r);
	else if (filled != EL_OK)
		link_lost(l, filled);
}

static void
link_flush(struct link *l)
{
	if (el_channel_flush(l->channel) != EL_OK) {
		link_lost(l, EL_ECLOSED);
		return;
	}
	if (el_channel_wants_write(l->channel))
		event_add(l->write, NULL);
}

static void
on_link_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what;
	link_flush(ctx);
}

static void
on_flush(evutil_socket_t fd, short what, void *ctx)
{
	struct el_net *n = ctx;

	(void)fd, (void)what;
	for (size_t k = 0; k < EL_FAMILY_KINDS_MAX; k++)
		for (size_t i = 0; i < EL_FAMILY_COUNT_MAX; i++)
			if (n->links[k][i].channel != NULL && el_channel_wants_write(n->links[k][i].channel))
				link_flush(&n->links[k][i]);
}

static void
link_open(struct el_net *n, const struct el_control *c)
{
	struct link *l;

	if (c->peer_kind >= EL_FAMILY_KINDS_MAX || c->peer_index >= EL_FAMILY_COUNT_MAX) {
		close(c->fd);
		return;
	}
	l = &n->links[c->peer_kind][c->peer_index];
	if (l->channel != NULL)
		link_lost(l, EL_ECLOSED); /* a fresh link says that the old peer is gone */
	*l = (struct link){ .net = n, .kind = c->peer_kind, .index = c->peer_index };
	if (el_channel_new(c->fd, EL_MSG_MAX, QUEUE_MAX, &l->channel) != EL_OK) {
		close(c->fd);
		return;
	}
	l->read = event_new(n->base, c->fd, EV_READ | EV_PERSIST, on_link_readable, l);
	l->write = event_new(n->base, c->fd, EV_WRITE, on_link_writable, l);
	if (l->read == NULL || l->write == NULL || event_add(l->read, NULL) != 0) {
		if (l->read != NULL)
			event_free(l->read);
		if (l->write != NULL)
			event_free(l->write);
		el_channel_free(l->channel);
		l->channel = NULL;
		return;
	}
	if (n->role->link_up != NULL)
		n->role->link_up(n->role->ctx, n, l->kind, l->index);
}

int
el_net_put(
    struct el_net *n, unsigned peer_kind, unsigned peer_index, uint16_t type, uint64_t id, const void *body, size_t len)
{
	struct link *l;
	int r;

	if (peer_kind >= EL_FAMILY_KINDS_MAX || peer_index >= EL_FAMILY_COUNT_MAX)
		return EL_ENOTFOUND;
	l = &n->links[peer_kind][peer_index];
	if (l->channel == NULL)
		return EL_ENOTFOUND;
	if ((r = el_channel_put(l->channel, type, id, body, len)) == EL_OK)
		event_active(n->flush, EV_TIMEOUT, 0);
	return r;
}

struct el_buf *
el_net_message(struct el_net *n)
{
	n->message.len = 0;
	return &n->message;
}

void
el_net_forward_message(struct el_http_request *req, unsigned peer_kind, unsigned peer_index, uint16_t type)
{
	struct el_net *n = el_net_of(req);

	if (n->message.err == EL_OK)
		el_net_forward(req, peer_kind, peer_index, type, n->message.p, n->message.len);
	else
		el_http_problem(req, EL_CODE_BUSY, 1);
	el_buf_clear(&n->message, MESSAGE_KEEP);
}

void
el_net_forward(
    struct el_http_request *req, unsigned peer_kind, unsigned peer_index, uint16_t type, const void *body, size_t len)
{
	struct el_net *n = el_net_of(req);
	const uint64_t id = el_http_defer(req, peer_kind, peer_index);

	if (el_net_put(n, peer_kind, peer_index, type, id, body, len) != EL_OK)
		el_http_problem(req, EL_CODE_BUSY, 1);
}

/* ---- The process ---- */

static void
end_when_done(struct el_net *n)
{
	if (n->orphaned || (n->stopping && el_http_server_connections(n->server) == 0))
		event_base_loopbreak(n->base);
}

static void
on_control(evutil_socket_t fd, short what, void *ctx)
{
	struct el_net *n = ctx;
	struct el_control c;

	(void)fd, (void)what;
	for (el_child_control(n->child, &c); c.kind != EL_CONTROL_NONE; el_child_control(n->child, &c)) {
		switch (c.kind) {
		case EL_CONTROL_LINK:
			link_open(n, &c);
			break;
		case EL_CONTROL_RELOAD:
			el_http_server_set_time(n->server, el_child_now(n->child));
			if (n->role->reload != NULL)
				n->role->reload(n->role->ctx, n);
			break;
		case EL_CONTROL_STOP:
			n->stopping = true;
			el_http_server_stop(n->server);
			break;
		case EL_CONTROL_ORPHANED:
			n->orphaned = true;
			break;
		case EL_CONTROL_NONE:
			break;
		}
		if (n->orphaned)
			break;
	}
	end_when_done(n);
}

static void
on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct el_net *n = ctx;

	(void)fd, (void)what;
	el_http_server_set_time(n->server, el_child_now(n->child));
	if (n->role->tick != NULL)
		n->role->tick(n->role->ctx, n);
}

/*
 * Every 50 ms: while stopping, look whether the last connection has gone; and flush, since clients that keep the loop
 * busy without a pause would otherwise keep everybody's requests from core.
 */
static void
on_turn(evutil_socket_t fd, short what, void *ctx)
{
	on_flush(fd, what, ctx);
	end_when_done(ctx);
}

static int
add_event(
    struct el_net *n, struct event **out, int fd, short what, event_callback_fn fn, int priority, unsigned every_ms)
{
	const struct timeval every = { every_ms / 1000, (suseconds_t)(every_ms % 1000) * 1000 };

	if ((*out = event_new(n->base, fd, what, fn, n)) == NULL)
		return EL_ENOMEM;
	event_priority_set(*out, priority);
	if (fd < 0 && every_ms == 0)
		return EL_OK; /* only ever made active by hand */
	return event_add(*out, every_ms != 0 ? &every : NULL) == 0 ? EL_OK : EL_EIO;
}

/* Each connection is a descriptor, and the customary limit is a quarter of the connections' cap. */
static void
raise_descriptors(rlim_t connections)
{
	const rlim_t want = connections + DESCRIPTORS_BESIDE;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= want)
		return;
	l.rlim_cur = want < l.rlim_max ? want : l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l); /* with fewer, clients wait to be accepted */
}

static int
set_up(struct el_net *n, struct event **turn)
{
	struct el_http_server_options o = {
		.limits = n->role->limits, .net = n, .ctx = n->role->ctx, .gate = n->role->gate
	};
	struct el_proxies proxies = { .n = 0 };
	struct event_config *config;
	const int *fds;
	size_t n_fds;
	int r;

	if (n->role->trusted_proxies != NULL && (r = el_proxies_read(n->role->trusted_proxies, &proxies)) != EL_OK)
		return r;
	o.proxies = &proxies;
	if ((config = event_config_new()) == NULL)
		return EL_ENOMEM;
	n->base = event_base_new_with_config(config);
	event_config_free(config);
	/* Before any event is added: libevent keeps priorities only then. */
	if (n->base == NULL || event_base_priority_init(n->base, PRIORITIES) != 0)
		return EL_ENOMEM;
	o.base = n->base;
	if ((r = el_http_server_new(&o, &n->server)) != EL_OK ||
	    (r = add_event(n, &n->flush, -1, 0, on_flush, PRIORITY_FLUSH, 0)) != EL_OK ||
	    (r = add_event(n, &n->control, el_child_control_fd(n->child), EV_READ | EV_PERSIST, on_control,
		 PRIORITY_READ, 0)) != EL_OK ||
	    (r = add_event(n, &n->tick, -1, EV_PERSIST, on_tick, PRIORITY_READ, 1000)) != EL_OK ||
	    (r = add_event(n, turn, -1, EV_PERSIST, on_turn, PRIORITY_READ, 50)) != EL_OK)
		return r;
	raise_descriptors(n->server->limits.connections);
	el_http_server_set_time(n->server, el_child_now(n->child));
	if (n->role->start != NULL && (r = n->role->start(n->role->ctx, n)) != EL_OK)
		return r;
	fds = el_child_listen_fds(n->child, &n_fds);
	for (size_t i = 0; i < n_fds; i++)
		if ((r = el_http_server_listen(n->server, fds[i],
			 i > 0 && n->role->operator_routes != NULL ? n->role->operator_routes : n->role->routes)) !=
		    EL_OK)
			return r;
	return EL_OK;
}

static void
tear_down(struct el_net *n, struct event *turn)
{
	struct event *events[] = { n->flush, n->control, n->tick, turn };

	if (n->role->stop != NULL)
		n->role->stop(n->role->ctx);
	el_http_server_free(n->server);
	for (size_t k = 0; k < EL_FAMILY_KINDS_MAX; k++)
		for (size_t i = 0; i < EL_FAMILY_COUNT_MAX; i++)
			link_close(&n->links[k][i]);
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (events[i] != NULL)
			event_free(events[i]);
	if (n->base != NULL)
		event_base_free(n->base);
	el_buf_wipe(&n->message);
}

int
el_net_run(struct el_child *child, const struct el_net_role *role)
{
	struct event *turn = NULL;
	struct el_net *n;
	int r;

	if ((n = calloc(1, sizeof *n)) == NULL)
		return EL_ENOMEM;
	n->child = child;
	n->role = role;
	el_buf_init(&n->message, EL_MSG_MAX);
	if ((r = set_up(n, &turn)) == EL_OK) {
		el_child_ready(child);
		if (event_base_dispatch(n->base) < 0)
			r = EL_EIO;
		else if (n->orphaned)
			r = EL_ECLOSED;
		else
			on_flush(-1, 0, n); /* what was accepted goes on, even if nobody waits for its answer */
	}
	tear_down(n, turn);
	free(n);
	return r;
}

struct el_http_server *
el_net_server(struct el_net *n)
{
	return n->server;
}

struct el_net *
el_net_of(const struct el_http_request *req)
{
	return el_http_server_of(req)->net;
}

int64_t
el_net_now(const struct el_net *n)
{
	return el_child_now(n->child);
}

unsigned
el_net_index(const struct el_net *n)
{
	return el_child_index(n->child);
}
