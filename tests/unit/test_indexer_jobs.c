#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "indexer/jobs.h"

/*
 * Core's side of the jobs, with a daybook that offers what the test says, a link that keeps what it was given, and a
 * clock that stands.
 */
#define INDEXER 2

static struct {
	struct el_daybook base;
	struct el_job offered;
	bool has_job;
	int finish_result;
	unsigned finished;
} book;

static struct {
	unsigned n;
	uint64_t id;
	uint8_t body[EL_JOB_MSG_MAX];
	size_t len;
	int result; /* of the next one */
} sent;

static int64_t now_ms;

int __wrap_el_worker_put(
    struct el_worker *, unsigned kind, unsigned index, uint16_t type, uint64_t id, const void *body, size_t len);
int64_t __wrap_el_clock_monotonic_ms(void);

int
__wrap_el_worker_put(
    struct el_worker *w, unsigned kind, unsigned index, uint16_t type, uint64_t id, const void *body, size_t len)
{
	assert_null(w);
	assert_int_equal(kind, INDEXER);
	assert_int_equal(index, 0);
	assert_int_equal(type, EL_MSG_JOB);
	if (sent.result != EL_OK)
		return sent.result;
	sent.n++;
	sent.id = id;
	sent.len = len;
	memcpy(sent.body, body, len);
	return EL_OK;
}

int64_t
__wrap_el_clock_monotonic_ms(void)
{
	return now_ms;
}

static int
book_job(struct el_daybook *d, struct el_job *out)
{
	(void)d;
	*out = book.offered;
	return book.has_job ? EL_OK : EL_ENOTFOUND;
}

static int
book_finish(struct el_daybook *d, const struct el_job *job)
{
	(void)d;
	assert_memory_equal(job, &book.offered, sizeof *job);
	book.finished++;
	return book.finish_result;
}

static const struct el_daybook_ops ops = { .job = book_job, .finish = book_finish };
static const struct el_job segment_3 = { EL_JOB_INDEX, 20000, 3, 100 };
static const struct el_job old_day = { EL_JOB_REMOVE, 19970, 0, 0 };

static int
begin(void **state)
{
	static struct el_jobs jobs;

	memset(&book, 0, sizeof book);
	memset(&sent, 0, sizeof sent);
	book.base.ops = &ops;
	book.offered = segment_3;
	book.has_job = true;
	now_ms = 1000000;
	jobs = (struct el_jobs){ .daybook = &book.base, .indexer_kind = INDEXER };
	*state = &jobs;
	return 0;
}

/* The indexer's answer; *finished as el_jobs_done() says. */
static int
answer(struct el_jobs *j, uint64_t id, int result, bool *finished)
{
	uint8_t body[4];
	const struct el_msg m = { .type = EL_MSG_JOB_DONE, .id = id, .body = body, .len = sizeof body };

	el_put_u32(body, (uint32_t)result);
	return el_jobs_done(j, &m, finished, NULL);
}

static void
asks_one_job_at_a_time_until_it_is_done(void **state)
{
	struct el_jobs *const j = *state;
	bool finished;

	el_jobs_next(j, NULL);
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 1);
	assert_int_equal(answer(j, sent.id, EL_OK, &finished), EL_OK);
	assert_true(finished);
	assert_int_equal(book.finished, 1);
	book.has_job = false;
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 1);
}

static void
ignores_answers_of_an_earlier_life(void **state)
{
	struct el_jobs *const j = *state;
	uint64_t first;
	bool finished;

	el_jobs_next(j, NULL);
	first = sent.id;
	el_jobs_link_up(j, NULL); /* another indexer: asked again, under another number */
	assert_int_equal(sent.n, 2);
	assert_int_not_equal(sent.id, first);
	assert_int_equal(answer(j, first, EL_OK, &finished), EL_OK);
	assert_false(finished);
	assert_int_equal(book.finished, 0);
	assert_int_equal(answer(j, sent.id, EL_OK, &finished), EL_OK);
	assert_true(finished);
	/* Nor one that comes twice, when nothing is asked. */
	assert_int_equal(answer(j, sent.id, EL_OK, &finished), EL_OK);
	assert_false(finished);
	assert_int_equal(book.finished, 1);
}

static void
ignores_answers_of_another_form(void **state)
{
	struct el_jobs *const j = *state;
	uint8_t body[5] = { 0 };
	struct el_msg m = { .type = EL_MSG_JOB_DONE, .body = body, .len = sizeof body };
	bool finished;

	el_jobs_next(j, NULL);
	m.id = sent.id;
	assert_int_equal(el_jobs_done(j, &m, &finished, NULL), EL_OK);
	assert_false(finished);
	m.len = 4;
	m.type = EL_MSG_JOB;
	assert_int_equal(el_jobs_done(j, &m, &finished, NULL), EL_OK);
	assert_false(finished);
	assert_int_equal(book.finished, 0);
}

static void
tries_a_failed_job_again_after_a_while(void **state)
{
	static const int failures[] = { EL_ESPACE, EL_EIO, EL_EFORMAT, EL_ENOTFOUND, EL_ENOMEM };
	struct el_jobs *const j = *state;
	bool finished;

	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		el_jobs_next(j, NULL);
		assert_int_equal(sent.n, i + 1);
		assert_int_equal(answer(j, sent.id, failures[i], &finished), EL_OK);
		assert_false(finished);
		el_jobs_next(j, NULL);
		assert_int_equal(sent.n, i + 1);
		now_ms += 60000;
	}
	assert_int_equal(book.finished, 0);
}

static void
does_not_let_a_failed_job_hold_back_another(void **state)
{
	struct el_jobs *const j = *state;
	bool finished;

	el_jobs_next(j, NULL);
	assert_int_equal(answer(j, sent.id, EL_ESPACE, &finished), EL_OK);
	book.offered = old_day; /* destroyed meanwhile, and more urgent */
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 2);
	assert_int_equal(answer(j, sent.id, EL_OK, &finished), EL_OK);
	assert_true(finished);
	book.offered = segment_3;
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 2);
	now_ms += 60000;
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 3);
}

static void
passes_on_what_is_final_for_the_daybook_alone(void **state)
{
	struct el_jobs *const j = *state;
	bool finished;

	el_jobs_next(j, NULL);
	book.finish_result = EL_ESTATE; /* its day was destroyed meanwhile */
	assert_int_equal(answer(j, sent.id, EL_OK, &finished), EL_OK);
	assert_false(finished);
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 2);
	book.finish_result = EL_EFORMAT; /* a bad result: made again later */
	assert_int_equal(answer(j, sent.id, EL_OK, &finished), EL_OK);
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 2);
	now_ms += 60000;
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 3);
	book.finish_result = EL_EIO;
	assert_int_equal(answer(j, sent.id, EL_OK, &finished), EL_EIO);
	assert_false(finished);
}

static void
asks_again_where_there_was_no_indexer(void **state)
{
	struct el_jobs *const j = *state;

	sent.result = EL_EIO;
	el_jobs_next(j, NULL);
	sent.result = EL_OK;
	el_jobs_link_up(j, NULL);
	assert_int_equal(sent.n, 1);
}

static int
give_secret(void *ctx, const struct el_job *job, uint8_t *out, size_t *len)
{
	assert_memory_equal(job, &book.offered, sizeof *job);
	memset(out, 0x5a, EL_JOB_SECRET_MAX);
	*len = EL_JOB_SECRET_MAX;
	return *(int *)ctx;
}

static void
sends_a_job_with_its_secret_or_not_at_all(void **state)
{
	struct el_jobs *const j = *state;
	int result = EL_ENOTFOUND;
	const uint8_t *secret;
	struct el_job job;
	size_t len;

	j->secret = give_secret;
	j->ctx = &result;
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 0);
	result = EL_OK;
	el_jobs_next(j, NULL);
	assert_int_equal(sent.n, 1);
	assert_int_equal(el_job_parse(sent.body, sent.len, &job, &secret, &len), EL_OK);
	assert_memory_equal(&job, &segment_3, sizeof job);
	assert_int_equal(len, EL_JOB_SECRET_MAX);
	assert_int_equal(secret[len - 1], 0x5a);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		T(asks_one_job_at_a_time_until_it_is_done),
		T(ignores_answers_of_an_earlier_life),
		T(ignores_answers_of_another_form),
		T(tries_a_failed_job_again_after_a_while),
		T(does_not_let_a_failed_job_hold_back_another),
		T(passes_on_what_is_final_for_the_daybook_alone),
		T(asks_again_where_there_was_no_indexer),
		T(sends_a_job_with_its_secret_or_not_at_all),
	};

	return cmocka_run_group_tests_name("indexer_jobs", tests, NULL, NULL);
}
