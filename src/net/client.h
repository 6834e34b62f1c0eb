#ifndef EL_NET_CLIENT_H
#define EL_NET_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "entrylog/error.h"

/*
 * A blocking HTTP client (libcurl) for programs that may wait: the command line, the sms and the clock
 * process.  http and https only, no redirects, a total deadline, an answer of at most out->max bytes.
 */
struct el_client_call {
	const char *method; /* "GET", "POST" */
	const char *url;
	const char *authorization; /* value of the header, or NULL */
	const char *content_type; /* NULL: application/json */
	const void *body;
	size_t body_len;
	unsigned timeout_s;
};

/* EL_OK: an answer came, *status is its HTTP status.  EL_ECLOSED: no answer; EL_ELIMIT: too long. */
EL_MUST_USE int el_client_call(const struct el_client_call *, long *status, struct el_buf *out);

/*
 * GET base || path into out, at most max bytes.  EL_ENOTFOUND: status 404; EL_ECLOSED: no answer, or another status than
 * 200; EL_ELIMIT: it is longer, or the address is.
 */
EL_MUST_USE int el_client_get(const char *base, const char *path, unsigned timeout_s, uint8_t *out, size_t max, size_t *len);

#endif
