#include "registry_fixture.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "registry/seen.h"

/*
 * The tokens that were seen, against a plain list; then, in a whole registry, those of a day whose rows are in the
 * daybook's index alone.
 */
#define E FIXTURE_EPOCH

static unsigned long steps;
int __real_sqlite3_step(sqlite3_stmt *);
int __wrap_sqlite3_step(sqlite3_stmt *);

int
__wrap_sqlite3_step(sqlite3_stmt *st)
{
	steps++;
	return __real_sqlite3_step(st);
}

/* ---- The model ---- */

struct row {
	el_epoch epoch;
	uint64_t tag;
	uint32_t segment, row;
};

#define ROWS_MAX 20000

/* A daybook that knows tags alone: all rows of the model, and which of them have an index. */
struct model {
	struct el_daybook base;
	struct row rows[ROWS_MAX];
	size_t n;
	uint32_t unindexed;
	uint32_t next_row; /* of a segment or a group: no number is used twice */
	struct el_seen *seen;
};

static uint32_t
model_unindexed(struct el_daybook *d, el_epoch e, uint32_t *end)
{
	(void)e;
	if (end != NULL)
		*end = EL_SEEN_SEGMENT_MAX;
	return ((struct model *)d)->unindexed;
}

static int
model_each_tag(
    struct el_daybook *d, el_epoch e, uint32_t from, enum el_tag_column which, el_tag_fn *fn, void *ctx)
{
	const struct model *const m = (struct model *)d;
	int r = EL_OK;

	assert_int_equal(which, EL_TAG_B);
	for (size_t i = 0; i < m->n && r == EL_OK; i++) {
		const struct el_row_ref ref = { e, m->rows[i].segment, m->rows[i].row };

		if (m->rows[i].epoch == e && m->rows[i].segment >= from)
			r = fn(ctx, &ref, m->rows[i].tag);
	}
	return r;
}

static const struct el_daybook_ops model_ops = { .unindexed = model_unindexed, .each_tag = model_each_tag };

static struct model *
model_new(void)
{
	struct model *const m = calloc(1, sizeof *m);

	assert_non_null(m);
	m->base.ops = &model_ops;
	assert_int_equal(el_seen_new(&m->seen), EL_OK);
	return m;
}

static void
model_free(struct model *m)
{
	el_seen_free(m->seen);
	free(m);
}

static uint32_t
below(uint32_t n)
{
	uint32_t x;

	el_random(&x, sizeof x);
	return x % n;
}

static el_epoch
some_day(void)
{
	return (el_epoch)(E + below(2));
}

/*
 * Tags that get in each other's way: few shards (the first 12 bits), few homes (bits 20 to 51) at both ends of a
 * table, and within a home tags that differ in their last bits, or do not.
 */
static uint64_t
crowded_tag(void)
{
	static const uint64_t homes[] = { 0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff };
	const uint64_t shard = below(3), home = below(4) == 0 ? homes[below(5)] : below(64) * UINT64_C(0x4000000);

	return shard << 52 | home << 20 | below(3);
}

static void
model_add(struct model *m, el_epoch e, uint64_t tag, uint32_t segment)
{
	assert_true(m->n < ROWS_MAX);
	m->rows[m->n] = (struct row){ e, tag, segment, m->next_row++ };
	assert_int_equal(el_seen_add(m->seen, e, tag, segment, m->rows[m->n].row), EL_OK);
	m->n++;
}

/* Whether the set's rows of a tag are the model's, each once. */
static void
expect_tag(const struct model *m, el_epoch e, uint64_t tag)
{
	size_t cursor = 0, n = 0, wanted = 0, hits;
	uint32_t segment, row;

	while (el_seen_next(m->seen, e, tag, &cursor, &segment, &row)) {
		hits = 0;
		for (size_t i = 0; i < m->n; i++)
			hits += m->rows[i].epoch == e && m->rows[i].tag == tag && m->rows[i].segment == segment &&
			    m->rows[i].row == row;
		assert_int_equal(hits, 1);
		n++;
	}
	for (size_t i = 0; i < m->n; i++)
		wanted += m->rows[i].epoch == e && m->rows[i].tag == tag;
	/* Row numbers are unique, so as many as wanted and each one wanted: the same. */
	assert_int_equal(n, wanted);
}

static void
expect_all(const struct model *m)
{
	assert_int_equal(el_seen_count(m->seen), m->n);
	for (size_t i = 0; i < m->n; i++)
		expect_tag(m, m->rows[i].epoch, m->rows[i].tag);
	for (int i = 0; i < 200; i++)
		expect_tag(m, some_day(), crowded_tag());
}

/* A row that was not recorded after all. */
static void
model_drop(struct model *m)
{
	struct row *const x = &m->rows[below((uint32_t)m->n)];

	el_seen_drop(m->seen, x->epoch, x->tag, x->segment, x->row);
	*x = m->rows[--m->n];
}

/* Forget from the model what an index has. */
static void
model_forget(struct model *m, el_epoch e, uint32_t from)
{
	for (size_t i = 0; i < m->n;)
		if (m->rows[i].epoch == e && m->rows[i].segment < from)
			m->rows[i] = m->rows[--m->n];
		else
			i++;
}

static void
sweep(struct model *m, el_epoch e)
{
	for (int i = 0; i < 20; i++)
		assert_int_equal(el_seen_shrink(m->seen, &m->base, e), EL_OK);
	model_forget(m, e, m->unindexed);
}

/* ---- The set ---- */

static void
finds_exactly_the_rows_of_a_plain_list(void **state)
{
	(void)state;
	for (int life = 0; life < 20; life++) {
		struct model *const m = model_new();

		for (unsigned e = E; e < E + 2; e++)
			assert_int_equal(el_seen_load(m->seen, &m->base, (el_epoch)e, true), EL_OK);
		for (int i = 0; i < 3000; i++) {
			if (m->n == 0 || below(4) < 3)
				model_add(m, some_day(), crowded_tag(), below(40));
			else
				model_drop(m);
		}
		expect_all(m);
		model_free(m);
	}
}

static void
keeps_what_no_index_has_when_it_shrinks(void **state)
{
	struct model *const m = model_new();

	(void)state;
	assert_int_equal(el_seen_load(m->seen, &m->base, E, true), EL_OK);
	assert_int_equal(el_seen_load(m->seen, &m->base, E + 1, true), EL_OK);
	for (m->unindexed = 0; m->unindexed <= 40; m->unindexed += 1 + below(5)) {
		for (int i = 0; i < 300; i++) {
			/* Also rows of segments that are indexed already, as an index made at once would have it. */
			model_add(m, some_day(), crowded_tag(), below(5) == 0 ? below(40) : m->unindexed + below(3));
			if (below(5) == 0)
				model_drop(m);
		}
		sweep(m, E);
		expect_all(m);
		assert_int_equal(el_seen_is_partial(m->seen, E), m->unindexed > 0);
		assert_false(el_seen_is_partial(m->seen, E + 1));
	}
	model_free(m);
}

static void
reads_what_no_index_has_and_all_where_it_must(void **state)
{
	struct model *const m = model_new();

	(void)state;
	for (uint32_t i = 0; i < 5000; i++)
		m->rows[m->n++] = (struct row){ E, crowded_tag(), i % 20, m->next_row++ };
	m->unindexed = 12;
	assert_int_equal(el_seen_load(m->seen, &m->base, E, false), EL_OK);
	assert_true(el_seen_is_partial(m->seen, E));
	assert_int_equal(el_seen_count(m->seen), 5000 / 20 * 8);
	/* A clock that went back: it takes live check-ins again. */
	assert_int_equal(el_seen_load(m->seen, &m->base, E, true), EL_OK);
	assert_false(el_seen_is_partial(m->seen, E));
	expect_all(m);
	/* Another day is none of its business. */
	el_seen_keep(m->seen, E + 1, E + 3);
	assert_int_equal(el_seen_count(m->seen), 0);
	model_free(m);
}

static void
refuses_rows_and_days_beyond_its_numbers(void **state)
{
	struct model *const m = model_new();

	(void)state;
	assert_int_equal(el_seen_load(m->seen, &m->base, E, true), EL_OK);
	assert_int_equal(el_seen_add(m->seen, E, 1, EL_SEEN_SEGMENT_MAX + 1, 0), EL_ELIMIT);
	assert_int_equal(el_seen_add(m->seen, E, 1, 0, EL_SEEN_ROW_MAX + 1), EL_ELIMIT);
	m->next_row = EL_SEEN_ROW_MAX;
	model_add(m, E, UINT64_MAX, EL_SEEN_SEGMENT_MAX);
	m->next_row = 0;
	model_add(m, E, 0, 0);
	expect_all(m);
	for (unsigned e = E + 1; e < E + 16; e++)
		assert_int_equal(el_seen_load(m->seen, &m->base, (el_epoch)e, true), EL_OK);
	assert_int_equal(el_seen_load(m->seen, &m->base, E + 16, true), EL_ELIMIT);
	el_seen_keep(m->seen, E + 1, E + 16);
	assert_int_equal(el_seen_load(m->seen, &m->base, E + 16, true), EL_OK);
	model_free(m);
}

#define MANY 1000000u

static void
takes_at_most_24_bytes_a_row(void **state)
{
	struct model *const m = model_new();
	struct mallinfo2 before, after;
	uint64_t tag;

	(void)state;
	before = mallinfo2();
	assert_int_equal(el_seen_load(m->seen, &m->base, E, true), EL_OK);
	for (uint32_t i = 0; i < MANY; i++) {
		el_random(&tag, sizeof tag);
		assert_int_equal(el_seen_add(m->seen, E, tag, i / 100000, i % 100000), EL_OK);
	}
	after = mallinfo2();
	assert_int_equal(el_seen_count(m->seen), MANY);
	if (after.uordblks == 0) /* another allocator, which does not count */
		print_message("this build's allocator does not tell\n");
	else
		assert_in_range(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd, 12 * MANY, 24 * MANY);
	/* And next to nothing when an index has them all. */
	m->unindexed = 10;
	sweep(m, E);
	assert_int_equal(el_seen_count(m->seen), 0);
	after = mallinfo2();
	assert_true(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd <= MANY);
	model_free(m);
}

/* ---- In a registry ---- */

#define EVENING day_at(E, 20 * 3600)
#define NEXT_NOON day_at(E + 1, 12 * 3600)
#define VISITS 250

struct shop {
	struct fixture f;
	struct fixture_door door, other;
	struct el_checkin first[VISITS]; /* as they were posted live */
};

/* What the indexer does, in this process. */
static void
index_all(struct fixture *f)
{
	struct el_daybook *const b = f->g->daybook;
	char visits[EL_CONF_STR_MAX + 16];
	struct el_job job;

	assert_int_equal(el_path_join(visits, sizeof visits, f->conf.service.data_dir, "visits"), EL_OK);
	while (b->ops->job(b, &job) == EL_OK) {
		assert_int_equal(el_daybook_sqlite_work(visits, &job, NULL, NULL, NULL), EL_OK);
		assert_int_equal(b->ops->finish(b, &job), EL_OK);
	}
}

/* A day of visits, then the next noon, when its rows are in the index alone. */
static int
begin_shop(void **state)
{
	static struct shop s;
	struct fixture *const f = &s.f;

	fixture_make(f);
	f->conf.lab_segment_rows = EL_LAB_SEGMENT_ROWS_MIN;
	fixture_open(f, EVENING);
	fixture_door(f, EVENING, &s.door);
	fixture_door(f, EVENING, &s.other);
	for (uint16_t i = 0; i < VISITS; i++) {
		fixture_token(f, E, i, EVENING + i, &s.first[i]);
		s.first[i].has_scanned_at = true;
		s.first[i].scanned_at = EVENING + i;
		assert_int_equal(fixture_post(f, &s.door, &s.first[i], EVENING + i).code, EL_CODE_OK);
	}
	assert_int_equal(f->g->daybook->ops->close_segment(f->g->daybook, E), EL_OK);
	index_all(f);
	for (int i = 0; i < 20; i++)
		fixture_tick(f, NEXT_NOON + i);
	*state = &s;
	return 0;
}

static int
end_shop(void **state)
{
	fixture_free(&((struct shop *)*state)->f);
	return 0;
}

/* The same token scanned at the same moment, as another decode event. */
static struct el_checkin
again(struct shop *s, unsigned i)
{
	struct el_checkin in = s->first[i];

	fixture_attempt(&s->f, &in);
	return in;
}

static void
finds_late_tokens_of_an_indexed_day_by_its_index(void **state)
{
	struct shop *const s = *state;
	struct el_checkin second, third;
	struct el_checkin_result r;

	assert_true(el_seen_is_partial(s->f.g->seen, E));
	assert_int_equal(el_seen_count(s->f.g->seen), 0);
	second = again(s, 7);
	third = again(s, 7);
	for (int round = 0; round < 2; round++) {
		/* The same attempt: its own first answer. */
		r = fixture_post(&s->f, &s->door, &s->first[7], NEXT_NOON + 30);
		assert_int_equal(r.code, EL_CODE_OK);
		assert_true(r.repeated);
		assert_int_equal(r.flags, 0);
		/* Another one: recorded as a duplicate, once a venue. */
		r = fixture_post(&s->f, &s->door, &second, NEXT_NOON + 30);
		assert_int_equal(r.code, EL_CODE_OK);
		assert_int_equal(r.repeated, round > 0);
		assert_int_equal(r.flags, EL_FLAG_LATE | EL_FLAG_DUPLICATE);
		r = fixture_post(&s->f, &s->door, &third, NEXT_NOON + 30);
		assert_int_equal(r.code, EL_CODE_OK);
		assert_true(r.repeated);
		assert_int_equal(r.flags, EL_FLAG_LATE | EL_FLAG_DUPLICATE);
		r = fixture_post(&s->f, &s->other, &third, NEXT_NOON + 30);
		assert_int_equal(r.code, EL_CODE_OK);
		assert_int_equal(r.repeated, round > 0);
		assert_int_equal(s->f.g->counters.duplicate, 2);
		/* In the second round the duplicates are in the index too. */
		assert_int_equal(s->f.g->daybook->ops->close_segment(s->f.g->daybook, E), EL_OK);
		index_all(&s->f);
		for (int i = 0; i < 20; i++)
			fixture_tick(&s->f, NEXT_NOON + 40 + i);
		assert_int_equal(el_seen_count(s->f.g->seen), 0);
	}
	fixture_restart(&s->f, NEXT_NOON + 60);
	r = fixture_post(&s->f, &s->other, &third, NEXT_NOON + 60);
	assert_true(r.code == EL_CODE_OK && r.repeated);
}

static void
asks_the_index_and_never_scans_for_a_flood_of_repeats(void **state)
{
	struct shop *const s = *state;
	const unsigned n = 1500;
	struct el_checkin in;

	for (unsigned i = 0; i < n; i++) {
		if (i == 20)
			steps = 0; /* the files are open now */
		in = i % 2 == 0 ? s->first[i % VISITS] : again(s, i % 50);
		assert_int_equal(fixture_post(&s->f, &s->door, &in, NEXT_NOON + 30 + i / 20).code, EL_CODE_OK);
	}
	/* A look into each of three indexes, a row or two, seldom an append; a scan of one segment is a hundred steps. */
	assert_in_range(steps, n, 16 * n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_exactly_the_rows_of_a_plain_list),
		cmocka_unit_test(keeps_what_no_index_has_when_it_shrinks),
		cmocka_unit_test(reads_what_no_index_has_and_all_where_it_must),
		cmocka_unit_test(refuses_rows_and_days_beyond_its_numbers),
		cmocka_unit_test(takes_at_most_24_bytes_a_row),
		cmocka_unit_test_setup_teardown(finds_late_tokens_of_an_indexed_day_by_its_index, begin_shop, end_shop),
		cmocka_unit_test_setup_teardown(
		    asks_the_index_and_never_scans_for_a_flood_of_repeats, begin_shop, end_shop),
	};

	return cmocka_run_group_tests_name("registry_seen", tests, NULL, NULL);
}
