#include "registry_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "crypto/box.h"
#include "crypto/group.h"
#include "entrylog/token.h"
#include "registry/checkin_plain.h"
#include "registry/net_internal.h"

/* Check-ins as they come in JSON: form becomes a verdict, sealed items are opened for their scanner only. */

#define NOON day_at(FIXTURE_EPOCH, 8 * 3600)

struct state {
	struct fixture f;
	struct el_registry_net net;
	struct el_checkin good;
	char text[EL_TOKEN_TEXT_LEN + 1], attempt[16];
};

static int
begin(void **state)
{
	struct state *const s = calloc(1, sizeof *s);
	struct el_token t;

	fixture_make(&s->f);
	fixture_token(&s->f, FIXTURE_EPOCH, 0, NOON, &s->good);
	assert_int_equal(el_token_parse(s->good.token, sizeof s->good.token, &t), EL_OK);
	el_token_text(&t, s->text);
	el_base64url_encode(s->good.attempt.b, sizeof s->good.attempt.b, s->attempt);
	s->net.checkins = calloc(1, sizeof *s->net.checkins);
	s->net.day.n_keys = 2;
	for (size_t i = 0; i < 2; i++) {
		el_scalar_random(&s->net.day.keys[i].secret);
		assert_int_equal(el_point_base(&s->net.points[i], &s->net.day.keys[i].secret), EL_OK);
	}
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct state *const s = *state;

	fixture_free(&s->f);
	free(s->net.checkins);
	free(s);
	return 0;
}

#define S struct state *const s = *state

static enum el_code
verdict(json_t *stolen, bool needs_time, struct el_checkin *out)
{
	el_registry_read_item(stolen, needs_time, out);
	json_decref(stolen);
	return out->verdict;
}

static void
reads_an_item_with_and_without_its_time(void **state)
{
	S;
	struct el_checkin x;

	assert_int_equal(
	    verdict(json_pack("{s:s, s:s}", "token", s->text, "attempt", s->attempt), false, &x), EL_CODE_OK);
	assert_memory_equal(x.token, s->good.token, sizeof x.token);
	assert_memory_equal(x.attempt.b, s->good.attempt.b, sizeof x.attempt.b);
	assert_false(x.has_scanned_at);
	assert_int_equal(
	    verdict(json_pack("{s:s, s:s, s:i}", "token", s->text, "attempt", s->attempt, "scanned_at", 5), false, &x),
	    EL_CODE_OK);
	assert_true(x.has_scanned_at);
	assert_int_equal(x.scanned_at, 5);
	assert_int_equal(verdict(json_pack("{s:s, s:s}", "token", s->text, "attempt", s->attempt), true, &x),
	    EL_CODE_MALFORMED_REQUEST);
}

static void
tells_a_malformed_request_from_a_malformed_token(void **state)
{
	S;
	struct el_checkin x;

	assert_int_equal(verdict(json_object(), false, &x), EL_CODE_MALFORMED_REQUEST);
	assert_int_equal(verdict(json_integer(1), false, &x), EL_CODE_MALFORMED_REQUEST);
	assert_int_equal(
	    verdict(json_pack("{s:s, s:s, s:i}", "token", s->text, "attempt", s->attempt, "extra", 1), false, &x),
	    EL_CODE_MALFORMED_REQUEST);
	assert_int_equal(
	    verdict(json_pack("{s:s, s:s}", "token", s->text, "attempt", "AA"), false, &x), EL_CODE_MALFORMED_REQUEST);
	assert_int_equal(
	    verdict(json_pack("{s:s, s:s, s:i}", "token", s->text, "attempt", s->attempt, "scanned_at", -1), false, &x),
	    EL_CODE_MALFORMED_REQUEST);
	assert_int_equal(
	    verdict(json_pack("{s:s, s:s}", "token", "", "attempt", s->attempt), false, &x), EL_CODE_MALFORMED_TOKEN);
	s->text[0] = 'e';
	assert_int_equal(verdict(json_pack("{s:s, s:s}", "token", s->text, "attempt", s->attempt), false, &x),
	    EL_CODE_MALFORMED_TOKEN);
}

/* What a scanner seals while it has no network (protocol 5.3). */
static json_t *
sealed(struct state *s, size_t key, uint32_t scanner)
{
	static const char label[] = "EL1-box-queue";
	uint8_t plain[EL_TOKEN_LEN + EL_ATTEMPT_LEN + 4], box[sizeof plain + EL_BOX_OVERHEAD], ad[sizeof label - 1 + 4];
	char text[EL_BASE64URL_LEN(sizeof box) + 1];

	memcpy(plain, s->good.token, EL_TOKEN_LEN);
	memcpy(plain + EL_TOKEN_LEN, s->good.attempt.b, EL_ATTEMPT_LEN);
	el_put_u32(plain + EL_TOKEN_LEN + EL_ATTEMPT_LEN, (uint32_t)NOON);
	memcpy(ad, label, sizeof label - 1);
	el_put_u32(ad + sizeof label - 1, scanner);
	assert_int_equal(el_box_seal(&s->net.points[key], plain, sizeof plain, ad, sizeof ad, box), EL_OK);
	el_base64url_encode(box, sizeof box, text);
	return json_pack("{s:s}", "sealed", text);
}

static void
opens_sealed_items_of_any_live_day_for_their_scanner_only(void **state)
{
	S;
	json_t *const batch = json_pack("{s:[o, o, o, {s:s}, {s:s, s:i}]}", "items", sealed(s, 0, 3), sealed(s, 1, 3),
	    sealed(s, 0, 4), "sealed", "AAAA", "sealed", "AAAA", "scanned_at", 1);
	const struct el_msg_checkins *const m = s->net.checkins;
	bool is_sealed;

	el_registry_read_batch(&s->net, batch, 0, &is_sealed);
	assert_true(is_sealed); /* core must be asked who this is */
	el_registry_read_batch(&s->net, batch, 3, &is_sealed);
	assert_int_equal(m->n, 5);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(m->items[i].verdict, EL_CODE_OK);
		assert_memory_equal(m->items[i].token, s->good.token, EL_TOKEN_LEN);
		assert_memory_equal(m->items[i].attempt.b, s->good.attempt.b, EL_ATTEMPT_LEN);
		assert_int_equal(m->items[i].scanned_at, NOON);
	}
	assert_int_equal(m->items[2].verdict, EL_CODE_MALFORMED_TOKEN);
	assert_int_equal(m->items[3].verdict, EL_CODE_MALFORMED_TOKEN);
	assert_int_equal(m->items[4].verdict, EL_CODE_MALFORMED_REQUEST);
	json_decref(batch);
}

static void
limits_a_batch_to_500_items(void **state)
{
	S;
	json_t *const batch = json_pack("{s:[]}", "items");
	bool is_sealed;

	for (size_t i = 0; i < EL_BATCH_MAX; i++)
		assert_int_equal(json_array_append_new(json_object_get(batch, "items"), json_object()), 0);
	el_registry_read_batch(&s->net, batch, 0, &is_sealed);
	assert_false(is_sealed);
	assert_int_equal(s->net.checkins->verdict, EL_CODE_OK);
	assert_int_equal(s->net.checkins->n, EL_BATCH_MAX);
	assert_int_equal(json_array_append_new(json_object_get(batch, "items"), json_object()), 0);
	el_registry_read_batch(&s->net, batch, 0, &is_sealed);
	assert_int_equal(s->net.checkins->verdict, EL_CODE_TOO_LARGE);
	assert_int_equal(s->net.checkins->n, 0);
	json_decref(batch);
}

/* The form that scanners write is read without a tree; what is read is the same (a fuzz target compares more). */
static void
reads_the_plain_form_from_its_bytes(void **state)
{
	static const char *const plain[] = { "{\"token\":\"%s\",\"attempt\":\"%s\"}",
		"{ \"token\" : \"%s\" , \"attempt\" : \"%s\" } ",
		"{\"scanned_at\":1700000000,\"token\":\"%s\",\"attempt\":\"%s\"}" };
	static const char *const other[] = { "{\"token\":\"%s\",\"attempt\":\"%s\",\"x\":1}",
		"{\"token\":\"%s\",\"attempt\":\"%s\"}}", "[{\"token\":\"%s\",\"attempt\":\"%s\"}]",
		"{\"token\":\"%s\",\"attempt\":\"%s\",\"scanned_at\":1.5}",
		"{\"token\":\"%s\",\"attempt\":\"%s\",\"scanned_at\":01}",
		"{\"token\":\"%s\",\"attempt\":\"%sA\"}", "{\"token\":\"x%s\",\"attempt\":\"%s\"}",
		"{\"token\":\"%s\",\"attempt\":\"%s\",\"attempt\":\"AAAAAAAAAAA\"}" };
	struct el_checkin out;
	char text[1200];
	size_t n;
	S;

	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
		snprintf(text, sizeof text, plain[i], s->text, s->attempt);
		assert_true(el_checkin_plain((const uint8_t *)text, strlen(text), &out));
		assert_memory_equal(out.token, s->good.token, sizeof out.token);
		assert_memory_equal(out.attempt.b, s->good.attempt.b, sizeof out.attempt.b);
		assert_true(out.has_scanned_at == (i == 2) && out.scanned_at == (i == 2 ? 1700000000 : 0));
		for (size_t cut = 0; cut + 2 < strlen(text); cut++)
			assert_false(el_checkin_plain((const uint8_t *)text, cut, &out));
	}
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		snprintf(text, sizeof text, other[i], s->text, s->attempt);
		assert_false(el_checkin_plain((const uint8_t *)text, strlen(text), &out));
	}
	snprintf(text, sizeof text,
	    "{\"items\":[{\"token\":\"%s\",\"attempt\":\"%s\",\"scanned_at\":5},"
	    "{\"token\":\"%s\",\"attempt\":\"%s\",\"scanned_at\":6}]}",
	    s->text, s->attempt, s->text, s->attempt);
	assert_true(el_checkin_plain_batch((const uint8_t *)text, strlen(text), s->net.checkins->items, 2, &n));
	assert_true(n == 2 && s->net.checkins->items[0].scanned_at == 5 && s->net.checkins->items[1].scanned_at == 6);
	assert_memory_equal(s->net.checkins->items[1].token, s->good.token, sizeof s->good.token);
	assert_false(el_checkin_plain_batch((const uint8_t *)text, strlen(text), s->net.checkins->items, 1, &n));
	assert_false(el_checkin_plain((const uint8_t *)text, strlen(text), &out));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(reads_an_item_with_and_without_its_time),
		T(tells_a_malformed_request_from_a_malformed_token),
		T(opens_sealed_items_of_any_live_day_for_their_scanner_only),
		T(limits_a_batch_to_500_items),
		T(reads_the_plain_form_from_its_bytes),
	};

	return cmocka_run_group_tests_name("registry_json", tests, NULL, NULL);
}
