#include <inttypes.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/secret.h"
#include "bench.h"
#include "indexer/indexer.h"
#include "registry/leaves.h"
#include "registry/visit.h"
#include "registry_fixture.h"
#include "stock.h"
#include "token/link.h"

/*
 * A trace of one person over closed, indexed days: the CPU of the registry from the call to the answer that waits for
 * the public log, against that of the PRF evaluations alone which it needs: for every day the 65,536 token ids that its
 * secret can have made, and their tags.  One line of JSON.
 */
#define INDEXES 65536
#define SEGMENTS_MAX 64 /* of a day, well over 24 */

static struct fixture f;
static struct stock s;

/* What core and the indexer do together. */
static void
make_indexes(void)
{
	struct el_daybook *const b = f.g->daybook;
	uint8_t secret[EL_JOB_SECRET_MAX];
	char visits[EL_CONF_STR_MAX + 16];
	struct el_job job;
	size_t len;

	bench_ok(el_path_join(visits, sizeof visits, f.conf.service.data_dir, "visits"), "visits");
	while (b->ops->job(b, &job) == EL_OK) {
		bench_ok(el_leaves_secret(f.g, &job, secret, &len), "key of a day");
		bench_ok(el_leaves_work(visits, &job, secret, len), "index");
		bench_ok(b->ops->finish(b, &job), "index");
	}
	el_secret_wipe(secret, sizeof secret);
}

/* As if the log had said where it has the root of every segment. */
static void
log_roots(uint64_t days)
{
	char path[EL_CONF_STR_MAX + 32], text[256];
	sqlite3 *db;

	bench_ok(el_path_join(path, sizeof path, f.conf.service.data_dir, "unpublished.db"), "unpublished.db");
	(void)snprintf(text, sizeof text,
	    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %" PRIu64 ") "
	    "INSERT INTO roots SELECT %u + i / %u, i %% %u, i FROM n", days * SEGMENTS_MAX, FIXTURE_EPOCH, SEGMENTS_MAX,
	    SEGMENTS_MAX);
	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		bench_die("%s: %s", path, sqlite3_errmsg(db));
	(void)sqlite3_close(db);
}

static int64_t
prf_alone(uint64_t days)
{
	uint8_t tags[EL_KEY_LEN], rows[EL_KEY_LEN];
	static volatile uint64_t sink;
	struct el_tid tid;
	int64_t from;

	bench_ok(el_days_visit_keys(f.g->days, FIXTURE_EPOCH, tags, rows), "key of a day");
	from = bench_cpu_ns();
	for (uint64_t day = 0; day < days; day++)
		for (uint32_t i = 0; i < INDEXES; i++) {
			el_link_tid(f.secret.s, (uint16_t)i, &tid);
			sink = sink ^ el_visit_tid_tag(tags, &tid);
		}
	return bench_cpu_ns() - from;
}

static int64_t
answer(const struct fixture_order *o, int64_t now_s, struct el_held **held)
{
	static struct el_visits_call call; /* large */
	enum el_visits_progress progress = EL_VISITS_MORE;
	struct el_visits_job *job;
	enum el_code code;
	int64_t from;

	fixture_call(&f, o, now_s, &call);
	from = bench_cpu_ns();
	if ((code = el_visits_order_begin(f.g, &call, now_s, &job)) != EL_CODE_OK)
		bench_die("refused: %s", el_code_name(code));
	while (progress == EL_VISITS_MORE && code == EL_CODE_OK)
		bench_ok(el_visits_order_step(f.g, job, now_s, &progress, &code, held), "step");
	if (code != EL_CODE_OK || progress != EL_VISITS_DONE)
		bench_die("not answered: %s", el_code_name(code));
	el_visits_job_free(job);
	from = bench_cpu_ns() - from;
	el_visits_call_wipe(&call);
	return from;
}

static void
measure(uint64_t days, uint64_t rows, uint64_t rounds)
{
	const int64_t now_s = day_at((el_epoch)(FIXTURE_EPOCH + days), 3600);
	int64_t best = INT64_MAX, best_prf = INT64_MAX, took;
	struct el_held *held = NULL;
	static struct fixture_order o; /* large */
	size_t len = 0;

	fixture_trace(&f, now_s, day_at(FIXTURE_EPOCH, 0), now_s, FIXTURE_EPOCH, (el_epoch)(FIXTURE_EPOCH + days - 1),
	    20000, &o);
	/* In turn, so that both see the same machine; the first search finds its files cold. */
	for (uint64_t i = 0; i < rounds; i++) {
		if ((took = prf_alone(days)) < best_prf)
			best_prf = took;
		if ((took = answer(&o, now_s, &held)) < best)
			best = took;
		if (held->count != days * STOCK_PERSON_VISITS)
			bench_die("%" PRIu64 " visits found", held->count);
		len = held->plain.len;
		el_held_free(held);
	}
	fixture_order_free(&o);
	printf("{\"days\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"found\":%" PRIu64 ",\"bytes\":%zu,\"cpu_ms\":%.2f,"
	       "\"prf_ms\":%.2f,\"ratio\":%.3f}\n",
	    days, rows, days * STOCK_PERSON_VISITS, len, (double)best / 1e6, (double)best_prf / 1e6,
	    (double)best / (double)best_prf);
}

int
main(int argc, char **argv)
{
	uint64_t days = 14, rows = 1000000, rounds = 3;
	bool wait = false;
	const struct bench_option options[] = {
		{ "days", BENCH_UINT, &days, 1, 14 },
		{ "rows", BENCH_UINT, &rows, STOCK_PERSON_VISITS, 100000000 }, /* of a day */
		{ "rounds", BENCH_UINT, &rounds, 1, 100 },
		{ "wait", BENCH_FLAG, &wait, 0, 0 }, /* for a profiler */
		{ 0 },
	};
	int64_t now_s;

	bench_options(argc, argv, options);
	now_s = day_at((el_epoch)(FIXTURE_EPOCH + days), 3600);
	fixture_make(&f);
	fixture_open(&f, now_s);
	fixture_close(&f);
	log_roots(days);
	fixture_open(&f, now_s);
	s = (struct stock){ .conf = f.conf, .g = f.g, .now_s = now_s, .today = (el_epoch)(FIXTURE_EPOCH + days),
		.person = f.secret.s };
	for (uint64_t i = 0; i < days; i++) {
		stock_fill(&s, (el_epoch)(FIXTURE_EPOCH + i), rows, true);
		make_indexes();
	}
	f.g->has_indexer = true;
	if (wait)
		(void)getchar();
	measure(days, rows, rounds);
	fixture_free(&f);
	return 0;
}
