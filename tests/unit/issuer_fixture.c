#include "issuer_fixture.h"
#include "log_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/keyfile.h"
#include "crypto/selftest.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "order/callsig.h"
#include "token/leaf.h"

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

const char *
fixture_path(const struct fixture *f, const char *name)
{
	static char path[512];

	ok(el_path_join(path, sizeof path, f->conf.service.data_dir, name));
	return path;
}

static bool
file_holds(const char *path, const void *bytes, size_t len)
{
	uint8_t *all;
	size_t n;
	bool found;

	ok(el_file_read(path, EL_FILE_MAX, &all, &n));
	found = memmem(all, n, bytes, len) != NULL;
	free(all);
	return found;
}

static bool
folder_holds(const char *dir, const void *bytes, size_t len)
{
	DIR *const d = opendir(dir);
	struct dirent *e;
	struct stat st;
	bool found = false;
	char path[512];

	assert_non_null(d);
	while (!found && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		assert_int_equal(stat(path, &st), 0);
		if (S_ISDIR(st.st_mode))
			found = folder_holds(path, bytes, len);
		else if (S_ISREG(st.st_mode))
			found = file_holds(path, bytes, len);
	}
	closedir(d);
	return found;
}

bool
fixture_holds(const struct fixture *f, const void *bytes, size_t len)
{
	return folder_holds(f->conf.service.data_dir, bytes, len);
}

/* ---- The trust ---- */

static struct el_sign_key *
new_key(const char *path, enum el_purpose purpose)
{
	struct el_sign_key *k;
	uint8_t seed[32];

	el_random(seed, sizeof seed);
	ok(el_sign_key_new(seed, &k));
	if (path != NULL)
		ok(el_keyfile_create(path, purpose, seed, 0, NULL));
	return k;
}

static void
random_point(struct el_point *out, struct el_scalar *secret)
{
	el_scalar_random(secret);
	ok(el_point_base(out, secret));
}

static void
write_document(const struct fixture *f, uint8_t *doc, size_t len, const char *label, const char *path)
{
	static struct el_document d; /* large */

	memset(&d, 0, sizeof d);
	el_document_init(&d, doc, len);
	ok(el_document_sign(&d, f->root, label));
	ok(el_document_write(path, 0600, &d));
	el_document_wipe(&d);
}

static void
fill_policy(struct fixture *f, struct el_policy *p)
{
	static const char *const groups[] = { "health", "court" };
	struct el_scalar secret;

	p->deployment = f->deployment;
	p->serial = 1;
	p->not_after = day_at(FIXTURE_EPOCH + 1000, 0);
	p->day_offset = FIXTURE_OFFSET;
	p->threshold = 2;
	p->n_trustees = 3;
	for (unsigned i = 0; i < 3; i++) {
		p->trustees[i].index = i + 1;
		(void)snprintf(p->trustees[i].name, sizeof p->trustees[i].name, "trustee %u", i + 1);
		(void)snprintf(p->trustees[i].group, sizeof p->trustees[i].group, "%s", groups[i > 0]);
		random_point(&p->trustees[i].box_key, &secret);
	}
	p->n_officers = 2;
	for (size_t i = 0; i < 2; i++) {
		f->officers[i] = new_key(NULL, EL_PURPOSE_OFFICER);
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
			(void)snprintf(p->quorums[k].groups[i].group, sizeof p->quorums[k].groups[i].group, "%s", groups[i]);
			p->quorums[k].groups[i].count = 1;
		}
	}
	p->consent = 3;
	p->n_templates = 2;
	for (unsigned i = 0; i < 2; i++) {
		p->templates[i].number = (uint16_t)(1 + 6 * i);
		(void)snprintf(p->templates[i].ko, sizeof p->templates[i].ko, "\xea\xb0\x80 %u", 1 + 6 * i);
		(void)snprintf(p->templates[i].en, sizeof p->templates[i].en, "text %u", 1 + 6 * i);
	}
}

static void
make_policy(struct fixture *f)
{
	uint8_t *doc;
	size_t len;

	f->policy = calloc(1, sizeof *f->policy);
	fill_policy(f, f->policy);
	ok(el_policy_encode(f->policy, &doc, &len));
	el_sha256(doc, len, &f->policy->hash);
	write_document(f, doc, len, "EL1-policy", f->conf.service.policy_file);
}

static void
make_bundle(struct fixture *f)
{
	struct el_bundle *const b = f->bundle = calloc(1, sizeof *b);
	struct el_scalar secret;
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
	b->n_epochs = FIXTURE_EPOCHS;
	for (size_t i = 0; i < FIXTURE_EPOCHS; i++) {
		struct el_epoch_keys *const e = &b->epochs[i];

		e->epoch = (el_epoch)(FIXTURE_FIRST + i);
		random_point(&e->links[0], &f->links[i]);
		random_point(&e->links[1], &secret);
		random_point(&e->traces[0], &f->traces[i]);
		random_point(&e->traces[1], &secret);
		random_point(&e->recovery[0], &secret);
		random_point(&e->recovery[1], &secret);
	}
	ok(el_bundle_encode(b, &doc, &len));
	write_document(f, doc, len, "EL1-bundle", f->conf.service.bundle_file);
}

static void
make_directory(struct fixture *f, const struct el_sign_key *answer)
{
	struct el_directory *const d = f->directory = calloc(1, sizeof *d);
	struct el_issuer_entry *const i = &d->issuers[0];
	uint8_t *doc;
	size_t len;

	d->deployment = f->deployment;
	d->serial = 1;
	d->not_after = f->policy->not_after;
	d->n_issuers = 1;
	i->issuer = FIXTURE_ISSUER;
	(void)snprintf(i->name, sizeof i->name, "messenger");
	(void)snprintf(i->url, sizeof i->url, "https://issuer.example");
	i->n_keys = 1;
	i->keys[0].from = FIXTURE_FIRST;
	i->keys[0].to = FIXTURE_EPOCH + 200;
	i->keys[0].key = *el_sign_key_pk(f->token_key);
	i->answer_key = *el_sign_key_pk(answer);
	(void)snprintf(d->registry.name, sizeof d->registry.name, "registry");
	(void)snprintf(d->registry.url, sizeof d->registry.url, "https://registry.example");
	d->registry.answer_key = *el_sign_key_pk(f->registry_answer);
	d->registry.has_log_key = true;
	d->registry.log_key = *el_sign_key_pk(f->registry_log);
	ok(el_directory_encode(d, &doc, &len));
	write_document(f, doc, len, "EL1-directory", f->conf.service.directory_file);
}

void
fixture_make(struct fixture *f)
{
	struct el_service_conf *const c = &f->conf.service;
	struct el_sign_key *answer;

	memset(f, 0, sizeof *f);
	ok(el_crypto_init());
	(void)snprintf(f->dir, sizeof f->dir, "/tmp/el-issuer-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	path_in(f, "data", c->data_dir);
	path_in(f, "kek", c->kek_file);
	path_in(f, "root", c->root_key_file);
	path_in(f, "policy", c->policy_file);
	path_in(f, "bundle", c->bundle_file);
	path_in(f, "directory", c->directory_file);
	path_in(f, "answer", f->conf.answer_key_file);
	path_in(f, "token", f->conf.token_key_file);
	path_in(f, "pair", f->conf.pair_file);
	f->conf.issuer = FIXTURE_ISSUER;
	f->conf.default_country = 82;
	f->conf.daily_cap = 50000;

	f->root = new_key(c->root_key_file, EL_PURPOSE_ROOT);
	path_in(f, "root.pub", c->root_key_file);
	el_sha256(el_sign_key_pk(f->root)->b, 32, &f->deployment);
	answer = new_key(f->conf.answer_key_file, EL_PURPOSE_ANSWER);
	f->token_key = new_key(f->conf.token_key_file, EL_PURPOSE_ISSUER);
	f->registry_answer = new_key(NULL, EL_PURPOSE_ANSWER);
	f->registry_log = new_key(NULL, EL_PURPOSE_LOG);
	f->executor = new_key(NULL, EL_PURPOSE_EXECUTOR);
	el_random(f->pair, sizeof f->pair);
	ok(el_keyfile_create(f->conf.pair_file, EL_PURPOSE_PAIR, f->pair, FIXTURE_EPOCH, NULL));
	make_policy(f);
	make_bundle(f);
	make_directory(f, answer);
	el_sign_key_free(answer);
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
	el_sign_key_free(f->token_key);
	el_sign_key_free(f->registry_answer);
	el_sign_key_free(f->registry_log);
	free(f->policy);
	free(f->bundle);
	free(f->directory);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
	assert_int_equal(system(command), 0);
}

/* ---- The issuer ---- */

void
fixture_open(struct fixture *f, int64_t now_s)
{
	ok(el_issuer_open(&f->conf, now_s, &f->s));
	fixture_tick(f, now_s);
}

void
fixture_close(struct fixture *f)
{
	el_issuer_close(f->s);
	f->s = NULL;
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
	ok(el_issuer_tick(f->s, now_s, f->mono_ms, &changed));
}

/* ---- Visitors and tokens ---- */

void
fixture_admit(struct fixture *f, const char *name, const char *phone, int64_t now_s, uint8_t credential[EL_KEY_LEN])
{
	struct el_phone number;
	int64_t until;

	ok(el_phone_parse(phone, &number));
	ok(el_visitors_admit(f->s->db, name, &number, 3, now_s, FIXTURE_OFFSET, credential, &until));
}

void
fixture_ticket(struct fixture *f, const uint8_t credential[EL_KEY_LEN], int64_t now_s, struct el_day_ticket *out)
{
	int err;

	assert_string_equal(el_code_name(el_tickets_draw(f->s, credential, false, now_s, out, &err)), "ok");
	ok(err);
	ok(el_issuer_commit(f->s));
}

void
fixture_days(struct fixture *f, int64_t now_s, struct el_signer_days *out)
{
	const el_epoch today = el_epoch_of(now_s, FIXTURE_OFFSET);

	memset(out, 0, sizeof *out);
	out->day_offset = FIXTURE_OFFSET;
	out->n = 2;
	for (unsigned i = 0; i < 2; i++) {
		struct el_signer_day *const d = &out->days[i];

		d->epoch = (el_epoch)(today + i);
		ok(el_issuer_keys_ticket(&f->s->keys, d->epoch, d->ticket_key));
		ok(el_issuer_keys_token(&f->s->keys, d->epoch, d->token_key));
		d->links_key = el_bundle_epoch(f->bundle, d->epoch)->links[0];
	}
}

void
fixture_body(struct fixture *f, const struct el_day_ticket *t, uint16_t index, int64_t now_s, struct el_body *out)
{
	struct el_draw_request q = { .is_wallet = true, .first = index, .count = 1 };
	static struct el_draw_result x; /* large */
	struct el_signer_days days;

	memcpy(q.ticket, t->ticket, sizeof q.ticket);
	fixture_days(f, now_s, &days);
	assert_int_equal(el_draw(&days, f->token_key, FIXTURE_ISSUER, &q, now_s, &x), EL_CODE_OK);
	*out = x.tokens[0].body;
}

void
fixture_shared(const struct fixture *f, const struct el_body *body, uint8_t out[EL_POINT_LEN])
{
	struct el_point r, shared;
	struct el_token t;

	ok(el_token_parse_body(body->b, sizeof body->b, &t));
	ok(el_point_parse(t.r, &r));
	ok(el_point_mul(&shared, &f->links[t.epoch - FIXTURE_FIRST], &r));
	memcpy(out, shared.b, sizeof shared.b);
}

/* ---- Orders ---- */

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
begin_order(struct fixture *f, int64_t now_s, enum el_order_kind kind, const struct el_scope *scope, el_epoch first,
    el_epoch last, uint32_t items, struct fixture_order *o)
{
	static unsigned calls;
	struct el_scalar box;

	memset(o, 0, sizeof *o);
	(void)snprintf(o->raw, sizeof o->raw, "call %u", calls++);
	random_point(&o->order.box_key, &box);
	memcpy(o->box_secret, box.b, sizeof o->box_secret);
	o->order.deployment = f->deployment;
	o->order.policy = f->policy->hash;
	el_random(o->order.id, sizeof o->order.id);
	el_random(o->order.case_hash.b, sizeof o->order.case_hash.b);
	o->order.kind = kind;
	o->order.created = now_s;
	o->order.expires = now_s + 86400;
	o->order.first_epoch = first;
	o->order.last_epoch = last;
	o->order.executor = *el_sign_key_pk(f->executor);
	(void)snprintf(o->scope.party, sizeof o->scope.party, "issuer:%d", FIXTURE_ISSUER);
	el_random(o->scope.salt, sizeof o->scope.salt);
	ok(el_scope_encode(scope, o->scope.scope, sizeof o->scope.scope, &o->scope.len));
	memcpy(o->order.audience[0].party, o->scope.party, sizeof o->order.audience[0].party);
	el_scope_hash(&o->scope, &o->order.audience[0].scope);
	o->order.audience[0].items = items;
	o->order.n_audience = 1;
	fixture_sign(f, o, 2);
}

void
fixture_contacts(struct fixture *f, int64_t now_s, el_epoch first, el_epoch last, uint32_t items,
    struct fixture_order *o)
{
	const struct el_scope links = { .form = EL_SCOPE_LINKS };

	begin_order(f, now_s, EL_ORDER_CONTACTS, &links, first, last, items, o);
}

void
fixture_notice(struct fixture *f, int64_t now_s, unsigned template, el_epoch day, el_epoch first, el_epoch last,
    uint32_t items, struct fixture_order *o)
{
	const struct el_scope scope = { .form = EL_SCOPE_NOTICE, .template = (uint16_t)template, .day = day };

	begin_order(f, now_s, EL_ORDER_NOTICE, &scope, first, last, items, o);
}

void
fixture_trace(struct fixture *f, int64_t now_s, const char *phone, el_epoch first, el_epoch last, uint32_t items,
    struct fixture_order *o)
{
	struct el_scope phones = { .form = EL_SCOPE_PHONES, .n_phones = 1 };

	ok(el_phone_parse(phone, &phones.phones[0]));
	begin_order(f, now_s, EL_ORDER_TRACE, &phones, first, last, items, o);
}

void
fixture_release(struct fixture *f, struct fixture_order *o, const struct el_body *bodies, size_t n)
{
	struct el_release release = { .deployment = f->deployment, .order = o->order.hash, .count = (uint32_t)n };
	struct el_hash leaves[FIXTURE_ROWS];

	assert_true(n <= FIXTURE_ROWS);
	for (size_t i = 0; i < n; i++) {
		o->items[i].body = bodies[i];
		el_random(o->items[i].c.b, sizeof o->items[i].c.b);
		el_leaf_visit(&o->items[i].c, &bodies[i], &leaves[i]);
		fixture_shared(f, &bodies[i], o->items[i].shared);
	}
	o->n_items = n;
	el_tree_root(leaves, n, &release.root);
	for (size_t i = 0; i < n; i++)
		el_tree_path(leaves, n, i, &o->items[i].path);
	el_document_wipe(&o->release);
	ok(el_release_sign(&release, f->registry_answer, &o->release));
}

void
fixture_order_free(struct fixture_order *o)
{
	el_document_wipe(&o->doc);
	el_document_wipe(&o->release);
}

static void
copy_document(const struct el_document *from, struct el_document *to)
{
	uint8_t *const doc = malloc(from->len + 1);

	*to = *from;
	if (from->doc != NULL)
		memcpy(doc, from->doc, from->len);
	to->doc = doc;
}

static void
sign_call(struct fixture *f, const struct fixture_order *o, const char *path, int64_t now_s,
    struct el_order_call *out)
{
	struct el_call call = { .method = "POST", .path = path, .party = o->scope.party, .time_s = (uint64_t)now_s };

	el_put_u64(call.nonce, ++f->nonces);
	el_sha256(o->raw, strlen(o->raw), &call.body);
	ok(el_call_sign(&call, f->executor, &out->sig));
	out->body = call.body;
	out->key = *el_sign_key_pk(f->executor);
	out->time_s = call.time_s;
	memcpy(out->nonce, call.nonce, sizeof out->nonce);
	copy_document(&o->doc, &out->order);
}

static json_t *
open_answer(struct fixture *f, const struct fixture_order *o, struct el_held *held)
{
	static struct log_fixture log;
	struct el_log_proof proof;
	uint8_t *plain, *sealed;
	size_t len;
	json_t *json;
	size_t n;

	log.n = 0;
	log_fixture_add(&log, held->entry, held->entry_len);
	log_fixture_prove(&log, &f->deployment, o->scope.party, f->registry_log, &proof);
	ok(el_held_seal(held, o->scope.party, &proof, &sealed, &len));
	ok(el_answer_open(o->box_secret, &o->order.hash, o->scope.party, sealed, len, &plain, &n));
	el_log_proof_wipe(&proof);
	free(sealed);
	el_held_free(held);
	json = json_loadb((const char *)plain, n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	free(plain);
	return json;
}

static enum el_code
ask(struct fixture *f, const struct fixture_order *o, bool is_notice, int64_t now_s, json_t **out)
{
	static struct el_identities_call call; /* large */
	static struct log_fixture log;
	struct el_notice_batch *batch;
	struct el_held *held;
	enum el_code code;
	int err;

	memset(&call, 0, sizeof call);
	sign_call(f, o, is_notice ? EL_NOTICES_PATH : EL_IDENTITIES_PATH, now_s, &call.by);
	call.is_notice = is_notice;
	call.scope = o->scope;
	copy_document(&o->release, &call.release);
	log.n = 0;
	log_fixture_add_answer(&log, &o->order, &o->release.hash);
	log_fixture_prove(&log, &f->deployment, "registry", f->registry_log, &call.proof);
	call.items = calloc(o->n_items + 1, sizeof *call.items);
	memcpy(call.items, o->items, o->n_items * sizeof *call.items);
	call.n_items = o->n_items;
	code = el_identities_answer(f->s, &call, now_s, &held, &batch, &err);
	ok(err);
	if (batch != NULL)
		ok(el_notices_add(f->s, batch, now_s));
	el_notice_batch_free(batch);
	*out = code == EL_CODE_OK ? open_answer(f, o, held) : NULL;
	el_identities_call_wipe(&call);
	return code;
}

enum el_code
fixture_identities(struct fixture *f, const struct fixture_order *o, int64_t now_s, json_t **out)
{
	return ask(f, o, false, now_s, out);
}

enum el_code
fixture_deliver(struct fixture *f, const struct fixture_order *o, int64_t now_s, json_t **out)
{
	return ask(f, o, true, now_s, out);
}

enum el_code
fixture_traces(struct fixture *f, const struct fixture_order *o, int64_t now_s, json_t **out)
{
	static struct el_traces_call call; /* large */
	struct el_held *held;
	enum el_code code;
	int err;

	memset(&call, 0, sizeof call);
	sign_call(f, o, EL_TRACES_PATH, now_s, &call.by);
	call.scope = o->scope;
	code = el_traces_answer(f->s, &call, now_s, &held, &err);
	ok(err);
	*out = code == EL_CODE_OK ? open_answer(f, o, held) : NULL;
	el_traces_call_wipe(&call);
	return code;
}
