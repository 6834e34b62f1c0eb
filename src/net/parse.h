#ifndef EL_NET_PARSE_H
#define EL_NET_PARSE_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/head.h"

/*
 * Bytes in, requests out: one parser a connection, no sockets.  Bytes are received straight into its
 * buffer, in which the head stays until the request has been answered; the body is copied out of it.
 *
 *	MORE -> receive into el_parser_space(), el_parser_added(), run again
 *	HEAD -> look at head, then el_parser_accept(), run again
 *	DONE -> the request is whole; answer it, then el_parser_next()
 *	BAD  -> refuse with `refusal` and close; the parser is of no more use
 */
#define EL_PARSE_IN_SIZE (12 * 1024)
_Static_assert(EL_PARSE_IN_SIZE > EL_HTTP_URL_MAX + EL_HTTP_HEADERS_MAX + 1024, "a whole head fits");

enum el_parse { EL_PARSE_MORE, EL_PARSE_HEAD, EL_PARSE_DONE, EL_PARSE_BAD };

enum el_parse_state {
	EL_STATE_IDLE, /* nothing of a request yet */
	EL_STATE_HEAD,
	EL_STATE_HEAD_DONE,
	EL_STATE_BODY,
	EL_STATE_DONE,
	EL_STATE_BAD
};

struct el_parser {
	llhttp_t ll;
	enum el_parse_state state;
	enum el_code refusal;
	bool keep_alive, chunked, has_body, expects_continue, discard;
	uint64_t content_length;
	size_t body_max;
	uint64_t raw_body; /* bytes of a chunked body with its framing */
	size_t in_len; /* bytes in the buffer */
	size_t pos; /* of them parsed */
	size_t head_end;
	size_t high; /* most bytes that were in the buffer; what must be wiped */
	size_t url_len;
	struct el_buf body;
	struct el_head head;
	char in[EL_PARSE_IN_SIZE];
};

void el_parser_init(struct el_parser *);
void el_parser_wipe(struct el_parser *);

/* Where to receive, and how much; *len is 0 while the buffer is full of requests that wait. */
void *el_parser_space(struct el_parser *, size_t *len);
void el_parser_added(struct el_parser *, size_t len);
enum el_parse el_parser_run(struct el_parser *);
/* After HEAD: take a body of at most body_max bytes (too_large beyond), or let it pass unkept. */
void el_parser_accept(struct el_parser *, size_t body_max, bool discard);
/* After DONE: wipe the request and begin with the bytes behind it. */
void el_parser_next(struct el_parser *);
bool el_parser_has_bytes(const struct el_parser *); /* not yet parsed */

#endif
