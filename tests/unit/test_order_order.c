#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_order_world.h"

#define ASSERT_CASES(json, read, cases) world_assert_cases(json, read, cases, sizeof cases / sizeof cases[0])

/* --- orders --- */

static int
parse_order(const json_t *json)
{
	static struct el_order o, zero;
	char *text = json_dumps(json, JSON_COMPACT);
	const int r = el_order_parse((const uint8_t *)text, strlen(text), &o);

	if (r != EL_OK)
		assert_memory_equal(&o, &zero, sizeof o);
	free(text);
	return r;
}

static json_t *
order_json(void)
{
	static struct el_document d;
	static struct el_order o;
	struct el_policy *p = world_opened_policy();
	json_t *json;

	world_order(p, &o);
	world_order_document(&o, &d);
	json = world_json(&d);
	el_document_wipe(&d);
	free(p);
	return json;
}

static void
order_comes_back_as_it_was(void **state)
{
	static struct el_document d;
	static struct el_order a, b;
	struct el_policy *p = world_opened_policy();

	(void)state;
	world_order(p, &a);
	world_order_document(&a, &d);
	assert_int_equal(el_order_parse(d.doc, d.len, &b), EL_OK);
	assert_memory_equal(&a, &b, sizeof a); /* hash included */
	assert_memory_equal(&a.hash, &d.hash, sizeof a.hash);
	assert_ptr_equal(el_order_for(&b, "issuer:7"), &b.audience[1]);
	assert_null(el_order_for(&b, "issuer:8"));
	assert_null(el_order_for(&b, "issuer"));
	el_document_wipe(&d);
	free(p);
}

static void
order_refuses_every_missing_unknown_and_mistyped_field(void **state)
{
	json_t *json = order_json();

	(void)state;
	world_assert_strict(json, parse_order);
	json_decref(json);
}

static void
order_keeps_its_bounds(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "version", "2" } } }, { false, { { "kind", "\"contact\"" } } },
		{ false, { { "kind", "\"\"" } } }, { true, { { "kind", "\"trace\"" } } },
		{ true, { { "kind", "\"notice\"" } } }, { true, { { "kind", "\"recovery\"" } } },
		{ false, { { "created", "1788500000" }, { "expires", "1788500000" } } },
		{ true, { { "created", "1788500000" }, { "expires", "1788500001" } } },
		{ false, { { "first_epoch", "100" }, { "last_epoch", "99" } } },
		{ true, { { "first_epoch", "100" }, { "last_epoch", "100" } } },
		{ true, { { "first_epoch", "100" }, { "last_epoch", "130" } } },
		{ false, { { "first_epoch", "100" }, { "last_epoch", "131" } } },
		{ false, { { "last_epoch", "65536" } } }, { false, { { "audience", "[]" } } },
		{ true, { { "audience/1", NULL } } }, { false, { { "audience/1/party", "\"registry\"" } } },
		{ false, { { "audience/0/party", "\"issuer:7\"" } } },
		{ false, { { "audience/0/limits/items", "0" } } }, { true, { { "audience/0/limits/items", "1" } } },
		{ true, { { "audience/0/limits/items", "20000" } } },
		{ false, { { "audience/0/limits/items", "20001" } } },
		{ false, { { "executor/box_key", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" } } },
		{ false, { { "executor/key", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" } } },
		{ false, { { "id", "\"HR0dHR0dHR0dHR0dHR0d\"" } } }, /* 15 bytes */
	};
	json_t *json = order_json();

	(void)state;
	ASSERT_CASES(json, parse_order, cases);
	json_decref(json);
}

static void
order_speaks_to_the_registry_and_numbered_issuers(void **state)
{
	static const char *const bad[] = { "", "registry ", "Registry", "issuer", "issuer:", "issuer:0", "issuer:07",
		"issuer:256", "issuer:-1", "issuer:+1", "issuer: 1", "issuer:1 ", "issuer:1000", "issuer:7x",
		"authority", "trustee:1" };
	uint8_t issuer;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (el_party_parse(bad[i], &issuer) == EL_OK)
			fail_msg("accepted %s", bad[i]);
	assert_int_equal(el_party_parse("registry", &issuer), EL_OK);
	assert_int_equal(issuer, 0);
	assert_int_equal(el_party_parse("issuer:1", &issuer), EL_OK);
	assert_int_equal(issuer, 1);
	assert_int_equal(el_party_parse("issuer:255", &issuer), EL_OK);
	assert_int_equal(issuer, 255);
}

static void
order_goes_to_at_most_seventeen_parties(void **state)
{
	json_t *json = order_json(), *list = json_object_get(json, "audience"), *one;
	char party[16];

	(void)state;
	for (int i = 1; i <= 16; i++) {
		if (i == 7)
			continue;
		one = json_deep_copy(json_array_get(list, 0));
		snprintf(party, sizeof party, "issuer:%d", i);
		json_object_set_new(one, "party", json_string(party));
		json_array_append_new(list, one);
	}
	assert_int_equal(json_array_size(list), EL_ORDER_AUDIENCE_MAX);
	assert_int_equal(parse_order(json), EL_OK);
	one = json_deep_copy(json_array_get(list, 0));
	json_object_set_new(one, "party", json_string("issuer:17"));
	json_array_append_new(list, one);
	assert_int_equal(parse_order(json), EL_ELIMIT);
	json_decref(json);
}

static void
order_reads_fields_in_any_order_but_one_document_only(void **state)
{
	static struct el_order o;
	json_t *json = order_json(), *turned = json_object(), *value;
	const char *keys[16], *key;
	char *text, *twice;
	size_t n = 0;

	(void)state;
	json_object_foreach(json, key, value) keys[n++] = key;
	while (n-- > 0)
		json_object_set(turned, keys[n], json_object_get(json, keys[n]));
	text = json_dumps(turned, JSON_COMPACT);
	assert_int_equal(el_order_parse((uint8_t *)text, strlen(text), &o), EL_OK);
	assert_int_equal(asprintf(&twice, "%s%s", text, text) > 0, 1);
	assert_int_equal(el_order_parse((uint8_t *)twice, strlen(twice), &o), EL_EFORMAT);
	assert_int_equal(el_order_parse((uint8_t *)twice, strlen(text) - 1, &o), EL_EFORMAT);
	free(twice);
	free(text);
	json_decref(turned);
	json_decref(json);
}

static void
order_that_breaks_a_rule_is_not_encoded(void **state)
{
	static struct el_order o;
	struct el_policy *p = world_opened_policy();
	uint8_t *out;
	size_t len;

	(void)state;
	world_order(p, &o);
	o.audience[1].items = 0;
	assert_int_equal(el_order_encode(&o, &out, &len), EL_EFORMAT);
	assert_null(out);
	world_order(p, &o);
	o.expires = o.created;
	assert_int_equal(el_order_encode(&o, &out, &len), EL_EFORMAT);
	world_order(p, &o);
	o.kind = EL_ORDER_KINDS;
	assert_int_equal(el_order_encode(&o, &out, &len), EL_EFORMAT);
	free(p);
}

/* --- scopes --- */

static int
parse_text(const char *text)
{
	static struct el_scope s, zero;
	static uint8_t out[EL_SCOPE_MAX];
	const int r = el_scope_parse((const uint8_t *)text, strlen(text), &s);
	size_t len;

	if (r != EL_OK) {
		assert_memory_equal(&s, &zero, sizeof s);
	} else {
		/* All texts here are in the form that we write. */
		assert_int_equal(el_scope_encode(&s, out, sizeof out, &len), EL_OK);
		assert_int_equal(len, strlen(text));
		assert_memory_equal(out, text, len);
		assert_int_equal(el_scope_encode(&s, out, len - 1, &len), EL_ELIMIT);
		el_scope_wipe(&s);
		assert_memory_equal(&s, &zero, sizeof s);
	}
	return r;
}

static void
scope_takes_its_five_forms(void **state)
{
	(void)state;
	assert_int_equal(parse_text("{\"venues\":[41],\"from\":100,\"to\":200}"), EL_OK);
	assert_int_equal(parse_text("{\"venues\":[0,4294967295],\"from\":100,\"to\":100}"), EL_OK);
	assert_int_equal(parse_text("{\"opened\":\"links\"}"), EL_OK);
	assert_int_equal(parse_text("{\"opened\":\"links\",\"template\":1,\"day\":0}"), EL_OK);
	assert_int_equal(parse_text("{\"opened\":\"links\",\"template\":65535,\"day\":65535}"), EL_OK);
	assert_int_equal(parse_text("{\"opened\":\"secrets\",\"from\":100,\"to\":200}"), EL_OK);
	assert_int_equal(parse_text("{\"phones\":[\"+821012345678\",\"+15550100\"]}"), EL_OK);
}

static void
scope_refuses_everything_else(void **state)
{
	static const char *const bad[] = { "{}", "{\"venues\":[],\"from\":1,\"to\":2}", "{\"venues\":[1],\"from\":1}",
		"{\"venues\":[1],\"to\":1}", "{\"venues\":[1],\"from\":2,\"to\":1}",
		"{\"venues\":[1,1],\"from\":1,\"to\":2}", "{\"venues\":[4294967296],\"from\":1,\"to\":2}",
		"{\"venues\":[\"1\"],\"from\":1,\"to\":2}", "{\"venues\":1,\"from\":1,\"to\":2}",
		"{\"venues\":[1],\"from\":1,\"to\":2,\"phones\":[\"+821012345678\"]}",
		"{\"venues\":[1],\"from\":1,\"to\":2,\"opened\":\"links\"}",
		"{\"opened\":\"links\",\"from\":1,\"to\":2}", "{\"opened\":\"secrets\"}",
		"{\"opened\":\"secrets\",\"from\":2,\"to\":1}", "{\"opened\":\"handles\"}", "{\"opened\":\"\"}",
		"{\"opened\":null}", "{\"phones\":[]}", "{\"phones\":[\"+8201012345678\"]}",
		"{\"phones\":[\"01012345678\"]}", "{\"phones\":[\"+821012345678\",\"+821012345678\"]}",
		"{\"phones\":[\"+82 1012345678\"]}", "{\"phones\":[821012345678]}",
		"{\"phones\":[\"+821012345678\"],\"from\":1,\"to\":2}", "{\"venues\":null,\"opened\":\"links\"}",
		"{\"opened\":\"links\"}\n", "{\"opened\":\"links\",\"template\":1}",
		"{\"opened\":\"links\",\"day\":1}", "{\"opened\":\"links\",\"template\":0,\"day\":1}",
		"{\"opened\":\"links\",\"template\":65536,\"day\":1}", "{\"opened\":\"links\",\"template\":1,\"day\":65536}",
		"{\"opened\":\"links\",\"template\":null}", "{\"opened\":\"links\",\"template\":1,\"day\":1,\"from\":1,\"to\":2}",
		"{\"opened\":\"secrets\",\"template\":1,\"day\":1}" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (parse_text(bad[i]) != EL_EFORMAT)
			fail_msg("accepted %s", bad[i]);
}

static void
scope_names_at_most_a_hundred_venues_or_phones(void **state)
{
	json_t *venues = json_pack("{s:[], s:i, s:i}", "venues", "from", 1, "to", 2),
	       *phones = json_pack("{s:[]}", "phones");
	char phone[24], *text;

	(void)state;
	for (int i = 0; i < 101; i++) {
		json_array_append_new(json_object_get(venues, "venues"), json_integer(1000 + i));
		snprintf(phone, sizeof phone, "+8210%08d", i);
		json_array_append_new(json_object_get(phones, "phones"), json_string(phone));
		if (i != 99 && i != 100)
			continue;
		text = json_dumps(venues, JSON_COMPACT);
		assert_int_equal(parse_text(text), i == 99 ? EL_OK : EL_ELIMIT);
		free(text);
		text = json_dumps(phones, JSON_COMPACT);
		assert_int_equal(parse_text(text), i == 99 ? EL_OK : EL_ELIMIT);
		free(text);
	}
	json_decref(venues);
	json_decref(phones);
}

static void
scope_covers_whole_minutes_of_its_window(void **state)
{
	static struct el_scope s;

	(void)state;
	s.form = EL_SCOPE_VENUES;
	s.venues[0] = 41;
	s.n_venues = 1;
	s.from = 630;
	s.to = 700;
	assert_false(el_scope_covers(&s, 41, 540));
	assert_true(el_scope_covers(&s, 41, 600)); /* the minute that 630 lies in */
	assert_true(el_scope_covers(&s, 41, 660));
	assert_false(el_scope_covers(&s, 41, 720));
	assert_false(el_scope_covers(&s, 42, 660));
	s.to = 720;
	assert_true(el_scope_covers(&s, 41, 720));
	s.form = EL_SCOPE_SECRETS;
	s.n_venues = 0;
	assert_true(el_scope_covers(&s, 42, 660));
	assert_false(el_scope_covers(&s, 42, 780));
	s.form = EL_SCOPE_LINKS;
	assert_false(el_scope_covers(&s, 41, 660));
	s.form = EL_SCOPE_PHONES;
	assert_false(el_scope_covers(&s, 41, 660));
}

static int
read_disclosed(const json_t *json)
{
	static struct el_disclosed d, zero;
	const int r = el_disclosed_from_json(json, &d);

	if (r != EL_OK)
		assert_memory_equal(&d, &zero, sizeof d);
	return r;
}

static void
disclosed_scope_comes_back_and_is_strict(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "party", "\"authority\"" } } },
		{ false, { { "salt", "\"AAAA\"" } } },
		{ true, { { "scope", "\"AAAA\"" } } }, /* its bytes are judged later, against the order */
		{ false, { { "scope", "\"AAA=\"" } } },
	};
	static struct el_disclosed a, b;
	json_t *json;
	char *big;

	(void)state;
	world_scope("registry", &a);
	json = el_disclosed_to_json(&a);
	assert_int_equal(el_disclosed_from_json(json, &b), EL_OK);
	assert_memory_equal(&a, &b, sizeof a);
	world_assert_strict(json, read_disclosed);
	ASSERT_CASES(json, read_disclosed, cases);
	big = malloc(EL_SCOPE_MAX * 2);
	memset(big, 'A', EL_SCOPE_MAX * 2);
	big[EL_SCOPE_MAX / 3 * 4 + 4] = '\0';
	json_object_set_new(json, "scope", json_string(big));
	assert_int_equal(read_disclosed(json), EL_ELIMIT);
	free(big);
	json_decref(json);
}

static void
scope_hash_binds_party_salt_and_bytes(void **state)
{
	static struct el_disclosed d;
	struct el_hash a, b;

	(void)state;
	world_scope("registry", &d);
	el_scope_hash(&d, &a);
	d.salt[0] ^= 1;
	el_scope_hash(&d, &b);
	assert_memory_not_equal(&a, &b, sizeof a);
	d.salt[0] ^= 1;
	d.scope[d.len - 1] ^= 1;
	el_scope_hash(&d, &b);
	assert_memory_not_equal(&a, &b, sizeof a);
	d.scope[d.len - 1] ^= 1;
	strcpy(d.party, "issuer:7");
	el_scope_hash(&d, &b);
	assert_memory_not_equal(&a, &b, sizeof a);
	strcpy(d.party, "registry");
	el_scope_hash(&d, &b);
	assert_memory_equal(&a, &b, sizeof a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_comes_back_as_it_was),
		cmocka_unit_test(order_refuses_every_missing_unknown_and_mistyped_field),
		cmocka_unit_test(order_keeps_its_bounds),
		cmocka_unit_test(order_speaks_to_the_registry_and_numbered_issuers),
		cmocka_unit_test(order_goes_to_at_most_seventeen_parties),
		cmocka_unit_test(order_reads_fields_in_any_order_but_one_document_only),
		cmocka_unit_test(order_that_breaks_a_rule_is_not_encoded),
		cmocka_unit_test(scope_takes_its_five_forms),
		cmocka_unit_test(scope_refuses_everything_else),
		cmocka_unit_test(scope_names_at_most_a_hundred_venues_or_phones),
		cmocka_unit_test(scope_covers_whole_minutes_of_its_window),
		cmocka_unit_test(disclosed_scope_comes_back_and_is_strict),
		cmocka_unit_test(scope_hash_binds_party_salt_and_bytes),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
