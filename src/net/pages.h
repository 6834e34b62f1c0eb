#ifndef EL_NET_PAGES_H
#define EL_NET_PAGES_H

#include <stddef.h>

#include "net/http.h"

/*
 * Files that are built into a daemon: the pages that people see, with their scripts and pictures.  Made by
 * src/web/pages.mjs; a table ends with a row whose path is NULL.  The tables are empty in a build without pages.
 */
struct el_page {
	const char *path; /* as requested, without a query */
	const char *type; /* Content-Type */
	const char *etag; /* with its quotes */
	const char *headers; /* "Name: value\r\n" lines: caching, content security policy */
	const unsigned char *body;
	size_t len;
	const unsigned char *gzip; /* the same, compressed; NULL: not worth it */
	size_t gzip_len;
};

#define EL_PAGE_HEADERS_MAX 1536 /* bytes of `headers`; src/web/pages.mjs makes no more */

/*
 * Answer with the file of the request's path: 200, 304 where If-None-Match has its tag, 308 to the path with a slash
 * where only that one exists, `not_found`.  Compressed where Accept-Encoding allows gzip (RFC 9110, 12.5.3).
 */
void el_pages_reply(struct el_http_request *, const struct el_page *);

/* Whether an Accept-Encoding header (NULL: absent) allows gzip. */
bool el_pages_accepts_gzip(const char *header);
/* Whether an If-None-Match header (NULL: absent) holds the tag, or is "*". */
bool el_pages_tag_matches(const char *header, const char *etag);

#endif
