/* Whether rows and trace boxes were there before they were asked for, to the second (P-7.2 step 2, 7.3 step 2, 12.10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "order/proven.h"
#include "test_order_world.h"

#define N 3
#define MINUTE_S (NOW - NOW % 60 - 10 * 3600)
#define WITHIN (MINUTE_S + 60 + EL_ROOT_WITHIN_S) /* the last second at which a root is as good as one before the order */

static struct el_released rows[N];
static struct el_log_entry root;
static struct el_roots roots;

/* A segment of three rows, of which the middle one is asked about; its root is young, and the order an hour old. */
static int
up(void **state)
{
	struct el_hash leaves[N], c;

	(void)state;
	memset(rows, 0, sizeof rows);
	for (size_t i = 0; i < N; i++) {
		rows[i].epoch = el_epoch_of(MINUTE_S, DAY_OFFSET);
		rows[i].segment = 4;
		rows[i].venue = 41;
		rows[i].minute = MINUTE_S;
		memset(rows[i].body.b, (int)i + 1, EL_BODY_LEN);
		el_released_leaf(&rows[i], &c, &leaves[i]);
	}
	root = (struct el_log_entry){ .type = EL_ENTRY_SEGMENT, .time_s = MINUTE_S + 600, .epoch = rows[0].epoch, .segment = 4,
		.count = N };
	el_tree_root(leaves, N, &root.root);
	for (size_t i = 0; i < N; i++)
		el_tree_path(leaves, N, i, &rows[i].proof);
	roots = (struct el_roots){ &root, 1, NOW - 3600, DAY_OFFSET };
	return 0;
}

static void
assert_row(const char *reason)
{
	const char *const found = el_proven_row(&roots, &rows[1]);

	if (reason == NULL)
		assert_null(found);
	else {
		assert_non_null(found);
		assert_string_equal(found, reason);
	}
}

/* The middle row, and its segment, anew. */
static void
flag_late(void)
{
	struct el_hash leaves[N], c;

	rows[1].flags = EL_FLAG_LATE;
	for (size_t i = 0; i < N; i++)
		el_released_leaf(&rows[i], &c, &leaves[i]);
	el_tree_root(leaves, N, &root.root);
}

static void
a_row_counts_under_the_root_of_its_segment_alone(void **state)
{
	(void)state;
	assert_row(NULL);
	root.segment = 3;
	assert_row("segment_not_logged");
	root.segment = 4;
	root.epoch--;
	assert_row("segment_not_logged");
	root.epoch++;
	roots.n = 0;
	assert_row("segment_not_logged");
}

static void
every_part_of_a_row_leads_to_its_root(void **state)
{
	const struct el_released right = rows[1];

	(void)state;
	rows[1].venue++;
	assert_row("not_in_segment");
	rows[1] = right;
	rows[1].minute += 60;
	assert_row("not_in_segment");
	rows[1] = right;
	rows[1].flags = EL_FLAG_DUPLICATE;
	assert_row("not_in_segment");
	rows[1] = right;
	rows[1].salt.b[15] ^= 1;
	assert_row("not_in_segment");
	rows[1] = right;
	rows[1].body.b[EL_BODY_LEN - 1] ^= 1;
	assert_row("not_in_segment");
	rows[1] = right;
	rows[1].proof = rows[2].proof;
	assert_row("not_in_segment");
	rows[1] = right;
	rows[1].proof.size = N + 1;
	assert_row("not_in_segment");
	rows[1] = right;
	root.count = N - 1;
	assert_row("not_in_segment");
}

static void
a_root_two_hours_after_the_minutes_end_is_as_good_as_one_before_the_order(void **state)
{
	(void)state;
	roots.order_created_s = MINUTE_S; /* the order is no help */
	root.time_s = WITHIN;
	assert_row(NULL);
	root.time_s = WITHIN + 1;
	assert_row("logged_too_late");
}

static void
a_root_in_the_second_of_the_order_is_too_late(void **state)
{
	(void)state;
	flag_late();
	root.time_s = roots.order_created_s - 1;
	assert_row(NULL);
	root.time_s = roots.order_created_s;
	assert_row("logged_too_late");
}

static void
a_row_rooted_late_must_say_so_from_the_first_second(void **state)
{
	(void)state;
	root.time_s = WITHIN;
	assert_row(NULL);
	root.time_s = WITHIN + 1;
	assert_row("late_not_flagged");
	flag_late();
	assert_row(NULL);
}

static void
no_root_of_a_day_counts_after_its_last_row_could_come(void **state)
{
	const int64_t last = (int64_t)el_epoch_end(rows[1].epoch, DAY_OFFSET) + EL_TOKEN_GRACE_S + EL_LATE_LIMIT_MAX_S +
	    EL_ROOT_WITHIN_S;

	(void)state;
	flag_late();
	roots.order_created_s = last + DAY;
	root.time_s = last;
	assert_row(NULL);
	root.time_s = last + 1;
	assert_row("segment_too_late");
}

/* A log that says any small time would make all rows of a segment young. */
static void
a_root_over_two_hours_older_than_its_row_is_refused(void **state)
{
	(void)state;
	root.time_s = MINUTE_S - EL_ROOT_WITHIN_S;
	assert_row(NULL);
	root.time_s--;
	assert_row("logged_too_early");
	root.time_s = 0;
	assert_row("logged_too_early");
}

static void
the_root_of_no_rows_has_none(void **state)
{
	(void)state;
	root.count = 0;
	el_tree_root(NULL, 0, &root.root);
	assert_row("not_in_segment");
	rows[1].proof = (struct el_path){ .size = 0 };
	assert_row("not_in_segment");
}

static void
the_largest_times_do_not_overflow(void **state)
{
	(void)state;
	root.time_s = INT64_C(9007199254740991); /* 2^53 - 1, the largest of a document */
	assert_row("segment_too_late");
	rows[1].epoch = root.epoch = UINT16_MAX;
	rows[1].minute = UINT32_MAX / 60 * 60;
	root.time_s = 0;
	assert_row("not_in_segment");
}

/* ---- Boxes ---- */

static const struct el_trace_row box = { .com = { 7 }, .box = { { 8 } } };
static struct el_trace_row asked;
static struct el_commitment commitment;
static struct el_phone phones[2];

static void
commit(const char *phone)
{
	struct el_hash leaves[2];

	asked = box;
	asked.epoch = rows[0].epoch;
	commitment = (struct el_commitment){ .is_there = true };
	assert_int_equal(el_phone_parse(phone, &commitment.phone), EL_OK);
	assert_int_equal(el_phone_parse("+821000000001", &phones[0]), EL_OK);
	assert_int_equal(el_phone_parse("+821000000002", &phones[1]), EL_OK);
	el_commitment_leaf(&commitment, &asked, &leaves[0]);
	memset(&leaves[1], 9, sizeof leaves[1]);
	el_tree_path(leaves, 2, 0, &commitment.path);
	root = (struct el_log_entry){ .type = EL_ENTRY_IDENTITIES, .time_s = NOW, .epoch = asked.epoch, .count = 2 };
	el_tree_root(leaves, 2, &root.root);
}

static void
assert_box(int64_t now_s, const char *reason)
{
	const char *const found = el_proven_box(&roots, &asked, &commitment, phones, 2, now_s);

	if (reason == NULL)
		assert_null(found);
	else {
		assert_non_null(found);
		assert_string_equal(found, reason);
	}
}

static void
a_box_counts_for_every_number_that_was_asked_for_and_no_other(void **state)
{
	(void)state;
	commit("+821000000001");
	assert_box(NOW, NULL);
	commit("+821000000002");
	assert_box(NOW, NULL);
	commit("+821000000003");
	assert_box(NOW, "other_phone");
	commit("+82100000000");
	assert_box(NOW, "other_phone"); /* the beginning of one */
}

/* An issuer that says another number than it logged, or hands out another's box under it. */
static void
every_part_of_a_box_leads_to_its_days_root(void **state)
{
	(void)state;
	commit("+821000000003");
	assert_int_equal(el_phone_parse("+821000000001", &commitment.phone), EL_OK);
	assert_box(NOW, "not_in_segment");
	commit("+821000000001");
	asked.box.b[0] ^= 1;
	assert_box(NOW, "not_in_segment");
	commit("+821000000001");
	asked.com[0] ^= 1;
	assert_box(NOW, "not_in_segment");
	commit("+821000000001");
	commitment.salt.b[0] ^= 1;
	assert_box(NOW, "not_in_segment");
	commit("+821000000001");
	asked.epoch++;
	assert_box(NOW, "box_not_logged");
}

static void
a_day_is_unwritten_until_26_hours_after_its_end_to_the_second(void **state)
{
	int64_t until;

	(void)state;
	commit("+821000000001");
	until = el_epoch_end(asked.epoch, DAY_OFFSET) + EL_UNCOMMITTED_S;
	commitment = (struct el_commitment){ .is_there = false };
	assert_box(until - 1, NULL);
	assert_box(until, "box_not_logged");
}

#define CASE(f) cmocka_unit_test_setup(f, up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_row_counts_under_the_root_of_its_segment_alone),
		CASE(every_part_of_a_row_leads_to_its_root),
		CASE(a_root_two_hours_after_the_minutes_end_is_as_good_as_one_before_the_order),
		CASE(a_root_in_the_second_of_the_order_is_too_late),
		CASE(a_row_rooted_late_must_say_so_from_the_first_second),
		CASE(no_root_of_a_day_counts_after_its_last_row_could_come),
		CASE(a_root_over_two_hours_older_than_its_row_is_refused),
		CASE(the_root_of_no_rows_has_none),
		CASE(the_largest_times_do_not_overflow),
		CASE(a_box_counts_for_every_number_that_was_asked_for_and_no_other),
		CASE(every_part_of_a_box_leads_to_its_days_root),
		CASE(a_day_is_unwritten_until_26_hours_after_its_end_to_the_second),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
