#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/secret.h"
#include "bench.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "entrylog/token.h"
#include "stock.h"

/*
 * Makes a registry's folder ready for a measurement.  The trust and the configuration are there already (run.sh
 * has the command line make them).  Writes into --out, for the load generator:
 *
 *	scanners	a bearer key a line
 *	day		today's epoch, issuer and k_e, from the registry's own keyring
 *
 * With --fill it fills epochs, today or before.
 */
#define PATH_SIZE 512
#define ISSUER 1

static void
join(char out[PATH_SIZE], const char *dir, const char *name)
{
	bench_ok(el_path_join(out, PATH_SIZE, dir, name), dir);
}

static void
add_scanner(struct el_registry_db *db, uint32_t venue, int64_t now_s, FILE *keys)
{
	char text[EL_BASE64URL_LEN(EL_KEY_LEN) + 1];
	struct el_scanner_row row;
	struct el_hash code, hash;
	uint8_t key[EL_KEY_LEN];
	uint32_t id;

	el_random(&code, sizeof code);
	el_random(key, sizeof key);
	el_sha256(key, sizeof key, &hash);
	bench_ok(el_registry_db_add_scanner(db, venue, "", &code, now_s + 60, now_s, &id), "scanner");
	bench_ok(el_registry_db_enrol(db, &code, now_s, &hash, &row), "enrol");
	el_base64url_encode(key, sizeof key, text);
	(void)fprintf(keys, "%s\n", text);
}

static void
make_tables(const char *path, uint64_t n_venues, uint64_t n_scanners, int64_t now_s, FILE *keys)
{
	struct el_registry_db *db;

	bench_ok(el_registry_db_open(path, &db), path);
	for (uint64_t i = 0; i < n_venues; i++) {
		struct el_venue v = { .active = true };

		(void)snprintf(v.name, sizeof v.name, "Venue %llu", (unsigned long long)i + 1);
		(void)snprintf(v.business_number, sizeof v.business_number, "1000000009");
		el_random(&v.owner_key, sizeof v.owner_key);
		bench_ok(el_registry_db_add_venue(db, &v), "venue");
		bench_ok(el_registry_db_set_venue(db, v.id, true, true), "venue");
	}
	for (uint64_t i = 0; i < n_scanners; i++)
		add_scanner(db, (uint32_t)(1 + i % n_venues), now_s, keys);
	el_registry_db_close(db);
}

static void
copy_file(const char *from, const char *to)
{
	uint8_t *bytes;
	size_t len;

	bench_ok(el_file_read(from, (size_t)256 << 20, &bytes, &len), from);
	bench_ok(el_file_create(to, 0600, bytes, len), to);
	free(bytes);
}

/* Every venue is durable writes: in memory they cost nothing, and a closed database is one file. */
static void
make_scanners(const struct stock *s, const char *out, uint64_t n_venues, uint64_t n_scanners)
{
	char dir[] = "/dev/shm/el-bench-XXXXXX", quick[PATH_SIZE], final[PATH_SIZE], keys_path[PATH_SIZE];
	FILE *keys;

	join(keys_path, out, "scanners");
	join(final, s->conf.service.data_dir, "registry.db");
	if (access(final, F_OK) == 0)
		return;
	bench_ok(el_dir_make(s->conf.service.data_dir), s->conf.service.data_dir);
	if (mkdtemp(dir) == NULL || (keys = fopen(keys_path, "w")) == NULL)
		bench_die("%s: cannot be written", keys_path);
	join(quick, dir, "registry.db");
	make_tables(quick, n_venues, n_scanners, s->now_s, keys);
	if (fclose(keys) != 0)
		bench_die("%s: cannot be written", keys_path);
	copy_file(quick, final);
	(void)unlink(quick);
	(void)rmdir(dir);
}

static void
write_day(const struct stock *s, const char *out)
{
	uint8_t pair[EL_KEY_LEN], key[EL_KEY_LEN];
	char text[EL_BASE64URL_LEN(EL_KEY_LEN) + 1], line[80], path[PATH_SIZE];
	int len;

	bench_ok(el_keyring_get(s->g->keyring, (struct el_key_id){ EL_KEY_PAIR, ISSUER, s->today }, pair), "K_pair");
	el_token_day_key(pair, ISSUER, s->today, key);
	el_base64url_encode(key, sizeof key, text);
	len = snprintf(line, sizeof line, "%u %u %s\n", s->today, ISSUER, text);
	join(path, out, "day");
	bench_write(path, line, (size_t)len);
	el_secret_wipe(pair, sizeof pair);
	el_secret_wipe(key, sizeof key);
}

static void
fill(struct stock *s, const char *text, bool closed)
{
	const char *const colon = strchr(text, ':');
	const el_epoch epoch = stock_epoch(s, text);
	const int64_t from = bench_now_ns();
	unsigned long long n;
	double seconds;

	if (colon == NULL || (n = strtoull(colon + 1, NULL, 10)) == 0 || n > 100000000)
		bench_die("--fill: EPOCH:ROWS, at most 100,000,000");
	stock_fill(s, epoch, n, closed || epoch != s->today);
	seconds = (double)(bench_now_ns() - from) / 1e9;
	printf("{\"epoch\":%u,\"rows\":%llu,\"seconds\":%.2f,\"rows_per_s\":%.0f}\n", epoch, n, seconds,
	    (double)n / seconds);
}

int
main(int argc, char **argv)
{
	const char *conf = NULL, *out = NULL;
	uint64_t venues = 1000, scanners = 6000;
	struct bench_list fills = { .n = 0 };
	bool closed = false;
	static struct stock s; /* large */
	const struct bench_option options[] = {
		{ "conf", BENCH_STR, &conf, 0, 0 },
		{ "out", BENCH_STR, &out, 0, 0 },
		{ "venues", BENCH_UINT, &venues, 1, 10000 },
		{ "scanners", BENCH_UINT, &scanners, 1, 100000 },
		{ "fill", BENCH_LIST, &fills, 0, 0 },
		{ "closed", BENCH_FLAG, &closed, 0, 0 },
		{ 0 },
	};

	bench_options(argc, argv, options);
	if (out == NULL)
		bench_die("--conf and --out are needed");
	bench_ok(el_crypto_init(), "libsodium");
	bench_ok(el_dir_make(out), out);
	stock_load(&s, conf);
	make_scanners(&s, out, venues, scanners);
	stock_open(&s, conf);
	write_day(&s, out);
	for (size_t i = 0; i < fills.n; i++)
		fill(&s, fills.item[i], closed);
	stock_close(&s);
	return 0;
}
