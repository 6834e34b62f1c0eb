#ifndef EL_NET_NET_H
#define EL_NET_NET_H

#include "base/config.h"
#include "net/http.h"
#include "proc/family.h"

/*
 * The net process: an event loop with the HTTP server and the links to the other processes.  Messages
 * that handlers queue are flushed to each peer in one write per turn of the loop, after every ready
 * connection has been read (docs/architecture.md, hot path).
 */
struct el_net;

struct el_net_role {
	const struct el_route *routes; /* ends with a NULL method */
	/* Of every listening socket of the process after the first; NULL: they serve `routes`, too. */
	const struct el_route *operator_routes;
	/*
	 * Called after authorisation's shape was checked and before the route's handler; true: it has answered and
	 * the handler is not called.  May be NULL.
	 */
	bool (*gate)(void *ctx, struct el_http_request *);
	const struct el_conf_list *trusted_proxies; /* addresses (net/proxy.h); NULL: none */
	const struct el_http_limits *limits; /* NULL: those of base/limits.h */
	/* Before the first request; may be NULL.  An error ends the process. */
	int (*start)(void *ctx, struct el_net *);
	/* An answer or a push from another process. */
	void (*message)(void *ctx, struct el_net *, unsigned peer_kind, unsigned peer_index, const struct el_msg *);
	void (*link_up)(void *ctx, struct el_net *, unsigned peer_kind, unsigned peer_index); /* may be NULL */
	void (*tick)(void *ctx, struct el_net *); /* once a second; may be NULL */
	void (*reload)(void *ctx, struct el_net *); /* SIGHUP; may be NULL */
	/* A peer's process has died; its deferred requests have been answered.  May be NULL. */
	void (*link_down)(void *ctx, struct el_net *, unsigned peer_kind, unsigned peer_index);
	void (*stop)(void *ctx); /* at the end of the process; may be NULL */
	void *ctx; /* also the handlers' ctx */
};

/*
 * The whole life of a net process: start, serve, on STOP finish what was accepted, return.  EL_ECONFIG: a
 * route without authorisation, or a proxy that is no address; EL_ECLOSED: the parent is gone.
 */
EL_MUST_USE int el_net_run(struct el_child *, const struct el_net_role *);

struct el_http_server *el_net_server(struct el_net *);
struct el_net *el_net_of(const struct el_http_request *);
int64_t el_net_now(const struct el_net *);
unsigned el_net_index(const struct el_net *);

/*
 * Send a request on to a process and keep it until the answer comes: el_http_defer(), then a message
 * with that id.  When the peer is not there or its queue is full the request is answered `busy`.
 */
void el_net_forward(
    struct el_http_request *, unsigned peer_kind, unsigned peer_index, uint16_t type, const void *body, size_t len);
/*
 * The same for the messages of a hot path: encode into the process's one buffer, then forward what is in it.  An error
 * of the buffer is answered `busy`.  Nothing else may be encoded there in between; it is wiped afterwards.
 */
struct el_buf *el_net_message(struct el_net *);
void el_net_forward_message(struct el_http_request *, unsigned peer_kind, unsigned peer_index, uint16_t type);
/* A message that no request waits for. */
EL_MUST_USE int el_net_put(
    struct el_net *, unsigned peer_kind, unsigned peer_index, uint16_t type, uint64_t id, const void *body, size_t len);

/* Parse "127.0.0.1:8441" or "[::1]:8441" and open a listening socket (SO_REUSEADDR).  EL_ECONFIG, EL_EIO. */
EL_MUST_USE int el_net_listen(const char *address, int *fd);
/*
 * n listening sockets on one address, among which the kernel shares out new connections (SO_REUSEPORT): one for each
 * net process.  An address in use is refused as by el_net_listen(), also where its user would share it.  On failure
 * nothing is open and fds are -1.  EL_ECONFIG, EL_EIO.
 */
EL_MUST_USE int el_net_listen_each(const char *address, int *fds, size_t n);

#endif
