#include "log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void
log_fixture_add(struct log_fixture *l, const uint8_t *entry, size_t len)
{
	assert_true(l->n < LOG_FIXTURE_MAX && len <= LOG_FIXTURE_ENTRY);
	memcpy(l->entries[l->n].bytes, entry, len);
	l->entries[l->n++].len = len;
}

void
log_fixture_add_entry(struct log_fixture *l, const struct el_log_entry *e)
{
	uint8_t bytes[EL_ENTRY_MAX];
	size_t len;

	assert_int_equal(el_log_entry_encode(e, bytes, &len), EL_OK);
	log_fixture_add(l, bytes, len);
}

void
log_fixture_add_answer(struct log_fixture *l, const struct el_order *o, const struct el_hash *answer)
{
	const struct el_log_entry e = { .type = EL_ENTRY_ORDER, .time_s = o->created, .order = o->hash, .kind = o->kind,
		.answer = *answer, .count = 1 };

	log_fixture_add_entry(l, &e);
}

void
log_fixture_prove(const struct log_fixture *l, const struct el_hash *deployment, const char *party,
    const struct el_sign_key *key, struct el_log_proof *out)
{
	struct el_checkpoint c = { .size = l->n };
	struct el_hash leaves[LOG_FIXTURE_MAX];
	struct el_buf note;

	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < l->n; i++)
		el_entry_leaf(l->entries[i].bytes, l->entries[i].len, &leaves[i]);
	el_tree_root(leaves, l->n, &c.root);
	assert_int_equal(el_log_origin(deployment, party, c.origin), EL_OK);
	el_buf_init(&note, EL_NOTE_MAX);
	assert_int_equal(el_checkpoint_sign(&c, key, &note), EL_OK);
	out->checkpoint = malloc(note.len);
	out->roots = calloc(l->n, sizeof *out->roots);
	assert_true(out->checkpoint != NULL && out->roots != NULL);
	memcpy(out->checkpoint, note.p, note.len);
	out->checkpoint_len = note.len;
	for (size_t i = 0; i < l->n; i++) {
		struct el_logged *const to = i == 0 ? &out->answer : &out->roots[out->n_roots++];

		memcpy(to->entry, l->entries[i].bytes, l->entries[i].len);
		to->len = l->entries[i].len;
		el_tree_path(leaves, l->n, i, &to->path);
	}
	el_buf_wipe(&note);
}
