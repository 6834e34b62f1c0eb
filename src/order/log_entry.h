#ifndef EL_ORDER_LOG_ENTRY_H
#define EL_ORDER_LOG_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "entrylog/types.h"
#include "log/tiles.h"

/*
 * Entries of the public log (protocol 8 and 12.10): restricted JSON that holds hashes, counts and times only.  Counts of
 * people and visits of an order are told as "0", "1-9" or the number.
 */
enum el_entry_type {
	EL_ENTRY_ORDER,	     /* an order was answered */
	EL_ENTRY_REFUSED,    /* a signed order with its quorum was refused */
	EL_ENTRY_SEGMENT,    /* registry: a segment was closed */
	EL_ENTRY_IDENTITIES, /* issuer: a day was rewritten */
	EL_ENTRY_DESTROYED,  /* a day was destroyed */
	EL_ENTRY_DOCUMENT,   /* a policy, bundle or directory was accepted */
	EL_ENTRY_CHECKPOINT  /* another party's checkpoint, as it was seen */
};
enum el_entry_document { EL_ENTRY_POLICY, EL_ENTRY_BUNDLE, EL_ENTRY_DIRECTORY };

/* One entry; what its type does not have is zero. */
struct el_log_entry {
	enum el_entry_type type;
	int64_t time_s;
	uint64_t index;		 /* where it stands; set by el_log_proof_check() alone */
	struct el_hash order;	 /* ORDER, REFUSED: hash of the order */
	enum el_order_kind kind; /* ORDER, REFUSED */
	/* ORDER: SHA-256 of the signed statement that was answered with (release, trace statement), or, at an issuer that was
	 * asked for people, of the release it was asked with. */
	struct el_hash answer;
	uint64_t count; /* ORDER: 0, 1 (1 to 9) or the number; SEGMENT, IDENTITIES, DESTROYED: rows; CHECKPOINT: size */
	enum el_code code; /* REFUSED */
	el_epoch epoch;	 /* SEGMENT, IDENTITIES, DESTROYED */
	uint32_t segment;	/* SEGMENT */
	struct el_hash root; /* SEGMENT, IDENTITIES; CHECKPOINT: its root; DOCUMENT: its hash */
	enum el_entry_document document;
	uint64_t serial; /* DOCUMENT */
	char party[EL_PARTY_NAME_MAX + 1]; /* CHECKPOINT: whose */
};

/* Encode; the bytes are at most EL_ENTRY_MAX.  EL_ENOMEM; EL_ELIMIT: a number beyond 2^53. */
EL_MUST_USE int el_log_entry_encode(const struct el_log_entry *, uint8_t out[EL_ENTRY_MAX], size_t *len);
/* Strict.  EL_EFORMAT, EL_ELIMIT, EL_ENOMEM; *out is zeroed then. */
EL_MUST_USE int el_log_entry_parse(const uint8_t *in, size_t len, struct el_log_entry *out);

#endif
