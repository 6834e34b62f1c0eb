#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "log/tree.h"
#include "token/leaf.h"
#include "vectors.h"

static void
visit_leaf(json_t *file, const char *name, uint32_t venue, uint32_t minute, uint8_t flags)
{
	json_t *c = vec_case(file, name, true);
	struct el_salt salt;
	struct el_body body;
	struct el_hash place, leaf;

	vec_derive("leaf/salt", salt.b, sizeof salt.b);
	vec_derive("leaf/body", body.b, sizeof body.b);
	el_leaf_place(&salt, venue, minute, flags, &place);
	el_leaf_visit(&place, &body, &leaf);
	vec_text(c, "kind", "visit");
	vec_hex(c, "salt", salt.b, sizeof salt.b);
	vec_int(c, "venue", venue);
	vec_int(c, "minute", minute);
	vec_int(c, "flags", flags);
	vec_hex(c, "body", body.b, sizeof body.b);
	vec_hex(c, "c", place.b, sizeof place.b);
	vec_hex(c, "leaf", leaf.b, sizeof leaf.b);
}

static void
identity_leaf(json_t *file, const char *name, const char *number)
{
	json_t *c = vec_case(file, name, true);
	struct el_phone phone;
	struct el_salt salt;
	struct el_hash hash, leaf;
	uint8_t com[32], box[80];

	VEC_OK(el_phone_parse(number, &phone));
	vec_derive("leaf/salt", salt.b, sizeof salt.b);
	vec_derive("leaf/com", com, sizeof com);
	vec_derive("leaf/box", box, sizeof box);
	el_sha256(box, sizeof box, &hash);
	el_leaf_identity(&salt, &phone, com, &hash, &leaf);
	vec_text(c, "kind", "identity");
	vec_hex(c, "salt", salt.b, sizeof salt.b);
	vec_text(c, "phone", number);
	vec_hex(c, "com", com, sizeof com);
	vec_hex(c, "box", box, sizeof box);
	vec_hex(c, "box_hash", hash.b, sizeof hash.b);
	vec_hex(c, "leaf", leaf.b, sizeof leaf.b);
}

json_t *
make_leaf(void)
{
	json_t *file = vec_file("leaf");

	visit_leaf(file, "a visit", 12, 1788499980, 0);
	visit_leaf(file, "a late visit", 12, 1788499980, EL_FLAG_LATE);
	visit_leaf(file, "a late duplicate", 12, 1788499980, EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	visit_leaf(file, "the largest venue and minute", UINT32_MAX, 4294967280, 0);
	identity_leaf(file, "an identity", "+821000000000");
	identity_leaf(file, "an identity with the shortest number", "+1000000");
	identity_leaf(file, "an identity with the longest number", "+999000000000000");
	return file;
}

static json_t *
path_json(const struct el_path *p)
{
	json_t *j = json_object(), *hashes = json_array();

	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(hashes, vec_hex_json(p->hashes[i].b, 32));
	vec_int(j, "index", (int64_t)p->index);
	vec_int(j, "size", (int64_t)p->size);
	vec_put(j, "hashes", hashes);
	return j;
}

#define LEAVES_MAX 17

static void
derive_leaves(struct el_hash leaves[LEAVES_MAX])
{
	char label[20];

	for (size_t i = 0; i < LEAVES_MAX; i++) {
		snprintf(label, sizeof label, "tree/leaf %zu", i);
		vec_derive(label, leaves[i].b, sizeof leaves[i].b);
	}
}

static void
whole_tree(json_t *file, const struct el_hash *leaves, size_t n)
{
	json_t *all = json_array(), *paths = json_array(), *c;
	struct el_hash root;
	struct el_path path;
	char name[40];

	snprintf(name, sizeof name, "%zu leaves", n);
	c = vec_case(file, name, true);
	el_tree_root(leaves, n, &root);
	for (size_t i = 0; i < n; i++) {
		el_tree_path(leaves, n, i, &path);
		VEC_OK(el_tree_check(&leaves[i], &path, &root));
		json_array_append_new(all, vec_hex_json(leaves[i].b, 32));
		json_array_append_new(paths, path_json(&path));
	}
	vec_text(c, "kind", "tree");
	vec_put(c, "leaves", all);
	vec_hex(c, "root", root.b, sizeof root.b);
	vec_put(c, "paths", paths);
}

static void
bad_path(json_t *file, const char *name, const struct el_hash *leaf, const struct el_path *path,
    const struct el_hash *root, int error)
{
	json_t *c = vec_case(file, name, false);

	VEC_CHECK(el_tree_check(leaf, path, root) == error);
	vec_text(c, "kind", "path");
	vec_hex(c, "leaf", leaf->b, sizeof leaf->b);
	vec_put(c, "path", path_json(path));
	vec_hex(c, "root", root->b, sizeof root->b);
	vec_text(c, "error", error == EL_EFORMAT ? "format" : "crypto");
}

static void
bad_paths(json_t *file, const struct el_hash *leaves)
{
	struct el_path good, p;
	struct el_hash root, other;

	el_tree_root(leaves, 7, &root);
	el_tree_root(leaves, 8, &other);
	el_tree_path(leaves, 7, 4, &good);
	bad_path(file, "another leaf", &leaves[5], &good, &root, EL_ECRYPTO);
	bad_path(file, "another tree's root", &leaves[4], &good, &other, EL_ECRYPTO);
	p = good;
	p.index = 5;
	bad_path(file, "another index", &leaves[4], &p, &root, EL_ECRYPTO);
	p.index = 7;
	bad_path(file, "an index equal to the size", &leaves[4], &p, &root, EL_EFORMAT);
	p = good;
	p.size = 0;
	p.index = 0;
	bad_path(file, "a size of 0", &leaves[4], &p, &root, EL_EFORMAT);
	/* Sizes of the same shape for this leaf (5..8 differ in the right part only) are told apart by hashes. */
	p = good;
	p.size = 6;
	bad_path(file, "a smaller size", &leaves[4], &p, &root, EL_ECRYPTO);
	p = good;
	p.n--;
	bad_path(file, "the last hash left out", &leaves[4], &p, &root, EL_ECRYPTO);
	p = good;
	p.hashes[p.n++] = leaves[0];
	bad_path(file, "one hash too many", &leaves[4], &p, &root, EL_ECRYPTO);
	p = good;
	p.hashes[1] = good.hashes[0];
	p.hashes[0] = good.hashes[1];
	bad_path(file, "two hashes exchanged", &leaves[4], &p, &root, EL_ECRYPTO);
	p = good;
	p.hashes[0].b[0] ^= 1;
	bad_path(file, "one bit of a hash changed", &leaves[4], &p, &root, EL_ECRYPTO);
	p.n = 0;
	bad_path(file, "no hashes", &leaves[4], &p, &root, EL_ECRYPTO);
	p = good;
	p.n = 0;
	p.index = 0;
	p.size = 1;
	bad_path(file, "a tree of one leaf, with another root", &leaves[4], &p, &root, EL_ECRYPTO);
	p.hashes[p.n++] = leaves[0];
	bad_path(file, "a tree of one leaf with a hash", &leaves[4], &p, &leaves[4], EL_ECRYPTO);
	el_tree_path(leaves, 7, 6, &p);
	p.size = 8;
	bad_path(file, "the last leaf of 7 shown as one of 8", &leaves[6], &p, &root, EL_ECRYPTO);
}

json_t *
make_tree(void)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17 };
	json_t *file = vec_file("tree");
	struct el_hash leaves[LEAVES_MAX];

	derive_leaves(leaves);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		whole_tree(file, leaves, sizes[i]);
	bad_paths(file, leaves);
	return file;
}
