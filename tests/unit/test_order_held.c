#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "order/held.h"

/* What keeps the log from growing at somebody's wish. */

static struct el_order
order_of(unsigned n)
{
	struct el_order o = { .n_audience = 2 };

	memcpy(o.hash.b, &n, sizeof n);
	return o;
}

static void
a_refusal_is_logged_once_a_day_for_an_order_and_code(void **state)
{
	static struct el_refusals r;
	const struct el_order a = order_of(1), b = order_of(2);

	(void)state;
	memset(&r, 0, sizeof r);
	assert_true(el_refusals_take(&r, &a, EL_CODE_LIMIT_EXCEEDED, 20700));
	assert_false(el_refusals_take(&r, &a, EL_CODE_LIMIT_EXCEEDED, 20700));
	assert_true(el_refusals_take(&r, &a, EL_CODE_ORDER_EXPIRED, 20700));
	assert_true(el_refusals_take(&r, &b, EL_CODE_LIMIT_EXCEEDED, 20700));
	assert_true(el_refusals_take(&r, &a, EL_CODE_LIMIT_EXCEEDED, 20701));
}

static void
an_order_without_its_quorum_is_not_logged(void **state)
{
	static struct el_refusals r;
	struct el_order none = order_of(1);

	(void)state;
	memset(&r, 0, sizeof r);
	assert_false(el_refusals_take(&r, &none, EL_CODE_QUORUM_MISSING, 20700));
	assert_false(el_refusals_take(&r, &none, EL_CODE_SIGNATURE_INVALID, 20700));
	none.n_audience = 0; /* not parsed */
	assert_false(el_refusals_take(&r, &none, EL_CODE_ORDER_EXPIRED, 20700));
}

static void
refusals_of_a_day_are_bounded(void **state)
{
	static struct el_refusals r;
	size_t n = 0;

	(void)state;
	memset(&r, 0, sizeof r);
	for (unsigned i = 0; i < 2 * EL_REFUSALS_MAX; i++) {
		const struct el_order o = order_of(i);

		n += el_refusals_take(&r, &o, EL_CODE_LIMIT_EXCEEDED, 20700);
	}
	assert_int_equal(n, EL_REFUSALS_MAX);
}

static void
answers_to_one_order_are_bounded_and_begin_anew_with_the_day(void **state)
{
	static struct el_answers a;
	const struct el_order one = order_of(1), other = order_of(2);

	(void)state;
	memset(&a, 0, sizeof a);
	for (unsigned i = 0; i < EL_ANSWERS_MAX; i++)
		assert_true(el_answers_take(&a, &one.hash, 20700));
	assert_false(el_answers_take(&a, &one.hash, 20700));
	assert_true(el_answers_take(&a, &other.hash, 20700));
	assert_true(el_answers_take(&a, &one.hash, 20701));
}

static void
orders_answered_in_a_day_are_bounded(void **state)
{
	static struct el_answers a;
	size_t n = 0;

	(void)state;
	memset(&a, 0, sizeof a);
	for (unsigned i = 0; i < EL_ANSWERS_ORDERS_MAX + 10; i++) {
		const struct el_order o = order_of(i);

		n += el_answers_take(&a, &o.hash, 20700);
	}
	assert_int_equal(n, EL_ANSWERS_ORDERS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_is_logged_once_a_day_for_an_order_and_code),
		cmocka_unit_test(an_order_without_its_quorum_is_not_logged),
		cmocka_unit_test(refusals_of_a_day_are_bounded),
		cmocka_unit_test(answers_to_one_order_are_bounded_and_begin_anew_with_the_day),
		cmocka_unit_test(orders_answered_in_a_day_are_bounded),
	};

	return cmocka_run_group_tests_name("order_held", tests, NULL, NULL);
}
