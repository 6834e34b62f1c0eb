/* What a handler asks of its request, and requests that wait for another process. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/server_internal.h"

const struct el_route *
el_http_route(const struct el_http_request *r)
{
	return r->match.route;
}

const char *
el_http_param(const struct el_http_request *r, const char *name)
{
	const size_t len = strlen(name);
	size_t i;

	for (i = 0; i < r->match.n_params; i++) {
		const struct el_param *p = &r->match.params[i];

		if (p->name_len == len && memcmp(p->name, name, len) == 0)
			return p->value;
	}
	return NULL;
}

const char *
el_http_header(const struct el_http_request *r, const char *lower_case_name)
{
	const struct el_head *h = &r->connection->parser.head;
	size_t i;

	for (i = 0; i < h->n_headers; i++)
		if (strcmp(h->headers[i].name, lower_case_name) == 0)
			return h->headers[i].value;
	return NULL;
}

const char *
el_http_target(const struct el_http_request *r)
{
	return r->connection->parser.head.target;
}

const uint8_t *
el_http_body(const struct el_http_request *r, size_t *len)
{
	*len = r->connection->parser.body.len;
	return r->connection->parser.body.p;
}

const struct el_credential *
el_http_credential(const struct el_http_request *r)
{
	return &r->credential;
}

/* A list may stand in several lines, and the last one is the proxy's own. */
static const char *
last_forwarded(const struct el_head *h)
{
	for (size_t i = h->n_headers; i-- > 0;)
		if (strcmp(h->headers[i].name, "x-forwarded-for") == 0)
			return h->headers[i].value;
	return NULL;
}

/*
 * Where a trusted proxy does not say for whom it asks, it asks for itself: programs on its machine do, and of a proxy
 * that is set up wrongly all clients share one limit, so that nobody has more than his own.
 */
const uint8_t *
el_http_address(const struct el_http_request *r)
{
	struct el_connection *const c = r->connection;
	const char *value;

	if (!c->by_proxy || (value = last_forwarded(&c->parser.head)) == NULL ||
	    el_proxy_client(value, c->client) != EL_OK)
		return c->address;
	return c->client;
}

struct el_http_server *
el_http_server_of(const struct el_http_request *r)
{
	return r->connection->server;
}

/* The weight of a language range, in thousandths: what follows its tag up to the next comma. */
static unsigned
weight_of(const char *p, const char *end)
{
	unsigned v, scale;

	while (p < end && (*p == ' ' || *p == '\t' || *p == ';'))
		p++;
	if (end - p < 3 || strncasecmp(p, "q=", 2) != 0)
		return 1000;
	p += 2;
	if (*p == '1')
		return 1000;
	v = 0;
	scale = 100;
	if (*p == '0' && p + 1 < end && p[1] == '.')
		for (p += 2; p < end && *p >= '0' && *p <= '9' && scale > 0; p++, scale /= 10)
			v += (unsigned)(*p - '0') * scale;
	return v;
}

static bool
tag_is(const char *p, const char *end, const char *tag)
{
	const size_t len = strcspn(p, "-_;, \t");

	return (size_t)(end - p) >= 2 && len == 2 && strncasecmp(p, tag, 2) == 0;
}

enum el_language
el_http_language(const struct el_http_request *r)
{
	const char *p = r->connection->parser.head.accept_language;
	unsigned ko = 0, en = 0;

	while (p != NULL && *p != '\0') {
		const char *end = p + strcspn(p, ",");
		const char *rest;

		p += strspn(p, " \t");
		rest = p + strcspn(p, ";,");
		if (p < end && tag_is(p, end, "en") && weight_of(rest, end) > en)
			en = weight_of(rest, end);
		else if (p < end && tag_is(p, end, "ko") && weight_of(rest, end) > ko)
			ko = weight_of(rest, end);
		p = *end == ',' ? end + 1 : end;
	}
	return en > ko ? EL_LANGUAGE_EN : EL_LANGUAGE_KO;
}

json_t *
el_http_json(struct el_http_request *r)
{
	const struct el_buf *body = &r->connection->parser.body;
	json_t *v = NULL;

	if (body->len > 0)
		v = json_loadb((const char *)body->p, body->len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(v))
		return v;
	json_decref(v);
	el_http_problem(r, EL_CODE_MALFORMED_REQUEST, 0);
	return NULL;
}

void
el_http_set_note(struct el_http_request *r, uint64_t note)
{
	r->note = note;
}

uint64_t
el_http_note(const struct el_http_request *r)
{
	return r->note;
}

uint64_t
el_http_defer(struct el_http_request *r, unsigned peer_kind, unsigned peer_index)
{
	struct el_connection *c = r->connection;
	struct el_http_server *s = c->server;

	assert(c->state == EL_CONNECTION_HANDLER);
	/* The slot can be read off the id, so that the answer finds its request without a search. */
	r->id = s->serial++ * s->limits.connections + c->slot;
	r->peer_kind = peer_kind;
	r->peer_index = peer_index;
	r->deferred = true;
	c->deadline_ms = el_http_server_now_ms(s) + s->limits.answer_ms;
	return r->id;
}

struct el_http_request *
el_http_find(struct el_http_server *s, uint64_t id)
{
	struct el_connection *c = s->slots[id % s->limits.connections];

	if (c == NULL || c->state != EL_CONNECTION_HANDLER || !c->request.deferred || c->request.id != id)
		return NULL;
	return &c->request;
}

void
el_http_fail_deferred(struct el_http_server *s, unsigned peer_kind, unsigned peer_index)
{
	size_t i;

	for (i = 0; i < s->limits.connections; i++) {
		struct el_connection *c = s->slots[i];

		if (c != NULL && c->state == EL_CONNECTION_HANDLER && c->request.deferred &&
		    c->request.peer_kind == peer_kind && c->request.peer_index == peer_index)
			el_http_problem(&c->request, EL_CODE_BUSY, 1);
	}
}
