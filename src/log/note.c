#include "log/note.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/codec.h"
#include "base/text.h"
#include "crypto/hash.h"

#define KEY_ID_LEN 4
#define TIME_LEN 8
/* What we sign and verify: key id, the time of a cosignature, signature. */
#define PLAIN_LEN (KEY_ID_LEN + EL_SIG_LEN)
#define COSIGNATURE_LEN (KEY_ID_LEN + TIME_LEN + EL_SIG_LEN)

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a space */
#define DASH_LEN (sizeof dash - 1)
static const char cosignature[] = "cosignature/v1\n";

_Static_assert(
    DASH_LEN + EL_NOTE_NAME_MAX + 1 + EL_BASE64_LEN(COSIGNATURE_LEN) + 1 < EL_NOTE_LINE_MAX, "a line has room");

/* A signature line: views of its name and its base64, the key id read. */
struct line {
	const char *name, *base64;
	size_t name_len, base64_len;
	uint8_t key_id[KEY_ID_LEN];
};

static bool
is_name(const char *name, size_t len)
{
	return len > 0 && memchr(name, '+', len) == NULL && !el_text_has_space(name, len);
}

/* UTF-8, and no ASCII control character but the line end. */
static bool
is_note_text(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] < 0x20 && p[i] != '\n')
			return false;
	return el_text_is_utf8((const char *)p, len);
}

/* Read the line at *p and step behind it. */
static int
next_line(const uint8_t **p, const uint8_t *end, struct line *out)
{
	const char *at = (const char *)*p, *space, *stop;
	uint8_t first[6];
	size_t n;

	if ((stop = memchr(at, '\n', (size_t)(end - *p))) == NULL)
		return EL_EFORMAT;
	*p = (const uint8_t *)stop + 1;
	if ((size_t)(stop - at) < DASH_LEN || memcmp(at, dash, DASH_LEN) != 0)
		return EL_EFORMAT;
	at += DASH_LEN;
	if ((space = memchr(at, ' ', (size_t)(stop - at))) == NULL)
		return EL_EFORMAT;
	*out = (struct line){ .name = at,
		.name_len = (size_t)(space - at),
		.base64 = space + 1,
		.base64_len = (size_t)(stop - space) - 1 };
	/* Signatures of other algorithms may be long: all of it is checked, only the key id is kept. */
	if (!is_name(out->name, out->name_len) ||
	    el_base64_decode(out->base64, out->base64_len, NULL, EL_NOTE_MAX, &n) != EL_OK || n <= KEY_ID_LEN ||
	    el_base64_decode(out->base64, 8, first, sizeof first, &n) != EL_OK)
		return EL_EFORMAT;
	memcpy(out->key_id, first, KEY_ID_LEN);
	return EL_OK;
}

/* Check the whole note; *n is the number of its signature lines. */
static int
check_note(const uint8_t *note, size_t len, size_t *text_len, size_t *n)
{
	const uint8_t *at;
	struct line line;
	size_t i;

	*text_len = 0;
	*n = 0;
	if (len > EL_NOTE_MAX)
		return EL_ELIMIT;
	if (len == 0 || !is_note_text(note, len))
		return EL_EFORMAT;
	/* The last empty line parts text and signatures: the text may have others. */
	for (i = len; i >= 2 && !(note[i - 1] == '\n' && note[i - 2] == '\n'); i--)
		;
	if (i < 2 || i == len)
		return EL_EFORMAT;
	for (at = note + i; at < note + len; ++*n) {
		if (*n == EL_NOTE_SIGNATURES_MAX)
			return EL_ELIMIT;
		if (next_line(&at, note + len, &line) != EL_OK)
			return EL_EFORMAT;
	}
	*text_len = i - 1;
	return EL_OK;
}

int
el_note_text(const uint8_t *note, size_t len, size_t *text_len)
{
	size_t n;

	return check_note(note, len, text_len, &n);
}

void
el_note_key_id(const char *name, enum el_note_algorithm algorithm, const struct el_sign_pk *pk, uint8_t out[4])
{
	const uint8_t between[2] = { '\n', (uint8_t)algorithm };
	struct el_sha256 state;
	struct el_hash h;

	el_sha256_init(&state);
	el_sha256_update(&state, name, strlen(name));
	el_sha256_update(&state, between, sizeof between);
	el_sha256_update(&state, pk->b, sizeof pk->b);
	el_sha256_final(&state, &h);
	memcpy(out, h.b, KEY_ID_LEN);
}

/*
 * What is signed: the text itself, or with a cosignature's head before it, in *own (malloc'ed).  EL_ENOMEM;
 * EL_EFORMAT: a time over 2^63 - 1.
 */
static int
message_of(const uint8_t *text, size_t len, enum el_note_algorithm algorithm, uint64_t time_s, uint8_t **own,
    const uint8_t **p, size_t *n)
{
	char head[64];
	size_t head_len;

	*own = NULL;
	*p = text;
	*n = len;
	if (algorithm == EL_NOTE_ED25519)
		return EL_OK;
	if (time_s > INT64_MAX)
		return EL_EFORMAT;
	head_len = (size_t)snprintf(head, sizeof head, "%stime %llu\n", cosignature, (unsigned long long)time_s);
	if ((*own = malloc(head_len + len)) == NULL)
		return EL_ENOMEM;
	memcpy(*own, head, head_len);
	memcpy(*own + head_len, text, len);
	*p = *own;
	*n = head_len + len;
	return EL_OK;
}

/* EL_ECRYPTO: a signature of another length, or one that does not hold. */
static int
verify_line(const struct line *line, const uint8_t *text, size_t len, enum el_note_algorithm algorithm,
    const struct el_sign_pk *pk, uint64_t *time_s)
{
	const size_t want = algorithm == EL_NOTE_COSIGNATURE ? COSIGNATURE_LEN : PLAIN_LEN;
	uint8_t blob[COSIGNATURE_LEN], *own = NULL;
	const uint8_t *message;
	struct el_sig sig;
	size_t n;
	int r;

	*time_s = 0;
	if (el_base64_decode(line->base64, line->base64_len, blob, want, &n) != EL_OK || n != want)
		return EL_ECRYPTO;
	if (algorithm == EL_NOTE_COSIGNATURE)
		*time_s = el_get_u64(blob + KEY_ID_LEN);
	memcpy(sig.b, blob + want - EL_SIG_LEN, EL_SIG_LEN);
	if ((r = message_of(text, len, algorithm, *time_s, &own, &message, &n)) == EL_OK)
		r = el_verify_note(pk, message, n, &sig);
	free(own);
	return r == EL_OK || r == EL_ENOMEM ? r : EL_ECRYPTO;
}

int
el_note_verify(const uint8_t *note, size_t len, const char *name, enum el_note_algorithm algorithm,
    const struct el_sign_pk *pk, uint64_t *time_s)
{
	const uint8_t *at;
	uint64_t latest = 0;
	uint8_t key_id[KEY_ID_LEN];
	size_t text_len, n;
	bool found = false;
	int r;

	if (time_s != NULL)
		*time_s = 0;
	if ((r = check_note(note, len, &text_len, &n)) != EL_OK)
		return r;
	el_note_key_id(name, algorithm, pk, key_id);
	for (at = note + text_len + 1; n > 0; n--) {
		struct line line;
		uint64_t t;

		if ((r = next_line(&at, note + len, &line)) != EL_OK)
			return r;
		if (line.name_len != strlen(name) || memcmp(line.name, name, line.name_len) != 0 ||
		    memcmp(line.key_id, key_id, KEY_ID_LEN) != 0)
			continue;
		if ((r = verify_line(&line, note, text_len, algorithm, pk, &t)) != EL_OK)
			return r;
		found = true;
		latest = t > latest ? t : latest;
	}
	if (!found)
		return EL_ENOTFOUND;
	if (time_s != NULL)
		*time_s = latest;
	return EL_OK;
}

static int
check_signed(const uint8_t *text, size_t len, const char *name, enum el_note_algorithm algorithm)
{
	const size_t name_len = strlen(name), head_len = sizeof cosignature - 1;

	if (len > EL_NOTE_MAX || name_len > EL_NOTE_NAME_MAX)
		return EL_ELIMIT;
	if (len == 0 || text[len - 1] != '\n' || !is_note_text(text, len) ||
	    !is_note_text((const uint8_t *)name, name_len) || !is_name(name, name_len))
		return EL_EFORMAT;
	/* A key that makes both kinds must not be led to cosign by a plain signature. */
	if (algorithm == EL_NOTE_ED25519 && len >= head_len && memcmp(text, cosignature, head_len) == 0)
		return EL_EFORMAT;
	return EL_OK;
}

int
el_note_sign_line(const uint8_t *text, size_t len, const char *name, enum el_note_algorithm algorithm,
    const struct el_sign_key *key, uint64_t time_s, struct el_buf *out)
{
	char base64[EL_BASE64_LEN(COSIGNATURE_LEN) + 1], line[EL_NOTE_LINE_MAX];
	uint8_t blob[COSIGNATURE_LEN], key_id[KEY_ID_LEN], *own = NULL;
	const uint8_t *message;
	struct el_sig sig;
	struct el_wr w = el_wr_init(blob, sizeof blob);
	size_t n;
	int r;

	if ((r = check_signed(text, len, name, algorithm)) != EL_OK ||
	    (r = message_of(text, len, algorithm, time_s, &own, &message, &n)) != EL_OK ||
	    (r = el_sign_note(key, message, n, &sig)) != EL_OK)
		goto out;
	el_note_key_id(name, algorithm, el_sign_key_pk(key), key_id);
	el_wr_bytes(&w, key_id, sizeof key_id);
	if (algorithm == EL_NOTE_COSIGNATURE)
		el_wr_u64(&w, time_s);
	el_wr_bytes(&w, sig.b, sizeof sig.b);
	el_base64_encode(blob, w.len, base64);
	n = (size_t)snprintf(line, sizeof line, "%s%s %s\n", dash, name, base64);
	el_buf_put(out, line, n);
	r = out->err;
out:
	free(own);
	return r;
}

int
el_note_add_line(struct el_buf *note, const uint8_t *line, size_t len)
{
	const uint8_t *at = line;
	struct line added, there;
	size_t text_len, n;
	int r;

	if (note->err != EL_OK)
		return note->err;
	if ((r = check_note(note->p, note->len, &text_len, &n)) != EL_OK)
		return r;
	if (len > EL_NOTE_MAX - note->len)
		return EL_ELIMIT;
	if (len == 0 || !is_note_text(line, len) || next_line(&at, line + len, &added) != EL_OK || at != line + len)
		return EL_EFORMAT;
	at = note->p + text_len + 1;
	for (size_t i = 0; i < n; i++) {
		if ((r = next_line(&at, note->p + note->len, &there)) != EL_OK)
			return r;
		if (there.name_len == added.name_len && memcmp(there.name, added.name, added.name_len) == 0 &&
		    memcmp(there.key_id, added.key_id, KEY_ID_LEN) == 0)
			return EL_OK;
	}
	if (n == EL_NOTE_SIGNATURES_MAX)
		return EL_ELIMIT;
	el_buf_put(note, line, len);
	return note->err;
}
