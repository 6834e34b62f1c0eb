#ifndef EL_AUTHORITY_LOG_AUDIT_H
#define EL_AUTHORITY_LOG_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authority/log_reader.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "log/checkpoint.h"
#include "order/log_entry.h"
#include "order/policy.h"

/*
 * A whole public log, as an auditor reads it (protocol 8, 12.10): nothing of it is believed but the directory's key and
 * SHA-256.
 */
#define EL_AUDIT_CLOCK_S 600 /* times may fall by this much: clocks are set, and entries wait for the log */
#define EL_AUDIT_MESSAGE 200
#define EL_ENTRY_TYPES (EL_ENTRY_CHECKPOINT + 1)

/* An order that was answered. */
struct el_audit_order {
	struct el_hash order, answer;
	enum el_order_kind kind;
	int64_t time_s;
	uint64_t index; /* of its entry */
};
struct el_audit_cosigned {
	unsigned trustee;
	uint64_t time_s;
};
struct el_log_audit {
	char party[EL_PARTY_NAME_MAX + 1]; /* "": not known yet */
	struct el_checkpoint checkpoint;
	uint64_t counts[EL_ENTRY_TYPES];
	int64_t first_s, last_s; /* times of the first entry and of the latest; 0 when there is none */
	struct el_audit_cosigned cosigned[EL_TRUSTEES_MAX];
	size_t n_cosigned;
	bool since; /* an older checkpoint was of this log, and is its beginning */
	struct el_audit_order *orders; /* malloc'ed */
	size_t n_orders;
	char message[EL_AUDIT_MESSAGE]; /* after a failure: what is wrong, and what to do */
};

/*
 * Read all of a log: the checkpoint's origin names a party of the directory whose key has signed it; the tree of all
 * entries has its root; the tiles hold that tree's hashes; every entry has the form of its type, and times do not fall.
 * since, unless NULL, is the note of an older checkpoint: if it is of this origin, its key must have signed it and it must
 * be the beginning of this log.  The reader's party is set.
 * EL_ECRYPTO: the log was altered, cut or forked; EL_EFORMAT: it is not such a log; EL_ENOTFOUND, EL_ECLOSED, EL_EIO,
 * EL_ELIMIT: it cannot be read; EL_ENOMEM.  *out is to be wiped either way.
 */
EL_MUST_USE int el_log_audit(struct el_log_reader *, const struct el_policy *, const struct el_directory *,
    const uint8_t *since, size_t since_len, struct el_log_audit *out);
void el_log_audit_wipe(struct el_log_audit *);
/* "orders answered": the entries of a type in words. */
const char *el_audit_type_words(enum el_entry_type);

/*
 * Hold the logs of the registry and of issuers against each other:
 *	every order that an issuer answered with people or notices, the registry had answered before it, with the same
 *	release;
 *	every trace whose places the registry gave, an issuer of it had answered.
 * What cannot be told as long as logs are missing, and contacts and notices of the registry that no issuer was asked
 * about, are open, no errors; strict makes them errors.  say() hears each.
 */
struct el_reconcile {
	const struct el_log_audit *audits;
	size_t n;
	const struct el_directory *directory; /* which issuers there are */
	bool strict;
	void (*say)(void *ctx, bool error, const char *party, const struct el_audit_order *, const char *what);
	void *ctx;
	size_t errors, open; /* out */
};
void el_reconcile(struct el_reconcile *);

#endif
