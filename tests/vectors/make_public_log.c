#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "crypto/hash.h"
#include "log/checkpoint.h"
#include "log/tiles.h"
#include "log_published.h"
#include "vectors.h"

#define ORIGIN "entrylog/0011223344556677/registry"
#define WITNESS "entrylog/0011223344556677/trustee-2"
#define NOW 1788500000
#define LINE "\u2014 a AAAAAAA=\n"

/* A key from a label, or from a seed given. */
static struct el_sign_key *
key_of(const char *label, const uint8_t *seed, uint8_t out[32])
{
	struct el_sign_key *k;

	if (seed != NULL)
		memcpy(out, seed, 32);
	else
		vec_derive(label, out, 32);
	VEC_OK(el_sign_key_new(out, &k));
	return k;
}

static void
base64_text(json_t *file, const char *name, const void *bytes, size_t n)
{
	json_t *c = vec_case(file, name, true);
	char text[EL_BASE64_LEN(300) + 1];

	el_base64_encode(bytes, n, text);
	vec_text(c, "kind", "base64");
	vec_hex(c, "bytes", bytes, n);
	vec_text(c, "text", text);
}

static void
base64_texts(json_t *file)
{
	static const char *const bad[] = { "Zg", "Zg=", "Zg===", "=", "====", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v\n",
		"Zm9-", "Zm9_", "Z=g=", "\xc3\xa9==", " Zm9" };
	char name[60];
	uint8_t all[256];
	size_t n;

	for (size_t i = 0; i <= 6; i++) {
		snprintf(name, sizeof name, "base64 of RFC 4648, %zu bytes", i);
		base64_text(file, name, "foobar", i);
	}
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)i;
	base64_text(file, "base64 of every byte", all, sizeof all);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		json_t *c;

		snprintf(name, sizeof name, "no base64 %zu", i);
		c = vec_case(file, name, false);
		VEC_CHECK(el_base64_decode(bad[i], strlen(bad[i]), all, sizeof all, &n) == EL_EFORMAT);
		vec_text(c, "kind", "base64");
		vec_text(c, "text", bad[i]);
		vec_text(c, "error", "format");
	}
}

static void
signed_line(json_t *file, const char *name, const char *text, const char *signer, enum el_note_algorithm algorithm,
    const uint8_t *seed, uint64_t time)
{
	json_t *c = vec_case(file, name, true);
	uint8_t own[32], id[4];
	struct el_sign_key *k = key_of("log/signer", seed, own);
	struct el_buf line;

	el_buf_init(&line, EL_NOTE_LINE_MAX);
	VEC_OK(el_note_sign_line((const uint8_t *)text, strlen(text), signer, algorithm, k, time, &line));
	el_note_key_id(signer, algorithm, el_sign_key_pk(k), id);
	vec_text(c, "kind", "line");
	vec_text(c, "text", text);
	vec_text(c, "signer", signer);
	vec_int(c, "algorithm", algorithm);
	vec_u64(c, "time", time);
	vec_hex(c, "seed", own, sizeof own);
	vec_hex(c, "public", el_sign_key_pk(k)->b, 32);
	vec_hex(c, "key_id", id, sizeof id);
	vec_text_n(c, "line", (const char *)line.p, line.len);
	el_buf_wipe(&line);
	el_sign_key_free(k);
}

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

static void
verified(json_t *file, const char *name, const char *note, const char *signer, enum el_note_algorithm algorithm,
    const char *key)
{
	struct el_sign_pk pk;
	uint8_t in[33];
	uint64_t time;
	size_t n;
	json_t *c;
	int r;

	VEC_OK(el_base64_decode(key, strlen(key), in, sizeof in, &n));
	memcpy(pk.b, in + 1, 32);
	r = el_note_verify((const uint8_t *)note, strlen(note), signer, algorithm, &pk, &time);
	c = vec_case(file, name, r == EL_OK || r == EL_ENOTFOUND);
	vec_text(c, "kind", "note");
	vec_hex(c, "note", note, strlen(note));
	vec_text(c, "signer", signer);
	vec_int(c, "algorithm", algorithm);
	vec_hex(c, "public", pk.b, sizeof pk.b);
	if (r == EL_OK || r == EL_ENOTFOUND) {
		VEC_OK(el_note_text((const uint8_t *)note, strlen(note), &n));
		vec_int(c, "text_len", (int64_t)n);
		if (r == EL_OK)
			vec_u64(c, "time", time);
		else
			vec_text(c, "time", "none");
	} else {
		vec_text(c, "error", error_name(r));
	}
}

static void
notes(json_t *file)
{
	static const char *const bad[] = { "", PETER_TEXT, PETER_TEXT "\n", PETER_TEXT PETER_LINE,
		"\x01\n\n" PETER_LINE, "\xff\n\n" PETER_LINE, "\xed\xa0\x80\n\n" PETER_LINE, "a\r\n\n" PETER_LINE,
		"a\n\n- a AAAAAAA=\n", "a\n\n\u2014 a b AAAAAAA=\n", "a\n\n\u2014 a\u00a0b AAAAAAA=\n",
		"a\n\n\u2014 a\xc2\x85"
		"b AAAAAAA=\n",
		"a\n\n\u2014 a\u2028b AAAAAAA=\n", "a\n\n\u2014 a+b AAAAAAA=\n", "a\n\n\u2014  AAAAAAA=\n",
		"a\n\n\u2014 a AAAAAA==\n", "a\n\n\u2014 a AAAAAAB=\n", "a\n\n\u2014 a AAAAAAA\n",
		"a\n\n\u2014 a AAAAAAA=", "a\n\n\u2014 a AAAAAAA=\n\n", "a\n\n\u2014 a AAAAAAA=\nb\n" };
	char name[60], many[3 + (EL_NOTE_SIGNATURES_MAX + 1) * sizeof LINE] = "a\n\n";
	uint8_t seed[33];
	size_t n;

	VEC_OK(el_base64_decode(PETER_SEED, strlen(PETER_SEED), seed, sizeof seed, &n));
	signed_line(file, "the note of Go's tests", PETER_TEXT, PETER_NAME, EL_NOTE_ED25519, seed + 1, 0);
	signed_line(file, "a line over a text with an empty line", QUASIMODO_TEXT, ORIGIN, EL_NOTE_ED25519, NULL, 0);
	signed_line(file, "a cosignature line", ARCHE_TEXT, WITNESS, EL_NOTE_COSIGNATURE, NULL, NOW);
	signed_line(
	    file, "a cosignature line of the last time", ARCHE_TEXT, WITNESS, EL_NOTE_COSIGNATURE, NULL, INT64_MAX);
	verified(file, "two signers, the first", PETER_TEXT "\n" PETER_LINE ENOCH_LINE, PETER_NAME, EL_NOTE_ED25519,
	    PETER_KEY);
	verified(file, "two signers, the second", PETER_TEXT "\n" PETER_LINE ENOCH_LINE, ENOCH_NAME, EL_NOTE_ED25519,
	    ENOCH_KEY);
	verified(file, "another signer", PETER_TEXT "\n" ENOCH_LINE, PETER_NAME, EL_NOTE_ED25519, PETER_KEY);
	verified(
	    file, "the same key under another name", PETER_TEXT "\n" PETER_LINE, "Peter", EL_NOTE_ED25519, PETER_KEY);
	verified(file, "Go's checksum database", SUMDB_NOTE, SUMDB_NAME, EL_NOTE_ED25519, SUMDB_KEY);
	verified(file, "a log's own signature among others", ARCHE_NOTE, ARCHE_ORIGIN, EL_NOTE_ED25519, ARCHE_KEY);
	verified(file, "a published cosignature", ARCHE_NOTE, REMORA_NAME, EL_NOTE_COSIGNATURE, REMORA_KEY);
	verified(file, "a cosigner as a plain signer", ARCHE_NOTE, REMORA_NAME, EL_NOTE_ED25519, REMORA_KEY);
	verified(file, "a name with U+FEFF, which is no space",
	    "a\n\n\u2014 a\ufeff"
	    "b AAAAAAA=\n",
	    "a", EL_NOTE_ED25519, PETER_KEY);
	verified(file, "another text", "another text\n\n" PETER_LINE, PETER_NAME, EL_NOTE_ED25519, PETER_KEY);
	verified(file, "another text under a cosignature", "another text\n\n" REMORA_LINE, REMORA_NAME,
	    EL_NOTE_COSIGNATURE, REMORA_KEY);
	verified(file, "a signature of another length", PETER_TEXT "\n" PETER_LINE "\u2014 PeterNeumann x08gowA=\n",
	    PETER_NAME, EL_NOTE_ED25519, PETER_KEY);
	for (size_t i = 0; i <= EL_NOTE_SIGNATURES_MAX; i++)
		n = (size_t)snprintf(many + 3 + i * (sizeof LINE - 1), sizeof LINE, "%s", LINE);
	verified(file, "a signature too many", many, PETER_NAME, EL_NOTE_ED25519, PETER_KEY);
	many[3 + EL_NOTE_SIGNATURES_MAX * n] = '\0';
	verified(file, "as many signatures as can be", many, PETER_NAME, EL_NOTE_ED25519, PETER_KEY);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(name, sizeof name, "no note %zu", i);
		verified(file, name, bad[i], PETER_NAME, EL_NOTE_ED25519, PETER_KEY);
	}
}

static void
origin(json_t *file, const char *party)
{
	struct el_hash deployment;
	char name[60], out[EL_LOG_ORIGIN_MAX + 1];
	json_t *c;
	bool valid;

	vec_derive("log/deployment", deployment.b, sizeof deployment.b);
	valid = el_log_origin(&deployment, party, out) == EL_OK;
	snprintf(name, sizeof name, "origin of \"%s\"", party);
	c = vec_case(file, name, valid);
	vec_text(c, "kind", "origin");
	vec_hex(c, "deployment", deployment.b, sizeof deployment.b);
	vec_text(c, "party", party);
	if (valid)
		vec_text(c, "origin", out);
}

static void
checkpoint(json_t *file, const char *name, uint64_t size)
{
	struct el_checkpoint checkpoint = { .origin = ORIGIN, .size = size };
	json_t *c = vec_case(file, name, true);
	uint8_t seed[32], witness_seed[32];
	struct el_sign_key *k = key_of("log/key", NULL, seed), *witness = key_of("log/witness", NULL, witness_seed);
	struct el_buf note, line;

	el_buf_init(&note, EL_NOTE_MAX);
	el_buf_init(&line, EL_NOTE_LINE_MAX);
	vec_derive("log/root", checkpoint.root.b, sizeof checkpoint.root.b);
	VEC_OK(el_checkpoint_sign(&checkpoint, k, &note));
	vec_text(c, "kind", "checkpoint");
	vec_text(c, "origin", checkpoint.origin);
	vec_u64(c, "size", size);
	vec_hex(c, "root", checkpoint.root.b, sizeof checkpoint.root.b);
	vec_hex(c, "seed", seed, sizeof seed);
	vec_hex(c, "public", el_sign_key_pk(k)->b, 32);
	vec_text_n(c, "note", (const char *)note.p, note.len);
	VEC_OK(el_checkpoint_cosign(note.p, note.len, WITNESS, witness, NOW, &line));
	VEC_OK(el_note_add_line(&note, line.p, line.len));
	vec_text(c, "witness", WITNESS);
	vec_hex(c, "witness_seed", witness_seed, sizeof witness_seed);
	vec_int(c, "time", NOW);
	vec_text_n(c, "cosigned", (const char *)note.p, note.len);
	el_buf_wipe(&note);
	el_buf_wipe(&line);
	el_sign_key_free(k);
	el_sign_key_free(witness);
}

static void
opened(json_t *file, const char *name, const char *note, const char *of, const char *key)
{
	struct el_checkpoint checkpoint;
	struct el_sign_pk pk;
	uint8_t in[33];
	size_t n;
	json_t *c;
	int r;

	VEC_OK(el_base64_decode(key, strlen(key), in, sizeof in, &n));
	memcpy(pk.b, in + 1, 32);
	r = el_checkpoint_open((const uint8_t *)note, strlen(note), of, &pk, &checkpoint);
	c = vec_case(file, name, r == EL_OK);
	vec_text(c, "kind", "open");
	vec_text(c, "note", note);
	vec_text(c, "origin", of);
	vec_hex(c, "public", pk.b, sizeof pk.b);
	if (r == EL_OK) {
		vec_u64(c, "size", checkpoint.size);
		vec_hex(c, "root", checkpoint.root.b, sizeof checkpoint.root.b);
	} else {
		vec_text(c, "error", error_name(r));
	}
}

static void
checkpoints(json_t *file)
{
	static const char *const texts[] = { "o\n\n" ARCHE_ROOT, "o\n1", "o\n01\n" ARCHE_ROOT, "o\n+1\n" ARCHE_ROOT,
		"o\n-1\n" ARCHE_ROOT, "o\n1 \n" ARCHE_ROOT, "\n1\n" ARCHE_ROOT, "o\n1\nAAAA",
		"o\n1\n" ARCHE_ROOT "\n\nmore", "o\n1099511627777\n" ARCHE_ROOT, "o\n18446744073709551617\n" ARCHE_ROOT,
		"o\n1e3\n" ARCHE_ROOT };
	static const char *const parties[] = { "registry", "issuer:1", "issuer:255", "trustee:7", "issuer:0",
		"issuer:256", "issuer:07", "issuer", "authority", "registry:1", "" };
	char name[60], note[300];

	for (size_t i = 0; i < sizeof parties / sizeof parties[0]; i++)
		origin(file, parties[i]);
	checkpoint(file, "a checkpoint of no entries", 0);
	checkpoint(file, "a checkpoint", 70000);
	checkpoint(file, "the largest checkpoint", EL_LOG_SIZE_MAX);
	opened(file, "a published checkpoint", ARCHE_NOTE, ARCHE_ORIGIN, ARCHE_KEY);
	opened(file, "a published checkpoint with another key", ARCHE_NOTE, ARCHE_ORIGIN, REMORA_KEY);
	opened(file, "a published checkpoint as another log's", ARCHE_NOTE, ORIGIN, ARCHE_KEY);
	opened(file, "a note that is no checkpoint", PETER_TEXT "\n" PETER_LINE, PETER_NAME, PETER_KEY);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		snprintf(name, sizeof name, "no checkpoint %zu", i);
		snprintf(note, sizeof note, "%s\n\n\u2014 o AAAAAAA=\n", texts[i]);
		opened(file, name, note, "o", ARCHE_KEY);
	}
}

static void
tile_paths(json_t *file)
{
	static const char *const paths[] = { "tile/0/000", "tile/0/x001/x234/067", "tile/0/273.p/112", "tile/1/999",
		"tile/4/000", "tile/5/000.p/1", "tile/entries/x001/000", "tile/entries/007.p/255",
		"tile/0/x004/x294/x967/295", "tile/6/000", "tile/00/000", "tile/0/0", "tile/0/x000/001",
		"tile/0/001/002", "tile/0/x001", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000/",
		"/tile/0/000", "tile/0/x004/x294/x967/296", "tile/4/001", "tile/data/000", "tile/0/000\n" };
	char name[60];

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct el_tile t;
		const bool valid = el_tile_parse(paths[i], &t) == EL_OK;
		json_t *c;

		snprintf(name, sizeof name, "path of a tile %zu", i);
		c = vec_case(file, name, valid);
		vec_text(c, "kind", "tile");
		vec_text(c, "path", paths[i]);
		if (!valid)
			continue;
		vec_int(c, "level", t.entries ? -1 : (int64_t)t.level);
		vec_int(c, "index", (int64_t)t.index);
		vec_int(c, "width", t.width);
	}
}

/* Leaf i of a tree is the hash of the entry u32(i). */
static void
leaf_of(uint64_t i, struct el_hash *out)
{
	const uint8_t entry[4] = { (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };

	el_entry_leaf(entry, sizeof entry, out);
}

static int
read_tile(void *ctx, const struct el_tile *t, uint8_t *out)
{
	static struct el_hash below_of[EL_TILE_LEVELS][EL_TILE_WIDTH];
	struct el_hash *const below = below_of[t->level], node;

	(void)ctx;
	for (unsigned k = 0; k < t->width; k++) {
		const uint64_t at = t->index * EL_TILE_WIDTH + k;

		if (t->level == 0) {
			leaf_of(at, &node);
		} else {
			const struct el_tile full = { .level = t->level - 1, .index = at, .width = EL_TILE_WIDTH };

			VEC_OK(read_tile(NULL, &full, below[0].b));
			el_tree_root(below, EL_TILE_WIDTH, &node);
		}
		memcpy(out + sizeof node * k, node.b, sizeof node);
	}
	return EL_OK;
}

static json_t *
hashes_json(const struct el_hash *h, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, vec_hex_json(h[i].b, sizeof h[i].b));
	return all;
}

static void
tree(json_t *file, uint64_t from, uint64_t size, uint64_t index)
{
	const struct el_tile_source source = { read_tile, NULL };
	struct el_hash from_root, root;
	struct el_consistency proof;
	struct el_path path;
	char name[80];
	json_t *c;

	snprintf(name, sizeof name, "proofs from %llu to %llu, of leaf %llu", (unsigned long long)from,
	    (unsigned long long)size, (unsigned long long)index);
	c = vec_case(file, name, true);
	VEC_OK(el_tiles_root(&source, from, &from_root));
	VEC_OK(el_tiles_root(&source, size, &root));
	VEC_OK(el_tiles_path(&source, size, index, &path));
	VEC_OK(el_tiles_consistency(&source, from, size, &proof));
	vec_text(c, "kind", "proofs");
	vec_int(c, "from", (int64_t)from);
	vec_int(c, "size", (int64_t)size);
	vec_int(c, "index", (int64_t)index);
	vec_hex(c, "from_root", from_root.b, sizeof from_root.b);
	vec_hex(c, "root", root.b, sizeof root.b);
	vec_put(c, "path", hashes_json(path.hashes, path.n));
	vec_put(c, "consistency", hashes_json(proof.hashes, proof.n));
}

static void
bad_proof(
    json_t *file, const char *name, const struct el_consistency *p, const struct el_hash *a, const struct el_hash *b)
{
	json_t *c = vec_case(file, name, false);
	const int r = el_consistency_check(p, a, b);

	vec_text(c, "kind", "consistency");
	vec_int(c, "from", (int64_t)p->from);
	vec_int(c, "to", (int64_t)p->to);
	vec_put(c, "hashes", hashes_json(p->hashes, p->n));
	vec_hex(c, "from_root", a->b, sizeof a->b);
	vec_hex(c, "to_root", b->b, sizeof b->b);
	vec_text(c, "error", error_name(r));
}

static void
proofs(json_t *file)
{
	static const uint64_t trees[][3] = { { 1, 1, 0 }, { 1, 2, 1 }, { 3, 7, 4 }, { 4, 7, 6 }, { 6, 8, 0 },
		{ 7, 7, 3 }, { 255, 256, 255 }, { 256, 257, 256 }, { 300, 513, 200 }, { 512, 70000, 65535 },
		{ 65536, 65537, 65536 }, { 65535, 65793, 65792 } };
	const struct el_tile_source source = { read_tile, NULL };
	static struct el_consistency good, p;
	struct el_hash a, b;

	for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++)
		tree(file, trees[i][0], trees[i][1], trees[i][2]);
	VEC_OK(el_tiles_consistency(&source, 6, 11, &good));
	VEC_OK(el_tiles_root(&source, 6, &a));
	VEC_OK(el_tiles_root(&source, 11, &b));
	bad_proof(file, "roots exchanged", &good, &b, &a);
	p = good;
	p.hashes[1].b[0] ^= 1;
	bad_proof(file, "a hash of the proof changed", &p, &a, &b);
	p = good;
	p.n--;
	bad_proof(file, "the last hash of the proof left out", &p, &a, &b);
	p = good;
	p.hashes[p.n++] = b;
	bad_proof(file, "a hash too many in the proof", &p, &a, &b);
	p = good;
	p.from = 5;
	bad_proof(file, "another first size", &p, &a, &b);
	p = good;
	p.from = 12;
	bad_proof(file, "a first size over the second", &p, &a, &b);
	p = good;
	p.n = 0;
	bad_proof(file, "a proof without hashes", &p, &a, &b);
	p.from = 11;
	bad_proof(file, "equal sizes and other roots", &p, &a, &b);
	p.n = 1;
	bad_proof(file, "equal sizes and a hash", &p, &a, &a);
}

static void
bundle(json_t *file, const char *name, const char *bytes, size_t n)
{
	const uint8_t *const in = (const uint8_t *)bytes, *entry;
	size_t len;
	const int first = el_bundle_entry(in, n, 0, &entry, &len);
	json_t *c = vec_case(file, name, first != EL_EFORMAT), *entries = json_array(), *leaves = json_array();

	for (unsigned k = 0; el_bundle_entry(in, n, k, &entry, &len) == EL_OK; k++) {
		struct el_hash leaf;

		el_entry_leaf(entry, len, &leaf);
		json_array_append_new(entries, vec_hex_json(entry, len));
		json_array_append_new(leaves, vec_hex_json(leaf.b, sizeof leaf.b));
	}
	vec_text(c, "kind", "bundle");
	vec_hex(c, "bundle", bytes, n);
	if (first != EL_EFORMAT) {
		vec_put(c, "entries", entries);
		vec_put(c, "leaves", leaves);
	} else {
		json_decref(entries);
		json_decref(leaves);
	}
}

json_t *
make_public_log(void)
{
	json_t *file = vec_file("log");
	static char many[257 * 2];

	base64_texts(file);
	notes(file);
	checkpoints(file);
	tile_paths(file);
	proofs(file);
	bundle(file, "a bundle of no entries", "", 0);
	bundle(file, "a bundle of three entries, one empty", "\0\2{}\0\0\0\1x", 9);
	bundle(file, "a bundle that ends within an entry", "\0\2{", 3);
	bundle(file, "a bundle that ends within a length", "\0\2{}\0", 5);
	bundle(file, "a bundle of 256 empty entries", many, 256 * 2);
	bundle(file, "a bundle of 257", many, sizeof many);
	return file;
}
