#ifndef EL_ISSUER_OUTBOX_H
#define EL_ISSUER_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "entrylog/error.h"
#include "proc/family.h"

/* Answers of one turn, held back until the turn's rows are durable. */
struct el_answer {
	unsigned peer_kind, peer_index;
	uint16_t type;
	uint64_t id;
	size_t at, len; /* in bytes */
};

struct el_issuer_outbox {
	struct el_buf bytes;
	struct el_answer *answers;
	size_t n, size;
};

void el_issuer_outbox_init(struct el_issuer_outbox *);
void el_issuer_outbox_wipe(struct el_issuer_outbox *);
/*
 * Begin an answer: its body is what is put into ->bytes until el_issuer_outbox_end().  EL_ENOMEM, EL_ELIMIT: nothing
 * is kept of this answer.
 */
EL_MUST_USE int el_issuer_outbox_end(struct el_issuer_outbox *, unsigned peer_kind, unsigned peer_index, uint16_t type, uint64_t id);
/* Just before sending: every answer of one type gets another type and a body that is not longer than its own. */
void el_issuer_outbox_replace(struct el_issuer_outbox *, uint16_t from, uint16_t to, const void *body, size_t len);
/* Queue all of them; a peer that is gone or does not read loses its own. */
void el_issuer_outbox_send(struct el_issuer_outbox *, struct el_worker *);

#endif
