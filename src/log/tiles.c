#include "log/tiles.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"

#define LEVEL_BITS 8

_Static_assert(sizeof(struct el_hash) == EL_HASH_LEN, "hashes stand side by side");

/* How many tiles a level has at most. */
static uint64_t
tiles_max(unsigned level)
{
	const unsigned bits = LEVEL_BITS * (level + 1);

	return bits < EL_PATH_HASHES_MAX ? EL_LOG_SIZE_MAX >> bits : 1;
}

void
el_tile_path(const struct el_tile *t, char out[EL_TILE_PATH_MAX])
{
	unsigned groups[7]; /* three digits each, the last ones first */
	uint64_t rest = t->index;
	size_t n = 0, len;

	do
		groups[n++] = (unsigned)(rest % 1000);
	while ((rest /= 1000) != 0);
	len = (size_t)(t->entries ? snprintf(out, EL_TILE_PATH_MAX, "tile/entries")
				  : snprintf(out, EL_TILE_PATH_MAX, "tile/%u", t->level));
	while (n-- > 0)
		len += (size_t)snprintf(out + len, EL_TILE_PATH_MAX - len, n > 0 ? "/x%03u" : "/%03u", groups[n]);
	if (t->width < EL_TILE_WIDTH)
		(void)snprintf(out + len, EL_TILE_PATH_MAX - len, ".p/%u", t->width);
}

/* Digits at *p, at most `most` of them, and a step behind them.  EL_EFORMAT: none. */
static int
read_number(const char **p, size_t most, uint64_t *out)
{
	size_t n = 0;

	for (*out = 0; n < most && **p >= '0' && **p <= '9'; n++, ++*p)
		*out = *out * 10 + (uint64_t)(**p - '0');
	return n > 0 ? EL_OK : EL_EFORMAT;
}

static bool
read_word(const char **p, const char *word)
{
	if (strncmp(*p, word, strlen(word)) != 0)
		return false;
	*p += strlen(word);
	return true;
}

/* Whatever reads like a path; el_tile_parse() insists on the one spelling. */
static int
read_path(const char *p, struct el_tile *t)
{
	uint64_t v;
	bool more;

	if (!read_word(&p, "tile/"))
		return EL_EFORMAT;
	if (!(t->entries = read_word(&p, "entries"))) {
		if (read_number(&p, 1, &v) != EL_OK)
			return EL_EFORMAT;
		t->level = (unsigned)v;
	}
	do {
		if (!read_word(&p, "/"))
			return EL_EFORMAT;
		more = read_word(&p, "x");
		/* So it cannot overflow, however many groups there are. */
		if (t->index >= EL_LOG_SIZE_MAX || read_number(&p, 3, &v) != EL_OK)
			return EL_EFORMAT;
		t->index = t->index * 1000 + v;
	} while (more);
	t->width = EL_TILE_WIDTH;
	if (read_word(&p, ".p/")) {
		if (read_number(&p, 3, &v) != EL_OK || v < 1 || v >= EL_TILE_WIDTH)
			return EL_EFORMAT;
		t->width = (unsigned)v;
	}
	return *p == '\0' ? EL_OK : EL_EFORMAT;
}

int
el_tile_parse(const char *path, struct el_tile *out)
{
	char same[EL_TILE_PATH_MAX];

	memset(out, 0, sizeof *out);
	if (read_path(path, out) == EL_OK && out->level < EL_TILE_LEVELS && out->index < tiles_max(out->level)) {
		el_tile_path(out, same);
		if (strcmp(same, path) == 0)
			return EL_OK;
	}
	memset(out, 0, sizeof *out);
	return EL_EFORMAT;
}

struct el_tile
el_tile_of(unsigned level, uint64_t index, uint64_t size)
{
	const uint64_t nodes = size >> (LEVEL_BITS * level), full = nodes / EL_TILE_WIDTH;
	struct el_tile t = { .level = level, .index = index };

	assert(level < EL_TILE_LEVELS);
	if (index < full)
		t.width = EL_TILE_WIDTH;
	else if (index == full)
		t.width = (unsigned)(nodes % EL_TILE_WIDTH);
	return t;
}

/*
 * A reader of nodes.  A proof walks the tree from left to right, so that two tiles a level (the leaf's and the
 * edge's) are all that it needs at a time.
 */
#define KEPT 2
struct reader {
	const struct el_tile_source *source;
	uint64_t size;
	struct kept {
		struct el_tile tile; /* width 0: nothing kept */
		struct el_hash hashes[EL_TILE_WIDTH];
	} kept[EL_TILE_LEVELS][KEPT];
	unsigned oldest[EL_TILE_LEVELS];
};

static int
reader_new(const struct el_tile_source *source, uint64_t size, struct reader **out)
{
	*out = NULL;
	if (size > EL_LOG_SIZE_MAX)
		return EL_EFORMAT;
	if ((*out = calloc(1, sizeof **out)) == NULL)
		return EL_ENOMEM;
	(*out)->source = source;
	(*out)->size = size;
	return EL_OK;
}

static int
read_tile(struct reader *r, unsigned level, uint64_t index, const struct el_hash **out)
{
	struct kept *k;
	int err;

	for (unsigned i = 0; i < KEPT; i++) {
		k = &r->kept[level][i];
		if (k->tile.width != 0 && k->tile.index == index) {
			*out = k->hashes;
			return EL_OK;
		}
	}
	k = &r->kept[level][r->oldest[level]];
	k->tile = el_tile_of(level, index, r->size);
	if ((err = r->source->read(r->source->ctx, &k->tile, k->hashes[0].b)) != EL_OK) {
		k->tile.width = 0;
		return err;
	}
	r->oldest[level] = (r->oldest[level] + 1) % KEPT;
	*out = k->hashes;
	return EL_OK;
}

/* The node over the 2^height leaves from index * 2^height on, all of which the tree has. */
static int
read_node(struct reader *r, unsigned height, uint64_t index, struct el_hash *out)
{
	const unsigned level = height / LEVEL_BITS, up = height % LEVEL_BITS;
	const uint64_t first = index << up;
	const struct el_hash *hashes;
	int err;

	if ((err = read_tile(r, level, first / EL_TILE_WIDTH, &hashes)) == EL_OK)
		el_tree_root(hashes + first % EL_TILE_WIDTH, (size_t)1 << up, out);
	return err;
}

/* log2 of the largest power of two not over n (n >= 1). */
static unsigned
height_of(uint64_t n)
{
	unsigned h = 0;

	while (n >> h > 1)
		h++;
	return h;
}

/* MTH of the n (>= 1) leaves from start on, which is a multiple of every power of two below n. */
static int
range_root(struct reader *r, uint64_t start, uint64_t n, struct el_hash *out)
{
	unsigned h = height_of(n);
	struct el_hash right;
	int err;

	if (n == UINT64_C(1) << h)
		return read_node(r, h, start >> h, out);
	if ((err = read_node(r, h, start >> h, out)) != EL_OK ||
	    (err = range_root(r, start + (UINT64_C(1) << h), n - (UINT64_C(1) << h), &right)) != EL_OK)
		return err;
	el_tree_node(out, &right, out);
	return EL_OK;
}

/* Where a tree of n (>= 2) leaves is split: the largest power of two below n. */
static uint64_t
split_of(uint64_t n)
{
	return UINT64_C(1) << height_of(n - 1);
}

static int
path_of(struct reader *r, uint64_t start, uint64_t n, uint64_t index, struct el_path *out)
{
	uint64_t k;
	int err;

	if (n == 1)
		return EL_OK;
	k = split_of(n);
	if (index - start < k) {
		if ((err = path_of(r, start, k, index, out)) != EL_OK)
			return err;
		return range_root(r, start + k, n - k, &out->hashes[out->n++]);
	}
	if ((err = path_of(r, start + k, n - k, index, out)) != EL_OK)
		return err;
	return range_root(r, start, k, &out->hashes[out->n++]);
}

/*
 * SUBPROOF of RFC 9162 section 2.1.4.1, for m of the n leaves from start on; is_known: their root is the first
 * tree's.
 */
static int
subproof(struct reader *r, uint64_t start, uint64_t n, uint64_t m, bool is_known, struct el_consistency *out)
{
	uint64_t k;
	int err;

	if (m == n)
		return is_known ? EL_OK : range_root(r, start, n, &out->hashes[out->n++]);
	k = split_of(n);
	if (m <= k) {
		if ((err = subproof(r, start, k, m, is_known, out)) != EL_OK)
			return err;
		return range_root(r, start + k, n - k, &out->hashes[out->n++]);
	}
	if ((err = subproof(r, start + k, n - k, m - k, false, out)) != EL_OK)
		return err;
	return range_root(r, start, k, &out->hashes[out->n++]);
}

int
el_tiles_root(const struct el_tile_source *source, uint64_t size, struct el_hash *out)
{
	struct reader *r;
	int err;

	memset(out, 0, sizeof *out);
	if ((err = reader_new(source, size, &r)) != EL_OK)
		return err;
	if (size == 0)
		el_sha256("", 0, out);
	else if ((err = range_root(r, 0, size, out)) != EL_OK)
		memset(out, 0, sizeof *out);
	free(r);
	return err;
}

int
el_tiles_path(const struct el_tile_source *source, uint64_t size, uint64_t index, struct el_path *out)
{
	struct reader *r;
	int err;

	memset(out, 0, sizeof *out);
	if (index >= size)
		return EL_EFORMAT;
	if ((err = reader_new(source, size, &r)) != EL_OK)
		return err;
	if ((err = path_of(r, 0, size, index, out)) != EL_OK) {
		memset(out, 0, sizeof *out);
	} else {
		out->index = index;
		out->size = size;
	}
	free(r);
	return err;
}

int
el_tiles_leaf(const struct el_tile_source *source, uint64_t size, uint64_t index, struct el_hash *out)
{
	struct reader *r;
	int err;

	memset(out, 0, sizeof *out);
	if (index >= size)
		return EL_EFORMAT;
	if ((err = reader_new(source, size, &r)) != EL_OK)
		return err;
	err = read_node(r, 0, index, out);
	free(r);
	return err;
}

int
el_tiles_consistency(const struct el_tile_source *source, uint64_t from, uint64_t to, struct el_consistency *out)
{
	struct reader *r;
	int err;

	memset(out, 0, sizeof *out);
	if (from > to)
		return EL_EFORMAT;
	if ((err = reader_new(source, to, &r)) != EL_OK)
		return err;
	if (from > 0 && (err = subproof(r, 0, to, from, true, out)) != EL_OK) {
		memset(out, 0, sizeof *out);
	} else {
		out->from = from;
		out->to = to;
	}
	free(r);
	return err;
}

int
el_tiles_edge(const struct el_tile_source *source, uint64_t size, struct el_edge *out)
{
	struct reader *r;
	int err;

	memset(out, 0, sizeof *out);
	if ((err = reader_new(source, size, &r)) != EL_OK)
		return err;
	out->size = size;
	for (unsigned h = 0; err == EL_OK && size >> h != 0; h++)
		if ((size >> h & 1) != 0)
			err = read_node(r, h, (size >> h) - 1, &out->nodes[h]);
	if (err != EL_OK)
		memset(out, 0, sizeof *out);
	free(r);
	return err;
}

void
el_entry_leaf(const uint8_t *entry, size_t len, struct el_hash *out)
{
	static const uint8_t front = 0;
	struct el_sha256 state;

	el_sha256_init(&state);
	el_sha256_update(&state, &front, 1);
	el_sha256_update(&state, entry, len);
	el_sha256_final(&state, out);
}

int
el_bundle_entry(const uint8_t *bundle, size_t bundle_len, unsigned k, const uint8_t **entry, size_t *len)
{
	struct el_rd r = el_rd_init(bundle, bundle_len);
	const uint8_t *found = NULL;
	size_t found_len = 0;

	*entry = NULL;
	*len = 0;
	for (unsigned i = 0; r.err == EL_OK && r.left > 0; i++) {
		const size_t n = el_rd_u16(&r);
		const uint8_t *const view = el_rd_view(&r, n);

		if (i == EL_TILE_WIDTH)
			return EL_EFORMAT;
		if (i == k) {
			found = view;
			found_len = n;
		}
	}
	if (el_rd_end(&r) != EL_OK)
		return EL_EFORMAT;
	if (found == NULL)
		return EL_ENOTFOUND;
	*entry = found;
	*len = found_len;
	return EL_OK;
}
