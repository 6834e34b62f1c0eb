#ifndef EL_AUTHORITY_ORDER_FILE_H
#define EL_AUTHORITY_ORDER_FILE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "order/document.h"
#include "order/policy.h"
#include "order/scope.h"

/*
 * An order file (protocol 12.4): {"doc", "signatures", "scopes"}, the authority's own copy with every scope
 * disclosed; what a trustee receives has only the scopes it must see.  Large: always on the heap.
 */
struct el_order_file {
	struct el_document document;
	struct el_disclosed scopes[EL_ORDER_AUDIENCE_MAX];
	size_t n_scopes;
};

/* Strict: every field, no other, no scope of one party twice; nothing is verified.  EL_EFORMAT; EL_ENOMEM. */
EL_MUST_USE int el_order_file_from_json(const json_t *, struct el_order_file **out);
/* NULL: no memory.  party NULL: every scope; else only that party's. */
json_t *el_order_file_to_json(const struct el_order_file *, const char *party);
EL_MUST_USE int el_order_file_read(const char *path, struct el_order_file **out);
EL_MUST_USE int el_order_file_write(const char *path, const struct el_order_file *); /* 0600 */
void el_order_file_free(struct el_order_file *); /* wipes; NULL is fine */
/* The disclosed scope of a party, or NULL. */
const struct el_disclosed *el_order_file_scope(const struct el_order_file *, const char *party);

/*
 * What an officer's signature stands for: the order parses, its policy is the one given, and each disclosed
 * scope has the hash its audience entry names; every audience entry must be disclosed.  malformed_order,
 * signature_invalid (another deployment), policy_outdated, scope_mismatch (also: a template that the policy does
 * not have), order_expired.
 */
enum el_code el_order_file_check(const struct el_order_file *, const struct el_policy *, int64_t now_s,
    struct el_order *out);

/* "issuer:7" to 7; 0 when it is no issuer. */
uint8_t el_party_issuer(const char *party);
void el_party_of_issuer(uint8_t issuer, char out[EL_PARTY_NAME_MAX + 1]);

#endif
