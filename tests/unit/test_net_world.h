#ifndef EL_TEST_NET_WORLD_H
#define EL_TEST_NET_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "net/http.h"
#include "net/proxy.h"

/*
 * The HTTP server in a process of its own, on a port of the kernel's choice, and a client that speaks raw
 * bytes.  The server's leaks and faults show in its exit status, which world_end() checks.
 *
 *	GET /who (the address that it goes by), GET /time, GET /echo/{a}/{b}, GET /rest/{all*}, GET /large (4 MiB), GET /own (own headers),
 *	POST, DELETE /echo (1 KiB), POST /big (256 KiB), GET, POST /later (answered when told),
 *	GET /page/ ("plain text", or "PACKED" for who takes gzip), /page/small (never packed)
 *	GET /visitor /ticket /scanner /owner /operator /executor (200 with a good shape)
 */
#define PATIENCE_MS 30000
#define LARGE_LEN (4u * 1024 * 1024)

struct world {
	pid_t pid;
	uint16_t port;
	int command;
};

void world_begin(struct world *, const struct el_http_limits *); /* NULL: defaults */
/* With proxies that it trusts. */
void world_begin_behind(struct world *, const struct el_http_limits *, const struct el_proxies *);
void world_end(struct world *); /* the server leaves its loop at once */

/* Words to the server; each is obeyed before this returns. */
void world_answer_deferred(struct world *); /* all that wait */
void world_fail_deferred(struct world *, unsigned peer_index);
void world_stop(struct world *); /* graceful: then it ends by itself, and world_end() only waits */
/* Wait until the server counts so many connections / requests that wait / calls of handlers in all. */
void world_await_connections(struct world *, unsigned n);
void world_await_deferred(struct world *, unsigned n);
unsigned world_calls(struct world *);

struct answer {
	int status;
	char head[4096];
	char *body; /* NUL-terminated, until the next answer is read */
	size_t len;
};

int dial(uint16_t port);
int dial_from(uint16_t port, const char *source); /* "127.0.0.2" */
void send_bytes(int fd, const void *bytes, size_t len);
void send_text(int fd, const char *text);
/* As send_bytes() to a server that may have heard enough: false once it takes no more. */
bool offer_bytes(int fd, const void *bytes, size_t len);
void read_answer(int fd, struct answer *);
void read_head_answer(int fd, struct answer *); /* to a HEAD request */
const char *header_in(const struct answer *, const char *name); /* NULL: none; until the next call */
bool ends(int fd); /* waits; true: in order, false: reset */
bool is_silent(int fd); /* nothing there now */

/* One request on a connection of its own, answered with this problem; the answer stays for a closer look. */
const struct answer *refused(const struct world *, const char *request, int status, const char *code);
/* The same, answered with this status. */
const struct answer *answered(const struct world *, const char *request, int status);
/* What a member of a JSON answer says. */
void assert_member(const struct answer *, const char *name, const char *text);

#endif
