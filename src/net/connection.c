/* One client's connection: bytes from its bufferevent into the parser, requests to their handlers, answers back. */
#include <assert.h>
#include <event2/buffer.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "net/auth.h"
#include "net/server_internal.h"

#define MIB ((uint64_t)1024 * 1024)
#define DISCARD_MAX ((uint64_t)64 * 1024) /* a refused request's body up to this is read and dropped */

static void connection_run(struct el_connection *);

static void
set_deadline(struct el_connection *c, uint64_t ms)
{
	c->deadline_ms = el_clock_monotonic_ms() + (int64_t)ms;
}

void
el_connection_free(struct el_connection *c)
{
	el_http_server_forget(c->server, c);
	bufferevent_free(c->bev); /* closes the socket */
	el_parser_wipe(&c->parser);
	el_secret_wipe(&c->request.credential, sizeof c->request.credential);
	free(c);
}

/* Free it now, or as soon as connection_run() has left the stack. */
static void
drop(struct el_connection *c)
{
	c->dead = true;
	if (!c->running)
		el_connection_free(c);
}

bool
el_connection_keeps(const struct el_connection *c)
{
	return !c->closing && !c->server->stopping && !c->ended && c->parser.keep_alive;
}

/* The answer is out.  Go on with the next request, or say goodbye without cutting the answer off. */
static void
after_answer(struct el_connection *c)
{
	if (c->ended) {
		drop(c);
		return;
	}
	if (!el_connection_keeps(c)) {
		/* Closing while bytes are unread would reset the connection and lose the answer (RFC 9112 9.6). */
		c->state = EL_CONNECTION_LINGER;
		set_deadline(c, c->server->limits.linger_ms);
		shutdown(bufferevent_getfd(c->bev), SHUT_WR);
		evbuffer_drain(bufferevent_get_input(c->bev), (size_t)-1);
		return;
	}
	el_secret_wipe(&c->request.credential, sizeof c->request.credential);
	c->request.note = 0;
	el_parser_next(&c->parser);
	c->state = EL_CONNECTION_READ;
	c->begun = el_parser_has_bytes(&c->parser);
	set_deadline(c, c->begun ? c->server->limits.head_ms : c->server->limits.idle_ms);
	connection_run(c);
}

void
el_connection_send(struct el_connection *c, struct iovec *parts, int n_parts)
{
	uint64_t len = 0;

	assert(c->state == EL_CONNECTION_HANDLER);
	c->closing = !el_connection_keeps(c);
	c->request.deferred = false;
	c->state = EL_CONNECTION_WRITE;
	for (int i = 0; i < n_parts; i++) {
		len += parts[i].iov_len;
		if (bufferevent_write(c->bev, parts[i].iov_base, parts[i].iov_len) != 0) {
			drop(c);
			return;
		}
	}
	set_deadline(c, c->server->limits.write_ms * (1 + len / MIB));
}

/* ---- A request ---- */

static bool
is_json(const char *type)
{
	static const char json[] = "application/json";
	const char *rest;

	if (type == NULL || strncasecmp(type, json, sizeof json - 1) != 0)
		return false;
	rest = type + sizeof json - 1;
	rest += strspn(rest, " \t");
	if (*rest == '\0')
		return true;
	if (*rest != ';')
		return false;
	rest += 1 + strspn(rest + 1, " \t");
	return strcasecmp(rest, "charset=utf-8") == 0 || strcasecmp(rest, "charset=\"utf-8\"") == 0;
}

/* Everything that can be said of a request by its head; EL_CODE_OK lets its body come. */
static enum el_code
judge_head(struct el_connection *c)
{
	const struct el_parser *p = &c->parser;
	const struct el_route *route;
	enum el_code code;

	if ((code = el_route_find(c->routes, p->head.method, p->head.target, &c->request.match)) != EL_CODE_OK)
		return code;
	route = c->request.match.route;
	if ((code = el_auth_parse(route->auth, p->head.authorization, &c->request.credential)) != EL_CODE_OK)
		return code;
	if (!p->has_body)
		return EL_CODE_OK;
	if (p->content_length > route->body_max || route->body_max == 0)
		return EL_CODE_TOO_LARGE;
	if (p->head.content_encoding != NULL || !is_json(p->head.content_type))
		return EL_CODE_UNSUPPORTED_MEDIA;
	return EL_CODE_OK;
}

static void
refuse(struct el_connection *c, enum el_code code, bool close_after)
{
	c->closing = c->closing || close_after;
	c->state = EL_CONNECTION_HANDLER;
	el_http_problem(&c->request, code, code == EL_CODE_BUSY ? 1 : 0);
}

static void
on_head(struct el_connection *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct el_parser *p = &c->parser;
	const uint64_t expected =
	    p->chunked && c->request.match.route != NULL ? c->request.match.route->body_max : p->content_length;

	c->refusal = judge_head(c);
	if (c->refusal != EL_CODE_OK && (p->chunked || p->content_length > DISCARD_MAX || p->expects_continue)) {
		/* Not worth reading on: answer at once, and this connection is over. */
		refuse(c, c->refusal, true);
		return;
	}
	el_parser_accept(p, c->refusal == EL_CODE_OK ? c->request.match.route->body_max : 0, c->refusal != EL_CODE_OK);
	set_deadline(c, c->server->limits.body_ms * (1 + expected / MIB));
	if (p->expects_continue && bufferevent_write(c->bev, go_on, sizeof go_on - 1) != 0)
		c->dead = true;
}

static void
on_request(struct el_connection *c)
{
	struct el_http_server *s = c->server;

	c->state = EL_CONNECTION_HANDLER;
	set_deadline(c, s->limits.answer_ms);
	if (c->refusal != EL_CODE_OK)
		el_http_problem(&c->request, c->refusal, 0);
	else if (s->gate == NULL || !s->gate(s->ctx, &c->request))
		c->request.match.route->handle(&c->request, s->ctx);
	assert(c->dead || c->state != EL_CONNECTION_HANDLER || c->request.deferred);
}

/* Move what has arrived into the parser.  false: there is nothing, or no room. */
static bool
pull(struct el_connection *c)
{
	size_t room;
	void *space = el_parser_space(&c->parser, &room);
	const int n = room > 0 ? evbuffer_remove(bufferevent_get_input(c->bev), space, room) : 0;

	if (n <= 0)
		return false;
	/* A head has begun: total, not per read, and the empty lines in front of it count. */
	if (!c->begun)
		set_deadline(c, c->server->limits.head_ms);
	c->begun = true;
	el_parser_added(&c->parser, (size_t)n);
	return true;
}

/* false: nothing more to do until bytes come. */
static bool
step(struct el_connection *c)
{
	switch (el_parser_run(&c->parser)) {
	case EL_PARSE_MORE:
		if (pull(c))
			return true;
		/* A client that will send no more is told nothing and gone. */
		if (c->ended)
			c->dead = true;
		return false;
	case EL_PARSE_HEAD:
		on_head(c);
		break;
	case EL_PARSE_DONE:
		on_request(c);
		break;
	case EL_PARSE_BAD:
		memset(&c->request.match, 0, sizeof c->request.match);
		refuse(c, c->parser.refusal, true);
		break;
	}
	return true;
}

static void
connection_run(struct el_connection *c)
{
	if (c->running || c->dead)
		return;
	c->running = true;
	while (!c->dead && c->state == EL_CONNECTION_READ && step(c))
		;
	c->running = false;
	if (c->dead)
		el_connection_free(c);
}

/* ---- Events ---- */

static void
on_readable(struct bufferevent *bev, void *ctx)
{
	struct el_connection *c = ctx;

	if (c->state == EL_CONNECTION_LINGER)
		evbuffer_drain(bufferevent_get_input(bev), (size_t)-1);
	else
		connection_run(c); /* outside READ the bytes wait, bounded by the read watermark */
}

static void
on_drained(struct bufferevent *bev, void *ctx)
{
	struct el_connection *c = ctx;

	(void)bev;
	if (c->state == EL_CONNECTION_WRITE)
		after_answer(c);
}

static void
on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct el_connection *c = ctx;

	(void)bev;
	if ((what & BEV_EVENT_ERROR) != 0 || c->state == EL_CONNECTION_LINGER || c->state == EL_CONNECTION_HANDLER) {
		/* Also a client that leaves while another process works for it: the answer finds nobody. */
		drop(c);
		return;
	}
	if ((what & BEV_EVENT_EOF) == 0)
		return;
	c->ended = true;
	if (c->state == EL_CONNECTION_READ)
		connection_run(c);
}

void
el_connection_open(
    struct el_http_server *s, const struct el_route *routes, int fd, const uint8_t address[EL_ADDRESS_LEN])
{
	const int one = 1;
	struct el_connection *c;

	if ((c = malloc(sizeof *c)) == NULL ||
	    (memset(c, 0, offsetof(struct el_connection, parser)),
		c->bev = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE)) == NULL) {
		free(c);
		el_addresses_give(s->addresses, address);
		close(fd);
		return;
	}
	c->server = s;
	c->routes = routes;
	memcpy(c->address, address, sizeof c->address);
	c->slot = s->free_slots[--s->n_free];
	s->slots[c->slot] = c;
	c->request.connection = c;
	el_parser_init(&c->parser);
	set_deadline(c, s->limits.head_ms);
	/* Answers are whole: Nagle would only hold their last piece back. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	bufferevent_setwatermark(c->bev, EV_READ, 0, EL_PARSE_IN_SIZE);
	bufferevent_setcb(c->bev, on_readable, on_drained, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

void
el_connection_expire(struct el_connection *c)
{
	switch (c->state) {
	case EL_CONNECTION_HANDLER:
		/* The process that should answer does not: the client may try again. */
		el_http_problem(&c->request, EL_CODE_BUSY, 1);
		break;
	case EL_CONNECTION_READ:
		if (c->parser.state == EL_STATE_IDLE && !el_parser_has_bytes(&c->parser))
			drop(c);
		else
			refuse(c, EL_CODE_TIMEOUT, true);
		break;
	case EL_CONNECTION_WRITE:
	case EL_CONNECTION_LINGER:
		drop(c);
		break;
	}
}

void
el_connection_stop(struct el_connection *c)
{
	char byte;

	/* What has begun is finished, even if it is not read yet; a connection between two requests has nothing to lose. */
	if (c->state == EL_CONNECTION_READ && c->parser.state == EL_STATE_IDLE && !el_parser_has_bytes(&c->parser) &&
	    recv(bufferevent_getfd(c->bev), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
		drop(c);
}
