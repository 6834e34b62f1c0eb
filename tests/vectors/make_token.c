#include <stdio.h>
#include <string.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "entrylog/base45.h"
#include "entrylog/token.h"
#include "token/issue.h"
#include "token/link.h"
#include "token/ticket.h"
#include "token/trace_box.h"
#include "vectors.h"

static void
ticket_bad(json_t *file, const char *name, const uint8_t key[32], uint8_t issuer, const uint8_t *ticket, size_t len)
{
	json_t *c = vec_case(file, name, false);
	struct el_day_secret day;

	VEC_CHECK(len != EL_TICKET_LEN || el_ticket_open(key, issuer, ticket, &day) == EL_ECRYPTO);
	vec_hex(c, "ticket_key", key, 32);
	vec_int(c, "issuer", issuer);
	vec_hex(c, "ticket", ticket, len);
	vec_text(c, "error", len == EL_TICKET_LEN ? "crypto" : "format");
}

static void
ticket_good(json_t *file, const char *name, uint8_t issuer, el_epoch epoch, uint8_t key[32], uint8_t ticket[90])
{
	json_t *c = vec_case(file, name, true);
	struct el_day_secret day, again;
	uint8_t nonce[24], ad[13];
	char text[EL_BASE64URL_LEN(EL_TICKET_LEN) + 1];

	vec_derive("ticket/key", key, 32);
	vec_derive("ticket/secret", day.s, sizeof day.s);
	vec_derive("ticket/handle", day.h.b, sizeof day.h.b);
	vec_derive(name, nonce, sizeof nonce);
	vec_feed(nonce, sizeof nonce);
	el_ticket_seal(key, issuer, epoch, &day, ticket);
	vec_fed();
	VEC_OK(el_ticket_open(key, issuer, ticket, &again));
	VEC_CHECK(memcmp(&day, &again, sizeof day) == 0 && el_ticket_epoch(ticket) == epoch);
	memcpy(ad, "EL1-ticket", 10);
	ad[10] = issuer;
	el_put_u16(ad + 11, epoch);
	el_base64url_encode(ticket, EL_TICKET_LEN, text);
	vec_hex(c, "ticket_key", key, 32);
	vec_int(c, "issuer", issuer);
	vec_int(c, "epoch", epoch);
	vec_hex(c, "secret", day.s, sizeof day.s);
	vec_hex(c, "handle", day.h.b, sizeof day.h.b);
	vec_hex(c, "nonce", nonce, sizeof nonce);
	vec_hex(c, "ad", ad, sizeof ad);
	vec_hex(c, "ticket", ticket, EL_TICKET_LEN);
	vec_text(c, "text", text);
}

json_t *
make_ticket(void)
{
	json_t *file = vec_file("ticket");
	uint8_t key[32], other[32], ticket[EL_TICKET_LEN + 1];

	ticket_good(file, "issuer 255 on the last epoch", 255, 65535, key, ticket);
	ticket_good(file, "issuer 7 on day 20700", 7, 20700, key, ticket);
	ticket_bad(file, "another issuer", key, 8, ticket, EL_TICKET_LEN);
	vec_derive("ticket/another key", other, sizeof other);
	ticket_bad(file, "another key", other, 7, ticket, EL_TICKET_LEN);
	ticket_bad(file, "one byte short", key, 7, ticket, EL_TICKET_LEN - 1);
	ticket[EL_TICKET_LEN] = 0;
	ticket_bad(file, "one byte long", key, 7, ticket, EL_TICKET_LEN + 1);
	ticket[1] ^= 1;
	ticket_bad(file, "the epoch in front changed", key, 7, ticket, EL_TICKET_LEN);
	ticket[1] ^= 1;
	ticket[2] ^= 1;
	ticket_bad(file, "one bit of the nonce changed", key, 7, ticket, EL_TICKET_LEN);
	ticket[2] ^= 1;
	ticket[EL_TICKET_LEN - 1] ^= 1;
	ticket_bad(file, "one bit of the MAC changed", key, 7, ticket, EL_TICKET_LEN);
	return file;
}

/* What all the token cases have in common. */
struct issuing {
	struct el_sign_key *key;
	struct el_scalar y;
	struct el_point links_key;
	uint8_t seed[32], pair[32];
};

static void
put_shown(json_t *list, const struct el_body *body, const uint8_t show_key[32], uint32_t shown_at, const char *why)
{
	json_t *s = json_object();
	uint8_t bytes[EL_TOKEN_LEN];
	char text[EL_TOKEN_TEXT_LEN + 1];
	struct el_token t;

	VEC_OK(el_token_stamp(body, show_key, shown_at, &t));
	el_token_encode(&t, bytes);
	el_token_text(&t, text);
	vec_int(s, "shown_at", shown_at);
	vec_hex(s, "tag", t.tag.b, sizeof t.tag.b);
	vec_hex(s, "token", bytes, sizeof bytes);
	vec_text(s, "text", text);
	if (why != NULL)
		vec_text(s, "why", why);
	json_array_append_new(list, s);
}

/* The first second from a start whose text has two spaces in a row: a trimming or folding reader fails. */
static uint32_t
with_two_spaces(const struct el_body *body, const uint8_t show_key[32], uint32_t from)
{
	char text[EL_TOKEN_TEXT_LEN + 1];
	struct el_token t;

	for (;; from++) {
		VEC_OK(el_token_stamp(body, show_key, from, &t));
		el_token_text(&t, text);
		if (strstr(text, "  ") != NULL)
			return from;
	}
}

static void
token_good(json_t *file, const char *name, const struct issuing *by, uint8_t issuer, el_epoch epoch, uint16_t index,
    struct el_body *body)
{
	json_t *c = vec_case(file, name, true), *shown = json_array();
	uint8_t wide[64], day_key[32], show_key[32];
	struct el_point shared;
	struct el_day_secret day;
	struct el_handle opened;
	struct el_scalar r;
	struct el_token t;

	vec_derive("token/secret", day.s, sizeof day.s);
	vec_derive("token/handle", day.h.b, sizeof day.h.b);
	vec_derive(name, wide, sizeof wide);
	vec_feed(wide, sizeof wide);
	el_scalar_random(&r);
	vec_feed(wide, sizeof wide);
	VEC_OK(el_issue_body(by->key, issuer, epoch, &by->links_key, &day, index, body));
	vec_fed();
	VEC_OK(el_token_parse_body(body->b, sizeof body->b, &t));
	VEC_OK(el_token_check_signature(&t, el_sign_key_pk(by->key)));
	VEC_OK(el_point_mul(&shared, &r, &by->links_key));
	el_link_mask(&shared, t.r, &by->links_key, t.link.b, opened.b);
	VEC_CHECK(memcmp(opened.b, day.h.b, sizeof opened.b) == 0);
	el_token_day_key(by->pair, issuer, epoch, day_key);
	el_token_show_key(day_key, body, show_key);
	vec_text(c, "kind", "draw");
	vec_int(c, "issuer", issuer);
	vec_int(c, "epoch", epoch);
	vec_hex(c, "secret", day.s, sizeof day.s);
	vec_hex(c, "handle", day.h.b, sizeof day.h.b);
	vec_int(c, "index", index);
	vec_hex(c, "r_wide", wide, sizeof wide);
	vec_hex(c, "r", r.b, 32);
	vec_hex(c, "seed", by->seed, sizeof by->seed);
	vec_hex(c, "public", el_sign_key_pk(by->key)->b, 32);
	vec_hex(c, "link_secret", by->y.b, 32);
	vec_hex(c, "Y", by->links_key.b, 32);
	vec_hex(c, "pair", by->pair, sizeof by->pair);
	vec_hex(c, "id", t.tid.b, sizeof t.tid.b);
	vec_hex(c, "R", t.r, sizeof t.r);
	vec_hex(c, "S", shared.b, 32);
	vec_hex(c, "link", t.link.b, sizeof t.link.b);
	vec_hex(c, "signature", t.sig.b, sizeof t.sig.b);
	vec_hex(c, "body", body->b, sizeof body->b);
	vec_hex(c, "day_key", day_key, sizeof day_key);
	vec_hex(c, "show_key", show_key, sizeof show_key);
	put_shown(shown, body, show_key, 1788500000, NULL);
	put_shown(shown, body, show_key, 1788500008, "the next redraw of the same body");
	put_shown(shown, body, show_key, 0, "the smallest time");
	put_shown(shown, body, show_key, UINT32_MAX, "the largest time");
	put_shown(shown, body, show_key, with_two_spaces(body, show_key, 1788500010), "two spaces in a row");
	vec_put(c, "shown", shown);
}

/* A token of 144 changed bytes: which of the checks must refuse it, and the first one in the order of 5.1. */
static void
token_changed(json_t *file, const char *field, const struct issuing *by, const uint8_t bytes[EL_TOKEN_LEN], size_t bit)
{
	uint8_t bad[EL_TOKEN_LEN], day_key[32];
	struct el_token t;
	char name[80], text[EL_TOKEN_TEXT_LEN + 1];
	bool signature, tag;
	json_t *c;

	snprintf(name, sizeof name, "one bit changed in %s", field);
	c = vec_case(file, name, false);
	memcpy(bad, bytes, sizeof bad);
	bad[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	VEC_OK(el_token_parse(bad, sizeof bad, &t));
	el_token_day_key(by->pair, 7, 20700, day_key);
	signature = el_token_check_signature(&t, el_sign_key_pk(by->key)) == EL_OK;
	tag = el_token_check_tag(&t, day_key);
	VEC_CHECK(!tag && signature == (bit / 8 >= EL_BODY_LEN));
	el_token_text(&t, text);
	vec_text(c, "kind", "check");
	vec_hex(c, "token", bad, sizeof bad);
	vec_text(c, "text", text);
	vec_hex(c, "public", el_sign_key_pk(by->key)->b, 32);
	vec_hex(c, "day_key", day_key, sizeof day_key);
	vec_put(c, "signature_valid", json_boolean(signature));
	vec_put(c, "tag_valid", json_boolean(tag));
	vec_text(c, "check", t.version != EL_TOKEN_VERSION ? "version" : "tag");
}

static void
text_bad(json_t *file, const char *name, const char *text)
{
	json_t *c = vec_case(file, name, false);
	struct el_token t;

	VEC_CHECK(el_token_parse_text(text, strlen(text), &t) == EL_EFORMAT);
	vec_text(c, "kind", "text");
	vec_text(c, "text", text);
	vec_text(c, "check", "shape");
}

static void
texts(json_t *file, const char *good, const uint8_t bytes[EL_TOKEN_LEN])
{
	char t[EL_TOKEN_TEXT_LEN + 8];

	snprintf(t, sizeof t, "%.219s", good);
	text_bad(file, "a text of 219 characters", t);
	snprintf(t, sizeof t, "%s ", good);
	text_bad(file, "a space behind the text", t);
	snprintf(t, sizeof t, " %.219s", good);
	text_bad(file, "a space in front, 220 characters", t);
	text_bad(file, "no prefix", good + 4);
	snprintf(t, sizeof t, "EL2:%s", good + 4);
	text_bad(file, "another version's prefix", t);
	snprintf(t, sizeof t, "el1:%s", good + 4);
	text_bad(file, "the prefix in lower case", t);
	snprintf(t, sizeof t, "%s", good);
	for (char *p = t; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	text_bad(file, "the whole text in lower case", t);
	snprintf(t, sizeof t, "%.217s:::", good);
	text_bad(file, "a last group above 65535", t);
	snprintf(t, sizeof t, "%.219s_", good);
	text_bad(file, "a character outside the alphabet", t);
	snprintf(t, sizeof t, "%.216sABCD", good);
	t[100] = '\t';
	text_bad(file, "a tab inside", t);
	memcpy(t, "EL1:", 4);
	el_base45_encode(bytes, EL_BODY_LEN, t + 4);
	text_bad(file, "a body without time and tag", t);
	text_bad(file, "an empty text", "");
}

json_t *
make_token(void)
{
	static const struct {
		const char *field;
		size_t bit;
	} changed[] = {
		{ "the version", 7 },
		{ "the version's top bit", 0 },
		{ "the issuer", 15 },
		{ "the epoch", 31 },
		{ "T", 32 },
		{ "T's last bit", 159 },
		{ "R", 160 },
		{ "R's bit 255", 408 },
		{ "the link", 416 },
		{ "the link's last bit", 543 },
		{ "the signature's R", 544 },
		{ "the signature's S", 800 },
		{ "the last bit of the signature", 1055 },
		{ "shown_at", 1056 },
		{ "the last bit of shown_at", 1087 },
		{ "the tag", 1088 },
		{ "the last bit of the tag", 1151 },
	};
	json_t *file = vec_file("token");
	uint8_t wide[64], bytes[EL_TOKEN_LEN], day_key[32], show_key[32];
	char text[EL_TOKEN_TEXT_LEN + 1];
	struct issuing by;
	struct el_body body;
	struct el_token t;

	vec_derive("token/seed", by.seed, sizeof by.seed);
	vec_derive("token/pair", by.pair, sizeof by.pair);
	vec_derive("token/link secret", wide, sizeof wide);
	vec_feed(wide, sizeof wide);
	el_scalar_random(&by.y);
	VEC_OK(el_point_base(&by.links_key, &by.y));
	VEC_OK(el_sign_key_new(by.seed, &by.key));
	token_good(file, "issuer 1, epoch 0, index 65535", &by, 1, 0, 65535, &body);
	token_good(file, "issuer 255, epoch 65535, index 256", &by, 255, 65535, 256, &body);
	token_good(file, "issuer 7, epoch 20700, index 1", &by, 7, 20700, 1, &body);
	token_good(file, "issuer 7, epoch 20700, index 0", &by, 7, 20700, 0, &body);
	token_good(file, "issuer 7, epoch 20700, index 0 again: another r", &by, 7, 20700, 0, &body);
	el_token_day_key(by.pair, 7, 20700, day_key);
	el_token_show_key(day_key, &body, show_key);
	VEC_OK(el_token_stamp(&body, show_key, 1788500000, &t));
	el_token_encode(&t, bytes);
	el_token_text(&t, text);
	for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++)
		token_changed(file, changed[i].field, &by, bytes, changed[i].bit);
	texts(file, text, bytes);
	el_sign_key_free(by.key);
	return file;
}

struct trace {
	struct el_scalar z;
	struct el_point traces_key;
	uint8_t com[32], box[EL_TRACE_BOX_LEN];
	struct el_point shared;
};

static void
trace_bad(json_t *file, const char *name, const struct trace *t, uint8_t issuer, el_epoch epoch, const uint8_t com[32],
    const uint8_t box[EL_TRACE_BOX_LEN], int error)
{
	json_t *c = vec_case(file, name, false);
	uint8_t s[32];

	VEC_CHECK(el_trace_box_open(&t->shared, &t->traces_key, issuer, epoch, com, box, s) == error);
	vec_hex(c, "Z", t->traces_key.b, 32);
	vec_hex(c, "S", t->shared.b, 32);
	vec_int(c, "issuer", issuer);
	vec_int(c, "epoch", epoch);
	vec_hex(c, "com", com, 32);
	vec_hex(c, "box", box, EL_TRACE_BOX_LEN);
	vec_text(c, "error", error == EL_EFORMAT ? "format" : "crypto");
}

static void
trace_good(json_t *file, const char *name, uint8_t issuer, el_epoch epoch, struct trace *t)
{
	json_t *c = vec_case(file, name, true);
	uint8_t wide[64], s[32], again[32], ad[48];
	struct el_scalar r;
	struct el_hash hash;

	vec_derive("trace_box/z", wide, sizeof wide);
	vec_feed(wide, sizeof wide);
	el_scalar_random(&t->z);
	VEC_OK(el_point_base(&t->traces_key, &t->z));
	vec_derive("trace_box/secret", s, sizeof s);
	el_trace_com(s, t->com);
	vec_derive(name, wide, sizeof wide);
	vec_feed(wide, sizeof wide);
	el_scalar_random(&r);
	VEC_OK(el_point_mul(&t->shared, &r, &t->traces_key));
	vec_feed(wide, sizeof wide);
	VEC_OK(el_trace_box_seal(&t->traces_key, issuer, epoch, s, t->com, t->box));
	vec_fed();
	VEC_OK(el_trace_box_open(&t->shared, &t->traces_key, issuer, epoch, t->com, t->box, again));
	VEC_CHECK(memcmp(s, again, sizeof s) == 0);
	memcpy(ad, "EL1-box-trace", 13);
	ad[13] = issuer;
	el_put_u16(ad + 14, epoch);
	memcpy(ad + 16, t->com, 32);
	el_sha256(t->box, sizeof t->box, &hash);
	vec_hex(c, "trace_secret", t->z.b, 32);
	vec_hex(c, "Z", t->traces_key.b, 32);
	vec_int(c, "issuer", issuer);
	vec_int(c, "epoch", epoch);
	vec_hex(c, "secret", s, sizeof s);
	vec_hex(c, "com", t->com, 32);
	vec_hex(c, "ad", ad, sizeof ad);
	vec_hex(c, "r_wide", wide, sizeof wide);
	vec_hex(c, "r", r.b, 32);
	vec_hex(c, "S", t->shared.b, 32);
	vec_hex(c, "box", t->box, sizeof t->box);
	vec_hex(c, "box_hash", hash.b, sizeof hash.b);
}

json_t *
make_trace_box(void)
{
	json_t *file = vec_file("trace_box");
	uint8_t wide[64], other[32], lie[32], bad[EL_TRACE_BOX_LEN];
	struct el_scalar r;
	struct trace t;

	trace_good(file, "issuer 255 on the last epoch", 255, 65535, &t);
	trace_good(file, "issuer 7 on day 20700", 7, 20700, &t);
	trace_bad(file, "another issuer", &t, 8, 20700, t.com, t.box, EL_ECRYPTO);
	trace_bad(file, "another epoch", &t, 7, 20701, t.com, t.box, EL_ECRYPTO);
	vec_derive("trace_box/another com", other, sizeof other);
	trace_bad(file, "another com", &t, 7, 20700, other, t.box, EL_ECRYPTO);
	memcpy(bad, t.box, sizeof bad);
	bad[79] ^= 1;
	trace_bad(file, "one bit changed", &t, 7, 20700, t.com, bad, EL_ECRYPTO);
	memset(bad, 0, 32);
	trace_bad(file, "R is the identity", &t, 7, 20700, t.com, bad, EL_EFORMAT);
	/* An issuer that seals another secret than the one its com binds: the box opens, the secret is refused. */
	vec_derive("trace_box/a lie", lie, sizeof lie);
	vec_derive("trace_box/r of the lie", wide, sizeof wide);
	vec_feed(wide, sizeof wide);
	el_scalar_random(&r);
	VEC_OK(el_point_mul(&t.shared, &r, &t.traces_key));
	vec_feed(wide, sizeof wide);
	VEC_OK(el_trace_box_seal(&t.traces_key, 7, 20700, lie, t.com, bad));
	trace_bad(file, "a secret that is not the one of com", &t, 7, 20700, t.com, bad, EL_ECRYPTO);
	return file;
}
