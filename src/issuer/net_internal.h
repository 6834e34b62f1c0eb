#ifndef EL_ISSUER_NET_INTERNAL_H
#define EL_ISSUER_NET_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>

#include "issuer/issuer_conf.h"
#include "issuer/messages.h"
#include "issuer/signers.h"
#include "net/net.h"
#include "publog/serve.h"
#include "service/service.h"

/*
 * A net process of the issuer: HTTP and JSON to messages and back, pictures of tokens.  It holds nothing secret.
 */
struct el_issuer_net {
	struct el_publog_net log; /* first */
	const struct el_issuer_conf *conf;
	bool has_public;
	struct el_msg_public public;
	struct el_signers signers;
};

/* What a deferred request still needs when its answer comes. */
enum el_issuer_note { EL_NOTE_NONE, EL_NOTE_SVG, EL_NOTE_PNG };

#define EL_REQUEST_TEXT_MAX 400 /* a text that a client sent and nobody has judged yet */

extern const struct el_route el_issuer_routes[];
extern const struct el_route el_issuer_operator_routes[];
extern const struct el_page el_issuer_pages[]; /* made by src/web/pages.mjs */

/* Send an encoded message on; body is given up.  busy when it could not be encoded. */
void el_issuer_forward(struct el_http_request *, unsigned kind, unsigned index, uint16_t type, struct el_buf *body);

el_http_handler el_issuer_identities_post, el_issuer_notices_post, el_issuer_traces_post;

/* An answer of another process becomes the answer of the request. */
void el_issuer_answer(struct el_net *, const struct el_msg *);

#endif
