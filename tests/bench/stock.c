#include "stock.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/secret.h"
#include "bench.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "registry/purge.h"
#include "registry/visit.h"
#include "token/link.h"

#define BATCH 10000u

void
stock_load(struct stock *s, const char *conf_path)
{
	char message[EL_CONF_STR_MAX + 1];
	struct el_clock clock = { 0 };

	memset(s, 0, sizeof *s);
	if (conf_path == NULL)
		bench_die("--conf is needed");
	if (el_conf_load(el_registry_conf_keys, conf_path, &s->conf, message) != EL_OK)
		bench_die("%s: %s", conf_path, message);
	if (s->conf.service.lab_clock[0] != '\0')
		bench_ok(el_clock_read_file(s->conf.service.lab_clock, &clock.offset_s), s->conf.service.lab_clock);
	s->now_s = el_clock_now(&clock);
}

void
stock_open(struct stock *s, const char *conf_path)
{
	bool changed;

	stock_load(s, conf_path);
	bench_ok(el_registry_open(&s->conf, s->now_s, &s->g), "open the registry");
	bench_ok(el_registry_tick(s->g, s->now_s, el_clock_monotonic_ms(), &changed), "tick the registry");
	s->today = el_epoch_of(s->now_s, el_registry_day_offset(s->g));
}

void
stock_close(struct stock *s)
{
	el_registry_close(s->g);
	s->g = NULL;
}

el_epoch
stock_epoch(const struct stock *s, const char *text)
{
	const bool is_relative = text[0] == '-' || text[0] == '+';
	long n;
	char *end;

	errno = 0;
	n = strtol(text, &end, 10) + (is_relative ? s->today : 0);
	if (errno != 0 || end == text || (*end != '\0' && *end != ':') || n < 0 || n > UINT16_MAX)
		bench_die("%s: not an epoch", text);
	return (el_epoch)n;
}

/* ---- Filling: one thread seals the next rows while the other appends those before ---- */

struct lot {
	uint32_t segment;
	uint64_t first; /* of the whole fill */
	size_t n;
	struct el_row rows[BATCH];
	uint8_t sealed[BATCH][EL_VISIT_SEALED_LEN];
};

struct fill {
	struct stock *s;
	el_epoch epoch;
	uint64_t n;
	int64_t from_s, length_s;
	uint8_t tags[EL_KEY_LEN], rows[EL_KEY_LEN];
	uint64_t *venue_tags; /* a day's venues come back again and again */
	struct el_body body;
	uint64_t salt;
	struct lot *lots; /* two */
	pthread_mutex_t lock;
	pthread_cond_t turned;
	struct lot *wanted, *ready; /* handed to the sealer, and back */
	bool over;
};

static int64_t
time_of(const struct fill *f, uint64_t i)
{
	return f->from_s + (int64_t)((double)i / (double)f->n * (double)f->length_s);
}

/* Every n/240th row is one of the chosen venue. */
static uint32_t
venue_of(const struct fill *f, uint64_t i)
{
	if (i * STOCK_VISITS / f->n != (i + 1) * STOCK_VISITS / f->n)
		return STOCK_VENUE;
	return STOCK_VENUE + 1 + (uint32_t)((i * 0x9e3779b97f4a7c15u >> 32) % (STOCK_VENUES - 1));
}

/* T of a row: its number, or one of those that the person's secret makes. */
static void
set_tid(const struct fill *f, uint64_t i, struct el_body *body)
{
	const uint64_t visit = i * STOCK_PERSON_VISITS / f->n;
	struct el_tid tid;

	if (f->s->person == NULL || visit == (i + 1) * STOCK_PERSON_VISITS / f->n) {
		el_put_u64(body->b + 12, i); /* the second half of T */
		return;
	}
	el_link_tid(f->s->person, (uint16_t)(visit * 9973), &tid);
	memcpy(body->b + 4, tid.b, sizeof tid.b);
}

static void
seal_row(struct fill *f, struct lot *lot, size_t at)
{
	const uint64_t i = lot->first + at;
	struct el_visit v = { .venue = venue_of(f, i), .scanner = 1 + venue_of(f, i) * 2 };
	struct el_row *const row = &lot->rows[at];
	const int64_t t = time_of(f, i);
	struct el_tid tid;

	v.minute = (uint32_t)(t - t % 60);
	el_put_u64(v.attempt.b, i);
	el_put_u64(v.salt.b, f->salt);
	el_put_u64(v.salt.b + 8, i);
	v.body = f->body;
	set_tid(f, i, &v.body);
	el_visit_tid(&v.body, &tid);
	row->tag_a = f->venue_tags[v.venue];
	row->tag_b = el_visit_tid_tag(f->tags, &tid);
	row->sealed = lot->sealed[at];
	row->len = EL_VISIT_SEALED_LEN;
	el_visit_seal(&v, f->rows, f->epoch, lot->segment, row->tag_a, row->tag_b, lot->sealed[at]);
}

static void *
sealer(void *arg)
{
	struct fill *const f = arg;

	(void)pthread_mutex_lock(&f->lock);
	while (!f->over) {
		struct lot *const lot = f->wanted;

		if (lot == NULL) {
			(void)pthread_cond_wait(&f->turned, &f->lock);
			continue;
		}
		(void)pthread_mutex_unlock(&f->lock);
		for (size_t i = 0; i < lot->n; i++)
			seal_row(f, lot, i);
		(void)pthread_mutex_lock(&f->lock);
		f->wanted = NULL;
		f->ready = lot;
		(void)pthread_cond_broadcast(&f->turned);
	}
	(void)pthread_mutex_unlock(&f->lock);
	return NULL;
}

static void
ask(struct fill *f, struct lot *lot, uint32_t segment, uint64_t first, uint64_t n)
{
	lot->segment = segment;
	lot->first = first;
	lot->n = n < BATCH ? (size_t)n : BATCH;
	(void)pthread_mutex_lock(&f->lock);
	f->wanted = lot;
	(void)pthread_cond_broadcast(&f->turned);
	(void)pthread_mutex_unlock(&f->lock);
}

static struct lot *
await(struct fill *f)
{
	struct lot *lot;

	(void)pthread_mutex_lock(&f->lock);
	while ((lot = f->ready) == NULL)
		(void)pthread_cond_wait(&f->turned, &f->lock);
	f->ready = NULL;
	(void)pthread_mutex_unlock(&f->lock);
	return lot;
}

/* Rows from..to of one segment. */
static void
fill_segment(struct fill *f, uint32_t segment, uint64_t from, uint64_t to)
{
	struct el_daybook *const d = f->s->g->daybook;
	unsigned turn = 0;
	uint32_t first;

	ask(f, &f->lots[0], segment, from, to - from);
	while (from < to) {
		struct lot *const lot = await(f);

		from += lot->n;
		if (from < to)
			ask(f, &f->lots[turn ^= 1], segment, from, to - from);
		bench_ok(d->ops->append(d, f->epoch, segment, lot->rows, lot->n, &first), "append");
		if (from / 1000000 != (from - lot->n) / 1000000 || from == f->n)
			(void)fprintf(stderr, "epoch %u: %llu of %llu rows\n", f->epoch, (unsigned long long)from,
			    (unsigned long long)f->n);
	}
}

/* The end of the segment that begins with row `from`: an hour of the day, or full. */
static uint64_t
segment_end(const struct fill *f, uint64_t from)
{
	const int64_t begun = time_of(f, from);
	uint64_t to = from + EL_SEGMENT_ROWS < f->n ? from + EL_SEGMENT_ROWS : f->n;

	if (time_of(f, to) - begun > EL_SEGMENT_S + 1)
		to =
		    (uint64_t)((double)(begun + EL_SEGMENT_S + 1 - f->from_s) / (double)f->length_s * (double)f->n) + 1;
	while (to > from + 1 && to > 0 && time_of(f, to - 1) - begun > EL_SEGMENT_S)
		to--;
	return to < f->n ? to : f->n;
}

static void
prepare_fill(struct fill *f)
{
	const uint32_t offset = el_registry_day_offset(f->s->g);
	const int64_t end = el_epoch_end(f->epoch, offset);
	uint64_t there = 0;
	bool rewritten;

	bench_ok(el_keyring_ensure(f->s->g->keyring, (struct el_key_id){ EL_KEY_VISIT, 0, f->epoch }), "day key");
	bench_ok(el_days_visit_keys(f->s->g->days, f->epoch, f->tags, f->rows), "day key");
	bench_ok(f->s->g->daybook->ops->count(f->s->g->daybook, f->epoch, &there, &rewritten), "count");
	if (there > 0)
		bench_die("epoch %u holds %llu rows already", f->epoch, (unsigned long long)there);
	f->from_s = el_epoch_start(f->epoch, offset);
	f->length_s = (end < f->s->now_s ? end : f->s->now_s) - f->from_s - 1;
	if (f->length_s <= 0)
		bench_die("epoch %u has not begun", f->epoch);
	el_random(&f->body, sizeof f->body);
	el_random(&f->salt, sizeof f->salt);
	f->body.b[0] = 1;
	f->body.b[1] = 1;
	el_put_u16(f->body.b + 2, f->epoch);
	f->venue_tags = bench_alloc(STOCK_VENUES + 1, sizeof *f->venue_tags);
	for (uint32_t v = 0; v <= STOCK_VENUES; v++)
		f->venue_tags[v] = el_visit_venue_tag(f->tags, v);
}

void
stock_fill(struct stock *s, el_epoch epoch, uint64_t n, bool closed)
{
	struct fill f = {
		.s = s, .epoch = epoch, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER, .turned = PTHREAD_COND_INITIALIZER
	};
	struct el_daybook *const d = s->g->daybook;
	pthread_t thread;
	uint32_t segment;

	prepare_fill(&f);
	f.lots = bench_alloc(2, sizeof *f.lots);
	if (pthread_create(&thread, NULL, sealer, &f) != 0)
		bench_die("no thread");
	for (uint64_t i = 0, to; i < n; i = to) {
		to = segment_end(&f, i);
		bench_ok(d->ops->live(d, epoch, time_of(&f, i), &segment), "live segment");
		fill_segment(&f, segment, i, to);
	}
	if (closed)
		bench_ok(d->ops->close_segment(d, epoch), "close");
	(void)pthread_mutex_lock(&f.lock);
	f.over = true;
	(void)pthread_cond_broadcast(&f.turned);
	(void)pthread_mutex_unlock(&f.lock);
	(void)pthread_join(thread, NULL);
	el_secret_wipe(f.tags, sizeof f.tags);
	el_secret_wipe(f.rows, sizeof f.rows);
	free(f.venue_tags);
	free(f.lots);
}
