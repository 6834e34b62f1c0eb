#ifndef EL_BASE_LIMITS_H
#define EL_BASE_LIMITS_H

/* Every ceiling of the system in one place; docs/http-api.md quotes the ones a client can meet. */

/* Protocol constants (docs/protocol.md section 2 and 9). */
#define EL_DAY_S 86400
#define EL_TOKEN_GRACE_S 7200		/* a token of epoch e is shown until end(e) + 2 h */
#define EL_RETENTION_S (28 * EL_DAY_S)	/* visits older than this are refused and destroyed */
#define EL_FRESH_S 15			/* a QR is fresh for 15 s */
#define EL_SKEW_MAX_S 30
#define EL_LATE_LIMIT_MAX_S (72 * 3600)
#define EL_LIVE_S 30			/* |scanned_at - now| of a live item; also the `from_future` bound */
#define EL_TICKETS_PER_DAY 8		/* per credential and day */
#define EL_WALLET_MAX 16		/* tokens in one wallet answer */
#define EL_VERIFIED_DAYS 30		/* a registration lasts this many epochs */

/* Data. */
#define EL_NAME_MAX 100			/* bytes of UTF-8 NFC */
#define EL_PHONE_MAX 16			/* '+' and at most 15 digits */
#define EL_BATCH_MAX 500		/* items of a check-in batch */
#define EL_ORDER_ROWS_MAX 20000		/* rows released, or links opened, under one order */
#define EL_ORDER_PAGE_MAX 1000		/* items in one page of an order call */
#define EL_ORDER_DAYS_MAX 31		/* epochs one order touches */
#define EL_ISSUERS_MAX 16
#define EL_TRUSTEES_MAX 16
#define EL_OFFICERS_MAX 64
#define EL_EPOCHS_AHEAD_MAX 120		/* epochs in a bundle */
#define EL_COMMIT_SPACING_US 1000	/* between the groups of a busy core (docs/decisions/011) */

/* HTTP. */
#define EL_HTTP_BODY_MAX (16 * 1024)
#define EL_HTTP_BATCH_BODY_MAX (256 * 1024)
#define EL_HTTP_ORDER_BODY_MAX (8 * 1024 * 1024)
#define EL_HTTP_URL_MAX 1024
#define EL_HTTP_HEADERS_MAX (8 * 1024)
#define EL_HTTP_HEADER_COUNT_MAX 64
#define EL_HTTP_HEAD_DEADLINE_S 10
#define EL_HTTP_BODY_DEADLINE_S 20
#define EL_HTTP_IDLE_S 60
#define EL_HTTP_ANSWER_DEADLINE_S 60	/* a request waits this long for core */
#define EL_ORDER_WAIT_S 50	/* an order waits so long for an index or the log's word; less than its client does */
#define EL_HTTP_CONNECTIONS_MAX 4096	/* per net process */
#define EL_HTTP_CONNECTIONS_PER_ADDRESS_MAX 2048

/* Messages between processes. */
#define EL_MSG_MAX (48u * 1024 * 1024)	/* an order's answer of EL_ORDER_ROWS_MAX rows */

/* Documents. */
#define EL_RJSON_DEPTH_MAX 8
#define EL_DOCUMENT_MAX (1024 * 1024)
#define EL_FILE_MAX (64u * 1024 * 1024)

#endif
