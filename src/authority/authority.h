#ifndef EL_AUTHORITY_AUTHORITY_H
#define EL_AUTHORITY_AUTHORITY_H

#include "authority/authority_conf.h"
#include "authority/history.h"
#include "authority/share_file.h"
#include "authority/trustee.h"
#include "base/buf.h"
#include "crypto/keyring.h"
#include "order/callsig.h"

/*
 * The authority's daemon without its sockets: report keys, the purge of reports, order files and shares, and,
 * as a trustee, partials.
 */
struct el_authority {
	const struct el_authority_conf *conf;
	struct el_trust *trust;
	struct el_keyring *keyring; /* report keys */
	struct el_nonces *nonces;   /* trustee */
	struct el_clock_guard guard;
	enum el_guard guard_said;
	bool late_said, store_failed;
	/*
	 * Files are looked through at the start, when a day becomes due, every hour, and when an operator asks, not
	 * every second: requests are large.
	 */
	bool rescan;
	int64_t scanned_s;
	el_epoch scanned_last;	/* the last day that was due then */
	uint8_t file_days[65536 / 8]; /* days of files that are due, one bit each */
	uint64_t opened, refused; /* for /metrics */
};

EL_MUST_USE int el_authority_open(const struct el_authority_conf *, int64_t now_s, struct el_authority **out);
void el_authority_close(struct el_authority *); /* NULL is fine */
/* Take new documents in (SIGHUP); on failure the old ones stay. */
EL_MUST_USE int el_authority_reload(struct el_authority *, int64_t now_s);
uint32_t el_authority_day_offset(const struct el_authority *);

/* Once a second: ask the guard and destroy what is due.  EL_EIO: the keyring failed, the process must end. */
EL_MUST_USE int el_authority_tick(struct el_authority *, int64_t now_s, int64_t mono_ms);
void el_authority_state(const struct el_authority *, int64_t now_s, struct el_service_state *out);

/* One request on the control socket (proc/control.h). */
int el_authority_control(struct el_authority *, uint8_t verb, const uint8_t *body, size_t len, int64_t now_s,
    int64_t mono_ms, struct el_buf *out);

/*
 * A trustee's answer to POST /v1/partials, in two steps with the witness process between them.  First: the executor's
 * call is verified, and the order with its proofs; what is to be vouched for is request->proof.checkpoint, of the log of
 * `party`.  Then what was said of it comes in, with the cosignature (or nothing) and when that log was seen how large, and
 * the partials are computed; *text is malloc'ed.
 */
struct el_partials_call {
	uint8_t key[32], nonce[16], sig[64];
	uint64_t time_s;
	const uint8_t *body;
	size_t len;
};
struct el_partials_asked {
	struct el_request *request;
	unsigned trustee;
	char party[EL_PARTY_NAME_MAX + 1];
};
/* What the witness process said. */
struct el_vouched {
	enum el_code code;
	const uint8_t *line;
	size_t len;
	const struct el_history *history;
};
enum el_code el_authority_partials_ask(
    struct el_authority *, const struct el_partials_call *, int64_t now_s, struct el_partials_asked *out);
enum el_code el_authority_partials_open(struct el_authority *, const struct el_partials_asked *,
    const struct el_vouched *, int64_t now_s, char **text);
void el_authority_refused(struct el_authority *, enum el_code); /* count and log it */
void el_partials_asked_wipe(struct el_partials_asked *); /* a zeroed one is fine */

#endif
