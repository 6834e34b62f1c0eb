#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "log/tile_tree.h"

#define LEAVES 70000
static struct el_hash leaves[LEAVES];

/* A folder of tiles, in memory: level and index give the place. */
#define PLACES 400
struct folder {
	struct el_hash *tiles[3][PLACES];
	unsigned width[3][PLACES];
	unsigned reads;
};

static int
put(void *ctx, const struct el_tile *tile, const uint8_t *hashes)
{
	struct folder *const f = ctx;

	assert_true(tile->level < 3 && tile->index < PLACES && tile->width > 0 && tile->width <= EL_TILE_WIDTH);
	assert_false(tile->entries);
	assert_null(f->tiles[tile->level][tile->index]);
	f->tiles[tile->level][tile->index] = calloc(tile->width, sizeof(struct el_hash));
	assert_non_null(f->tiles[tile->level][tile->index]);
	memcpy(f->tiles[tile->level][tile->index], hashes, tile->width * sizeof(struct el_hash));
	f->width[tile->level][tile->index] = tile->width;
	return EL_OK;
}

static int
get(void *ctx, const struct el_tile *tile, uint8_t *out)
{
	struct folder *const f = ctx;

	f->reads++;
	assert_true(tile->level < 3 && tile->index < PLACES && tile->width > 0);
	if (f->tiles[tile->level][tile->index] == NULL)
		return EL_ENOTFOUND;
	assert_int_equal(f->width[tile->level][tile->index], tile->width);
	memcpy(out, f->tiles[tile->level][tile->index], tile->width * sizeof(struct el_hash));
	return EL_OK;
}

static void
make(struct folder *f, size_t n, struct el_hash *root)
{
	struct el_tile_maker *m;

	memset(f, 0, sizeof *f);
	assert_int_equal(el_tile_maker_new(put, f, &m), EL_OK);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(el_tile_maker_add(m, &leaves[i]), EL_OK);
	assert_int_equal(el_tile_maker_end(m, root), EL_OK);
	el_tile_maker_free(m);
}

static void
clear(struct folder *f)
{
	for (size_t level = 0; level < 3; level++)
		for (size_t i = 0; i < PLACES; i++)
			free(f->tiles[level][i]);
}

/* Each tile of the layout, and no other. */
static void
expect_layout(const struct folder *f, size_t n)
{
	for (unsigned level = 0; level < 3; level++)
		for (size_t i = 0; i < PLACES; i++)
			assert_int_equal(f->width[level][i], el_tile_of(level, i, n).width);
}

static void
expect_tree(size_t n, size_t step)
{
	static struct folder f;
	const struct el_tile_source source = { get, &f };
	struct el_hash root, same, want;
	struct el_tile_paths *p;
	struct el_path path, plain;
	struct el_tree *tree;

	make(&f, n, &root);
	expect_layout(&f, n);
	assert_int_equal(el_tree_new(leaves, n, &tree), EL_OK);
	el_tree_get_root(tree, &want);
	assert_true(el_hash_eq(&root, &want));
	assert_int_equal(el_tile_paths_new(&source, n, &p), EL_OK);
	el_tile_paths_root(p, &same);
	assert_true(el_hash_eq(&same, &want));
	/* A log's reader finds the same in them. */
	assert_int_equal(el_tiles_root(&source, n, &same), EL_OK);
	assert_true(el_hash_eq(&same, &want));
	if (n > 0) {
		assert_int_equal(el_tiles_path(&source, n, n / 2, &plain), EL_OK);
		assert_int_equal(el_tile_paths_get(p, n / 2, &path), EL_OK);
		assert_memory_equal(&path, &plain, sizeof path);
	}
	for (size_t i = 0; i < n; i += step) {
		assert_int_equal(el_tile_paths_get(p, i, &path), EL_OK);
		el_tree_get_path(tree, i, &plain);
		assert_memory_equal(&path, &plain, sizeof path);
	}
	el_tile_paths_free(p);
	el_tree_free(tree);
	clear(&f);
}

static void
gives_root_and_paths_of_the_plain_tree_at_every_size(void **state)
{
	static const size_t edges[] = { 1023, 1024, 1025, 65279, 65280, 65281, 65535, 65536, 65537, 65791, 65792, 65793,
		LEAVES };

	(void)state;
	for (size_t n = 0; n <= 530; n++)
		expect_tree(n, 1);
	for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
		expect_tree(edges[i], 61);
}

static void
reads_a_tile_a_level_and_none_again(void **state)
{
	static struct folder f;
	const struct el_tile_source source = { get, &f };
	struct el_tile_paths *p;
	struct el_path path;
	struct el_hash root;

	(void)state;
	make(&f, LEAVES, &root);
	assert_int_equal(el_tile_paths_new(&source, LEAVES, &p), EL_OK);
	for (size_t i = 0; i < LEAVES; i += EL_TILE_WIDTH) {
		f.reads = 0;
		assert_int_equal(el_tile_paths_get(p, i, &path), EL_OK);
		assert_true(f.reads <= 2); /* the one of level 2 is held */
		assert_int_equal(el_tile_paths_get(p, i < LEAVES - 200 ? i + 200 : i, &path), EL_OK);
		assert_true(f.reads <= 2);
	}
	el_tile_paths_free(p);
	clear(&f);
}

static void
refuses_tiles_that_do_not_lead_to_the_root(void **state)
{
	static struct folder f;
	const struct el_tile_source source = { get, &f };
	struct el_tile_paths *p;
	struct el_path path;
	struct el_hash root, *lost;

	(void)state;
	make(&f, LEAVES, &root);
	assert_int_equal(el_tile_paths_new(&source, LEAVES, &p), EL_OK);
	f.tiles[0][3][9].b[0] ^= 1;
	for (int again = 0; again < 2; again++) {
		assert_int_equal(el_tile_paths_get(p, 3 * EL_TILE_WIDTH, &path), EL_EFORMAT);
		assert_int_equal(el_tile_paths_get(p, 4 * EL_TILE_WIDTH, &path), EL_OK);
	}
	f.tiles[0][3][9].b[0] ^= 1;
	assert_int_equal(el_tile_paths_get(p, 3 * EL_TILE_WIDTH, &path), EL_OK);
	f.tiles[1][0][200].b[31] ^= 1;
	lost = f.tiles[0][200];
	f.tiles[0][200] = NULL;
	el_tile_paths_free(p);
	/* What is damaged off the edge is seen when it is used. */
	assert_int_equal(el_tile_paths_new(&source, LEAVES, &p), EL_OK);
	assert_int_equal(el_tile_paths_get(p, 0, &path), EL_EFORMAT);
	f.tiles[1][0][200].b[31] ^= 1;
	assert_int_equal(el_tile_paths_get(p, 200 * EL_TILE_WIDTH, &path), EL_ENOTFOUND);
	assert_int_equal(el_tile_paths_get(p, 0, &path), EL_OK);
	f.tiles[0][200] = lost;
	assert_int_equal(el_tile_paths_get(p, 200 * EL_TILE_WIDTH, &path), EL_OK);
	el_tile_paths_free(p);
	assert_int_equal(el_tile_paths_new(&source, EL_LOG_SIZE_MAX + 1, &p), EL_EFORMAT);
	assert_null(p);
	clear(&f);
}

static int
refuse_second(void *ctx, const struct el_tile *tile, const uint8_t *hashes)
{
	(void)tile;
	(void)hashes;
	return ++*(unsigned *)ctx == 2 ? EL_ESPACE : EL_OK;
}

static void
ends_with_what_the_sink_says(void **state)
{
	struct el_tile_maker *m;
	struct el_hash root;
	unsigned n = 0;
	int r = EL_OK;
	size_t i = 0;

	(void)state;
	assert_int_equal(el_tile_maker_new(refuse_second, &n, &m), EL_OK);
	for (; i < LEAVES && r == EL_OK; i++)
		r = el_tile_maker_add(m, &leaves[i]);
	assert_int_equal(r, EL_ESPACE);
	assert_int_equal(i, 2 * EL_TILE_WIDTH);
	el_tile_maker_free(m);
	n = 0;
	assert_int_equal(el_tile_maker_new(refuse_second, &n, &m), EL_OK);
	for (i = 0; i < 300; i++)
		assert_int_equal(el_tile_maker_add(m, &leaves[i]), EL_OK);
	assert_int_equal(el_tile_maker_end(m, &root), EL_ESPACE);
	el_tile_maker_free(m);
	el_tile_maker_free(NULL);
	el_tile_paths_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_root_and_paths_of_the_plain_tree_at_every_size),
		cmocka_unit_test(reads_a_tile_a_level_and_none_again),
		cmocka_unit_test(refuses_tiles_that_do_not_lead_to_the_root),
		cmocka_unit_test(ends_with_what_the_sink_says),
	};

	if (el_crypto_init() != EL_OK)
		return 1;
	for (size_t i = 0; i < LEAVES; i++) {
		uint8_t number[8];

		el_put_u64(number, i);
		el_sha256(number, sizeof number, &leaves[i]);
	}
	return cmocka_run_group_tests_name("log tile_tree", tests, NULL, NULL);
}
