#ifndef LOG_FIXTURE_H
#define LOG_FIXTURE_H

#include "crypto/sign.h"
#include "order/held.h"
#include "order/log_proof.h"

/* Entries that a public log of a test holds, in order; the first is that of an answer, the others are roots. */
#define LOG_FIXTURE_MAX 8
#define LOG_FIXTURE_ENTRY 512 /* no entry of a test is longer */
struct log_fixture {
	struct {
		uint8_t bytes[LOG_FIXTURE_ENTRY];
		size_t len;
	} entries[LOG_FIXTURE_MAX];
	size_t n;
};
void log_fixture_add(struct log_fixture *, const uint8_t *entry, size_t len);
void log_fixture_add_entry(struct log_fixture *, const struct el_log_entry *);
/* That this order was answered with this statement. */
void log_fixture_add_answer(struct log_fixture *, const struct el_order *, const struct el_hash *answer);
/* The checkpoint over all of it with a path for each entry; *out is to be wiped. */
void log_fixture_prove(const struct log_fixture *, const struct el_hash *deployment, const char *party,
    const struct el_sign_key *key, struct el_log_proof *out);

#endif
