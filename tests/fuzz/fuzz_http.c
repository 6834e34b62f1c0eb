/*
 * Bytes of a client into the request parser, then the route table and the credentials.  What is accepted
 * has exactly one Host, one framing that both readers of the head agree on, and no NUL, CR or LF in a name or value;
 * and it is the same whether it comes at once or byte by byte.
 */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "net/auth.h"
#include "net/parse.h"
#include "net/route.h"

#define INPUT_MAX 65536
#define BODY_MAX 2048
#define CHECK(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What one way of feeding brought. */
struct outcome {
	uint64_t hash;
	unsigned requests;
	bool bad;
};

static void
nothing(struct el_http_request *req, void *ctx)
{
	(void)req, (void)ctx;
}

static const struct el_route routes[] = {
	{ "GET", "/", EL_AUTH_PUBLIC, 0, nothing },
	{ "GET", "/v1/time", EL_AUTH_PUBLIC, 0, nothing },
	{ "POST", "/v1/echo", EL_AUTH_VISITOR, BODY_MAX, nothing },
	{ "GET", "/v1/{a}/x/{b}", EL_AUTH_TICKET, 0, nothing },
	{ "DELETE", "/v1/{a}/x/{b}", EL_AUTH_OWNER, 0, nothing },
	{ "POST", "/v1/orders", EL_AUTH_EXECUTOR, BODY_MAX, nothing },
	{ "GET", "/files/{rest*}", EL_AUTH_SCANNER, 0, nothing },
	{ .method = NULL },
};

static void
mix(struct outcome *o, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		o->hash = (o->hash ^ p[i]) * 0x100000001b3u;
	o->hash = (o->hash ^ len) * 0x100000001b3u;
}

static void
mix_text(struct outcome *o, const char *text)
{
	mix(o, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static unsigned
count(const struct el_head *h, const char *name)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->n_headers; i++)
		n += strcmp(h->headers[i].name, name) == 0;
	return n;
}

static void
check_head(const struct el_parser *p, struct outcome *o)
{
	static const char *const once[] = { "content-length", "transfer-encoding", "content-type", "expect",
		"authorization" };
	const struct el_head *h = &p->head;

	CHECK(h->method != NULL && h->target != NULL && h->target[0] == '/' && h->minor <= 1);
	CHECK(strlen(h->target) <= EL_HTTP_URL_MAX && h->n_headers <= EL_HTTP_HEADER_COUNT_MAX);
	CHECK(h->minor == 1 ? count(h, "host") == 1 : count(h, "host") <= 1);
	CHECK((h->host != NULL) == (count(h, "host") == 1) && (h->host == NULL || h->host[0] != '\0'));
	for (size_t i = 0; i < sizeof once / sizeof *once; i++)
		CHECK(count(h, once[i]) <= 1);
	for (size_t i = 0; i < h->n_headers; i++) {
		const char *name = h->headers[i].name, *value = h->headers[i].value;

		CHECK(*name != '\0' && strpbrk(name, " \t:\r\nABCDEFGHIJKLMNOPQRSTUVWXYZ\"(),/;<=>?@[\\]{}") == NULL);
		CHECK(strpbrk(value, "\r\n") == NULL);
		/* Each stands in its line whole: a NUL would have cut it short. */
		CHECK(value > name + strlen(name) && value + strlen(value) < p->in + p->head_end);
		for (const char *c = value + strlen(value); c < p->in + p->head_end && *c != '\n'; c++)
			CHECK(*c == '\0' || *c == ' ' || *c == '\t' || *c == '\r');
		mix_text(o, name);
		mix_text(o, value);
	}
	/* One framing, and llhttp's is ours. */
	CHECK(!(p->chunked && h->content_length != NULL));
	CHECK(p->chunked == (h->transfer_encoding != NULL));
	CHECK(p->chunked == ((p->ll.flags & F_CHUNKED) != 0));
	CHECK((h->content_length != NULL) == ((p->ll.flags & F_CONTENT_LENGTH) != 0));
	if (h->content_length != NULL)
		CHECK(strtoull(h->content_length, NULL, 10) == p->content_length &&
		      p->ll.content_length == p->content_length);
	CHECK(p->has_body == (p->chunked || p->content_length > 0));
	mix_text(o, h->method);
	mix_text(o, h->target);
}

static void
check_route(const struct el_head *h, struct outcome *o)
{
	static struct el_match m;
	struct el_credential c;
	const enum el_code code = el_route_find(routes, h->method, h->target, &m);

	CHECK((code == EL_CODE_OK) == (m.route != NULL));
	CHECK(code == EL_CODE_OK || code == EL_CODE_NOT_FOUND || code == EL_CODE_METHOD_NOT_ALLOWED ||
	      code == EL_CODE_MALFORMED_REQUEST);
	CHECK((code == EL_CODE_METHOD_NOT_ALLOWED) <= (m.allow[0] != '\0'));
	for (size_t i = 0; code == EL_CODE_OK && i < m.n_params; i++) {
		CHECK(m.params[i].value[0] != '\0' &&
		      m.params[i].value + strlen(m.params[i].value) < m.text + sizeof m.text);
		for (const char *p = m.params[i].value; *p != '\0'; p++)
			CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
		mix_text(o, m.params[i].value);
	}
	for (int auth = EL_AUTH_PUBLIC; auth <= EL_AUTH_EXECUTOR; auth++) {
		memset(&c, 0, sizeof c);
		if (el_auth_parse((enum el_auth)auth, h->authorization, &c) != EL_CODE_OK) {
			CHECK(auth != EL_AUTH_PUBLIC && c.len == 0 && c.time_s == 0);
			continue;
		}
		CHECK(auth == EL_AUTH_PUBLIC || h->authorization != NULL);
		CHECK(c.len == (auth == EL_AUTH_PUBLIC || auth == EL_AUTH_EXECUTOR ? 0
				   : auth == EL_AUTH_TICKET                        ? 90
										   : 32));
		mix(o, &c, sizeof c);
	}
}

static void
feed(const uint8_t *data, size_t len, size_t piece, struct outcome *o)
{
	static struct el_parser p;
	size_t used = 0;
	bool done = false;

	*o = (struct outcome){ .hash = 0xcbf29ce484222325u };
	el_parser_init(&p);
	while (!done) {
		size_t room;
		void *space;

		switch (el_parser_run(&p)) {
		case EL_PARSE_MORE:
			space = el_parser_space(&p, &room);
			CHECK(room > 0); /* or it would wait for ever */
			room = room < piece ? room : piece;
			room = room < len - used ? room : len - used;
			memcpy(space, data + used, room);
			el_parser_added(&p, room);
			used += room;
			done = room == 0;
			break;
		case EL_PARSE_HEAD:
			check_head(&p, o);
			check_route(&p.head, o);
			el_parser_accept(&p, BODY_MAX, (p.head.n_headers & 1) != 0 && !p.chunked);
			break;
		case EL_PARSE_DONE:
			CHECK(p.body.len <= BODY_MAX);
			CHECK(p.chunked || p.discard || p.body.len == p.content_length);
			mix(o, p.body.p, p.body.len);
			o->requests++;
			el_parser_next(&p);
			break;
		case EL_PARSE_BAD:
			CHECK(p.refusal != EL_CODE_OK && !p.keep_alive);
			o->bad = done = true;
			break;
		}
	}
	el_parser_wipe(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct outcome whole, bytes, pieces;

	if (len < 1 || len > INPUT_MAX)
		return 0;
	CHECK(el_routes_check(routes) == EL_OK);
	feed(data + 1, len - 1, SIZE_MAX, &whole);
	feed(data + 1, len - 1, 1, &bytes);
	feed(data + 1, len - 1, data[0] + 2u, &pieces);
	CHECK(whole.requests == bytes.requests && whole.requests == pieces.requests);
	CHECK(whole.bad == bytes.bad && whole.bad == pieces.bad);
	CHECK(whole.hash == bytes.hash && whole.hash == pieces.hash);
	return 0;
}
