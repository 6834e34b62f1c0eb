#include <stdio.h>
#include <stdlib.h>

#include "base/base64url.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "bench.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "entrylog/epoch.h"
#include "issuer/issuer.h"
#include "issuer/purge.h"
#include "token/ticket.h"

/*
 * Makes an issuer's folder ready: its keys of today, and in --out the file `tickets`, day tickets of today as
 * visitors would have got them (a ticket is all that drawing takes; nobody need be registered for it).
 */
static void
write_tickets(const struct el_issuer *s, int64_t now_s, const char *path, uint64_t n)
{
	const el_epoch today = el_epoch_of(now_s, el_issuer_day_offset(s));
	char text[EL_BASE64URL_LEN(EL_TICKET_LEN) + 1];
	uint8_t key[EL_KEY_LEN], ticket[EL_TICKET_LEN];
	struct el_day_secret secret;
	FILE *const out = fopen(path, "w");

	if (out == NULL)
		bench_die("%s: cannot be written", path);
	bench_ok(el_issuer_keys_ticket(&s->keys, today, key), "K_tkt");
	for (uint64_t i = 0; i < n; i++) {
		el_random(&secret, sizeof secret);
		el_ticket_seal(key, s->number, today, &secret, ticket);
		el_base64url_encode(ticket, sizeof ticket, text);
		(void)fprintf(out, "%s\n", text);
	}
	el_secret_wipe(key, sizeof key);
	if (fclose(out) != 0)
		bench_die("%s: cannot be written", path);
}

int
main(int argc, char **argv)
{
	static struct el_issuer_conf conf;
	const char *conf_path = NULL, *out = NULL;
	char message[EL_CONF_STR_MAX + 1], path[512];
	struct el_clock clock = { 0 };
	struct el_issuer *s;
	uint64_t tickets = 500;
	int64_t now_s;
	bool changed;
	const struct bench_option options[] = {
		{ "conf", BENCH_STR, &conf_path, 0, 0 },
		{ "out", BENCH_STR, &out, 0, 0 },
		{ "tickets", BENCH_UINT, &tickets, 1, 100000 },
		{ 0 },
	};

	bench_options(argc, argv, options);
	if (conf_path == NULL || out == NULL)
		bench_die("--conf and --out are needed");
	bench_ok(el_crypto_init(), "libsodium");
	if (el_conf_load(el_issuer_conf_keys, conf_path, &conf, message) != EL_OK)
		bench_die("%s: %s", conf_path, message);
	if (conf.service.lab_clock[0] != '\0')
		bench_ok(el_clock_read_file(conf.service.lab_clock, &clock.offset_s), "lab clock");
	now_s = el_clock_now(&clock);
	bench_ok(el_issuer_open(&conf, now_s, &s), "open the issuer");
	bench_ok(el_issuer_tick(s, now_s, el_clock_monotonic_ms(), &changed), "tick the issuer");
	bench_ok(el_dir_make(out), out);
	bench_ok(el_path_join(path, sizeof path, out, "tickets"), out);
	write_tickets(s, now_s, path, tickets);
	el_issuer_close(s);
	return 0;
}
