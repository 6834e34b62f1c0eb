#include "net/pages.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SPACES " \t"

/* One element of a comma-separated header, without the spaces around it. */
struct element {
	const char *p;
	size_t len;
};

/* Step to the next element; false at the end. */
static bool
next_element(const char **at, struct element *out)
{
	while (**at != '\0') {
		const char *const begin = *at + strspn(*at, SPACES);
		const size_t span = strcspn(begin, ",");
		size_t len = span;

		*at = begin + span + (begin[span] == ',' ? 1 : 0);
		while (len > 0 && strchr(SPACES, begin[len - 1]) != NULL)
			len--;
		if (len > 0) {
			*out = (struct element){ begin, len };
			return true;
		}
	}
	return false;
}

/* Whether an element of Accept-Encoding has a weight of 0: "gzip;q=0", "gzip; q=0.000". */
static bool
is_refused(const struct element *e)
{
	const char *const weight = memchr(e->p, ';', e->len);
	const char *p, *end = e->p + e->len;

	if (weight == NULL)
		return false;
	p = weight + 1;
	while (p < end && strchr(SPACES, *p) != NULL)
		p++;
	if (end - p < 3 || (*p != 'q' && *p != 'Q') || p[1] != '=' || p[2] != '0')
		return false;
	for (p += 3; p < end; p++)
		if (*p != '.' && *p != '0')
			return false;
	return true;
}

bool
el_pages_accepts_gzip(const char *header)
{
	struct element e;

	while (header != NULL && next_element(&header, &e)) {
		const char *const weight = memchr(e.p, ';', e.len);
		size_t name = weight != NULL ? (size_t)(weight - e.p) : e.len;

		while (name > 0 && strchr(SPACES, e.p[name - 1]) != NULL)
			name--;
		if (name == 4 && strncasecmp(e.p, "gzip", 4) == 0)
			return !is_refused(&e);
	}
	return false;
}

bool
el_pages_tag_matches(const char *header, const char *etag)
{
	const size_t len = strlen(etag);
	struct element e;

	while (header != NULL && next_element(&header, &e)) {
		if (e.len == 1 && *e.p == '*')
			return true;
		if (e.len > 2 && strncmp(e.p, "W/", 2) == 0)
			e = (struct element){ e.p + 2, e.len - 2 };
		if (e.len == len && memcmp(e.p, etag, len) == 0)
			return true;
	}
	return false;
}

static const struct el_page *
find(const struct el_page *pages, const char *path, size_t len)
{
	for (; pages->path != NULL; pages++)
		if (strlen(pages->path) == len && memcmp(pages->path, path, len) == 0)
			return pages;
	return NULL;
}

/* "/scanner" where only "/scanner/" exists. */
static void
redirect(struct el_http_request *req, const struct el_page *pages, const char *target, size_t len)
{
	char headers[EL_HTTP_URL_MAX + 32], path[EL_HTTP_URL_MAX + 2];

	if (len > EL_HTTP_URL_MAX) {
		el_http_problem(req, EL_CODE_NOT_FOUND, 0);
		return;
	}
	(void)snprintf(path, sizeof path, "%.*s/", (int)len, target);
	if (find(pages, path, len + 1) == NULL) {
		el_http_problem(req, EL_CODE_NOT_FOUND, 0);
		return;
	}
	(void)snprintf(headers, sizeof headers, "Location: %s\r\n", path);
	el_http_reply(req, 308, NULL, headers, NULL, 0);
}

void
el_pages_reply(struct el_http_request *req, const struct el_page *pages)
{
	const char *const target = el_http_target(req);
	const size_t len = strcspn(target, "?");
	const struct el_page *const page = find(pages, target, len);
	char headers[EL_PAGE_HEADERS_MAX + 128];
	bool gzip;

	if (page == NULL) {
		redirect(req, pages, target, len);
		return;
	}
	gzip = page->gzip != NULL && el_pages_accepts_gzip(el_http_header(req, "accept-encoding"));
	assert(strlen(page->headers) <= EL_PAGE_HEADERS_MAX);
	(void)snprintf(headers, sizeof headers, "%sETag: %s\r\nVary: Accept-Encoding\r\n%s", page->headers, page->etag,
	    gzip ? "Content-Encoding: gzip\r\n" : "");
	if (el_pages_tag_matches(el_http_header(req, "if-none-match"), page->etag))
		el_http_reply(req, 304, page->type, headers, NULL, 0);
	else if (gzip)
		el_http_reply_lasting(req, 200, page->type, headers, page->gzip, page->gzip_len);
	else
		el_http_reply_lasting(req, 200, page->type, headers, page->body, page->len);
}
