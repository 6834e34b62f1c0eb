#ifndef EL_PUBLOG_MESSAGES_H
#define EL_PUBLOG_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"
#include "base/limits.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "log/note.h"
#include "log/tiles.h"
#include "order/log_proof.h"

/*
 * What passes between the log process and the others.  A role's own numbers and the indexer's may be the same: who is at
 * the other end of a link is known by its kind.  Exactly one encoding is valid; a fuzz target round-trips each.
 * encode: the buffer's sticky error is returned (EL_ELIMIT, EL_ENOMEM).  parse: EL_EFORMAT, EL_ELIMIT, EL_ENOMEM;
 * the result is zeroed then.
 */
#define EL_MSG_LOG_APPEND 18	 /* core -> log; the id comes back with APPENDED */
#define EL_MSG_LOG_APPENDED 19	 /* log -> core */
#define EL_MSG_LOG_WITNESSES 20	 /* core -> log; who may cosign, instead of those before */
#define EL_MSG_LOG_COSIGNATURE 21 /* net -> log: the bytes of a note, at most EL_NOTE_MAX */
#define EL_MSG_LOG_COSIGNED 22	 /* log -> net: u16 enum el_code */
#define EL_MSG_LOG_STATE 23	 /* log -> core; first on every link, and when it changes */

struct el_log_append {
	bool proof; /* a proof is asked for, of it and of these roots */
	uint8_t entry[EL_ENTRY_MAX];
	size_t len; /* 1 or more */
	uint64_t *roots; /* indices of entries; malloc'ed by parse */
	size_t n_roots; /* at most EL_LOG_ROOTS_MAX, 0 without a proof */
};
void el_log_append_wipe(struct el_log_append *); /* frees */
EL_MUST_USE int el_log_append_encode(const struct el_log_append *, struct el_buf *out);
EL_MUST_USE int el_log_append_parse(const uint8_t *in, size_t len, struct el_log_append *out);

struct el_log_appended {
	int result; /* enum el_error; what follows is zero after a failure */
	uint64_t index; /* of the entry */
	bool has_proof;
	struct el_log_proof proof;
};
void el_log_appended_wipe(struct el_log_appended *); /* frees */
EL_MUST_USE int el_log_appended_encode(const struct el_log_appended *, struct el_buf *out);
EL_MUST_USE int el_log_appended_parse(const uint8_t *in, size_t len, struct el_log_appended *out);

struct el_log_witness {
	char name[EL_NOTE_NAME_MAX + 1]; /* in its signature lines */
	struct el_sign_pk key; /* checked */
};
struct el_log_witnesses {
	struct el_log_witness list[EL_TRUSTEES_MAX];
	size_t n;
};
EL_MUST_USE int el_log_witnesses_encode(const struct el_log_witnesses *, struct el_buf *out);
EL_MUST_USE int el_log_witnesses_parse(const uint8_t *in, size_t len, struct el_log_witnesses *out);

struct el_log_state {
	int result; /* enum el_error; EL_OK: the log is open */
	uint64_t size;
};
EL_MUST_USE int el_log_state_encode(const struct el_log_state *, struct el_buf *out);
EL_MUST_USE int el_log_state_parse(const uint8_t *in, size_t len, struct el_log_state *out);

EL_MUST_USE int el_log_cosigned_parse(const uint8_t *in, size_t len, enum el_code *out);

#endif
