#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "crypto/selftest.h"
#include "entrylog/epoch.h"
#include "registry/visits_search.h"
#include "stock.h"

/*
 * The search of a contacts order, one venue and one hour, in closed epochs that prepare filled: the time of a row
 * returned, warm.  One line of JSON an epoch.
 */
static int64_t
search(struct stock *s, el_epoch epoch, int64_t from, int64_t to, size_t *n_found)
{
	const struct el_scope scope = {
		.form = EL_SCOPE_VENUES, .venues = { STOCK_VENUE }, .n_venues = 1, .from = from, .to = to
	};
	const int64_t start = bench_now_ns();
	struct el_visits_search *search;
	enum el_visits_progress progress = EL_VISITS_MORE;

	bench_ok(el_visits_search_new(&scope, epoch, epoch, NULL, 0, &search), "search");
	while (progress == EL_VISITS_MORE)
		bench_ok(el_visits_search_step(search, s->g, s->now_s, &progress), "search");
	(void)el_visits_search_rows(search, n_found);
	el_visits_search_free(search);
	return bench_now_ns() - start;
}

static void
measure(struct stock *s, el_epoch epoch, uint64_t runs, int64_t most_ns)
{
	const int64_t day = el_epoch_start(epoch, el_registry_day_offset(s->g));
	const int64_t from = day + 12 * 3600, to = from + 3600 - 60, begun = bench_now_ns();
	int64_t best = 0, sum = 0;
	uint64_t n = 0, rows;
	size_t found;
	bool rewritten;

	bench_ok(s->g->daybook->ops->count(s->g->daybook, epoch, &rows, &rewritten), "count");
	(void)search(s, epoch, from, to, &found); /* warm */
	if (found == 0)
		bench_die("epoch %u: nothing found", epoch);
	do {
		const int64_t took = search(s, epoch, from, to, &found);

		best = n == 0 || took < best ? took : best;
		sum += took;
	} while (++n < runs && bench_now_ns() - begun < most_ns);
	printf("{\"epoch\":%u,\"rows\":%llu,\"found\":%zu,\"runs\":%llu,\"best_us\":%.1f,\"mean_us\":%.1f,"
	       "\"us_per_row\":%.2f}\n",
	    epoch, (unsigned long long)rows, found, (unsigned long long)n, (double)best / 1e3,
	    (double)sum / 1e3 / (double)n, (double)best / 1e3 / (double)found);
}

int
main(int argc, char **argv)
{
	const char *conf = NULL;
	uint64_t runs = 20, seconds = 30;
	struct bench_list epochs = { .n = 0 };
	static struct stock s; /* large */
	const struct bench_option options[] = {
		{ "conf", BENCH_STR, &conf, 0, 0 },
		{ "epoch", BENCH_LIST, &epochs, 0, 0 },
		{ "runs", BENCH_UINT, &runs, 1, 1000 },
		{ "seconds", BENCH_UINT, &seconds, 1, 600 }, /* for each epoch */
		{ 0 },
	};

	bench_options(argc, argv, options);
	bench_ok(el_crypto_init(), "libsodium");
	stock_open(&s, conf);
	for (size_t i = 0; i < epochs.n; i++)
		measure(&s, stock_epoch(&s, epochs.item[i]), runs, (int64_t)seconds * 1000000000);
	stock_close(&s);
	return 0;
}
