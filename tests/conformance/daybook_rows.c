#include "daybook_rows.h"

#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "log/tree.h"

/* splitmix64: half of its values have the top bit set, which signed tags would sort wrongly. */
static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

uint64_t
tag_a_of(enum row_form form, uint64_t seed)
{
	return mix(seed * 4 + (uint64_t)form * 2);
}

uint64_t
tag_b_of(enum row_form form, uint64_t seed)
{
	return mix(seed * 4 + (uint64_t)form * 2 + 1);
}

void
make_row(struct made_row *m, enum row_form form, uint64_t seed)
{
	uint64_t x = mix(~seed) + (uint64_t)form;
	size_t i;

	el_put_u64(m->sealed, seed);
	m->sealed[8] = (uint8_t)form;
	for (i = 9; i < sizeof m->sealed; i++)
		m->sealed[i] = (uint8_t)(x = mix(x));
	m->row = (struct el_row){ tag_a_of(form, seed), tag_b_of(form, seed), m->sealed, sizeof m->sealed };
}

uint32_t
append_seeds(struct el_daybook *d, el_epoch epoch, int64_t now_s, uint64_t first, size_t n)
{
	struct made_row *const made = calloc(n, sizeof *made);
	struct el_row *const rows = calloc(n, sizeof *rows);
	uint32_t segment, row;
	size_t i;

	assert_non_null(made);
	assert_non_null(rows);
	for (i = 0; i < n; i++) {
		make_row(&made[i], ROW_OLD, first + i);
		rows[i] = made[i].row;
	}
	assert_int_equal(d->ops->live(d, epoch, now_s, &segment), EL_OK);
	assert_int_equal(d->ops->append(d, epoch, segment, rows, n, &row), EL_OK);
	free(made);
	free(rows);
	return segment;
}

int
try_append(struct el_daybook *d, el_epoch epoch, int64_t now_s, uint64_t first, size_t n)
{
	struct made_row m[8];
	struct el_row rows[8];
	uint32_t segment, row;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		make_row(&m[i], ROW_OLD, first + i);
		rows[i] = m[i].row;
	}
	if ((r = d->ops->live(d, epoch, now_s, &segment)) == EL_OK)
		r = d->ops->append(d, epoch, segment, rows, n, &row);
	return r;
}

int
renew(void *ctx, const struct el_row_ref *from, const struct el_row *in, uint32_t segment, uint8_t *sealed,
    struct el_row *out)
{
	struct made_row m;

	(void)ctx;
	assert_int_not_equal(segment, from->segment);
	make_row(&m, ROW_NEW, el_get_u64(in->sealed));
	memcpy(sealed, m.sealed, sizeof m.sealed);
	*out = m.row;
	out->sealed = sealed;
	return EL_OK;
}

int
leaf_of_row(void *ctx, const struct el_row_ref *ref, const struct el_row *row, struct el_hash *leaf)
{
	uint8_t in[1 + 2 + 4 + 4 + 8 + 8 + EL_SEALED_MAX];
	struct el_wr w = el_wr_init(in, sizeof in);

	(void)ctx;
	el_wr_u8(&w, 0);
	el_wr_u16(&w, ref->epoch);
	el_wr_u32(&w, ref->segment);
	el_wr_u32(&w, ref->row);
	el_wr_u64(&w, row->tag_a);
	el_wr_u64(&w, row->tag_b);
	el_wr_bytes(&w, row->sealed, row->len);
	el_sha256(in, w.len, leaf);
	return w.err;
}

struct leaves {
	struct el_daybook *d;
	struct el_row_ref first; /* of the segment */
	struct el_hash *v;
	size_t n, size;
	uint32_t step;
	bool ok;
};

static void
check_segment(struct leaves *x)
{
	struct el_row_ref ref = x->first;
	struct el_hash root, told;
	struct el_path path;
	uint64_t n;
	int r;

	if (x->n == 0)
		return;
	el_tree_root(x->v, x->n, &root);
	r = x->d->ops->root(x->d, ref.epoch, ref.segment, &n, &told);
	if (ref.segment >= x->d->ops->unindexed(x->d, ref.epoch, NULL)) {
		x->ok = x->ok && r == EL_ENOTFOUND && x->d->ops->path(x->d, &ref, &path) == EL_ENOTFOUND;
		return;
	}
	x->ok = x->ok && r == EL_OK && n == x->n && memcmp(&root, &told, sizeof root) == 0;
	for (; x->ok && ref.row < x->n; ref.row += x->step)
		x->ok = x->d->ops->path(x->d, &ref, &path) == EL_OK && path.index == ref.row && path.size == x->n &&
		    el_tree_check(&x->v[ref.row], &path, &root) == EL_OK;
}

static int
note_leaf(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct leaves *const x = ctx;
	struct el_hash *more;

	if (x->n > 0 && ref->segment != x->first.segment) {
		check_segment(x);
		x->n = 0;
	}
	if (x->n == x->size) {
		x->size = x->size * 2 + 64;
		if ((more = realloc(x->v, x->size * sizeof *more)) == NULL)
			return EL_ENOMEM;
		x->v = more;
	}
	if (x->n == 0)
		x->first = *ref;
	return leaf_of_row(NULL, ref, row, &x->v[x->n++]);
}

bool
has_trees(struct el_daybook *d, el_epoch epoch, uint32_t step)
{
	struct leaves x = { .d = d, .step = step, .ok = true };
	const int r = d->ops->scan(d, epoch, false, note_leaf, &x);

	check_segment(&x);
	free(x.v);
	return r == EL_OK && x.ok;
}

size_t
work(struct el_daybook *d, daybook_worker *worker, const char *dir, size_t max)
{
	struct el_job job, again;
	size_t n;
	int r;

	for (n = 0; n < max && (r = d->ops->job(d, &job)) != EL_ENOTFOUND; n++) {
		assert_int_equal(r, EL_OK);
		assert_int_equal(d->ops->job(d, &again), EL_OK);
		assert_memory_equal(&job, &again, sizeof job);
		assert_int_equal(worker(dir, &job, renew, leaf_of_row, NULL), EL_OK);
		assert_int_equal(d->ops->finish(d, &job), EL_OK);
	}
	return n;
}

int
see(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct seen_list *const list = ctx;
	struct seen *const more = realloc(list->v, (list->n + 1) * sizeof *more);
	struct seen s = { .ref = *ref, .tag_a = row->tag_a, .tag_b = row->tag_b, .len = row->len };
	struct made_row m;

	if (more == NULL)
		return EL_ENOMEM;
	if (row->sealed != NULL && row->len == ROW_LEN) {
		s.seed = el_get_u64(row->sealed);
		s.form = row->sealed[8] == ROW_NEW ? ROW_NEW : ROW_OLD;
		make_row(&m, s.form, s.seed);
		s.whole = row->tag_a == m.row.tag_a && row->tag_b == m.row.tag_b &&
		    memcmp(row->sealed, m.sealed, ROW_LEN) == 0;
	}
	list->v = more;
	list->v[list->n++] = s;
	return EL_OK;
}

void
seen_free(struct seen_list *list)
{
	free(list->v);
	*list = (struct seen_list){ 0 };
}

uint64_t
rows_of(struct el_daybook *d, el_epoch epoch)
{
	uint64_t n;
	bool rewritten;

	assert_int_equal(d->ops->count(d, epoch, &n, &rewritten), EL_OK);
	return n;
}

void
expect_seeds(struct el_daybook *d, el_epoch epoch, enum row_form form, uint64_t first, size_t n)
{
	struct seen_list list = { 0 };
	bool *const there = calloc(n + 1, sizeof *there);
	uint64_t n_rows;
	bool rewritten;
	size_t i;

	assert_non_null(there);
	assert_int_equal(d->ops->scan(d, epoch, false, see, &list), EL_OK);
	assert_int_equal(list.n, n);
	for (i = 0; i < list.n; i++) {
		assert_true(list.v[i].whole);
		assert_int_equal(list.v[i].form, form);
		assert_true(list.v[i].seed >= first && list.v[i].seed - first < n);
		assert_false(there[list.v[i].seed - first]);
		there[list.v[i].seed - first] = true;
	}
	assert_int_equal(d->ops->count(d, epoch, &n_rows, &rewritten), EL_OK);
	assert_int_equal(n_rows, n);
	assert_int_equal(rewritten, form == ROW_NEW);
	free(there);
	seen_free(&list);
}

void
folder_new(char out[64])
{
	strcpy(out, "/tmp/el-daybook-XXXXXX");
	assert_non_null(mkdtemp(out));
}

/* nftw() takes no context. */
static struct {
	size_t n_files;
	const void *needle;
	size_t len;
	bool found;
} visit;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
look_at_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	uint8_t *p = NULL;
	size_t len;

	(void)st;
	(void)ftw;
	if (type != FTW_F)
		return 0;
	visit.n_files++;
	if (visit.needle != NULL) {
		assert_int_equal(el_file_read(path, 64u << 20, &p, &len), EL_OK);
		if (memmem(p, len, visit.needle, visit.len) != NULL)
			visit.found = true;
		free(p);
	}
	return 0;
}

void
folder_remove(const char *path)
{
	assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

size_t
folder_count(const char *path)
{
	visit.n_files = 0;
	visit.needle = NULL;
	assert_int_equal(nftw(path, look_at_one, 16, FTW_PHYS), 0);
	return visit.n_files;
}

bool
folder_contains(const char *path, const void *needle, size_t len)
{
	visit.needle = needle;
	visit.len = len;
	visit.found = false;
	assert_int_equal(nftw(path, look_at_one, 16, FTW_PHYS), 0);
	return visit.found;
}

static int
check_one_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *const end = strrchr(path, '.');
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;

	(void)st;
	(void)ftw;
	if (type != FTW_F || end == NULL || strcmp(end, ".db") != 0)
		return 0;
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(q, 0), "ok");
	sqlite3_finalize(q);
	sqlite3_close(db);
	return 0;
}

void
check_files(const char *dir)
{
	assert_int_equal(nftw(dir, check_one_file, 16, FTW_PHYS), 0);
}
