/*
 * One client's connection: bytes from its socket straight into the parser, requests to their handlers, answers
 * straight back.  A request costs one receive and one send; what the socket does not take is kept and an event waits.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/secret.h"
#include "net/auth.h"
#include "net/server_internal.h"

#define MIB ((uint64_t)1024 * 1024)
#define DISCARD_MAX ((uint64_t)64 * 1024) /* a refused request's body up to this is read and dropped */
#define OUT_MAX ((size_t)EL_MSG_MAX * 2 + (size_t)64 * 1024) /* the largest answer with its head */
#define RECEIVES_A_TURN 16 /* of one connection, so that the others have theirs */

static void
set_deadline(struct el_connection *c, uint64_t ms)
{
	c->deadline_ms = el_http_server_now_ms(c->server) + (int64_t)ms;
}

void
el_connection_free(struct el_connection *c)
{
	el_http_server_forget(c->server, c);
	event_free(c->readable);
	event_free(c->writable);
	c->io.ops->close(&c->io);
	el_buf_wipe(&c->out);
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

/* ---- Bytes ---- */

/* Nothing is read until reading_start(): a socket that stays readable would wake the loop for nothing. */
static void
reading_stop(struct el_connection *c)
{
	if (!c->paused)
		event_del(c->readable);
	c->paused = true;
}

static void
reading_start(struct el_connection *c)
{
	if (c->paused && event_add(c->readable, NULL) != 0)
		return; /* its deadline ends it */
	c->paused = false;
}

/* Receive once, into the parser.  false: nothing came. */
static bool
receive(struct el_connection *c)
{
	size_t room, n;
	void *const space = el_parser_space(&c->parser, &room);

	if (room == 0) {
		reading_stop(c);
		return false;
	}
	switch (c->io.ops->receive(&c->io, space, room, &n)) {
	case EL_OK:
		break;
	case EL_EBUSY:
		c->more = false;
		return false;
	case EL_ENOTFOUND:
		c->ended = true;
		c->more = false;
		reading_stop(c);
		return false;
	default:
		c->dead = true;
		return false;
	}
	c->more = n == room;
	el_parser_added(&c->parser, n);
	return true;
}

/* A part without its first n bytes. */
static struct iovec
after(struct iovec part, size_t n)
{
	if (n == part.iov_len)
		return (struct iovec){ NULL, 0 };
	return (struct iovec){ (uint8_t *)part.iov_base + n, part.iov_len - n };
}

static bool
has_kept(const struct el_connection *c)
{
	return c->out.len > 0 || c->lasting.iov_len > 0;
}

/*
 * Send now what the socket takes and keep the rest; nothing overtakes what is kept.  The last part, if it lasts, is kept
 * where it is: as many clients as there are may read a page slowly.  EL_ECLOSED, EL_ENOMEM, EL_ELIMIT.
 */
static int
transmit(struct el_connection *c, const struct iovec *parts, int n_parts, bool lasts)
{
	size_t sent = 0;
	int r;

	if (!has_kept(c) && (r = c->io.ops->send(&c->io, parts, n_parts, &sent)) != EL_OK)
		return r;
	for (int i = 0; i < n_parts; i++) {
		const size_t skip = sent < parts[i].iov_len ? sent : parts[i].iov_len;
		const struct iovec rest = after(parts[i], skip);

		sent -= skip;
		if (lasts && i == n_parts - 1)
			c->lasting = rest;
		else
			el_buf_put(&c->out, rest.iov_base, rest.iov_len);
	}
	if (c->out.err != EL_OK)
		return c->out.err;
	return !has_kept(c) || event_add(c->writable, NULL) == 0 ? EL_OK : EL_ENOMEM;
}

/* Send what was kept.  EL_EBUSY: there is still some. */
static int
transmit_kept(struct el_connection *c)
{
	const struct iovec rest[2] = { after((struct iovec){ c->out.p, c->out.len }, c->out_pos), c->lasting };
	size_t sent, copied;
	int r;

	if ((r = c->io.ops->send(&c->io, rest, 2, &sent)) != EL_OK)
		return r;
	copied = sent < rest[0].iov_len ? sent : rest[0].iov_len;
	c->out_pos += copied;
	c->lasting = after(c->lasting, sent - copied);
	if (c->out_pos < c->out.len || c->lasting.iov_len > 0)
		return EL_EBUSY;
	c->out_pos = 0;
	el_buf_wipe(&c->out); /* a client that does not keep up is rare: no memory is held for the next */
	return EL_OK;
}

/* ---- An answer ---- */

/*
 * The answer is out.  Make ready for the next request, or say goodbye without cutting the answer off.  The next one
 * is begun by connection_run(), which is on the stack or is called in the next turn: however many requests a client
 * sends in one piece, the stack does not grow with them.
 */
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
		c->io.ops->end(&c->io);
		reading_start(c);
		return;
	}
	el_secret_wipe(&c->request.credential, sizeof c->request.credential);
	c->request.note = 0;
	el_parser_next(&c->parser);
	c->state = EL_CONNECTION_READ;
	c->begun = el_parser_has_bytes(&c->parser);
	set_deadline(c, c->begun ? c->server->limits.head_ms : c->server->limits.idle_ms);
	reading_start(c);
	if (!c->running && (c->begun || c->more))
		event_active(c->readable, EV_READ, 0);
}

void
el_connection_send(struct el_connection *c, const struct iovec *parts, int n_parts, bool lasts)
{
	uint64_t len = 0;

	assert(c->state == EL_CONNECTION_HANDLER);
	c->closing = !el_connection_keeps(c);
	c->request.deferred = false;
	c->state = EL_CONNECTION_WRITE;
	if (transmit(c, parts, n_parts, lasts) != EL_OK) {
		drop(c);
		return;
	}
	if (!has_kept(c)) {
		after_answer(c);
		return;
	}
	for (int i = 0; i < n_parts; i++)
		len += parts[i].iov_len;
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
	static char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const struct iovec part = { go_on, sizeof go_on - 1 };
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
	if (p->expects_continue && transmit(c, &part, 1, false) != EL_OK)
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

/* Bring the parser more bytes.  false: there are none now. */
static bool
pull(struct el_connection *c, unsigned *receives)
{
	if (!c->more || *receives == 0 || !receive(c))
		return false;
	--*receives;
	/* A head has begun: total, not per read, and the empty lines in front of it count. */
	if (!c->begun)
		set_deadline(c, c->server->limits.head_ms);
	c->begun = true;
	return true;
}

/* false: nothing more to do until bytes come. */
static bool
step(struct el_connection *c, unsigned *receives)
{
	switch (el_parser_run(&c->parser)) {
	case EL_PARSE_MORE:
		if (pull(c, receives))
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
	unsigned receives = RECEIVES_A_TURN;

	assert(!c->running && !c->dead);
	c->running = true;
	while (!c->dead && c->state == EL_CONNECTION_READ && step(c, &receives))
		;
	c->running = false;
	if (c->dead)
		el_connection_free(c);
}

/* ---- Events ---- */

/* After the last answer: what still comes is dropped, a bit at a time. */
static void
discard(struct el_connection *c)
{
	char bytes[4096];
	size_t n;
	int r;

	if ((r = c->io.ops->receive(&c->io, bytes, sizeof bytes, &n)) != EL_OK && r != EL_EBUSY)
		drop(c);
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct el_connection *c = ctx;

	(void)fd, (void)what;
	switch (c->state) {
	case EL_CONNECTION_READ:
		c->more = true;
		connection_run(c);
		break;
	case EL_CONNECTION_HANDLER:
		/* What comes waits in the parser, as much as it has room for.  Whoever has left needs no answer. */
		(void)receive(c);
		if (c->dead || c->ended)
			drop(c);
		break;
	case EL_CONNECTION_WRITE:
		(void)receive(c);
		if (c->dead)
			drop(c);
		break;
	case EL_CONNECTION_LINGER:
		discard(c);
		break;
	}
}

static void
on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct el_connection *c = ctx;
	int r;

	(void)fd, (void)what;
	r = transmit_kept(c);
	if (r == EL_EBUSY && event_add(c->writable, NULL) == 0)
		return;
	if (r != EL_OK)
		drop(c);
	else if (c->state == EL_CONNECTION_WRITE)
		after_answer(c);
}

/* A connection without a place yet. */
static struct el_connection *
new_connection(struct el_http_server *s, int fd)
{
	struct el_connection *const c = malloc(sizeof *c);

	if (c == NULL)
		return NULL;
	memset(c, 0, offsetof(struct el_connection, parser));
	c->readable = event_new(s->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(s->base, fd, EV_WRITE, on_writable, c);
	if (c->readable != NULL && c->writable != NULL && event_add(c->readable, NULL) == 0)
		return c;
	if (c->readable != NULL)
		event_free(c->readable);
	if (c->writable != NULL)
		event_free(c->writable);
	free(c);
	return NULL;
}

void
el_connection_open(struct el_http_server *s, const struct el_route *routes, int fd,
    const uint8_t address[EL_ADDRESS_LEN], bool by_proxy)
{
	struct el_connection *const c = new_connection(s, fd);

	if (c == NULL) {
		if (!by_proxy)
			el_addresses_give(s->addresses, address);
		close(fd);
		return;
	}
	el_io_plain(&c->io, fd);
	c->server = s;
	c->routes = routes;
	memcpy(c->address, address, sizeof c->address);
	c->by_proxy = by_proxy;
	c->slot = s->free_slots[--s->n_free];
	s->slots[c->slot] = c;
	c->request.connection = c;
	el_buf_init(&c->out, OUT_MAX);
	el_parser_init(&c->parser);
	set_deadline(c, s->limits.head_ms);
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
	/* What has begun is finished, even if it is not read yet; a connection between two requests has nothing to lose. */
	if (c->state == EL_CONNECTION_READ && c->parser.state == EL_STATE_IDLE && !el_parser_has_bytes(&c->parser) &&
	    !c->io.ops->has_bytes(&c->io))
		drop(c);
}
