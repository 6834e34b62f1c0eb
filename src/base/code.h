#ifndef EL_BASE_CODE_H
#define EL_BASE_CODE_H

/*
 * The stable codes that a client meets (docs/http-api.md): refusals of the domain and of HTTP.  One
 * table gives each its name, HTTP status and titles; the status is chosen nowhere else.
 */
enum el_code {
	EL_CODE_OK = 0,

	/* A check-in, in the order of checking (protocol section 5.1). */
	EL_CODE_UNAUTHORIZED,	    /* 401 */
	EL_CODE_VENUE_INACTIVE,	    /* 403 */
	EL_CODE_SCANNER_PAUSED,	    /* 403 */
	EL_CODE_MALFORMED_TOKEN,    /* 400 */
	EL_CODE_UNKNOWN_VERSION,    /* 422 from here on unless said */
	EL_CODE_UNKNOWN_ISSUER,
	EL_CODE_WRONG_DAY,
	EL_CODE_BAD_TAG,
	EL_CODE_STALE,
	EL_CODE_FROM_FUTURE,
	EL_CODE_TOO_OLD,
	EL_CODE_ALREADY_USED,	    /* 409 */
	EL_CODE_RATE_LIMITED,	    /* 429 */
	EL_CODE_BUSY,		    /* 503 */

	/* An order (protocol section 7.1): 403 unless said. */
	EL_CODE_MALFORMED_ORDER,    /* 400 */
	EL_CODE_SIGNATURE_INVALID,
	EL_CODE_QUORUM_MISSING,
	EL_CODE_POLICY_OUTDATED,
	EL_CODE_ORDER_EXPIRED,
	EL_CODE_EXECUTOR_MISMATCH,
	EL_CODE_SCOPE_MISMATCH,
	EL_CODE_OUT_OF_RETENTION,
	EL_CODE_LIMIT_EXCEEDED,
	EL_CODE_DAILY_CAP,
	EL_CODE_NOT_IN_RELEASE,
	EL_CODE_PROOF_MISSING,
	EL_CODE_LOG_UNAVAILABLE,    /* 503 */

	/* A witness' cosignature. */
	EL_CODE_STALE_CHECKPOINT,   /* 409: not over the newest checkpoint */

	/* Visitors. */
	EL_CODE_INVALID_NAME,	    /* 422 */
	EL_CODE_INVALID_PHONE,	    /* 422 */
	EL_CODE_CONSENT_OUTDATED,   /* 422 */
	EL_CODE_UNKNOWN_REGISTRATION, /* 404: never made, used up, or over its 3 minutes */
	EL_CODE_WRONG_CODE,	    /* 422 */
	EL_CODE_TICKET_INVALID,	    /* 401: not a day ticket of this issuer, or its day is over */

	/* Venues. */
	EL_CODE_INVALID_BUSINESS_NUMBER, /* 422 */
	EL_CODE_INVALID_ENROLMENT,  /* 422: wrong, used or expired enrolment code */

	/* HTTP. */
	EL_CODE_MALFORMED_REQUEST,  /* 400 */
	EL_CODE_FORBIDDEN,	    /* 403 */
	EL_CODE_NOT_FOUND,	    /* 404 */
	EL_CODE_METHOD_NOT_ALLOWED, /* 405 */
	EL_CODE_NOT_ACCEPTABLE,	    /* 406 */
	EL_CODE_TIMEOUT,	    /* 408 */
	EL_CODE_TOO_LARGE,	    /* 413 */
	EL_CODE_URI_TOO_LONG,	    /* 414 */
	EL_CODE_UNSUPPORTED_MEDIA,  /* 415 */
	EL_CODE_HEADERS_TOO_LARGE,  /* 431 */
	EL_CODE_INTERNAL,	    /* 500 */
	EL_CODE_NOT_READY,	    /* 503: starting, or waiting for the clock to be confirmed */
	EL_CODE_MAX
};

enum el_language { EL_LANGUAGE_KO, EL_LANGUAGE_EN };

const char *el_code_name(enum el_code);	  /* "already_used"; "internal" for a number out of range */
int el_code_status(enum el_code);	  /* HTTP status */
const char *el_code_title(enum el_code, enum el_language);

#endif
