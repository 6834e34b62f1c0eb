#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "entrylog/base45.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "log/tree.h"
#include "token/leaf.h"
#include "vectors_replay.h"

void
replay_base45(const json_t *c)
{
	const char *text = vec_text(c, "text");
	uint8_t bytes[512], want[512];
	char again[512];
	size_t n, len;

	if (!vec_valid(c)) {
		REQUIRE(el_base45_decode(text, strlen(text), bytes, sizeof bytes, &n) == EL_EFORMAT);
		return;
	}
	len = vec_some(c, "bytes", want, sizeof want);
	REQUIRE(EL_BASE45_LEN(len) == strlen(text));
	REQUIRE(el_base45_decode(text, strlen(text), bytes, sizeof bytes, &n) == EL_OK);
	REQUIRE(n == len && memcmp(bytes, want, n) == 0);
	el_base45_encode(want, len, again);
	REQUIRE(strcmp(again, text) == 0);
}

void
replay_base64url(const json_t *c)
{
	const char *text = vec_text(c, "text");
	uint8_t bytes[512], want[512];
	char again[512];
	size_t n, len;

	if (!vec_valid(c)) {
		REQUIRE(el_base64url_decode(text, strlen(text), bytes, sizeof bytes, &n) == EL_EFORMAT);
		return;
	}
	len = vec_some(c, "bytes", want, sizeof want);
	REQUIRE(EL_BASE64URL_LEN(len) == strlen(text));
	REQUIRE(el_base64url_decode(text, strlen(text), bytes, sizeof bytes, &n) == EL_OK);
	REQUIRE(n == len && memcmp(bytes, want, n) == 0);
	el_base64url_encode(want, len, again);
	REQUIRE(strcmp(again, text) == 0);
}

void
replay_kdf(const json_t *c)
{
	uint8_t key[32], data[512], out[32], prf16[16];
	const size_t n = vec_some(c, "data", data, sizeof data);
	const char *label = vec_text(c, "label");
	struct el_tag prf8;

	vec_bytes(c, "key", key, sizeof key);
	el_kdf(out, key, label, data, n);
	el_prf8(&prf8, key, label, data, n);
	el_prf16(prf16, key, label, data, n);
	REQUIRE(vec_same(c, "kdf", out, sizeof out));
	REQUIRE(vec_same(c, "prf8", prf8.b, sizeof prf8.b));
	REQUIRE(vec_same(c, "prf16", prf16, sizeof prf16));
	REQUIRE(!vec_same(c, "not_prf8", prf8.b, sizeof prf8.b));
}

void
replay_tags(const json_t *c)
{
	uint8_t day_key[32], tags_key[32], input[64], venue[4];
	const size_t n = vec_some(c, "input", input, sizeof input);
	struct el_tag tag;

	vec_bytes(c, "day_key", day_key, sizeof day_key);
	el_day_key_tags(tags_key, day_key);
	REQUIRE(vec_same(c, "tags_key", tags_key, sizeof tags_key));
	el_prf8(&tag, tags_key, vec_text(c, "label"), input, n);
	REQUIRE(vec_same(c, "tag", tag.b, sizeof tag.b));
	REQUIRE(el_tag_u64(&tag) == vec_u64(c, "number"));
	REQUIRE((int64_t)el_tag_u64(&tag) == strtoll(vec_text(c, "stored"), NULL, 10));
	if (!vec_is(c, "kind", "venue"))
		return;
	el_put_u32(venue, (uint32_t)vec_int(c, "venue"));
	REQUIRE(n == 4 && memcmp(venue, input, 4) == 0);
}

void
replay_epoch(const json_t *c)
{
	static const char *const verdict[] = {
		[EL_FRESH] = "fresh", [EL_STALE] = "stale", [EL_FROM_FUTURE] = "from_future"
	};

	if (vec_is(c, "kind", "freshness")) {
		const enum el_freshness f = el_token_freshness(
		    (uint32_t)vec_int(c, "shown_at"), vec_int(c, "scanned_at"), (uint32_t)vec_int(c, "skew"));

		REQUIRE(vec_is(c, "verdict", verdict[f]) && vec_valid(c) == (f == EL_FRESH));
		return;
	}
	const uint32_t offset = (uint32_t)vec_int(c, "day_offset");
	const el_epoch e = (el_epoch)vec_int(c, "epoch");

	if (vec_is(c, "kind", "day")) {
		REQUIRE(el_epoch_of(vec_int(c, "time"), offset) == e);
	} else if (vec_is(c, "kind", "admits")) {
		REQUIRE(el_epoch_admits(e, vec_int(c, "shown_at"), offset) == vec_valid(c));
	} else {
		REQUIRE(vec_is(c, "kind", "bounds"));
		REQUIRE(el_epoch_start(e, offset) == vec_int(c, "start"));
		REQUIRE(el_epoch_end(e, offset) == vec_int(c, "end"));
		REQUIRE(el_epoch_destroy_at(e, offset) == vec_int(c, "destroy_at"));
	}
}

void
replay_leaf(const json_t *c)
{
	struct el_hash place, leaf, hash;
	struct el_phone phone;
	struct el_salt salt;
	struct el_body body;
	uint8_t com[32], box[80];

	vec_bytes(c, "salt", salt.b, sizeof salt.b);
	if (vec_is(c, "kind", "visit")) {
		vec_bytes(c, "body", body.b, sizeof body.b);
		el_leaf_place(&salt, (uint32_t)vec_int(c, "venue"), (uint32_t)vec_int(c, "minute"),
		    (uint8_t)vec_int(c, "flags"), &place);
		el_leaf_visit(&place, &body, &leaf);
		REQUIRE(vec_same(c, "c", place.b, sizeof place.b));
	} else {
		vec_bytes(c, "com", com, sizeof com);
		vec_bytes(c, "box", box, sizeof box);
		REQUIRE(el_phone_parse(vec_text(c, "phone"), &phone) == EL_OK);
		el_sha256(box, sizeof box, &hash);
		el_leaf_identity(&salt, &phone, com, &hash, &leaf);
		REQUIRE(vec_same(c, "box_hash", hash.b, sizeof hash.b));
	}
	REQUIRE(vec_same(c, "leaf", leaf.b, sizeof leaf.b));
}

static void
read_path(const json_t *j, struct el_path *p)
{
	const json_t *hashes = vec_array(j, "hashes");

	memset(p, 0, sizeof *p);
	p->index = (uint64_t)vec_int(j, "index");
	p->size = (uint64_t)vec_int(j, "size");
	p->n = json_array_size(hashes);
	REQUIRE(p->n <= EL_PATH_HASHES_MAX);
	for (size_t i = 0; i < p->n; i++)
		vec_item(hashes, i, p->hashes[i].b, sizeof p->hashes[i].b);
}

static void
replay_bad_path(const json_t *c)
{
	struct el_hash leaf, root;
	struct el_path p;

	vec_bytes(c, "leaf", leaf.b, sizeof leaf.b);
	vec_bytes(c, "root", root.b, sizeof root.b);
	read_path(json_object_get(c, "path"), &p);
	REQUIRE(el_tree_check(&leaf, &p, &root) == vec_error(c));
}

void
replay_tree(const json_t *c)
{
	struct el_hash leaves[64], root, wanted;
	struct el_path want, got;
	const json_t *all, *paths;
	struct el_tree *tree;
	size_t n;

	if (vec_is(c, "kind", "path")) {
		replay_bad_path(c);
		return;
	}
	all = vec_array(c, "leaves");
	paths = vec_array(c, "paths");
	n = json_array_size(all);
	REQUIRE(n <= 64 && json_array_size(paths) == n);
	for (size_t i = 0; i < n; i++)
		vec_item(all, i, leaves[i].b, sizeof leaves[i].b);
	el_tree_root(leaves, n, &root);
	REQUIRE(vec_same(c, "root", root.b, sizeof root.b));
	REQUIRE(el_tree_new(leaves, n, &tree) == EL_OK);
	el_tree_get_root(tree, &wanted);
	REQUIRE(el_hash_eq(&root, &wanted));
	for (size_t i = 0; i < n; i++) {
		read_path(json_array_get(paths, i), &want);
		el_tree_path(leaves, n, i, &got);
		REQUIRE(memcmp(&want, &got, sizeof want) == 0);
		el_tree_get_path(tree, i, &got);
		REQUIRE(memcmp(&want, &got, sizeof want) == 0);
		REQUIRE(el_tree_check(&leaves[i], &want, &root) == EL_OK);
	}
	el_tree_free(tree);
}
