#include "requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "base/file.h"
#include "bench.h"
#include "token/ticket.h"

#define ATTEMPT_CHARS EL_BASE64URL_LEN(EL_ATTEMPT_LEN)
#define HEAD_MAX 512
#define ITEM_MAX 320
#define WALLET_TOKENS 16
#define INDEX_FIRST 10000u /* five digits, so that every request is equally long */
#define INDEX_LAST (65536u - WALLET_TOKENS)

/* Where things stand in one item `{"token":"...","attempt":"..."`. */
static const char item_open[] = "{\"token\":\"", item_middle[] = "\",\"attempt\":\"",
		  item_time[] = "\",\"scanned_at\":";
#define TOKEN_AT (sizeof item_open - 1)
#define ATTEMPT_AT (TOKEN_AT + EL_TOKEN_TEXT_LEN + sizeof item_middle - 1)
#define TIME_AT (ATTEMPT_AT + ATTEMPT_CHARS + sizeof item_time - 1)
#define TIME_CHARS 10

static size_t
make_items(const struct requests *r, char *out)
{
	const unsigned n = r->batch > 0 ? r->batch : 1;
	size_t len = 0;

	for (unsigned i = 0; i < n; i++) {
		len += (size_t)sprintf(
		    out + len, "%s%s%s%0*d", item_open, bodies_text(r->bodies), item_middle, (int)ATTEMPT_CHARS, 0);
		if (r->batch > 0)
			len += (size_t)sprintf(out + len, "%s%0*d}%s", item_time, TIME_CHARS, 0, i + 1 < n ? "," : "");
		else
			len += (size_t)sprintf(out + len, "\"}");
	}
	return len;
}

static size_t
make_body(struct requests *r, char *out, size_t *item_at, size_t *index_at)
{
	size_t len = 0;

	switch (r->kind) {
	case REQUEST_TOKEN:
		*index_at = 9;
		return (size_t)sprintf(out, "{\"index\":%05u}", INDEX_FIRST);
	case REQUEST_WALLET:
		*index_at = 9;
		return (size_t)sprintf(out, "{\"first\":%05u,\"count\":%d}", INDEX_FIRST, WALLET_TOKENS);
	case REQUEST_CHECKIN:
	case REQUEST_EMPTY:
		break;
	}
	if (r->batch > 0)
		len = (size_t)sprintf(out, "{\"items\":[");
	*item_at = len;
	len += make_items(r, out + len);
	if (r->batch > 0)
		len += (size_t)sprintf(out + len, "]}");
	return len;
}

static const char *
path_of(const struct requests *r)
{
	switch (r->kind) {
	case REQUEST_TOKEN:
		return "/v1/tokens";
	case REQUEST_WALLET:
		return "/v1/wallet";
	case REQUEST_CHECKIN:
	case REQUEST_EMPTY:
		break;
	}
	return r->batch > 0 ? "/v1/checkins/batch" : "/v1/checkins";
}

static bool
is_checkin(const struct requests *r)
{
	return r->kind == REQUEST_CHECKIN || r->kind == REQUEST_EMPTY;
}

void
requests_init(
    struct requests *r, enum request_kind kind, unsigned batch, const char *folder, uint16_t port, size_t ahead)
{
	char path[512], *body;
	size_t body_len, head_len, item_at = 0, index_at = 0;

	*r = (struct requests){ .kind = kind, .batch = batch, .index = INDEX_FIRST };
	r->key_len = is_checkin(r) ? EL_BASE64URL_LEN(EL_KEY_LEN) : EL_BASE64URL_LEN(EL_TICKET_LEN);
	bench_ok(el_path_join(path, sizeof path, folder, is_checkin(r) ? "scanners" : "tickets"), folder);
	r->keys = bench_lines(path, r->key_len, &r->n_keys);
	if (is_checkin(r)) {
		bench_ok(el_path_join(path, sizeof path, folder, "day"), folder);
		r->bodies = bench_alloc(1, sizeof *r->bodies);
		bodies_init(r->bodies, path, ahead);
	}
	r->item_len = TIME_AT + TIME_CHARS + 2; /* of a batch: brace and comma */
	body = bench_alloc((size_t)(batch > 0 ? batch : 1) + 1, ITEM_MAX);
	body_len = make_body(r, body, &item_at, &index_at);
	r->whole = bench_alloc(1, HEAD_MAX + body_len);
	head_len = (size_t)snprintf(r->whole, HEAD_MAX,
	    "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    path_of(r), (unsigned)port, r->keys, body_len);
	memcpy(r->whole + head_len, body, body_len);
	free(body);
	r->len = head_len + body_len;
	r->key_at = (size_t)(strstr(r->whole, "Bearer ") + 7 - r->whole);
	r->item_at = head_len + item_at;
	r->index_at = head_len + index_at;
}

void
requests_free(struct requests *r)
{
	if (r->bodies != NULL)
		bodies_free(r->bodies);
	free(r->bodies);
	free(r->keys);
	free(r->whole);
}

unsigned
requests_items(const struct requests *r)
{
	return r->kind == REQUEST_WALLET ? WALLET_TOKENS : r->batch > 0 ? r->batch : 1;
}

void
requests_attach(const struct requests *r, struct http_conn *c)
{
	c->out = bench_alloc(1, r->len);
	c->out_len = r->len;
	memcpy(c->out, r->whole, r->len);
}

static void
put_digits(char *out, uint64_t v, unsigned n)
{
	for (; n > 0; v /= 10)
		out[--n] = (char)('0' + v % 10);
}

static void
show_item(struct requests *r, char *item, int64_t now_s)
{
	uint8_t attempt[EL_ATTEMPT_LEN];
	char text[ATTEMPT_CHARS + 1];

	el_put_u64(attempt, bodies_show(r->bodies, (uint32_t)now_s, item + TOKEN_AT) + r->bodies->salt);
	el_base64url_encode(attempt, sizeof attempt, text);
	memcpy(item + ATTEMPT_AT, text, ATTEMPT_CHARS);
	if (r->batch > 0)
		put_digits(item + TIME_AT, (uint64_t)now_s, TIME_CHARS);
}

void
requests_next(struct requests *r, struct http_conn *c, int64_t now_s)
{
	/* Keys in turn: no scanner comes near its rate, and no ticket's index comes twice in a row. */
	memcpy(c->out + r->key_at, r->keys + r->next_key * (r->key_len + 1), r->key_len);
	if (++r->next_key == r->n_keys) {
		r->next_key = 0;
		if (++r->index > INDEX_LAST)
			r->index = INDEX_FIRST;
	}
	c->sent = c->in_len = c->head_len = 0;
	c->busy = true;
	if (!is_checkin(r)) {
		put_digits(c->out + r->index_at, r->index, 5);
		return;
	}
	for (unsigned i = 0; i < (r->batch > 0 ? r->batch : 1); i++)
		show_item(r, c->out + r->item_at + i * r->item_len, now_s);
}
