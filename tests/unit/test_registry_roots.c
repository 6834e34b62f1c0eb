#include "registry_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "indexer/indexer.h"
#include "registry/leaves.h"
#include "registry/registry_limits.h"
#include "registry/roots.h"
#include "registry/visit.h"
#include "registry/visits_search.h"
#include "token/leaf.h"

/* What the registry commits to when a segment closes (protocol 5.2). */

#define E FIXTURE_EPOCH
#define EVENING day_at(E, 15 * 3600)
#define VISITS 250 /* in segments of 100 */

struct state {
	struct fixture f;
	struct fixture_door door;
	struct fixture_order o;
};
#define S struct state *const s = *state
#define BOOK (s->f.g->daybook)

static int
begin(void **state)
{
	static struct state s;

	memset(&s, 0, sizeof s);
	fixture_make(&s.f);
	s.f.conf.lab_segment_rows = EL_LAB_SEGMENT_ROWS_MIN;
	fixture_open(&s.f, EVENING);
	fixture_door(&s.f, EVENING, &s.door);
	*state = &s;
	return 0;
}

static int
end(void **state)
{
	S;

	fixture_order_free(&s->o);
	fixture_free(&s->f);
	return 0;
}

static void
visit(struct state *s, unsigned i)
{
	struct el_checkin in;

	fixture_token(&s->f, E, (uint16_t)i, EVENING + i, &in);
	assert_int_equal(fixture_post(&s->f, &s->door, &in, EVENING + i).code, EL_CODE_OK);
}

/* What core and the indexer do together; returns how many jobs there were. */
static size_t
do_jobs(struct state *s)
{
	uint8_t secret[EL_JOB_SECRET_MAX];
	char visits[EL_CONF_STR_MAX + 16];
	struct el_job job;
	size_t n, len;

	assert_int_equal(el_path_join(visits, sizeof visits, s->f.conf.service.data_dir, "visits"), EL_OK);
	for (n = 0; BOOK->ops->job(BOOK, &job) == EL_OK; n++) {
		assert_int_equal(el_leaves_secret(s->f.g, &job, secret, &len), EL_OK);
		assert_int_equal(el_leaves_work(visits, &job, secret, len), EL_OK);
		assert_int_equal(BOOK->ops->finish(BOOK, &job), EL_OK);
	}
	el_secret_wipe(secret, sizeof secret);
	return n;
}

/* ---- Rows and their leaves ---- */

struct proof {
	struct state *s;
	uint8_t tags[EL_KEY_LEN], rows[EL_KEY_LEN];
	size_t n;
	struct el_released want; /* .body: of which row, where it is looked for */
	bool is_proven;
};

/* As one that an order releases, it leads to the root that the log is told. */
static int
prove(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct proof *const p = ctx;
	struct state *const s = p->s;
	struct el_released x = { .epoch = ref->epoch, .segment = ref->segment };
	struct el_log_entry e;
	struct el_hash c, leaf;
	struct el_path path;
	struct el_visit v;

	assert_int_equal(el_visit_open(row, p->rows, ref->epoch, ref->segment, &v), EL_OK);
	x.venue = v.venue;
	x.minute = v.minute;
	x.flags = v.flags;
	x.salt = v.salt;
	x.body = v.body;
	assert_int_equal(el_registry_next_root(s->f.g, ref->epoch, ref->segment, &e), EL_OK);
	assert_true(e.segment == ref->segment && e.type == EL_ENTRY_SEGMENT && e.epoch == E);
	assert_int_equal(BOOK->ops->path(BOOK, ref, &path), EL_OK);
	assert_true(path.index == ref->row && path.size == e.count);
	if (memcmp(&x.body, &p->want.body, sizeof x.body) == 0) { /* the released row itself */
		assert_int_equal(p->want.segment, ref->segment);
		x = p->want;
		p->is_proven = true;
	}
	el_released_leaf(&x, &c, &leaf);
	assert_int_equal(el_tree_check(&leaf, &path, &e.root), EL_OK);
	x.minute += 60; /* and says nothing of another minute */
	el_released_leaf(&x, &c, &leaf);
	assert_int_equal(el_tree_check(&leaf, &path, &e.root), EL_ECRYPTO);
	p->n++;
	return EL_OK;
}

static void
commits_to_the_leaves_that_an_order_releases(void **state)
{
	S;
	struct proof p = { .s = s };
	json_t *out, *row;
	size_t i;

	for (i = 0; i < VISITS; i++)
		visit(s, (unsigned)i);
	fixture_contacts(&s->f, EVENING + 600, &s->door.venue, 1, EVENING - 600, EVENING + 600, 1000, &s->o);
	assert_int_equal(fixture_ask(&s->f, &s->o, EVENING + 600, &out), EL_CODE_OK);
	assert_int_equal(do_jobs(s), 3);
	assert_int_equal(el_days_visit_keys(s->f.g->days, E, p.tags, p.rows), EL_OK);
	assert_int_equal(BOOK->ops->scan(BOOK, E, false, prove, &p), EL_OK);
	assert_int_equal(p.n, VISITS);
	json_array_foreach(json_object_get(out, "rows"), i, row)
	{
		if (i % 50 != 7)
			continue;
		assert_int_equal(el_released_from_json(row, &p.want), EL_OK);
		p.is_proven = false;
		assert_int_equal(BOOK->ops->scan(BOOK, E, false, prove, &p), EL_OK);
		assert_true(p.is_proven);
	}
	json_decref(out);
}

static void
names_the_root_of_each_segment_in_its_turn(void **state)
{
	S;
	struct el_log_entry e;
	uint32_t next = 0;
	uint64_t rows = 0;
	size_t n;

	for (unsigned i = 0; i < VISITS; i++)
		visit(s, i);
	assert_int_equal(el_registry_next_root(s->f.g, E, 0, &e), EL_ENOTFOUND);
	assert_int_equal(do_jobs(s), 2);
	for (int again = 0; again < 2; again++) {
		for (n = 0; el_registry_next_root(s->f.g, E, next, &e) == EL_OK; n++) {
			assert_true(e.segment >= next && e.type == EL_ENTRY_SEGMENT && e.epoch == E && e.time_s == 0);
			rows += e.count;
			next = e.segment + 1;
		}
		assert_int_equal(n, again == 0 ? 2 : 1);
		assert_int_equal(rows, again == 0 ? 200 : VISITS);
		assert_true(e.count == 0 && e.epoch == 0); /* nothing of it is left */
		assert_int_equal(BOOK->ops->close_segment(BOOK, E), EL_OK);
		(void)do_jobs(s);
	}
	assert_int_equal(el_registry_next_root(s->f.g, E + 1, 0, &e), EL_ENOTFOUND);
}

static int
count(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	(void)ref;
	(void)row;
	++*(size_t *)ctx;
	return EL_OK;
}

static void
indexes_a_segment_with_a_damaged_row_without_proving_it(void **state)
{
	S;
	const uint8_t junk[EL_VISIT_SEALED_LEN] = { 1 };
	const struct el_row bad = { 1, 2, junk, sizeof junk };
	const uint64_t tag = 2;
	struct el_row_ref ref = { E, 0, 0 };
	struct el_log_entry e;
	struct el_path path;
	uint32_t damaged, row, later;
	size_t n = 0;

	visit(s, 0);
	assert_int_equal(BOOK->ops->live(BOOK, E, EVENING, &damaged), EL_OK);
	assert_int_equal(BOOK->ops->append(BOOK, E, damaged, &bad, 1, &row), EL_OK);
	assert_int_equal(BOOK->ops->close_segment(BOOK, E), EL_OK);
	visit(s, 1);
	assert_int_equal(BOOK->ops->live(BOOK, E, EVENING, &later), EL_OK);
	assert_int_equal(BOOK->ops->close_segment(BOOK, E), EL_OK);
	assert_int_equal(do_jobs(s), 2);
	assert_true(BOOK->ops->unindexed(BOOK, E, NULL) > later);
	ref.segment = damaged;
	assert_int_equal(BOOK->ops->path(BOOK, &ref, &path), EL_ENOTFOUND);
	assert_int_equal(BOOK->ops->find_indexed(BOOK, E, EL_TAG_B, &tag, 1, count, &n), EL_OK);
	assert_int_equal(n, 1);
	/* The log goes on with the next one. */
	assert_int_equal(el_registry_next_root(s->f.g, E, damaged, &e), EL_OK);
	assert_int_equal(e.segment, later);
}

static void
closes_a_segment_an_hour_after_its_first_row(void **state)
{
	S;
	struct el_log_entry e;
	uint32_t end;

	visit(s, 0);
	fixture_tick(&s->f, EVENING + 3600);
	assert_int_equal(do_jobs(s), 0);
	fixture_tick(&s->f, EVENING + 3602);
	assert_int_equal(do_jobs(s), 1);
	assert_int_equal(el_registry_next_root(s->f.g, E, 0, &e), EL_OK);
	assert_int_equal(e.count, 1);
	/* No empty one was begun. */
	assert_int_equal(BOOK->ops->unindexed(BOOK, E, &end), e.segment + 1);
	assert_int_equal(end, e.segment + 1);
	/* The last row of a day whose tokens can arrive no more, too. */
	visit(s, 1);
	fixture_tick(&s->f, day_at(E + 5, 0));
	assert_null(el_days_get(s->f.g->days, E));
	assert_int_equal(do_jobs(s), 1);
	assert_int_equal(el_registry_next_root(s->f.g, E, end, &e), EL_OK);
}

static void
sends_the_key_of_rows_with_an_index_job_alone(void **state)
{
	S;
	const struct el_job index = { EL_JOB_INDEX, E, 0, 1 }, removal = { EL_JOB_REMOVE, E, 0, 0 },
			    rewriting = { EL_JOB_REWRITE, E, 0, 1 }, of_no_key = { EL_JOB_INDEX, E - 100, 0, 1 };
	uint8_t secret[EL_JOB_SECRET_MAX], tags[EL_KEY_LEN], rows[EL_KEY_LEN];
	size_t len;

	assert_int_equal(el_days_visit_keys(s->f.g->days, E, tags, rows), EL_OK);
	assert_int_equal(el_leaves_secret(s->f.g, &index, secret, &len), EL_OK);
	assert_int_equal(len, EL_KEY_LEN);
	assert_memory_equal(secret, rows, EL_KEY_LEN);
	assert_int_equal(el_leaves_work("/nowhere", &index, secret, len - 1), EL_EFORMAT);
	assert_int_equal(el_leaves_work("/nowhere", &removal, secret, len), EL_EFORMAT);
	assert_int_equal(el_leaves_work("/nowhere", &rewriting, secret, len), EL_EFORMAT);
	assert_int_equal(el_leaves_work("/nowhere", &rewriting, secret, 0), EL_EFORMAT);
	assert_int_equal(el_leaves_work("/nowhere", &index, secret, len), EL_ENOTFOUND);
	assert_int_equal(el_leaves_secret(s->f.g, &removal, secret, &len), EL_OK);
	assert_int_equal(len, 0);
	assert_int_equal(el_leaves_secret(s->f.g, &of_no_key, secret, &len), EL_OK);
	assert_int_equal(len, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* ---- Orders ---- */

static enum el_visits_progress
step(struct state *s, struct el_visits_search *search)
{
	enum el_visits_progress progress;

	assert_int_equal(el_visits_search_step(search, s->f.g, EVENING + VISITS, &progress), EL_OK);
	return progress;
}

static struct el_visits_search *
search_day(struct state *s)
{
	const struct el_scope scope = { .form = EL_SCOPE_VENUES, .from = EVENING - 3600, .to = EVENING + 3600, .n_venues = 1,
		.venues = { s->door.venue } };
	struct el_visits_search *search;

	assert_int_equal(el_visits_search_new(&scope, E, E, NULL, 0, &search), EL_OK);
	return search;
}

static void
closes_no_second_segment_for_orders_that_come_at_once(void **state)
{
	struct el_visits_search *search;
	size_t n;
	S;

	s->f.g->has_indexer = true;
	visit(s, 0);
	search = search_day(s);
	assert_int_equal(step(s, search), EL_VISITS_WAITING);
	assert_int_equal(do_jobs(s), 1);
	assert_int_equal(step(s, search), EL_VISITS_DONE);
	el_visits_search_free(search);

	visit(s, 1);
	search = search_day(s);
	s->f.g->order_closed[E % 2].ms = el_clock_monotonic_ms(); /* at once, however slow the disk was */
	assert_int_equal(step(s, search), EL_VISITS_WAITING);
	assert_int_equal(do_jobs(s), 0); /* it is still live */
	s->f.g->order_closed[E % 2].ms -= EL_ORDER_CLOSE_MS;
	assert_int_equal(step(s, search), EL_VISITS_WAITING);
	assert_int_equal(do_jobs(s), 1);
	assert_int_equal(step(s, search), EL_VISITS_DONE);
	(void)el_visits_search_rows(search, &n);
	assert_int_equal(n, 2);
	el_visits_search_free(search);

	search = search_day(s); /* with nothing to close nobody waits */
	assert_int_equal(step(s, search), EL_VISITS_DONE);
	el_visits_search_free(search);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(commits_to_the_leaves_that_an_order_releases),
		T(names_the_root_of_each_segment_in_its_turn),
		T(indexes_a_segment_with_a_damaged_row_without_proving_it),
		T(closes_a_segment_an_hour_after_its_first_row),
		T(sends_the_key_of_rows_with_an_index_job_alone),
		T(closes_no_second_segment_for_orders_that_come_at_once),
	};

	return cmocka_run_group_tests_name("registry_roots", tests, NULL, NULL);
}
