#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_order_world.h"

/* --- signed documents --- */

static int
read_document(const json_t *json)
{
	static struct el_document d;
	const int r = el_document_from_json(json, &d);

	if (r != EL_OK) {
		assert_null(d.doc);
		assert_int_equal(d.n_signatures, 0);
	}
	el_document_wipe(&d);
	return r;
}

static json_t *
document_json(void)
{
	static struct el_document d;
	json_t *json;

	world_policy_document(&d);
	world_sign(&d, KEY_STRANGER, "EL1-policy");
	json = el_document_to_json(&d);
	el_document_wipe(&d);
	assert_non_null(json);
	return json;
}

static void
document_comes_back_from_json_and_file(void **state)
{
	static struct el_document a, b;
	char path[] = "/tmp/el-order-XXXXXX";
	const int fd = mkstemp(path);
	json_t *json;

	(void)state;
	assert_true(fd >= 0);
	world_policy_document(&a);
	json = el_document_to_json(&a);
	assert_int_equal(el_document_from_json(json, &b), EL_OK);
	assert_memory_equal(a.doc, b.doc, a.len);
	assert_memory_equal(&a.hash, &b.hash, sizeof a.hash);
	assert_int_equal(b.n_signatures, 1);
	el_document_wipe(&b);
	json_decref(json);
	assert_int_equal(el_document_write(path, 0644, &a), EL_OK);
	assert_int_equal(el_document_read(path, &b), EL_OK);
	assert_int_equal(b.len, a.len);
	assert_memory_equal(a.doc, b.doc, a.len);
	assert_int_equal(el_document_verify(&b, world_pk(KEY_ROOT), "EL1-policy"), EL_OK);
	el_document_wipe(&a);
	el_document_wipe(&b);
	remove(path);
	assert_int_equal(el_document_read(path, &b), EL_ENOTFOUND);
}

static void
document_refuses_every_missing_unknown_and_mistyped_field(void **state)
{
	json_t *json = document_json();

	(void)state;
	world_assert_strict(json, read_document);
	json_decref(json);
}

static void
document_refuses_two_signatures_by_one_key(void **state)
{
	json_t *json = document_json(), *list = json_object_get(json, "signatures");

	(void)state;
	assert_int_equal(json_array_append_new(list, json_deep_copy(json_array_get(list, 0))), 0);
	assert_int_equal(read_document(json), EL_EFORMAT);
	/* Another signature of the same key is a second one too. */
	json_object_set(json_array_get(list, 2), "sig", json_object_get(json_array_get(list, 1), "sig"));
	assert_int_equal(read_document(json), EL_EFORMAT);
	json_decref(json);
}

static void
document_refuses_loose_base64_and_many_signatures(void **state)
{
	json_t *json = json_pack("{s:s, s:[]}", "doc", "e30", "signatures"),
	       *list = json_object_get(json, "signatures");
	char key[44];

	(void)state;
	assert_int_equal(read_document(json), EL_OK);
	for (unsigned i = 0; i < EL_SIGNATURES_MAX; i++) {
		snprintf(key, sizeof key, "%042uA", i);
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "key", key, "sig",
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	}
	assert_int_equal(read_document(json), EL_OK);
	json_array_append_new(list, json_object());
	assert_int_equal(read_document(json), EL_ELIMIT);
	json_array_clear(list);
	json_object_set_new(json, "doc", json_string("e30="));
	assert_int_equal(read_document(json), EL_EFORMAT);
	json_object_set_new(json, "doc", json_string("e31"));
	assert_int_equal(read_document(json), EL_EFORMAT);
	json_object_set_new(json, "doc", json_string("e3+0"));
	assert_int_equal(read_document(json), EL_EFORMAT);
	json_decref(json);
}

static void
document_file_refuses_duplicate_fields_and_text_behind_it(void **state)
{
	static const char *const bad[] = { "{\"doc\":\"e30\",\"doc\":\"e30\",\"signatures\":[]}",
		"{\"doc\":\"e30\",\"signatures\":[]} x", "[]", "" };
	static struct el_document d;
	char path[] = "/tmp/el-order-XXXXXX";
	const int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fputs(bad[i], f);
		fclose(f);
		assert_int_equal(el_document_read(path, &d), EL_EFORMAT);
		assert_null(d.doc);
	}
	remove(path);
}

static void
signature_is_of_one_key_one_label_and_these_bytes(void **state)
{
	static struct el_document d;

	(void)state;
	world_policy_document(&d);
	assert_int_equal(el_document_verify(&d, world_pk(KEY_ROOT), "EL1-policy"), EL_OK);
	assert_int_equal(el_document_verify(&d, world_pk(KEY_ROOT), "EL1-bundle"), EL_ECRYPTO);
	assert_int_equal(el_document_verify(&d, world_pk(KEY_STRANGER), "EL1-policy"), EL_ENOTFOUND);
	d.doc[d.len / 2] ^= 1;
	assert_int_equal(el_document_verify(&d, world_pk(KEY_ROOT), "EL1-policy"), EL_ECRYPTO);
	/* Signing again replaces the old signature. */
	world_sign(&d, KEY_ROOT, "EL1-policy");
	assert_int_equal(d.n_signatures, 1);
	assert_int_equal(el_document_verify(&d, world_pk(KEY_ROOT), "EL1-policy"), EL_OK);
	el_document_wipe(&d);
}

static void
document_takes_at_most_64_signatures(void **state)
{
	static struct el_document d;

	(void)state;
	world_policy_document(&d);
	for (; d.n_signatures < EL_SIGNATURES_MAX; d.n_signatures++)
		memset(d.signatures[d.n_signatures].key.b, (int)d.n_signatures, 32);
	assert_int_equal(el_document_sign(&d, world_key(KEY_STRANGER), "EL1-policy"), EL_ELIMIT);
	assert_int_equal(el_document_sign(&d, world_key(KEY_ROOT), "EL1-policy"), EL_OK);
	el_document_wipe(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_comes_back_from_json_and_file),
		cmocka_unit_test(document_refuses_every_missing_unknown_and_mistyped_field),
		cmocka_unit_test(document_refuses_two_signatures_by_one_key),
		cmocka_unit_test(document_refuses_loose_base64_and_many_signatures),
		cmocka_unit_test(document_file_refuses_duplicate_fields_and_text_behind_it),
		cmocka_unit_test(signature_is_of_one_key_one_label_and_these_bytes),
		cmocka_unit_test(document_takes_at_most_64_signatures),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
