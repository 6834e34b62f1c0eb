#include "registry_fixture.h"
#include "log_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/keyfile.h"
#include "crypto/selftest.h"
#include "crypto/share.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "order/callsig.h"
#include "token/issue.h"
#include "token/trace_box.h"

#define ok(r) assert_int_equal((r), EL_OK)

int64_t
day_at(el_epoch e, int64_t second)
{
	return el_epoch_start(e, FIXTURE_OFFSET) + second;
}

static void
path_in(const struct fixture *f, const char *name, char out[EL_CONF_STR_MAX + 1])
{
	ok(el_path_join(out, EL_CONF_STR_MAX + 1, f->dir, name));
}

static struct el_sign_key *
new_key(void)
{
	struct el_sign_key *k;
	uint8_t seed[32];

	el_random(seed, sizeof seed);
	ok(el_sign_key_new(seed, &k));
	return k;
}

static void
random_point(struct el_point *out)
{
	struct el_scalar s;

	el_scalar_random(&s);
	ok(el_point_base(out, &s));
}

/* ---- The trust ---- */

static void
write_document(const struct fixture *f, uint8_t *doc, size_t len, const char *label, const char *path)
{
	struct el_document d;

	memset(&d, 0, sizeof d);
	el_document_init(&d, doc, len);
	ok(el_document_sign(&d, f->root, label));
	ok(el_document_write(path, 0600, &d));
	el_document_wipe(&d);
}

static void
make_policy(struct fixture *f)
{
	static const char *const groups[] = { "health", "court" };
	struct el_policy *const p = f->policy = calloc(1, sizeof *p);
	uint8_t *doc;
	size_t len;

	p->deployment = f->deployment;
	p->serial = 1;
	p->not_after = day_at(FIXTURE_EPOCH + 1000, 0);
	p->day_offset = FIXTURE_OFFSET;
	p->threshold = 2;
	p->n_trustees = 3;
	for (unsigned i = 0; i < 3; i++) {
		p->trustees[i].index = i + 1;
		(void)snprintf(p->trustees[i].name, sizeof p->trustees[i].name, "trustee %u", i + 1);
		(void)snprintf(p->trustees[i].group, sizeof p->trustees[i].group, "%s", i == 0 ? "health" : "court");
		random_point(&p->trustees[i].box_key);
	}
	p->n_officers = 2;
	for (size_t i = 0; i < 2; i++) {
		f->officers[i] = new_key();
		p->officers[i].key = *el_sign_key_pk(f->officers[i]);
		(void)snprintf(p->officers[i].name, sizeof p->officers[i].name, "officer %zu", i + 1);
		(void)snprintf(p->officers[i].group, sizeof p->officers[i].group, "%s", groups[i]);
		p->officers[i].from = day_at(FIXTURE_EPOCH - 10, 0);
		p->officers[i].to = p->not_after;
	}
	(void)snprintf(p->health_group, sizeof p->health_group, "health");
	for (unsigned k = 0; k < EL_ORDER_KINDS; k++) {
		p->quorums[k].n_groups = 2;
		for (size_t i = 0; i < 2; i++) {
			(void)snprintf(
			    p->quorums[k].groups[i].group, sizeof p->quorums[k].groups[i].group, "%s", groups[i]);
			p->quorums[k].groups[i].count = 1;
		}
	}
	p->consent = 1;
	ok(el_policy_encode(p, &doc, &len));
	el_sha256(doc, len, &p->hash);
	write_document(f, doc, len, "EL1-policy", f->conf.service.policy_file);
}

static void
make_bundle(struct fixture *f)
{
	struct el_bundle *const b = f->bundle = calloc(1, sizeof *b);
	struct el_scalar shares[3];
	uint8_t *doc;
	size_t len;

	b->deployment = f->deployment;
	b->serial = 1;
	b->not_after = f->policy->not_after;
	b->threshold = 2;
	b->n_trustees = 3;
	for (unsigned i = 0; i < 3; i++) {
		b->trustees[i].index = i + 1;
		b->trustees[i].box_key = f->policy->trustees[i].box_key;
	}
	b->n_epochs = 60;
	for (size_t i = 0; i < b->n_epochs; i++) {
		b->epochs[i].epoch = (el_epoch)(FIXTURE_EPOCH - 5 + i);
		ok(el_share_deal(2, 3, shares, b->epochs[i].links));
		ok(el_share_deal(2, 3, shares, b->epochs[i].traces));
		ok(el_share_deal(2, 3, shares, b->epochs[i].recovery));
	}
	ok(el_bundle_encode(b, &doc, &len));
	write_document(f, doc, len, "EL1-bundle", f->conf.service.bundle_file);
}

static void
make_directory(struct fixture *f, const struct el_sign_key *registry_answer)
{
	struct el_directory *const d = f->directory = calloc(1, sizeof *d);
	struct el_issuer_entry *const i = &d->issuers[0];
	uint8_t *doc;
	size_t len;

	f->token_key = new_key();
	f->issuer_answer = new_key();
	d->deployment = f->deployment;
	d->serial = 1;
	d->not_after = f->policy->not_after;
	d->n_issuers = 1;
	i->issuer = FIXTURE_ISSUER;
	(void)snprintf(i->name, sizeof i->name, "messenger");
	(void)snprintf(i->url, sizeof i->url, "https://issuer.example");
	i->n_keys = 1;
	i->keys[0].from = FIXTURE_EPOCH - 5;
	i->keys[0].to = FIXTURE_EPOCH + 200;
	i->keys[0].key = *el_sign_key_pk(f->token_key);
	i->answer_key = *el_sign_key_pk(f->issuer_answer);
	(void)snprintf(d->registry.name, sizeof d->registry.name, "registry");
	(void)snprintf(d->registry.url, sizeof d->registry.url, "https://registry.example");
	d->registry.answer_key = *el_sign_key_pk(registry_answer);
	ok(el_directory_encode(d, &doc, &len));
	write_document(f, doc, len, "EL1-directory", f->conf.service.directory_file);
}

void
fixture_make(struct fixture *f)
{
	struct el_service_conf *const c = &f->conf.service;
	struct el_sign_key *registry_answer;
	uint8_t seed[32];

	memset(f, 0, sizeof *f);
	ok(el_crypto_init());
	(void)snprintf(f->dir, sizeof f->dir, "/tmp/el-registry-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	path_in(f, "data", c->data_dir);
	path_in(f, "kek", c->kek_file);
	path_in(f, "root.pub", c->root_key_file);
	path_in(f, "policy", c->policy_file);
	path_in(f, "bundle", c->bundle_file);
	path_in(f, "directory", c->directory_file);
	path_in(f, "answer", f->conf.answer_key_file);
	path_in(f, "log", f->conf.log_key_file);
	f->conf.late_limit = 86400;
	f->conf.skew = 5;
	f->conf.daily_cap = 50000;
	f->conf.lab_segment_rows = EL_SEGMENT_ROWS;
	(void)snprintf(f->pair_path, sizeof f->pair_path, "%s/pair", f->dir);
	f->conf.issuers.n = 1;
	(void)snprintf(f->conf.issuers.item[0], sizeof f->conf.issuers.item[0], "%d %s", FIXTURE_ISSUER, f->pair_path);

	el_random(seed, sizeof seed);
	ok(el_sign_key_new(seed, &f->root));
	c->root_key_file[strlen(c->root_key_file) - 4] = '\0';
	ok(el_keyfile_create(c->root_key_file, EL_PURPOSE_ROOT, seed, 0, NULL));
	path_in(f, "root.pub", c->root_key_file);
	el_sha256(el_sign_key_pk(f->root)->b, 32, &f->deployment);
	el_random(seed, sizeof seed);
	ok(el_sign_key_new(seed, &registry_answer));
	ok(el_keyfile_create(f->conf.answer_key_file, EL_PURPOSE_ANSWER, seed, 0, NULL));
	el_random(seed, sizeof seed);
	ok(el_keyfile_create(f->conf.log_key_file, EL_PURPOSE_LOG, seed, 0, NULL));
	el_random(f->pair, sizeof f->pair);
	ok(el_keyfile_create(f->pair_path, EL_PURPOSE_PAIR, f->pair, FIXTURE_EPOCH, NULL));
	f->executor = new_key();
	f->stranger = new_key();
	make_policy(f);
	make_bundle(f);
	make_directory(f, registry_answer);
	el_sign_key_free(registry_answer);
	el_random(&f->secret, sizeof f->secret);
}

void
fixture_free(struct fixture *f)
{
	char command[128];

	fixture_close(f);
	el_sign_key_free(f->root);
	el_sign_key_free(f->officers[0]);
	el_sign_key_free(f->officers[1]);
	el_sign_key_free(f->executor);
	el_sign_key_free(f->stranger);
	el_sign_key_free(f->token_key);
	el_sign_key_free(f->issuer_answer);
	free(f->policy);
	free(f->bundle);
	free(f->directory);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
	assert_int_equal(system(command), 0);
}

/* ---- The registry ---- */

void
fixture_open(struct fixture *f, int64_t now_s)
{
	ok(el_registry_open(&f->conf, now_s, &f->g));
	f->mono_ms = now_s * 1000;
	fixture_tick(f, now_s);
}

void
fixture_close(struct fixture *f)
{
	el_registry_close(f->g);
	f->g = NULL;
}

void
fixture_restart(struct fixture *f, int64_t now_s)
{
	fixture_close(f);
	fixture_open(f, now_s);
}

void
fixture_tick(struct fixture *f, int64_t now_s)
{
	bool changed;

	f->mono_ms = now_s * 1000;
	ok(el_registry_tick(f->g, now_s, f->mono_ms, &changed));
}

static void
enrol(struct fixture *f, int64_t now_s, uint32_t venue, struct fixture_door *out)
{
	static const uint8_t address[16] = { 0 };
	char code[EL_ENROL_CODE_LEN + 1];
	uint8_t key[EL_KEY_LEN];
	unsigned retry;
	int64_t expires;

	out->venue = venue;
	assert_int_equal(
	    el_venues_add_scanner(&f->g->venues, venue, "", now_s, &out->scanner, code, &expires), EL_CODE_OK);
	assert_int_equal(el_venues_enrol(&f->g->venues, code, address, now_s, &out->scanner, key, &retry), EL_CODE_OK);
	el_sha256(key, sizeof key, &out->key);
}

void
fixture_door(struct fixture *f, int64_t now_s, struct fixture_door *out)
{
	const struct el_venue_change approve = { .has_approved = true, .approved = true };
	static const uint8_t address[16] = { 0 };
	struct el_venue v;
	unsigned retry;

	memset(out, 0, sizeof *out);
	assert_int_equal(
	    el_venues_create(&f->g->venues, "Cafe Example", "123-45-67891", address, now_s, &v, out->owner_key, &retry),
	    EL_CODE_OK);
	assert_int_equal(el_venues_change(&f->g->venues, &v, EL_CALLER_OPERATOR, &approve), EL_CODE_OK);
	enrol(f, now_s, v.id, out);
}

void
fixture_scanner(struct fixture *f, int64_t now_s, const struct fixture_door *door, struct fixture_door *out)
{
	*out = *door;
	enrol(f, now_s, door->venue, out);
}

/* ---- Tokens ---- */

void
fixture_pair(const struct fixture *f, el_epoch e, uint8_t out[EL_KEY_LEN])
{
	memcpy(out, f->pair, EL_KEY_LEN);
	for (el_epoch i = FIXTURE_EPOCH; i < e; i++)
		el_kdf(out, out, "EL1-next", NULL, 0);
}

void
fixture_body(struct fixture *f, el_epoch e, uint16_t index, struct el_body *out)
{
	const struct el_epoch_keys *const keys = el_bundle_epoch(f->bundle, e);

	assert_non_null(keys);
	ok(el_issue_body(f->token_key, FIXTURE_ISSUER, e, &keys->links[0], &f->secret, index, out));
}

void
fixture_attempt(struct fixture *f, struct el_checkin *out)
{
	el_put_u64(out->attempt.b, ++f->attempts);
}

void
fixture_stamp(struct fixture *f, const struct el_body *body, int64_t shown_at, struct el_checkin *out)
{
	uint8_t pair[EL_KEY_LEN], day[EL_KEY_LEN], show[EL_KEY_LEN];
	struct el_token t;

	memset(out, 0, sizeof *out);
	ok(el_token_parse_body(body->b, sizeof body->b, &t));
	fixture_pair(f, t.epoch, pair);
	el_token_day_key(pair, t.issuer, t.epoch, day);
	el_token_show_key(day, body, show);
	ok(el_token_stamp(body, show, (uint32_t)shown_at, &t));
	el_token_encode(&t, out->token);
	fixture_attempt(f, out);
}

void
fixture_token(struct fixture *f, el_epoch e, uint16_t index, int64_t shown_at, struct el_checkin *out)
{
	struct el_body body;

	fixture_body(f, e, index, &body);
	fixture_stamp(f, &body, shown_at, out);
}

struct el_checkin_result
fixture_decide(struct fixture *f, const struct fixture_door *door, const struct el_checkin *in, int64_t now_s)
{
	struct el_checkin_result out = { .code = EL_CODE_OK };
	struct el_scanner *scanner;
	unsigned retry;

	out.code = el_checkin_admit(f->g, &door->key, 1, now_s, &scanner, &retry);
	if (out.code == EL_CODE_OK)
		ok(el_checkin_decide(f->g, scanner, in, now_s, &out));
	return out;
}

struct el_checkin_result
fixture_post(struct fixture *f, const struct fixture_door *door, const struct el_checkin *in, int64_t now_s)
{
	const struct el_checkin_result out = fixture_decide(f, door, in, now_s);

	ok(el_checkin_commit(f->g));
	return out;
}

/* ---- Orders ---- */

static void
set_scope(
    struct fixture_order *o, const char *party, const struct el_scope *scope, struct el_audience *a, uint32_t items)
{
	static struct el_disclosed d; /* large */

	memset(&d, 0, sizeof d);
	(void)snprintf(d.party, sizeof d.party, "%s", party);
	el_random(d.salt, sizeof d.salt);
	ok(el_scope_encode(scope, d.scope, sizeof d.scope, &d.len));
	(void)snprintf(a->party, sizeof a->party, "%s", party);
	el_scope_hash(&d, &a->scope);
	a->items = items;
	if (strcmp(party, "registry") == 0)
		o->scope = d;
}

void
fixture_sign(struct fixture *f, struct fixture_order *o, size_t n_officers)
{
	uint8_t *doc;
	size_t len;

	el_document_wipe(&o->doc);
	ok(el_order_encode(&o->order, &doc, &len));
	el_document_init(&o->doc, doc, len);
	for (size_t i = 0; i < n_officers; i++)
		ok(el_document_sign(&o->doc, f->officers[i], "EL1-order"));
}

static void
begin_order(struct fixture *f, int64_t now_s, enum el_order_kind kind, const struct el_scope *scope, uint32_t items,
    struct fixture_order *o)
{
	static unsigned calls;
	struct el_scalar box;

	memset(o, 0, sizeof *o);
	(void)snprintf(o->raw, sizeof o->raw, "call %u", calls++);
	el_scalar_random(&box);
	memcpy(o->box_secret, box.b, sizeof o->box_secret);
	ok(el_point_base(&o->order.box_key, &box));
	o->order.deployment = f->deployment;
	o->order.policy = f->policy->hash;
	el_random(o->order.id, sizeof o->order.id);
	el_random(o->order.case_hash.b, sizeof o->order.case_hash.b);
	o->order.kind = kind;
	o->order.created = now_s;
	o->order.expires = now_s + 86400;
	o->order.first_epoch = el_epoch_of(scope->from - EL_TOKEN_GRACE_S, FIXTURE_OFFSET);
	o->order.last_epoch = el_epoch_of(scope->to, FIXTURE_OFFSET);
	o->order.executor = *el_sign_key_pk(f->executor);
	set_scope(o, "registry", scope, &o->order.audience[0], items);
	o->order.n_audience = 1;
}

void
fixture_contacts(struct fixture *f, int64_t now_s, const uint32_t *venues, size_t n, int64_t from, int64_t to,
    uint32_t items, struct fixture_order *o)
{
	struct el_scope scope = { .form = EL_SCOPE_VENUES, .n_venues = n, .from = from, .to = to };
	const struct el_scope links = { .form = EL_SCOPE_LINKS };

	memcpy(scope.venues, venues, n * sizeof *venues);
	begin_order(f, now_s, EL_ORDER_CONTACTS, &scope, items, o);
	set_scope(o, "issuer:7", &links, &o->order.audience[1], items);
	o->order.n_audience = 2;
	fixture_sign(f, o, 2);
}

void
fixture_trace(struct fixture *f, int64_t now_s, int64_t from, int64_t to, el_epoch first, el_epoch last, uint32_t items,
    struct fixture_order *o)
{
	const struct el_scope scope = { .form = EL_SCOPE_SECRETS, .from = from, .to = to };
	struct el_scope phones = { .form = EL_SCOPE_PHONES, .n_phones = 1 };
	struct el_trace_statement s = { .deployment = f->deployment, .issuer = FIXTURE_ISSUER };

	begin_order(f, now_s, EL_ORDER_TRACE, &scope, items, o);
	(void)snprintf(phones.phones[0].s, sizeof phones.phones[0].s, "+821000000001");
	set_scope(o, "issuer:7", &phones, &o->order.audience[1], items);
	o->order.n_audience = 2;
	fixture_sign(f, o, 2);
	o->is_trace = true;
	o->n_secrets = s.n_rows = (size_t)(last - first) + 1;
	s.order = o->order.hash;
	s.rows = calloc(s.n_rows, sizeof *s.rows);
	o->secrets = calloc(s.n_rows, sizeof *o->secrets);
	for (size_t i = 0; i < s.n_rows; i++) {
		s.rows[i].epoch = o->secrets[i].epoch = (el_epoch)(first + i);
		memcpy(o->secrets[i].secret, f->secret.s, 32);
		el_trace_com(f->secret.s, s.rows[i].com);
		el_random(s.rows[i].box.b, sizeof s.rows[i].box.b);
	}
	ok(el_trace_statement_sign(&s, f->issuer_answer, &o->statement));
	free(s.rows);
}

void
fixture_order_free(struct fixture_order *o)
{
	el_document_wipe(&o->doc);
	el_document_wipe(&o->statement);
	free(o->secrets);
}

static void
copy_document(const struct el_document *from, struct el_document *to)
{
	uint8_t *const doc = malloc(from->len + 1);

	memcpy(doc, from->doc, from->len);
	*to = *from;
	to->doc = doc;
}

void
fixture_call(struct fixture *f, const struct fixture_order *o, int64_t now_s, struct el_visits_call *out)
{
	struct el_call call = {
		.method = EL_VISITS_METHOD, .path = EL_VISITS_PATH, .party = "registry", .time_s = (uint64_t)now_s
	};

	memset(out, 0, sizeof *out);
	el_put_u64(call.nonce, ++f->nonces);
	el_sha256(o->raw, strlen(o->raw), &call.body);
	ok(el_call_sign(&call, f->executor, &out->sig));
	out->body = call.body;
	out->key = *el_sign_key_pk(f->executor);
	out->time_s = call.time_s;
	memcpy(out->nonce, call.nonce, sizeof out->nonce);
	copy_document(&o->doc, &out->order);
	out->scope = o->scope;
	out->is_trace = o->is_trace;
	if (!o->is_trace)
		return;
	copy_document(&o->statement, &out->statement);
	out->secrets = calloc(o->n_secrets + 1, sizeof *out->secrets);
	memcpy(out->secrets, o->secrets, o->n_secrets * sizeof *out->secrets);
	out->n_secrets = o->n_secrets;
}

static json_t *
open_answer(const struct fixture_order *o, const uint8_t *sealed, size_t len)
{
	uint8_t *plain;
	json_t *json;
	size_t n;

	ok(el_answer_open(o->box_secret, &o->order.hash, "registry", sealed, len, &plain, &n));
	json = json_loadb((const char *)plain, n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	free(plain);
	return json;
}

enum el_code
fixture_answer(
    struct fixture *f, struct el_visits_call *call, const struct fixture_order *o, int64_t now_s, json_t **out)
{
	struct el_held *held = NULL;
	struct el_visits_job *job;
	static struct log_fixture log;
	struct el_log_proof proof;
	uint8_t *sealed = NULL;
	enum el_visits_progress progress = EL_VISITS_MORE;
	enum el_code code;
	size_t len;

	if (out != NULL)
		*out = NULL;
	code = el_visits_order_begin(f->g, call, now_s, &job);
	el_visits_call_wipe(call);
	while (code == EL_CODE_OK && progress == EL_VISITS_MORE)
		ok(el_visits_order_step(f->g, job, now_s, &progress, &code, &held));
	if (code == EL_CODE_OK && out != NULL) {
		log.n = 0;
		log_fixture_add(&log, held->entry, held->entry_len);
		log_fixture_prove(&log, &f->deployment, "registry", f->executor, &proof);
		ok(el_held_seal(held, "registry", &proof, &sealed, &len));
		*out = open_answer(o, sealed, len);
		el_log_proof_wipe(&proof);
	}
	free(sealed);
	el_held_free(held);
	el_visits_job_free(job);
	return code;
}

enum el_code
fixture_ask(struct fixture *f, const struct fixture_order *o, int64_t now_s, json_t **out)
{
	static struct el_visits_call call; /* large */

	fixture_call(f, o, now_s, &call);
	return fixture_answer(f, &call, o, now_s, out);
}
