#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "authority/request.h"
#include "base/limits.h"
#include "crypto/group.h"
#include "crypto/selftest.h"
#include "order/rjson.h"

static struct el_point
point(uint32_t n)
{
	struct el_scalar s;
	struct el_point p;

	el_scalar_from_u32(n, &s);
	assert_int_equal(el_point_base(&p, &s), EL_OK);
	return p;
}

/* Three partials, one refusal, proofs of two days. */
static json_t *
good(void)
{
	struct el_partial partials[] = { { 0, point(5) }, { 2, point(6) }, { 19999, point(7) } };
	struct el_refusal refused[] = { { 1, "no_share" } };
	struct el_proof proofs[2] = { { .epoch = 20700 }, { .epoch = 20701 } };
	struct el_partials p = { .trustee = 2, .partials = partials, .n = 3, .refused = refused, .n_refused = 1,
		.proofs = proofs, .n_proofs = 2 };
	json_t *json;
	char *text;

	for (uint32_t i = 0; i < 2; i++) {
		el_scalar_from_u32(11 + i, &proofs[i].dleq.c);
		el_scalar_from_u32(21 + i, &proofs[i].dleq.s);
	}
	memset(p.order.b, 3, sizeof p.order.b);
	assert_int_equal(el_partials_encode(&p, &text), EL_OK);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	free(text);
	return json;
}

static int
read_json(const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	struct el_partials p;
	int r = el_partials_parse((const uint8_t *)text, strlen(text), &p);

	if (r != EL_OK)
		assert_true(p.partials == NULL && p.refused == NULL && p.proofs == NULL && p.n + p.n_refused + p.n_proofs == 0);
	el_partials_wipe(&p);
	free(text);
	return r;
}

static void
partials_come_back_with_proofs_of_the_whole_answer(void **state)
{
	json_t *json = good();
	char *text = json_dumps(json, JSON_COMPACT), *again;
	struct el_partials p;

	(void)state;
	assert_int_equal(el_partials_parse((const uint8_t *)text, strlen(text), &p), EL_OK);
	assert_int_equal(p.n, 3);
	assert_int_equal(p.n_refused, 1);
	assert_int_equal(p.n_proofs, 2);
	assert_int_equal(p.proofs[1].epoch, 20701);
	assert_int_equal(p.proofs[1].first, 0);
	assert_int_equal(p.proofs[1].n, EL_ORDER_ROWS_MAX);
	assert_int_equal(p.proofs[1].dleq.c.b[0], 12);
	assert_int_equal(p.proofs[1].dleq.s.b[0], 22);
	assert_int_equal(el_partials_encode(&p, &again), EL_OK);
	assert_string_equal(text, again);
	el_partials_wipe(&p);
	free(again);
	free(text);
	json_decref(json);
}

/* Set, or with NULL remove, a field of the object at list[i], or of the whole. */
static void
refused_with(const char *list, size_t i, const char *key, json_t *value, int expected)
{
	json_t *json = good(), *at = list != NULL ? json_array_get(json_object_get(json, list), i) : json;

	if (value != NULL)
		json_object_set_new(at, key, value);
	else
		json_object_del(at, key);
	if (read_json(json) != expected)
		fail_msg("%s[%zu].%s", list != NULL ? list : "", i, key);
	json_decref(json);
}

static void
refuses_each_field_missing_and_one_more(void **state)
{
	static const char *const top[] = { "version", "order", "trustee", "purpose", "partials", "refused", "proofs" };
	static const char *const of_proof[] = { "epoch", "c", "s" };

	(void)state;
	for (size_t i = 0; i < sizeof top / sizeof top[0]; i++)
		refused_with(NULL, 0, top[i], NULL, EL_EFORMAT);
	for (size_t i = 0; i < 3; i++)
		refused_with("proofs", 1, of_proof[i], NULL, EL_EFORMAT);
	refused_with(NULL, 0, "proof", json_null(), EL_EFORMAT);
	refused_with(NULL, 0, "extra", json_null(), EL_EFORMAT);
	refused_with("proofs", 0, "first", json_integer(0), EL_EFORMAT);
	refused_with("partials", 0, "extra", json_null(), EL_EFORMAT);
}

static void
refuses_proofs_of_another_form(void **state)
{
	uint8_t big[32];
	json_t *many = json_array();

	(void)state;
	memset(big, 0xff, sizeof big);
	refused_with(NULL, 0, "proofs", json_null(), EL_EFORMAT);
	refused_with(NULL, 0, "proofs", json_object(), EL_EFORMAT);
	refused_with("proofs", 0, "epoch", json_integer(65536), EL_EFORMAT);
	refused_with("proofs", 0, "epoch", json_integer(20701), EL_EFORMAT); /* twice */
	refused_with("proofs", 0, "epoch", json_integer(20702), EL_EFORMAT); /* not ascending */
	for (size_t i = 0; i < 2; i++) {
		const char *key = i == 0 ? "c" : "s";

		refused_with("proofs", i, key, el_json_bytes(big, 32), EL_EFORMAT);
		refused_with("proofs", i, key, el_json_bytes("", 0), EL_EFORMAT);
		refused_with("proofs", i, key, el_json_bytes("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32),
		    EL_EFORMAT);
		refused_with("proofs", i, key, json_null(), EL_EFORMAT);
	}
	for (size_t i = 0; i <= EL_ORDER_DAYS_MAX; i++)
		json_array_append_new(many, json_object());
	refused_with(NULL, 0, "proofs", many, EL_ELIMIT);
}

static void
refuses_indexes_twice_or_not_ascending_and_bad_points(void **state)
{
	(void)state;
	refused_with("partials", 1, "index", json_integer(0), EL_EFORMAT);
	refused_with("partials", 1, "index", json_integer(1), EL_EFORMAT); /* refused, too */
	refused_with("partials", 2, "index", json_integer(20000), EL_EFORMAT);
	refused_with("partials", 2, "point", el_json_bytes("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32),
	    EL_EFORMAT);
	refused_with("refused", 0, "index", json_integer(2), EL_EFORMAT);
	refused_with("refused", 0, "reason", json_string("NO SHARE"), EL_EFORMAT);
	refused_with(NULL, 0, "trustee", json_integer(0), EL_EFORMAT);
	refused_with(NULL, 0, "purpose", json_string("traced"), EL_EFORMAT);
}

static int
setup(void **state)
{
	(void)state;
	return el_crypto_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partials_come_back_with_proofs_of_the_whole_answer),
		cmocka_unit_test(refuses_each_field_missing_and_one_more),
		cmocka_unit_test(refuses_proofs_of_another_form),
		cmocka_unit_test(refuses_indexes_twice_or_not_ascending_and_bad_points),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
