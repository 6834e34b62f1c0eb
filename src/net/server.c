/* The HTTP server: listening, the caps, the deadlines of all connections. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/server_internal.h"

#define ACCEPTS_A_TURN 64
#define SWEEP_MS 100
#define SCRATCH_MAX ((size_t)EL_MSG_MAX * 2) /* an order's answer, base64url in JSON */

static unsigned
or_preset(unsigned v, unsigned preset)
{
	return v != 0 ? v : preset;
}

static void
set_limits(struct el_http_limits *l, const struct el_http_limits *given)
{
	static const struct el_http_limits none;

	*l = given != NULL ? *given : none;
	l->head_ms = or_preset(l->head_ms, EL_HTTP_HEAD_DEADLINE_S * 1000);
	l->body_ms = or_preset(l->body_ms, EL_HTTP_BODY_DEADLINE_S * 1000);
	l->idle_ms = or_preset(l->idle_ms, EL_HTTP_IDLE_S * 1000);
	l->answer_ms = or_preset(l->answer_ms, EL_HTTP_ANSWER_DEADLINE_S * 1000);
	l->write_ms = or_preset(l->write_ms, EL_HTTP_BODY_DEADLINE_S * 1000);
	l->linger_ms = or_preset(l->linger_ms, 1000);
	l->connections = or_preset(l->connections, EL_HTTP_CONNECTIONS_MAX);
	l->per_address = or_preset(l->per_address, EL_HTTP_CONNECTIONS_PER_ADDRESS_MAX);
}

/* One timer for all deadlines: a connection is late by a tenth of a second at most. */
static void
on_sweep(evutil_socket_t fd, short what, void *ctx)
{
	struct el_http_server *s = ctx;
	const int64_t now_ms = el_http_server_now_ms(s);

	(void)fd, (void)what;
	for (size_t i = 0; i < s->limits.connections; i++)
		if (s->slots[i] != NULL && s->slots[i]->deadline_ms <= now_ms)
			el_connection_expire(s->slots[i]);
	if (!s->paused)
		return;
	s->paused = false;
	for (size_t i = 0; i < s->n_listeners; i++)
		if (event_add(s->listeners[i].event, NULL) != 0)
			s->paused = true;
}

/* At the end of its queue: what else is ready in this turn comes before. */
static void
on_turn_over(evutil_socket_t fd, short what, void *ctx)
{
	struct el_http_server *s = ctx;

	(void)fd, (void)what;
	s->turn_ms = 0;
}

int64_t
el_http_server_now_ms(struct el_http_server *s)
{
	if (s->turn_ms == 0) {
		s->turn_ms = el_clock_monotonic_ms();
		event_active(s->turn, EV_TIMEOUT, 0);
	}
	return s->turn_ms;
}

/* A listening socket stays readable when no descriptor is left to accept with: asking on would be a busy loop. */
static void
pause_accepting(struct el_http_server *s)
{
	for (size_t i = 0; i < s->n_listeners; i++)
		event_del(s->listeners[i].event);
	s->paused = true;
}

static int
set_up(struct el_http_server *s)
{
	const struct timeval every = { 0, SWEEP_MS * 1000 };
	int r;

	s->slots = calloc(s->limits.connections, sizeof(struct el_connection *));
	s->free_slots = calloc(s->limits.connections, sizeof *s->free_slots);
	if (s->slots == NULL || s->free_slots == NULL)
		return EL_ENOMEM;
	for (uint32_t i = 0; i < s->limits.connections; i++)
		s->free_slots[i] = s->limits.connections - 1 - i;
	s->n_free = s->limits.connections;
	if ((r = el_addresses_new(&s->addresses)) != EL_OK)
		return r;
	/* Not from zero: an id of a process that died must not name a request of the next one. */
	if (getrandom(&s->serial, sizeof s->serial, 0) != (ssize_t)sizeof s->serial)
		return EL_EIO;
	s->serial >>= 16;
	if ((s->turn = event_new(s->base, -1, 0, on_turn_over, s)) == NULL ||
	    (s->sweep = event_new(s->base, -1, EV_PERSIST, on_sweep, s)) == NULL || event_add(s->sweep, &every) != 0)
		return EL_ENOMEM;
	return EL_OK;
}

int
el_http_server_new(const struct el_http_server_options *o, struct el_http_server **out)
{
	struct el_http_server *s;
	int r;

	*out = NULL;
	if ((s = calloc(1, sizeof *s)) == NULL)
		return EL_ENOMEM;
	s->base = o->base;
	s->net = o->net;
	s->ctx = o->ctx;
	s->gate = o->gate;
	if (o->proxies != NULL)
		s->proxies = *o->proxies;
	set_limits(&s->limits, o->limits);
	el_buf_init(&s->scratch, SCRATCH_MAX);
	el_http_server_set_time(s, (int64_t)time(NULL));
	if ((r = set_up(s)) != EL_OK) {
		el_http_server_free(s);
		return r;
	}
	*out = s;
	return EL_OK;
}

static void
close_listeners(struct el_http_server *s)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		event_free(s->listeners[i].event);
		close(s->listeners[i].fd);
	}
	s->n_listeners = 0;
}

void
el_http_server_free(struct el_http_server *s)
{
	if (s == NULL)
		return;
	close_listeners(s);
	if (s->sweep != NULL)
		event_free(s->sweep);
	for (size_t i = 0; s->slots != NULL && i < s->limits.connections; i++)
		if (s->slots[i] != NULL)
			el_connection_free(s->slots[i]);
	if (s->turn != NULL)
		event_free(s->turn);
	el_addresses_free(s->addresses);
	el_buf_wipe(&s->scratch);
	free(s->free_slots);
	free(s->slots);
	free(s);
}

static void
take(struct el_listener *l, int fd, const struct sockaddr_storage *from)
{
	struct el_http_server *s = l->server;
	uint8_t address[EL_ADDRESS_LEN];
	bool by_proxy;

	el_address_of(from, address);
	by_proxy = el_proxies_has(&s->proxies, address);
	/* Over a cap there is no answer: whoever opens too many gets the least work.  A proxy's are those of everybody. */
	if (s->n_free == 0 || (!by_proxy && el_addresses_take(s->addresses, address, s->limits.per_address) != EL_OK)) {
		close(fd);
		return;
	}
	el_connection_open(s, l->routes, fd, address, by_proxy);
}

static void
on_accept(evutil_socket_t fd, short what, void *ctx)
{
	struct el_listener *l = ctx;

	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		int c;

		memset(&from, 0, sizeof from);
		if ((c = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
				pause_accepting(l->server);
			return;
		}
		take(l, c, &from);
	}
}

int
el_http_server_listen(struct el_http_server *s, int fd, const struct el_route *routes)
{
	struct el_listener *l;
	int r;

	if (s->n_listeners == EL_LISTENERS_MAX)
		return EL_ELIMIT;
	if ((r = el_routes_check(routes)) != EL_OK)
		return r;
	l = &s->listeners[s->n_listeners];
	*l = (struct el_listener){ .server = s, .routes = routes, .fd = fd };
	if (evutil_make_socket_nonblocking(fd) != 0)
		return EL_EIO;
	if ((l->event = event_new(s->base, fd, EV_READ | EV_PERSIST, on_accept, l)) == NULL)
		return EL_ENOMEM;
	if (event_add(l->event, NULL) != 0) {
		event_free(l->event);
		return EL_EIO;
	}
	s->n_listeners++;
	return EL_OK;
}

void
el_http_server_stop(struct el_http_server *s)
{
	s->stopping = true;
	close_listeners(s);
	for (size_t i = 0; i < s->limits.connections; i++)
		if (s->slots[i] != NULL)
			el_connection_stop(s->slots[i]);
}

size_t
el_http_server_connections(const struct el_http_server *s)
{
	return s->limits.connections - s->n_free;
}

void
el_http_server_set_time(struct el_http_server *s, int64_t now_s)
{
	const time_t t = (time_t)now_s;
	struct tm tm;

	s->now_s = now_s;
	if (s->date_s == now_s)
		return;
	s->date_s = now_s;
	gmtime_r(&t, &tm);
	/* The process has no locale: these are RFC 9110's English names. */
	strftime(s->date, sizeof s->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

void
el_http_server_forget(struct el_http_server *s, struct el_connection *c)
{
	s->slots[c->slot] = NULL;
	s->free_slots[s->n_free++] = c->slot;
	if (!c->by_proxy)
		el_addresses_give(s->addresses, c->address);
}
