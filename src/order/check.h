#ifndef EL_ORDER_CHECK_H
#define EL_ORDER_CHECK_H

#include "base/code.h"
#include "entrylog/order.h"
#include "order/document.h"
#include "order/policy.h"
#include "order/scope.h"

/*
 * What every party and every trustee asks of an order before it does anything (protocol 7.1), in this
 * order: form, signatures, quorum, policy, expiry.  The answer is EL_CODE_OK or the refusal: malformed_order,
 * signature_invalid (a signature by a key of the policy's officers, also a revoked one, does not verify, or
 * deployment differs), quorum_missing, policy_outdated (made under another policy, or the policy itself has
 * expired), order_expired (now >= expires, created over 5 minutes ahead, or living longer than
 * EL_ORDER_LIFE_MAX_S); internal when there is no memory.  Signatures by unknown keys count for nothing.
 * On EL_CODE_OK *out is the parsed order, and on policy_outdated and order_expired, too, which come after the quorum;
 * else it is zeroed.
 */
#define EL_ORDER_AHEAD_S 300
enum el_code el_order_check(const struct el_document *, const struct el_policy *, int64_t now_s, struct el_order *out);

/*
 * Groups that are still short of officers under the policy's quorum for this kind: distinct officers,
 * valid now, not revoked, whose signatures verify.  Returns how many signatures are missing in all; with
 * text != NULL writes what is missing in words ("1 of court").
 */
unsigned el_order_missing(const struct el_document *, const struct el_policy *, enum el_order_kind, int64_t now_s,
    char *text, size_t size);

/*
 * A disclosed scope against the order's audience entry of that party: hash, form, and that its form fits the
 * order's kind and the party (contacts: venues, links; notice: venues, notice; trace: secrets, phones; recovery:
 * none).  The day that a notice speaks of is one of the order's.
 * scope_mismatch, malformed_order, internal; EL_CODE_OK fills *out (el_scope_wipe()), else it is zeroed.
 */
enum el_code el_order_check_scope(const struct el_order *, const char *party, const struct el_disclosed *,
    struct el_scope *out);

/* scope_mismatch: a notice's scope names a template that the policy does not have. */
enum el_code el_order_check_template(const struct el_policy *, const struct el_scope *);

/*
 * The order's epochs against the window, and retention to the minute.  scope_mismatch: the scope has a window
 * and first_epoch is not day(from - 2 h) or last_epoch is not day(to).  out_of_retention: the window begins
 * before now - 28 days, or first_epoch is destroyed already (for scopes without a window all there is to ask).
 */
enum el_code el_order_check_retention(const struct el_order *, const struct el_scope *, int64_t now_s,
    uint32_t day_offset_s);

#endif
