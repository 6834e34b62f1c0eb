#ifndef LOG_FIXTURE_H
#define LOG_FIXTURE_H

#include "crypto/sign.h"
#include "order/held.h"
#include "order/log_proof.h"

/* A public log of one entry, as proof of that entry; *out is to be wiped. */
void log_fixture_prove(const struct el_hash *deployment, const char *party, const struct el_sign_key *key,
    const uint8_t *entry, size_t len, struct el_log_proof *out);
/* The same for the entry that an order was answered with this statement. */
void log_fixture_answered(const struct el_hash *deployment, const char *party, const struct el_sign_key *key,
    const struct el_order *order, const struct el_hash *answer, struct el_log_proof *out);

#endif
