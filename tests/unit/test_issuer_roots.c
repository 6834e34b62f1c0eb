#include "issuer_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "indexer/indexer.h"
#include "issuer/close_day.h"
#include "issuer/roots.h"
#include "token/leaf.h"

/* What the issuer commits to when a day is rewritten (protocol 6). */

#define E FIXTURE_EPOCH
#define NOON day_at(E, 8 * 3600)
#define VISITORS 9

struct state {
	struct fixture f;
};
#define S struct state *const s = *state
#define BOOK (s->f.s->daybook)

static int
begin(void **state)
{
	static struct state s;
	struct el_day_ticket ticket;
	uint8_t credential[EL_KEY_LEN];
	char phone[24];

	memset(&s, 0, sizeof s);
	fixture_make(&s.f);
	fixture_open(&s.f, NOON);
	for (unsigned i = 0; i < VISITORS; i++) {
		(void)snprintf(phone, sizeof phone, "+8210%08u", i);
		fixture_admit(&s.f, "Name", phone, NOON, credential);
		fixture_ticket(&s.f, credential, NOON, &ticket);
	}
	*state = &s;
	return 0;
}

static int
end(void **state)
{
	S;

	fixture_free(&s->f);
	return 0;
}

/* What core and the indexer do together; returns how many jobs there were. */
static size_t
do_jobs(struct state *s)
{
	const char *const identities = fixture_path(&s->f, "identities");
	uint8_t secret[EL_JOB_SECRET_MAX];
	struct el_job job;
	size_t n, len;

	for (n = 0; BOOK->ops->job(BOOK, &job) == EL_OK; n++) {
		assert_int_equal(el_close_day_secret(s->f.s, &job, secret, &len), EL_OK);
		assert_int_equal(el_close_day_work(identities, &job, secret, len), EL_OK);
		assert_int_equal(BOOK->ops->finish(BOOK, &job), EL_OK);
	}
	el_secret_wipe(secret, sizeof secret);
	return n;
}

struct proof {
	struct state *s;
	struct el_identity_keys keys;
	struct el_log_entry entry;
	size_t n;
};

static int
prove(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct proof *const p = ctx;
	struct el_hash box, leaf;
	struct el_identity v;
	struct el_path path;

	assert_int_equal(ref->row, p->n++);
	assert_int_equal(el_identity_open(row, &p->keys, ref->epoch, ref->segment, &v), EL_OK);
	el_sha256(v.box, sizeof v.box, &box);
	el_leaf_identity(&v.salt, &v.phone, v.com, &box, &leaf);
	assert_int_equal(el_issuer_path(p->s->f.s, ref, &path), EL_OK);
	assert_true(path.index == ref->row && path.size == VISITORS);
	assert_int_equal(el_tree_check(&leaf, &path, &p->entry.root), EL_OK);
	v.phone.s[strlen(v.phone.s) - 1] ^= 1; /* nobody else's */
	el_leaf_identity(&v.salt, &v.phone, v.com, &box, &leaf);
	assert_int_equal(el_tree_check(&leaf, &path, &p->entry.root), EL_ECRYPTO);
	return EL_OK;
}

static void
expect_day(struct state *s)
{
	struct proof p = { .s = s };

	assert_int_equal(el_issuer_root(s->f.s, E, &p.entry), EL_OK);
	assert_true(p.entry.type == EL_ENTRY_IDENTITIES && p.entry.epoch == E && p.entry.count == VISITORS);
	assert_true(p.entry.time_s == 0 && p.entry.segment == 0);
	assert_int_equal(el_issuer_keys_of(&s->f.s->keys, EL_KEY_ID, E, &p.keys), EL_OK);
	assert_int_equal(BOOK->ops->scan(BOOK, E, false, prove, &p), EL_OK);
	assert_int_equal(p.n, VISITORS);
	el_secret_wipe(&p.keys, sizeof p.keys);
}

static void
commits_to_every_row_of_a_day_that_was_rewritten(void **state)
{
	S;
	struct el_log_entry e;

	assert_int_equal(el_issuer_root(s->f.s, E, &e), EL_ENOTFOUND);
	fixture_tick(&s->f, day_at(E + 1, 60));
	assert_int_equal(el_issuer_root(s->f.s, E, &e), EL_ENOTFOUND); /* not before its index */
	assert_int_equal(e.count, 0);
	assert_int_equal(do_jobs(s), 1);
	expect_day(s);
	fixture_restart(&s->f, day_at(E + 1, 120));
	expect_day(s);
	assert_int_equal(el_issuer_root(s->f.s, E + 1, &e), EL_ENOTFOUND);
	assert_int_equal(el_issuer_root(s->f.s, E - 1, &e), EL_ENOTFOUND);
}

static void
commits_to_a_day_that_the_indexer_has_rewritten(void **state)
{
	S;

	s->f.s->has_indexer = true;
	fixture_tick(&s->f, day_at(E + 1, 60));
	assert_int_equal(do_jobs(s), 2); /* the rewriting and the index */
	fixture_tick(&s->f, day_at(E + 1, 61));
	expect_day(s);
}

static void
makes_no_tree_in_the_order_of_arrival(void **state)
{
	S;
	const struct el_row_ref ref = { E, 0, 0 };
	uint8_t secret[EL_JOB_SECRET_MAX];
	struct el_log_entry e;
	struct el_path path;
	struct el_job job;
	size_t len;

	assert_int_equal(BOOK->ops->close_segment(BOOK, E), EL_OK);
	assert_int_equal(BOOK->ops->job(BOOK, &job), EL_OK);
	assert_int_equal(el_close_day_secret(s->f.s, &job, secret, &len), EL_OK);
	assert_int_equal(len, 0);
	assert_int_equal(do_jobs(s), 1);
	assert_int_equal(el_issuer_root(s->f.s, E, &e), EL_ENOTFOUND);
	assert_int_equal(el_issuer_path(s->f.s, &ref, &path), EL_ENOTFOUND);
	fixture_tick(&s->f, day_at(E + 1, 60));
	assert_int_equal(do_jobs(s), 1);
	expect_day(s);
}

static void
indexes_a_day_with_a_damaged_row_without_proving_it(void **state)
{
	S;
	const uint8_t junk[EL_IDENTITY_SEALED_LEN] = { 1 };
	const struct el_row bad = { 1, 2, junk, sizeof junk };
	struct el_log_entry e;
	uint32_t segment, row;

	assert_int_equal(BOOK->ops->live(BOOK, E, NOON, &segment), EL_OK);
	assert_int_equal(BOOK->ops->append(BOOK, E, segment, &bad, 1, &row), EL_OK);
	fixture_tick(&s->f, day_at(E + 1, 60));
	assert_int_equal(do_jobs(s), 1);
	assert_true(BOOK->ops->unindexed(BOOK, E, NULL) > segment);
	assert_int_equal(el_issuer_root(s->f.s, E, &e), EL_ENOTFOUND);
}

static void
refuses_a_job_with_another_secret(void **state)
{
	const struct el_job index = { EL_JOB_INDEX, E, 0, 1 }, removal = { EL_JOB_REMOVE, E, 0, 0 };
	const uint8_t secret[EL_JOB_SECRET_MAX] = { 0 };

	(void)state;
	assert_int_equal(el_close_day_work("/nowhere", &index, secret, EL_KEY_LEN + 1), EL_EFORMAT);
	assert_int_equal(el_close_day_work("/nowhere", &index, secret, 4 * EL_KEY_LEN), EL_EFORMAT);
	assert_int_equal(el_close_day_work("/nowhere", &removal, secret, EL_KEY_LEN), EL_EFORMAT);
	assert_int_equal(el_close_day_work("/nowhere", &index, secret, EL_KEY_LEN), EL_ENOTFOUND);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(commits_to_every_row_of_a_day_that_was_rewritten),
		T(commits_to_a_day_that_the_indexer_has_rewritten),
		T(makes_no_tree_in_the_order_of_arrival),
		T(indexes_a_day_with_a_damaged_row_without_proving_it),
		cmocka_unit_test(refuses_a_job_with_another_secret),
	};

	return cmocka_run_group_tests_name("issuer_roots", tests, NULL, NULL);
}
