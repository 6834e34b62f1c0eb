#ifndef EL_TESTS_BENCH_HTTP_CLIENT_H
#define EL_TESTS_BENCH_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One kept-alive connection to 127.0.0.1 and nowhere else: one request at a time, written from a buffer that
 * keeps its bytes from request to request, so that only what differs is written again.
 */
#define HTTP_IN_MAX 32768

struct http_conn {
	int fd; /* -1: not connected */
	bool busy; /* a request is under way */
	char *out; /* the request; the owner's */
	size_t out_len, sent;
	char *in;
	size_t in_len;
	size_t head_len, want; /* of the answer: 0 until its head was read; head and body */
	unsigned status;
};

/* Connected, not blocking, without delay; false: refused. */
bool http_connect(struct http_conn *, uint16_t port);
void http_close(struct http_conn *);

enum http_step {
	HTTP_AGAIN, /* nothing more can be read or written now */
	HTTP_DONE, /* the answer is there: status, http_body(); or the request is written */
	HTTP_CLOSED /* the other side is gone, or speaks another language */
};
enum http_step http_write(struct http_conn *);
enum http_step http_read(struct http_conn *);
/* The answer's body, until the next http_read(). */
const char *http_body(const struct http_conn *, size_t *len);

/* The "code" of a problem document, at most size - 1 characters; "" where there is none. */
void http_problem_code(const struct http_conn *, char *out, size_t size);

#endif
