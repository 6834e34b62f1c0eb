#include "log/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"

void
el_tree_node(const struct el_hash *l, const struct el_hash *r, struct el_hash *out)
{
	uint8_t in[1 + 2 * EL_HASH_LEN] = { 1 };

	memcpy(in + 1, l->b, EL_HASH_LEN);
	memcpy(in + 1 + EL_HASH_LEN, r->b, EL_HASH_LEN);
	el_sha256(in, sizeof in, out);
}

/* The largest power of two below n (n >= 2). */
static size_t
split_of(size_t n)
{
	size_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

void
el_tree_root(const struct el_hash *leaves, size_t n, struct el_hash *out)
{
	struct el_hash l, r;
	size_t k;

	if (n == 0) {
		el_sha256("", 0, out);
		return;
	}
	if (n == 1) {
		*out = leaves[0];
		return;
	}
	k = split_of(n);
	el_tree_root(leaves, k, &l);
	el_tree_root(leaves + k, n - k, &r);
	el_tree_node(&l, &r, out);
}

static void
build_path(const struct el_hash *leaves, size_t n, size_t index, struct el_path *p)
{
	struct el_hash sibling;
	size_t k;

	if (n <= 1)
		return;
	k = split_of(n);
	if (index < k) {
		build_path(leaves, k, index, p);
		el_tree_root(leaves + k, n - k, &sibling);
	} else {
		build_path(leaves + k, n - k, index - k, p);
		el_tree_root(leaves, k, &sibling);
	}
	assert(p->n < EL_PATH_HASHES_MAX);
	p->hashes[p->n++] = sibling;
}

void
el_tree_path(const struct el_hash *leaves, size_t n, size_t index, struct el_path *out)
{
	assert(index < n);
	memset(out, 0, sizeof *out);
	out->index = index;
	out->size = n;
	build_path(leaves, n, index, out);
}

/*
 * Levels of the tree: level 0 are the leaves; a last node without a sibling moves up unchanged, which is
 * the same tree as splitting at the largest power of two.
 */
struct el_tree {
	struct el_hash *level[EL_PATH_HASHES_MAX + 1];
	size_t n[EL_PATH_HASHES_MAX + 1];
	size_t n_levels;
};

int
el_tree_new(const struct el_hash *leaves, size_t n, struct el_tree **out)
{
	struct el_tree *t;
	size_t i = 0;

	*out = NULL;
	if ((t = calloc(1, sizeof *t)) == NULL || (t->level[0] = calloc(n + 1, sizeof *leaves)) == NULL) {
		free(t);
		return EL_ENOMEM;
	}
	memcpy(t->level[0], leaves, n * sizeof *leaves);
	t->n[0] = n;
	for (; t->n[i] > 1; i++) {
		const size_t up = (t->n[i] + 1) / 2;

		assert(i < EL_PATH_HASHES_MAX);
		if ((t->level[i + 1] = calloc(up, sizeof *leaves)) == NULL) {
			t->n_levels = i + 1;
			el_tree_free(t);
			return EL_ENOMEM;
		}
		t->n[i + 1] = up;
		for (size_t j = 0; j < up; j++)
			if (2 * j + 1 < t->n[i])
				el_tree_node(&t->level[i][2 * j], &t->level[i][2 * j + 1], &t->level[i + 1][j]);
			else
				t->level[i + 1][j] = t->level[i][2 * j];
	}
	t->n_levels = i + 1;
	*out = t;
	return EL_OK;
}

void
el_tree_free(struct el_tree *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_levels; i++)
		free(t->level[i]);
	free(t);
}

void
el_tree_get_root(const struct el_tree *t, struct el_hash *out)
{
	if (t->n[0] == 0)
		el_sha256("", 0, out);
	else
		*out = t->level[t->n_levels - 1][0];
}

void
el_tree_get_path(const struct el_tree *t, size_t index, struct el_path *out)
{
	assert(index < t->n[0]);
	memset(out, 0, sizeof *out);
	out->index = index;
	out->size = t->n[0];
	for (size_t i = 0; i + 1 < t->n_levels; i++, index /= 2) {
		const size_t sibling = index ^ 1;

		if (sibling < t->n[i])
			out->hashes[out->n++] = t->level[i][sibling];
	}
}

int
el_tree_check(const struct el_hash *leaf, const struct el_path *p, const struct el_hash *root)
{
	uint64_t fn = p->index, sn;
	struct el_hash r = *leaf;

	if (p->index >= p->size || p->n > EL_PATH_HASHES_MAX)
		return EL_EFORMAT;
	sn = p->size - 1;
	for (size_t i = 0; i < p->n; i++) {
		if (sn == 0)
			return EL_ECRYPTO;
		if ((fn & 1) != 0 || fn == sn) {
			el_tree_node(&p->hashes[i], &r, &r);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			el_tree_node(&r, &p->hashes[i], &r);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && el_hash_eq(&r, root) ? EL_OK : EL_ECRYPTO;
}
