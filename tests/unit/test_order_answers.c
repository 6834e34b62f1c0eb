#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "order/release.h"
#include "test_order_world.h"

#define ASSERT_CASES(json, read, cases) world_assert_cases(json, read, cases, sizeof cases / sizeof cases[0])

static struct el_hash
filled(uint8_t v)
{
	struct el_hash h;

	memset(h.b, v, sizeof h.b);
	return h;
}

/* --- releases --- */

static const struct el_release *
release(void)
{
	static struct el_release r;

	r = (struct el_release){ filled(1), filled(2), filled(3), 20000, { 9 } };
	return &r;
}

static int
open_release(const json_t *json)
{
	static const struct el_release zero;
	static struct el_document d;
	struct el_release out;
	int r;

	world_document(json, KEY_REGISTRY_ANSWER, "EL1-release", &d);
	r = el_release_open(&d, world_pk(KEY_REGISTRY_ANSWER), &out);
	if (r != EL_OK)
		assert_memory_equal(&out, &zero, sizeof out);
	el_document_wipe(&d);
	return r;
}

static void
release_comes_back_under_the_registrys_key_alone(void **state)
{
	static struct el_document d;
	struct el_release out;
	json_t *json;

	(void)state;
	assert_int_equal(el_release_sign(release(), world_key(KEY_REGISTRY_ANSWER), &d), EL_OK);
	assert_int_equal(el_release_open(&d, world_pk(KEY_REGISTRY_ANSWER), &out), EL_OK);
	assert_memory_equal(&out, release(), sizeof out);
	assert_int_equal(el_release_open(&d, world_pk(KEY_ISSUER_ANSWER), &out), EL_ECRYPTO);
	json = world_json(&d);
	d.doc[d.len - 2] ^= 1;
	assert_int_equal(el_release_open(&d, world_pk(KEY_REGISTRY_ANSWER), &out), EL_ECRYPTO);
	el_document_wipe(&d);
	/* The issuer's kind of statement is no release, whoever signs it. */
	world_document(json, KEY_REGISTRY_ANSWER, "EL1-trace", &d);
	assert_int_equal(el_release_open(&d, world_pk(KEY_REGISTRY_ANSWER), &out), EL_ECRYPTO);
	el_document_wipe(&d);
	json_decref(json);
}

static void
release_refuses_every_missing_unknown_and_mistyped_field(void **state)
{
	static const struct world_case cases[] = { { false, { { "version", "2" } } },
		{ false, { { "count", "20001" } } }, { true, { { "count", "0" } } } };
	static struct el_document d;
	struct el_release much = *release();
	json_t *json;

	(void)state;
	assert_int_equal(el_release_sign(release(), world_key(KEY_REGISTRY_ANSWER), &d), EL_OK);
	json = world_json(&d);
	el_document_wipe(&d);
	world_assert_strict(json, open_release);
	ASSERT_CASES(json, open_release, cases);
	json_decref(json);
	much.count++;
	assert_int_equal(el_release_sign(&much, world_key(KEY_REGISTRY_ANSWER), &d), EL_EFORMAT);
	assert_null(d.doc);
}

/* --- released rows --- */

static void
fill_row(struct el_released *row, uint32_t n)
{
	memset(row, 0, sizeof *row);
	row->epoch = 20700;
	row->segment = 3;
	row->venue = 40 + n;
	row->minute = NOW - NOW % MINUTE;
	row->flags = EL_FLAG_LATE;
	memset(row->salt.b, (int)n, sizeof row->salt.b);
	memset(row->body.b, (int)n + 100, sizeof row->body.b);
	row->path.index = n;
	row->path.size = n + 1;
	row->proof.size = n + 7;
	row->proof.n = 2;
	memset(row->proof.hashes, (int)n + 3, 2 * sizeof row->proof.hashes[0]);
}

static int
read_row(const json_t *json)
{
	static const struct el_released zero;
	struct el_released row;
	const int r = el_released_from_json(json, &row);

	if (r != EL_OK)
		assert_memory_equal(&row, &zero, sizeof row);
	return r;
}

static void
released_rows_come_back_and_lead_to_the_root(void **state)
{
	enum { N = 5 };
	static struct el_released rows[N], back;
	struct el_hash leaves[N], root, c;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		fill_row(&rows[i], i);
		el_released_leaf(&rows[i], &c, &leaves[i]);
	}
	el_tree_root(leaves, N, &root);
	for (uint32_t i = 0; i < N; i++) {
		struct el_hash leaf;
		json_t *json;

		el_tree_path(leaves, N, i, &rows[i].path);
		json = el_released_to_json(&rows[i]);
		assert_int_equal(el_released_from_json(json, &back), EL_OK);
		assert_memory_equal(&back, &rows[i], sizeof back);
		el_released_leaf(&back, &c, &leaf);
		assert_int_equal(el_tree_check(&leaf, &back.path, &root), EL_OK);
		/* Another venue, minute or flag is another leaf. */
		back.venue++;
		el_released_leaf(&back, &c, &leaf);
		assert_int_equal(el_tree_check(&leaf, &back.path, &root), EL_ECRYPTO);
		back.venue--;
		back.minute += 60;
		el_released_leaf(&back, &c, &leaf);
		assert_int_equal(el_tree_check(&leaf, &back.path, &root), EL_ECRYPTO);
		back.minute -= 60;
		back.flags = 0;
		el_released_leaf(&back, &c, &leaf);
		assert_int_equal(el_tree_check(&leaf, &back.path, &root), EL_ECRYPTO);
		json_decref(json);
	}
}

static void
released_row_refuses_what_is_not_in_its_bounds(void **state)
{
	static const struct world_case cases[] = {
		{ false, { { "epoch", "65536" } } },
		{ false, { { "venue", "4294967296" } } },
		{ true, { { "venue", "4294967295" } } },
		{ false, { { "minute", "61" } } },
		{ true, { { "minute", "120" } } },
		{ false, { { "flags", "4" } } },
		{ true, { { "flags", "3" } } },
		{ false, { { "proof", "{}" } } },
		{ false, { { "path/index", "2" } } },
		{ false, { { "path/size", "0" } } },
		{ false, { { "path/size", "1" } } },
		{ false, { { "path/hashes/0", "\"AAAA\"" } } },
		{ true, { { "path/hashes/0", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" } } },
	};
	struct el_released row;
	json_t *json, *list;

	(void)state;
	fill_row(&row, 1);
	json = el_released_to_json(&row);
	world_assert_strict(json, read_row);
	ASSERT_CASES(json, read_row, cases);
	list = json_object_get(json_object_get(json, "path"), "hashes");
	for (size_t i = 0; i < EL_PATH_HASHES_MAX; i++)
		json_array_append_new(list, json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	assert_int_equal(read_row(json), EL_OK);
	json_array_append(list, json_array_get(list, 0));
	assert_int_equal(read_row(json), EL_ELIMIT);
	json_decref(json);
}

/* --- trace statements --- */

static int
open_statement(const json_t *json)
{
	static struct el_document d;
	struct el_trace_statement s;
	int r;

	world_document(json, KEY_ISSUER_ANSWER, "EL1-trace", &d);
	r = el_trace_statement_open(&d, world_pk(KEY_ISSUER_ANSWER), &s);
	if (r != EL_OK)
		assert_null(s.rows);
	el_trace_statement_wipe(&s);
	el_document_wipe(&d);
	return r;
}

static void
statement_of(struct el_trace_statement *s, size_t n)
{
	*s = (struct el_trace_statement){ filled(1), filled(2), 7, calloc(n + 1, sizeof *s->rows), n, { 8 } };
	assert_non_null(s->rows);
	for (size_t i = 0; i < n; i++) {
		s->rows[i].epoch = (el_epoch)(20000 + i % 31);
		memset(s->rows[i].com, (int)(i & 0xff), sizeof s->rows[i].com);
		s->rows[i].box = filled((uint8_t)(i + 1));
	}
}

static void
statement_comes_back_under_the_issuers_key_alone(void **state)
{
	static struct el_document d;
	struct el_trace_statement s, out;
	uint8_t issuer;

	(void)state;
	statement_of(&s, 3);
	assert_int_equal(el_trace_statement_sign(&s, world_key(KEY_ISSUER_ANSWER), &d), EL_OK);
	assert_int_equal(el_trace_statement_issuer(&d, &issuer), EL_OK);
	assert_int_equal(issuer, 7);
	assert_int_equal(el_trace_statement_open(&d, world_pk(KEY_ISSUER_ANSWER), &out), EL_OK);
	assert_int_equal(out.n_rows, 3);
	assert_memory_equal(out.rows, s.rows, 3 * sizeof *s.rows);
	assert_memory_equal(&out.order, &s.order, sizeof s.order);
	el_trace_statement_wipe(&out);
	assert_int_equal(el_trace_statement_open(&d, world_pk(KEY_REGISTRY_ANSWER), &out), EL_ECRYPTO);
	d.doc[d.len - 3] ^= 1;
	assert_int_equal(el_trace_statement_open(&d, world_pk(KEY_ISSUER_ANSWER), &out), EL_ECRYPTO);
	d.doc[0] = '[';
	assert_int_equal(el_trace_statement_issuer(&d, &issuer), EL_EFORMAT);
	el_document_wipe(&d);
	el_trace_statement_wipe(&s);
}

static void
statement_refuses_every_missing_unknown_and_mistyped_field(void **state)
{
	static const struct world_case cases[] = { { false, { { "issuer", "0" } } }, { false, { { "issuer", "256" } } },
		{ true, { { "issuer", "255" } } }, { false, { { "rows/0/epoch", "65536" } } },
		{ true, { { "rows", "[]" } } }, { false, { { "version", "0" } } } };
	static struct el_document d;
	struct el_trace_statement s;
	json_t *json;

	(void)state;
	statement_of(&s, 2);
	assert_int_equal(el_trace_statement_sign(&s, world_key(KEY_ISSUER_ANSWER), &d), EL_OK);
	json = world_json(&d);
	el_document_wipe(&d);
	world_assert_strict(json, open_statement);
	ASSERT_CASES(json, open_statement, cases);
	json_decref(json);
	s.issuer = 0;
	assert_int_equal(el_trace_statement_sign(&s, world_key(KEY_ISSUER_ANSWER), &d), EL_EFORMAT);
	el_trace_statement_wipe(&s);
}

static void
statement_holds_the_rows_of_the_largest_order(void **state)
{
	static struct el_document d;
	struct el_trace_statement s, out;

	(void)state;
	statement_of(&s, EL_TRACE_ROWS_MAX);
	assert_int_equal(el_trace_statement_sign(&s, world_key(KEY_ISSUER_ANSWER), &d), EL_OK);
	assert_int_equal(el_trace_statement_open(&d, world_pk(KEY_ISSUER_ANSWER), &out), EL_OK);
	assert_int_equal(out.n_rows, EL_TRACE_ROWS_MAX);
	el_trace_statement_wipe(&out);
	el_document_wipe(&d);
	el_trace_statement_wipe(&s);
	statement_of(&s, EL_TRACE_ROWS_MAX + 1);
	assert_int_equal(el_trace_statement_sign(&s, world_key(KEY_ISSUER_ANSWER), &d), EL_ELIMIT);
	assert_null(d.doc);
	el_trace_statement_wipe(&s);
}

/* --- sealed answers --- */

static const char secret_answer[] = "{\"people\":[]}";

static void
answer_opens_with_the_orders_key_order_and_party_only(void **state)
{
	const struct el_hash order = filled(9), other = filled(8);
	const struct el_point to = world_point(77);
	uint8_t key[32] = { 77 }, wrong[32] = { 78 }, *box, *plain;
	size_t len, n;

	(void)state;
	assert_int_equal(
	    el_answer_seal(&to, &order, "issuer:7", secret_answer, sizeof secret_answer, &box, &len), EL_OK);
	assert_int_equal(len, sizeof secret_answer + 48);
	assert_int_equal(el_answer_open(key, &order, "issuer:7", box, len, &plain, &n), EL_OK);
	assert_int_equal(n, sizeof secret_answer);
	assert_memory_equal(plain, secret_answer, n);
	free(plain);
	assert_int_equal(el_answer_open(key, &order, "issuer:8", box, len, &plain, &n), EL_ECRYPTO);
	assert_null(plain);
	assert_int_equal(n, 0);
	assert_int_equal(el_answer_open(key, &order, "registry", box, len, &plain, &n), EL_ECRYPTO);
	assert_int_equal(el_answer_open(key, &other, "issuer:7", box, len, &plain, &n), EL_ECRYPTO);
	assert_int_equal(el_answer_open(wrong, &order, "issuer:7", box, len, &plain, &n), EL_ECRYPTO);
	assert_int_equal(el_answer_open(key, &order, "issuer:7", box, len - 1, &plain, &n), EL_ECRYPTO);
	assert_int_equal(el_answer_open(key, &order, "issuer:7", box, 47, &plain, &n), EL_EFORMAT);
	for (size_t i = 0; i < len; i++) {
		box[i] ^= 1;
		assert_int_not_equal(el_answer_open(key, &order, "issuer:7", box, len, &plain, &n), EL_OK);
		assert_null(plain);
		box[i] ^= 1;
	}
	free(box);
}

static void
answer_may_be_empty_and_names_real_parties(void **state)
{
	const struct el_hash order = filled(9);
	const struct el_point to = world_point(77);
	uint8_t key[32] = { 77 }, zero[32] = { 0 }, large[32], *box, *plain;
	size_t len, n;

	(void)state;
	memset(large, 0xff, sizeof large);
	assert_int_equal(el_answer_seal(&to, &order, "registry", NULL, 0, &box, &len), EL_OK);
	assert_int_equal(el_answer_open(key, &order, "registry", box, len, &plain, &n), EL_OK);
	assert_int_equal(n, 0);
	free(plain);
	/* No scalars. */
	assert_int_equal(el_answer_open(zero, &order, "registry", box, len, &plain, &n), EL_EFORMAT);
	assert_int_equal(el_answer_open(large, &order, "registry", box, len, &plain, &n), EL_EFORMAT);
	free(box);
	assert_int_equal(el_answer_seal(&to, &order, "", "x", 1, &box, &len), EL_EFORMAT);
	assert_int_equal(el_answer_seal(&to, &order, "a party's name too long", "x", 1, &box, &len), EL_EFORMAT);
	assert_null(box);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(release_comes_back_under_the_registrys_key_alone),
		cmocka_unit_test(release_refuses_every_missing_unknown_and_mistyped_field),
		cmocka_unit_test(released_rows_come_back_and_lead_to_the_root),
		cmocka_unit_test(released_row_refuses_what_is_not_in_its_bounds),
		cmocka_unit_test(statement_comes_back_under_the_issuers_key_alone),
		cmocka_unit_test(statement_refuses_every_missing_unknown_and_mistyped_field),
		cmocka_unit_test(statement_holds_the_rows_of_the_largest_order),
		cmocka_unit_test(answer_opens_with_the_orders_key_order_and_party_only),
		cmocka_unit_test(answer_may_be_empty_and_names_real_parties),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
