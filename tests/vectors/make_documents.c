#include <stdio.h>
#include <string.h>

#include "base/code.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "entrylog/order.h"
#include "order/check.h"
#include "order/document.h"
#include "order/policy.h"
#include "order/release.h"
#include "order/scope.h"
#include "vectors.h"

#define NOW INT64_C(1788500000)
#define DAY 86400

enum who {
	ROOT,
	HEALTH,
	HEALTH_2,
	COURT,
	PRIVACY,
	EXECUTOR,
	ISSUER,
	NEXT,
	ISSUER_ANSWER,
	REGISTRY,
	LOG,
	STRANGER,
	WITNESS_1,
	WITNESS_3,
	PEOPLE
};
static struct {
	const char *label;
	uint8_t seed[32];
	struct el_sign_key *key;
} people[PEOPLE] = {
	[ROOT] = { .label = "documents/root" },
	[HEALTH] = { .label = "documents/officer of health" },
	[HEALTH_2] = { .label = "documents/second officer of health" },
	[COURT] = { .label = "documents/officer of court" },
	[PRIVACY] = { .label = "documents/officer of privacy" },
	[EXECUTOR] = { .label = "documents/executor" },
	[ISSUER] = { .label = "documents/issuer" },
	[NEXT] = { .label = "documents/issuer's next" },
	[ISSUER_ANSWER] = { .label = "documents/issuer's answers" },
	[REGISTRY] = { .label = "documents/registry's answers" },
	[LOG] = { .label = "documents/log" },
	[STRANGER] = { .label = "documents/stranger" },
	[WITNESS_1] = { .label = "documents/witness 1" },
	[WITNESS_3] = { .label = "documents/witness 3" },
};
static struct el_hash deployment;
static struct el_policy policy;

static struct el_sign_pk
pk(enum who w)
{
	return *el_sign_key_pk(people[w].key);
}

static void
point(const char *label, struct el_point *out)
{
	struct el_scalar s;
	uint8_t wide[64];

	vec_derive(label, wide, sizeof wide);
	vec_feed(wide, sizeof wide);
	el_scalar_random(&s);
	VEC_OK(el_point_base(out, &s));
}

static void
text(char *out, size_t size, const char *in)
{
	VEC_CHECK((size_t)snprintf(out, size, "%s", in) < size);
}

/* --- cases --- */

typedef int opener(const struct el_document *, const struct el_sign_pk *);

static const char *
error_name(int r)
{
	VEC_CHECK(r == EL_EFORMAT || r == EL_ELIMIT || r == EL_ECRYPTO);
	return r == EL_EFORMAT ? "format" : r == EL_ELIMIT ? "limit" : "crypto";
}

/* A case of this text, signed by these people under this label; open says whether it is good. */
static json_t *
doc_case(json_t *file, const char *name, const char *kind, const char *doc, const char *label, const enum who *by,
    size_t n, enum who expected, opener *open)
{
	const struct el_sign_pk key = pk(expected);
	json_t *seeds = json_array(), *c;
	struct el_document d;
	int r;

	el_document_init(&d, (uint8_t *)strdup(doc), strlen(doc));
	for (size_t i = 0; i < n; i++) {
		VEC_OK(el_document_sign(&d, people[by[i]].key, label));
		json_array_append_new(seeds, vec_hex_json(people[by[i]].seed, 32));
	}
	r = open(&d, &key);
	c = vec_case(file, name, r == EL_OK);
	vec_text(c, "kind", kind);
	vec_text(c, "label", label);
	vec_text(c, "text", doc);
	vec_hex(c, "hash", d.hash.b, sizeof d.hash.b);
	vec_put(c, "seeds", seeds);
	vec_hex(c, "public", key.b, sizeof key.b);
	vec_put(c, "signed", el_document_to_json(&d));
	if (r != EL_OK)
		vec_text(c, "error", error_name(r));
	el_document_wipe(&d);
	return c;
}

/* The same, which must be good.  (json_is_true() looks at its argument twice.) */
static void
doc_good(
    json_t *file, const char *name, const char *kind, const char *doc, const char *label, enum who by, opener *open)
{
	const json_t *valid = json_object_get(doc_case(file, name, kind, doc, label, &by, 1, by, open), "valid");

	if (!json_is_true(valid))
		vec_die(__FILE__, __LINE__, name);
}

struct edit {
	const char *name, *find, *put;
};

/* doc with the first `find` replaced; the caller's. */
static char *
edited(const char *doc, const struct edit *e)
{
	const char *at = strstr(doc, e->find);
	char *out;

	if (at == NULL)
		vec_die(__FILE__, __LINE__, e->name);
	VEC_CHECK((out = malloc(strlen(doc) + strlen(e->put) + 1)) != NULL);
	sprintf(out, "%.*s%s%s", (int)(at - doc), doc, e->put, at + strlen(e->find));
	return out;
}

struct family {
	const char *kind, *label;
	char *doc;
	enum who by;
	opener *open;
};

static void
edits(json_t *file, const struct family *f, const struct edit *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *doc = edited(f->doc, &list[i]), name[120];
		const json_t *valid;

		snprintf(name, sizeof name, "%s: %s", f->kind, list[i].name);
		valid =
		    json_object_get(doc_case(file, name, f->kind, doc, f->label, &f->by, 1, f->by, f->open), "valid");
		if (json_is_true(valid))
			vec_die(__FILE__, __LINE__, name);
		free(doc);
	}
}

/* The good one, and what is wrong whatever the kind. */
static void
common(json_t *file, const struct family *f)
{
	static const struct edit list[] = {
		{ "another version", "{\"version\":1,", "{\"version\":2," },
		{ "a version of another type", "{\"version\":1,", "{\"version\":\"1\"," },
		{ "a field left out", "{\"version\":1,", "{" },
		{ "an unknown field", "{\"version\":1,", "{\"version\":1,\"more\":1," },
		{ "a field twice", "{\"version\":1,", "{\"version\":1,\"version\":1," },
		{ "a line end", "{\"version\":1,", "{\n\"version\":1," },
		{ "a deployment of 33 bytes", "\"deployment\":\"", "\"deployment\":\"A" },
	};
	const enum who stranger = STRANGER;
	char name[120], *spaced;
	const struct edit space = { "", "{\"version\":1,", "{ \"version\" : 1 , " };

	snprintf(name, sizeof name, "%s: good", f->kind);
	doc_good(file, name, f->kind, f->doc, f->label, f->by, f->open);
	snprintf(name, sizeof name, "%s: spaces between tokens (read, though we write none)", f->kind);
	spaced = edited(f->doc, &space);
	doc_good(file, name, f->kind, spaced, f->label, f->by, f->open);
	free(spaced);
	snprintf(name, sizeof name, "%s: signed by a stranger", f->kind);
	doc_case(file, name, f->kind, f->doc, f->label, &stranger, 1, f->by, f->open);
	snprintf(name, sizeof name, "%s: signed under another label", f->kind);
	doc_case(file, name, f->kind, f->doc, "EL1-destroy", &f->by, 1, f->by, f->open);
	snprintf(name, sizeof name, "%s: not signed", f->kind);
	doc_case(file, name, f->kind, f->doc, f->label, NULL, 0, f->by, f->open);
	edits(file, f, list, sizeof list / sizeof list[0]);
}

static char *
as_text(uint8_t *doc, size_t len)
{
	char *t = strndup((char *)doc, len);

	VEC_CHECK(t != NULL && strlen(t) == len);
	free(doc);
	return t;
}

/* --- policy --- */

static int
open_policy(const struct el_document *d, const struct el_sign_pk *root)
{
	static struct el_policy out;

	return el_policy_open(d, root, &out);
}

static void
officer(enum who w, const char *name, const char *group, int64_t from, int64_t to)
{
	struct el_policy_officer *o = &policy.officers[policy.n_officers++];

	o->key = pk(w);
	text(o->name, sizeof o->name, name);
	text(o->group, sizeof o->group, group);
	o->from = from;
	o->to = to;
}

static void
need(enum el_order_kind kind, const char *group, unsigned count)
{
	struct el_quorum *q = &policy.quorums[kind];

	text(q->groups[q->n_groups].group, sizeof q->groups[0].group, group);
	q->groups[q->n_groups++].count = count;
}

static void
fill_policy(void)
{
	static const char *const groups[] = { "health", "court", "privacy" };
	char label[40];

	memset(&policy, 0, sizeof policy);
	policy.deployment = deployment;
	policy.serial = 5;
	policy.not_after = NOW + 300 * DAY;
	policy.day_offset = 18000;
	policy.threshold = 2;
	policy.n_trustees = 3;
	for (unsigned i = 0; i < 3; i++) {
		policy.trustees[i].index = i + 1;
		snprintf(policy.trustees[i].name, EL_TITLE_MAX, "trustee \"%u\"", i + 1);
		text(policy.trustees[i].group, sizeof policy.trustees[i].group, groups[i]);
		snprintf(label, sizeof label, "documents/trustee %u", i + 1);
		point(label, &policy.trustees[i].box_key);
	}
	officer(HEALTH, "\xed\x99\x8d", "health", NOW - 10 * DAY, NOW + 10 * DAY);
	officer(HEALTH_2, "b", "health", NOW - 10 * DAY, NOW);
	officer(COURT, "c", "court", NOW - 10 * DAY, NOW + 10 * DAY);
	officer(PRIVACY, "d", "privacy", NOW, NOW + 10 * DAY);
	text(policy.health_group, sizeof policy.health_group, "health");
	need(EL_ORDER_CONTACTS, "health", 1);
	need(EL_ORDER_CONTACTS, "court", 1);
	need(EL_ORDER_TRACE, "court", 1);
	need(EL_ORDER_NOTICE, "privacy", 1);
	need(EL_ORDER_RECOVERY, "privacy", 1);
	policy.consent = 3;
	policy.n_templates = 2;
	policy.templates[0].number = 1;
	text(policy.templates[0].ko, sizeof policy.templates[0].ko, "\xea\xb0\x80");
	text(policy.templates[0].en, sizeof policy.templates[0].en, "a \"quoted\" text");
	policy.templates[1].number = 65535;
	text(policy.templates[1].ko, sizeof policy.templates[1].ko, "\xeb\x82\x98");
	text(policy.templates[1].en, sizeof policy.templates[1].en, "b");
	policy.n_witnesses = 2;
	policy.witnesses[0].trustee = 1;
	policy.witnesses[0].key = pk(WITNESS_1);
	policy.witnesses[1].trustee = 3;
	policy.witnesses[1].key = pk(WITNESS_3);
	policy.cap_items = 50000;
}

/* What may be left empty, as a policy without notices, witnesses and caps of its own does. */
static void
make_bare_policy(json_t *file)
{
	const size_t n_templates = policy.n_templates, n_witnesses = policy.n_witnesses;
	const uint32_t cap_items = policy.cap_items;
	uint8_t *doc;
	size_t len;
	char *bare;

	policy.n_templates = policy.n_witnesses = policy.cap_items = 0;
	VEC_OK(el_policy_encode(&policy, &doc, &len));
	bare = as_text(doc, len);
	doc_good(file, "policy: no templates, no witnesses, no caps", "policy", bare, "EL1-policy", ROOT, open_policy);
	free(bare);
	policy.n_templates = n_templates;
	policy.n_witnesses = n_witnesses;
	policy.cap_items = cap_items;
}

static void
make_policy(json_t *file)
{
	static const struct edit list[] = {
		{ "day_offset of a whole day", "\"day_offset\":18000", "\"day_offset\":86400" },
		{ "a threshold of half the trustees or less", "\"threshold\":2", "\"threshold\":1" },
		{ "a threshold above the number of trustees", "\"threshold\":2", "\"threshold\":4" },
		{ "a threshold of 0", "\"threshold\":2", "\"threshold\":0" },
		{ "trustees not counted from 1", "\"index\":1", "\"index\":4" },
		{ "a trustee twice", "\"index\":2", "\"index\":1" },
		{ "the health authority holds a threshold", "\"group\":\"court\",\"box_key\"",
		    "\"group\":\"health\",\"box_key\"" },
		{ "a quorum of the health authority alone", "\"kind\":\"notice\",\"groups\":[{\"group\":\"privacy\"",
		    "\"kind\":\"notice\",\"groups\":[{\"group\":\"health\"" },
		{ "a quorum of nobody", "\"kind\":\"notice\",\"groups\":[{\"group\":\"privacy\",\"count\":1}]",
		    "\"kind\":\"notice\",\"groups\":[]" },
		{ "a count of 0", "\"kind\":\"notice\",\"groups\":[{\"group\":\"privacy\",\"count\":1}",
		    "\"kind\":\"notice\",\"groups\":[{\"group\":\"privacy\",\"count\":0}" },
		{ "a kind twice", "\"kind\":\"notice\"", "\"kind\":\"trace\"" },
		{ "an unknown kind", "\"kind\":\"notice\"", "\"kind\":\"search\"" },
		{ "a template that is a number", "\"templates\":[{\"number\":1,", "\"templates\":[1,{\"number\":1," },
		{ "a template with the number 0", "\"templates\":[{\"number\":1,", "\"templates\":[{\"number\":0," },
		{ "templates not ascending", "\"templates\":[{\"number\":1,", "\"templates\":[{\"number\":65535," },
		{ "a template without a text", "\"en\":\"b\"", "\"en\":\"\"" },
		{ "a template in one language", ",\"en\":\"b\"", "" },
		{ "templates null", "\"templates\":[", "\"templates\":null,\"more\":[" },
		{ "witnesses null", "\"witnesses\":[", "\"witnesses\":null,\"more\":[" },
		{ "a witness that is no trustee", "{\"trustee\":3", "{\"trustee\":4" },
		{ "a witness twice", "{\"trustee\":3", "{\"trustee\":1" },
		{ "a witness with the number 0", "{\"trustee\":1", "{\"trustee\":0" },
		{ "caps without items", "\"caps\":{\"items\":50000}", "\"caps\":{}" },
		{ "a cap of 0", "\"caps\":{\"items\":50000}", "\"caps\":{\"items\":0}" },
		{ "a cap above 1000000", "\"caps\":{\"items\":50000}", "\"caps\":{\"items\":1000001}" },
		{ "a second cap", "\"caps\":{\"items\":50000}", "\"caps\":{\"items\":50000,\"days\":1}" },
		{ "caps left out", ",\"caps\":{\"items\":50000}", "" },
		{ "consent above 65535", "\"consent\":3", "\"consent\":65536" },
		{ "a negative serial", "\"serial\":5", "\"serial\":-5" },
		{ "lab as a number", "\"lab\":false", "\"lab\":0" },
		{ "an empty health group", "\"health_group\":\"health\"", "\"health_group\":\"\"" },
	};
	struct family f = { "policy", "EL1-policy", NULL, ROOT, open_policy };
	uint8_t *doc;
	size_t len;

	fill_policy();
	VEC_OK(el_policy_encode(&policy, &doc, &len));
	el_sha256(doc, len, &policy.hash);
	f.doc = as_text(doc, len);
	common(file, &f);
	edits(file, &f, list, sizeof list / sizeof list[0]);
	free(f.doc);
	make_bare_policy(file);
}

/* --- bundle and directory --- */

static int
open_bundle(const struct el_document *d, const struct el_sign_pk *root)
{
	static struct el_bundle out;

	return el_bundle_open(d, root, &out);
}

static void
make_bundle(json_t *file)
{
	static const struct edit list[] = {
		{ "epochs not ascending", "\"epoch\":20701", "\"epoch\":20700" },
		{ "an epoch above 65535", "\"epoch\":20701", "\"epoch\":65536" },
		{ "no traces", "\"traces\":", "\"trace\":" },
		{ "a threshold that the lists do not have", "\"threshold\":2", "\"threshold\":3" },
		{ "a commitment too many", "\"links\":[\"",
		    "\"links\":[\"4vKuCmq8TnGoYaiDxSi_WOMFtYEQQcIcW2oyyRjd4HY\",\"" },
		{ "trustees not counted from 1", "\"index\":1", "\"index\":0" },
	};
	static struct el_bundle b;
	struct family f = { "bundle", "EL1-bundle", NULL, ROOT, open_bundle };
	struct edit identity = { .name = "the identity as Y",
		.put = "\"links\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" };
	char label[60], first[60];
	uint8_t *doc;
	size_t len;

	memset(&b, 0, sizeof b);
	b.deployment = deployment;
	b.serial = 8;
	b.not_after = NOW + 60 * DAY;
	b.threshold = 2;
	b.n_trustees = 3;
	for (unsigned i = 0; i < 3; i++) {
		b.trustees[i].index = i + 1;
		b.trustees[i].box_key = policy.trustees[i].box_key;
	}
	b.n_epochs = 2;
	for (unsigned i = 0; i < 2; i++) {
		b.epochs[i].epoch = (el_epoch)(20700 + i);
		for (unsigned k = 0; k < 2; k++) {
			snprintf(label, sizeof label, "documents/bundle/%u/%u/Y", i, k);
			point(label, &b.epochs[i].links[k]);
			snprintf(label, sizeof label, "documents/bundle/%u/%u/Z", i, k);
			point(label, &b.epochs[i].traces[k]);
			snprintf(label, sizeof label, "documents/bundle/%u/%u/W", i, k);
			point(label, &b.epochs[i].recovery[k]);
		}
	}
	VEC_OK(el_bundle_encode(&b, &doc, &len));
	f.doc = as_text(doc, len);
	common(file, &f);
	edits(file, &f, list, sizeof list / sizeof list[0]);
	snprintf(first, sizeof first, "%.54s", strstr(f.doc, "\"links\":["));
	identity.find = first;
	edits(file, &f, &identity, 1);
	free(f.doc);
}

static int
open_directory(const struct el_document *d, const struct el_sign_pk *root)
{
	static struct el_directory out;

	return el_directory_open(d, root, &out);
}

static void
make_directory(json_t *file)
{
	static const struct edit list[] = {
		{ "issuer 0", "\"issuer\":7", "\"issuer\":0" },
		{ "issuer 256", "\"issuer\":7", "\"issuer\":256" },
		{ "two keys for one epoch", "\"from\":20700", "\"from\":20699" },
		{ "a range that ends before it begins", "\"from\":20700,\"to\":20999", "\"from\":20700,\"to\":20699" },
		{ "no keys", "\"keys\":[{\"from\":20000", "\"keys\":[],\"more\":[{\"from\":20000" },
		{ "no log_key", ",\"log_key\":null", "" },
		{ "a log_key of small order", "\"log_key\":null",
		    "\"log_key\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" },
	};
	static struct el_directory d;
	struct family f = { "directory", "EL1-directory", NULL, ROOT, open_directory };
	struct el_issuer_entry *e = &d.issuers[0];
	uint8_t *doc;
	size_t len;

	memset(&d, 0, sizeof d);
	d.deployment = deployment;
	d.serial = 2;
	d.not_after = NOW + 90 * DAY;
	d.n_issuers = 1;
	e->issuer = 7;
	text(e->name, sizeof e->name, "an issuer");
	text(e->url, sizeof e->url, "https://issuer.example");
	e->n_keys = 2;
	e->keys[0].from = 20000;
	e->keys[0].to = 20699;
	e->keys[0].key = pk(ISSUER);
	e->keys[1].from = 20700;
	e->keys[1].to = 20999;
	e->keys[1].key = pk(NEXT);
	e->answer_key = pk(ISSUER_ANSWER);
	e->has_log_key = true;
	e->log_key = pk(LOG);
	text(d.registry.name, sizeof d.registry.name, "the registry");
	text(d.registry.url, sizeof d.registry.url, "https://registry.example:8443");
	d.registry.answer_key = pk(REGISTRY);
	VEC_OK(el_directory_encode(&d, &doc, &len));
	f.doc = as_text(doc, len);
	common(file, &f);
	edits(file, &f, list, sizeof list / sizeof list[0]);
	free(f.doc);
}

/* --- scopes --- */

static void
scope_case(json_t *file, const char *name, const char *kind, const char *party, const char *scope, struct el_hash *hash)
{
	static struct el_disclosed d;
	static struct el_scope s;
	const int r = el_scope_parse((const uint8_t *)scope, strlen(scope), &s);
	json_t *c;
	char full[140];

	memset(&d, 0, sizeof d);
	text(d.party, sizeof d.party, party);
	vec_derive(name, d.salt, sizeof d.salt);
	memcpy(d.scope, scope, strlen(scope));
	d.len = strlen(scope);
	el_scope_hash(&d, hash);
	snprintf(full, sizeof full, "scope: %s", name);
	c = vec_case(file, full, r == EL_OK);
	vec_text(c, "kind", "scope");
	vec_text(c, "order_kind", kind);
	vec_text(c, "party", party);
	vec_hex(c, "salt", d.salt, sizeof d.salt);
	vec_text(c, "text", scope);
	vec_hex(c, "hash", hash->b, sizeof hash->b);
	vec_put(c, "disclosed", el_disclosed_to_json(&d));
	if (r != EL_OK)
		vec_text(c, "error", error_name(r));
}

static void
make_scopes(json_t *file, struct el_hash hashes[2])
{
	static const struct {
		const char *name, *kind, *party, *scope;
	} bad[] = {
		{ "no venues", "contacts", "registry", "{\"venues\":[],\"from\":1788490800,\"to\":1788494400}" },
		{ "a venue twice", "contacts", "registry", "{\"venues\":[1,1],\"from\":1788490800,\"to\":1788494400}" },
		{ "a venue above u32", "contacts", "registry",
		    "{\"venues\":[4294967296],\"from\":1788490800,\"to\":1788494400}" },
		{ "a window that ends before it begins", "contacts", "registry",
		    "{\"venues\":[1],\"from\":1788494400,\"to\":1788490800}" },
		{ "no window", "contacts", "registry", "{\"venues\":[1]}" },
		{ "an unknown field", "contacts", "registry",
		    "{\"venues\":[1],\"from\":1788490800,\"to\":1788494400,\"why\":\"x\"}" },
		{ "links with a window", "contacts", "issuer:7",
		    "{\"opened\":\"links\",\"from\":1788490800,\"to\":1788494400}" },
		{ "a notice without a day", "notice", "issuer:7", "{\"opened\":\"links\",\"template\":1}" },
		{ "a notice with the template 0", "notice", "issuer:7",
		    "{\"opened\":\"links\",\"template\":0,\"day\":20700}" },
		{ "a notice with the template 65536", "notice", "issuer:7",
		    "{\"opened\":\"links\",\"template\":65536,\"day\":20700}" },
		{ "a notice of the day 65536", "notice", "issuer:7",
		    "{\"opened\":\"links\",\"template\":1,\"day\":65536}" },
		{ "a notice with a window", "notice", "issuer:7",
		    "{\"opened\":\"links\",\"template\":1,\"day\":20700,\"from\":1788490800,\"to\":1788494400}" },
		{ "secrets without a window", "trace", "registry", "{\"opened\":\"secrets\"}" },
		{ "something else opened", "trace", "registry", "{\"opened\":\"doors\"}" },
		{ "no phones", "trace", "issuer:7", "{\"phones\":[]}" },
		{ "a phone twice", "trace", "issuer:7", "{\"phones\":[\"+821000000000\",\"+821000000000\"]}" },
		{ "a phone in national form", "trace", "issuer:7", "{\"phones\":[\"01000000000\"]}" },
		{ "a phone with +820", "trace", "issuer:7", "{\"phones\":[\"+8201000000000\"]}" },
		{ "phones and venues", "trace", "issuer:7", "{\"phones\":[\"+821000000000\"],\"venues\":[1]}" },
		{ "an empty object", "contacts", "registry", "{}" },
	};
	struct el_hash h;

	scope_case(file, "venues and a window", "contacts", "registry",
	    "{\"venues\":[41,4294967295],\"from\":1788490801,\"to\":1788500000}", &hashes[0]);
	scope_case(file, "links", "contacts", "issuer:7", "{\"opened\":\"links\"}", &hashes[1]);
	scope_case(file, "secrets and a window", "trace", "registry",
	    "{\"opened\":\"secrets\",\"from\":1788490800,\"to\":1788490800}", &h);
	scope_case(file, "a notice", "notice", "issuer:7", "{\"opened\":\"links\",\"template\":65535,\"day\":20700}", &h);
	scope_case(file, "venues and a window, for a notice", "notice", "registry",
	    "{\"venues\":[41],\"from\":1788490800,\"to\":1788494400}", &h);
	scope_case(file, "phones", "trace", "issuer:255", "{\"phones\":[\"+821000000000\",\"+1000000\"]}", &h);
	scope_case(
	    file, "with spaces: other bytes, another hash", "contacts", "issuer:7", "{ \"opened\": \"links\" }", &h);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		scope_case(file, bad[i].name, bad[i].kind, bad[i].party, bad[i].scope, &h);
}

/* --- orders --- */

static int
open_order(const struct el_document *d, const struct el_sign_pk *officer_key)
{
	static struct el_order out;
	int r = el_document_verify(d, officer_key, "EL1-order");

	if (r != EL_OK)
		return EL_ECRYPTO;
	return el_order_parse(d->doc, d->len, &out);
}

static char *
order_text(const struct el_hash scopes[2], enum el_order_kind kind, int64_t created, int64_t expires)
{
	static const char *const parties[2] = { "registry", "issuer:7" };
	static struct el_order o;
	uint8_t *doc;
	size_t len;

	memset(&o, 0, sizeof o);
	o.deployment = deployment;
	o.policy = policy.hash;
	vec_derive("documents/order id", o.id, sizeof o.id);
	vec_derive("documents/case", o.case_hash.b, sizeof o.case_hash.b);
	o.kind = kind;
	o.created = created;
	o.expires = expires;
	o.first_epoch = 20700;
	o.last_epoch = 20700;
	o.executor = pk(EXECUTOR);
	point("documents/order key", &o.box_key);
	o.n_audience = 2;
	for (size_t i = 0; i < 2; i++) {
		text(o.audience[i].party, sizeof o.audience[i].party, parties[i]);
		o.audience[i].scope = scopes[i];
		o.audience[i].items = 1000;
	}
	VEC_OK(el_order_encode(&o, &doc, &len));
	return as_text(doc, len);
}

static void
make_order(json_t *file, const struct el_hash scopes[2], struct el_hash *hash)
{
	static const struct edit list[] = {
		{ "expires when it was created", "\"expires\":1788586400", "\"expires\":1788499400" },
		{ "31 days after its first epoch", "\"last_epoch\":20700", "\"last_epoch\":20731" },
		{ "epochs in reverse", "\"first_epoch\":20700", "\"first_epoch\":20701" },
		{ "an unknown kind", "\"kind\":\"contacts\"", "\"kind\":\"Contacts\"" },
		{ "a party twice", "\"party\":\"issuer:7\"", "\"party\":\"registry\"" },
		{ "issuer 0", "\"party\":\"issuer:7\"", "\"party\":\"issuer:0\"" },
		{ "issuer 256", "\"party\":\"issuer:7\"", "\"party\":\"issuer:256\"" },
		{ "an issuer with a leading zero", "\"party\":\"issuer:7\"", "\"party\":\"issuer:07\"" },
		{ "an issuer without a number", "\"party\":\"issuer:7\"", "\"party\":\"issuer:\"" },
		{ "another party", "\"party\":\"issuer:7\"", "\"party\":\"authority\"" },
		{ "a limit of 0", "{\"items\":1000}", "{\"items\":0}" },
		{ "a limit of 20001", "{\"items\":1000}", "{\"items\":20001}" },
		{ "a second limit", "{\"items\":1000}", "{\"items\":1000,\"days\":1}" },
		{ "an id of 19 bytes", "\"id\":\"", "\"id\":\"AAAA" },
	};
	struct family f = { "order", "EL1-order", NULL, HEALTH, open_order };
	struct edit days = { "", "\"last_epoch\":20700", "\"last_epoch\":20730" };
	char *doc;

	f.doc = order_text(scopes, EL_ORDER_CONTACTS, NOW - 600, NOW - 600 + DAY + 600);
	el_sha256(f.doc, strlen(f.doc), hash);
	common(file, &f);
	edits(file, &f, list, sizeof list / sizeof list[0]);
	doc = edited(f.doc, &days);
	doc_good(file, "order: 31 epochs", "order", doc, f.label, f.by, open_order);
	free(doc);
	free(f.doc);
}

/* Against the policy above, at a time: the code of 7.1's sequence. */
static void
judge_case(json_t *file, const char *name, const char *doc, const enum who *by, size_t n, bool spoil, int64_t now)
{
	static struct el_order out;
	json_t *seeds = json_array(), *c;
	struct el_document d;
	char full[140];
	enum el_code code;

	el_document_init(&d, (uint8_t *)strdup(doc), strlen(doc));
	for (size_t i = 0; i < n; i++) {
		VEC_OK(el_document_sign(&d, people[by[i]].key, "EL1-order"));
		json_array_append_new(seeds, vec_hex_json(people[by[i]].seed, 32));
	}
	if (spoil)
		d.signatures[n - 1].sig.b[40] ^= 1;
	code = el_order_check(&d, &policy, now, &out);
	snprintf(full, sizeof full, "judged: %s", name);
	c = vec_case(file, full, code == EL_CODE_OK);
	vec_text(c, "kind", "judge");
	vec_text(c, "policy", "policy: good");
	vec_int(c, "now", now);
	vec_text(c, "text", doc);
	vec_put(c, "seeds", seeds);
	vec_put(c, "signed", el_document_to_json(&d));
	vec_text(c, "code", el_code_name(code));
	el_document_wipe(&d);
}

static void
make_judged(json_t *file, const struct el_hash scopes[2])
{
	static const enum who both[] = { HEALTH, COURT }, retired[] = { HEALTH_2, COURT }, fresh[] = { PRIVACY },
			      more[] = { STRANGER, COURT, HEALTH }, one[] = { COURT };
	char *doc = order_text(scopes, EL_ORDER_CONTACTS, NOW - 600, NOW + DAY), *other;
	struct edit e = { .name = "another policy" };
	char find[80];

	judge_case(file, "the quorum signed", doc, both, 2, false, NOW);
	judge_case(file, "a stranger signed too", doc, more, 3, false, NOW);
	judge_case(file, "court alone", doc, one, 1, false, NOW);
	judge_case(file, "nobody", doc, NULL, 0, false, NOW);
	judge_case(file, "an officer whose time is over since this second", doc, retired, 2, false, NOW);
	judge_case(file, "the same officer one second before", doc, retired, 2, false, NOW - 1);
	judge_case(file, "one signature does not verify", doc, both, 2, true, NOW);
	judge_case(file, "the last second", doc, both, 2, false, NOW + DAY - 1);
	judge_case(file, "expired", doc, both, 2, false, NOW + DAY);
	free(doc);
	doc = order_text(scopes, EL_ORDER_CONTACTS, NOW, NOW + 14 * DAY);
	judge_case(file, "a life of 14 days", doc, both, 2, false, NOW);
	free(doc);
	doc = order_text(scopes, EL_ORDER_CONTACTS, NOW, NOW + DAY);
	snprintf(find, sizeof find, "%.54s", strstr(doc, "\"policy\""));
	e.find = find;
	e.put = "\"policy\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"";
	other = edited(doc, &e);
	judge_case(file, "another policy", other, both, 2, false, NOW);
	judge_case(file, "another policy, and no quorum either", other, one, 1, false, NOW);
	free(other);
	free(doc);
	doc = order_text(scopes, EL_ORDER_NOTICE, NOW, NOW + DAY);
	judge_case(file, "a notice by privacy in its first second", doc, fresh, 1, false, NOW);
	judge_case(file, "a notice by privacy one second before", doc, fresh, 1, false, NOW - 1);
	judge_case(file, "a notice by the quorum of contacts", doc, both, 2, false, NOW);
	free(doc);
}

/* --- releases and trace statements --- */

static int
open_release(const struct el_document *d, const struct el_sign_pk *registry)
{
	struct el_release out;

	return el_release_open(d, registry, &out);
}

static int
open_trace(const struct el_document *d, const struct el_sign_pk *issuer)
{
	struct el_trace_statement out;
	const int r = el_trace_statement_open(d, issuer, &out);

	el_trace_statement_wipe(&out);
	return r;
}

static void
make_answers(json_t *file, const struct el_hash *order)
{
	static const struct edit release_edits[] = {
		{ "a count as text", "\"count\":3", "\"count\":\"3\"" },
	};
	static const struct edit trace_edits[] = {
		{ "issuer 0", "\"issuer\":7", "\"issuer\":0" },
		{ "an epoch above 65535", "\"epoch\":20701", "\"epoch\":65536" },
		{ "rows as an object", "\"rows\":[", "\"rows\":{},\"more\":[" },
		{ "a row with one field more", "{\"epoch\":20701", "{\"phone\":\"+821000000000\",\"epoch\":20701" },
	};
	struct el_release release = { .deployment = deployment, .order = *order, .count = 3 };
	struct el_trace_row rows[2] = { { .epoch = 20700 }, { .epoch = 20701 } };
	struct el_trace_statement s = {
		.deployment = deployment, .order = *order, .issuer = 7, .rows = rows, .n_rows = 2
	};
	struct family f = { "release", "EL1-release", NULL, REGISTRY, open_release };
	struct family g = { "trace", "EL1-trace", NULL, ISSUER_ANSWER, open_trace };
	struct el_document d;

	vec_derive("documents/release root", release.root.b, sizeof release.root.b);
	VEC_OK(el_release_sign(&release, people[REGISTRY].key, &d));
	f.doc = strndup((char *)d.doc, d.len);
	el_document_wipe(&d);
	common(file, &f);
	edits(file, &f, release_edits, sizeof release_edits / sizeof release_edits[0]);
	free(f.doc);
	for (size_t i = 0; i < 2; i++) {
		vec_derive(i == 0 ? "documents/com 0" : "documents/com 1", rows[i].com, sizeof rows[i].com);
		vec_derive(i == 0 ? "documents/box 0" : "documents/box 1", rows[i].box.b, sizeof rows[i].box.b);
	}
	VEC_OK(el_trace_statement_sign(&s, people[ISSUER_ANSWER].key, &d));
	g.doc = strndup((char *)d.doc, d.len);
	el_document_wipe(&d);
	common(file, &g);
	edits(file, &g, trace_edits, sizeof trace_edits / sizeof trace_edits[0]);
	free(g.doc);
}

/* --- the outer form --- */

static void
outer_case(json_t *file, const char *name, const char *json)
{
	json_t *j = json_loads(json, 0, NULL), *c;
	struct el_document d;
	char full[140];
	int r;

	VEC_CHECK(j != NULL);
	r = el_document_from_json(j, &d);
	snprintf(full, sizeof full, "outer form: %s", name);
	c = vec_case(file, full, r == EL_OK);
	vec_text(c, "kind", "document");
	vec_put(c, "signed", j);
	if (r != EL_OK)
		vec_text(c, "error", error_name(r));
	else
		vec_hex(c, "hash", d.hash.b, sizeof d.hash.b);
	el_document_wipe(&d);
}

#define K "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define S K "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void
make_outer(json_t *file)
{
	static char many[65 * 200 + 100];
	size_t n;

	outer_case(file, "no signatures", "{\"doc\":\"e30\",\"signatures\":[]}");
	outer_case(file, "one signature, of whatever worth",
	    "{\"doc\":\"e30\",\"signatures\":[{\"key\":\"" K "\",\"sig\":\"" S "\"}]}");
	outer_case(file, "two signatures by one key",
	    "{\"doc\":\"e30\",\"signatures\":[{\"key\":\"" K "\",\"sig\":\"" S "\"},{\"key\":\"" K "\",\"sig\":\"" S
	    "\"}]}");
	outer_case(file, "a key of 31 bytes",
	    "{\"doc\":\"e30\",\"signatures\":[{\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"sig\":\"" S
	    "\"}]}");
	outer_case(file, "a signature of 32 bytes",
	    "{\"doc\":\"e30\",\"signatures\":[{\"key\":\"" K "\",\"sig\":\"" K "\"}]}");
	outer_case(file, "a signature with one field more",
	    "{\"doc\":\"e30\",\"signatures\":[{\"key\":\"" K "\",\"sig\":\"" S "\",\"name\":\"x\"}]}");
	outer_case(file, "padding", "{\"doc\":\"e30=\",\"signatures\":[]}");
	outer_case(file, "trailing bits", "{\"doc\":\"e31\",\"signatures\":[]}");
	outer_case(file, "an unknown field", "{\"doc\":\"e30\",\"signatures\":[],\"note\":\"x\"}");
	outer_case(file, "no signatures field", "{\"doc\":\"e30\"}");
	outer_case(file, "doc as an object", "{\"doc\":{},\"signatures\":[]}");
	outer_case(file, "letters beyond ASCII in doc", "{\"doc\":\"e\xc3\xbf\",\"signatures\":[]}");
	for (int count = 64; count <= 65; count++) {
		n = (size_t)sprintf(many, "{\"doc\":\"e30\",\"signatures\":[");
		for (int i = 0; i < count; i++)
			n += (size_t)sprintf(many + n, "%s{\"key\":\"%.41s%c%c\",\"sig\":\"" S "\"}", i > 0 ? "," : "",
			    K, 'A' + i / 16, "AEIMQUYcgkosw048"[i % 16]);
		sprintf(many + n, "]}");
		outer_case(file, count == 64 ? "64 signatures" : "65 signatures", many);
	}
}

json_t *
make_documents(void)
{
	json_t *file = vec_file("documents");
	struct el_hash scopes[2], order;

	for (size_t i = 0; i < PEOPLE; i++) {
		vec_derive(people[i].label, people[i].seed, 32);
		VEC_OK(el_sign_key_new(people[i].seed, &people[i].key));
	}
	el_sha256(el_sign_key_pk(people[ROOT].key)->b, 32, &deployment);
	make_policy(file);
	make_bundle(file);
	make_directory(file);
	make_scopes(file, scopes);
	make_order(file, scopes, &order);
	make_judged(file, scopes);
	make_answers(file, &order);
	make_outer(file);
	for (size_t i = 0; i < PEOPLE; i++)
		el_sign_key_free(people[i].key);
	return file;
}
