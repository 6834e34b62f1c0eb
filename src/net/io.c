#include "net/io.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
plain_receive(struct el_io *io, void *to, size_t room, size_t *n)
{
	ssize_t got;

	*n = 0;
	do
		got = recv(io->fd, to, room, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? EL_EBUSY : EL_ECLOSED;
	*n = (size_t)got;
	return got > 0 ? EL_OK : EL_ENOTFOUND;
}

static int
plain_send(struct el_io *io, const struct iovec *parts, int n_parts, size_t *n)
{
	struct msghdr m;
	ssize_t sent;

	memset(&m, 0, sizeof m);
	m.msg_iov = (struct iovec *)(uintptr_t)parts; /* only read */
	m.msg_iovlen = (size_t)n_parts;
	*n = 0;
	do
		sent = sendmsg(io->fd, &m, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		*n = (size_t)sent;
	return sent >= 0 || errno == EAGAIN || errno == EWOULDBLOCK ? EL_OK : EL_ECLOSED;
}

static bool
plain_has_bytes(const struct el_io *io)
{
	char byte;

	return recv(io->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void
plain_end(struct el_io *io)
{
	(void)shutdown(io->fd, SHUT_WR);
}

static void
plain_close(struct el_io *io)
{
	close(io->fd);
}

void
el_io_plain(struct el_io *io, int fd)
{
	static const struct el_io_ops ops = { .receive = plain_receive,
		.send = plain_send,
		.has_bytes = plain_has_bytes,
		.end = plain_end,
		.close = plain_close };
	const int one = 1;

	/* Answers are whole: Nagle would only hold their last piece back. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	io->ops = &ops;
	io->fd = fd;
}
