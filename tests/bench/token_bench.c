#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "entrylog/epoch.h"
#include "issuer/draw.h"

/*
 * N tokens drawn from one ticket through the domain alone, live ones or wallets of 16.  For an instrument that
 * counts instructions (bench_measured); the CPU is printed as well.
 */
#define ISSUER 1
#define EPOCH 20000
#define WALLET 16

struct token_bench {
	struct el_signer_days days;
	struct el_sign_key *key;
	uint8_t ticket[EL_TICKET_LEN];
	int64_t now_s;
	uint64_t n;
	bool is_wallet;
	struct el_draw_result result;
};

static void
init(struct token_bench *b)
{
	struct el_signer_day *const day = &b->days.days[0];
	struct el_day_secret secret;
	struct el_scalar scalar;
	uint8_t seed[32];

	el_random(seed, sizeof seed);
	bench_ok(el_sign_key_new(seed, &b->key), "key");
	el_sign_key_open(b->key); /* as a signer does for a turn */
	b->days.n = 1;
	day->epoch = EPOCH;
	el_random(day->ticket_key, sizeof day->ticket_key);
	el_random(day->token_key, sizeof day->token_key);
	el_scalar_random(&scalar);
	bench_ok(el_point_base(&day->links_key, &scalar), "Y_e");
	el_random(&secret, sizeof secret);
	el_ticket_seal(day->ticket_key, ISSUER, EPOCH, &secret, b->ticket);
	b->now_s = el_epoch_start(EPOCH, b->days.day_offset) + 3600;
}

static void
draw_all(void *ctx)
{
	struct token_bench *const b = ctx;
	struct el_draw_request q = { .is_wallet = b->is_wallet, .count = b->is_wallet ? WALLET : 1 };

	memcpy(q.ticket, b->ticket, sizeof q.ticket);
	for (uint64_t i = 0; i < b->n; i += q.count) {
		q.first = (uint32_t)(i % (65536 - WALLET));
		if (el_draw(&b->days, b->key, ISSUER, &q, b->now_s, &b->result) != EL_CODE_OK)
			bench_die("a draw was refused");
	}
}

int
main(int argc, char **argv)
{
	static struct token_bench b;
	int64_t cpu;
	const struct bench_option options[] = {
		{ "n", BENCH_UINT, &b.n, WALLET, 1000000 },
		{ "wallet", BENCH_FLAG, &b.is_wallet, 0, 0 },
		{ 0 },
	};

	b.n = 160;
	bench_options(argc, argv, options);
	bench_ok(el_crypto_init(), "libsodium");
	init(&b);
	cpu = bench_cpu_ns();
	bench_measured(draw_all, &b);
	cpu = bench_cpu_ns() - cpu;
	printf("{\"n\":%llu,\"wallet\":%s,\"cpu_ns\":%.0f}\n", (unsigned long long)b.n, b.is_wallet ? "true" : "false",
	    (double)cpu / (double)b.n);
	el_sign_key_free(b.key);
	return 0;
}
