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
	const uint8_t *body; /* valid until the next el_channel_fill() or el_channel_forget() */
	size_t len;
};

struct el_channel;

/*
 * Take over a connected socket (closed by el_channel_free(), made non-blocking here).  msg_max: largest
 * body accepted or sent; queue_max: el_channel_put() says busy once that many bytes wait (so that one
 * large message always fits into an empty queue).
 */
EL_MUST_USE int el_channel_new(int fd, size_t msg_max, size_t queue_max, struct el_channel **out);
void el_channel_free(struct el_channel *); /* wipes the buffers; NULL is fine */

/*
 * Read what is there now, about a mebibyte at most.  EL_OK (also when nothing was there), EL_ECLOSED: the
 * other side is gone and all it sent was read before; EL_EFORMAT: it sent a length beyond msg_max;
 * EL_ENOMEM.  After a failure whole messages may still be taken with el_channel_next(), then the channel
 * must be freed.
 */
EL_MUST_USE int el_channel_fill(struct el_channel *);
/* The next whole message, EL_ENOTFOUND when there is none yet, EL_EFORMAT as above. */
EL_MUST_USE int el_channel_next(struct el_channel *, struct el_msg *);
/* The same, but it stays the next one. */
EL_MUST_USE int el_channel_peek(const struct el_channel *, struct el_msg *);

/* Wipe the body of a message that was handed out, which is of no use then. */
void el_msg_wipe(const struct el_msg *);
/*
 * Wipe all messages that were handed out.  Those who take them call it when they are done with them, not with the next
 * that comes: the last visitor of a quiet hour shall not stand in memory until the hour is over.
 */
void el_channel_forget(struct el_channel *);

/* Queue one message.  EL_EBUSY: the queue is full; EL_ELIMIT: longer than msg_max; EL_ENOMEM.  Nothing was
 * queued then. */
EL_MUST_USE int el_channel_put(struct el_channel *, uint16_t type, uint64_t id, const void *body, size_t len);
/* Write as much as the socket takes, in one call when it takes all, and wipe what was written.  EL_OK, EL_ECLOSED. */
EL_MUST_USE int el_channel_flush(struct el_channel *);
bool el_channel_wants_write(const struct el_channel *);
int el_channel_fd(const struct el_channel *);

#endif
