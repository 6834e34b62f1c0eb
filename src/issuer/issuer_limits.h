#ifndef EL_ISSUER_ISSUER_LIMITS_H
#define EL_ISSUER_ISSUER_LIMITS_H

/* The issuer's own ceilings; docs/http-api.md quotes them. */
#define EL_CODE_DIGITS 6	      /* of a one-time code */
#define EL_CODE_LIFE_S 180	      /* 3 minutes */
#define EL_CODE_TRIES 5
#define EL_CODES_PER_PHONE 5	      /* a day ... */
#define EL_CODES_PER_PHONE_S 86400
#define EL_CODES_PER_ADDRESS 100      /* an hour ... */
#define EL_CODES_PER_ADDRESS_S 3600
#define EL_REGISTRATIONS_MAX 20000    /* pending at once */
#define EL_TALLY_MAX 65536	      /* numbers, or addresses, that are remembered */
#define EL_SMS_AT_ONCE 8	      /* processes that hand a message to the gateway */
#define EL_SMS_QUEUE_MAX 1000
#define EL_SMS_LIMIT_MS 10000	      /* then such a process is killed */
#define EL_ADMISSIONS_MAX 1024	      /* registrations that wait for core */
#define EL_MASTER_ROW_DAYS 30	      /* a master row stays that long after its registration has ended */
#define EL_PURGE_LATE_S 600	      /* the alarm of protocol section 9 */
#define EL_IDENTITY_ITEMS_MAX 1000    /* of one call for identities */

#endif
