#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "test_order_world.h"

static struct el_sign_key *keys[KEYS];

int
world_up(void **state)
{
	(void)state;
	if (el_secret_init() != EL_OK)
		return -1;
	for (unsigned i = 1; i < KEYS; i++) {
		uint8_t seed[32];

		memset(seed, (int)i, sizeof seed);
		if (el_sign_key_new(seed, &keys[i]) != EL_OK)
			return -1;
	}
	return 0;
}

int
world_down(void **state)
{
	(void)state;
	for (unsigned i = 1; i < KEYS; i++)
		el_sign_key_free(keys[i]);
	return 0;
}

const struct el_sign_key *
world_key(enum world_key k)
{
	return keys[k];
}

const struct el_sign_pk *
world_pk(enum world_key k)
{
	return el_sign_key_pk(keys[k]);
}

struct el_point
world_point(uint32_t n)
{
	struct el_scalar s;
	struct el_point p;

	el_scalar_from_u32(n, &s);
	assert_int_equal(el_point_base(&p, &s), EL_OK);
	return p;
}

static struct el_hash
deployment(void)
{
	struct el_hash h;

	el_sha256(world_pk(KEY_ROOT)->b, 32, &h);
	return h;
}

static void
add_officer(struct el_policy *p, enum world_key key, const char *name, const char *group)
{
	struct el_policy_officer *o = &p->officers[p->n_officers++];

	o->key = *world_pk(key);
	snprintf(o->name, sizeof o->name, "%s", name);
	snprintf(o->group, sizeof o->group, "%s", group);
	o->from = NOW - 10 * DAY;
	o->to = NOW + 10 * DAY;
}

static void
need(struct el_policy *p, enum el_order_kind kind, const char *group, unsigned count)
{
	struct el_quorum *q = &p->quorums[kind];

	snprintf(q->groups[q->n_groups].group, sizeof q->groups[0].group, "%s", group);
	q->groups[q->n_groups++].count = count;
}

struct el_policy *
world_policy(void)
{
	static const char *const group[] = { "health", "court", "privacy" };
	struct el_policy *p = calloc(1, sizeof *p);

	assert_non_null(p);
	p->deployment = deployment();
	p->serial = 5;
	p->not_after = NOW + 300 * DAY;
	p->day_offset = DAY_OFFSET;
	p->threshold = 2;
	p->n_trustees = 3;
	for (unsigned i = 0; i < 3; i++) {
		p->trustees[i].index = i + 1;
		snprintf(p->trustees[i].name, sizeof p->trustees[i].name, "trustee %u", i + 1);
		snprintf(p->trustees[i].group, sizeof p->trustees[i].group, "%s", group[i]);
		p->trustees[i].box_key = world_point(101 + i);
	}
	add_officer(p, KEY_HEALTH_1, "one of health", "health");
	add_officer(p, KEY_HEALTH_2, "two of health", "health");
	add_officer(p, KEY_COURT_1, "one of court", "court");
	add_officer(p, KEY_COURT_2, "two of court", "court");
	add_officer(p, KEY_PRIVACY, "one of privacy", "privacy");
	snprintf(p->health_group, sizeof p->health_group, "health");
	need(p, EL_ORDER_CONTACTS, "health", 1);
	need(p, EL_ORDER_CONTACTS, "court", 1);
	need(p, EL_ORDER_TRACE, "court", 2);
	need(p, EL_ORDER_NOTICE, "privacy", 1);
	need(p, EL_ORDER_RECOVERY, "privacy", 1);
	p->consent = 3;
	p->n_templates = 2;
	for (unsigned i = 0; i < 2; i++) {
		p->templates[i].number = (uint16_t)(1 + 6 * i);
		snprintf(p->templates[i].ko, sizeof p->templates[i].ko, "ko %u", i);
		snprintf(p->templates[i].en, sizeof p->templates[i].en, "text %u", i);
	}
	p->n_witnesses = 2;
	p->witnesses[0].trustee = 1;
	p->witnesses[0].key = *world_pk(KEY_WITNESS_1);
	p->witnesses[1].trustee = 2;
	p->witnesses[1].key = *world_pk(KEY_WITNESS_2);
	p->cap_items = 50000;
	return p;
}

struct el_bundle *
world_bundle(void)
{
	struct el_bundle *b = calloc(1, sizeof *b);

	assert_non_null(b);
	b->deployment = deployment();
	b->serial = 8;
	b->not_after = NOW + 60 * DAY;
	b->threshold = 2;
	b->n_trustees = 3;
	for (unsigned i = 0; i < 3; i++) {
		b->trustees[i].index = i + 1;
		b->trustees[i].box_key = world_point(101 + i);
	}
	b->n_epochs = 3;
	for (unsigned i = 0; i < 3; i++) {
		b->epochs[i].epoch = (el_epoch)(el_epoch_of(NOW, DAY_OFFSET) + i);
		for (unsigned j = 0; j < 2; j++) {
			b->epochs[i].links[j] = world_point(200 + 6 * i + j);
			b->epochs[i].traces[j] = world_point(202 + 6 * i + j);
			b->epochs[i].recovery[j] = world_point(204 + 6 * i + j);
		}
	}
	return b;
}

struct el_directory *
world_directory(void)
{
	struct el_directory *d = calloc(1, sizeof *d);
	struct el_issuer_entry *e;

	assert_non_null(d);
	e = &d->issuers[0];
	d->deployment = deployment();
	d->serial = 2;
	d->not_after = NOW + 90 * DAY;
	d->n_issuers = 1;
	e->issuer = 7;
	snprintf(e->name, sizeof e->name, "an issuer");
	snprintf(e->url, sizeof e->url, "https://issuer.example");
	e->n_keys = 2;
	e->keys[0].from = 20000;
	e->keys[0].to = 20699;
	e->keys[0].key = *world_pk(KEY_ISSUER);
	e->keys[1].from = 20700;
	e->keys[1].to = 20999;
	e->keys[1].key = *world_pk(KEY_ISSUER_NEXT);
	e->answer_key = *world_pk(KEY_ISSUER_ANSWER);
	e->has_log_key = true;
	e->log_key = *world_pk(KEY_LOG);
	snprintf(d->registry.name, sizeof d->registry.name, "the registry");
	snprintf(d->registry.url, sizeof d->registry.url, "https://registry.example");
	d->registry.answer_key = *world_pk(KEY_REGISTRY_ANSWER);
	return d;
}

void
world_scope(const char *party, struct el_disclosed *out)
{
	static struct el_scope s;

	memset(out, 0, sizeof *out);
	memset(&s, 0, sizeof s);
	snprintf(out->party, sizeof out->party, "%s", party);
	memset(out->salt, party[0], sizeof out->salt);
	s.form = EL_SCOPE_LINKS;
	if (strcmp(party, "registry") == 0) {
		s.form = EL_SCOPE_VENUES;
		s.n_venues = 2;
		s.venues[0] = 41;
		s.venues[1] = 42;
		s.from = NOW - 2 * 3600;
		s.to = NOW;
	}
	assert_int_equal(el_scope_encode(&s, out->scope, sizeof out->scope, &out->len), EL_OK);
}

void
world_order(const struct el_policy *p, struct el_order *out)
{
	static const char *const party[] = { "registry", "issuer:7" };
	static struct el_disclosed d;

	memset(out, 0, sizeof *out);
	out->deployment = p->deployment;
	out->policy = p->hash;
	memset(out->id, 0x1d, sizeof out->id);
	memset(out->case_hash.b, 0xca, sizeof out->case_hash.b);
	out->kind = EL_ORDER_CONTACTS;
	out->created = NOW - 600;
	out->expires = NOW + DAY;
	out->first_epoch = el_epoch_of(NOW - 4 * 3600, DAY_OFFSET);
	out->last_epoch = el_epoch_of(NOW, DAY_OFFSET);
	out->executor = *world_pk(KEY_EXECUTOR);
	out->box_key = world_point(77);
	out->n_audience = 2;
	for (size_t i = 0; i < 2; i++) {
		world_scope(party[i], &d);
		snprintf(out->audience[i].party, sizeof out->audience[i].party, "%s", party[i]);
		el_scope_hash(&d, &out->audience[i].scope);
		out->audience[i].items = 1000;
	}
}

void
world_sign(struct el_document *d, enum world_key key, const char *label)
{
	assert_int_equal(el_document_sign(d, world_key(key), label), EL_OK);
}

void
world_policy_document(struct el_document *out)
{
	struct el_policy *p = world_policy();
	uint8_t *doc;
	size_t len;

	assert_int_equal(el_policy_encode(p, &doc, &len), EL_OK);
	el_document_init(out, doc, len);
	world_sign(out, KEY_ROOT, "EL1-policy");
	free(p);
}

void
world_bundle_document(struct el_document *out)
{
	struct el_bundle *b = world_bundle();
	uint8_t *doc;
	size_t len;

	assert_int_equal(el_bundle_encode(b, &doc, &len), EL_OK);
	el_document_init(out, doc, len);
	world_sign(out, KEY_ROOT, "EL1-bundle");
	free(b);
}

void
world_directory_document(struct el_document *out)
{
	struct el_directory *d = world_directory();
	uint8_t *doc;
	size_t len;

	assert_int_equal(el_directory_encode(d, &doc, &len), EL_OK);
	el_document_init(out, doc, len);
	world_sign(out, KEY_ROOT, "EL1-directory");
	free(d);
}

void
world_order_document(struct el_order *o, struct el_document *out)
{
	uint8_t *doc;
	size_t len;

	assert_int_equal(el_order_encode(o, &doc, &len), EL_OK);
	el_document_init(out, doc, len);
}

struct el_policy *
world_opened_policy(void)
{
	struct el_policy *p = calloc(1, sizeof *p);
	struct el_document d;

	assert_non_null(p);
	world_policy_document(&d);
	assert_int_equal(el_policy_open(&d, world_pk(KEY_ROOT), p), EL_OK);
	el_document_wipe(&d);
	return p;
}

json_t *
world_json(const struct el_document *d)
{
	json_t *json = json_loadb((const char *)d->doc, d->len, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(json);
	return json;
}

void
world_document(const json_t *json, enum world_key key, const char *label, struct el_document *out)
{
	char *text = json_dumps(json, JSON_COMPACT);

	assert_non_null(text);
	el_document_init(out, (uint8_t *)text, strlen(text));
	world_sign(out, key, label);
}

/* --- edits --- */

static json_t *
step(json_t *at, const char *name)
{
	return json_is_array(at) ? json_array_get(at, (size_t)atoi(name)) : json_object_get(at, name);
}

json_t *
world_edit(const json_t *json, const char *path, const char *text)
{
	json_t *copy = json_deep_copy(json), *at = copy, *value = NULL;
	char names[128], *name, *slash;
	int r;

	snprintf(names, sizeof names, "%s", path);
	for (name = names; (slash = strchr(name, '/')) != NULL; name = slash + 1) {
		*slash = '\0';
		at = step(at, name);
	}
	if (text != NULL) {
		value = json_loads(text, JSON_DECODE_ANY, NULL);
		assert_non_null(value);
	}
	if (!json_is_array(at))
		r = text != NULL ? json_object_set_new(at, name, value) : json_object_del(at, name);
	else if ((size_t)atoi(name) == json_array_size(at))
		r = json_array_append_new(at, value);
	else
		r = text != NULL ? json_array_set_new(at, (size_t)atoi(name), value)
				 : json_array_remove(at, (size_t)atoi(name));
	assert_int_equal(r, 0);
	return copy;
}

void
world_assert_cases(const json_t *json, world_reader *read, const struct world_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *edited = json_deep_copy(json);

		for (size_t k = 0; k < 3 && cases[i].edits[k].path != NULL; k++) {
			json_t *next = world_edit(edited, cases[i].edits[k].path, cases[i].edits[k].text);

			json_decref(edited);
			edited = next;
		}
		if ((read(edited) == EL_OK) != cases[i].taken)
			fail_msg("case %zu: %s %s = %s", i, cases[i].taken ? "refused" : "accepted",
			    cases[i].edits[0].path,
			    cases[i].edits[0].text != NULL ? cases[i].edits[0].text : "(absent)");
		json_decref(edited);
	}
}

struct strict {
	const json_t *root;
	world_reader *read;
};

static void
assert_refused(const struct strict *s, const char *path, const char *text)
{
	json_t *edited = world_edit(s->root, path, text);

	if (s->read(edited) == EL_OK)
		fail_msg("accepted %s = %s", path, text != NULL ? text : "(absent)");
	json_decref(edited);
}

/* A value of another type; an array or object becomes a number, everything else an empty object. */
static void
visit(const struct strict *s, const json_t *at, const char *path)
{
	const char *const join = *path != '\0' ? "/" : "";
	const char *key;
	json_t *value;
	char inner[128];
	size_t i;

	if (*path != '\0') {
		assert_refused(s, path, json_is_array(at) || json_is_object(at) ? "1" : "{}");
		assert_refused(s, path, "-1");
		assert_refused(s, path, "1.0");
		if (!json_is_null(at) && strcmp(path, "caps") != 0) /* a policy may be without */
			assert_refused(s, path, "null");
	}
	if (json_is_object(at)) {
		snprintf(inner, sizeof inner, "%s%sunknown", path, join);
		assert_refused(s, inner, "1");
		json_object_foreach((json_t *)(uintptr_t)at, key, value)
		{
			snprintf(inner, sizeof inner, "%s%s%s", path, join, key);
			assert_refused(s, inner, NULL);
			visit(s, value, inner);
		}
	}
	json_array_foreach(at, i, value)
	{
		snprintf(inner, sizeof inner, "%s%s%zu", path, join, i);
		visit(s, value, inner);
	}
}

void
world_assert_strict(const json_t *json, world_reader *read)
{
	const struct strict s = { json, read };

	assert_int_equal(read(json), EL_OK);
	visit(&s, json, "");
}
