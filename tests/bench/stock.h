#ifndef EL_TESTS_BENCH_STOCK_H
#define EL_TESTS_BENCH_STOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/registry.h"

/*
 * A registry's folder as an instrument uses it: opened in this process (so no daemon may run on it), by its own
 * configuration and at its own, shifted clock.
 */
struct stock {
	struct el_registry_conf conf;
	struct el_registry *g;
	int64_t now_s;
	el_epoch today;
	const uint8_t *person; /* s_e of a visitor who goes out on every day that is filled; NULL: nobody does */
};

/* Load the configuration and the clock; nothing is opened. */
void stock_load(struct stock *, const char *conf_path);
/* The same, opened and ticked once: pair files are taken over, the keys of today and tomorrow made. */
void stock_open(struct stock *, const char *conf_path);
void stock_close(struct stock *);

/* "20000" or, from today, "-3" or "+0". */
el_epoch stock_epoch(const struct stock *, const char *text);

/*
 * Fill a visit epoch that holds nothing with n rows, as its day would have: in the order of time from its start
 * to its end (or to now), hourly segments, each row sealed under the day's key, with a token of its own.  Venue
 * STOCK_VENUE gets STOCK_VISITS of them, evenly over the day, the rest is spread over the others; the person makes
 * STOCK_PERSON_VISITS, evenly, too.  With `closed` no segment is left live.
 */
#define STOCK_VENUE 1
#define STOCK_VISITS 240
#define STOCK_VENUES 100000
#define STOCK_PERSON_VISITS 6
void stock_fill(struct stock *, el_epoch, uint64_t n, bool closed);

#endif
