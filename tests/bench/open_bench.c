#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/join_internal.h"
#include "bench.h"
#include "crypto/group.h"
#include "crypto/share.h"
#include "crypto/sign.h"
#include "entrylog/token.h"
#include "join_world.h"
#include "scratch.h"

/*
 * Opening the links of a contacts order with 3 of 5 trustees, all in this process: the CPU from three parsed requests to
 * every S, against the operations that the protocol needs, each measured alone.  A link needs
 *
 *	of each trustee		the issuer's signature verified, D = y R, and w R of the proof's M
 *	of the executor		for each trustee w R and w D of its proof's M and Z, and lambda D of S
 *
 * and nothing else is counted: no decoding (a multiplication of libsodium has its own), no addition, no hash, no path,
 * nothing that is done once a day or a proof.  JSON is measured beside it: requests and partials written and read once
 * for each trustee.  One line of JSON.
 */
#define LINK_VERIFIES JW_THRESHOLD
#define LINK_MULTS (5 * JW_THRESHOLD) /* 2 of the trustee, 2 + 1 of the executor, for each trustee */
#define SAMPLES 500

struct cost {
	int64_t open, take, combine, json;
};

struct alone {
	double mult_ns, verify_ns;
};

static int64_t
mults(size_t n)
{
	const int64_t from = bench_cpu_ns();
	struct el_scalar y;
	struct el_point p = world_point(7);

	el_scalar_random(&y);
	for (size_t i = 0; i < n; i++)
		bench_ok(el_point_mul(&p, &y, &p), "multiplication");
	return bench_cpu_ns() - from;
}

static int64_t
verifications(size_t n)
{
	const int64_t from = bench_cpu_ns();
	struct el_token token;

	for (size_t i = 0; i < n; i++) {
		const struct el_body *const body = &jw.rows[i % jw.n_rows].body;
		const bool early = i % jw.n_rows < jw.n_early;

		bench_ok(el_token_parse_body(body->b, EL_BODY_LEN, &token), "body");
		bench_ok(el_token_check_signature(&token, world_pk(early ? KEY_ISSUER : KEY_ISSUER_NEXT)), "signature");
	}
	return bench_cpu_ns() - from;
}

/* Each operation alone; the best of several times, since what else a machine does only ever adds. */
static void
measure_alone(struct alone *a)
{
	const double mult = (double)mults(SAMPLES) / SAMPLES, verify = (double)verifications(SAMPLES) / SAMPLES;

	a->mult_ns = a->mult_ns == 0 || mult < a->mult_ns ? mult : a->mult_ns;
	a->verify_ns = a->verify_ns == 0 || verify < a->verify_ns ? verify : a->verify_ns;
}

/* The executor's request as the trustee reads it. */
static struct el_request *
read_request(void)
{
	json_t *json = el_join_request(jw.join, 0, 0, jw.n_rows);
	char *const text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	struct el_request *q;

	if (text == NULL)
		bench_die("no memory");
	json_decref(json);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	bench_ok(el_request_from_json(json, &q), "request");
	json_decref(json);
	free(text);
	return q;
}

/* One trustee's whole part, and the executor's with its answer. */
static void
ask(unsigned j, struct cost *c)
{
	const struct el_trustee t = { .index = j, .shares = jw.rings[j - 1], .policy = jw.trust.policy,
		.bundle = jw.trust.bundle, .directory = jw.trust.directory };
	const int64_t start = bench_cpu_ns();
	struct el_request *const q = read_request();
	const int64_t asked = bench_cpu_ns();
	struct el_partials made, got;
	int64_t opened, read;
	enum el_code code;
	char *text;

	if ((code = el_trustee_open(&t, q, NOW, &made)) != EL_CODE_OK || made.n != jw.n_rows)
		bench_die("trustee %u: %s, %zu opened", j, el_code_name(code), made.n);
	opened = bench_cpu_ns();
	bench_ok(el_partials_encode(&made, &text), "partials");
	bench_ok(el_partials_parse((const uint8_t *)text, strlen(text), &got), "partials");
	read = bench_cpu_ns();
	bench_ok(el_join_take(jw.join, NULL, 0, &got, jw.message), jw.message);
	c->take += bench_cpu_ns() - read;
	c->open += opened - asked;
	c->json += asked - start + read - opened;
	free(text);
	el_partials_wipe(&made);
	el_partials_wipe(&got);
	el_request_free(q);
}

/* The join as it was before anybody answered. */
static void
forget_answers(void)
{
	struct el_join_part *const p = &jw.join->parts[0];

	for (size_t k = 0; k < p->n_partials; k++)
		el_partials_wipe(&p->partials[k]);
	p->n_partials = 0;
}

/* Every S; one is held against the secret itself. */
static int64_t
combine(void)
{
	const unsigned index[JW_THRESHOLD] = { 1, 2, 3 };
	const int64_t from = bench_cpu_ns();
	struct el_point points[JW_THRESHOLD], s = { { 0 } }, want;
	const char *reason = NULL;
	struct el_token token;
	int64_t took;

	for (uint32_t i = 0; i < jw.n_rows && reason == NULL; i++)
		reason = el_join_combine(jw.join, &jw.join->parts[0], i, &s);
	took = bench_cpu_ns() - from;
	if (reason != NULL)
		bench_die("%s", reason);
	bench_ok(el_token_parse_body(jw.rows[jw.n_rows - 1].body.b, EL_BODY_LEN, &token), "body");
	for (unsigned j = 0; j < JW_THRESHOLD; j++) {
		struct el_point r;

		bench_ok(el_point_parse(token.r, &r), "point");
		bench_ok(el_share_partial(&jw.shares[0][1][j], &r, &points[j]), "partial");
	}
	bench_ok(el_share_combine(index, points, JW_THRESHOLD, &want), "S");
	if (!el_point_eq(&s, &want))
		bench_die("a wrong S");
	return took;
}

static void
open_all(struct cost *c)
{
	memset(c, 0, sizeof *c);
	for (unsigned j = 1; j <= JW_THRESHOLD; j++)
		ask(j, c);
	c->combine = combine();
	forget_answers();
}

static void
report(const struct cost *c, const struct alone *a)
{
	const double n = (double)jw.n_rows, needed = LINK_MULTS * a->mult_ns + LINK_VERIFIES * a->verify_ns;
	const double opening = (double)(c->open + c->take + c->combine) / n;

	printf("{\"links\":%zu,\"us_per_link\":%.1f,\"trustees_us\":%.1f,\"executor_us\":%.1f,\"combine_us\":%.1f,"
	       "\"json_us\":%.1f,\"mult_us\":%.2f,\"verify_us\":%.2f,\"needed_us\":%.1f,\"ratio\":%.3f,\"ratio_json\":%.3f}\n",
	    jw.n_rows, opening / 1e3, (double)c->open / n / 1e3, (double)c->take / n / 1e3, (double)c->combine / n / 1e3,
	    (double)c->json / n / 1e3, a->mult_ns / 1e3, a->verify_ns / 1e3, needed / 1e3, opening / needed,
	    (opening + (double)c->json / n) / needed);
}

int
main(int argc, char **argv)
{
	uint64_t links = 250, rounds = 3;
	const struct bench_option options[] = {
		{ "links", BENCH_UINT, &links, 2, EL_ORDER_ROWS_MAX },
		{ "rounds", BENCH_UINT, &rounds, 1, 100 },
		{ 0 },
	};
	struct alone alone = { 0, 0 };
	struct cost best = { 0 }, one;
	void *folder;

	bench_options(argc, argv, options);
	if (world_up(NULL) != 0 || scratch_setup(&folder) != 0)
		bench_die("no world");
	jw_begin_contacts(&folder, links, links / 2);
	/* In turn, so that both see the same machine. */
	for (uint64_t i = 0; i < rounds; i++) {
		measure_alone(&alone);
		open_all(&one);
		if (i == 0 || one.open + one.take + one.combine < best.open + best.take + best.combine)
			best = one;
		measure_alone(&alone);
	}
	report(&best, &alone);
	jw_end();
	(void)scratch_teardown(&folder);
	(void)world_down(NULL);
	return 0;
}
