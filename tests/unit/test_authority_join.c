#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/group.h"
#include "join_world.h"
#include "scratch.h"

#define WRONG(j) "trustee " #j ": wrong partials (proof does not verify)"
#define UNPROVEN(j) "trustee " #j ": wrong partials (not one proof for each day)"

static int
contacts_up(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	jw_begin(state, EL_ORDER_CONTACTS);
	return 0;
}

static int
trace_up(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	jw_begin(state, EL_ORDER_TRACE);
	return 0;
}

static int
down(void **state)
{
	jw_end();
	return scratch_teardown(state);
}

/* An honest answer is taken. */
static void
take_honest(size_t i, unsigned j)
{
	struct el_partials p;

	jw_answer(0, j, &p);
	if (jw_take(i, &p) != EL_OK)
		fail_msg("trustee %u: %s", j, jw.message);
	el_partials_wipe(&p);
}

static void
assert_named(const struct el_partials *p, const char *message)
{
	const unsigned before = el_join_answered(jw.join);

	assert_int_equal(jw_take(SIZE_MAX, p), EL_EPERM);
	assert_string_equal(jw.message, message);
	assert_int_equal(jw_take(0, p), EL_EPERM);
	assert_string_equal(jw.message, message);
	assert_int_equal(el_join_answered(jw.join), before);
}

static void
assert_all_named(void)
{
	struct jw_report report;

	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS);
	assert_int_equal(report.unverifiable, 0);
}

static void
add(struct el_point *p, bool minus)
{
	struct el_scalar zero, s;
	struct el_point g;

	memset(&zero, 0, sizeof zero);
	el_scalar_from_u32(9, &s);
	if (minus)
		el_scalar_sub(&s, &zero, &s);
	assert_int_equal(el_point_base(&g, &s), EL_OK);
	assert_int_equal(el_point_add(p, p, &g), EL_OK);
}

static void
any_three_honest_trustees_name_everybody(void **state)
{
	(void)state;
	take_honest(SIZE_MAX, 5);
	take_honest(0, 2);
	assert_int_equal(el_join_answered(jw.join), 2);
	take_honest(SIZE_MAX, 3);
	assert_int_equal(el_join_answered(jw.join), 3);
	assert_all_named();
}

static void
an_answer_has_one_proof_for_each_day(void **state)
{
	struct el_partials p;

	(void)state;
	jw_answer(0, 4, &p);
	assert_int_equal(p.n, JW_ROWS);
	assert_int_equal(p.n_proofs, JW_DAYS);
	for (unsigned day = 0; day < JW_DAYS; day++)
		assert_int_equal(p.proofs[day].epoch, jw_epoch(day));
	el_partials_wipe(&p);
}

static void
a_trustee_with_one_wrong_partial_is_named_and_others_take_over(void **state)
{
	struct el_partials p;

	(void)state;
	take_honest(SIZE_MAX, 1);
	jw_answer(0, 2, &p);
	for (size_t i = 0; i < JW_ROWS; i++) {
		const struct el_point right = p.partials[i].point;

		add(&p.partials[i].point, false);
		assert_named(&p, WRONG(2));
		p.partials[i].point = right;
	}
	el_partials_wipe(&p);
	take_honest(SIZE_MAX, 3);
	assert_int_equal(el_join_answered(jw.join), 2);
	take_honest(SIZE_MAX, 4);
	assert_all_named();
}

static void
a_lie_proven_with_the_own_share_is_named(void **state)
{
	struct el_partials p;

	(void)state;
	jw_answer(0, 2, &p);
	add(&p.partials[0].point, false);
	jw_prove_again(0, &p);
	assert_named(&p, WRONG(2));
	el_partials_wipe(&p);
}

static void
two_wrong_partials_of_a_day_that_cancel_are_named(void **state)
{
	struct el_partials p;

	(void)state;
	jw_answer(0, 2, &p);
	add(&p.partials[JW_EARLY].point, false);
	add(&p.partials[JW_EARLY + 1].point, true);
	assert_named(&p, WRONG(2));
	jw_prove_again(0, &p);
	assert_named(&p, WRONG(2));
	el_partials_wipe(&p);
}

static void
partials_without_a_proof_for_each_day_are_named(void **state)
{
	struct el_partials p;

	(void)state;
	jw_answer(0, 2, &p);
	p.n_proofs = 0;
	assert_named(&p, UNPROVEN(2));
	p.n_proofs = 1;
	assert_named(&p, UNPROVEN(2));
	p.proofs[0] = p.proofs[1];
	assert_named(&p, UNPROVEN(2));
	p.proofs[0].epoch = jw_epoch(0);
	p.n_proofs = 2;
	assert_named(&p, WRONG(2)); /* the proof of another day */
	p.n_proofs = 0;
	el_partials_wipe(&p);
}

static void
a_proof_for_a_day_without_partials_is_refused(void **state)
{
	struct el_partials p;

	(void)state;
	jw_answer(0, 2, &p);
	/* All of the first day refused, as if it had no share of it; its proof stays. */
	free(p.refused);
	p.refused = calloc(JW_EARLY, sizeof *p.refused);
	assert_non_null(p.refused);
	for (size_t i = 0; i < JW_EARLY; i++) {
		p.refused[i].index = (uint32_t)i;
		snprintf(p.refused[i].reason, sizeof p.refused[i].reason, "no_share");
	}
	p.n_refused = JW_EARLY;
	p.n -= JW_EARLY;
	memmove(p.partials, p.partials + JW_EARLY, p.n * sizeof *p.partials);
	assert_named(&p, UNPROVEN(2));
	p.proofs[0] = p.proofs[1];
	p.n_proofs = 1;
	assert_int_equal(jw_take(SIZE_MAX, &p), EL_OK);
	el_partials_wipe(&p);
}

static void
another_trustees_partials_under_ones_own_number_are_named(void **state)
{
	struct el_partials p;

	(void)state;
	jw_answer(0, 2, &p);
	p.trustee = 3;
	assert_named(&p, WRONG(3));
	p.trustee = 6;
	assert_named(&p, "trustee 6: not partials for this order's request");
	el_partials_wipe(&p);
}

static void
partials_of_another_order_or_purpose_are_refused(void **state)
{
	struct el_partials p;

	(void)state;
	jw_answer(0, 2, &p);
	p.order.b[0] ^= 1;
	assert_named(&p, "trustee 2: not partials for this order's request");
	p.order.b[0] ^= 1;
	p.traces = true;
	assert_named(&p, "trustee 2: not partials for this order's request");
	el_partials_wipe(&p);
}

static void
indexes_beyond_the_request_or_out_of_order_are_refused(void **state)
{
	struct el_partials p;

	(void)state;
	jw_answer(0, 2, &p);
	p.partials[0].index = JW_ROWS;
	assert_named(&p, "trustee 2: not partials for this order's request");
	p.partials[0].index = 1;
	assert_named(&p, "trustee 2: not partials for this order's request");
	p.partials[0].index = 0;
	p.n--;
	assert_named(&p, "trustee 2: not partials for this order's request");
	el_partials_wipe(&p);
}

static void
too_few_remain_after_a_lie(void **state)
{
	struct jw_report report;
	struct el_partials p;

	(void)state;
	take_honest(SIZE_MAX, 1);
	take_honest(SIZE_MAX, 5);
	jw_answer(0, 2, &p);
	add(&p.partials[3].point, false);
	assert_named(&p, WRONG(2));
	assert_int_equal(jw_finish(&report), EL_EBUSY);
	/* The same trustee may still answer rightly. */
	add(&p.partials[3].point, true);
	assert_int_equal(jw_take(SIZE_MAX, &p), EL_OK);
	assert_int_equal(jw_take(SIZE_MAX, &p), EL_EEXIST);
	el_partials_wipe(&p);
	assert_all_named();
}

static void
pages_are_proven_each_by_its_own_proofs(void **state)
{
	static const size_t first[] = { 0, 2, 5, JW_ROWS };
	struct el_partials all = { .trustee = 2 }, page;

	(void)state;
	all.partials = calloc(JW_ROWS, sizeof *all.partials);
	all.proofs = calloc(3 * JW_DAYS, sizeof *all.proofs);
	for (size_t k = 0; k < 3; k++) {
		jw_answer_page(0, 2, first[k], first[k + 1] - first[k], &page);
		for (size_t i = 0; i < page.n; i++) {
			all.partials[all.n] = page.partials[i];
			all.partials[all.n++].index += (uint32_t)first[k];
		}
		for (size_t i = 0; i < page.n_proofs; i++) {
			all.proofs[all.n_proofs] = page.proofs[i];
			all.proofs[all.n_proofs].first = (uint32_t)first[k];
			all.proofs[all.n_proofs++].n = (uint32_t)(first[k + 1] - first[k]);
		}
		all.order = page.order;
		el_partials_wipe(&page);
	}
	assert_int_equal(all.n_proofs, 4); /* the middle page has both days */
	all.proofs[0].n = JW_ROWS;
	assert_named(&all, WRONG(2));
	all.proofs[0].n = 2;
	all.n_proofs--;
	assert_named(&all, UNPROVEN(2));
	all.n_proofs++;
	assert_int_equal(jw_take(0, &all), EL_OK);
	el_partials_wipe(&all);
	take_honest(0, 4);
	take_honest(0, 5);
	assert_all_named();
}

static void
a_trustee_refuses_a_day_of_which_its_share_is_not_the_bundles(void **state)
{
	struct el_scalar other;
	struct el_partials p;
	struct jw_report report;
	struct el_point *commitment = &jw.trust.bundle->epochs[0].links[1];
	const struct el_point right = *commitment;

	(void)state;
	el_scalar_random(&other);
	assert_int_equal(el_point_base(commitment, &other), EL_OK);
	jw_answer(0, 2, &p);
	assert_int_equal(p.n, JW_ROWS - JW_EARLY);
	assert_int_equal(p.n_proofs, 1);
	for (uint32_t i = 0; i < JW_EARLY; i++)
		assert_string_equal(el_partials_reason(&p, i), "wrong_share");
	*commitment = right;
	assert_int_equal(jw_take(SIZE_MAX, &p), EL_OK);
	el_partials_wipe(&p);
	take_honest(SIZE_MAX, 1);
	take_honest(SIZE_MAX, 3);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS - JW_EARLY);
	assert_int_equal(report.unverifiable, JW_EARLY);
	assert_string_equal(report.reason, "wrong_share");
	take_honest(SIZE_MAX, 5); /* a fourth opens the day that the second did not */
	assert_all_named();
}

static void
days_that_the_bundle_does_not_have_are_neither_opened_nor_taken(void **state)
{
	struct el_partials p, late;

	(void)state;
	jw_answer(0, 2, &p);
	jw.trust.bundle->n_epochs = 1;
	jw_answer(0, 3, &late);
	assert_int_equal(late.n, JW_EARLY);
	assert_string_equal(el_partials_reason(&late, JW_EARLY), "no_epoch_key");
	assert_named(&p, "trustee 2: partials of a day that the bundle does not have");
	jw.trust.bundle->n_epochs = JW_DAYS;
	el_partials_wipe(&p);
	el_partials_wipe(&late);
}

/* ---- A trace with two issuers: files do not say which request they answer ---- */

static void
files_of_a_trace_go_where_their_proofs_lead(void **state)
{
	struct jw_report report;
	struct el_partials p;

	(void)state;
	assert_int_equal(el_join_requests(jw.join), 2);
	for (unsigned j = 1; j <= JW_THRESHOLD; j++)
		for (size_t i = 2; i-- > 0;) {
			jw_answer(i, j, &p);
			assert_int_equal(jw_take(SIZE_MAX, &p), EL_OK);
			assert_int_equal(jw_take(SIZE_MAX, &p), EL_EEXIST);
			el_partials_wipe(&p);
		}
	assert_int_equal(el_join_answered(jw.join), JW_THRESHOLD);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.unverifiable, 0);
	assert_int_equal(jw.n_secrets, 2 * JW_BOXES);
}

static void
wrong_partials_of_a_trace_are_named(void **state)
{
	struct el_partials p;

	(void)state;
	jw_answer(1, 4, &p);
	add(&p.partials[0].point, false);
	assert_named(&p, WRONG(4));
	jw_prove_again(1, &p);
	assert_named(&p, WRONG(4));
	el_partials_wipe(&p);
}

static void
a_refusal_of_everything_makes_room_for_an_answer(void **state)
{
	struct el_partials p, none;

	(void)state;
	jw_answer(0, 1, &p);
	memset(&none, 0, sizeof none);
	none.order = p.order;
	none.trustee = 1;
	none.traces = true;
	none.refused = calloc(JW_BOXES, sizeof *none.refused);
	for (; none.n_refused < JW_BOXES; none.n_refused++) {
		none.refused[none.n_refused].index = (uint32_t)none.n_refused;
		snprintf(none.refused[none.n_refused].reason, EL_REASON_MAX, "no_share");
	}
	assert_int_equal(jw_take(SIZE_MAX, &none), EL_OK);
	assert_int_equal(el_join_answered(jw.join), 0);
	assert_int_equal(jw_take(SIZE_MAX, &p), EL_OK); /* the first request's; the refusal was of the second's */
	assert_int_equal(el_join_answered(jw.join), 1);
	assert_int_equal(jw_take(SIZE_MAX, &none), EL_EEXIST);
	el_partials_wipe(&p);
	el_partials_wipe(&none);
}

#define contacts(f) cmocka_unit_test_setup_teardown(f, contacts_up, down)
#define trace(f) cmocka_unit_test_setup_teardown(f, trace_up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		contacts(any_three_honest_trustees_name_everybody),
		contacts(an_answer_has_one_proof_for_each_day),
		contacts(a_trustee_with_one_wrong_partial_is_named_and_others_take_over),
		contacts(a_lie_proven_with_the_own_share_is_named),
		contacts(two_wrong_partials_of_a_day_that_cancel_are_named),
		contacts(partials_without_a_proof_for_each_day_are_named),
		contacts(a_proof_for_a_day_without_partials_is_refused),
		contacts(another_trustees_partials_under_ones_own_number_are_named),
		contacts(partials_of_another_order_or_purpose_are_refused),
		contacts(indexes_beyond_the_request_or_out_of_order_are_refused),
		contacts(too_few_remain_after_a_lie),
		contacts(pages_are_proven_each_by_its_own_proofs),
		contacts(a_trustee_refuses_a_day_of_which_its_share_is_not_the_bundles),
		contacts(days_that_the_bundle_does_not_have_are_neither_opened_nor_taken),
		trace(files_of_a_trace_go_where_their_proofs_lead),
		trace(wrong_partials_of_a_trace_are_named),
		trace(a_refusal_of_everything_makes_room_for_an_answer),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
