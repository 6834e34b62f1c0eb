#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "authority/dkg_file.h"
#include "base/file.h"
#include "order/rjson.h"
#include "test_order_world.h"

/* The files of a distributed ceremony, out of the corpus of their fuzz target: two of three for two days (P-12.9). */
#define ASSERT_CASES(json, read, cases) world_assert_cases(json, read, cases, sizeof cases / sizeof cases[0])
#define B32 "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""

static struct el_dkg_plan plan;

static json_t *
sample(const char *name)
{
	char path[512];
	uint8_t *text;
	size_t len;
	json_t *j;

	snprintf(path, sizeof path, "%s/tests/fuzz/corpus/dkg/%s", EL_SOURCE_DIR, name);
	assert_int_equal(el_file_read(path, EL_DOCUMENT_MAX, &text, &len), EL_OK);
	assert_int_equal(el_rjson_parse(text, len, &j), EL_OK);
	free(text);
	return j;
}

/* The text of a document as it would lie in a file, and what a parser says to it. */
#define READER(name, type, call, wipe) \
	static int name(const json_t *json) \
	{ \
		uint8_t *in; \
		size_t len; \
		type x; \
		int r; \
		if ((r = el_rjson_encode(json, &in, &len)) != EL_OK) \
			return r; \
		r = call; \
		free(in); \
		if (r == EL_OK) \
			wipe; \
		return r; \
	}
READER(read_plan, struct el_dkg_plan, el_dkg_plan_parse(in, len, &x), (void)x)
READER(read_file, struct el_dkg_file, el_dkg_file_parse(in, len, &x), el_dkg_file_wipe(&x))
READER(read_state, struct el_dkg_state, el_dkg_state_parse(in, len, &x), (void)x)
READER(read_hash, struct el_hash, el_dkg_hash_parse(in, len, &x), (void)x)
READER(read_reveal, struct el_dkg_reveal, el_dkg_reveal_parse(&plan, in, len, &x), el_dkg_reveal_wipe(&x))
READER(read_commitments, struct el_dkg_commitments, el_dkg_commitments_parse(&plan, in, len, &x),
    el_dkg_commitments_wipe(&x))
READER(read_shares, struct el_dkg_sealed, el_dkg_sealed_parse(&plan, in, len, &x), free(x.box))
READER(read_complaint, struct el_dkg_list, el_dkg_list_parse(&plan, false, in, len, &x), el_dkg_list_wipe(&x))
READER(read_answer, struct el_dkg_list, el_dkg_list_parse(&plan, true, in, len, &x), el_dkg_list_wipe(&x))
READER(read_epochs, struct el_dkg_result, el_dkg_result_parse(&plan, in, len, &x), el_dkg_result_wipe(&x))

static void
every_field_is_needed_and_no_other_taken(void **state)
{
	static const struct {
		const char *name;
		world_reader *read;
	} all[] = {
		{ "plan", read_plan },
		{ "file_hash", read_file },
		{ "state", read_state },
		{ "hash", read_hash },
		{ "commitments", read_commitments },
		{ "shares", read_shares },
		{ "complaint", read_complaint },
		{ "answer", read_answer },
		{ "epochs", read_epochs },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		json_t *j = sample(all[i].name);

		world_assert_strict(j, all[i].read);
		json_decref(j);
	}
}

static void
plan_keeps_the_rules_of_a_bundle(void **state)
{
	static const struct world_case cases[] = {
		{ true, { { "threshold", "3" } } },
		{ false, { { "threshold", "1" } } },
		{ false, { { "threshold", "4" } } },
		{ false, { { "threshold", "0" } } },
		{ false, { { "trustees/0/index", "2" } } },
		{ false, { { "trustees/0/box_key", B32 } } },
		{ false, { { "trustees", "[]" } } },
		{ false, { { "days", "0" } } },
		{ false, { { "days", "121" } } },
		{ true, { { "first_epoch", "65534" } } },
		{ false, { { "first_epoch", "65535" } } },
		{ false, { { "version", "2" } } },
		{ false, { { "kind", "\"bundle\"" } } },
		{ false, { { "nonce", B32 } } },
	};
	json_t *j = sample("plan"), *keys, *alone;

	(void)state;
	ASSERT_CASES(j, read_plan, cases);
	/* One box key for two trustees. */
	keys = json_deep_copy(j);
	json_object_set(json_array_get(json_object_get(keys, "trustees"), 1), "box_key",
	    json_object_get(json_array_get(json_object_get(keys, "trustees"), 0), "box_key"));
	assert_int_equal(read_plan(keys), EL_EFORMAT);
	json_decref(keys);
	/* One alone, in lab mode only. */
	alone = json_deep_copy(j);
	json_array_remove(json_object_get(alone, "trustees"), 2);
	json_array_remove(json_object_get(alone, "trustees"), 1);
	json_object_set_new(alone, "threshold", json_integer(1));
	assert_int_equal(read_plan(alone), EL_OK);
	json_object_set_new(alone, "lab", json_false());
	assert_int_equal(read_plan(alone), EL_EFORMAT);
	json_decref(alone);
	json_decref(j);
}

static void
file_names_its_kind_and_a_trustee(void **state)
{
	static const struct world_case cases[] = {
		{ true, { { "kind", "\"shares\"" } } },
		{ false, { { "kind", "\"plan\"" } } },
		{ false, { { "kind", "\"\"" } } },
		{ true, { { "trustee", "16" } } },
		{ false, { { "trustee", "0" } } },
		{ false, { { "trustee", "17" } } },
		{ false, { { "version", "0" } } },
		{ false, { { "proof", B32 } } },
		{ false, { { "doc", "\"A\"" } } },
	};
	json_t *j = sample("file_hash");

	(void)state;
	ASSERT_CASES(j, read_file, cases);
	json_decref(j);
}

static void
reveal_names_a_hash_or_none_for_every_trustee(void **state)
{
	static const struct world_case cases[] = {
		{ true, { { "hashes/1", "null" } } },
		{ true, { { "hashes/1", B32 } } },
		{ false, { { "hashes/1", "\"\"" } } },
		{ false, { { "hashes/1", "false" } } },
		{ false, { { "hashes/3", B32 } } },
		{ false, { { "hashes/2", NULL } } },
		{ false, { { "commitments", NULL } } },
		{ false, { { "unknown", "1" } } },
	};
	json_t *j = sample("reveal");

	(void)state;
	ASSERT_CASES(j, read_reveal, cases);
	json_decref(j);
}

static void
commitments_are_of_the_days_and_the_threshold(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "epochs/0/epoch", "20001" } } },
		{ false, { { "epochs/1/epoch", "20000" } } },
		{ false, { { "epochs/1", NULL } } },
		{ false, { { "epochs/0/links/points/1", NULL } } },
		{ false, { { "epochs/0/traces/points/1", B32 } } }, /* the identity */
		{ false, { { "epochs/0/recovery/points/2", B32 } } },
		{ false, { { "box_key", B32 } } },
	};
	json_t *j = sample("commitments");

	(void)state;
	ASSERT_CASES(j, read_commitments, cases);
	json_decref(j);
}

static void
lists_stand_in_order_and_name_what_the_plan_has(void **state)
{
	static const struct world_case complaints[] = {
		{ true, { { "trustees", "[]" } } },
		{ true, { { "trustees/0/trustee", "3" } } },
		{ false, { { "trustees/0/trustee", "0" } } },
		{ false, { { "trustees/0/trustee", "4" } } },
		{ false, { { "trustees/0/keys", "[]" } } },
		{ false, { { "trustees/0/keys/0/epoch", "19999" } } },
		{ false, { { "trustees/0/keys/5/epoch", "20002" } } },
		{ false, { { "trustees/0/keys/0/purpose", "\"traces\"" } } }, /* twice */
		{ false, { { "trustees/0/keys/0/purpose", "\"recovery\"" } } }, /* out of order */
		{ false, { { "trustees/0/keys/0/purpose", "\"shares\"" } } },
		{ false, { { "trustees/0/keys/0/share", B32 } } },
	};
	static const struct world_case answers[] = {
		{ false, { { "trustees/0/keys/0/share", B32 } } }, /* zero */
		{ false, { { "trustees/0/keys/0/share", "\"7dP1XBpjEljWnPei3vneFAAAAAAAAAAAAAAAAAAAABA\"" } } }, /* L */
	};
	json_t *j = sample("complaint"), *a = sample("answer"), *twice = sample("complaint_twice");

	(void)state;
	ASSERT_CASES(j, read_complaint, complaints);
	ASSERT_CASES(a, read_answer, answers);
	assert_int_equal(read_complaint(twice), EL_EFORMAT);
	assert_int_equal(read_complaint(a), EL_EFORMAT);
	assert_int_equal(read_answer(j), EL_EFORMAT);
	json_decref(j);
	json_decref(a);
	json_decref(twice);
}

static void
epochs_name_the_qualified_in_order_and_at_least_the_threshold(void **state)
{
	static const struct world_case cases[] = {
		{ true, { { "qualified", "[1,3]" } } },
		{ false, { { "qualified", "[3]" } } },
		{ false, { { "qualified", "[2,1]" } } },
		{ false, { { "qualified", "[1,1]" } } },
		{ false, { { "qualified", "[0,1]" } } },
		{ false, { { "qualified", "[1,4]" } } },
		{ false, { { "epochs/0/epoch", "20001" } } },
		{ false, { { "epochs/1/links/1", NULL } } },
	};
	json_t *j = sample("epochs");

	(void)state;
	ASSERT_CASES(j, read_epochs, cases);
	json_decref(j);
}

static int
up(void **state)
{
	json_t *j;
	uint8_t *in;
	size_t len;

	if (world_up(state) != 0)
		return -1;
	j = sample("plan");
	assert_int_equal(el_rjson_encode(j, &in, &len), EL_OK);
	assert_int_equal(el_dkg_plan_parse(in, len, &plan), EL_OK);
	free(in);
	json_decref(j);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_needed_and_no_other_taken),
		cmocka_unit_test(plan_keeps_the_rules_of_a_bundle),
		cmocka_unit_test(file_names_its_kind_and_a_trustee),
		cmocka_unit_test(reveal_names_a_hash_or_none_for_every_trustee),
		cmocka_unit_test(commitments_are_of_the_days_and_the_threshold),
		cmocka_unit_test(lists_stand_in_order_and_name_what_the_plan_has),
		cmocka_unit_test(epochs_name_the_qualified_in_order_and_at_least_the_threshold),
	};

	return cmocka_run_group_tests_name("authority dkg file", tests, up, world_down);
}
