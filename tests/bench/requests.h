#ifndef EL_TESTS_BENCH_REQUESTS_H
#define EL_TESTS_BENCH_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#include "bodies.h"
#include "http_client.h"

/*
 * The requests of a load, made in advance but for what must differ: a bearer key, T, stamp and attempt of each
 * token; an index of a ticket.
 */
enum request_kind { REQUEST_CHECKIN, REQUEST_EMPTY, REQUEST_TOKEN, REQUEST_WALLET };
#define REQUEST_BATCH_MAX 500

struct requests {
	enum request_kind kind;
	unsigned batch; /* items of a check-in post, 0: a single one, not a batch */
	struct bodies *bodies; /* check-ins */
	char *keys; /* bearer keys, each of key_len characters and a NUL */
	size_t n_keys, key_len, next_key;
	char *whole; /* a request */
	size_t len, key_at, item_at, item_len, index_at;
	uint32_t index;
};

/* folder holds what prepare wrote: scanners, day, tickets. */
void requests_init(
    struct requests *, enum request_kind, unsigned batch, const char *folder, uint16_t port, size_t ahead);
void requests_free(struct requests *);
/* Items of one request: check-ins, or tokens. */
unsigned requests_items(const struct requests *);
/* Give a connection its buffer; then make its next request, which is not yet sent. */
void requests_attach(const struct requests *, struct http_conn *);
void requests_next(struct requests *, struct http_conn *, int64_t now_s);

#endif
