#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "log_fixture.h"
#include "test_order_world.h"
#include "authority/join_internal.h"
#include "authority/trustee.h"
#include "bench.h"
#include "crypto/hash.h"
#include "crypto/group.h"
#include "crypto/share.h"
#include "entrylog/epoch.h"
#include "order/rjson.h"
#include "token/issue.h"

/*
 * Opening the links of a contacts order with 3 of 5 trustees: CPU of three trustees' work on the parsed request and of
 * the executor's from parsed partials to S, beside the group operations and signature checks that the protocol needs
 * for it, measured alone in the same run.  Reading and writing JSON is told beside it.  One line of JSON.
 *
 * Needed for a link (t = 3): each trustee 1 signature check (P-7.2 step 2) and 2 multiplications (D = yR, and its share of
 * M = sum of w R; Z = yM is one a day), the executor 2 for each trustee (M and Z; RFC 9497 composites) and 3 to combine.
 */
#define TRUSTEES 5
#define THRESHOLD 3
#define BOX_SECRET 77 /* the world's order is sealed to 77 G */
#define CHECKS_EACH THRESHOLD
#define MULTS_EACH (2 * THRESHOLD + 2 * THRESHOLD + THRESHOLD)

struct world {
	struct el_trust trust;
	struct el_scalar shares[TRUSTEES];
	struct el_keyring *rings[THRESHOLD];
	struct el_join *join;
	struct el_released *rows;
	size_t n;
	char dir[64];
};
static struct world w;

/* ---- Raw operations ---- */

static double
mult_ns(unsigned calls)
{
	uint8_t s[32], p[32];
	int64_t from;

	crypto_core_ristretto255_random(p);
	crypto_core_ristretto255_scalar_random(s);
	from = bench_cpu_ns();
	for (unsigned i = 0; i < calls; i++)
		if (crypto_scalarmult_ristretto255(p, s, p) != 0)
			bench_die("multiplication");
	return (double)(bench_cpu_ns() - from) / calls;
}

static double
check_ns(unsigned calls)
{
	uint8_t pk[32], sk[64], sig[64], m[77] = { 0 };
	int64_t from;

	crypto_sign_keypair(pk, sk);
	crypto_sign_detached(sig, NULL, m, sizeof m, sk);
	from = bench_cpu_ns();
	for (unsigned i = 0; i < calls; i++)
		if (crypto_sign_verify_detached(sig, m, sizeof m, pk) != 0)
			bench_die("signature");
	return (double)(bench_cpu_ns() - from) / calls;
}

/* ---- Documents and keys ---- */

static void
make_policy(void)
{
	struct el_policy *const p = world_policy();
	struct el_document d;
	uint8_t *doc;
	size_t len;

	p->threshold = THRESHOLD;
	p->n_trustees = TRUSTEES;
	p->n_witnesses = 0;
	for (unsigned j = 3; j < TRUSTEES; j++) {
		p->trustees[j] = p->trustees[1];
		p->trustees[j].index = j + 1;
		p->trustees[j].box_key = world_point(101 + j);
	}
	bench_ok(el_policy_encode(p, &doc, &len), "policy");
	el_document_init(&d, doc, len);
	world_sign(&d, KEY_ROOT, "EL1-policy");
	bench_ok(el_policy_open(&d, world_pk(KEY_ROOT), p), "policy");
	el_document_wipe(&d);
	w.trust.policy = p;
}

static void
make_keys(el_epoch e)
{
	struct el_bundle *const b = world_bundle();
	char ring[128], kek[128];

	b->threshold = THRESHOLD;
	b->n_trustees = TRUSTEES;
	b->n_epochs = 1;
	b->epochs[0].epoch = e;
	bench_ok(el_share_deal(THRESHOLD, TRUSTEES, w.shares, b->epochs[0].links), "shares");
	w.trust.bundle = b;
	for (unsigned j = 0; j < THRESHOLD; j++) {
		const struct el_key_id id = { EL_KEY_SHARE_LINKS, (uint8_t)(j + 1), e };

		(void)snprintf(ring, sizeof ring, "%s/ring-%u", w.dir, j);
		(void)snprintf(kek, sizeof kek, "%s/kek-%u", w.dir, j);
		bench_ok(el_keyring_open(ring, kek, EL_PARTY_TRUSTEE, &w.rings[j]), "keyring");
		bench_ok(el_keyring_add(w.rings[j], &id, (const uint8_t(*)[EL_KEY_LEN])w.shares[j].b, 1), "keyring");
	}
}

static struct el_order_file *
make_order(el_epoch e, uint32_t items)
{
	static const char *const party[] = { "registry", "issuer:7" };
	struct el_order_file *const f = calloc(1, sizeof *f);
	static struct el_order o;

	world_order(w.trust.policy, &o);
	o.first_epoch = o.last_epoch = e;
	f->n_scopes = o.n_audience;
	for (size_t i = 0; i < f->n_scopes; i++) {
		world_scope(party[i], &f->scopes[i]);
		o.audience[i].items = items;
	}
	world_order_document(&o, &f->document);
	world_sign(&f->document, KEY_HEALTH_1, "EL1-order");
	world_sign(&f->document, KEY_COURT_1, "EL1-order");
	return f;
}

/* ---- The registry ---- */

static void
make_rows(el_epoch e, struct el_release *release, struct log_fixture *log)
{
	struct el_hash *const leaves = bench_alloc(w.n, sizeof *leaves), c;
	struct el_log_entry root = { .type = EL_ENTRY_SEGMENT, .epoch = e, .count = w.n, .time_s = NOW - 60 };
	struct el_day_secret secret;
	struct el_tree *tree;

	for (size_t i = 0; i < w.n; i++) {
		struct el_released *const row = &w.rows[i];

		el_random(&secret, sizeof secret);
		row->epoch = e;
		row->venue = 41;
		row->minute = NOW - NOW % MINUTE - 3600;
		el_random(row->salt.b, sizeof row->salt.b);
		bench_ok(el_issue_body(world_key(KEY_ISSUER_NEXT), 7, e, &w.trust.bundle->epochs[0].links[0], &secret, 0, &row->body),
		    "token");
		el_released_leaf(row, &c, &leaves[i]);
	}
	bench_ok(el_tree_new(leaves, w.n, &tree), "tree");
	for (size_t i = 0; i < w.n; i++) {
		el_tree_get_path(tree, i, &w.rows[i].path);
		w.rows[i].proof = w.rows[i].path; /* the segment holds just these rows */
	}
	el_tree_get_root(tree, &release->root);
	root.root = release->root;
	log_fixture_add_entry(log, &root);
	el_tree_free(tree);
	free(leaves);
}

static int
call(void *ctx, const char *party, const char *path, const void *in, size_t len, struct el_buf *out, char *code)
{
	const struct el_order *const o = el_join_order(w.join);
	struct el_release release = { .deployment = o->deployment, .order = o->hash, .count = (uint32_t)w.n };
	static struct log_fixture log, all;
	static struct el_log_proof proof;
	static struct el_document d;
	json_t *rows = json_array(), *answer;
	uint8_t *sealed;
	size_t sealed_len;
	char *text;

	(void)ctx, (void)party, (void)path, (void)in, (void)len, (void)code;
	log.n = all.n = 0;
	make_rows(o->first_epoch, &release, &log);
	bench_ok(el_release_sign(&release, world_key(KEY_REGISTRY_ANSWER), &d), "release");
	log_fixture_add_answer(&all, o, &d.hash);
	log_fixture_add(&all, log.entries[0].bytes, log.entries[0].len);
	log_fixture_prove(&all, &o->deployment, "registry", world_key(KEY_LOG), &proof);
	for (size_t i = 0; i < w.n; i++)
		json_array_append_new(rows, el_released_to_json(&w.rows[i]));
	answer = json_pack("{s:o, s:o, s:[], s:o}", "release", el_document_to_json(&d), "rows", rows, "listed", "proofs",
	    el_log_proof_to_json(&proof));
	text = json_dumps(answer, JSON_COMPACT);
	bench_ok(el_answer_seal(&o->box_key, &o->hash, "registry", text, strlen(text), &sealed, &sealed_len), "answer");
	free(text);
	json_decref(answer);
	answer = json_pack("{s:o}", "sealed", el_json_bytes(sealed, sealed_len));
	text = json_dumps(answer, JSON_COMPACT);
	el_buf_put(out, text, strlen(text));
	free(text);
	free(sealed);
	json_decref(answer);
	el_log_proof_wipe(&proof);
	el_document_wipe(&d);
	return out->err;
}

/* ---- What is measured ---- */

static enum el_code
vouched(void *ctx, const char *party, const uint8_t *note, size_t len)
{
	(void)ctx, (void)party, (void)note, (void)len;
	return EL_CODE_OK;
}

/* One trustee, and the executor taking its answer; *json: what reading and writing cost beside. */
static double
one_trustee(unsigned j, const struct el_join_ops *ops, double *json)
{
	struct el_trustee t = { .index = j, .shares = w.rings[j - 1], .policy = w.trust.policy, .bundle = w.trust.bundle,
		.directory = w.trust.directory, .vouch = vouched };
	struct el_partials made, read;
	char message[EL_JOIN_MESSAGE], *text;
	struct el_request *q;
	int64_t from = bench_cpu_ns();
	double work;
	json_t *request = el_join_request(w.join, 0, 0, w.n);

	bench_ok(el_request_from_json(request, &q), "request");
	json_decref(request);
	*json += (double)(bench_cpu_ns() - from);
	from = bench_cpu_ns();
	if (el_trustee_open(&t, q, NOW, &made) != EL_CODE_OK || made.n != w.n)
		bench_die("trustee %u opened %zu of %zu", j, made.n, w.n);
	work = (double)(bench_cpu_ns() - from);
	from = bench_cpu_ns();
	el_request_free(q);
	bench_ok(el_partials_encode(&made, &text), "partials");
	bench_ok(el_partials_parse((const uint8_t *)text, strlen(text), &read), "partials");
	free(text);
	*json += (double)(bench_cpu_ns() - from);
	from = bench_cpu_ns();
	bench_ok(el_join_take(w.join, ops, 0, &read, message), "proofs");
	work += (double)(bench_cpu_ns() - from);
	el_partials_wipe(&made);
	el_partials_wipe(&read);
	return work;
}

/* CPU of one opening, and what it took beside for JSON. */
static double
open_all(size_t n, double *json)
{
	const struct el_join_ops ops = { .call = call };
	const el_epoch e = el_epoch_of(NOW, DAY_OFFSET);
	char message[EL_JOIN_MESSAGE] = "";
	struct el_scalar secret;
	struct el_point shared;
	double work = 0;
	int64_t from;

	w.n = n;
	w.rows = bench_alloc(n, sizeof *w.rows);
	el_scalar_from_u32(BOX_SECRET, &secret);
	if (el_join_new(make_order(e, (uint32_t)n), &w.trust, secret.b, NOW, &w.join, message) != EL_OK ||
	    el_join_ask(w.join, &ops, message) != EL_OK)
		bench_die("%s", message);
	for (unsigned j = 1; j <= THRESHOLD; j++)
		work += one_trustee(j, &ops, json);
	from = bench_cpu_ns();
	for (uint32_t i = 0; i < n; i++)
		if (el_join_combine(w.join, &w.join->parts[0], i, &shared) != NULL)
			bench_die("row %u does not combine", i);
	work += (double)(bench_cpu_ns() - from);
	el_join_free(w.join);
	free(w.rows);
	return work;
}

static double
least(double a, double b)
{
	return a == 0 || b < a ? b : a;
}

/* The smallest of each, in turn: what else a machine does only adds. */
static void
measure(size_t n, uint64_t rounds)
{
	double mult = 0, check = 0, work = 0, json = 0, needed;

	for (uint64_t i = 0; i < rounds; i++) {
		double beside = 0;

		mult = least(mult, mult_ns(2000));
		check = least(check, check_ns(2000));
		work = least(work, open_all(n, &beside) / (double)n);
		json = least(json, beside / (double)n);
	}
	needed = MULTS_EACH * mult + CHECKS_EACH * check;
	printf("{\"links\":%zu,\"us_per_link\":%.1f,\"json_us\":%.1f,\"mult_us\":%.2f,\"verify_us\":%.2f,\"needed_us\":%.1f,"
	       "\"ratio\":%.3f,\"ratio_json\":%.3f}\n",
	    n, work / 1e3, json / 1e3, mult / 1e3, check / 1e3, needed / 1e3, work / needed, (work + json) / needed);
}

int
main(int argc, char **argv)
{
	uint64_t links = 50, rounds = 3;
	const struct bench_option options[] = {
		{ "links", BENCH_UINT, &links, 1, EL_ORDER_ROWS_MAX },
		{ "rounds", BENCH_UINT, &rounds, 1, 100 },
		{ 0 },
	};
	void *state = NULL;
	char command[128];

	bench_options(argc, argv, options);
	if (world_up(&state) != 0)
		bench_die("keys");
	(void)snprintf(w.dir, sizeof w.dir, "/tmp/el-joins-XXXXXX");
	if (mkdtemp(w.dir) == NULL)
		bench_die("no folder");
	make_policy();
	make_keys(el_epoch_of(NOW, DAY_OFFSET));
	w.trust.directory = world_directory();
	w.trust.directory->registry.has_log_key = true;
	w.trust.directory->registry.log_key = *world_pk(KEY_LOG);
	measure((size_t)links, rounds);
	for (unsigned j = 0; j < THRESHOLD; j++)
		el_keyring_close(w.rings[j]);
	free(w.trust.policy);
	free(w.trust.bundle);
	free(w.trust.directory);
	(void)snprintf(command, sizeof command, "rm -rf %s", w.dir);
	if (system(command) != 0)
		bench_die("%s stays", w.dir);
	return world_down(&state);
}
