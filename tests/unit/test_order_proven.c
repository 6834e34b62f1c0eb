<<<<<<< HEAD
/* Whether rows and trace boxes were there before they were asked for, to the second (P-7.2 step 2, 7.3 step 2, 12.10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
=======
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
>>>>>>> review
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "entrylog/epoch.h"
<<<<<<< HEAD
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
		CASE(a_box_counts_for_every_number_that_was_asked_for_and_no_other),
		CASE(every_part_of_a_box_leads_to_its_days_root),
		CASE(a_day_is_unwritten_until_26_hours_after_its_end_to_the_second),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
=======
#include "log/tree.h"
#include "order/proven.h"
#include "token/leaf.h"

/* Whether a row stood in its store before it was asked for (protocol 7.2 step 2, 12.10). */

#define E 20000
#define OFFSET 0
#define NOON (el_epoch_start(E, OFFSET) + 12 * 3600)
#define ROWS 3
#define ASKED 1

struct state {
	struct el_released row;
	struct el_log_entry root;
	struct el_roots roots;
};

static int
begin(void **state)
{
	static struct state s;
	struct el_hash leaves[ROWS], c;

	memset(&s, 0, sizeof s);
	memset(leaves, 7, sizeof leaves);
	s.row.epoch = E;
	s.row.segment = 4;
	s.row.venue = 9;
	s.row.minute = (uint32_t)NOON;
	el_released_leaf(&s.row, &c, &leaves[ASKED]);
	el_tree_path(leaves, ROWS, ASKED, &s.row.proof);
	s.root = (struct el_log_entry){ .type = EL_ENTRY_SEGMENT, .time_s = NOON + 3600, .epoch = E, .segment = 4, .count = ROWS };
	el_tree_root(leaves, ROWS, &s.root.root);
	s.roots = (struct el_roots){ &s.root, 1, NOON + 24 * 3600, OFFSET };
	*state = &s;
	return 0;
}

#define S struct state *const s = *state
#define COUNTS(s) assert_null(el_proven_row(&(s)->roots, &(s)->row))
#define REFUSED(s, why) assert_string_equal(el_proven_row(&(s)->roots, &(s)->row), (why))

/* As if the visit had been flagged late from the beginning. */
static void
flag_late(struct state *s)
{
	struct el_hash leaf, c;

	s->row.flags = EL_FLAG_LATE;
	s->row.proof = (struct el_path){ .index = 0, .size = 1 };
	el_released_leaf(&s->row, &c, &leaf);
	s->root.count = 1;
	s->root.root = leaf;
}

static void
counts_row_logged_within_two_hours_even_after_the_order(void **state)
{
	S;

	COUNTS(s);
	s->roots.order_created_s = NOON; /* before the root */
	s->root.time_s = NOON + 60 + EL_ROOT_WITHIN_S;
	COUNTS(s);
	s->root.time_s++;
	REFUSED(s, "logged_too_late");
}

static void
counts_older_row_only_when_it_is_flagged_and_was_logged_before_the_order(void **state)
{
	S;

	s->root.time_s = NOON + 10 * 3600;
	REFUSED(s, "late_not_flagged");
	flag_late(s);
	COUNTS(s);
	s->roots.order_created_s = s->root.time_s;
	REFUSED(s, "logged_too_late");
}

static void
refuses_root_of_a_day_that_was_over_long_ago(void **state)
{
	const int64_t last_s = el_epoch_end(E, OFFSET) + EL_TOKEN_GRACE_S + EL_LATE_LIMIT_MAX_S + EL_ROOT_WITHIN_S;
	S;

	flag_late(s);
	s->roots.order_created_s = last_s + 3600;
	s->root.time_s = last_s;
	COUNTS(s);
	s->root.time_s++;
	REFUSED(s, "segment_too_late");
}

static void
refuses_root_that_says_to_be_older_than_the_visit(void **state)
{
	S;

	s->root.time_s = NOON - EL_ROOT_WITHIN_S;
	COUNTS(s);
	s->root.time_s--;
	REFUSED(s, "logged_too_early");
	s->root.time_s = 0;
	REFUSED(s, "logged_too_early");
}

static void
refuses_row_of_another_segment_or_day(void **state)
{
	S;

	s->row.segment++;
	REFUSED(s, "segment_not_logged");
	s->row.segment--;
	s->row.epoch++;
	REFUSED(s, "segment_not_logged");
	s->row.epoch--;
	s->roots.n = 0;
	REFUSED(s, "segment_not_logged");
}

static void
refuses_row_that_was_moved_or_has_no_path(void **state)
{
	S;

	s->row.venue++;
	REFUSED(s, "not_in_segment");
	s->row.venue--;
	s->row.minute += 60;
	REFUSED(s, "not_in_segment");
	s->row.minute -= 60;
	s->row.flags = EL_FLAG_LATE;
	REFUSED(s, "not_in_segment");
	s->row.flags = 0;
	s->row.proof = (struct el_path){ .index = 0, .size = 1 }; /* that of a row in a segment without a tree */
	REFUSED(s, "not_in_segment");
}

static void
refuses_every_row_under_the_root_of_no_rows(void **state)
{
	S;

	s->root.count = 0;
	el_tree_root(NULL, 0, &s->root.root);
	REFUSED(s, "not_in_segment");
	s->row.proof = (struct el_path){ .size = 0 };
	REFUSED(s, "not_in_segment");
}

static void
judges_the_largest_times_without_overflow(void **state)
{
	S;

	s->root.time_s = INT64_C(9007199254740991); /* 2^53 - 1, the largest of a document */
	REFUSED(s, "segment_too_late");
	s->row.epoch = s->root.epoch = UINT16_MAX;
	s->row.minute = UINT32_MAX / 60 * 60;
	s->root.time_s = 0;
	REFUSED(s, "not_in_segment");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest tests[] = { CASE(counts_row_logged_within_two_hours_even_after_the_order),
		CASE(counts_older_row_only_when_it_is_flagged_and_was_logged_before_the_order),
		CASE(refuses_root_of_a_day_that_was_over_long_ago), CASE(refuses_root_that_says_to_be_older_than_the_visit),
		CASE(refuses_row_of_another_segment_or_day), CASE(refuses_row_that_was_moved_or_has_no_path),
		CASE(refuses_every_row_under_the_root_of_no_rows), CASE(judges_the_largest_times_without_overflow) };

	return cmocka_run_group_tests(tests, NULL, NULL);
>>>>>>> review
}
