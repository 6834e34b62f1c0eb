#ifndef EL_SERVICE_OUTBOX_H
#define EL_SERVICE_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "entrylog/error.h"
#include "proc/family.h"

/* Answers of one turn, held back until what the turn wrote is durable. */
struct el_answer {
	unsigned peer_kind, peer_index;
	uint16_t type;
	uint64_t id;
	size_t at, len; /* in bytes */
};

struct el_outbox {
	struct el_buf bytes;
	struct el_answer *answers;
	size_t n, size;
};

void el_outbox_init(struct el_outbox *);
void el_outbox_wipe(struct el_outbox *);
/*
 * Begin an answer: its body is what is put into ->bytes until el_outbox_end().  EL_ENOMEM, EL_ELIMIT: nothing
 * is kept of this answer.
 */
EL_MUST_USE int el_outbox_end(struct el_outbox *, unsigned peer_kind, unsigned peer_index, uint16_t type, uint64_t id);
/* Just before sending: every answer of one type gets another type and a body that is not longer than its own. */
void el_outbox_replace(struct el_outbox *, uint16_t from, uint16_t to, const void *body, size_t len);
/* Queue all of them and wipe them here; a peer that is gone or does not read loses its own. */
void el_outbox_send(struct el_outbox *, struct el_worker *);

#endif
