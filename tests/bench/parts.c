#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "bench.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "daybook/daybook.h"
#include "entrylog/token.h"
#include "registry/visit.h"

/*
 * Each part of a check-in and of a token alone: CPU a call, the smallest of several rounds, since what other
 * programs do to a shared machine only ever adds.  Appends are durable, in groups of --group rows, into --dir,
 * and fdatasync is measured there.
 */
#define ROUNDS 5

struct parts {
	const char *dir;
	uint64_t group, rows;
	struct el_token token;
	uint8_t day_key[EL_KEY_LEN], rows_key[EL_KEY_LEN];
	struct el_visit visit;
	uint64_t sink;
};

typedef void part_fn(struct parts *);

static double
cpu_ns(struct parts *p, part_fn *fn, unsigned calls)
{
	double best = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		const int64_t from = bench_cpu_ns();
		double each;

		for (unsigned i = 0; i < calls; i++)
			fn(p);
		each = (double)(bench_cpu_ns() - from) / calls;
		if (round == 0 || each < best)
			best = each;
	}
	return best;
}

static void
part_tag_check(struct parts *p)
{
	p->sink += el_token_check_tag(&p->token, p->day_key);
}

static void
part_two_tags(struct parts *p)
{
	p->sink += el_visit_venue_tag(p->day_key, p->visit.venue);
	p->sink += el_visit_tid_tag(p->day_key, &p->token.tid);
}

static void
part_seal(struct parts *p)
{
	uint8_t sealed[EL_VISIT_SEALED_LEN];

	el_visit_seal(&p->visit, p->rows_key, p->token.epoch, 1, p->sink, 2, sealed);
	p->sink += sealed[0];
}

/* ---- Curve work ---- */

static uint8_t scalar[32], point[32], secret_key[crypto_sign_SECRETKEYBYTES];

static void
part_base_mult(struct parts *p)
{
	uint8_t out[32];

	p->sink += (uint64_t)crypto_scalarmult_ristretto255_base(out, scalar);
}

static void
part_mult(struct parts *p)
{
	uint8_t out[32];

	p->sink += (uint64_t)crypto_scalarmult_ristretto255(out, scalar, point);
}

static void
part_sign(struct parts *p)
{
	uint8_t sig[crypto_sign_BYTES];

	p->sink += (uint64_t)crypto_sign_detached(sig, NULL, (const uint8_t *)&p->visit.body, 78, secret_key);
}

/*
 * The curve limit: what all cores do together (two of them may be one core's threads), one base mult, one
 * mult and one signature a token.
 */
static double
curve_limit(struct parts *p, int64_t ns)
{
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int fd[2];
	uint64_t total = 0, n;

	if (pipe(fd) != 0)
		bench_die("pipe: %s", strerror(errno));
	for (long i = 0; i < cores; i++) {
		const pid_t pid = fork();

		if (pid < 0)
			bench_die("fork: %s", strerror(errno));
		if (pid > 0)
			continue;
		n = 0;
		for (const int64_t until = bench_now_ns() + ns; bench_now_ns() < until; n++) {
			part_base_mult(p);
			part_mult(p);
			part_sign(p);
		}
		_exit(write(fd[1], &n, sizeof n) == sizeof n ? 0 : 1);
	}
	(void)close(fd[1]);
	while (read(fd[0], &n, sizeof n) == sizeof n)
		total += n;
	(void)close(fd[0]);
	while (wait(NULL) > 0)
		;
	return (double)total / ((double)ns / 1e9);
}

/* ---- Appending ---- */

static void
must(int rc, sqlite3 *db, const char *what)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
		bench_die("%s: %s", what, sqlite3_errmsg(db));
}

static void
remove_folder(const char *dir)
{
	const pid_t pid = fork();

	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", "--", dir, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		bench_die("%s: cannot be removed", dir);
}

static void
make_folder(struct parts *p, char out[512])
{
	bench_ok(el_path_join(out, 512, p->dir, "parts.XXXXXX"), p->dir);
	if (mkdtemp(out) == NULL)
		bench_die("%s: %s", out, strerror(errno));
}

static void
raw_group(sqlite3 *db, sqlite3_stmt *const st[3], sqlite3_int64 first, uint64_t n, const uint8_t *sealed)
{
	must(sqlite3_step(st[0]), db, "begin");
	must(sqlite3_reset(st[0]), db, "begin");
	for (uint64_t i = 0; i < n; i++) {
		must(sqlite3_bind_int64(st[1], 1, first + (sqlite3_int64)i), db, "bind");
		must(sqlite3_bind_int64(st[1], 2, (sqlite3_int64)(i * 0x9e3779b97f4a7c15u)), db, "bind");
		must(sqlite3_bind_int64(st[1], 3, (sqlite3_int64)(i * 0xc2b2ae3d27d4eb4fu)), db, "bind");
		must(sqlite3_bind_blob(st[1], 4, sealed, EL_VISIT_SEALED_LEN, SQLITE_STATIC), db, "bind");
		must(sqlite3_step(st[1]), db, "insert");
		must(sqlite3_reset(st[1]), db, "insert");
	}
	must(sqlite3_step(st[2]), db, "commit");
	must(sqlite3_reset(st[2]), db, "commit");
}

/* The plainest durable append that SQLite has: no check, no name, nothing around it. */
static double
raw_append(struct parts *p)
{
	static const char *const text[3] = { "BEGIN IMMEDIATE", "INSERT INTO r VALUES (?1, ?2, ?3, ?4)", "COMMIT" };
	char dir[512], path[512];
	uint8_t sealed[EL_VISIT_SEALED_LEN];
	sqlite3_stmt *st[3];
	uint64_t done = 0;
	sqlite3 *db;
	int64_t cpu;

	make_folder(p, dir);
	bench_ok(el_path_join(path, sizeof path, dir, "raw.db"), dir);
	el_random(sealed, sizeof sealed);
	must(sqlite3_open(path, &db), db, path);
	must(sqlite3_exec(db,
		 "PRAGMA journal_mode = WAL; PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;"
		 "PRAGMA wal_autocheckpoint = 4000;"
		 "CREATE TABLE r (row INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL, s BLOB NOT NULL) "
		 "STRICT",
		 NULL, NULL, NULL),
	    db, path);
	for (unsigned i = 0; i < 3; i++)
		must(sqlite3_prepare_v2(db, text[i], -1, &st[i], NULL), db, text[i]);
	cpu = bench_cpu_ns();
	for (; done < p->rows; done += p->group)
		raw_group(db, st, (sqlite3_int64)done, p->group, sealed);
	cpu = bench_cpu_ns() - cpu;
	for (unsigned i = 0; i < 3; i++)
		(void)sqlite3_finalize(st[i]);
	must(sqlite3_close(db), db, path);
	remove_folder(dir);
	return (double)cpu / (double)done;
}

static double
daybook_append(struct parts *p)
{
	const struct el_daybook_options options = { .hourly = true };
	struct el_row *const rows = bench_alloc(p->group, sizeof *rows);
	uint8_t sealed[EL_VISIT_SEALED_LEN];
	struct el_daybook *d;
	char dir[512];
	uint32_t segment, first;
	uint64_t done = 0;
	int64_t cpu;

	make_folder(p, dir);
	el_random(sealed, sizeof sealed);
	for (uint64_t i = 0; i < p->group; i++)
		rows[i] = (struct el_row){ .sealed = sealed, .len = sizeof sealed };
	bench_ok(el_daybook_sqlite_open(dir, &options, &d), dir);
	bench_ok(d->ops->live(d, p->token.epoch, 1, &segment), "live");
	cpu = bench_cpu_ns();
	for (; done < p->rows; done += p->group) {
		for (uint64_t i = 0; i < p->group; i++) {
			rows[i].tag_a = i * 0x9e3779b97f4a7c15u;
			rows[i].tag_b = i * 0xc2b2ae3d27d4eb4fu;
		}
		bench_ok(d->ops->live(d, p->token.epoch, 1, &segment), "live");
		bench_ok(d->ops->append(d, p->token.epoch, segment, rows, p->group, &first), "append");
	}
	cpu = bench_cpu_ns() - cpu;
	el_daybook_close(d);
	remove_folder(dir);
	free(rows);
	return (double)cpu / (double)done;
}

/* One 4 KiB page written and made durable, as a small commit is: the middle one of n, in microseconds. */
static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
fdatasync_us(struct parts *p, unsigned n)
{
	double *const us = bench_alloc(n, sizeof *us);
	static uint8_t page[4096];
	char dir[512], path[512];
	double middle;
	int fd;

	make_folder(p, dir);
	bench_ok(el_path_join(path, sizeof path, dir, "page"), dir);
	el_random(page, sizeof page);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		bench_die("%s: %s", path, strerror(errno));
	for (unsigned i = 0; i < n; i++) {
		int64_t from;

		if (pwrite(fd, page, sizeof page, (off_t)(i % 256) * (off_t)sizeof page) != (ssize_t)sizeof page)
			bench_die("%s: %s", path, strerror(errno));
		from = bench_now_ns();
		if (fdatasync(fd) != 0)
			bench_die("%s: %s", path, strerror(errno));
		us[i] = (double)(bench_now_ns() - from) / 1e3;
	}
	(void)close(fd);
	qsort(us, n, sizeof *us, compare);
	middle = us[n / 2];
	free(us);
	remove_folder(dir);
	return middle;
}

static void
init(struct parts *p)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];

	el_random(&p->token, sizeof p->token);
	el_random(&p->visit, sizeof p->visit);
	el_random(p->day_key, sizeof p->day_key);
	el_random(p->rows_key, sizeof p->rows_key);
	p->token.epoch = 20000;
	p->visit.flags = 0;
	p->visit.minute -= p->visit.minute % 60;
	crypto_core_ristretto255_scalar_random(scalar);
	crypto_core_ristretto255_random(point);
	(void)crypto_sign_keypair(public_key, secret_key);
}

static void
print_appends(struct parts *p)
{
	double raw = 0, daybook = 0;

	for (unsigned round = 0; round < 3; round++) { /* in turn: both see the same disk */
		const double r = raw_append(p), d = daybook_append(p);

		raw = round == 0 || r < raw ? r : raw;
		daybook = round == 0 || d < daybook ? d : daybook;
	}
	printf(",\"group\":%llu,\"raw_append_ns\":%.0f,\"daybook_append_ns\":%.0f", (unsigned long long)p->group, raw,
	    daybook);
}

int
main(int argc, char **argv)
{
	struct parts p = { .dir = NULL, .group = 128, .rows = 256000 };
	uint64_t calls = 20000, syncs = 200, limit_ms = 3000;
	bool only_sync = false;
	const struct bench_option options[] = {
		{ "dir", BENCH_STR, &p.dir, 0, 0 },
		{ "group", BENCH_UINT, &p.group, 1, 10000 },
		{ "rows", BENCH_UINT, &p.rows, 1, 900000 },
		{ "calls", BENCH_UINT, &calls, 1, 1000000 },
		{ "syncs", BENCH_UINT, &syncs, 1, 100000 },
		{ "curve-ms", BENCH_UINT, &limit_ms, 1, 60000 },
		{ "only-fdatasync", BENCH_FLAG, &only_sync, 0, 0 },
		{ 0 },
	};

	bench_options(argc, argv, options);
	if (p.dir == NULL)
		bench_die("--dir is needed");
	bench_ok(el_crypto_init(), "libsodium");
	init(&p);
	printf("{\"fdatasync_us\":%.1f", fdatasync_us(&p, (unsigned)syncs));
	if (!only_sync) {
		const unsigned some = (unsigned)calls, few = some / 10 + 1;

		printf(",\"tag_check_ns\":%.0f,\"two_tags_ns\":%.0f,\"seal_ns\":%.0f", cpu_ns(&p, part_tag_check, some),
		    cpu_ns(&p, part_two_tags, some), cpu_ns(&p, part_seal, some));
		print_appends(&p);
		printf(",\"base_mult_ns\":%.0f,\"mult_ns\":%.0f,\"sign_ns\":%.0f", cpu_ns(&p, part_base_mult, few),
		    cpu_ns(&p, part_mult, few), cpu_ns(&p, part_sign, few));
		(void)fflush(stdout); /* not once more by every child */
		printf(",\"curve_limit_per_s\":%.0f", curve_limit(&p, (int64_t)limit_ms * 1000000));
	}
	puts("}");
	return 0;
}
