#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "issuer/signers.h"

static void
set_up(struct el_signers *s, unsigned own, unsigned n)
{
	el_signers_init(s, own);
	for (unsigned i = 0; i < n; i++)
		el_signers_up(s, i);
}

static void
asks_its_own_first_and_then_the_others(void **state)
{
	struct el_signers s;

	(void)state;
	set_up(&s, 1, 3);
	assert_int_equal(el_signers_choose(&s), 1);
	assert_int_equal(el_signers_choose(&s), 2);
	assert_int_equal(el_signers_choose(&s), 0);
	assert_int_equal(el_signers_choose(&s), 1);
}

static void
asks_whoever_has_answered_most(void **state)
{
	struct el_signers s;

	(void)state;
	set_up(&s, 0, 2);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(el_signers_choose(&s), i % 2);
	for (unsigned i = 0; i < 3; i++)
		el_signers_answered(&s, 1);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(el_signers_choose(&s), 1);
	assert_int_equal(el_signers_choose(&s), 0);
}

static void
asks_nobody_who_is_down(void **state)
{
	struct el_signers s;

	(void)state;
	set_up(&s, 0, 2);
	el_signers_down(&s, 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(el_signers_choose(&s), 1);
	el_signers_up(&s, 0); /* a successor begins with nothing under way */
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(el_signers_choose(&s), 0);
	el_signers_down(&s, 0);
	el_signers_down(&s, 1);
	assert_int_equal(el_signers_choose(&s), 0); /* its own, which the forwarding finds gone */
}

static void
an_answer_that_was_given_up_counts_for_nobody(void **state)
{
	struct el_signers s;

	(void)state;
	set_up(&s, 0, 2);
	assert_int_equal(el_signers_choose(&s), 0);
	el_signers_down(&s, 0);
	el_signers_up(&s, 0);
	el_signers_answered(&s, 0); /* below zero it does not go */
	assert_int_equal(el_signers_choose(&s), 0);
	assert_int_equal(el_signers_choose(&s), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_its_own_first_and_then_the_others),
		cmocka_unit_test(asks_whoever_has_answered_most),
		cmocka_unit_test(asks_nobody_who_is_down),
		cmocka_unit_test(an_answer_that_was_given_up_counts_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
