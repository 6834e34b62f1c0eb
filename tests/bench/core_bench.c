#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "bench.h"
#include "bodies.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "registry/checkin.h"
#include "stock.h"

/*
 * N check-ins through the domain alone: admitted, decided, sealed and committed in groups, on a real registry's
 * folder.  For an instrument that counts instructions (bench_measured); the CPU is printed as well.
 */
struct core_bench {
	struct stock stock;
	struct bodies bodies;
	struct el_hash *keys;
	size_t n_keys;
	struct el_checkin *checkins;
	uint64_t n, group;
};

static void
load_keys(struct core_bench *b, const char *path)
{
	const size_t len = EL_BASE64URL_LEN(EL_KEY_LEN);
	char *const lines = bench_lines(path, len, &b->n_keys);
	uint8_t key[EL_KEY_LEN];

	b->keys = bench_alloc(b->n_keys, sizeof *b->keys);
	for (size_t i = 0; i < b->n_keys; i++) {
		bench_ok(el_base64url_exact(lines + i * (len + 1), key, sizeof key), path);
		el_sha256(key, sizeof key, &b->keys[i]);
	}
	free(lines);
}

static void
make_checkins(struct core_bench *b)
{
	b->checkins = bench_alloc(b->n, sizeof *b->checkins);
	for (uint64_t i = 0; i < b->n; i++) {
		struct el_checkin *const c = &b->checkins[i];

		c->verdict = EL_CODE_OK;
		el_put_u64(c->attempt.b, bodies_token(&b->bodies, (uint32_t)b->stock.now_s, c->token));
	}
}

static void
decide_all(void *ctx)
{
	struct core_bench *const b = ctx;
	struct el_registry *const g = b->stock.g;
	struct el_checkin_result result;
	struct el_scanner *scanner;
	unsigned retry;

	for (uint64_t i = 0; i < b->n; i++) {
		if (el_checkin_admit(g, &b->keys[i % b->n_keys], 1, b->stock.now_s, &scanner, &retry) != EL_CODE_OK)
			bench_die("a scanner was refused");
		bench_ok(el_checkin_decide(g, scanner, &b->checkins[i], b->stock.now_s, &result), "decide");
		if (result.code != EL_CODE_OK)
			bench_die("a check-in was refused");
		if ((i + 1) % b->group == 0)
			bench_ok(el_checkin_commit(g), "commit");
	}
	bench_ok(el_checkin_commit(g), "commit");
}

int
main(int argc, char **argv)
{
	static struct core_bench b;
	const char *conf = NULL, *folder = NULL;
	char path[512];
	int64_t cpu;
	const struct bench_option options[] = {
		{ "conf", BENCH_STR, &conf, 0, 0 },
		{ "folder", BENCH_STR, &folder, 0, 0 },
		{ "n", BENCH_UINT, &b.n, 1, 1000000 },
		{ "group", BENCH_UINT, &b.group, 1, 10000 },
		{ 0 },
	};

	b.n = 1000;
	b.group = 128;
	bench_options(argc, argv, options);
	if (folder == NULL)
		bench_die("--conf and --folder are needed");
	bench_ok(el_crypto_init(), "libsodium");
	(void)snprintf(path, sizeof path, "%s/scanners", folder);
	load_keys(&b, path);
	stock_open(&b.stock, conf);
	(void)snprintf(path, sizeof path, "%s/day", folder);
	bodies_init(&b.bodies, path, 0);
	make_checkins(&b);
	cpu = bench_cpu_ns();
	bench_measured(decide_all, &b);
	cpu = bench_cpu_ns() - cpu;
	printf("{\"n\":%llu,\"group\":%llu,\"cpu_ns\":%.0f}\n", (unsigned long long)b.n, (unsigned long long)b.group,
	    (double)cpu / (double)b.n);
	stock_close(&b.stock);
	bodies_free(&b.bodies);
	free(b.checkins);
	free(b.keys);
	return 0;
}
