#ifndef EL_AUTHORITY_TRUSTEE_H
#define EL_AUTHORITY_TRUSTEE_H

#include <stdint.h>

#include "authority/request.h"
#include "base/code.h"
#include "crypto/keyring.h"
#include "entrylog/order.h"
#include "order/policy.h"

/*
 * A trustee (protocol 7.2 step 2 and 7.3 step 2).  It never opens a bare point: always an order, a proof of release,
 * its entry in the party's public log, and the row with its path to a logged root.
 *
 * What fails for the order as a whole opens nothing and is an enum el_code.  What fails for a row refuses
 * that row, with one of these reasons:
 *
 *	wrong_epoch		its day is outside the order, or not the token's, or its minute not of that day
 *	issuer_not_in_order	the order does not speak to that issuer
 *	unknown_issuer		the directory has no key of that issuer for that day
 *	bad_signature		the issuer has not signed the token
 *	not_in_release		the path does not lead to the signed root
 *	outside_scope		venue or minute
 *	out_of_retention	over 28 days old
 *	bad_point		R is not a point
 *	point_repeated		R stands in another row, too
 *	box_mismatch		the statement names another box
 *	no_share		this trustee has no share of that day (destroyed, or never had)
 *	no_epoch_key		the bundle does not have that day
 *	wrong_share		its share of that day is not the one that the bundle commits to
 *	and those of order/proven.h
 */
struct el_trustee {
	unsigned index;
	const struct el_keyring *shares;
	const struct el_policy *policy;
	const struct el_bundle *bundle;
	const struct el_directory *directory;
	/*
	 * Whether a checkpoint of that party ("registry", "issuer:7"), whose signature has been verified, belongs to the log
	 * that this trustee knows: proof_missing where it cannot be told, or is not so (authority/witness.h).
	 */
	enum el_code (*vouch)(void *ctx, const char *party, const uint8_t *note, size_t len);
	/*
	 * The latest time at which this trustee saw that party's log end before an index, asked after vouch(); 0: never.  The
	 * root there counts as logged no earlier, whatever its entry says.  NULL: nothing was seen.
	 */
	int64_t (*not_before)(void *ctx, const char *party, uint64_t index);
	void *vouch_ctx; /* of both */
	void (*progress)(void *ctx, size_t done, size_t total); /* may be NULL */
	void *ctx;
};

/*
 * The order-level checks alone, but for vouch(): what an operator is shown before saying yes.  *order is set on
 * EL_CODE_OK.
 */
enum el_code el_trustee_check(const struct el_trustee *, const struct el_request *, int64_t now_s,
    struct el_order *order);
/*
 * Check everything and compute the partials, with a proof for each epoch: Y shares for rows of a contacts or notice order, Z
 * shares for boxes of a trace order, never the other way round.  On EL_CODE_OK *out is to be wiped; EL_CODE_INTERNAL:
 * no memory.
 */
enum el_code el_trustee_open(const struct el_trustee *, const struct el_request *, int64_t now_s,
    struct el_partials *out);

#endif
