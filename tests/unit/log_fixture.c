#include "log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void
log_fixture_prove(const struct el_hash *deployment, const char *party, const struct el_sign_key *key,
    const uint8_t *entry, size_t len, struct el_log_proof *out)
{
	struct el_checkpoint c = { .size = 1 };
	struct el_buf note;

	memset(out, 0, sizeof *out);
	assert_int_equal(el_log_origin(deployment, party, c.origin), EL_OK);
	el_entry_leaf(entry, len, &c.root); /* of one leaf */
	el_buf_init(&note, EL_NOTE_MAX);
	assert_int_equal(el_checkpoint_sign(&c, key, &note), EL_OK);
	out->checkpoint = malloc(note.len);
	assert_non_null(out->checkpoint);
	memcpy(out->checkpoint, note.p, note.len);
	out->checkpoint_len = note.len;
	memcpy(out->answer.entry, entry, len);
	out->answer.len = len;
	out->answer.path.size = 1;
	out->roots = calloc(1, sizeof *out->roots);
	el_buf_wipe(&note);
}

void
log_fixture_answered(const struct el_hash *deployment, const char *party, const struct el_sign_key *key,
    const struct el_order *order, const struct el_hash *answer, struct el_log_proof *out)
{
	struct el_held *const h = el_held_new(order, 64);

	assert_non_null(h);
	assert_int_equal(el_held_entry(h, answer, 1, order->created), EL_OK);
	log_fixture_prove(deployment, party, key, h->entry, h->entry_len, out);
	el_held_free(h);
}
