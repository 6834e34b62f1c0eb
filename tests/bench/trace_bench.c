#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "registry/visits_search.h"
#include "stock.h"
#include "token/link.h"

/*
 * The search of a trace order: one person's secrets of the --days days before today, which prepare filled, beside the
 * pseudo-random functions that it cannot do without: T of each of the 65,536 indices of a day, and its tag (P-7.3 step
 * 3).  CPU, warm; the smallest of --runs.  One line of JSON.
 */
#define INDEXES 65536

static struct el_visits_secret *
make_secrets(const struct stock *s, unsigned days)
{
	struct el_visits_secret *const secrets = bench_alloc(days, sizeof *secrets); /* taken over by the search */

	for (unsigned i = 0; i < days; i++) {
		secrets[i].epoch = (el_epoch)(s->today - days + i);
		el_random(secrets[i].secret, sizeof secrets[i].secret);
	}
	return secrets;
}

static double
search(struct stock *s, unsigned days)
{
	const struct el_scope scope = { .form = EL_SCOPE_SECRETS, .from = s->now_s - 20 * 86400, .to = s->now_s };
	struct el_visits_secret *const secrets = make_secrets(s, days);
	enum el_visits_progress progress = EL_VISITS_MORE;
	struct el_visits_search *search;
	const int64_t from = bench_cpu_ns();

	bench_ok(el_visits_search_new(&scope, (el_epoch)(s->today - days), (el_epoch)(s->today - 1), secrets, days, &search),
	    "search");
	while (progress == EL_VISITS_MORE)
		bench_ok(el_visits_search_step(search, s->g, s->now_s, &progress), "search");
	el_visits_search_free(search);
	return (double)(bench_cpu_ns() - from);
}

static double
functions(unsigned days)
{
	uint8_t secret[32], key[32];
	struct el_tid tid;
	uint64_t sink = 0;
	int64_t from;

	el_random(secret, sizeof secret);
	el_random(key, sizeof key);
	from = bench_cpu_ns();
	for (unsigned d = 0; d < days; d++)
		for (unsigned i = 0; i < INDEXES; i++) {
			el_link_tid(secret, (uint16_t)i, &tid);
			sink += el_visit_tid_tag(key, &tid);
		}
	return (double)(bench_cpu_ns() - from) + (double)(sink & 1);
}

int
main(int argc, char **argv)
{
	const char *conf = NULL;
	uint64_t runs = 3, days = 14;
	static struct stock s; /* large */
	const struct bench_option options[] = {
		{ "conf", BENCH_STR, &conf, 0, 0 },
		{ "days", BENCH_UINT, &days, 1, 28 },
		{ "runs", BENCH_UINT, &runs, 1, 100 },
		{ 0 },
	};
	double best = 0, least = 0;
	uint64_t rows, all = 0;
	bool rewritten;

	bench_options(argc, argv, options);
	bench_ok(el_crypto_init(), "libsodium");
	stock_open(&s, conf);
	for (unsigned i = 1; i <= days; i++) {
		bench_ok(s.g->daybook->ops->count(s.g->daybook, (el_epoch)(s.today - i), &rows, &rewritten), "count");
		all += rows;
	}
	(void)search(&s, (unsigned)days); /* warm */
	for (uint64_t i = 0; i < runs; i++) {
		const double took = search(&s, (unsigned)days), alone = functions((unsigned)days);

		best = i == 0 || took < best ? took : best;
		least = i == 0 || alone < least ? alone : least;
	}
	printf("{\"days\":%llu,\"rows\":%llu,\"search_ms\":%.1f,\"functions_ms\":%.1f,\"ratio\":%.3f}\n", (unsigned long long)days,
	    (unsigned long long)all, best / 1e6, least / 1e6, best / least);
	stock_close(&s);
	return 0;
}
