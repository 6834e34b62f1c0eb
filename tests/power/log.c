#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publog/writer.h"

#define ORIGIN "entrylog/0123456789abcdef/registry"
#define ENTRIES_MAX 1200
#define BATCH_MAX 300
#define TEXT 32

struct book {
	char dir[140];
	struct el_sign_key *key;
	struct el_log_writer *writer;
};

static size_t
entry_of(uint64_t i, char out[TEXT])
{
	return (size_t)snprintf(out, TEXT, "entry %llu", (unsigned long long)i);
}

/* Whether the log's head is that of the first `size` entries. */
static bool
is_right(const struct el_checkpoint *head)
{
	static struct el_hash leaves[ENTRIES_MAX + BATCH_MAX];
	struct el_hash root;
	char text[TEXT];

	if (head->size > ENTRIES_MAX + BATCH_MAX)
		return false;
	for (uint64_t i = 0; i < head->size; i++)
		el_entry_leaf((const uint8_t *)text, entry_of(i, text), &leaves[i]);
	el_tree_root(leaves, (size_t)head->size, &root);
	return memcmp(&root, &head->root, sizeof root) == 0;
}

static void
log_close(void *handle)
{
	struct book *const b = handle;

	el_log_writer_close(b->writer);
	el_sign_key_free(b->key);
	free(b);
}

static void *
log_open(struct trial *t, const char *root, const union world may[2], union world *seen)
{
	struct book *const b = tree_grow(NULL, 1, sizeof *b);
	const uint8_t seed[32] = { 1 };
	const struct el_checkpoint *head;
	int r;

	*b = (struct book){ .dir = "" };
	snprintf(b->dir, sizeof b->dir, "%.120s/log", root);
	if ((r = el_sign_key_new(seed, &b->key)) == EL_OK)
		r = el_log_writer_open(b->dir, ORIGIN, b->key, &b->writer);
	if (r != EL_OK) {
		trial_failed(t, "the log does not open: %d", r);
		log_close(b);
		return NULL;
	}
	head = el_log_writer_head(b->writer);
	seen->log.n = head->size;
	if ((head->size == may[0].log.n || head->size == may[1].log.n) && is_right(head))
		return b;
	trial_failed(t, "%llu entries, but %llu were to be there", (unsigned long long)head->size,
	    (unsigned long long)may[0].log.n);
	log_close(b);
	return NULL;
}

static int
append(struct book *b, uint64_t from, size_t n)
{
	static struct el_log_item items[BATCH_MAX];
	static char texts[BATCH_MAX][TEXT];

	for (size_t i = 0; i < n; i++)
		items[i] = (struct el_log_item){ .entry = (const uint8_t *)texts[i],
			.len = entry_of(from + i, texts[i]) };
	return el_log_writer_append(b->writer, items, n);
}

static int
cosign(struct trial *t, struct book *b)
{
	uint8_t seed[32] = { 2, (uint8_t)chance_below(&t->c, 3) };
	struct el_sign_key *key;
	struct el_buf line;
	const uint8_t *note;
	char name[TEXT];
	size_t len;
	int r;

	if ((r = el_sign_key_new(seed, &key)) != EL_OK)
		return r;
	snprintf(name, sizeof name, "witness-%u", (unsigned)seed[1]);
	el_buf_init(&line, EL_NOTE_MAX);
	note = el_log_writer_note(b->writer, &len);
	if ((r = el_checkpoint_cosign(note, len, name, key, 1700000000, &line)) == EL_OK)
		r = el_log_writer_cosign(b->writer, line.p, line.len);
	el_buf_wipe(&line);
	el_sign_key_free(key);
	return r;
}

static bool
log_step(struct trial *t, void *handle, size_t i, union world *world)
{
	/* Sizes of batches of the first life; 0: a cosignature. */
	static const uint16_t script[] = { 1, 2, 0, 100, 150, 5, 0, 1, 260, 3, 0, 40 };
	struct book *const b = handle;
	size_t n;
	int r;

	if (t->life == 0 ? i >= sizeof script / sizeof script[0] : i > 0 && chance_one_in(&t->c, 2))
		return false;
	n = t->life == 0 ? script[i] : chance_one_in(&t->c, 4) ? 200 + chance_below(&t->c, 100) : chance_below(&t->c, 40);
	if (world->log.n + n > ENTRIES_MAX)
		n = 0;
	r = n == 0 ? cosign(t, b) : append(b, world->log.n, n);
	world->log.n += n;
	return r == EL_OK || trial_failed(t, "batch of %zu: %d", n, r);
}

static void
log_at_rest(struct trial *t, const char *root)
{
	(void)t;
	(void)root;
}

const struct subject public_log = { "public log", log_open, log_step, log_close, log_at_rest, NULL };
