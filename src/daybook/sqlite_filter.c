#include <stdlib.h>

#include "base/codec.h"
#include "daybook/sqlite_file.h"
#include "daybook/sqlite_internal.h"

/*
 * A Bloom filter in words of 64 bits: a tag's high half chooses its word, its low bits five bits there.  Tags are outputs
 * of a PRF, so they need no hash.  With two tags a word one in some 5,000 others passes.
 */
#define ROWS_MAX 4000000u /* 16 MB */
#define WORD_LEN 8
#define BITS 5

static const char *const sql_put[1] = { "INSERT INTO tag_b_filter (words) VALUES (?1)" };
static const char *const sql_get[1] = { "SELECT words FROM tag_b_filter" };

static uint32_t
words_of(uint32_t n_rows)
{
	return n_rows / 2 + 1;
}

static uint64_t
bits_of(uint64_t tag)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < BITS; i++, tag >>= 6)
		bits |= UINT64_C(1) << (tag & 63);
	return bits;
}

static size_t
place_of(uint64_t tag, uint32_t n_words)
{
	return (size_t)((tag >> 32) * n_words >> 32) * WORD_LEN;
}

/* ---- Making ---- */

int
el_filter_new(uint32_t n_rows, struct el_filter *out)
{
	*out = (struct el_filter){ .n_words = words_of(n_rows) };
	if (n_rows > ROWS_MAX)
		return EL_OK;
	out->words = calloc(out->n_words, WORD_LEN);
	return out->words != NULL ? EL_OK : EL_ENOMEM;
}

void
el_filter_add(struct el_filter *f, uint64_t tag)
{
	uint8_t *word;

	if (f->words == NULL)
		return;
	word = f->words + place_of(tag, f->n_words);
	el_put_u64(word, el_get_u64(word) | bits_of(tag));
}

int
el_filter_put(const struct el_filter *f, sqlite3 *db)
{
	sqlite3_stmt *put = NULL;
	int rc, r;

	if (f->words == NULL)
		return EL_OK;
	if ((r = el_sqlite_prepare(db, sql_put, 1, &put)) == EL_OK) {
		rc = sqlite3_bind_blob(put, 1, f->words, (int)f->n_words * WORD_LEN, SQLITE_STATIC);
		r = rc == SQLITE_OK ? el_sqlite_run(put) : el_sqlite_code(rc);
	}
	sqlite3_finalize(put);
	return r;
}

void
el_filter_free(struct el_filter *f)
{
	free(f->words);
	f->words = NULL;
}

/* ---- Reading ---- */

static int
add(uint64_t **v, size_t *n, size_t *size, uint64_t tag)
{
	if (*n == *size) {
		const size_t more = *size != 0 ? *size * 2 : 64;
		uint64_t *const bigger = realloc(*v, more * sizeof *bigger);

		if (bigger == NULL)
			return EL_ENOMEM;
		*v = bigger;
		*size = more;
	}
	(*v)[(*n)++] = tag;
	return EL_OK;
}

static int
sift(const uint8_t *words, uint32_t n_words, const uint64_t *tags, size_t n, uint64_t **out, size_t *n_out)
{
	size_t size = 0;
	int r = EL_OK;

	for (size_t i = 0; r == EL_OK && i < n; i++) {
		const uint64_t bits = bits_of(tags[i]);

		if ((el_get_u64(words + place_of(tags[i], n_words)) & bits) == bits)
			r = add(out, n_out, &size, tags[i]);
	}
	return r;
}

int
el_filter_sift(sqlite3 *db, uint32_t n_rows, const uint64_t *tags, size_t n, uint64_t **out, size_t *n_out)
{
	const uint32_t n_words = words_of(n_rows);
	sqlite3_stmt *get = NULL;
	const void *words;
	int rc, r;

	*out = NULL;
	*n_out = 0;
	if ((r = el_sqlite_prepare(db, sql_get, 1, &get)) == EL_OK) {
		if ((rc = sqlite3_step(get)) == SQLITE_DONE)
			r = EL_ENOTFOUND;
		else if (rc != SQLITE_ROW)
			r = el_sqlite_code(rc);
		else if ((words = sqlite3_column_blob(get, 0)) == NULL)
			r = EL_ENOMEM;
		else if ((size_t)sqlite3_column_bytes(get, 0) != (size_t)n_words * WORD_LEN)
			r = EL_EFORMAT;
		else
			r = sift(words, n_words, tags, n, out, n_out);
	}
	sqlite3_finalize(get);
	if (r != EL_OK) {
		free(*out);
		*out = NULL;
		*n_out = 0;
	}
	return r;
}
