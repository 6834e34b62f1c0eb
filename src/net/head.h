#ifndef EL_NET_HEAD_H
#define EL_NET_HEAD_H

#include <stddef.h>

#include "base/code.h"
#include "base/limits.h"

/*
 * The head of a request, read a second time after llhttp accepted it: what llhttp lets pass and RFC 9112
 * forbids a server to take is refused here (a space before the colon, folded lines, a second Host, a bare
 * CR), and names and values become strings in place.
 */
struct el_header {
	const char *name; /* lower case */
	const char *value;
};

struct el_head {
	const char *method;
	const char *target; /* path and query; of an absolute-form target without scheme and authority */
	unsigned minor; /* HTTP/1.minor */
	/* Headers that may stand only once; NULL: absent. */
	const char *host, *content_length, *transfer_encoding, *content_type, *content_encoding, *expect,
	    *authorization, *accept_language;
	size_t n_headers;
	struct el_header headers[EL_HTTP_HEADER_COUNT_MAX];
};

/*
 * Parse a whole head (request line to empty line) in place; *out points into text.  Refusals:
 * malformed_request, uri_too_long, headers_too_large; then *out has no strings.
 */
enum el_code el_head_parse(char *text, size_t len, struct el_head *out);

#endif
