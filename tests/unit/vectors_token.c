#include <string.h>

#include "base/base64url.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "entrylog/token.h"
#include "token/issue.h"
#include "token/link.h"
#include "token/ticket.h"
#include "token/trace_box.h"
#include "vectors_replay.h"

void
replay_ticket(const json_t *c)
{
	uint8_t key[32], in[256], ticket[EL_TICKET_LEN], nonce[24], text[EL_TICKET_LEN];
	const size_t len = vec_some(c, "ticket", in, sizeof in);
	const uint8_t issuer = (uint8_t)vec_int(c, "issuer");
	struct el_day_secret day;

	vec_bytes(c, "ticket_key", key, sizeof key);
	if (len != EL_TICKET_LEN) {
		REQUIRE(vec_error(c) == EL_EFORMAT); /* the caller's length check: the interface takes 90 bytes */
		return;
	}
	REQUIRE(el_ticket_open(key, issuer, in, &day) == vec_error(c));
	if (!vec_valid(c)) {
		REQUIRE(el_is_zero(&day, sizeof day));
		return;
	}
	REQUIRE(vec_same(c, "secret", day.s, sizeof day.s) && vec_same(c, "handle", day.h.b, sizeof day.h.b));
	REQUIRE(el_ticket_epoch(in) == vec_int(c, "epoch"));
	REQUIRE(
	    el_base64url_exact(vec_text(c, "text"), text, sizeof text) == EL_OK && memcmp(text, in, sizeof text) == 0);
	vec_bytes(c, "nonce", nonce, sizeof nonce);
	vec_feed(nonce, sizeof nonce);
	el_ticket_seal(key, issuer, (el_epoch)vec_int(c, "epoch"), &day, ticket);
	REQUIRE(memcmp(ticket, in, sizeof ticket) == 0);
}

static void
replay_shown(const json_t *s, const struct el_body *body, const uint8_t show_key[32], const uint8_t day_key[32])
{
	const char *want = vec_text(s, "text");
	uint8_t bytes[EL_TOKEN_LEN];
	char text[EL_TOKEN_TEXT_LEN + 1];
	struct el_token t, parsed;

	REQUIRE(el_token_stamp(body, show_key, (uint32_t)vec_int(s, "shown_at"), &t) == EL_OK);
	el_token_encode(&t, bytes);
	el_token_text(&t, text);
	REQUIRE(vec_same(s, "tag", t.tag.b, sizeof t.tag.b));
	REQUIRE(vec_same(s, "token", bytes, sizeof bytes));
	REQUIRE(strcmp(text, want) == 0 && strlen(want) == EL_TOKEN_TEXT_LEN);
	REQUIRE(el_token_parse_text(want, strlen(want), &parsed) == EL_OK && memcmp(&parsed, &t, sizeof t) == 0);
	REQUIRE(el_token_check_tag(&parsed, day_key));
}

static void
replay_draw(const json_t *c)
{
	const uint8_t issuer = (uint8_t)vec_int(c, "issuer");
	const el_epoch epoch = (el_epoch)vec_int(c, "epoch");
	uint8_t seed[32], wide[64], pair[32], day_key[32], show_key[32];
	struct el_sign_key *key;
	struct el_day_secret day;
	struct el_point y, r, shared;
	struct el_scalar secret;
	struct el_handle opened;
	struct el_body body;
	struct el_token t;
	const json_t *s;
	size_t i;

	vec_bytes(c, "seed", seed, sizeof seed);
	vec_bytes(c, "secret", day.s, sizeof day.s);
	vec_bytes(c, "handle", day.h.b, sizeof day.h.b);
	vec_bytes(c, "Y", y.b, sizeof y.b);
	vec_bytes(c, "r_wide", wide, sizeof wide);
	REQUIRE(el_sign_key_new(seed, &key) == EL_OK);
	vec_feed(wide, sizeof wide);
	REQUIRE(el_issue_body(key, issuer, epoch, &y, &day, (uint16_t)vec_int(c, "index"), &body) == EL_OK);
	REQUIRE(vec_same(c, "body", body.b, sizeof body.b));
	REQUIRE(el_token_parse_body(body.b, sizeof body.b, &t) == EL_OK);
	REQUIRE(vec_same(c, "id", t.tid.b, sizeof t.tid.b) && vec_same(c, "R", t.r, sizeof t.r));
	REQUIRE(vec_same(c, "link", t.link.b, sizeof t.link.b) && vec_same(c, "signature", t.sig.b, sizeof t.sig.b));
	REQUIRE(el_token_check_signature(&t, el_sign_key_pk(key)) == EL_OK);
	/* The join: y R opens the link. */
	vec_bytes(c, "link_secret", secret.b, sizeof secret.b);
	REQUIRE(el_point_parse(t.r, &r) == EL_OK && el_point_mul(&shared, &secret, &r) == EL_OK);
	REQUIRE(vec_same(c, "S", shared.b, sizeof shared.b));
	el_link_mask(&shared, t.r, &y, t.link.b, opened.b);
	REQUIRE(memcmp(opened.b, day.h.b, sizeof opened.b) == 0);
	vec_bytes(c, "pair", pair, sizeof pair);
	el_token_day_key(pair, issuer, epoch, day_key);
	el_token_show_key(day_key, &body, show_key);
	REQUIRE(vec_same(c, "day_key", day_key, sizeof day_key) && vec_same(c, "show_key", show_key, sizeof show_key));
	json_array_foreach(json_object_get(c, "shown"), i, s) replay_shown(s, &body, show_key, day_key);
	REQUIRE(i > 0);
	el_sign_key_free(key);
}

void
replay_token(const json_t *c)
{
	const char *text = vec_text(c, vec_is(c, "kind", "draw") ? "name" : "text");
	uint8_t bytes[EL_TOKEN_LEN], day_key[32];
	struct el_sign_pk pk;
	struct el_token t;

	if (vec_is(c, "kind", "draw")) {
		replay_draw(c);
		return;
	}
	if (vec_is(c, "kind", "text")) {
		REQUIRE(el_token_parse_text(text, strlen(text), &t) == EL_EFORMAT && vec_is(c, "check", "shape"));
		return;
	}
	REQUIRE(el_token_parse_text(text, strlen(text), &t) == EL_OK);
	el_token_encode(&t, bytes);
	REQUIRE(vec_same(c, "token", bytes, sizeof bytes));
	vec_bytes(c, "public", pk.b, sizeof pk.b);
	vec_bytes(c, "day_key", day_key, sizeof day_key);
	REQUIRE((el_token_check_signature(&t, &pk) == EL_OK) == vec_bool(c, "signature_valid"));
	REQUIRE(el_token_check_tag(&t, day_key) == vec_bool(c, "tag_valid"));
	REQUIRE(vec_is(c, "check", t.version != EL_TOKEN_VERSION ? "version" : "tag"));
	REQUIRE(!vec_valid(c) && !vec_bool(c, "tag_valid"));
}

void
replay_trace_box(const json_t *c)
{
	const uint8_t issuer = (uint8_t)vec_int(c, "issuer");
	const el_epoch epoch = (el_epoch)vec_int(c, "epoch");
	uint8_t com[32], box[EL_TRACE_BOX_LEN], s[32], again[EL_TRACE_BOX_LEN], wide[64];
	struct el_point z, shared;
	struct el_hash hash;

	vec_bytes(c, "Z", z.b, sizeof z.b);
	vec_bytes(c, "S", shared.b, sizeof shared.b);
	vec_bytes(c, "com", com, sizeof com);
	vec_bytes(c, "box", box, sizeof box);
	REQUIRE(el_trace_box_open(&shared, &z, issuer, epoch, com, box, s) == vec_error(c));
	if (!vec_valid(c))
		return;
	REQUIRE(vec_same(c, "secret", s, sizeof s));
	el_trace_com(s, again);
	REQUIRE(memcmp(com, again, sizeof com) == 0);
	vec_bytes(c, "r_wide", wide, sizeof wide);
	vec_feed(wide, sizeof wide);
	REQUIRE(el_trace_box_seal(&z, issuer, epoch, s, com, again) == EL_OK && memcmp(box, again, sizeof box) == 0);
	el_sha256(box, sizeof box, &hash);
	REQUIRE(vec_same(c, "box_hash", hash.b, sizeof hash.b));
}
