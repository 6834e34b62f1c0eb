#include "net/parse.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"

#define HEAD_MAX (EL_HTTP_URL_MAX + EL_HTTP_HEADERS_MAX + 64)
#define BODY_KEEP ((size_t)16 * 1024) /* a body buffer up to this is kept for the next request */
#define CHUNK_WASTE_MAX (64 * 1024) /* framing bytes allowed above eight times the body's limit */

static int
on_url(llhttp_t *ll, const char *at, size_t len)
{
	struct el_parser *p = ll->data;

	(void)at;
	p->url_len += len;
	if (p->url_len <= EL_HTTP_URL_MAX)
		return HPE_OK;
	p->refusal = EL_CODE_URI_TOO_LONG;
	return HPE_USER;
}

static int
on_headers_complete(llhttp_t *ll)
{
	/* No protocol is switched to here: Upgrade is ignored and CONNECT is a method like others. */
	ll->upgrade = 0;
	return HPE_PAUSED;
}

static int
on_body(llhttp_t *ll, const char *at, size_t len)
{
	struct el_parser *p = ll->data;

	if (p->discard)
		return HPE_OK;
	if (len > p->body_max || p->body.len > p->body_max - len) {
		p->refusal = EL_CODE_TOO_LARGE;
		return HPE_USER;
	}
	el_buf_put(&p->body, at, len);
	if (p->body.err == EL_OK)
		return HPE_OK;
	p->refusal = EL_CODE_BUSY; /* no memory */
	return HPE_USER;
}

static int
on_message_complete(llhttp_t *ll)
{
	(void)ll;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

/* All that belongs to one request, but not what is in the buffer. */
static void
begin(struct el_parser *p)
{
	llhttp_init(&p->ll, HTTP_REQUEST, &settings);
	p->ll.data = p;
	p->state = EL_STATE_IDLE;
	p->refusal = EL_CODE_OK;
	p->keep_alive = p->chunked = p->has_body = p->expects_continue = p->discard = false;
	p->content_length = p->raw_body = 0;
	p->body_max = 0;
	p->head_end = p->url_len = 0;
	memset(&p->head, 0, offsetof(struct el_head, headers));
}

void
el_parser_init(struct el_parser *p)
{
	p->in_len = p->pos = p->high = 0;
	el_buf_init(&p->body, 0);
	begin(p);
}

void
el_parser_wipe(struct el_parser *p)
{
	el_buf_wipe(&p->body);
	el_secret_wipe(p->in, p->high);
}

void *
el_parser_space(struct el_parser *p, size_t *len)
{
	*len = sizeof p->in - p->in_len;
	return p->in + p->in_len;
}

void
el_parser_added(struct el_parser *p, size_t len)
{
	p->in_len += len;
	if (p->high < p->in_len)
		p->high = p->in_len;
}

bool
el_parser_has_bytes(const struct el_parser *p)
{
	return p->pos < p->in_len;
}

static enum el_parse
bad(struct el_parser *p, enum el_code code)
{
	if (p->refusal == EL_CODE_OK)
		p->refusal = code;
	p->state = EL_STATE_BAD;
	p->keep_alive = false;
	return EL_PARSE_BAD;
}

/* A Content-Length of digits only, as llhttp read it too. */
static bool
length_agrees(const struct el_parser *p)
{
	const char *c = p->head.content_length;
	uint64_t v = 0;
	size_t n;

	for (n = 0; c[n] >= '0' && c[n] <= '9' && n < 19; n++)
		v = v * 10 + (uint64_t)(c[n] - '0');
	return n > 0 && c[n] == '\0' && (p->ll.flags & F_CONTENT_LENGTH) != 0 && v == p->ll.content_length;
}

static bool
host_valid(const char *host)
{
	const char *c;

	for (c = host; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			strchr("-._~:[]%!$&'()*+,;=", *c) != NULL))
			return false;
	return c != host;
}

/* Two readers of one head must agree on where the request ends, or the next one is smuggled in. */
static enum el_code
check_framing(struct el_parser *p)
{
	const struct el_head *h = &p->head;
	const bool chunked = (p->ll.flags & F_CHUNKED) != 0;

	/* HTTP/1.0 knows no Host; HTTP/1.1 may not go without. */
	if (h->host != NULL ? !host_valid(h->host) : h->minor != 0)
		return EL_CODE_MALFORMED_REQUEST;
	if (h->transfer_encoding != NULL) {
		if (h->minor == 0 || h->content_length != NULL || !chunked ||
		    strcasecmp(h->transfer_encoding, "chunked") != 0)
			return EL_CODE_MALFORMED_REQUEST;
	} else if (chunked || (h->content_length != NULL && !length_agrees(p))) {
		return EL_CODE_MALFORMED_REQUEST;
	}
	if (h->content_length == NULL && (p->ll.flags & F_CONTENT_LENGTH) != 0)
		return EL_CODE_MALFORMED_REQUEST;
	if (h->expect != NULL && strcasecmp(h->expect, "100-continue") != 0)
		return EL_CODE_MALFORMED_REQUEST;
	p->chunked = chunked;
	p->content_length = h->content_length != NULL ? p->ll.content_length : 0;
	p->has_body = chunked || p->content_length > 0;
	p->expects_continue = h->expect != NULL && h->minor == 1 && p->has_body;
	return EL_CODE_OK;
}

/* Empty lines in front of a request are passed over (RFC 9112 section 2.2), whole ones only. */
static bool
find_start(struct el_parser *p)
{
	while (p->in_len - p->pos >= 2 && memcmp(p->in + p->pos, "\r\n", 2) == 0)
		p->pos += 2;
	if (p->pos > 0) {
		p->in_len -= p->pos;
		memmove(p->in, p->in + p->pos, p->in_len);
		p->pos = 0;
	}
	return p->in_len > 1 || (p->in_len == 1 && p->in[0] != '\r');
}

static enum el_parse
run_head(struct el_parser *p)
{
	enum el_code code;
	llhttp_errno_t err;

	if (p->state == EL_STATE_IDLE) {
		if (!find_start(p))
			return EL_PARSE_MORE;
		p->state = EL_STATE_HEAD;
	}
	err = llhttp_execute(&p->ll, p->in + p->pos, p->in_len - p->pos);
	if (err == HPE_OK) {
		p->pos = p->in_len;
		return p->in_len > HEAD_MAX ? bad(p, EL_CODE_HEADERS_TOO_LARGE) : EL_PARSE_MORE;
	}
	if (err != HPE_PAUSED)
		return bad(p, EL_CODE_MALFORMED_REQUEST);
	p->pos = (size_t)(llhttp_get_error_pos(&p->ll) - p->in);
	if ((code = el_head_parse(p->in, p->pos, &p->head)) != EL_CODE_OK || (code = check_framing(p)) != EL_CODE_OK)
		return bad(p, code);
	p->head_end = p->pos;
	p->keep_alive = llhttp_should_keep_alive(&p->ll) != 0;
	p->state = EL_STATE_HEAD_DONE;
	return EL_PARSE_HEAD;
}

static enum el_parse
run_body(struct el_parser *p)
{
	const size_t from = p->pos;
	llhttp_errno_t err;

	llhttp_resume(&p->ll);
	err = llhttp_execute(&p->ll, p->in + p->pos, p->in_len - p->pos);
	if (err != HPE_OK && err != HPE_PAUSED)
		return bad(p, EL_CODE_MALFORMED_REQUEST);
	p->pos = err == HPE_OK ? p->in_len : (size_t)(llhttp_get_error_pos(&p->ll) - p->in);
	p->raw_body += p->pos - from;
	if (p->chunked && p->raw_body > (uint64_t)p->body_max * 8 + CHUNK_WASTE_MAX)
		return bad(p, EL_CODE_TOO_LARGE);
	if (err == HPE_OK) {
		/* All of it is copied: the room behind the head is free again. */
		p->in_len = p->pos = p->head_end;
		return EL_PARSE_MORE;
	}
	/* llhttp takes any byte for the last line feed of the trailers. */
	if (p->chunked && (p->pos == from || p->in[p->pos - 1] != '\n'))
		return bad(p, EL_CODE_MALFORMED_REQUEST);
	p->state = EL_STATE_DONE;
	return EL_PARSE_DONE;
}

enum el_parse
el_parser_run(struct el_parser *p)
{
	switch (p->state) {
	case EL_STATE_IDLE:
	case EL_STATE_HEAD:
		return run_head(p);
	case EL_STATE_HEAD_DONE:
		assert(false && "el_parser_accept() comes before");
		return EL_PARSE_BAD;
	case EL_STATE_BODY:
		return run_body(p);
	case EL_STATE_DONE:
		return EL_PARSE_DONE;
	case EL_STATE_BAD:
		break;
	}
	return EL_PARSE_BAD;
}

void
el_parser_accept(struct el_parser *p, size_t body_max, bool discard)
{
	assert(p->state == EL_STATE_HEAD_DONE);
	p->body_max = body_max;
	p->body.max = body_max;
	p->discard = discard;
	p->state = EL_STATE_BODY;
}

void
el_parser_next(struct el_parser *p)
{
	const size_t left = p->in_len - p->pos;

	if (left > 0)
		memmove(p->in, p->in + p->pos, left);
	el_secret_wipe(p->in + left, p->high - left);
	p->in_len = p->high = left;
	p->pos = 0;
	el_buf_clear(&p->body, BODY_KEEP);
	begin(p);
}
