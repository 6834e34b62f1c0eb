/* Entries of the public log, and the proofs that answers to orders carry (protocol 12.10). */
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "log/tiles.h"
#include "order/log_proof.h"
#include "vectors.h"

#define NOW 1788500000
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HEAD(type) "{\"version\":1,\"type\":\"" type "\",\"time\":1788500000,"
#define ORDER(kind, count) HEAD("order") "\"order\":\"" HASH "\",\"kind\":\"" kind "\",\"answer\":\"" HASH "\",\"count\":" count "}"
#define SEGMENT(epoch, segment, count) \
	HEAD("segment") "\"epoch\":" epoch ",\"segment\":" segment ",\"count\":" count ",\"root\":\"" HASH "\"}"

static const char *
error_name(int r)
{
	switch (r) {
	case EL_EFORMAT:
		return "format";
	case EL_ELIMIT:
		return "limit";
	default:
		VEC_CHECK(r == EL_ECRYPTO);
		return "crypto";
	}
}

/* ---- Entries ---- */

static void
entry(json_t *file, const char *name, const char *text, size_t len, bool valid)
{
	uint8_t again[EL_ENTRY_MAX];
	struct el_log_entry e;
	struct el_hash leaf;
	json_t *const c = vec_case(file, name, valid);
	size_t n;
	const int r = el_log_entry_parse((const uint8_t *)text, len, &e);

	VEC_CHECK((r == EL_OK) == valid);
	vec_text(c, "kind", "entry");
	vec_text_n(c, "text", text, len);
	if (!valid) {
		vec_text(c, "error", error_name(r));
		return;
	}
	VEC_OK(el_log_entry_encode(&e, again, &n));
	vec_text_n(c, "again", (const char *)again, n);
	el_entry_leaf((const uint8_t *)text, len, &leaf);
	vec_hex(c, "leaf", leaf.b, sizeof leaf.b);
}

static void
entries(json_t *file)
{
	static const char *const good[] = { ORDER("contacts", "\"0\""), ORDER("trace", "\"1-9\""), ORDER("notice", "\"10\""),
		ORDER("recovery", "\"20000\""), ORDER("contacts", "\"9007199254740991\""), SEGMENT("20700", "3", "1000000"),
		SEGMENT("65535", "4294967295", "0"),
		HEAD("refused") "\"order\":\"" HASH "\",\"kind\":\"contacts\",\"code\":\"limit_exceeded\"}",
		HEAD("refused") "\"order\":\"" HASH "\",\"kind\":\"trace\",\"code\":\"proof_missing\"}",
		HEAD("identities") "\"epoch\":20700,\"count\":12,\"root\":\"" HASH "\"}",
		HEAD("destroyed") "\"epoch\":20671,\"count\":12}",
		HEAD("document") "\"document\":\"policy\",\"serial\":2,\"hash\":\"" HASH "\"}",
		HEAD("document") "\"document\":\"bundle\",\"serial\":0,\"hash\":\"" HASH "\"}",
		HEAD("document") "\"document\":\"directory\",\"serial\":9007199254740991,\"hash\":\"" HASH "\"}",
		HEAD("checkpoint") "\"party\":\"issuer:7\",\"size\":70000,\"root\":\"" HASH "\"}",
		"{ \"epoch\": 20671, \"count\": 12, \"time\": 1788500000, \"type\": \"destroyed\", \"version\": 1 }" };
	static const char *const bad[] = { "", "{}", "[]", "null", ORDER("contacts", "\"1\""), ORDER("contacts", "\"9\""),
		ORDER("contacts", "\"00\""), ORDER("contacts", "\"010\""), ORDER("contacts", "\"1-8\""), ORDER("contacts", "\"-1\""),
		ORDER("contacts", "\"\""), ORDER("contacts", "\"10 \""), ORDER("contacts", "\"1e3\""), ORDER("contacts", "10"),
		ORDER("contacts", "\"9007199254740992\""), ORDER("visits", "\"0\""), ORDER("", "\"0\""), ORDER("contacts", "\"0\"") " ,",
		SEGMENT("65536", "3", "1"), SEGMENT("-1", "3", "1"), SEGMENT("20700", "4294967296", "1"), SEGMENT("20700", "\"3\"", "1"),
		SEGMENT("20700", "3", "1.0"), SEGMENT("20700", "3", "9007199254740992"), SEGMENT("20700", "3", "null"),
		SEGMENT("20700", "3", "1,\"more\":1"), SEGMENT("20700", "3", "1,\"epoch\":20700"),
		HEAD("segment") "\"epoch\":20700,\"count\":1,\"root\":\"" HASH "\"}",
		HEAD("identities") "\"epoch\":20700,\"segment\":0,\"count\":1,\"root\":\"" HASH "\"}",
		HEAD("identities") "\"epoch\":20700,\"count\":12,\"root\":\"A" HASH "\"}",
		HEAD("identities") "\"epoch\":20700,\"count\":12,\"root\":\"" HASH "=\"}",
		HEAD("identities") "\"epoch\":20700,\"count\":12,\"root\":\"\"}", HEAD("destroyed") "\"epoch\":20671}",
		HEAD("refused") "\"order\":\"" HASH "\",\"kind\":\"contacts\",\"code\":\"ok\"}",
		HEAD("refused") "\"order\":\"" HASH "\",\"kind\":\"contacts\",\"code\":\"unheard_of\"}",
		HEAD("document") "\"document\":\"order\",\"serial\":2,\"hash\":\"" HASH "\"}",
		HEAD("checkpoint") "\"party\":\"\",\"size\":1,\"root\":\"" HASH "\"}", HEAD("visit") "\"epoch\":1,\"count\":1}",
		"{\"version\":2,\"type\":\"destroyed\",\"time\":1,\"epoch\":1,\"count\":1}",
		"{\"version\":1,\"type\":\"destroyed\",\"time\":\"1\",\"epoch\":1,\"count\":1}",
		"{\"version\":1,\"type\":\"destroyed\",\"epoch\":1,\"count\":1}", "{\"version\":1,\"time\":1,\"epoch\":1,\"count\":1}",
		"{\"version\":1,\"type\":\"destroyed\",\"time\":1,\n\"epoch\":1,\"count\":1}" };
	char name[40], text[EL_ENTRY_MAX + 2];

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(name, sizeof name, "an entry %zu", i);
		entry(file, name, good[i], strlen(good[i]), true);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(name, sizeof name, "no entry %zu", i);
		entry(file, name, bad[i], strlen(bad[i]), false);
	}
	memset(text, ' ', sizeof text);
	memcpy(text, good[10], strlen(good[10]));
	entry(file, "as long as an entry can be", text, EL_ENTRY_MAX, true);
	entry(file, "a byte too long", text, EL_ENTRY_MAX + 1, false);
}

/* ---- Proofs ---- */

#define LEAVES 6
#define ANSWER 4

/* A log of six entries: a document, two roots, another order, the order's answer, and one behind it. */
struct log {
	struct el_hash deployment, order, answer;
	struct el_sign_key *key;
	char origin[EL_LOG_ORIGIN_MAX + 1];
	const char *party;
	struct el_logged logged[LEAVES];
};

static void
make_entries(struct log *l, enum el_entry_type roots)
{
	struct el_log_entry e[LEAVES] = { { .type = EL_ENTRY_DOCUMENT, .serial = 2 },
		{ .type = roots, .epoch = 20700, .segment = 0, .count = 3 },
		{ .type = roots, .epoch = 20701, .segment = 0, .count = 70000 },
		{ .type = EL_ENTRY_ORDER, .kind = EL_ORDER_CONTACTS },
		{ .type = EL_ENTRY_ORDER, .kind = EL_ORDER_CONTACTS, .order = l->order, .answer = l->answer, .count = 2 },
		{ .type = EL_ENTRY_DESTROYED, .epoch = 20671, .count = 5 } };
	struct el_hash leaves[LEAVES];

	vec_derive("publog/root 1", e[1].root.b, EL_HASH_LEN);
	vec_derive("publog/root 2", e[2].root.b, EL_HASH_LEN);
	vec_derive("publog/other order", e[3].order.b, EL_HASH_LEN);
	vec_derive("publog/other answer", e[3].answer.b, EL_HASH_LEN);
	for (unsigned i = 0; i < LEAVES; i++) {
		e[i].time_s = NOW + i;
		VEC_OK(el_log_entry_encode(&e[i], l->logged[i].entry, &l->logged[i].len));
		el_entry_leaf(l->logged[i].entry, l->logged[i].len, &leaves[i]);
	}
	for (unsigned i = 0; i < LEAVES; i++)
		el_tree_path(leaves, LEAVES, i, &l->logged[i].path);
}

static void
make_log(struct log *l, const char *party, enum el_entry_type roots)
{
	uint8_t seed[32];

	memset(l, 0, sizeof *l);
	vec_derive("publog/deployment", l->deployment.b, EL_HASH_LEN);
	vec_derive("publog/order", l->order.b, EL_HASH_LEN);
	vec_derive("publog/answer", l->answer.b, EL_HASH_LEN);
	vec_derive("publog/key", seed, sizeof seed);
	l->party = party;
	VEC_OK(el_log_origin(&l->deployment, party, l->origin));
	VEC_OK(el_sign_key_new(seed, &l->key));
	make_entries(l, roots);
}

/* What makes a proof a wrong one; the entries beside it are those of the log. */
struct wrong {
	const char *name;
	int error;
	unsigned answer, first, n_roots; /* which of the entries are shown as what */
	uint64_t size;			 /* of the checkpoint */
	int change;			 /* which of the changes below */
};
enum { NONE, OTHER_ORIGIN, OTHER_KEY, ROOT_TWICE, OTHER_INDEX, HASH_LESS, HASH_MORE, OTHER_HASH, OTHER_ENTRY, OTHER_ORDER, OTHER_ANSWER };

static void
sign(const struct log *l, const struct wrong *x, struct el_buf *note)
{
	struct el_checkpoint c = { .size = x->size };
	struct el_hash leaves[LEAVES];
	struct el_sign_key *other = NULL;
	uint8_t seed[32];

	for (unsigned i = 0; i < LEAVES; i++)
		el_entry_leaf(l->logged[i].entry, l->logged[i].len, &leaves[i]);
	el_tree_root(leaves, LEAVES, &c.root);
	VEC_OK(el_log_origin(&l->deployment, x->change == OTHER_ORIGIN ? "issuer:200" : l->party, c.origin));
	vec_derive("publog/other key", seed, sizeof seed);
	VEC_OK(el_sign_key_new(seed, &other));
	VEC_OK(el_checkpoint_sign(&c, x->change == OTHER_KEY ? other : l->key, note));
	el_sign_key_free(other);
}

static void
spoil(struct el_log_proof *p, const struct wrong *x, struct el_hash *order, struct el_hash *answer)
{
	struct el_path *const path = &p->answer.path;

	if (x->change == ROOT_TWICE)
		p->roots[1] = p->roots[0];
	else if (x->change == OTHER_INDEX)
		path->index--;
	else if (x->change == HASH_LESS)
		path->n--;
	else if (x->change == HASH_MORE)
		path->hashes[path->n++] = *order;
	else if (x->change == OTHER_HASH)
		path->hashes[0].b[31] ^= 1;
	else if (x->change == OTHER_ENTRY)
		p->answer.entry[p->answer.len - 2] ^= 1; /* within "1-9" */
	else if (x->change == OTHER_ORDER)
		order->b[0] ^= 1;
	else if (x->change == OTHER_ANSWER)
		answer->b[0] ^= 1;
}

static void
proof(json_t *file, const struct log *l, enum el_entry_type roots, const struct wrong *x)
{
	static struct el_logged shown[LEAVES];
	struct el_log_proof p = { .answer = l->logged[x->answer], .roots = shown, .n_roots = x->n_roots };
	struct el_hash order = l->order, answer = l->answer;
	struct el_checkpoint checkpoint;
	struct el_buf note;
	char name[100];
	json_t *c;

	memcpy(shown, &l->logged[x->first], x->n_roots * sizeof shown[0]);
	el_buf_init(&note, EL_NOTE_MAX);
	sign(l, x, &note);
	p.checkpoint = note.p;
	p.checkpoint_len = note.len;
	spoil(&p, x, &order, &answer);
	VEC_CHECK(el_log_proof_check(&p, l->origin, el_sign_key_pk(l->key), &order, &answer, roots, &checkpoint, NULL) == x->error);
	snprintf(name, sizeof name, "%s, %s", l->party, x->name);
	c = vec_case(file, name, x->error == EL_OK);
	vec_text(c, "kind", "proof");
	vec_hex(c, "deployment", l->deployment.b, EL_HASH_LEN);
	vec_text(c, "party", l->party);
	vec_hex(c, "public", el_sign_key_pk(l->key)->b, 32);
	vec_hex(c, "order", order.b, EL_HASH_LEN);
	vec_hex(c, "answer", answer.b, EL_HASH_LEN);
	vec_put(c, "proofs", el_log_proof_to_json(&p));
	if (x->error == EL_OK)
		vec_int(c, "size", (int64_t)checkpoint.size);
	else
		vec_text(c, "error", error_name(x->error));
	el_buf_wipe(&note);
}

static void
proofs(json_t *file, const char *party, enum el_entry_type roots)
{
	static const struct wrong all[] = { { "a proof", EL_OK, ANSWER, 1, 2, LEAVES, NONE },
		{ "a proof without roots", EL_OK, ANSWER, 1, 0, LEAVES, NONE },
		{ "a checkpoint of another log", EL_EFORMAT, ANSWER, 1, 2, LEAVES, OTHER_ORIGIN },
		{ "a checkpoint of another key", EL_ECRYPTO, ANSWER, 1, 2, LEAVES, OTHER_KEY },
		{ "a checkpoint of another size", EL_ECRYPTO, ANSWER, 1, 2, LEAVES + 1, NONE },
		{ "the entry of another order", EL_EFORMAT, 3, 1, 2, LEAVES, NONE },
		{ "a root in place of the answer", EL_EFORMAT, 1, 1, 2, LEAVES, NONE },
		{ "an order in place of a root", EL_EFORMAT, ANSWER, 2, 2, LEAVES, NONE },
		{ "a root twice", EL_EFORMAT, ANSWER, 1, 2, LEAVES, ROOT_TWICE },
		{ "another index", EL_ECRYPTO, ANSWER, 1, 2, LEAVES, OTHER_INDEX },
		{ "a hash left out", EL_ECRYPTO, ANSWER, 1, 2, LEAVES, HASH_LESS },
		{ "a hash too many", EL_ECRYPTO, ANSWER, 1, 2, LEAVES, HASH_MORE },
		{ "a hash changed", EL_ECRYPTO, ANSWER, 1, 2, LEAVES, OTHER_HASH },
		{ "an entry changed", EL_ECRYPTO, ANSWER, 1, 2, LEAVES, OTHER_ENTRY },
		{ "shown for another order", EL_EFORMAT, ANSWER, 1, 2, LEAVES, OTHER_ORDER },
		{ "shown for another answer", EL_EFORMAT, ANSWER, 1, 2, LEAVES, OTHER_ANSWER } };
	static struct log l;

	make_log(&l, party, roots);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		proof(file, &l, roots, &all[i]);
	el_sign_key_free(l.key);
}

json_t *
make_publog(void)
{
	json_t *file = vec_file("publog");

	entries(file);
	proofs(file, "registry", EL_ENTRY_SEGMENT);
	proofs(file, "issuer:7", EL_ENTRY_IDENTITIES);
	return file;
}
