#ifndef EL_NET_SERVER_INTERNAL_H
#define EL_NET_SERVER_INTERNAL_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "net/address.h"
#include "net/http.h"
#include "net/io.h"
#include "net/parse.h"
#include "net/proxy.h"
#include "net/route.h"

struct el_net;

/* What the files of the HTTP server share: server.c, connection.c, request.c, reply.c, problem.c. */

#define EL_LISTENERS_MAX 8

struct el_listener {
	struct el_http_server *server;
	const struct el_route *routes;
	struct event *event;
	int fd;
};

struct el_http_server {
	struct event_base *base;
	struct el_http_limits limits; /* all set */
	struct el_net *net; /* NULL in tests of the server alone */
	void *ctx;
	struct el_listener listeners[EL_LISTENERS_MAX];
	size_t n_listeners;
	struct event *sweep, *turn;
	/* Of the net process: answers in the place of the handlers while it is not ready; may be NULL. */
	bool (*gate)(void *ctx, struct el_http_request *);
	struct el_proxies proxies;
	struct el_addresses *addresses;
	struct el_connection **slots; /* limits.connections of them; NULL: free */
	uint32_t *free_slots;
	size_t n_free;
	uint64_t serial; /* of deferred requests; begins at random */
	int64_t now_s, date_s;
	int64_t turn_ms; /* monotonic, of this turn of the loop; 0: not asked for yet */
	char date[32];
	struct el_buf scratch; /* where an answer is written before it is sent */
	uint8_t noise[128]; /* random bytes for request ids */
	size_t noise_left;
	bool stopping;
	bool paused; /* no descriptors are left: accepting goes on with the next sweep */
};

/* The request that a connection carries; one object used again and again. */
struct el_http_request {
	struct el_connection *connection;
	uint64_t id, note;
	unsigned peer_kind, peer_index;
	bool deferred;
	struct el_credential credential;
	struct el_match match;
};

enum el_connection_state {
	EL_CONNECTION_READ, /* idle, or a request is arriving */
	EL_CONNECTION_HANDLER, /* the handler has it, or another process */
	EL_CONNECTION_WRITE, /* its answer is not all taken yet */
	EL_CONNECTION_LINGER /* answered for the last time; what the client still sends is dropped */
};

struct el_connection {
	struct el_http_server *server;
	const struct el_route *routes;
	struct el_io io; /* owns the socket */
	struct event *readable, *writable;
	uint32_t slot;
	enum el_connection_state state;
	enum el_code refusal; /* decided at the head, told after the body */
	bool running; /* connection_run() is on the stack: it frees */
	bool begun; /* the deadline of this request's head runs */
	bool closing; /* this answer is the last */
	bool more; /* the socket may have more bytes */
	bool paused; /* its bytes wait: the parser has no room while a request is worked on */
	bool ended; /* the client's end of file was read */
	bool dead; /* to be freed as soon as nothing stands on it */
	bool by_proxy; /* address is a trusted proxy's: not counted, and not its requests' */
	int64_t deadline_ms;
	uint8_t address[EL_ADDRESS_LEN];
	uint8_t client[EL_ADDRESS_LEN]; /* by_proxy: of a request, once it was asked for */
	struct el_http_request request;
	struct el_buf out; /* what the socket has not taken */
	size_t out_pos; /* of it sent */
	struct iovec lasting; /* after it: the rest of a body that lasts longer than the connection */
	struct el_parser parser; /* last: its buffer is large and not cleared */
};

/* server.c */
struct el_http_server_options {
	struct event_base *base;
	const struct el_http_limits *limits; /* NULL: defaults */
	struct el_net *net;
	void *ctx; /* of the handlers */
	bool (*gate)(void *ctx, struct el_http_request *);
	const struct el_proxies *proxies; /* trusted; NULL: none */
};

EL_MUST_USE int el_http_server_new(const struct el_http_server_options *, struct el_http_server **out);
void el_http_server_free(struct el_http_server *);
/* Accept on a listening socket; fd stays the caller's to close unless el_http_server_stop() does it.
 * EL_ECONFIG: a bad route; EL_ELIMIT; EL_EIO. */
EL_MUST_USE int el_http_server_listen(struct el_http_server *, int fd, const struct el_route *);
/* Take no more connections, close the idle ones; the others end with their answer. */
void el_http_server_stop(struct el_http_server *);
size_t el_http_server_connections(const struct el_http_server *);
void el_http_server_set_time(struct el_http_server *, int64_t now_s); /* what the Date header shows */
int64_t el_http_server_now_ms(struct el_http_server *); /* monotonic, one reading for a turn of the loop */
void el_http_server_forget(struct el_http_server *, struct el_connection *); /* its slot is free again */

/* connection.c */
/* by_proxy: its address was not counted. */
void el_connection_open(
    struct el_http_server *, const struct el_route *, int fd, const uint8_t address[EL_ADDRESS_LEN], bool by_proxy);
void el_connection_free(struct el_connection *);
void el_connection_expire(struct el_connection *); /* its deadline has passed */
void el_connection_stop(struct el_connection *); /* the server stops: close it if nothing was accepted */
/*
 * Send the one answer of the current request, of which nothing may be used afterwards.  The next one is not begun
 * here, however many wait.  lasts: the last part is bytes that nobody frees or changes while the process lives.
 */
void el_connection_send(struct el_connection *, const struct iovec *parts, int n_parts, bool lasts);
bool el_connection_keeps(const struct el_connection *); /* whether it stays open after this answer */

/* problem.c */
/* A problem document into the server's scratch buffer. */
void el_problem_write(struct el_http_server *, enum el_code, enum el_language, unsigned retry_after_s);

#endif
