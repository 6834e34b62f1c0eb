#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "entrylog/epoch.h"
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
}
