/*
 * Any bytes as a note.  Its text is what lies before the last empty line; a key's new lines over it verify and spoil
 * nothing; lines are added once.  And any bytes as a line behind a good note: what is added leaves a note.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/selftest.h"
#include "log/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NAME "fuzz.example/key"
#define TIME 1788500000

static struct el_sign_key *key;

static void
sign_and_verify(const uint8_t *note, size_t len, size_t text_len, enum el_note_algorithm algorithm)
{
	const int before = el_note_verify(note, len, NAME, algorithm, el_sign_key_pk(key), NULL);
	struct el_buf line, all;
	uint64_t t;
	size_t same;

	el_buf_init(&line, EL_NOTE_LINE_MAX);
	el_buf_init(&all, EL_NOTE_MAX);
	if (el_note_sign_line(note, text_len, NAME, algorithm, key, TIME, &line) != EL_OK) {
		/* Only one text is refused: what would read as a cosignature's. */
		if (algorithm != EL_NOTE_ED25519 || text_len < 15 || memcmp(note, "cosignature/v1\n", 15) != 0)
			abort();
		return;
	}
	el_buf_put(&all, note, len);
	switch (el_note_add_line(&all, line.p, line.len)) {
	case EL_OK:
		if (before == EL_ENOTFOUND &&
		    (el_note_verify(all.p, all.len, NAME, algorithm, el_sign_key_pk(key), &t) != EL_OK ||
			t != (algorithm == EL_NOTE_COSIGNATURE ? TIME : 0) || all.len != len + line.len))
			abort();
		if (before != EL_ENOTFOUND && all.len != len)
			abort();
		if (el_note_text(all.p, all.len, &same) != EL_OK || same != text_len)
			abort();
		len = all.len;
		if (el_note_add_line(&all, line.p, line.len) != EL_OK || all.len != len)
			abort();
		break;
	case EL_ELIMIT:
		break;
	default:
		abort();
	}
	el_buf_wipe(&line);
	el_buf_wipe(&all);
}

static void
as_line(const uint8_t *data, size_t len)
{
	static const char good[] = "text\n\n\u2014 a AAAAAAA=\n";
	struct el_buf b;
	size_t n;

	el_buf_init(&b, EL_NOTE_MAX);
	el_buf_put_text(&b, good);
	if (el_note_add_line(&b, data, len) == EL_OK) {
		if ((b.len != sizeof good - 1 && b.len != sizeof good - 1 + len) ||
		    el_note_text(b.p, b.len, &n) != EL_OK || n != 5)
			abort();
	} else if (b.len != sizeof good - 1) {
		abort();
	}
	el_buf_wipe(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t seed[32] = { 1 };
	size_t n;
	int r;

	if (key == NULL && (el_crypto_init() != EL_OK || el_sign_key_new(seed, &key) != EL_OK))
		abort();
	as_line(data, len);
	if ((r = el_note_text(data, len, &n)) != EL_OK) {
		if (n != 0)
			abort();
		return 0;
	}
	if (n == 0 || n >= len || data[n - 1] != '\n' || data[n] != '\n')
		abort();
	sign_and_verify(data, len, n, EL_NOTE_ED25519);
	sign_and_verify(data, len, n, EL_NOTE_COSIGNATURE);
	return 0;
}
