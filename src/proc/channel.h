#ifndef EL_PROC_CHANNEL_H
#define EL_PROC_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"

/*
 * Typed, length-checked messages between two processes of a family, over one end of a stream socket
 * pair.  On the wire: u32 length of what follows, u16 type, u64 id, body.  The id belongs to whoever
 * asked and comes back with the answer.  Nothing here blocks; both buffers have ceilings.
 */
struct el_msg {
	uint16_t type;
	uint64_t id;
	const uint8_t *body; /* valid until the next el_channel_fill() */
	size_t len;
};

struct el_channel;

/*
 * Take over a connected socket (closed by el_channel_free(), made non-blocking here).  msg_max: largest
 * body accepted or sent; queue_max: bytes that may wait to be sent before el_channel_put() says busy.
 */
EL_MUST_USE int el_channel_new(int fd, size_t msg_max, size_t queue_max, struct el_channel **out);
void el_channel_free(struct el_channel *); /* wipes the buffers; NULL is fine */

/* Read what is there now.  EL_OK (also when nothing was there), EL_ECLOSED: the other side is gone,
 * EL_EFORMAT: it sent a length beyond msg_max; the channel must then be freed. */
EL_MUST_USE int el_channel_fill(struct el_channel *);
/* The next whole message, EL_ENOTFOUND when there is none yet. */
EL_MUST_USE int el_channel_next(struct el_channel *, struct el_msg *);

/* Queue one message.  EL_EBUSY: the queue is full, nothing was queued; EL_ELIMIT: longer than msg_max. */
EL_MUST_USE int el_channel_put(struct el_channel *, uint16_t type, uint64_t id, const void *body, size_t len);
/* Write as much as the socket takes, in one call when it takes all.  EL_OK, EL_ECLOSED. */
EL_MUST_USE int el_channel_flush(struct el_channel *);
bool el_channel_wants_write(const struct el_channel *);
int el_channel_fd(const struct el_channel *);

#endif
