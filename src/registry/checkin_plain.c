#include "registry/checkin_plain.h"

#include <string.h>

#include "base/base64url.h"
#include "entrylog/token.h"

#define TIME_DIGITS_MAX 15 /* below 2^53 whatever they are */
#define ATTEMPT_TEXT_LEN EL_BASE64URL_LEN(EL_ATTEMPT_LEN)

struct text {
	const char *p, *end;
};

/* The space alone: other white space is unusual. */
static void
skip_spaces(struct text *t)
{
	while (t->p < t->end && *t->p == ' ')
		t->p++;
}

static bool
take(struct text *t, char c)
{
	skip_spaces(t);
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool
take_word(struct text *t, const char *word, size_t len)
{
	if ((size_t)(t->end - t->p) < len || memcmp(t->p, word, len) != 0)
		return false;
	t->p += len;
	return true;
}

/* A string of exactly len bytes that stand for themselves; what they may be is for the caller to say. */
static const char *
take_string(struct text *t, size_t len)
{
	const char *p;

	if (!take(t, '"') || (size_t)(t->end - t->p) <= len || t->p[len] != '"')
		return NULL;
	p = t->p;
	t->p += len + 1;
	return p;
}

static bool
take_token(struct text *t, struct el_checkin *out)
{
	const char *const p = take_string(t, EL_TOKEN_TEXT_LEN);
	struct el_token token;

	/* Base45 has neither quotes nor backslashes. */
	if (p == NULL || el_token_parse_text(p, EL_TOKEN_TEXT_LEN, &token) != EL_OK)
		return false;
	el_token_encode(&token, out->token);
	return true;
}

static bool
take_attempt(struct text *t, struct el_checkin *out)
{
	const char *const p = take_string(t, ATTEMPT_TEXT_LEN);
	char text[ATTEMPT_TEXT_LEN + 1];

	if (p == NULL)
		return false;
	memcpy(text, p, ATTEMPT_TEXT_LEN);
	text[ATTEMPT_TEXT_LEN] = '\0';
	return el_base64url_exact(text, out->attempt.b, sizeof out->attempt.b) == EL_OK;
}

static bool
take_time(struct text *t, struct el_checkin *out)
{
	int digits;

	skip_spaces(t);
	out->scanned_at = 0;
	for (digits = 0; t->p < t->end && *t->p >= '0' && *t->p <= '9' && digits <= TIME_DIGITS_MAX; digits++)
		out->scanned_at = out->scanned_at * 10 + (*t->p++ - '0');
	out->has_scanned_at = true;
	/* A number that goes on (a fraction, an exponent) is not followed by what an object needs. */
	return digits > 0 && digits <= TIME_DIGITS_MAX && (digits == 1 || t->p[-digits] != '0');
}

enum { TOKEN = 1, ATTEMPT = 2, SCANNED_AT = 4 };

/* One member; its bit, or 0. */
static unsigned
take_member(struct text *t, struct el_checkin *out)
{
	if (!take(t, '"'))
		return 0;
	if (take_word(t, "token\"", 6))
		return take(t, ':') && take_token(t, out) ? TOKEN : 0;
	if (take_word(t, "attempt\"", 8))
		return take(t, ':') && take_attempt(t, out) ? ATTEMPT : 0;
	if (take_word(t, "scanned_at\"", 11))
		return take(t, ':') && take_time(t, out) ? SCANNED_AT : 0;
	return 0;
}

static bool
take_item(struct text *t, struct el_checkin *out, unsigned needed)
{
	unsigned seen = 0, member;

	memset(out, 0, sizeof *out);
	if (!take(t, '{'))
		return false;
	do {
		if ((member = take_member(t, out)) == 0 || (seen & member) != 0)
			return false;
		seen |= member;
	} while (take(t, ','));
	return take(t, '}') && (seen & needed) == needed;
}

static bool
at_end(struct text *t)
{
	skip_spaces(t);
	return t->p == t->end;
}

bool
el_checkin_plain(const uint8_t *body, size_t len, struct el_checkin *out)
{
	struct text t = { (const char *)body, (const char *)body + len };

	return len > 0 && take_item(&t, out, TOKEN | ATTEMPT) && at_end(&t);
}

bool
el_checkin_plain_batch(const uint8_t *body, size_t len, struct el_checkin *out, size_t max, size_t *n)
{
	struct text t = { (const char *)body, (const char *)body + len };

	*n = 0;
	if (len == 0 || !take(&t, '{') || !take(&t, '"') || !take_word(&t, "items\"", 6) || !take(&t, ':') ||
	    !take(&t, '['))
		return false;
	do {
		if (*n == max || !take_item(&t, &out[*n], TOKEN | ATTEMPT | SCANNED_AT))
			return false;
		++*n;
	} while (take(&t, ','));
	return take(&t, ']') && take(&t, '}') && at_end(&t);
}
