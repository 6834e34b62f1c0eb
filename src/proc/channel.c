#include "proc/channel.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/secret.h"

#define LENGTH_LEN 4
#define FIXED_LEN 10 /* type and id, which the length counts */
#define HEAD_LEN (LENGTH_LEN + FIXED_LEN)
#define BUFFER_LEN ((size_t)64 * 1024) /* first size of a buffer */
#define KEEP_LEN ((size_t)1024 * 1024) /* an empty buffer beyond this is given back */
#define READ_MIN ((size_t)16 * 1024) /* room made before a read */
#define FILL_MAX ((size_t)1024 * 1024) /* bytes read by one el_channel_fill() */

/* Bytes between start and end wait; what is before start has been used, and what is before wiped is wiped. */
struct queue {
	uint8_t *p;
	size_t start, end, size, wiped;
};

struct el_channel {
	int fd;
	size_t msg_max, queue_max;
	struct queue in, out;
};

static size_t
queue_len(const struct queue *q)
{
	return q->end - q->start;
}

static void
queue_free(struct queue *q)
{
	if (q->p != NULL)
		el_secret_wipe(q->p, q->size);
	free(q->p);
	memset(q, 0, sizeof *q);
}

/* Make room for len more bytes at the end, by moving what waits to the front or into a larger block. */
static int
queue_room(struct queue *q, size_t len)
{
	const size_t used = queue_len(q);
	size_t size = q->size != 0 ? q->size : BUFFER_LEN;
	uint8_t *p;

	if (q->p != NULL && q->size - q->end >= len)
		return EL_OK;
	while (size - used < len)
		size *= 2;
	if (size == q->size) {
		memmove(q->p, q->p + q->start, used);
		el_secret_wipe(q->p + used, q->end - used);
	} else {
		/* Not realloc: messages hold names and keys, so the old block is wiped. */
		if ((p = malloc(size)) == NULL)
			return EL_ENOMEM;
		if (used > 0)
			memcpy(p, q->p + q->start, used);
		queue_free(q);
		q->p = p;
		q->size = size;
	}
	q->start = q->wiped = 0;
	q->end = used;
	return EL_OK;
}

static void
queue_used(struct queue *q, size_t len)
{
	q->start += len;
	if (q->start < q->end)
		return;
	q->start = q->end = q->wiped = 0;
	if (q->size > KEEP_LEN)
		queue_free(q);
}

int
el_channel_new(int fd, size_t msg_max, size_t queue_max, struct el_channel **out)
{
	struct el_channel *c;
	const int flags = fcntl(fd, F_GETFL);

	assert(msg_max <= UINT32_MAX - FIXED_LEN && queue_max > 0);
	*out = NULL;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return EL_EIO;
	if ((c = calloc(1, sizeof *c)) == NULL)
		return EL_ENOMEM;
	c->fd = fd;
	c->msg_max = msg_max;
	c->queue_max = queue_max;
	*out = c;
	return EL_OK;
}

void
el_channel_free(struct el_channel *c)
{
	if (c == NULL)
		return;
	close(c->fd);
	queue_free(&c->in);
	queue_free(&c->out);
	free(c);
}

/* The length of the message at the front, head included; 0 when not even its length is there. */
static int
front_len(const struct el_channel *c, size_t *len)
{
	*len = 0;
	if (queue_len(&c->in) < LENGTH_LEN)
		return EL_OK;
	*len = el_get_u32(c->in.p + c->in.start);
	if (*len < FIXED_LEN || *len - FIXED_LEN > c->msg_max)
		return EL_EFORMAT;
	*len += LENGTH_LEN;
	return EL_OK;
}

int
el_channel_fill(struct el_channel *c)
{
	size_t got = 0, want, room;
	ssize_t n;
	int r;

	/* Bytes whose message has been handed out go first: a large message must not pin them. */
	el_channel_forget(c);
	while (got < FILL_MAX) {
		if ((r = front_len(c, &want)) != EL_OK)
			return r;
		/* Room for the rest of a message that has begun, yet no more at once than has come. */
		want = want > queue_len(&c->in) ? want - queue_len(&c->in) : 0;
		if (want > queue_len(&c->in) + BUFFER_LEN)
			want = queue_len(&c->in) + BUFFER_LEN;
		if (want < READ_MIN)
			want = READ_MIN;
		if ((r = queue_room(&c->in, want)) != EL_OK)
			return r;
		room = c->in.size - c->in.end;
		if ((n = recv(c->fd, c->in.p + c->in.end, room, MSG_DONTWAIT)) < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN || errno == EWOULDBLOCK ? EL_OK : EL_ECLOSED;
		}
		/* What came before the end is delivered first; the next call meets the end again. */
		if (n == 0)
			return got > 0 ? EL_OK : EL_ECLOSED;
		c->in.end += (size_t)n;
		got += (size_t)n;
		if ((size_t)n < room)
			break;
	}
	return front_len(c, &want);
}

int
el_channel_peek(const struct el_channel *c, struct el_msg *m)
{
	const uint8_t *p;
	size_t len;
	int r;

	if ((r = front_len(c, &len)) != EL_OK)
		return r;
	if (len == 0 || queue_len(&c->in) < len)
		return EL_ENOTFOUND;
	p = c->in.p + c->in.start;
	m->type = el_get_u16(p + LENGTH_LEN);
	m->id = el_get_u64(p + LENGTH_LEN + 2);
	m->body = p + HEAD_LEN;
	m->len = len - HEAD_LEN;
	return EL_OK;
}

int
el_channel_next(struct el_channel *c, struct el_msg *m)
{
	const int r = el_channel_peek(c, m);

	if (r == EL_OK)
		c->in.start += HEAD_LEN + m->len; /* the bytes stay where they are until the next fill */
	return r;
}

void
el_msg_wipe(const struct el_msg *m)
{
	union {
		const uint8_t *in;
		uint8_t *out;
	} body = { m->body }; /* constant to those who read it; the bytes are the channel's own */

	el_secret_wipe(body.out, m->len);
}

void
el_channel_forget(struct el_channel *c)
{
	struct queue *const q = &c->in;

	if (q->start > q->wiped)
		el_secret_wipe(q->p + q->wiped, q->start - q->wiped);
	q->wiped = q->start;
	queue_used(q, 0);
}

int
el_channel_put(struct el_channel *c, uint16_t type, uint64_t id, const void *body, size_t len)
{
	uint8_t *p;
	int r;

	if (len > c->msg_max)
		return EL_ELIMIT;
	if (queue_len(&c->out) >= c->queue_max)
		return EL_EBUSY;
	if ((r = queue_room(&c->out, HEAD_LEN + len)) != EL_OK)
		return r;
	p = c->out.p + c->out.end;
	el_put_u32(p, (uint32_t)(FIXED_LEN + len));
	el_put_u16(p + LENGTH_LEN, type);
	el_put_u64(p + LENGTH_LEN + 2, id);
	if (len > 0)
		memcpy(p + HEAD_LEN, body, len);
	c->out.end += HEAD_LEN + len;
	return EL_OK;
}

int
el_channel_flush(struct el_channel *c)
{
	ssize_t n;

	while (queue_len(&c->out) > 0) {
		n = send(c->fd, c->out.p + c->out.start, queue_len(&c->out), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? EL_OK : EL_ECLOSED;
		/* Keys pass through here whose time may be over long before these bytes are written over. */
		el_secret_wipe(c->out.p + c->out.start, (size_t)n);
		queue_used(&c->out, (size_t)n);
	}
	return EL_OK;
}

bool
el_channel_wants_write(const struct el_channel *c)
{
	return queue_len(&c->out) > 0;
}

int
el_channel_fd(const struct el_channel *c)
{
	return c->fd;
}
