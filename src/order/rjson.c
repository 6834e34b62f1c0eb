#include "order/rjson.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/secret.h"
#include "base/text.h"

static void
wipe_and_free(void *p)
{
	if (p != NULL)
		el_secret_wipe(p, malloc_usable_size(p));
	free(p);
}

void
el_json_wipe_freed(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}

/*
 * The scanner decides what restricted JSON is; jansson only builds the tree.  It keeps no state outside
 * its arguments and recurses at most EL_RJSON_DEPTH_MAX deep.
 */
struct scan {
	const uint8_t *p, *end;
	struct tally {
		size_t text; /* bytes of all keys and strings, without escapes */
		uint64_t sum; /* of all integers */
	} tally;
};

struct key {
	const uint8_t *p;
	size_t len;
};

static int scan_value(struct scan *, unsigned depth);

static void
skip_spaces(struct scan *s)
{
	while (s->p < s->end && *s->p == ' ')
		s->p++;
}

static bool
accept(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != (uint8_t)c)
		return false;
	s->p++;
	return true;
}

/* Encoding and control characters are judged over the whole text beforehand. */
static int
scan_string(struct scan *s)
{
	if (!accept(s, '"'))
		return EL_EFORMAT;
	while (s->p < s->end) {
		const uint8_t c = *s->p++;

		if (c == '"')
			return EL_OK;
		if (c == '\\' && !accept(s, '"') && !accept(s, '\\'))
			return EL_EFORMAT;
		s->tally.text++;
	}
	return EL_EFORMAT;
}

static int
scan_integer(struct scan *s)
{
	uint64_t v = 0;
	unsigned n = 0;
	const bool zero = s->p < s->end && *s->p == '0';

	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++, n++) {
		if (n == 16)
			return EL_EFORMAT;
		v = v * 10 + (uint64_t)(*s->p - '0');
	}
	s->tally.sum += v;
	/* A sign, fraction or exponent is refused by what may follow a value. */
	return n == 0 || (zero && n > 1) || v > EL_RJSON_INT_MAX ? EL_EFORMAT : EL_OK;
}

static int
scan_word(struct scan *s, const char *word)
{
	const size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return EL_EFORMAT;
	s->p += n;
	return EL_OK;
}

static int
scan_key(struct scan *s, struct key *keys, size_t *n)
{
	struct key k;

	if (!accept(s, '"'))
		return EL_EFORMAT;
	k.p = s->p;
	while (s->p < s->end && ((*s->p >= 'a' && *s->p <= 'z') || (*s->p >= '0' && *s->p <= '9') || *s->p == '_'))
		s->p++;
	k.len = (size_t)(s->p - k.p);
	if (k.len == 0 || !accept(s, '"'))
		return EL_EFORMAT;
	for (size_t i = 0; i < *n; i++)
		if (keys[i].len == k.len && memcmp(keys[i].p, k.p, k.len) == 0)
			return EL_EFORMAT;
	if (*n == EL_RJSON_KEYS_MAX)
		return EL_ELIMIT;
	keys[(*n)++] = k;
	s->tally.text += k.len;
	return EL_OK;
}

static int
scan_object(struct scan *s, unsigned depth)
{
	struct key keys[EL_RJSON_KEYS_MAX];
	size_t n = 0;
	int r;

	skip_spaces(s);
	if (accept(s, '}'))
		return EL_OK;
	for (;;) {
		if ((r = scan_key(s, keys, &n)) != EL_OK)
			return r;
		skip_spaces(s);
		if (!accept(s, ':'))
			return EL_EFORMAT;
		skip_spaces(s);
		if ((r = scan_value(s, depth + 1)) != EL_OK)
			return r;
		skip_spaces(s);
		if (accept(s, '}'))
			return EL_OK;
		if (!accept(s, ','))
			return EL_EFORMAT;
		skip_spaces(s);
	}
}

static int
scan_array(struct scan *s, unsigned depth)
{
	int r;

	skip_spaces(s);
	if (accept(s, ']'))
		return EL_OK;
	for (;;) {
		if ((r = scan_value(s, depth + 1)) != EL_OK)
			return r;
		skip_spaces(s);
		if (accept(s, ']'))
			return EL_OK;
		if (!accept(s, ','))
			return EL_EFORMAT;
		skip_spaces(s);
	}
}

static int
scan_value(struct scan *s, unsigned depth)
{
	if (s->p == s->end)
		return EL_EFORMAT;
	switch (*s->p) {
	case '{':
	case '[':
		if (depth > EL_RJSON_DEPTH_MAX)
			return EL_ELIMIT;
		return *s->p++ == '{' ? scan_object(s, depth) : scan_array(s, depth);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return scan_integer(s);
	}
}

/* U+0080..U+009F: control characters too, which el_text_is_nfc() lets pass. */
static bool
has_c1(const uint8_t *in, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (in[i] == 0xc2 && in[i + 1] >= 0x80 && in[i + 1] <= 0x9f)
			return true;
	return false;
}

static int
scan_document(struct scan *s, const uint8_t *in, size_t len)
{
	int r;

	*s = (struct scan){ in, in + len, { 0, 0 } };
	if (len > EL_DOCUMENT_MAX)
		return EL_ELIMIT;
	if (len == 0 || !el_text_is_nfc((const char *)in, len) || has_c1(in, len))
		return EL_EFORMAT;
	skip_spaces(s);
	if (s->p == s->end || *s->p != '{')
		return EL_EFORMAT;
	if ((r = scan_value(s, 1)) != EL_OK)
		return r;
	skip_spaces(s);
	return s->p == s->end ? EL_OK : EL_EFORMAT;
}

int
el_rjson_check(const uint8_t *in, size_t len)
{
	struct scan s;

	return scan_document(&s, in, len);
}

/* The same tally of a parsed document, no deeper than the scanner went. */
static void
tally_tree(json_t *at, struct tally *t)
{
	for (void *it = json_object_iter(at); it != NULL; it = json_object_iter_next(at, it)) {
		t->text += strlen(json_object_iter_key(it));
		tally_tree(json_object_iter_value(it), t);
	}
	for (size_t i = 0; i < json_array_size(at); i++)
		tally_tree(json_array_get(at, i), t);
	if (json_is_string(at))
		t->text += json_string_length(at);
	else if (json_is_integer(at))
		t->sum += (uint64_t)json_integer_value(at);
}

/*
 * jansson takes all that the scanner takes, so where it fails it had no memory, whatever its error says
 * (tests/fuzz/fuzz_rjson.c looks for a text that it refuses).  Worse, when the buffer of its lexer cannot grow
 * it drops characters and goes on: the tallies tell a tree that is not what was signed.
 */
int
el_rjson_parse(const uint8_t *in, size_t len, json_t **out)
{
	struct tally t = { 0, 0 };
	struct scan s;
	int r;

	*out = NULL;
	if ((r = scan_document(&s, in, len)) != EL_OK)
		return r;
	if ((*out = json_loadb((const char *)in, len, JSON_REJECT_DUPLICATES, NULL)) == NULL)
		return EL_ENOMEM;
	tally_tree(*out, &t);
	if (t.text == s.tally.text && t.sum == s.tally.sum)
		return EL_OK;
	json_decref(*out);
	*out = NULL;
	return EL_ENOMEM;
}

int
el_rjson_encode(const json_t *json, uint8_t **out, size_t *len)
{
	uint8_t *p = NULL;
	size_t n;
	int r;

	*out = NULL;
	*len = 0;
	if (!json_is_object(json))
		return EL_EFORMAT;
	if ((n = json_dumpb(json, NULL, 0, JSON_COMPACT)) == 0 || (p = malloc(n)) == NULL ||
	    json_dumpb(json, (char *)p, n, JSON_COMPACT) != n) {
		r = EL_ENOMEM;
		goto out;
	}
	if ((r = el_rjson_check(p, n)) != EL_OK)
		goto out;
	*out = p;
	*len = n;
	p = NULL;
out:
	free(p);
	return r;
}
