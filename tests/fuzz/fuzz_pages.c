/*
 * Headers of a client that choose the form of a page.  gzip is chosen only where a header names it, a tag is known only
 * where the header holds it or "*", spaces around elements change nothing, and the first
 * element that names gzip decides.  The texts lie at the very end of their memory, so that a byte too far is seen.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/pages.h"

#define CHECK(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char *
text_of(const char *before, const void *bytes, size_t len, const char *after)
{
	const size_t b = strlen(before), a = strlen(after);
	char *const text = malloc(b + len + a + 1);

	CHECK(text != NULL);
	memcpy(text, before, b);
	memcpy(text + b, bytes, len);
	memcpy(text + b + len, after, a + 1);
	return text;
}

static bool
holds_gzip(const char *text)
{
	for (; *text != '\0'; text++)
		if (strncasecmp(text, "gzip", 4) == 0)
			return true;
	return false;
}

static void
check_encoding(const void *bytes, size_t len)
{
	char *const header = text_of("", bytes, len, ""), *const wide = text_of(" \t,", bytes, len, " ,\t");
	char *const first = text_of("gzip,", bytes, len, ""), *const refused = text_of("gzip;q=0,", bytes, len, "");
	const bool accepts = el_pages_accepts_gzip(header);

	CHECK(!accepts || holds_gzip(header));
	CHECK(el_pages_accepts_gzip(wide) == accepts);
	CHECK(el_pages_accepts_gzip(first));
	CHECK(!el_pages_accepts_gzip(refused));
	free(header);
	free(wide);
	free(first);
	free(refused);
}

static void
check_tag(const void *bytes, size_t len, const char *tag)
{
	char *const header = text_of("", bytes, len, ""), *const wide = text_of("\t ,", bytes, len, ", ");
	char *const last = text_of("", bytes, len, ","), *const weak = text_of("W/", tag, strlen(tag), "");
	char *const all = text_of(last, weak, strlen(weak), "");
	const bool matches = el_pages_tag_matches(header, tag);

	CHECK(!matches || strstr(header, tag) != NULL || strchr(header, '*') != NULL);
	CHECK(el_pages_tag_matches(wide, tag) == matches);
	CHECK(el_pages_tag_matches(all, tag));
	free(header);
	free(wide);
	free(last);
	free(weak);
	free(all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char tag[] = "\"0123456789abcdef0123456789abcdef\"";
	static const char short_tag[] = "\"\"";

	/* A header's value has no NUL: the server refuses it. */
	if (len > 4096 || memchr(data, '\0', len) != NULL)
		return 0;
	check_encoding(data, len);
	check_tag(data, len, tag);
	check_tag(data, len, short_tag);
	return 0;
}
