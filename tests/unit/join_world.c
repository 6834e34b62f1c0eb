#include "join_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/share.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "log/tree.h"
#include "order/rjson.h"
#include "scratch.h"
#include "token/issue.h"
#include "token/link.h"
#include "token/trace_box.h"

#define PHONE "+821000000000"
#define BOX_SECRET 77 /* test_order_world's order is sealed to 77 G */

struct join_world jw;

el_epoch
jw_epoch(unsigned day)
{
	return (el_epoch)(el_epoch_of(NOW, DAY_OFFSET) - 1 + day);
}

/* ---- Documents and keys ---- */

static void
make_policy(void)
{
	struct el_policy *p = world_policy();
	struct el_document d;
	uint8_t *doc;
	size_t len;

	p->threshold = JW_THRESHOLD;
	p->n_trustees = JW_TRUSTEES;
	for (unsigned j = 3; j < JW_TRUSTEES; j++) {
		p->trustees[j].index = j + 1;
		snprintf(p->trustees[j].name, sizeof p->trustees[j].name, "trustee %u", j + 1);
		snprintf(p->trustees[j].group, sizeof p->trustees[j].group, "court");
		p->trustees[j].box_key = world_point(101 + j);
	}
	assert_int_equal(el_policy_encode(p, &doc, &len), EL_OK);
	el_document_init(&d, doc, len);
	world_sign(&d, KEY_ROOT, "EL1-policy");
	assert_int_equal(el_policy_open(&d, world_pk(KEY_ROOT), p), EL_OK);
	el_document_wipe(&d);
	jw.trust.policy = p;
}

/* Trustee j's keyring, with all of its shares in one write. */
static void
make_ring(void **state, unsigned j)
{
	uint8_t keys[2 * JW_DAYS][EL_KEY_LEN];
	struct el_key_id ids[2 * JW_DAYS];
	char name[32], kek[32];
	size_t n = 0;

	for (unsigned k = 0; k < 2; k++)
		for (unsigned day = 0; day < JW_DAYS; day++, n++) {
			ids[n] = (struct el_key_id){ k == 0 ? EL_KEY_SHARE_LINKS : EL_KEY_SHARE_TRACES, (uint8_t)j, jw_epoch(day) };
			memcpy(keys[n], jw.shares[k][day][j - 1].b, EL_KEY_LEN);
		}
	snprintf(name, sizeof name, "ring-%u", j);
	snprintf(kek, sizeof kek, "ring-%u.kek", j);
	assert_int_equal(el_keyring_open(scratch_path(state, name), scratch_path(state, kek), EL_PARTY_TRUSTEE,
	    &jw.rings[j - 1]), EL_OK);
	assert_int_equal(el_keyring_add(jw.rings[j - 1], ids, (const uint8_t(*)[EL_KEY_LEN])keys, n), EL_OK);
}

/* Only commitments matter here; the bundle is never signed. */
static void
make_keys(void **state)
{
	struct el_bundle *b = world_bundle();

	b->threshold = JW_THRESHOLD;
	b->n_trustees = JW_TRUSTEES;
	b->n_epochs = JW_DAYS;
	for (unsigned day = 0; day < JW_DAYS; day++) {
		struct el_epoch_keys *keys = &b->epochs[day];

		keys->epoch = jw_epoch(day);
		for (unsigned k = 0; k < 2; k++)
			assert_int_equal(el_share_deal(JW_THRESHOLD, JW_TRUSTEES, jw.shares[k][day],
			    k == 0 ? keys->links : keys->traces), EL_OK);
	}
	jw.trust.bundle = b;
	for (unsigned j = 1; j <= JW_TRUSTEES; j++)
		make_ring(state, j);
}

static void
make_directory(void)
{
	struct el_directory *d = world_directory();

	d->n_issuers = 2;
	d->issuers[1] = d->issuers[0];
	d->issuers[1].issuer = 8;
	d->issuers[1].answer_key = *world_pk(KEY_STRANGER);
	d->registry.has_log_key = true;
	d->registry.log_key = *world_pk(KEY_LOG);
	jw.trust.directory = d;
}

/* ---- The order ---- */

static void
disclose(const char *party, enum el_order_kind kind, struct el_disclosed *out)
{
	static struct el_scope s;
	const bool registry = strcmp(party, "registry") == 0, trace = kind == EL_ORDER_TRACE;

	memset(&s, 0, sizeof s);
	memset(out, 0, sizeof *out);
	snprintf(out->party, sizeof out->party, "%s", party);
	memset(out->salt, party[strlen(party) - 1], sizeof out->salt);
	s.form = registry ? (trace ? EL_SCOPE_SECRETS : EL_SCOPE_VENUES) : trace ? EL_SCOPE_PHONES : EL_SCOPE_LINKS;
	if (registry) {
		s.from = NOW - 30 * 3600;
		s.to = NOW;
		s.n_venues = trace ? 0 : 1;
		s.venues[0] = 41;
	} else if (trace) {
		s.n_phones = 1;
		assert_int_equal(el_phone_parse(PHONE, &s.phones[0]), EL_OK);
	}
	assert_int_equal(el_scope_encode(&s, out->scope, sizeof out->scope, &out->len), EL_OK);
}

static struct el_order_file *
make_order(enum el_order_kind kind)
{
	static const char *const party[] = { "registry", "issuer:7", "issuer:8" };
	struct el_order_file *f = calloc(1, sizeof *f);
	static struct el_order o;

	assert_non_null(f);
	world_order(jw.trust.policy, &o);
	o.kind = kind;
	o.first_epoch = jw_epoch(0);
	o.last_epoch = jw_epoch(1);
	o.n_audience = f->n_scopes = 3;
	for (size_t i = 0; i < 3; i++) {
		disclose(party[i], kind, &f->scopes[i]);
		snprintf(o.audience[i].party, sizeof o.audience[i].party, "%s", party[i]);
		el_scope_hash(&f->scopes[i], &o.audience[i].scope);
		o.audience[i].items = 1000;
	}
	world_order_document(&o, &f->document);
	world_sign(&f->document, KEY_HEALTH_1, "EL1-order");
	world_sign(&f->document, KEY_COURT_1, "EL1-order");
	world_sign(&f->document, KEY_COURT_2, "EL1-order");
	return f;
}

/* ---- The parties ---- */

static void
handle_of(size_t row, struct el_handle *out)
{
	memset(out->b, (int)row + 1, sizeof out->b);
}

void
jw_root_day(unsigned day)
{
	const size_t first = day == 0 ? 0 : JW_EARLY, n = day == 0 ? JW_EARLY : JW_ROWS - JW_EARLY;
	struct el_hash leaves[JW_ROWS], c;

	for (size_t i = 0; i < n; i++)
		el_released_leaf(&jw.rows[first + i], &c, &leaves[i]);
	for (size_t i = 0; i < n; i++)
		el_tree_path(leaves, n, i, &jw.rows[first + i].proof);
	jw.roots[day].count = n;
	el_tree_root(leaves, n, &jw.roots[day].root);
}

static void
make_rows(void)
{
	for (size_t i = 0; i < JW_ROWS; i++) {
		struct el_released *row = &jw.rows[i];
		const unsigned day = i < JW_EARLY ? 0 : 1;
		struct el_day_secret secret;

		memset(secret.s, (int)i + 1, sizeof secret.s);
		handle_of(i, &secret.h);
		row->epoch = jw_epoch(day);
		row->venue = 41;
		row->minute = (uint32_t)(NOW - NOW % 60 - (day == 0 ? 25 : 1) * 3600 + 60 * (int)i);
		memset(row->salt.b, (int)i + 1, sizeof row->salt.b);
		assert_int_equal(el_issue_body(world_key(day == 0 ? KEY_ISSUER : KEY_ISSUER_NEXT), i % 2 == 0 ? 7 : 8,
		    row->epoch, &jw.trust.bundle->epochs[day].links[0], &secret, 0, &row->body), EL_OK);
		/* A minute after the last of them. */
		jw.roots[day] = (struct el_log_entry){ .type = EL_ENTRY_SEGMENT, .epoch = row->epoch,
			.time_s = row->minute + 60 };
	}
	jw_root_day(0);
	jw_root_day(1);
}

/* A release of these rows, their paths in it, and that the log has it under this party's name. */
static void
release(struct el_released *rows, size_t n, const char *party, enum world_key key, struct el_document *d,
    struct el_log_proof *proof)
{
	const struct el_order *o = el_join_order(jw.join);
	static struct log_fixture log;
	struct el_hash leaves[JW_ROWS], c;
	struct el_release r = { .deployment = o->deployment, .order = o->hash, .count = (unsigned)n };

	for (size_t i = 0; i < n; i++)
		el_released_leaf(&rows[i], &c, &leaves[i]);
	for (size_t i = 0; i < n; i++)
		el_tree_path(leaves, n, i, &rows[i].path);
	el_tree_root(leaves, n, &r.root);
	assert_int_equal(el_release_sign(&r, world_key(KEY_REGISTRY_ANSWER), d), EL_OK);
	log.n = 0;
	log_fixture_add_answer(&log, o, &d->hash);
	for (unsigned day = 0; day < JW_DAYS; day++)
		log_fixture_add_entry(&log, &jw.roots[day]);
	log_fixture_prove(&log, &o->deployment, party, world_key(key), proof);
}

void
jw_publish_as(const char *party, enum world_key key)
{
	el_document_wipe(&jw.release);
	el_log_proof_wipe(&jw.proof);
	release(jw.rows, JW_ROWS, party, key, &jw.release, &jw.proof);
}

void
jw_publish(void)
{
	jw_publish_as("registry", KEY_LOG);
}

/* That this issuer has answered with this statement is in its log, and the root of a day, where there is one. */
static json_t *
logged(const char *party, const struct el_document *statement, const struct el_log_entry *root)
{
	const struct el_order *o = el_join_order(jw.join);
	static struct log_fixture log;
	static struct el_log_proof proof;
	json_t *json;

	log.n = 0;
	log_fixture_add_answer(&log, o, &statement->hash);
	if (root != NULL)
		log_fixture_add_entry(&log, root);
	log_fixture_prove(&log, &o->deployment, party, world_key(KEY_LOG), &proof);
	json = el_log_proof_to_json(&proof);
	el_log_proof_wipe(&proof);
	return json;
}

static json_t *
visits_contacts(void)
{
	json_t *rows = json_array(), *listed = json_array();

	for (size_t i = 0; i < JW_ROWS; i++)
		json_array_append_new(rows, el_released_to_json(&jw.rows[i]));
	if (jw.has_listed)
		json_array_append_new(listed, el_listed_to_json(&jw.listed));
	return json_pack("{s:o, s:o, s:o, s:o}", "release", el_document_to_json(&jw.release), "rows", rows, "listed", listed,
	    "proofs", el_log_proof_to_json(&jw.proof));
}

/* Whether this secret has drawn the token of a row, by its first draw. */
static bool
has_drawn(const uint8_t secret[32], const struct el_released *row)
{
	struct el_token token;
	struct el_tid tid;

	assert_int_equal(el_token_parse_body(row->body.b, EL_BODY_LEN, &token), EL_OK);
	el_link_tid(secret, 0, &tid);
	return memcmp(tid.b, token.tid.b, EL_TID_LEN) == 0;
}

static json_t *
visits_trace(const json_t *body)
{
	static struct el_released shown[JW_ROWS];
	bool is_drawn[JW_ROWS] = { false };
	static struct el_log_proof proof;
	struct el_document d;
	uint8_t secret[32];
	json_t *one, *answer, *rows = json_array();
	size_t i, n = 0;

	json_array_foreach(json_object_get(body, "secrets"), i, one)
	{
		assert_int_equal(el_base64url_exact(json_string_value(json_object_get(one, "secret")), secret, 32), EL_OK);
		for (size_t k = 0; k < 2 * JW_BOXES; k++)
			jw.n_secrets += memcmp(secret, jw.secrets[k / JW_BOXES][k % JW_BOXES], 32) == 0;
		for (size_t k = 0; k < JW_ROWS; k++)
			is_drawn[k] |= has_drawn(secret, &jw.rows[k]);
	}
	for (size_t k = 0; k < JW_ROWS; k++)
		if (is_drawn[k] || jw.shows_others)
			shown[n++] = jw.rows[k];
	release(shown, n, "registry", KEY_LOG, &d, &proof);
	for (size_t k = 0; k < n; k++)
		json_array_append_new(rows, el_released_to_json(&shown[k]));
	answer = json_pack("{s:o, s:o, s:[], s:o}", "release", el_document_to_json(&d), "rows", rows, "listed", "proofs",
	    el_log_proof_to_json(&proof));
	el_log_proof_wipe(&proof);
	el_document_wipe(&d);
	return answer;
}

/* The name is the row's that the handle belongs to: a wrong S names nobody. */
static json_t *
person(const json_t *item, int index)
{
	struct el_handle h, want;
	struct el_token token;
	struct el_point s;
	struct el_body body;
	char name[32], phone[32];
	size_t i;

	assert_int_equal(el_base64url_exact(json_string_value(json_object_get(item, "body")), body.b, EL_BODY_LEN), EL_OK);
	assert_int_equal(el_base64url_exact(json_string_value(json_object_get(item, "S")), s.b, EL_POINT_LEN), EL_OK);
	for (i = 0; i < JW_ROWS && memcmp(jw.rows[i].body.b, body.b, EL_BODY_LEN) != 0; i++)
		;
	assert_true(i < JW_ROWS);
	assert_int_equal(el_token_parse_body(body.b, EL_BODY_LEN, &token), EL_OK);
	el_link_mask(&s, token.r, &jw.trust.bundle->epochs[i < JW_EARLY ? 0 : 1].links[0], token.link.b, h.b);
	handle_of(i, &want);
	if (memcmp(h.b, want.b, sizeof h.b) != 0)
		return json_pack("{s:i, s:s}", "index", index, "missing", "no_such_handle");
	if (i == jw.swapped)
		i = 0;
	snprintf(name, sizeof name, "visitor %zu", i);
	snprintf(phone, sizeof phone, "+82100000000%zu", i);
	return json_pack("{s:i, s:s, s:s}", "index", index, "name", name, "phone", phone);
}

static json_t *
identities(const json_t *body)
{
	json_t *people = json_array(), *item;
	const json_t *proofs = json_object_get(body, "proofs");
	size_t i;

	/* An issuer must not learn from the times of segments when people came. */
	assert_true(json_is_array(json_object_get(proofs, "roots")));
	assert_int_equal(json_array_size(json_object_get(proofs, "roots")), 0);
	json_array_foreach(json_object_get(body, "items"), i, item)
	    json_array_append_new(people, person(item, (int)i));
	return json_pack("{s:o}", "people", people);
}

/* The day of one box, of which it is the only row, rewritten: its root, and where the box stands under it. */
static json_t *
commit(const struct el_trace_row *row, const char *phone, struct el_log_entry *root)
{
	static struct el_commitment c;

	c.is_there = true;
	assert_int_equal(el_phone_parse(phone, &c.phone), EL_OK);
	memset(c.salt.b, 0x5a, sizeof c.salt.b);
	*root = (struct el_log_entry){ .type = EL_ENTRY_IDENTITIES, .time_s = NOW - 3600, .epoch = row->epoch, .count = 1 };
	el_commitment_leaf(&c, row, &root->root);
	el_tree_path(&root->root, 1, 0, &c.path);
	return el_commitment_to_json(&c);
}

static json_t *
traces(uint8_t issuer)
{
	const struct el_order *o = el_join_order(jw.join);
	struct el_trace_row rows[JW_BOXES];
	struct el_trace_statement s = { .deployment = o->deployment, .order = o->hash, .issuer = issuer, .rows = rows,
		.n_rows = JW_BOXES };
	uint8_t box[EL_TRACE_BOX_LEN];
	json_t *boxes = json_array(), *commitments = json_array(), *answer;
	static struct el_log_entry root;
	char party[EL_PARTY_NAME_MAX + 1];
	struct el_document d;

	for (unsigned i = 0; i < JW_BOXES; i++) {
		uint8_t *secret = jw.secrets[issuer - 7][i];

		memset(secret, jw.boxes[issuer - 7][i], 32);
		rows[i].epoch = jw_epoch(i);
		el_trace_com(secret, rows[i].com);
		assert_int_equal(el_trace_box_seal(&jw.trust.bundle->epochs[i].traces[0], issuer, rows[i].epoch, secret,
		    rows[i].com, box), EL_OK);
		el_sha256(box, sizeof box, &rows[i].box);
		json_array_append_new(boxes, el_json_bytes(box, sizeof box));
		json_array_append_new(commitments, i == 0 && jw.is_rewritten ?
		    commit(&rows[i], issuer == 7 ? jw.box_phone : PHONE, &root) : json_null());
	}
	assert_int_equal(el_trace_statement_sign(&s, world_key(issuer == 7 ? KEY_ISSUER_ANSWER : KEY_STRANGER), &d), EL_OK);
	el_party_of_issuer(issuer, party);
	answer = json_pack("{s:o, s:o, s:o, s:o}", "statement", el_document_to_json(&d), "boxes", boxes, "commitments",
	    commitments, "proofs", logged(party, &d, jw.is_rewritten ? &root : NULL));
	el_document_wipe(&d);
	return answer;
}

static int
call(void *ctx, const char *party, const char *path, const void *in, size_t len, struct el_buf *out, char *code)
{
	const struct el_order *o = el_join_order(jw.join);
	json_t *body = json_loadb(in, len, 0, NULL), *plain, *answer;
	uint8_t *sealed;
	size_t sealed_len;
	char *text;

	(void)ctx;
	(void)code;
	assert_non_null(body);
	if (strcmp(path, "/v1/orders/visits") == 0)
		plain = o->kind == EL_ORDER_TRACE ? visits_trace(body) : visits_contacts();
	else if (strcmp(path, "/v1/orders/identities") == 0)
		plain = identities(body);
	else
		plain = traces((uint8_t)atoi(party + strlen("issuer:")));
	text = json_dumps(plain, JSON_COMPACT);
	assert_int_equal(el_answer_seal(&o->box_key, &o->hash, party, text, strlen(text), &sealed, &sealed_len), EL_OK);
	free(text);
	answer = json_pack("{s:o}", "sealed", el_json_bytes(sealed, sealed_len));
	text = json_dumps(answer, JSON_COMPACT);
	el_buf_put(out, text, strlen(text));
	free(text);
	free(sealed);
	json_decref(answer);
	json_decref(plain);
	json_decref(body);
	return EL_OK;
}

static void
progress(void *ctx, const char *what, size_t done, size_t total)
{
	(void)ctx;
	(void)what;
	assert_true(done <= total);
	jw.n_progress++;
}

/* ---- */

static void
new_join(void)
{
	struct el_scalar secret;

	el_scalar_from_u32(BOX_SECRET, &secret);
	if (el_join_new(make_order(jw.kind), &jw.trust, secret.b, NOW, &jw.join, jw.message) != EL_OK)
		fail_msg("%s", jw.message);
}

int
jw_ask_again(void)
{
	el_join_free(jw.join);
	new_join();
	return el_join_ask(jw.join, &jw.ops, jw.message);
}

void
jw_begin(void **state, enum el_order_kind kind)
{
	memset(&jw, 0, sizeof jw);
	jw.kind = kind;
	strcpy(jw.box_phone, PHONE);
	for (unsigned i = 0; i < 2 * JW_BOXES; i++)
		jw.boxes[i / JW_BOXES][i % JW_BOXES] = (uint8_t)(0x70 + i);
	make_policy();
	make_keys(state);
	make_directory();
	jw.ops = (struct el_join_ops){ .call = call, .progress = progress };
	new_join();
	make_rows();
	jw_publish();
	if (el_join_ask(jw.join, &jw.ops, jw.message) != EL_OK)
		fail_msg("%s", jw.message);
}

void
jw_end(void)
{
	el_join_free(jw.join);
	el_document_wipe(&jw.release);
	el_log_proof_wipe(&jw.proof);
	for (unsigned j = 0; j < JW_TRUSTEES; j++)
		el_keyring_close(jw.rings[j]);
	free(jw.trust.policy);
	free(jw.trust.bundle);
	free(jw.trust.directory);
}

struct el_request *
jw_request(size_t i, size_t first, size_t n)
{
	json_t *json = el_join_request(jw.join, i, first, n);
	struct el_request *q;

	assert_non_null(json);
	assert_int_equal(el_request_from_json(json, &q), EL_OK);
	json_decref(json);
	return q;
}

static enum el_code
vouch(void *ctx, const char *party, const uint8_t *note, size_t len)
{
	(void)ctx, (void)party, (void)note, (void)len;
	return EL_CODE_OK;
}

enum el_code
jw_open(unsigned j, const struct el_request *q, int64_t now_s, struct el_partials *out)
{
	const struct el_trustee t = { .index = j, .shares = jw.rings[j - 1], .policy = jw.trust.policy,
		.bundle = jw.trust.bundle, .directory = jw.trust.directory, .vouch = vouch };

	return el_trustee_open(&t, q, now_s, out);
}

void
jw_answer_page(size_t i, unsigned j, size_t first, size_t n, struct el_partials *out)
{
	struct el_request *q = jw_request(i, first, n);
	struct el_partials made;
	char *text;

	assert_int_equal(jw_open(j, q, NOW, &made), EL_CODE_OK);
	assert_int_equal(el_partials_encode(&made, &text), EL_OK);
	assert_int_equal(el_partials_parse((const uint8_t *)text, strlen(text), out), EL_OK);
	free(text);
	el_partials_wipe(&made);
	el_request_free(q);
}

void
jw_answer(size_t i, unsigned j, struct el_partials *out)
{
	jw_answer_page(i, j, 0, el_join_request_items(jw.join, i), out);
}

static void
share_of(void *ctx, el_epoch e, struct el_scalar *share, struct el_point *public)
{
	const struct el_partials *p = ctx;

	*share = jw.shares[p->traces ? 1 : 0][e - jw_epoch(0)][p->trustee - 1];
	assert_int_equal(el_point_base(public, share), EL_OK);
}

void
jw_prove_again(size_t i, struct el_partials *p)
{
	struct el_request *q = jw_request(i, 0, el_join_request_items(jw.join, i));
	struct el_trace_statement s;
	struct el_asked *asked;

	memset(&s, 0, sizeof s);
	if (q->trace)
		assert_int_equal(el_trace_statement_open(&q->statement, world_pk(i == 0 ? KEY_ISSUER_ANSWER : KEY_STRANGER), &s),
		    EL_OK);
	assert_int_equal(el_proofs_asked(q, &s, &asked), EL_OK);
	free(p->proofs);
	p->proofs = NULL;
	assert_int_equal(el_proofs_make(p, asked, share_of, p), EL_OK);
	free(asked);
	el_trace_statement_wipe(&s);
	el_request_free(q);
}

void
jw_answer_blindly(size_t i, unsigned j, struct el_partials *out)
{
	struct el_request *q = jw_request(i, 0, el_join_request_items(jw.join, i));
	const size_t n = q->trace ? q->n_boxes : q->n_rows;
	struct el_trace_statement s;
	struct el_asked *asked;

	memset(&s, 0, sizeof s);
	memset(out, 0, sizeof *out);
	if (q->trace)
		assert_int_equal(el_trace_statement_open(&q->statement, world_pk(i == 0 ? KEY_ISSUER_ANSWER : KEY_STRANGER), &s),
		    EL_OK);
	assert_int_equal(el_proofs_asked(q, &s, &asked), EL_OK);
	out->order = el_join_order(jw.join)->hash;
	out->trustee = j;
	out->traces = q->trace;
	out->partials = calloc(n, sizeof *out->partials);
	assert_non_null(out->partials);
	for (; out->n < n; out->n++) {
		out->partials[out->n].index = (uint32_t)out->n;
		assert_int_equal(el_share_partial(&jw.shares[q->trace ? 1 : 0][asked[out->n].epoch - jw_epoch(0)][j - 1],
		    &asked[out->n].r, &out->partials[out->n].point), EL_OK);
	}
	assert_int_equal(el_proofs_make(out, asked, share_of, out), EL_OK);
	free(asked);
	el_trace_statement_wipe(&s);
	el_request_free(q);
}

int
jw_take(size_t i, const struct el_partials *p)
{
	return el_join_take(jw.join, &jw.ops, i, p, jw.message);
}

int
jw_finish(struct jw_report *out)
{
	struct el_report *report;
	json_t *json, *person;
	size_t i;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_join_finish(jw.join, &jw.ops, NOW, &report, jw.message)) != EL_OK)
		return r;
	json = el_report_to_json(report);
	assert_non_null(json);
	out->people = json_array_size(json_object_get(json, "people"));
	json_array_foreach(json_object_get(json, "people"), i, person)
	    out->visits += json_array_size(json_object_get(person, "visits"));
	out->places = json_array_size(json_object_get(json, "places"));
	out->unverifiable = json_array_size(json_object_get(json, "unverifiable"));
	for (i = 0; i < out->places; i++)
		out->uncommitted += (json_integer_value(json_object_get(json_array_get(json_object_get(json, "places"), i), "flags")) &
				      EL_REPORT_UNCOMMITTED) != 0;
	if (out->unverifiable > 0)
		snprintf(out->reason, sizeof out->reason, "%s", json_string_value(json_object_get(
		    json_array_get(json_object_get(json, "unverifiable"), 0), "reason")));
	json_decref(json);
	el_report_free(report);
	return EL_OK;
}
