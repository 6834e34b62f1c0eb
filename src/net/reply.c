/* Answers: the head in a fixed buffer, the body where it is, both in one write. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/server_internal.h"

#define HEAD_SIZE 2048
#define SCRATCH_KEEP ((size_t)64 * 1024)

struct head {
	char p[HEAD_SIZE];
	size_t len;
};

static const char *
reason_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 201:
		return "Created";
	case 202:
		return "Accepted";
	case 204:
		return "No Content";
	case 304:
		return "Not Modified";
	case 308:
		return "Permanent Redirect";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 406:
		return "Not Acceptable";
	case 408:
		return "Request Timeout";
	case 409:
		return "Conflict";
	case 413:
		return "Content Too Large";
	case 414:
		return "URI Too Long";
	case 415:
		return "Unsupported Media Type";
	case 422:
		return "Unprocessable Content";
	case 429:
		return "Too Many Requests";
	case 431:
		return "Request Header Fields Too Large";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	default:
		return "Status";
	}
}

static void
put(struct head *h, const char *text, size_t len)
{
	/* Everything but a handler's own headers has a known size; those are a programmer's matter. */
	assert(len <= sizeof h->p - h->len);
	if (len > sizeof h->p - h->len)
		return;
	memcpy(h->p + h->len, text, len);
	h->len += len;
}

static void
put_text(struct head *h, const char *text)
{
	put(h, text, strlen(text));
}

static void
put_number(struct head *h, size_t v)
{
	char digits[24];
	size_t n = sizeof digits;

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	put(h, digits + n, sizeof digits - n);
}

/* Whether "Name: value\r\n" lines have a header of that name. */
static bool
has_header(const char *lines, const char *name)
{
	const size_t len = strlen(name);

	while (lines != NULL && *lines != '\0') {
		if (strncasecmp(lines, name, len) == 0 && lines[len] == ':')
			return true;
		if ((lines = strchr(lines, '\n')) != NULL)
			lines++;
	}
	return false;
}

static void
write_head(struct head *h, const struct el_connection *c, int status, const char *content_type, const char *headers,
    size_t len)
{
	h->len = 0;
	put_text(h, "HTTP/1.1 ");
	put_number(h, (size_t)status);
	put_text(h, " ");
	put_text(h, reason_of(status));
	put_text(h, "\r\nDate: ");
	put_text(h, c->server->date);
	if (content_type != NULL && status != 204 && status != 304) {
		put_text(h, "\r\nContent-Type: ");
		put_text(h, content_type);
	}
	if (status != 204 && status != 304) {
		put_text(h, "\r\nContent-Length: ");
		put_number(h, len);
	}
	if (!has_header(headers, "cache-control"))
		put_text(h, "\r\nCache-Control: no-store");
	put_text(h, "\r\nX-Content-Type-Options: nosniff");
	if (!el_connection_keeps(c))
		put_text(h, "\r\nConnection: close");
	else if (c->parser.head.minor == 0)
		put_text(h, "\r\nConnection: keep-alive");
	put_text(h, "\r\n");
	if (headers != NULL)
		put_text(h, headers);
	put_text(h, "\r\n");
}

static void
reply(struct el_http_request *r, int status, const char *content_type, const char *headers, const void *body,
    size_t len, bool lasts)
{
	struct el_connection *c = r->connection;
	const char *method = c->parser.head.method;
	struct head head;
	struct iovec parts[2];
	int n = 1;

	assert(c->state == EL_CONNECTION_HANDLER);
	write_head(&head, c, status, content_type, headers, len);
	parts[0] = (struct iovec){ head.p, head.len };
	if (len > 0 && (method == NULL || strcmp(method, "HEAD") != 0)) {
		union {
			const void *in;
			void *out;
		} p = { body }; /* an iovec has no const, and sendmsg() only reads */

		parts[n++] = (struct iovec){ p.out, len };
	}
	el_connection_send(c, parts, n, lasts && n == 2);
}

void
el_http_reply(
    struct el_http_request *r, int status, const char *content_type, const char *headers, const void *body, size_t len)
{
	reply(r, status, content_type, headers, body, len, false);
}

void
el_http_reply_lasting(
    struct el_http_request *r, int status, const char *content_type, const char *headers, const void *body, size_t len)
{
	reply(r, status, content_type, headers, body, len, true);
}

/* What was written holds credentials and tokens: it stays no longer than it must. */
static void
scratch_done(struct el_http_server *s)
{
	el_buf_clear(&s->scratch, SCRATCH_KEEP);
}

static int
append(const char *text, size_t len, void *ctx)
{
	struct el_buf *b = ctx;

	el_buf_put(b, text, len);
	return b->err == EL_OK ? 0 : -1;
}

void
el_http_reply_json(struct el_http_request *r, int status, json_t *stolen)
{
	struct el_http_server *s = r->connection->server;
	const bool failed = stolen == NULL || json_dump_callback(stolen, append, &s->scratch, JSON_COMPACT) != 0;

	json_decref(stolen);
	if (failed) {
		scratch_done(s); /* its error, too: the problem is written there */
		el_http_problem(r, EL_CODE_INTERNAL, 0);
		return;
	}
	el_http_reply(r, status, "application/json", NULL, s->scratch.p, s->scratch.len);
	scratch_done(s);
}

struct el_json_text
el_http_write_json(struct el_http_request *r)
{
	struct el_buf *const b = &r->connection->server->scratch;

	b->len = 0;
	return el_json_text_init(b);
}

void
el_http_reply_written(struct el_http_request *r, int status, const struct el_json_text *t)
{
	struct el_http_server *s = r->connection->server;

	assert(t->out == &s->scratch);
	if (t->out->err != EL_OK) {
		scratch_done(s);
		el_http_problem(r, EL_CODE_INTERNAL, 0);
		return;
	}
	el_http_reply(r, status, "application/json", NULL, s->scratch.p, s->scratch.len);
	scratch_done(s);
}

static const char *
challenge(const struct el_http_request *r)
{
	const struct el_route *route = r->match.route;

	return route != NULL && route->auth == EL_AUTH_EXECUTOR ? "EL1" : "Bearer";
}

void
el_http_problem(struct el_http_request *r, enum el_code code, unsigned retry_after_s)
{
	struct el_http_server *s = r->connection->server;
	const int status = el_code_status(code);
	char headers[128] = "";
	uint8_t text[512];
	size_t len;

	el_problem_write(s, code, el_http_language(r), retry_after_s);
	len = s->scratch.len < sizeof text ? s->scratch.len : sizeof text;
	if (len > 0)
		memcpy(text, s->scratch.p, len);
	scratch_done(s);
	if (status == 401)
		snprintf(headers, sizeof headers, "WWW-Authenticate: %s\r\n", challenge(r));
	else if (status == 405)
		snprintf(headers, sizeof headers, "Allow: %s\r\n", r->match.allow);
	else if (retry_after_s != 0)
		snprintf(headers, sizeof headers, "Retry-After: %u\r\n", retry_after_s);
	el_http_reply(r, status, "application/problem+json", headers, text, len);
}
