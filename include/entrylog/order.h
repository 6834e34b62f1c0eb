#ifndef ENTRYLOG_ORDER_H
#define ENTRYLOG_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * Orders (protocol section 7 and 12.4): a signed, bounded permission for one join.  This header is what
 * an integrator needs to read one and to see whether a quorum signed it.
 */
#define EL_ORDER_AUDIENCE_MAX 17 /* the registry and 16 issuers */
#define EL_PARTY_NAME_MAX 15	 /* "registry", "issuer:255" */
#define EL_ORDER_LIFE_MAX_S (14 * 86400)

enum el_order_kind { EL_ORDER_CONTACTS, EL_ORDER_TRACE, EL_ORDER_NOTICE, EL_ORDER_RECOVERY, EL_ORDER_KINDS };
const char *el_order_kind_name(enum el_order_kind);

struct el_audience {
	char party[EL_PARTY_NAME_MAX + 1];
	struct el_hash scope;
	uint32_t items; /* limit */
};

struct el_order {
	struct el_hash hash; /* SHA-256 of the doc bytes: what everything else refers to */
	struct el_hash deployment, policy, case_hash;
	uint8_t id[16];
	enum el_order_kind kind;
	int64_t created, expires;
	el_epoch first_epoch, last_epoch;
	struct el_sign_pk executor;
	struct el_point box_key;
	struct el_audience audience[EL_ORDER_AUDIENCE_MAX];
	size_t n_audience;
};

/* "registry" (then *issuer is 0) or "issuer:N", N 1..255 without leading zeros.  EL_EFORMAT. */
EL_MUST_USE int el_party_parse(const char *party, uint8_t *issuer);

/*
 * Parse the doc bytes of an order: restricted JSON, every field, every bound.  Only how long it lives is left
 * to el_order_check(), whose refusal for that is order_expired.  EL_EFORMAT; EL_ELIMIT; EL_ENOMEM; *out is
 * zeroed then.
 */
EL_MUST_USE int el_order_parse(const uint8_t *doc, size_t len, struct el_order *out);
/*
 * The one encoding of an order (hash is set too).  The rules are checked on the way.  *out is malloc'ed, the
 * caller's, NULL on failure.
 */
EL_MUST_USE int el_order_encode(struct el_order *, uint8_t **out, size_t *len);
/* The audience entry of a party, NULL when the order does not speak to it. */
const struct el_audience *el_order_for(const struct el_order *, const char *party);

#endif
