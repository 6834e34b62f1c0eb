#include "log/checkpoint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"

#define ROOT_TEXT_LEN EL_BASE64_LEN(EL_HASH_LEN)
#define SIZE_DIGITS_MAX 20
#define TEXT_MAX (EL_LOG_ORIGIN_MAX + SIZE_DIGITS_MAX + ROOT_TEXT_LEN + 3)

/* 1..255 without a leading zero. */
static bool
is_number(const char *digits)
{
	unsigned v = 0;

	if (*digits == '0' || *digits == '\0' || strlen(digits) > 3)
		return false;
	for (; *digits != '\0'; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		v = v * 10 + (unsigned)(*digits - '0');
	}
	return v <= UINT8_MAX;
}

int
el_log_origin(const struct el_hash *deployment, const char *party, char out[EL_LOG_ORIGIN_MAX + 1])
{
	const char *const colon = strchr(party, ':');
	const size_t role_len = colon != NULL ? (size_t)(colon - party) : strlen(party);
	char hex[17];

	out[0] = '\0';
	if (colon == NULL
		? strcmp(party, "registry") != 0
		: (strncmp(party, "issuer:", 7) != 0 && strncmp(party, "trustee:", 8) != 0) || !is_number(colon + 1))
		return EL_EFORMAT;
	for (size_t i = 0; i < 8; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", deployment->b[i]);
	(void)snprintf(out, EL_LOG_ORIGIN_MAX + 1, "entrylog/%s/%.*s%s%s", hex, (int)role_len, party,
	    colon != NULL ? "-" : "", colon != NULL ? colon + 1 : "");
	return EL_OK;
}

/* A line of a text without its end, and a step behind it.  NULL: there is none, or an empty one. */
static const char *
next_line(const char **at, const char *end, size_t *len)
{
	const char *const line = *at, *stop;

	if (line == end || (stop = memchr(line, '\n', (size_t)(end - line))) == NULL || stop == line)
		return NULL;
	*len = (size_t)(stop - line);
	*at = stop + 1;
	return line;
}

/* Decimal without leading zeros. */
static int
parse_size(const char *digits, size_t len, uint64_t *out)
{
	*out = 0;
	if (len > 1 && digits[0] == '0')
		return EL_EFORMAT;
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return EL_EFORMAT;
		if (*out <= EL_LOG_SIZE_MAX)
			*out = *out * 10 + (uint64_t)(digits[i] - '0');
	}
	return *out <= EL_LOG_SIZE_MAX ? EL_OK : EL_ELIMIT;
}

static int
parse_text(const char *at, const char *end, struct el_checkpoint *out)
{
	const char *line;
	size_t len, n;
	int r;

	if ((line = next_line(&at, end, &len)) == NULL)
		return EL_EFORMAT;
	if (len > EL_LOG_ORIGIN_MAX)
		return EL_ELIMIT;
	memcpy(out->origin, line, len);
	if ((line = next_line(&at, end, &len)) == NULL)
		return EL_EFORMAT;
	if ((r = parse_size(line, len, &out->size)) != EL_OK)
		return r;
	if ((line = next_line(&at, end, &len)) == NULL || len != ROOT_TEXT_LEN ||
	    el_base64_decode(line, len, out->root.b, sizeof out->root.b, &n) != EL_OK || n != sizeof out->root.b)
		return EL_EFORMAT;
	while (at < end)
		if (next_line(&at, end, &len) == NULL)
			return EL_EFORMAT;
	return EL_OK;
}

int
el_checkpoint_parse(const uint8_t *note, size_t len, struct el_checkpoint *out)
{
	size_t text_len;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_note_text(note, len, &text_len)) == EL_OK)
		r = parse_text((const char *)note, (const char *)note + text_len, out);
	if (r != EL_OK)
		memset(out, 0, sizeof *out);
	return r;
}

int
el_checkpoint_open(
    const uint8_t *note, size_t len, const char *origin, const struct el_sign_pk *log_key, struct el_checkpoint *out)
{
	int r;

	if ((r = el_checkpoint_parse(note, len, out)) != EL_OK)
		return r;
	if (strcmp(out->origin, origin) != 0)
		r = EL_EFORMAT;
	else if ((r = el_note_verify(note, len, origin, EL_NOTE_ED25519, log_key, NULL)) == EL_ENOTFOUND)
		r = EL_ECRYPTO;
	if (r != EL_OK)
		memset(out, 0, sizeof *out);
	return r;
}

int
el_checkpoint_sign(const struct el_checkpoint *c, const struct el_sign_key *log_key, struct el_buf *out)
{
	char root[ROOT_TEXT_LEN + 1], text[TEXT_MAX + 1];
	struct el_buf line;
	size_t n;
	int r;

	if (c->size > EL_LOG_SIZE_MAX)
		return EL_ELIMIT;
	el_buf_init(&line, EL_NOTE_LINE_MAX);
	el_base64_encode(c->root.b, sizeof c->root.b, root);
	n = (size_t)snprintf(text, sizeof text, "%s\n%llu\n%s\n", c->origin, (unsigned long long)c->size, root);
	if ((r = el_note_sign_line((const uint8_t *)text, n, c->origin, EL_NOTE_ED25519, log_key, 0, &line)) == EL_OK &&
	    el_buf_reserve(out, n + 1 + line.len) != NULL) {
		el_buf_put(out, text, n);
		el_buf_put(out, "\n", 1);
		el_buf_put(out, line.p, line.len);
	}
	el_buf_wipe(&line);
	return r != EL_OK ? r : out->err;
}

int
el_checkpoint_cosign(
    const uint8_t *note, size_t len, const char *name, const struct el_sign_key *key, int64_t now_s, struct el_buf *out)
{
	struct el_checkpoint c;
	size_t text_len;
	int r;

	if (now_s < 0)
		return EL_EFORMAT;
	if ((r = el_checkpoint_parse(note, len, &c)) != EL_OK || (r = el_note_text(note, len, &text_len)) != EL_OK)
		return r;
	return el_note_sign_line(note, text_len, name, EL_NOTE_COSIGNATURE, key, (uint64_t)now_s, out);
}
