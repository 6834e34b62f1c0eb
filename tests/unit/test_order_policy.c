#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64url.h"
#include "test_order_world.h"

/* What root signs.  Each table is of edits to a valid document, so a case differs from it in that alone. */
#define ASSERT_CASES(json, read, cases) world_assert_cases(json, read, cases, sizeof cases / sizeof cases[0])

static json_t *
json_of(void (*make)(struct el_document *))
{
	static struct el_document d;
	json_t *json;

	make(&d);
	json = world_json(&d);
	el_document_wipe(&d);
	return json;
}

static int
open_policy(const json_t *json)
{
	static struct el_document d;
	static struct el_policy p, zero;
	int r;

	world_document(json, KEY_ROOT, "EL1-policy", &d);
	r = el_policy_open(&d, world_pk(KEY_ROOT), &p);
	if (r != EL_OK)
		assert_memory_equal(&p, &zero, sizeof p);
	el_document_wipe(&d);
	return r;
}

static int
open_bundle(const json_t *json)
{
	static struct el_document d;
	static struct el_bundle b, zero;
	int r;

	world_document(json, KEY_ROOT, "EL1-bundle", &d);
	r = el_bundle_open(&d, world_pk(KEY_ROOT), &b);
	if (r != EL_OK)
		assert_memory_equal(&b, &zero, sizeof b);
	el_document_wipe(&d);
	return r;
}

static int
open_directory(const json_t *json)
{
	static struct el_document doc;
	static struct el_directory d, zero;
	int r;

	world_document(json, KEY_ROOT, "EL1-directory", &doc);
	r = el_directory_open(&doc, world_pk(KEY_ROOT), &d);
	if (r != EL_OK)
		assert_memory_equal(&d, &zero, sizeof d);
	el_document_wipe(&doc);
	return r;
}

/* The value of another path as JSON text; valid until the next call. */
static const char *
copy_of(const json_t *list, size_t i, const char *key)
{
	static char text[64];
	const json_t *v = json_array_get(list, i);

	snprintf(text, sizeof text, "\"%s\"", json_string_value(key != NULL ? json_object_get(v, key) : v));
	return text;
}

/* --- policy --- */

static void
policy_comes_back_as_it_was(void **state)
{
	struct el_policy *p = world_policy(), *q = world_opened_policy();

	(void)state;
	q->hash = p->hash;
	assert_memory_equal(p, q, sizeof *p);
	free(p);
	free(q);
}

static void
policy_refuses_every_missing_unknown_and_mistyped_field(void **state)
{
	json_t *json = json_of(world_policy_document);

	(void)state;
	world_assert_strict(json, open_policy);
	json_decref(json);
}

static void
policy_keeps_its_bounds(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "version", "2" } } },
		{ false, { { "version", "0" } } },
		{ false, { { "day_offset", "86400" } } },
		{ true, { { "day_offset", "86399" } } },
		{ true, { { "day_offset", "0" } } },
		{ false, { { "consent", "65536" } } },
		{ true, { { "consent", "65535" } } },
		{ false, { { "serial", "9007199254740992" } } },
		{ true, { { "serial", "9007199254740991" } } },
		{ true, { { "templates", "[]" } } },
		{ true, { { "witnesses", "[]" } } },
		{ true, { { "caps", "null" } } },
		{ false, { { "caps", "{}" } } },
		{ false, { { "caps/items", "0" } } },
		{ true, { { "caps/items", "1" } } },
		{ true, { { "caps/items", "1000000" } } },
		{ false, { { "caps/items", "1000001" } } },
		{ false, { { "health_group", "\"\"" } } },
		{ true, { { "health_group", "\"1234567890123456789012345678901\"" } } },
		{ false, { { "health_group", "\"12345678901234567890123456789012\"" } } },
		{ false, { { "officers/0/name", "\"\"" } } },
		{ false, { { "trustees/0/group", "\"\"" } } },
		{ false, { { "trustees/0/name", "\"e\xcc\x81\"" } } },
		{ true, { { "trustees/0/name", "\"\xc3\xa9\"" } } },
	};
	json_t *json = json_of(world_policy_document);

	(void)state;
	ASSERT_CASES(json, open_policy, cases);
	json_decref(json);
}

static void
policy_threshold_is_a_majority_of_at_least_two(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "threshold", "0" } } }, { false, { { "threshold", "1" } } },
		{ true, { { "threshold", "2" } } }, { true, { { "threshold", "3" } } },
		{ false, { { "threshold", "4" } } }, { true, { { "trustees/2", NULL } } }, /* 2 of 2 */
		{ false, { { "trustees", "[]" } } },
		{ false, { { "threshold", "1" }, { "trustees/2", NULL }, { "trustees/1", NULL } } }, /* 1 of 1 */
	};
	json_t *json = json_of(world_policy_document), *list = json_object_get(json, "trustees"), *four;
	const struct el_point p = world_point(104);
	char key[44];

	(void)state;
	json_array_clear(json_object_get(json, "witnesses")); /* of trustees that go */
	ASSERT_CASES(json, open_policy, cases);
	el_base64url_encode(p.b, sizeof p.b, key);
	four = json_pack("{s:i, s:s, s:s, s:s}", "index", 4, "name", "t", "group", "g", "box_key", key);
	json_array_append_new(list, four);
	assert_int_equal(open_policy(json), EL_EFORMAT); /* 2 of 4 */
	json_object_set_new(json, "threshold", json_integer(3));
	assert_int_equal(open_policy(json), EL_OK);
	json_decref(json);
}

static void
policy_allows_one_of_one_in_a_lab_only(void **state)
{
	static const struct world_case cases[] = {
		{ true, { { "threshold", "1" }, { "trustees/2", NULL }, { "trustees/1", NULL } } },
		{ false, { { "threshold", "1" }, { "trustees/2", NULL } } }, { false, { { "threshold", "1" } } },
		{ true, { { "trustees/1/group", "\"health\"" } } }, /* warned about elsewhere */
	};
	json_t *json = json_of(world_policy_document);

	(void)state;
	json_object_set_new(json, "lab", json_true());
	json_array_clear(json_object_get(json, "witnesses")); /* of trustees that go */
	ASSERT_CASES(json, open_policy, cases);
	json_decref(json);
}

static void
policy_keeps_the_health_authority_below_the_threshold(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "trustees/1/group", "\"health\"" } } },
		{ true, { { "trustees/1/group", "\"health\"" }, { "threshold", "3" } } },
		{ false, { { "trustees/1/group", "\"health\"" }, { "trustees/2/group", "\"health\"" },
			     { "threshold", "3" } } },
	};
	json_t *json = json_of(world_policy_document);

	(void)state;
	ASSERT_CASES(json, open_policy, cases);
	json_decref(json);
}

static void
policy_numbers_its_trustees_from_one_and_gives_each_a_key(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "trustees/0/index", "0" } } },
		{ false, { { "trustees/1/index", "1" } } },
		{ false, { { "trustees/2/index", "4" } } },
		{ false, { { "trustees/0/index", "2" }, { "trustees/1/index", "1" } } },
		{ false, { { "trustees/0", NULL } } },
	};
	json_t *json = json_of(world_policy_document), *edited;

	(void)state;
	ASSERT_CASES(json, open_policy, cases);
	edited = world_edit(json, "trustees/1/box_key", copy_of(json_object_get(json, "trustees"), 0, "box_key"));
	assert_int_equal(open_policy(edited), EL_EFORMAT);
	json_decref(edited);
	json_decref(json);
}

static void
policy_names_each_officer_once_with_a_time_to_serve(void **state)
{
	static const struct world_case cases[] = {
		{ true, { { "officers", "[]" } } },
		{ false, { { "officers/0/from", "1788500000" }, { "officers/0/to", "1788500000" } } },
		{ false, { { "officers/0/from", "1788500001" }, { "officers/0/to", "1788500000" } } },
		{ true, { { "officers/0/from", "1788500000" }, { "officers/0/to", "1788500001" } } },
	};
	json_t *json = json_of(world_policy_document), *list = json_object_get(json, "officers"), *edited;

	(void)state;
	ASSERT_CASES(json, open_policy, cases);
	edited = world_edit(json, "officers/3/key", copy_of(list, 0, "key"));
	assert_int_equal(open_policy(edited), EL_EFORMAT);
	json_decref(edited);
	edited = world_edit(json, "revoked/0", copy_of(list, 0, "key"));
	assert_int_equal(open_policy(edited), EL_OK);
	json_array_append(json_object_get(edited, "revoked"), json_array_get(json_object_get(edited, "revoked"), 0));
	assert_int_equal(open_policy(edited), EL_EFORMAT);
	json_decref(edited);
	json_decref(json);
}

static void
policy_quorums_are_one_a_kind_and_reach_beyond_the_health_authority(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "quorums/0/kind", "\"trace\"" } } }, /* then twice */
		{ false, { { "quorums/0/kind", "\"unknown\"" } } },
		{ false, { { "quorums/0", NULL } } },
		{ false,
		    { { "quorums/4", "{\"kind\":\"contacts\",\"groups\":[{\"group\":\"court\",\"count\":1}]}" } } },
		{ false, { { "quorums/0/groups/1", NULL } } }, /* health alone */
		{ true, { { "quorums/0/groups/0", NULL } } }, /* court alone */
		{ false, { { "quorums/0/groups", "[]" } } },
		{ false, { { "quorums/0/groups/0/count", "0" } } },
		{ false, { { "quorums/0/groups/1/count", "0" } } },
		{ true, { { "quorums/0/groups/1/count", "64" } } }, /* more than there are officers */
		{ false, { { "quorums/0/groups/1/count", "65" } } },
		{ false, { { "quorums/0/groups/1/group", "\"health\"" } } },
		{ false, { { "quorums/0/groups/2", "{\"group\":\"court\",\"count\":1}" } } },
		{ true, { { "quorums/0/groups/2", "{\"group\":\"press\",\"count\":1}" } } },
	};
	json_t *json = json_of(world_policy_document);

	(void)state;
	ASSERT_CASES(json, open_policy, cases);
	json_decref(json);
}

/* A JSON string of n times a letter of two bytes; valid until the next call. */
static const char *
long_text(size_t n)
{
	static char text[1024];
	size_t at = 1;

	text[0] = '"';
	for (size_t i = 0; i < n; i++, at += 2)
		memcpy(text + at, "\xc3\xa9", 2);
	memcpy(text + at, "\"", 2);
	return text;
}

static void
policy_numbers_its_templates_upwards_and_bounds_their_texts(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "templates/0", "1" } } },
		{ false, { { "templates/0/number", "0" } } },
		{ false, { { "templates/0/number", "7" } } },
		{ false, { { "templates/0/number", "8" } } },
		{ true, { { "templates/0/number", "6" } } },
		{ true, { { "templates/1/number", "65535" } } },
		{ false, { { "templates/1/number", "65536" } } },
		{ false, { { "templates/0/ko", "\"\"" } } },
		{ false, { { "templates/0/en", "\"a\\nb\"" } } },
		{ true, { { "templates/0", NULL } } },
	};
	json_t *json = json_of(world_policy_document), *edited, *list;
	const struct el_policy_template *t;
	struct el_policy *p = world_policy();

	(void)state;
	ASSERT_CASES(json, open_policy, cases);
	edited = world_edit(json, "templates/0/ko", long_text(200));
	assert_int_equal(open_policy(edited), EL_OK);
	json_decref(edited);
	edited = world_edit(json, "templates/0/ko", long_text(201));
	assert_int_not_equal(open_policy(edited), EL_OK);
	json_decref(edited);
	list = json_object_get(json, "templates");
	json_array_clear(list);
	for (int i = 1; i <= 33; i++) {
		assert_int_equal(open_policy(json), EL_OK);
		json_array_append_new(list, json_pack("{s:i, s:s, s:s}", "number", i, "ko", "k", "en", "e"));
	}
	assert_int_not_equal(open_policy(json), EL_OK);
	assert_non_null(t = el_policy_template(p, 7));
	assert_string_equal(t->en, "text 1");
	assert_null(el_policy_template(p, 2));
	assert_null(el_policy_template(p, 0));
	free(p);
	json_decref(json);
}

static void
policy_takes_each_witness_from_another_trustee_with_another_key(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "witnesses/0", "1" } } },
		{ false, { { "witnesses/0/trustee", "0" } } },
		{ false, { { "witnesses/0/trustee", "2" } } },
		{ false, { { "witnesses/0/trustee", "3" } } },
		{ true, { { "witnesses/1/trustee", "3" } } },
		{ false, { { "witnesses/1/trustee", "4" } } },
		{ false, { { "witnesses/1/key", "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" } } },
		{ true, { { "witnesses/0", NULL } } },
	};
	json_t *json = json_of(world_policy_document), *edited;
	struct el_policy *p = world_policy();

	(void)state;
	ASSERT_CASES(json, open_policy, cases);
	edited = world_edit(json, "witnesses/1/key", copy_of(json_object_get(json, "witnesses"), 0, "key"));
	assert_int_equal(open_policy(edited), EL_EFORMAT);
	json_decref(edited);
	assert_true(el_sign_pk_eq(el_policy_witness(p, 2), world_pk(KEY_WITNESS_2)));
	assert_null(el_policy_witness(p, 3));
	assert_null(el_policy_witness(p, 0));
	free(p);
	json_decref(json);
}

static void
policy_is_roots_alone(void **state)
{
	static struct el_document d;
	static struct el_policy p;
	json_t *json = json_of(world_policy_document), *edited;

	(void)state;
	world_document(json, KEY_STRANGER, "EL1-policy", &d);
	assert_int_equal(el_policy_open(&d, world_pk(KEY_ROOT), &p), EL_ECRYPTO);
	/* A policy of another deployment, even when its root signs it. */
	assert_int_equal(el_policy_open(&d, world_pk(KEY_STRANGER), &p), EL_EFORMAT);
	el_document_wipe(&d);
	world_document(json, KEY_ROOT, "EL1-bundle", &d);
	assert_int_equal(el_policy_open(&d, world_pk(KEY_ROOT), &p), EL_ECRYPTO);
	el_document_wipe(&d);
	world_document(json, KEY_ROOT, "EL1-policy", &d);
	d.doc[d.len - 2] ^= 1;
	assert_int_equal(el_policy_open(&d, world_pk(KEY_ROOT), &p), EL_ECRYPTO);
	el_document_wipe(&d);
	edited = world_edit(json, "deployment", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"");
	assert_int_equal(open_policy(edited), EL_EFORMAT);
	json_decref(edited);
	json_decref(json);
}

static void
encoders_refuse_what_the_parsers_would(void **state)
{
	struct el_policy *p = world_policy();
	struct el_bundle *b = world_bundle();
	struct el_directory *d = world_directory();
	uint8_t *out;
	size_t len;

	(void)state;
	p->threshold = 1;
	assert_int_equal(el_policy_encode(p, &out, &len), EL_EFORMAT);
	assert_null(out);
	p->threshold = 2;
	snprintf(p->health_group, sizeof p->health_group, "a\nb");
	assert_int_equal(el_policy_encode(p, &out, &len), EL_EFORMAT);
	b->epochs[1].epoch = b->epochs[0].epoch;
	assert_int_equal(el_bundle_encode(b, &out, &len), EL_EFORMAT);
	d->issuers[0].keys[1].from--;
	assert_int_equal(el_directory_encode(d, &out, &len), EL_EFORMAT);
	d->issuers[0].keys[1].from++;
	d->not_after = -1;
	assert_int_equal(el_directory_encode(d, &out, &len), EL_EFORMAT);
	free(p);
	free(b);
	free(d);
}

/* --- bundle --- */

static void
bundle_comes_back_as_it_was(void **state)
{
	struct el_bundle *a = world_bundle(), *b = calloc(1, sizeof *b);
	static struct el_document d;

	(void)state;
	world_bundle_document(&d);
	assert_int_equal(el_bundle_open(&d, world_pk(KEY_ROOT), b), EL_OK);
	assert_memory_equal(&b->hash, &d.hash, sizeof d.hash);
	assert_ptr_equal(el_bundle_epoch(b, b->epochs[1].epoch), &b->epochs[1]);
	assert_null(el_bundle_epoch(b, (el_epoch)(b->epochs[0].epoch - 1)));
	b->hash = a->hash;
	assert_memory_equal(a, b, sizeof *a);
	el_document_wipe(&d);
	free(a);
	free(b);
}

static void
bundle_refuses_every_missing_unknown_and_mistyped_field(void **state)
{
	json_t *json = json_of(world_bundle_document);

	(void)state;
	world_assert_strict(json, open_bundle);
	json_decref(json);
}

static void
bundle_carries_three_kinds_of_t_commitments_for_rising_epochs(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "epochs", "[]" } } },
		{ true, { { "epochs/1", NULL } } },
		{ false, { { "epochs/0/epoch", "65535" } } },
		{ false, { { "epochs/2/epoch", "20000" } } },
		{ false, { { "epochs/2/epoch", "65536" } } },
		{ true, { { "epochs/2/epoch", "65535" } } },
		{ false, { { "epochs/0/links/1", NULL } } },
		{ false, { { "epochs/0/traces/1", NULL } } },
		{ false, { { "epochs/0/recovery/1", NULL } } },
		{ false, { { "epochs/0/recovery", NULL } } },
		{ false, { { "epochs/0/links/0", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" } } },
		{ false, { { "epochs/0/links/0", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA\"" } } },
		{ false, { { "threshold", "3" } } }, /* two commitments each */
		{ false, { { "threshold", "1" } } },
		{ false, { { "trustees/0/index", "2" } } },
		{ true, { { "trustees/2", NULL } } },
		{ false, { { "trustees/2", NULL }, { "trustees/1", NULL } } },
	};
	json_t *json = json_of(world_bundle_document), *edited;

	(void)state;
	ASSERT_CASES(json, open_bundle, cases);
	edited = world_edit(json, "epochs/0/links/2",
	    copy_of(json_object_get(json_array_get(json_object_get(json, "epochs"), 0), "links"), 0, NULL));
	assert_int_equal(open_bundle(edited), EL_ELIMIT);
	json_decref(edited);
	json_decref(json);
}

/* --- directory --- */

static void
directory_comes_back_and_knows_each_epochs_key(void **state)
{
	struct el_directory *a = world_directory(), *b = calloc(1, sizeof *b);
	static struct el_document d;

	(void)state;
	world_directory_document(&d);
	assert_int_equal(el_directory_open(&d, world_pk(KEY_ROOT), b), EL_OK);
	b->hash = a->hash;
	assert_memory_equal(a, b, sizeof *a);
	assert_ptr_equal(el_directory_issuer(b, 7), &b->issuers[0]);
	assert_null(el_directory_issuer(b, 8));
	assert_null(el_directory_token_key(b, 7, 19999));
	assert_ptr_equal(el_directory_token_key(b, 7, 20000), &b->issuers[0].keys[0].key);
	assert_ptr_equal(el_directory_token_key(b, 7, 20699), &b->issuers[0].keys[0].key);
	assert_ptr_equal(el_directory_token_key(b, 7, 20700), &b->issuers[0].keys[1].key);
	assert_null(el_directory_token_key(b, 7, 21000));
	assert_null(el_directory_token_key(b, 8, 20000));
	el_document_wipe(&d);
	free(a);
	free(b);
}

/* log_key may be null, which the general walk does not try. */
static void
directory_refuses_every_missing_unknown_and_mistyped_field(void **state)
{
	json_t *json = json_of(world_directory_document), *without = world_edit(json, "issuers/0/log_key", "null");

	(void)state;
	assert_int_equal(open_directory(json), EL_OK);
	world_assert_strict(without, open_directory);
	json_decref(json);
	json_decref(without);
}

static void
directory_gives_every_issuer_and_epoch_one_key(void **state)
{
	static const struct world_case cases[] = {
		{ true, { { "issuers", "[]" } } },
		{ false, { { "issuers/0/issuer", "0" } } },
		{ false, { { "issuers/0/issuer", "256" } } },
		{ true, { { "issuers/0/issuer", "255" } } },
		{ false, { { "issuers/0/keys", "[]" } } },
		{ false, { { "issuers/0/keys/0/to", "20700" } } },
		{ false, { { "issuers/0/keys/1/from", "20699" } } },
		{ false, { { "issuers/0/keys/1/from", "20000" }, { "issuers/0/keys/1/to", "20000" } } },
		{ true, { { "issuers/0/keys/1/from", "19999" }, { "issuers/0/keys/1/to", "19999" } } },
		{ false, { { "issuers/0/keys/0/from", "20700" } } },
		{ false, { { "issuers/0/keys/1/to", "65536" } } },
		{ false, { { "issuers/0/url", "\"\"" } } },
		{ false, { { "issuers/0/url", "\"https://a b\"" } } },
		{ false, { { "registry/url", "\"https://\xc3\xa9\"" } } },
	};
	json_t *json = json_of(world_directory_document), *list = json_object_get(json, "issuers"), *edited;

	(void)state;
	ASSERT_CASES(json, open_directory, cases);
	/* One issuer twice. */
	json_array_append(list, json_array_get(list, 0));
	assert_int_equal(open_directory(json), EL_EFORMAT);
	json_array_remove(list, 1);
	/* A key that signs tokens and answers. */
	edited = world_edit(
	    json, "issuers/0/answer_key", copy_of(json_object_get(json_array_get(list, 0), "keys"), 1, "key"));
	assert_int_equal(open_directory(edited), EL_EFORMAT);
	json_decref(edited);
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policy_comes_back_as_it_was),
		cmocka_unit_test(policy_refuses_every_missing_unknown_and_mistyped_field),
		cmocka_unit_test(policy_keeps_its_bounds),
		cmocka_unit_test(policy_threshold_is_a_majority_of_at_least_two),
		cmocka_unit_test(policy_allows_one_of_one_in_a_lab_only),
		cmocka_unit_test(policy_keeps_the_health_authority_below_the_threshold),
		cmocka_unit_test(policy_numbers_its_trustees_from_one_and_gives_each_a_key),
		cmocka_unit_test(policy_names_each_officer_once_with_a_time_to_serve),
		cmocka_unit_test(policy_quorums_are_one_a_kind_and_reach_beyond_the_health_authority),
		cmocka_unit_test(policy_numbers_its_templates_upwards_and_bounds_their_texts),
		cmocka_unit_test(policy_takes_each_witness_from_another_trustee_with_another_key),
		cmocka_unit_test(policy_is_roots_alone),
		cmocka_unit_test(encoders_refuse_what_the_parsers_would),
		cmocka_unit_test(bundle_comes_back_as_it_was),
		cmocka_unit_test(bundle_refuses_every_missing_unknown_and_mistyped_field),
		cmocka_unit_test(bundle_carries_three_kinds_of_t_commitments_for_rising_epochs),
		cmocka_unit_test(directory_comes_back_and_knows_each_epochs_key),
		cmocka_unit_test(directory_refuses_every_missing_unknown_and_mistyped_field),
		cmocka_unit_test(directory_gives_every_issuer_and_epoch_one_key),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
