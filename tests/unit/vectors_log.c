#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "crypto/hash.h"
#include "log/checkpoint.h"
#include "log/tiles.h"
#include "vectors_replay.h"

static struct el_sign_key *
key_of(const json_t *c, const char *field)
{
	struct el_sign_key *k;
	uint8_t seed[32];

	vec_bytes(c, field, seed, sizeof seed);
	REQUIRE(el_sign_key_new(seed, &k) == EL_OK);
	return k;
}

static bool
is_text(const json_t *c, const char *key, const struct el_buf *b)
{
	const char *const text = vec_text(c, key);

	return strlen(text) == b->len && memcmp(text, b->p, b->len) == 0;
}

static void
replay_base64(const json_t *c)
{
	const char *const text = vec_text(c, "text");
	char again[EL_BASE64_LEN(300) + 1];
	uint8_t bytes[300];
	size_t n;

	REQUIRE(el_base64_decode(text, strlen(text), bytes, sizeof bytes, &n) == vec_error(c));
	if (!vec_valid(c))
		return;
	REQUIRE(vec_same(c, "bytes", bytes, n));
	el_base64_encode(bytes, n, again);
	REQUIRE(strcmp(again, text) == 0);
}

static void
replay_line(const json_t *c)
{
	const enum el_note_algorithm algorithm = (enum el_note_algorithm)vec_int(c, "algorithm");
	const char *const text = vec_text(c, "text"), *const signer = vec_text(c, "signer");
	struct el_sign_key *k = key_of(c, "seed");
	struct el_buf line;
	uint8_t id[4];

	el_buf_init(&line, EL_NOTE_LINE_MAX);
	REQUIRE(vec_same(c, "public", el_sign_key_pk(k)->b, 32));
	el_note_key_id(signer, algorithm, el_sign_key_pk(k), id);
	REQUIRE(vec_same(c, "key_id", id, sizeof id));
	REQUIRE(el_note_sign_line(
		    (const uint8_t *)text, strlen(text), signer, algorithm, k, vec_u64(c, "time"), &line) == EL_OK);
	REQUIRE(is_text(c, "line", &line));
	el_buf_wipe(&line);
	el_sign_key_free(k);
}

static void
replay_note(const json_t *c)
{
	const enum el_note_algorithm algorithm = (enum el_note_algorithm)vec_int(c, "algorithm");
	struct el_sign_pk pk;
	uint8_t note[4096];
	const size_t len = vec_some(c, "note", note, sizeof note);
	uint64_t time;
	size_t n;

	vec_bytes(c, "public", pk.b, sizeof pk.b);
	if (vec_valid(c) && vec_is(c, "time", "none")) {
		REQUIRE(el_note_verify(note, len, vec_text(c, "signer"), algorithm, &pk, &time) == EL_ENOTFOUND);
	} else {
		REQUIRE(el_note_verify(note, len, vec_text(c, "signer"), algorithm, &pk, &time) == vec_error(c));
		if (!vec_valid(c))
			return;
		REQUIRE(time == vec_u64(c, "time"));
	}
	REQUIRE(el_note_text(note, len, &n) == EL_OK && n == (size_t)vec_int(c, "text_len"));
}

static void
replay_origin(const json_t *c)
{
	struct el_hash deployment;
	char out[EL_LOG_ORIGIN_MAX + 1];

	vec_bytes(c, "deployment", deployment.b, sizeof deployment.b);
	REQUIRE((el_log_origin(&deployment, vec_text(c, "party"), out) == EL_OK) == vec_valid(c));
	REQUIRE(!vec_valid(c) || vec_is(c, "origin", out));
}

static void
replay_checkpoint(const json_t *c)
{
	struct el_sign_key *k = key_of(c, "seed"), *witness = key_of(c, "witness_seed");
	struct el_checkpoint checkpoint = { .size = vec_u64(c, "size") };
	struct el_buf note, line;

	el_buf_init(&note, EL_NOTE_MAX);
	el_buf_init(&line, EL_NOTE_LINE_MAX);
	REQUIRE(strlen(vec_text(c, "origin")) <= EL_LOG_ORIGIN_MAX);
	memcpy(checkpoint.origin, vec_text(c, "origin"), strlen(vec_text(c, "origin")));
	vec_bytes(c, "root", checkpoint.root.b, sizeof checkpoint.root.b);
	REQUIRE(vec_same(c, "public", el_sign_key_pk(k)->b, 32));
	REQUIRE(el_checkpoint_sign(&checkpoint, k, &note) == EL_OK && is_text(c, "note", &note));
	REQUIRE(el_checkpoint_cosign(note.p, note.len, vec_text(c, "witness"), witness, vec_int(c, "time"), &line) ==
		EL_OK);
	REQUIRE(el_note_add_line(&note, line.p, line.len) == EL_OK && is_text(c, "cosigned", &note));
	el_buf_wipe(&note);
	el_buf_wipe(&line);
	el_sign_key_free(k);
	el_sign_key_free(witness);
}

static void
replay_open(const json_t *c)
{
	const char *const note = vec_text(c, "note");
	struct el_checkpoint checkpoint;
	struct el_sign_pk pk;

	vec_bytes(c, "public", pk.b, sizeof pk.b);
	REQUIRE(el_checkpoint_open((const uint8_t *)note, strlen(note), vec_text(c, "origin"), &pk, &checkpoint) ==
		vec_error(c));
	if (vec_valid(c))
		REQUIRE(checkpoint.size == vec_u64(c, "size") && vec_same(c, "root", checkpoint.root.b, EL_HASH_LEN));
}

static void
replay_tile(const json_t *c)
{
	char path[EL_TILE_PATH_MAX];
	struct el_tile t;

	REQUIRE((el_tile_parse(vec_text(c, "path"), &t) == EL_OK) == vec_valid(c));
	if (!vec_valid(c))
		return;
	REQUIRE(vec_int(c, "level") == (t.entries ? -1 : (int64_t)t.level));
	REQUIRE(vec_int(c, "index") == (int64_t)t.index && vec_int(c, "width") == (int64_t)t.width);
	el_tile_path(&t, path);
	REQUIRE(vec_is(c, "path", path));
}

/* Leaf i is the hash of the entry u32(i); no tile is needed for that here. */
static void
derive_leaf(uint64_t i, struct el_hash *out)
{
	const uint8_t entry[4] = { (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };

	el_entry_leaf(entry, sizeof entry, out);
}

static size_t
read_hashes(const json_t *c, const char *key, struct el_hash *out, size_t max)
{
	const json_t *all = vec_array(c, key);

	REQUIRE(json_array_size(all) <= max);
	for (size_t i = 0; i < json_array_size(all); i++)
		vec_item(all, i, out[i].b, sizeof out[i].b);
	return json_array_size(all);
}

/* The tree is grown leaf by leaf, the proofs are checked: a proof that holds is the only one. */
static void
replay_proofs(const json_t *c)
{
	struct el_path path = { .index = (uint64_t)vec_int(c, "index"), .size = (uint64_t)vec_int(c, "size") };
	struct el_consistency proof = { .from = (uint64_t)vec_int(c, "from"), .to = path.size };
	struct el_edge edge = { 0 };
	struct el_hash leaf, at_index, root;

	memset(&at_index, 0, sizeof at_index);
	for (uint64_t i = 0; i < path.size; i++) {
		derive_leaf(i, &leaf);
		if (i == path.index)
			at_index = leaf;
		el_edge_append(&edge, &leaf);
		el_edge_root(&edge, &root);
		if (i + 1 == proof.from)
			REQUIRE(vec_same(c, "from_root", root.b, sizeof root.b));
	}
	REQUIRE(vec_same(c, "root", root.b, sizeof root.b));
	path.n = read_hashes(c, "path", path.hashes, EL_PATH_HASHES_MAX);
	REQUIRE(el_tree_check(&at_index, &path, &root) == EL_OK);
	proof.n = read_hashes(c, "consistency", proof.hashes, EL_CONSISTENCY_MAX);
	vec_bytes(c, "from_root", leaf.b, sizeof leaf.b);
	REQUIRE(el_consistency_check(&proof, &leaf, &root) == EL_OK);
}

static void
replay_consistency(const json_t *c)
{
	struct el_consistency proof = { .from = (uint64_t)vec_int(c, "from"), .to = (uint64_t)vec_int(c, "to") };
	struct el_hash a, b;

	proof.n = read_hashes(c, "hashes", proof.hashes, EL_CONSISTENCY_MAX);
	vec_bytes(c, "from_root", a.b, sizeof a.b);
	vec_bytes(c, "to_root", b.b, sizeof b.b);
	REQUIRE(el_consistency_check(&proof, &a, &b) == vec_error(c));
}

static void
replay_bundle(const json_t *c)
{
	static uint8_t bundle[2048], want[2048];
	const size_t len = vec_some(c, "bundle", bundle, sizeof bundle);
	const uint8_t *entry;
	struct el_hash leaf, want_leaf;
	size_t n;
	unsigned k;
	int r;

	for (k = 0; (r = el_bundle_entry(bundle, len, k, &entry, &n)) == EL_OK; k++) {
		el_entry_leaf(entry, n, &leaf);
		vec_item(vec_array(c, "entries"), k, want, n);
		vec_item(vec_array(c, "leaves"), k, want_leaf.b, sizeof want_leaf.b);
		REQUIRE(memcmp(want, entry, n) == 0 && el_hash_eq(&leaf, &want_leaf));
	}
	REQUIRE(r == (vec_valid(c) ? EL_ENOTFOUND : EL_EFORMAT));
	REQUIRE(!vec_valid(c) || k == json_array_size(vec_array(c, "entries")));
}

void
replay_log(const json_t *c)
{
	static const struct {
		const char *kind;
		void (*replay)(const json_t *);
	} kinds[] = { { "base64", replay_base64 }, { "line", replay_line }, { "note", replay_note },
		{ "origin", replay_origin }, { "checkpoint", replay_checkpoint }, { "open", replay_open },
		{ "tile", replay_tile }, { "proofs", replay_proofs }, { "consistency", replay_consistency },
		{ "bundle", replay_bundle } };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (vec_is(c, "kind", kinds[i].kind)) {
			kinds[i].replay(c);
			return;
		}
	REQUIRE(!"a known kind");
}
