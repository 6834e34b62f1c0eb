#ifndef EL_REGISTRY_REGISTRY_LIMITS_H
#define EL_REGISTRY_REGISTRY_LIMITS_H

/* The registry's own ceilings; docs/http-api.md quotes them. */
#define EL_SCANNER_RATE 50 /* check-ins a second that one scanner may post, sustained; batch items count */
#define EL_SCANNER_BURST 500 /* and at once: a whole batch */
#define EL_SCANNERS_PER_VENUE 100 /* that are not revoked: a list of them is one answer */
#define EL_ENROL_CODE_S 900 /* an enrolment code lives 15 minutes */
#define EL_ENROL_TRIES 5 /* wrong codes of one address ... */
#define EL_ENROL_TRIES_S 900 /* ... in 15 minutes */
#define EL_VENUES_PER_ADDRESS 1000 /* venues that one address may begin ... */
#define EL_VENUES_PER_ADDRESS_S 3600 /* ... in an hour: each is a write that check-ins wait for */
#define EL_VENUES_AT_ONCE 500 /* and all addresses together ... */
#define EL_VENUES_AT_ONCE_S 25 /* ... in 25 s */
#define EL_CHANGES_BURST 200 /* changes of an approved venue and its scanners by its owner: writes like those ... */
#define EL_CHANGES_EACH_S 10 /* ... of which one comes back in so many seconds */
#define EL_CHANGES_WAITING_BURST 20 /* of one that waits for approval, which anybody may begin */
#define EL_CHANGES_WAITING_EACH_S 60
#define EL_CHANGES_WAITING_AT_ONCE 500 /* and of all these together ... */
#define EL_CHANGES_WAITING_AT_ONCE_S 25 /* ... in 25 s, however many somebody has gathered */
#define EL_PURGE_LATE_S 600 /* the alarm of protocol section 9 */
#define EL_ORDER_SECRETS_MAX 3100 /* 100 phone numbers of 31 days */
#define EL_ORDERS_WAITING_MAX 8 /* order calls that wait for the one at work */
#define EL_ORDER_CLOSE_MS 3000 /* between two live segments of a day that orders close: their numbers are finite */
#define EL_FULL_RETRY_S 5 /* retry_after where the disk is full, or an index is late */
#define EL_COUNT_HOURS 24

#endif
