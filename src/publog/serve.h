#ifndef EL_PUBLOG_SERVE_H
#define EL_PUBLOG_SERVE_H

#include "net/net.h"
#include "service/service.h"

/*
 * The net process' side of the public log: its files as they stand, and cosignatures handed on to the log process.  The
 * role's net context embeds struct el_publog_net first and puts EL_PUBLOG_ROUTES in its table.  Nothing beyond the
 * published checkpoint is served: what stands there may have been left by a crash, and may yet change.
 */
struct el_publog_net {
	struct el_service_net service; /* first */
	char dir[512]; /* el_publog_dir() */
	unsigned log_kind;
};

el_http_handler el_publog_checkpoint_get, el_publog_tile_get, el_publog_cosignatures_post;
#define EL_PUBLOG_ROUTES                                                                                               \
	{ "GET", "/log/checkpoint", EL_AUTH_PUBLIC, 0, el_publog_checkpoint_get },                                     \
	{ "GET", "/log/tile/{path*}", EL_AUTH_PUBLIC, 0, el_publog_tile_get },                                         \
	{ "POST", "/log/cosignatures", EL_AUTH_PUBLIC, EL_HTTP_BODY_MAX, el_publog_cosignatures_post }

/* A message of the log process. */
void el_publog_net_answer(struct el_net *, const struct el_msg *);

#endif
