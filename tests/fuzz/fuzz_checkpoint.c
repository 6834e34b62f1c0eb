/* What parses, signed anew, opens as the same; its origin, size and root stand in its text in their one spelling. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "crypto/selftest.h"
#include "log/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t seed[32] = { 1 };
	static struct el_sign_key *key;
	struct el_checkpoint c, same;
	struct el_buf note;
	size_t before, after;

	if (key == NULL && (el_crypto_init() != EL_OK || el_sign_key_new(seed, &key) != EL_OK))
		abort();
	if (el_checkpoint_parse(data, len, &c) != EL_OK)
		return 0;
	if (c.origin[0] == '\0' || el_note_text(data, len, &before) != EL_OK)
		abort();
	el_buf_init(&note, EL_NOTE_MAX);
	if (el_checkpoint_sign(&c, key, &note) == EL_OK) {
		if (el_checkpoint_open(note.p, note.len, c.origin, el_sign_key_pk(key), &same) != EL_OK ||
		    memcmp(&c, &same, sizeof c) != 0)
			abort();
		/* Up to further lines, the same text. */
		if (el_note_text(note.p, note.len, &after) != EL_OK || after > before ||
		    memcmp(note.p, data, after) != 0)
			abort();
	} else if (strchr(c.origin, '+') == NULL && !el_text_has_space(c.origin, strlen(c.origin)) &&
		   strcmp(c.origin, "cosignature/v1") != 0) {
		abort(); /* a log's name can be an origin, but no key signs by these */
	}
	el_buf_wipe(&note);
	return 0;
}
