#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "daybook/sqlite_file.h"
#include "daybook/sqlite_internal.h"
#include "log/tile_tree.h"

static const char *const sql_put[1] = { "INSERT INTO tree_tile (level, number, hashes) VALUES (?1, ?2, ?3)" };
static const char *const sql_get[1] = { "SELECT hashes FROM tree_tile WHERE level = ?1 AND number = ?2" };

static int
bind_place(sqlite3_stmt *st, const struct el_tile *tile)
{
	const int rc = sqlite3_bind_int64(st, 1, tile->level);

	return rc == SQLITE_OK ? sqlite3_bind_int64(st, 2, (sqlite3_int64)tile->index) : rc;
}

/* ---- Making ---- */

struct growing {
	struct el_tile_maker *maker;
	el_leaf_fn *leaf;
	void *ctx;
	uint32_t n;
};

static int
put_tile(void *ctx, const struct el_tile *tile, const uint8_t *hashes)
{
	sqlite3_stmt *const put = *(sqlite3_stmt **)ctx;
	int rc;

	if ((rc = bind_place(put, tile)) == SQLITE_OK)
		rc = sqlite3_bind_blob(put, 3, hashes, (int)tile->width * EL_HASH_LEN, SQLITE_STATIC);
	return rc == SQLITE_OK ? el_sqlite_run(put) : el_sqlite_code(rc);
}

static int
add_row(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct growing *const g = ctx;
	struct el_hash leaf;
	int r;

	if (ref->row != g->n++)
		return EL_EFORMAT;
	if ((r = g->leaf(g->ctx, ref, row, &leaf)) == EL_OK)
		r = el_tile_maker_add(g->maker, &leaf);
	return r;
}

int
el_index_tree_make(struct el_segment *from, const struct el_row_ref *segment, el_leaf_fn *leaf, void *ctx, sqlite3 *db,
    struct el_hash *root)
{
	struct growing g = { .leaf = leaf, .ctx = ctx };
	const struct el_segment_query q = { .fn = add_row, .ctx = &g };
	sqlite3_stmt *put = NULL;
	int dropped, r;

	if ((r = el_sqlite_prepare(db, sql_put, 1, &put)) == EL_OK &&
	    (r = el_tile_maker_new(put_tile, &put, &g.maker)) == EL_OK &&
	    (r = el_segment_walk(from, segment, &q)) == EL_OK)
		r = el_tile_maker_end(g.maker, root);
	el_tile_maker_free(g.maker);
	sqlite3_finalize(put);
	if (r == EL_ECRYPTO && (dropped = el_sqlite_exec(db, "DELETE FROM tree_tile")) != EL_OK)
		r = dropped;
	return r;
}

/* ---- Reading ---- */

struct el_index_tree {
	sqlite3_stmt *get;
	struct el_tile_paths *paths;
};

static int
get_tile(void *ctx, const struct el_tile *tile, uint8_t *out)
{
	sqlite3_stmt *const get = ctx;
	const void *hashes;
	int rc, r;

	if ((rc = bind_place(get, tile)) != SQLITE_OK)
		return el_sqlite_code(rc);
	rc = sqlite3_step(get);
	if (rc == SQLITE_ROW && (size_t)sqlite3_column_bytes(get, 0) == tile->width * sizeof(struct el_hash)) {
		hashes = sqlite3_column_blob(get, 0);
		r = hashes != NULL ? EL_OK : EL_ENOMEM;
		if (hashes != NULL)
			memcpy(out, hashes, tile->width * sizeof(struct el_hash));
	} else if ((r = el_sqlite_code(rc)) == EL_OK)
		r = EL_EFORMAT; /* no such tile, or another width */
	sqlite3_reset(get);
	return r;
}

void
el_index_tree_close(struct el_index_tree *t)
{
	if (t == NULL)
		return;
	el_tile_paths_free(t->paths);
	sqlite3_finalize(t->get);
	free(t);
}

int
el_index_tree_open(sqlite3 *db, uint32_t n_rows, const struct el_hash *root, struct el_index_tree **out)
{
	struct el_tile_source source = { .read = get_tile };
	struct el_index_tree *t;
	struct el_hash actual;
	int r;

	*out = NULL;
	if ((t = calloc(1, sizeof *t)) == NULL)
		return EL_ENOMEM;
	if ((r = el_sqlite_prepare(db, sql_get, 1, &t->get)) == EL_OK) {
		source.ctx = t->get;
		r = el_tile_paths_new(&source, n_rows, &t->paths);
	}
	if (r == EL_OK) {
		el_tile_paths_root(t->paths, &actual);
		r = el_hash_eq(&actual, root) ? EL_OK : EL_EFORMAT;
	}
	if (r == EL_OK)
		*out = t;
	else
		el_index_tree_close(t);
	return r;
}

int
el_index_tree_path(struct el_index_tree *t, uint32_t row, struct el_path *out)
{
	return el_tile_paths_get(t->paths, row, out);
}
