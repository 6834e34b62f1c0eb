#include "net/head.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Headers that may not be repeated, and where they are remembered. */
struct single {
	const char *name;
	size_t len, offset;
};

#define SINGLE(text, field) \
	{ \
		text, sizeof text - 1, offsetof(struct el_head, field) \
	}

static const struct single singles[] = {
	SINGLE("host", host),
	SINGLE("content-length", content_length),
	SINGLE("transfer-encoding", transfer_encoding),
	SINGLE("content-type", content_type),
	SINGLE("content-encoding", content_encoding),
	SINGLE("expect", expect),
	SINGLE("authorization", authorization),
	SINGLE("accept-language", accept_language),
};

/* Lower-case form of the characters of a token (RFC 9110 section 5.6.2); 0: not one. */
static const char token_chars[256] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				     "\0!\0#$%&'\0\0*+\0-.\0"
				     "0123456789\0\0\0\0\0\0"
				     "\0abcdefghijklmno"
				     "pqrstuvwxyz\0\0\0^_"
				     "`abcdefghijklmno"
				     "pqrstuvwxyz\0|\0~\0";

/* No control character but the tab. */
static bool
value_chars(const char *p, const char *end)
{
	for (; p < end; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return false;
	return true;
}

/* The line that begins at *p: its end, and *p behind its CRLF.  NULL: no CRLF, or a bare CR or LF. */
static char *
next_line(char **p, char *end)
{
	char *lf = memchr(*p, '\n', (size_t)(end - *p));

	if (lf == NULL || lf == *p || lf[-1] != '\r' || memchr(*p, '\r', (size_t)(lf - 1 - *p)) != NULL)
		return NULL;
	*p = lf + 1;
	return lf - 1;
}

/* absolute-form (RFC 9112 section 3.2.2): what follows scheme and authority. */
static const char *
origin_form(char *target)
{
	char *p = target;

	if (*p == '/')
		return p;
	if (strncmp(p, "http://", 7) == 0)
		p += 7;
	else if (strncmp(p, "https://", 8) == 0)
		p += 8;
	else
		return NULL;
	if (*p == '/' || (p = strchr(p, '/')) == NULL)
		return NULL;
	return p;
}

static enum el_code
request_line(char *line, char *end, struct el_head *out)
{
	char *target, *version, *p;

	*end = '\0';
	if ((target = strchr(line, ' ')) == NULL || target == line)
		return EL_CODE_MALFORMED_REQUEST;
	*target++ = '\0';
	if ((version = strchr(target, ' ')) == NULL)
		return EL_CODE_MALFORMED_REQUEST;
	*version++ = '\0';
	if (version - target - 1 > EL_HTTP_URL_MAX)
		return EL_CODE_URI_TOO_LONG;
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		return EL_CODE_MALFORMED_REQUEST;
	if (end - version != 8)
		return EL_CODE_MALFORMED_REQUEST; /* a NUL in the line */
	for (p = target; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f || *p == '#')
			return EL_CODE_MALFORMED_REQUEST;
	if (p + 1 != version || (out->target = origin_form(target)) == NULL)
		return EL_CODE_MALFORMED_REQUEST;
	out->method = line;
	out->minor = version[7] == '1' ? 1 : 0;
	return EL_CODE_OK;
}

/* Remember a header that may stand once.  false: it stood before. */
static bool
keep_single(struct el_head *out, const char *name, size_t len, const char *value)
{
	size_t i;

	for (i = 0; i < sizeof singles / sizeof *singles; i++) {
		const char **slot;

		if (singles[i].len != len || memcmp(singles[i].name, name, len) != 0)
			continue;
		slot = (const char **)(void *)((char *)out + singles[i].offset);
		if (*slot != NULL)
			return false;
		*slot = value;
		return true;
	}
	return true;
}

static enum el_code
header_line(char *line, char *end, struct el_head *out)
{
	char *p, *value;

	/* A folded line begins with a space, which is no token character either. */
	for (p = line; p < end && *p != ':'; p++)
		if ((*p = token_chars[(unsigned char)*p]) == '\0')
			return EL_CODE_MALFORMED_REQUEST;
	if (p == line || p == end)
		return EL_CODE_MALFORMED_REQUEST;
	if (out->n_headers == EL_HTTP_HEADER_COUNT_MAX)
		return EL_CODE_HEADERS_TOO_LARGE;
	for (value = p + 1; value < end && (*value == ' ' || *value == '\t'); value++)
		;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*p = *end = '\0';
	if (!keep_single(out, line, (size_t)(p - line), value))
		return EL_CODE_MALFORMED_REQUEST;
	out->headers[out->n_headers++] = (struct el_header){ line, value };
	return value_chars(value, end) ? EL_CODE_OK : EL_CODE_MALFORMED_REQUEST;
}

static enum el_code
parse(char *text, size_t len, struct el_head *out)
{
	char *const end = text + len;
	char *p = text, *line = p, *line_end;
	enum el_code code;

	if ((line_end = next_line(&p, end)) == NULL)
		return EL_CODE_MALFORMED_REQUEST;
	if ((code = request_line(line, line_end, out)) != EL_CODE_OK)
		return code;
	if (end - p > EL_HTTP_HEADERS_MAX)
		return EL_CODE_HEADERS_TOO_LARGE;
	for (;;) {
		line = p;
		if ((line_end = next_line(&p, end)) == NULL)
			return EL_CODE_MALFORMED_REQUEST;
		if (line_end == line)
			break;
		if ((code = header_line(line, line_end, out)) != EL_CODE_OK)
			return code;
	}
	/* llhttp's end of the head is also ours. */
	return p == end ? EL_CODE_OK : EL_CODE_MALFORMED_REQUEST;
}

enum el_code
el_head_parse(char *text, size_t len, struct el_head *out)
{
	enum el_code code;

	memset(out, 0, offsetof(struct el_head, headers));
	if ((code = parse(text, len, out)) != EL_CODE_OK)
		memset(out, 0, offsetof(struct el_head, headers));
	return code;
}
