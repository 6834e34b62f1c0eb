#include "daybook_conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daybook_rows.h"

/* One test: a folder, and the daybook in it. */
struct book {
	char dir[64];
	struct el_daybook_options options;
	struct el_daybook *d;
};

static daybook_opener *opener;
static daybook_worker *worker;

static void
reopen(struct book *b)
{
	el_daybook_close(b->d);
	b->d = NULL;
	assert_int_equal(opener(b->dir, &b->options, &b->d), EL_OK);
	assert_non_null(b->d);
}

static int
setup(void **state)
{
	struct book *const b = calloc(1, sizeof *b);

	assert_non_null(b);
	folder_new(b->dir);
	reopen(b);
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct book *const b = *state;

	el_daybook_close(b->d);
	folder_remove(b->dir);
	free(b);
	return 0;
}

static void
setup_again(struct book *b, bool hourly, uint32_t segment_rows)
{
	b->options = (struct el_daybook_options){ hourly, segment_rows };
	reopen(b);
}

static void
gives_back_what_was_appended(void **state)
{
	struct book *const b = *state;

	append_seeds(b->d, 100, NOW, 0, 10);
	append_seeds(b->d, 100, NOW, 10, 1);
	append_seeds(b->d, 100, NOW, 11, 500);
	expect_seeds(b->d, 100, ROW_OLD, 0, 511);
	reopen(b);
	expect_seeds(b->d, 100, ROW_OLD, 0, 511);
	append_seeds(b->d, 100, NOW, 511, 3);
	expect_seeds(b->d, 100, ROW_OLD, 0, 514);
}

static void
numbers_rows_from_zero_in_order(void **state)
{
	struct book *const b = *state;
	struct seen_list list = { 0 };
	struct made_row m;
	uint32_t segment, first;
	size_t i;

	append_seeds(b->d, 7, NOW, 0, 4);
	assert_int_equal(b->d->ops->live(b->d, 7, NOW, &segment), EL_OK);
	assert_int_equal(b->d->ops->next_row(b->d, 7, segment, &first), EL_OK);
	assert_int_equal(first, 4); /* as was promised */
	make_row(&m, ROW_OLD, 4);
	assert_int_equal(b->d->ops->append(b->d, 7, segment, &m.row, 1, &first), EL_OK);
	assert_int_equal(first, 4);
	assert_int_equal(b->d->ops->scan(b->d, 7, false, see, &list), EL_OK);
	assert_int_equal(list.n, 5);
	for (i = 0; i < list.n; i++) {
		assert_int_equal(list.v[i].ref.epoch, 7);
		assert_int_equal(list.v[i].ref.segment, segment);
		assert_int_equal(list.v[i].ref.row, i);
		assert_int_equal(list.v[i].seed, i);
	}
	seen_free(&list);
}

static void
scans_tags_alone(void **state)
{
	struct book *const b = *state;
	struct seen_list list = { 0 };
	size_t i;

	append_seeds(b->d, 7, NOW, 0, 20);
	assert_int_equal(b->d->ops->scan(b->d, 7, true, see, &list), EL_OK);
	assert_int_equal(list.n, 20);
	for (i = 0; i < list.n; i++) {
		assert_int_equal(list.v[i].len, 0);
		assert_true(list.v[i].tag_a == tag_a_of(ROW_OLD, i) && list.v[i].tag_b == tag_b_of(ROW_OLD, i));
	}
	seen_free(&list);
}

static void
reads_one_row(void **state)
{
	struct book *const b = *state;
	const uint32_t segment = append_seeds(b->d, 7, NOW, 0, 20);
	struct el_row_ref ref = { 7, segment, 13 };
	struct seen_list list = { 0 };

	assert_int_equal(b->d->ops->read(b->d, &ref, see, &list), EL_OK);
	assert_int_equal(b->d->ops->close_segment(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->read(b->d, &ref, see, &list), EL_OK);
	assert_int_equal(list.n, 2);
	assert_true(list.v[0].seed == 13 && list.v[0].whole && list.v[1].seed == 13 && list.v[1].whole);
	ref.row = 20;
	assert_int_equal(b->d->ops->read(b->d, &ref, see, &list), EL_ENOTFOUND);
	ref = (struct el_row_ref){ 7, segment + 1, 0 };
	assert_int_equal(b->d->ops->read(b->d, &ref, see, &list), EL_ENOTFOUND);
	ref = (struct el_row_ref){ 8, segment, 0 };
	assert_int_equal(b->d->ops->read(b->d, &ref, see, &list), EL_ENOTFOUND);
	seen_free(&list);
}

static int
compare_tags(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
finds_by_either_tag_over_epochs_in_order(void **state)
{
	struct book *const b = *state;
	struct seen_list list = { 0 };
	uint64_t tags[2][30];
	size_t i;

	/* Epochs 3..6, ten rows each, in two segments; and every third seed is looked for. */
	for (i = 0; i < 8; i++) {
		append_seeds(b->d, (el_epoch)(6 - i / 2), NOW, i * 5, 5);
		if (i % 2 == 0)
			assert_int_equal(b->d->ops->close_segment(b->d, (el_epoch)(6 - i / 2)), EL_OK);
	}
	for (i = 0; i < 30; i++) {
		tags[0][i] = tag_a_of(ROW_OLD, i * 3);
		tags[1][i] = tag_b_of(ROW_OLD, i * 3);
	}
	qsort(tags[0], 30, sizeof tags[0][0], compare_tags);
	qsort(tags[1], 30, sizeof tags[1][0], compare_tags);

	for (int which = 0; which < 2; which++) {
		assert_int_equal(b->d->ops->find(b->d, 4, 6, which == 0 ? EL_TAG_A : EL_TAG_B, tags[which], 30,
		    see, &list), EL_OK);
		assert_int_equal(list.n, 10); /* 0, 3, ... 27 */
		for (i = 0; i < list.n; i++) {
			assert_true(list.v[i].whole && list.v[i].seed % 3 == 0 && list.v[i].seed < 30);
			if (i > 0) {
				const struct el_row_ref *const x = &list.v[i - 1].ref, *const y = &list.v[i].ref;

				assert_true(x->epoch < y->epoch ||
				    (x->epoch == y->epoch && x->segment < y->segment) ||
				    (x->epoch == y->epoch && x->segment == y->segment && x->row < y->row));
			}
		}
		seen_free(&list);
	}
	assert_int_equal(b->d->ops->find(b->d, 0, 2, EL_TAG_A, tags[0], 30, see, &list), EL_OK);
	assert_int_equal(b->d->ops->find(b->d, 5, 4, EL_TAG_A, tags[0], 30, see, &list), EL_OK);
	assert_int_equal(b->d->ops->find(b->d, 0, 65535, EL_TAG_A, tags[0], 0, see, &list), EL_OK);
	/* A tag of the other column is no match. */
	assert_int_equal(b->d->ops->find(b->d, 0, 65535, EL_TAG_B, tags[0], 30, see, &list), EL_OK);
	assert_int_equal(list.n, 0);
}

static void
finds_every_row_of_a_tag_with_the_top_bit_set(void **state)
{
	static const uint64_t tag[] = { 0, 1, 0x7fffffffffffffffu, 0x8000000000000000u, UINT64_MAX };
	struct book *const b = *state;
	struct seen_list list = { 0 };
	uint32_t segment, first;
	size_t i;

	for (i = 0; i < 10; i++) {
		const struct el_row row = { tag[i % 5], tag[4 - i % 5], (const uint8_t *)"x", 1 };

		assert_int_equal(b->d->ops->live(b->d, 65535, NOW, &segment), EL_OK);
		assert_int_equal(b->d->ops->append(b->d, 65535, segment, &row, 1, &first), EL_OK);
	}
	for (i = 0; i < 5; i++) {
		assert_int_equal(b->d->ops->find(b->d, 65535, 65535, EL_TAG_A, &tag[i], 1, see, &list), EL_OK);
		assert_int_equal(list.n, 2);
		assert_true(list.v[0].tag_a == tag[i] && list.v[1].tag_a == tag[i]);
		assert_true(list.v[0].tag_b == tag[4 - i]);
		seen_free(&list);
	}
	assert_int_equal(b->d->ops->find(b->d, 65535, 65535, EL_TAG_B, tag, 5, see, &list), EL_OK);
	assert_int_equal(list.n, 10);
	seen_free(&list);
}

static int
stop_at_third(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	(void)ref;
	(void)row;
	return ++*(int *)ctx == 3 ? EL_ECLOSED : EL_OK;
}

static void
ends_a_walk_when_told(void **state)
{
	struct book *const b = *state;
	int n = 0;

	append_seeds(b->d, 7, NOW, 0, 20);
	assert_int_equal(b->d->ops->scan(b->d, 7, false, stop_at_third, &n), EL_ECLOSED);
	assert_int_equal(n, 3);
	expect_seeds(b->d, 7, ROW_OLD, 0, 20);
	append_seeds(b->d, 7, NOW, 20, 1);
}

struct nested {
	struct el_daybook *d;
	size_t n;
};

static int
read_from_inside(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct nested *const x = ctx;
	struct seen_list list = { 0 };
	const struct el_row_ref other = { ref->epoch, ref->segment, 19 - ref->row };
	uint32_t number;

	assert_int_equal(x->d->ops->read(x->d, &other, see, &list), EL_OK);
	assert_int_equal(list.v[0].seed, 19 - ref->row);
	seen_free(&list);
	if (ref->row == 5) {
		assert_int_equal(x->d->ops->scan(x->d, ref->epoch, false, see, &list), EL_OK);
		assert_int_equal(list.n, 20);
		seen_free(&list);
		assert_int_equal(x->d->ops->live(x->d, ref->epoch, NOW, &number), EL_ESTATE);
		assert_int_equal(x->d->ops->close_segment(x->d, ref->epoch), EL_ESTATE);
		assert_int_equal(x->d->ops->close_old(x->d, NOW), EL_ESTATE);
		assert_int_equal(x->d->ops->destroy(x->d, ref->epoch), EL_ESTATE);
	}
	assert_true(row->tag_a == tag_a_of(ROW_OLD, ref->row));
	x->n++;
	return EL_OK;
}

static void
lets_a_callback_read_but_not_write(void **state)
{
	struct book *const b = *state;
	struct nested x = { b->d, 0 };

	append_seeds(b->d, 7, NOW, 0, 20);
	assert_int_equal(b->d->ops->scan(b->d, 7, false, read_from_inside, &x), EL_OK);
	assert_int_equal(b->d->ops->close_segment(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->scan(b->d, 7, false, read_from_inside, &x), EL_OK);
	assert_int_equal(x.n, 40);
}

static void
refuses_rows_for_a_segment_that_is_not_live(void **state)
{
	struct book *const b = *state;
	struct made_row m;
	uint32_t segment, later, first;

	make_row(&m, ROW_OLD, 0);
	assert_int_equal(b->d->ops->append(b->d, 7, 0, &m.row, 1, &first), EL_ESTATE);
	assert_int_equal(b->d->ops->next_row(b->d, 7, 0, &first), EL_ESTATE);
	assert_int_equal(b->d->ops->live(b->d, 7, NOW, &segment), EL_OK);
	assert_int_equal(b->d->ops->next_row(b->d, 7, segment + 1, &first), EL_ESTATE);
	assert_int_equal(b->d->ops->append(b->d, 7, segment + 1, &m.row, 1, &first), EL_ESTATE);
	assert_int_equal(b->d->ops->append(b->d, 8, segment, &m.row, 1, &first), EL_ESTATE);
	assert_int_equal(b->d->ops->append(b->d, 7, segment, &m.row, 1, &first), EL_OK);
	assert_int_equal(b->d->ops->close_segment(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->append(b->d, 7, segment, &m.row, 1, &first), EL_ESTATE);
	assert_int_equal(b->d->ops->live(b->d, 7, NOW, &later), EL_OK);
	assert_int_not_equal(later, segment);
	assert_int_equal(b->d->ops->append(b->d, 7, segment, &m.row, 1, &first), EL_ESTATE);
	expect_seeds(b->d, 7, ROW_OLD, 0, 1);
}

static void
takes_sealed_rows_up_to_the_limit_and_all_or_none(void **state)
{
	struct book *const b = *state;
	uint8_t *const big = calloc(1, EL_SEALED_MAX + 1);
	struct el_row rows[3] = { { 1, 1, big, EL_SEALED_MAX }, { 2, 2, big, 0 }, { 3, 3, big, EL_SEALED_MAX + 1 } };
	struct seen_list list = { 0 };
	uint32_t segment, first;
	uint64_t n;
	bool rewritten;

	assert_non_null(big);
	assert_int_equal(b->d->ops->live(b->d, 7, NOW, &segment), EL_OK);
	assert_int_equal(b->d->ops->append(b->d, 7, segment, rows, 3, &first), EL_ELIMIT);
	assert_int_equal(b->d->ops->next_row(b->d, 7, segment, &first), EL_OK);
	assert_int_equal(first, 0);
	assert_int_equal(b->d->ops->count(b->d, 7, &n, &rewritten), EL_OK);
	assert_int_equal(n, 0);
	assert_int_equal(b->d->ops->append(b->d, 7, segment, rows, 2, &first), EL_OK);
	assert_int_equal(first, 0);
	assert_int_equal(b->d->ops->append(b->d, 7, segment, rows, 0, &first), EL_OK);
	assert_int_equal(b->d->ops->scan(b->d, 7, false, see, &list), EL_OK);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0].len, EL_SEALED_MAX);
	assert_int_equal(list.v[1].len, 0);
	seen_free(&list);
	free(big);
}

static void
begins_a_segment_when_one_is_full(void **state)
{
	struct book *const b = *state;
	uint32_t segment, before;
	uint64_t i;

	setup_again(b, false, 10);
	before = append_seeds(b->d, 7, NOW, 0, 9);
	assert_int_equal(append_seeds(b->d, 7, NOW, 9, 4), before); /* a group is not split */
	segment = append_seeds(b->d, 7, NOW, 13, 10);
	assert_true(segment > before);
	for (i = 23; i < 400; i++)
		append_seeds(b->d, 7, NOW, i, 1);
	expect_seeds(b->d, 7, ROW_OLD, 0, 400);
	reopen(b);
	expect_seeds(b->d, 7, ROW_OLD, 0, 400);
}

static void
begins_a_segment_after_an_hour_only_if_hourly(void **state)
{
	struct book *const b = *state;
	uint32_t first, segment;

	first = append_seeds(b->d, 7, NOW, 0, 1);
	assert_int_equal(append_seeds(b->d, 7, NOW + 50000, 1, 1), first);
	setup_again(b, true, 0);
	first = append_seeds(b->d, 7, NOW + 50000, 2, 1);
	assert_int_equal(append_seeds(b->d, 7, NOW + 50000 + EL_SEGMENT_S, 3, 1), first);
	/* A clock set back closes nothing. */
	assert_int_equal(append_seeds(b->d, 7, NOW, 4, 1), first);
	segment = append_seeds(b->d, 7, NOW + 50001 + EL_SEGMENT_S, 5, 1);
	assert_true(segment > first);
	expect_seeds(b->d, 7, ROW_OLD, 0, 6);
	/* An empty one is not closed, and its hour begins with its first row. */
	assert_int_equal(b->d->ops->live(b->d, 8, NOW, &first), EL_OK);
	assert_int_equal(b->d->ops->live(b->d, 8, NOW + 9000, &segment), EL_OK);
	assert_int_equal(segment, first);
	assert_int_equal(append_seeds(b->d, 8, NOW + 9000, 0, 1), first);
	assert_int_equal(append_seeds(b->d, 8, NOW + 9000 + EL_SEGMENT_S, 1, 1), first);
}

static void
rewrites_an_epoch_sorted_by_unsigned_tags(void **state)
{
	struct book *const b = *state;
	struct seen_list list = { 0 };
	uint32_t segment;
	uint64_t n;
	size_t i;

	setup_again(b, false, 100);
	for (i = 0; i < 10; i++)
		append_seeds(b->d, 7, NOW, i * 70, 70);
	append_seeds(b->d, 8, NOW, 5000, 3);
	assert_int_equal(b->d->ops->rewrite(b->d, 7, renew, NULL, &n), EL_OK);
	assert_int_equal(n, 700);
	for (int again = 0; again < 2; again++) {
		expect_seeds(b->d, 7, ROW_NEW, 0, 700);
		assert_int_equal(b->d->ops->scan(b->d, 7, false, see, &list), EL_OK);
		for (i = 0; i < list.n; i++) {
			assert_int_equal(list.v[i].ref.row, i);
			assert_int_equal(list.v[i].ref.segment, list.v[0].ref.segment);
			assert_true(i == 0 || list.v[i - 1].tag_a < list.v[i].tag_a);
		}
		seen_free(&list);
		/* It takes no rows any more, and rewriting it again is nothing. */
		assert_int_equal(b->d->ops->live(b->d, 7, NOW, &segment), EL_ESTATE);
		assert_int_equal(b->d->ops->rewrite(b->d, 7, NULL, NULL, &n), EL_OK);
		assert_int_equal(n, 700);
		assert_int_equal(b->d->ops->close_segment(b->d, 7), EL_OK);
		expect_seeds(b->d, 8, ROW_OLD, 5000, 3);
		reopen(b);
	}
}

static int
same_tag(void *ctx, const struct el_row_ref *from, const struct el_row *in, uint32_t segment, uint8_t *sealed,
    struct el_row *out)
{
	const int r = renew(ctx, from, in, segment, sealed, out);

	out->tag_a = 0x8000000000000001u;
	return r;
}

static int
fail_late(void *ctx, const struct el_row_ref *from, const struct el_row *in, uint32_t segment, uint8_t *sealed,
    struct el_row *out)
{
	return ++*(int *)ctx == 70 ? EL_ECRYPTO : renew(NULL, from, in, segment, sealed, out);
}

static void
sorts_equal_tags_a_by_tag_b(void **state)
{
	struct book *const b = *state;
	struct seen_list list = { 0 };
	uint64_t n;
	size_t i;

	append_seeds(b->d, 7, NOW, 0, 50);
	assert_int_equal(b->d->ops->rewrite(b->d, 7, same_tag, NULL, &n), EL_OK);
	assert_int_equal(b->d->ops->scan(b->d, 7, true, see, &list), EL_OK);
	assert_int_equal(list.n, 50);
	for (i = 1; i < list.n; i++)
		assert_true(list.v[i - 1].tag_b < list.v[i].tag_b);
	seen_free(&list);
}

static void
keeps_the_old_rows_when_a_rewrite_is_refused(void **state)
{
	struct book *const b = *state;
	int calls = 0;
	uint64_t n;

	append_seeds(b->d, 7, NOW, 0, 50);
	assert_int_equal(b->d->ops->rewrite(b->d, 7, fail_late, &calls, &n), EL_ECRYPTO);
	expect_seeds(b->d, 7, ROW_OLD, 0, 50);
	append_seeds(b->d, 7, NOW, 50, 1);
	reopen(b);
	expect_seeds(b->d, 7, ROW_OLD, 0, 51);
	assert_int_equal(b->d->ops->rewrite(b->d, 7, renew, NULL, &n), EL_OK);
	expect_seeds(b->d, 7, ROW_NEW, 0, 51);
}

static void
rewrites_an_epoch_of_no_rows(void **state)
{
	struct book *const b = *state;
	uint32_t segment;
	uint64_t n = 1;

	assert_int_equal(b->d->ops->rewrite(b->d, 7, renew, NULL, &n), EL_OK);
	assert_int_equal(n, 0);
	expect_seeds(b->d, 7, ROW_NEW, 0, 0);
	assert_int_equal(b->d->ops->live(b->d, 7, NOW, &segment), EL_ESTATE);
}

static void
destroys_an_epoch_and_nothing_else(void **state)
{
	struct book *const b = *state;
	struct seen_list list = { 0 };
	struct made_row m;
	uint32_t segment, first;
	el_epoch e[3];
	size_t n;

	make_row(&m, ROW_OLD, 0);
	append_seeds(b->d, 7, NOW, 0, 10);
	assert_int_equal(b->d->ops->close_segment(b->d, 7), EL_OK);
	segment = append_seeds(b->d, 7, NOW, 10, 10);
	append_seeds(b->d, 8, NOW, 20, 10);
	expect_seeds(b->d, 7, ROW_OLD, 0, 20);
	assert_int_equal(b->d->ops->destroy(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->destroy(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->scan(b->d, 7, false, see, &list), EL_OK);
	assert_int_equal(list.n, 0);
	assert_int_equal(b->d->ops->append(b->d, 7, segment, &m.row, 1, &first), EL_ESTATE);
	assert_int_equal(b->d->ops->live(b->d, 7, NOW, &segment), EL_ESTATE);
	expect_seeds(b->d, 8, ROW_OLD, 20, 10);
	reopen(b);
	assert_int_equal(b->d->ops->epochs(b->d, e, 3, &n), EL_OK);
	assert_int_equal(n, 1);
	assert_int_equal(e[0], 8);
	assert_int_equal(b->d->ops->destroy(b->d, 8), EL_OK);
	assert_true(folder_count(b->dir) > 0);
	assert_int_equal(work(b->d, worker, b->dir, 9), 2);
	assert_int_equal(folder_count(b->dir), 0);
}

static void
begins_a_destroyed_epoch_again_only_in_another_life(void **state)
{
	struct book *const b = *state;

	append_seeds(b->d, 7, NOW, 0, 10);
	assert_int_equal(b->d->ops->destroy(b->d, 7), EL_OK);
	reopen(b);
	/* Its files are still there, so it is as destroyed as before. */
	assert_int_equal(try_append(b->d, 7, NOW, 0, 1), EL_ESTATE);
	assert_int_equal(work(b->d, worker, b->dir, 9), 1);
	assert_int_equal(try_append(b->d, 7, NOW, 0, 1), EL_ESTATE);
	reopen(b);
	append_seeds(b->d, 7, NOW, 50, 5);
	expect_seeds(b->d, 7, ROW_OLD, 50, 5);
}

/* ---- Work of another process ---- */

/* Rows 0..299 in three segments and a live one; every tag is one of 97, so that each stands in several. */
static void
append_repeated_tags(struct book *b, el_epoch epoch)
{
	struct made_row *const m = calloc(100, sizeof *m);
	struct el_row rows[100];
	uint32_t segment, first;
	uint64_t i, j;

	assert_non_null(m);
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 100; j++) {
			make_row(&m[j], ROW_OLD, i * 100 + j);
			rows[j] = m[j].row;
			rows[j].tag_a = (i * 100 + j) % 97 * 0x0303030303030303u;
			rows[j].tag_b = ~rows[j].tag_a;
		}
		assert_int_equal(b->d->ops->live(b->d, epoch, NOW, &segment), EL_OK);
		assert_int_equal(b->d->ops->append(b->d, epoch, segment, rows, 100, &first), EL_OK);
		if (i < 3)
			assert_int_equal(b->d->ops->close_segment(b->d, epoch), EL_OK);
	}
	free(m);
}

/* n of the 97 tags, sorted. */
static size_t
some_tags(enum el_tag_column which, size_t n, uint64_t *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		out[i] = (i * 97 / n) * 0x0303030303030303u;
		if (which == EL_TAG_B)
			out[i] = ~out[i];
	}
	qsort(out, n, sizeof *out, compare_tags);
	return n;
}

static void
expect_same(const struct seen_list *a, const struct seen_list *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct seen *const x = &a->v[i], *const y = &b->v[i];

		assert_true(x->ref.segment == y->ref.segment && x->ref.row == y->ref.row && x->seed == y->seed);
		assert_true(x->tag_a == y->tag_a && x->tag_b == y->tag_b && x->len == y->len);
	}
}

static void
finds_the_same_with_and_without_an_index(void **state)
{
	static const size_t counts[] = { 1, 2, 5, 6, 7, 40, 97 };
	struct book *const b = *state;
	struct seen_list plain[2][7] = { 0 }, list = { 0 };
	uint64_t tags[97];

	append_repeated_tags(b, 7);
	for (int round = 0; round < 3; round++) {
		for (int which = 0; which < 2; which++)
			for (size_t i = 0; i < 7; i++) {
				struct seen_list *const out = round == 0 ? &plain[which][i] : &list;
				const size_t n = some_tags((enum el_tag_column)which, counts[i], tags);

				assert_int_equal(b->d->ops->find(b->d, 0, 65535, (enum el_tag_column)which, tags, n, see, out), EL_OK);
				assert_true(out->n >= counts[i] * 4);
				if (round == 0)
					continue;
				expect_same(&list, &plain[which][i]);
				seen_free(&list);
			}
		if (round == 0)
			assert_int_equal(work(b->d, worker, b->dir, 9), 3);
		else
			reopen(b); /* the indexes are there in another life, too */
	}
	for (int i = 0; i < 14; i++)
		seen_free(&plain[i / 7][i % 7]);
}

static void
finds_only_what_is_indexed_when_asked_for_that(void **state)
{
	struct book *const b = *state;
	struct seen_list list = { 0 };
	uint64_t tag = ~(uint64_t)0;
	uint32_t before = 0;

	assert_int_equal(b->d->ops->unindexed(b->d, 7, NULL), 0);
	append_repeated_tags(b, 7); /* tag 0 in rows 0, 97, 194, 291, 388: one a segment but two in the first */
	for (size_t i = 0; i <= 3; i++) {
		const uint32_t first = b->d->ops->unindexed(b->d, 7, NULL);

		assert_true(i == 0 || first > before);
		before = first;
		assert_int_equal(b->d->ops->find_indexed(b->d, 7, EL_TAG_B, &tag, 1, see, &list), EL_OK);
		assert_int_equal(list.n, i == 0 ? 0 : i + 1);
		for (size_t j = 0; j < list.n; j++)
			assert_true(list.v[j].ref.segment < first);
		seen_free(&list);
		assert_int_equal(work(b->d, worker, b->dir, 1), i < 3);
	}
	assert_int_equal(b->d->ops->find_indexed(b->d, 8, EL_TAG_B, &tag, 1, see, &list), EL_OK);
	assert_int_equal(list.n, 0);
	assert_int_equal(b->d->ops->close_segment(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->unindexed(b->d, 7, NULL), before);
	assert_int_equal(work(b->d, worker, b->dir, 9), 1);
	assert_true(b->d->ops->unindexed(b->d, 7, NULL) > before);
	reopen(b);
	assert_true(b->d->ops->unindexed(b->d, 7, NULL) > before);
}

struct tags_seen {
	uint32_t from;
	size_t n;
	uint64_t sum;
};

static int
see_tag(void *ctx, const struct el_row_ref *ref, uint64_t tag)
{
	struct tags_seen *const t = ctx;

	assert_int_equal(ref->epoch, 7);
	assert_true(ref->segment >= t->from && ref->row < 100);
	t->n++;
	t->sum += tag * (ref->segment * 1000 + ref->row + 1); /* which tag stands where, in any order */
	return EL_OK;
}

static void
gives_every_tag_once_from_a_segment_on(void **state)
{
	struct book *const b = *state;
	struct tags_seen plain[2] = { 0 };

	append_repeated_tags(b, 7);
	for (int round = 0; round < 5; round++)
		for (int which = 0; which < 2; which++) {
			struct tags_seen all = { 0 }, late = { .from = 2 };

			assert_int_equal(b->d->ops->each_tag(b->d, 7, 0, (enum el_tag_column)which, see_tag, &all), EL_OK);
			assert_int_equal(b->d->ops->each_tag(b->d, 7, 2, (enum el_tag_column)which, see_tag, &late), EL_OK);
			assert_int_equal(all.n, 400);
			assert_int_equal(late.n, 200);
			if (round == 0)
				plain[which] = all;
			assert_true(all.sum == plain[which].sum);
			if (which == 1)
				(void)work(b->d, worker, b->dir, 1);
		}
}

static void
rewrites_an_epoch_in_another_process(void **state)
{
	struct book *const b = *state;
	struct el_job job;
	uint64_t n;
	bool rewritten;

	append_seeds(b->d, 7, NOW, 0, 30);
	append_seeds(b->d, 8, NOW, 100, 5);
	assert_int_equal(b->d->ops->begin_rewrite(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->begin_rewrite(b->d, 7), EL_OK);
	assert_int_equal(try_append(b->d, 7, NOW, 30, 1), EL_ESTATE);
	expect_seeds(b->d, 7, ROW_OLD, 0, 30); /* meanwhile */
	append_seeds(b->d, 8, NOW, 105, 5);
	assert_int_equal(b->d->ops->job(b->d, &job), EL_OK);
	assert_true(job.kind == EL_JOB_REWRITE && job.epoch == 7 && job.n_rows == 30);
	/* The life ends before it is taken over: then nothing has happened. */
	assert_int_equal(worker(b->dir, &job, renew, leaf_of_row, NULL), EL_OK);
	reopen(b);
	assert_int_equal(b->d->ops->count(b->d, 7, &n, &rewritten), EL_OK);
	assert_true(n == 30 && !rewritten);
	assert_int_equal(b->d->ops->finish(b->d, &job), EL_ESTATE);
	assert_int_equal(b->d->ops->begin_rewrite(b->d, 7), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 1), 1);
	expect_seeds(b->d, 7, ROW_NEW, 0, 30);
	assert_int_equal(b->d->ops->begin_rewrite(b->d, 7), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 9), 1); /* its index */
	reopen(b);
	expect_seeds(b->d, 7, ROW_NEW, 0, 30);
	expect_seeds(b->d, 8, ROW_OLD, 100, 10);
	assert_int_equal(b->d->ops->count(b->d, 7, &n, &rewritten), EL_OK);
	assert_true(n == 30 && rewritten);
	/* One that is not there becomes a rewritten one of no rows. */
	assert_int_equal(b->d->ops->begin_rewrite(b->d, 9), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 1), 1);
	assert_int_equal(b->d->ops->count(b->d, 9, &n, &rewritten), EL_OK);
	assert_true(n == 0 && rewritten);
}

static void
refuses_results_that_are_none(void **state)
{
	struct book *const b = *state;
	struct el_job job, other;

	append_repeated_tags(b, 7);
	assert_int_equal(b->d->ops->job(b->d, &job), EL_OK);
	assert_int_equal(b->d->ops->finish(b->d, &job), EL_ENOTFOUND); /* nobody has done it */
	other = job;
	other.n_rows--;
	assert_int_equal(worker(b->dir, &other, renew, leaf_of_row, NULL), EL_EFORMAT);
	assert_int_equal(b->d->ops->finish(b->d, &other), EL_ESTATE);
	other = job;
	other.segment = 3; /* the live one */
	assert_int_equal(b->d->ops->finish(b->d, &other), EL_ESTATE);
	assert_int_equal(worker(b->dir, &other, renew, leaf_of_row, NULL), EL_ENOTFOUND);
	other.segment = 77;
	assert_int_equal(b->d->ops->finish(b->d, &other), EL_ESTATE);
	assert_int_equal(worker(b->dir, &job, renew, leaf_of_row, NULL), EL_OK);
	assert_int_equal(worker(b->dir, &job, renew, leaf_of_row, NULL), EL_OK); /* again, over what is there */
	assert_int_equal(b->d->ops->finish(b->d, &job), EL_OK);
	assert_int_equal(b->d->ops->finish(b->d, &job), EL_ESTATE);
	/* An epoch that goes while its index is made. */
	assert_int_equal(b->d->ops->job(b->d, &job), EL_OK);
	assert_int_equal(worker(b->dir, &job, renew, leaf_of_row, NULL), EL_OK);
	assert_int_equal(b->d->ops->destroy(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->finish(b->d, &job), EL_ESTATE);
	assert_int_equal(worker(b->dir, &job, renew, leaf_of_row, NULL), EL_ENOTFOUND);
	assert_int_equal(b->d->ops->job(b->d, &job), EL_OK);
	assert_int_equal(job.kind, EL_JOB_REMOVE);
	assert_int_equal(b->d->ops->finish(b->d, &job), EL_ENOTFOUND);
	assert_int_equal(work(b->d, worker, b->dir, 9), 1);
	assert_int_equal(folder_count(b->dir), 0);
}

/* ---- The trees of closed segments ---- */

static void
proves_every_row_of_an_indexed_segment(void **state)
{
	static const size_t counts[] = { 1, 255, 256, 257, 70000 };
	struct book *const b = *state;
	el_epoch epoch = 7;

	for (size_t i = 0; i < 5; i++, epoch++) {
		append_seeds(b->d, epoch, NOW, 0, counts[i]);
		assert_true(has_trees(b->d, epoch, 1)); /* none yet */
		assert_int_equal(b->d->ops->close_segment(b->d, epoch), EL_OK);
		assert_true(has_trees(b->d, epoch, 1));
		assert_int_equal(work(b->d, worker, b->dir, 9), 1);
		assert_true(b->d->ops->unindexed(b->d, epoch, NULL) > 0);
		assert_true(has_trees(b->d, epoch, 1));
	}
	reopen(b);
	for (epoch = 7; epoch < 12; epoch++)
		assert_true(has_trees(b->d, epoch, 97));
}

static void
proves_the_rows_of_a_rewritten_epoch_in_their_new_order(void **state)
{
	struct book *const b = *state;
	struct el_hash root;
	uint64_t n;

	append_seeds(b->d, 7, NOW, 0, 600);
	assert_int_equal(b->d->ops->begin_rewrite(b->d, 7), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 9), 2);
	expect_seeds(b->d, 7, ROW_NEW, 0, 600);
	assert_true(has_trees(b->d, 7, 1));
	/* A day of nobody has a root, too. */
	assert_int_equal(b->d->ops->begin_rewrite(b->d, 8), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 9), 2);
	assert_int_equal(b->d->ops->root(b->d, 8, 0, &n, &root), EL_OK);
	assert_int_equal(n, 0);
	assert_true(root.b[0] == 0xe3 && root.b[31] == 0x55); /* SHA-256 of nothing */
}

static int
no_leaf_of_row_150(void *ctx, const struct el_row_ref *ref, const struct el_row *row, struct el_hash *leaf)
{
	return ref->row == 150 ? *(const int *)ctx : leaf_of_row(NULL, ref, row, leaf);
}

static void
indexes_without_a_tree_where_a_row_has_no_leaf(void **state)
{
	struct book *const b = *state;
	const uint32_t segment = append_seeds(b->d, 7, NOW, 0, 300);
	const struct el_row_ref ref = { 7, segment, 3 };
	const uint64_t tag = tag_b_of(ROW_OLD, 150);
	struct seen_list list = { 0 };
	int why = EL_ENOMEM;
	struct el_path path;
	struct el_hash root;
	struct el_job job;
	uint64_t n;

	assert_int_equal(b->d->ops->close_segment(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->job(b->d, &job), EL_OK);
	assert_int_equal(worker(b->dir, &job, NULL, no_leaf_of_row_150, &why), EL_ENOMEM);
	assert_int_equal(b->d->ops->finish(b->d, &job), EL_ENOTFOUND);
	why = EL_ECRYPTO;
	assert_int_equal(worker(b->dir, &job, NULL, no_leaf_of_row_150, &why), EL_OK);
	assert_int_equal(b->d->ops->finish(b->d, &job), EL_OK);
	for (int again = 0; again < 2; again++) {
		assert_true(b->d->ops->unindexed(b->d, 7, NULL) > segment);
		assert_int_equal(b->d->ops->root(b->d, 7, segment, &n, &root), EL_ENOTFOUND);
		assert_int_equal(b->d->ops->path(b->d, &ref, &path), EL_ENOTFOUND);
		assert_int_equal(b->d->ops->find_indexed(b->d, 7, EL_TAG_B, &tag, 1, see, &list), EL_OK);
		assert_true(list.n == 1 && list.v[0].seed == 150);
		seen_free(&list);
		reopen(b);
	}
	assert_int_equal(b->d->ops->job(b->d, &job), EL_ENOTFOUND); /* it is what there can be */
}

static void
has_no_path_of_a_row_that_is_not_there(void **state)
{
	struct book *const b = *state;
	const uint32_t segment = append_seeds(b->d, 7, NOW, 0, 300);
	struct el_row_ref ref = { 7, segment, 299 };
	struct el_path path;
	struct el_hash root;
	uint64_t n;

	assert_int_equal(b->d->ops->close_segment(b->d, 7), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 9), 1);
	assert_int_equal(b->d->ops->path(b->d, &ref, &path), EL_OK);
	ref.row = 300;
	assert_int_equal(b->d->ops->path(b->d, &ref, &path), EL_ENOTFOUND);
	ref = (struct el_row_ref){ 7, segment + 1, 0 };
	assert_int_equal(b->d->ops->path(b->d, &ref, &path), EL_ENOTFOUND);
	assert_int_equal(b->d->ops->root(b->d, 7, segment + 1, &n, &root), EL_ENOTFOUND);
	ref = (struct el_row_ref){ 8, segment, 0 };
	assert_int_equal(b->d->ops->path(b->d, &ref, &path), EL_ENOTFOUND);
	assert_int_equal(b->d->ops->root(b->d, 8, segment, &n, &root), EL_ENOTFOUND);
}

static void
closes_old_segments_that_hold_rows_and_begins_none(void **state)
{
	struct book *const b = *state;
	uint32_t first, second, third, end;

	setup_again(b, true, 0);
	first = append_seeds(b->d, 7, NOW, 0, 3);
	second = append_seeds(b->d, 8, NOW + 1000, 0, 3);
	assert_int_equal(b->d->ops->live(b->d, 9, NOW, &third), EL_OK); /* of no rows */
	assert_int_equal(b->d->ops->close_old(b->d, NOW + EL_SEGMENT_S), EL_OK);
	assert_int_equal(try_append(b->d, 7, NOW, 3, 1), EL_OK);
	assert_int_equal(b->d->ops->close_old(b->d, NOW + EL_SEGMENT_S + 1), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 9), 1);
	assert_int_equal(b->d->ops->unindexed(b->d, 7, &end), first + 1);
	assert_int_equal(end, first + 1);
	assert_int_equal(b->d->ops->unindexed(b->d, 8, &end), second);
	/* An hour from its first row on. */
	assert_int_equal(append_seeds(b->d, 9, NOW + EL_SEGMENT_S, 0, 1), third);
	assert_int_equal(b->d->ops->close_old(b->d, NOW + 2 * EL_SEGMENT_S), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 9), 1); /* that of 8 */
	assert_int_equal(b->d->ops->close_old(b->d, NOW + 9 * EL_SEGMENT_S), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 9), 1);
	assert_int_equal(b->d->ops->close_old(b->d, NOW + 99 * EL_SEGMENT_S), EL_OK);
	assert_int_equal(work(b->d, worker, b->dir, 9), 0);
	/* Where a day is one segment, no hour ends it. */
	setup_again(b, false, 0);
	first = append_seeds(b->d, 10, NOW, 0, 3);
	assert_int_equal(b->d->ops->close_old(b->d, NOW + 99 * EL_SEGMENT_S), EL_OK);
	assert_int_equal(append_seeds(b->d, 10, NOW, 3, 3), first);
}

static void
lists_epochs_in_order(void **state)
{
	static const el_epoch order[] = { 19000, 3, 65535, 0, 19001 }, sorted[] = { 0, 3, 19000, 19001, 65535 };
	struct book *const b = *state;
	el_epoch e[5];
	size_t i, n;

	assert_int_equal(b->d->ops->epochs(b->d, e, 5, &n), EL_OK);
	assert_int_equal(n, 0);
	for (i = 0; i < 5; i++)
		append_seeds(b->d, order[i], NOW, i, 1);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(b->d->ops->epochs(b->d, e, 5, &n), EL_OK);
		assert_int_equal(n, 5);
		assert_memory_equal(e, sorted, sizeof sorted);
		memset(e, 0xee, sizeof e);
		assert_int_equal(b->d->ops->epochs(b->d, e, 2, &n), EL_OK);
		assert_int_equal(n, 5);
		assert_true(e[1] == 3 && e[2] == 0xeeee);
		reopen(b);
	}
}

static void
knows_nothing_of_an_epoch_that_is_not_there(void **state)
{
	struct book *const b = *state;

	expect_seeds(b->d, 7, ROW_OLD, 0, 0);
	assert_int_equal(b->d->ops->close_segment(b->d, 7), EL_OK);
	assert_int_equal(b->d->ops->destroy(b->d, 7), EL_OK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
daybook_conformance(const char *backend, daybook_opener *open, daybook_worker *work_fn)
{
	const struct CMUnitTest cases[] = {
		CASE(gives_back_what_was_appended),
		CASE(numbers_rows_from_zero_in_order),
		CASE(scans_tags_alone),
		CASE(reads_one_row),
		CASE(finds_by_either_tag_over_epochs_in_order),
		CASE(finds_every_row_of_a_tag_with_the_top_bit_set),
		CASE(ends_a_walk_when_told),
		CASE(lets_a_callback_read_but_not_write),
		CASE(refuses_rows_for_a_segment_that_is_not_live),
		CASE(takes_sealed_rows_up_to_the_limit_and_all_or_none),
		CASE(begins_a_segment_when_one_is_full),
		CASE(begins_a_segment_after_an_hour_only_if_hourly),
		CASE(rewrites_an_epoch_sorted_by_unsigned_tags),
		CASE(sorts_equal_tags_a_by_tag_b),
		CASE(keeps_the_old_rows_when_a_rewrite_is_refused),
		CASE(rewrites_an_epoch_of_no_rows),
		CASE(destroys_an_epoch_and_nothing_else),
		CASE(begins_a_destroyed_epoch_again_only_in_another_life),
		CASE(finds_the_same_with_and_without_an_index),
		CASE(finds_only_what_is_indexed_when_asked_for_that),
		CASE(gives_every_tag_once_from_a_segment_on),
		CASE(rewrites_an_epoch_in_another_process),
		CASE(refuses_results_that_are_none),
		CASE(proves_every_row_of_an_indexed_segment),
		CASE(proves_the_rows_of_a_rewritten_epoch_in_their_new_order),
		CASE(indexes_without_a_tree_where_a_row_has_no_leaf),
		CASE(has_no_path_of_a_row_that_is_not_there),
		CASE(closes_old_segments_that_hold_rows_and_begins_none),
		CASE(lists_epochs_in_order),
		CASE(knows_nothing_of_an_epoch_that_is_not_there),
	};

	opener = open;
	worker = work_fn;
	return cmocka_run_group_tests_name(backend, cases, NULL, NULL);
}
