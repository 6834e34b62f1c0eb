#ifndef EL_NET_HTTP_H
#define EL_NET_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/limits.h"
#include "entrylog/error.h"
#include "net/json_text.h"

/*
 * The HTTP/1.1 server: llhttp over libevent.  Strict: what llhttp accepts but RFC 9112 forbids a server
 * to (a missing or second Host, a space before the colon, folded headers) is refused too.  Total
 * deadlines for head, body and idleness; caps for connections overall and per address.  Requests of one
 * connection are answered in order, one at a time.  A client that ends its sending side while its
 * request waits for another process has gone away.
 */
struct el_http_request;
struct el_http_server;

/* Deadlines and caps; a member that is 0 has its value from base/limits.h. */
struct el_http_limits {
	unsigned head_ms; /* from the first byte of a head to its last; also for the first request */
	unsigned body_ms; /* for each mebibyte of a body, begun ones count whole */
	unsigned idle_ms; /* between two requests */
	unsigned answer_ms; /* a deferred request */
	unsigned write_ms; /* for each mebibyte of an answer that the client does not take at once */
	unsigned linger_ms; /* after an answer that ends the connection while the client still sends */
	unsigned connections; /* of one net process */
	unsigned per_address; /* of one IPv4 address or IPv6 /64 */
};

/* Who may call; a route left UNSET stops start-up. */
enum el_auth {
	EL_AUTH_UNSET = 0,
	EL_AUTH_PUBLIC,
	EL_AUTH_VISITOR, /* Bearer credential (32 bytes) */
	EL_AUTH_TICKET, /* Bearer day ticket (90 bytes) */
	EL_AUTH_SCANNER, /* Bearer scanner key (32 bytes) */
	EL_AUTH_OWNER, /* Bearer venue owner's or operator's key (32 bytes) */
	EL_AUTH_OPERATOR, /* Bearer operator's key (32 bytes) */
	EL_AUTH_EXECUTOR /* Authorization: EL1 key=...,time=...,nonce=...,sig=... */
};

/*
 * The shape of the credential is checked before the handler runs (401 `unauthorized` otherwise; for
 * TICKET `ticket_invalid`); whether it is the right one is decided by core, with what
 * el_http_credential() holds.
 */
#define EL_CREDENTIAL_MAX 90
struct el_credential {
	uint8_t b[EL_CREDENTIAL_MAX]; /* the bearer's bytes */
	size_t len;
	/* EXECUTOR only */
	uint8_t key[32], nonce[16], sig[64];
	uint64_t time_s;
};

/*
 * A HEAD request is answered by the GET route, the body left out by the answers below.  A
 * handler answers at once, or keeps the request with el_http_defer() and answers later.
 */
typedef void el_http_handler(struct el_http_request *, void *ctx);

struct el_route {
	const char *method;
	const char *path; /* "/v1/venues/{id}/scanners/{scanner}": {x} is one segment; a last {x*} the rest */
	enum el_auth auth;
	size_t body_max; /* 0: a body is refused */
	el_http_handler *handle;
};

/* Of the request; all strings live as long as it does. */
const struct el_route *el_http_route(const struct el_http_request *);
const char *el_http_param(const struct el_http_request *, const char *name); /* path parameter, decoded; NULL */
const char *el_http_header(const struct el_http_request *, const char *lower_case_name); /* NULL: absent */
const char *el_http_target(const struct el_http_request *); /* path and query as sent */
const uint8_t *el_http_body(const struct el_http_request *, size_t *len);
const struct el_credential *el_http_credential(const struct el_http_request *);
/* The client's, 16 bytes, IPv4-mapped: the connection's, or what a trusted proxy (net/proxy.h) says. */
const uint8_t *el_http_address(const struct el_http_request *);
enum el_language el_http_language(const struct el_http_request *); /* Accept-Language: en, else ko */
struct el_http_server *el_http_server_of(const struct el_http_request *);
/*
 * The body as a JSON object in jansson's strict mode (no duplicates, nothing after it, no NUL), the
 * caller's to decref.  On failure the problem has been answered and NULL is returned.
 */
json_t *el_http_json(struct el_http_request *);

/* Answers.  Each ends the request; using it afterwards is a mistake. */
void el_http_reply_json(struct el_http_request *, int status, json_t *stolen);
/*
 * The same of an answer that is written instead of built: begin, write, reply.  There is one buffer for it in the
 * server, so nothing else may be answered in between.  A writing that failed is answered `internal`.
 */
struct el_json_text el_http_write_json(struct el_http_request *);
void el_http_reply_written(struct el_http_request *, int status, const struct el_json_text *);
/* headers: "Name: value\r\n" lines or NULL.  Cache-Control: no-store is added unless headers has one. */
void el_http_reply(
    struct el_http_request *, int status, const char *content_type, const char *headers, const void *body, size_t len);
/* The same with a body that nobody frees or changes while the process lives: it is never copied. */
void el_http_reply_lasting(
    struct el_http_request *, int status, const char *content_type, const char *headers, const void *body, size_t len);
/* application/problem+json (RFC 9457): code, title, status, request_id, and retry_after where not 0. */
void el_http_problem(struct el_http_request *, enum el_code, unsigned retry_after_s);

/*
 * Keep the request until an answer comes from another process.  The id is never reused; a client that
 * goes away or EL_HTTP_ANSWER_DEADLINE_S (answered `busy`) ends it, and then el_http_find() returns NULL.
 * kind and index say who will answer: el_http_fail_deferred() answers `busy` to all that wait for a
 * process that has died.
 */
uint64_t el_http_defer(struct el_http_request *, unsigned peer_kind, unsigned peer_index);
struct el_http_request *el_http_find(struct el_http_server *, uint64_t id);
void el_http_fail_deferred(struct el_http_server *, unsigned peer_kind, unsigned peer_index);
/* A word of the handler's own kept with a deferred request (which answer form was asked for). */
void el_http_set_note(struct el_http_request *, uint64_t note);
uint64_t el_http_note(const struct el_http_request *);

#endif
