#include "proc/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"

#define REQUEST_MS 2000
#define ANSWER_MS 600000 /* a purge may destroy weeks */
#define BACKLOG 8
#define HEAD_LEN 5 /* u32 length, which counts the u8 that follows and the body */

static int
address_of(const char *path, struct sockaddr_un *out)
{
	memset(out, 0, sizeof *out);
	out->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof out->sun_path)
		return EL_ELIMIT;
	memcpy(out->sun_path, path, strlen(path));
	return EL_OK;
}

int
el_control_listen(const char *path, int *fd)
{
	struct sockaddr_un address;
	mode_t old;
	int s, r;

	*fd = -1;
	if ((r = address_of(path, &address)) != EL_OK)
		return r;
	if ((s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return EL_EIO;
	unlink(path);
	/* 0600 from its first moment. */
	old = umask(0177);
	r = bind(s, (const struct sockaddr *)&address, sizeof address) == 0 ? EL_OK : EL_EIO;
	umask(old);
	if (r != EL_OK || listen(s, BACKLOG) != 0) {
		close(s);
		return EL_EIO;
	}
	*fd = s;
	return EL_OK;
}

/* Wait until fd is ready for events or the time is over. */
static int
await(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { fd, events, 0 };
	int64_t left;
	int n;

	do {
		left = until_ms - el_clock_monotonic_ms();
		if (left <= 0)
			return EL_EBUSY;
		n = poll(&p, 1, (int)left);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return n < 0 ? EL_EIO : EL_OK;
}

static int
read_all(int fd, uint8_t *out, size_t len, int64_t until_ms)
{
	ssize_t n;
	int r;

	while (len > 0) {
		if ((r = await(fd, POLLIN, until_ms)) != EL_OK)
			return r;
		n = recv(fd, out, len, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return EL_ECLOSED;
		out += n;
		len -= (size_t)n;
	}
	return EL_OK;
}

static int
write_all(int fd, const uint8_t *in, size_t len, int64_t until_ms)
{
	ssize_t n;
	int r;

	while (len > 0) {
		if ((r = await(fd, POLLOUT, until_ms)) != EL_OK)
			return r;
		n = send(fd, in, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return EL_ECLOSED;
		in += n;
		len -= (size_t)n;
	}
	return EL_OK;
}

/* One message of either direction: its first byte (verb or result), and its body appended to out. */
static int
read_message(int fd, uint8_t *first, struct el_buf *out, int64_t until_ms)
{
	uint8_t head[HEAD_LEN], *p;
	size_t len;
	int r;

	if ((r = read_all(fd, head, sizeof head, until_ms)) != EL_OK)
		return r;
	len = el_get_u32(head);
	if (len < 1 || len - 1 > EL_CONTROL_BODY_MAX)
		return EL_EFORMAT;
	*first = head[HEAD_LEN - 1];
	if (len == 1)
		return EL_OK;
	if ((p = el_buf_reserve(out, len - 1)) == NULL)
		return out->err;
	if ((r = read_all(fd, p, len - 1, until_ms)) != EL_OK)
		return r;
	el_buf_advance(out, len - 1);
	return EL_OK;
}

static int
write_message(int fd, uint8_t first, const void *body, size_t len, int64_t until_ms)
{
	uint8_t head[HEAD_LEN];
	int r;

	if (len > EL_CONTROL_BODY_MAX)
		return EL_ELIMIT;
	el_put_u32(head, (uint32_t)(len + 1));
	head[HEAD_LEN - 1] = first;
	if ((r = write_all(fd, head, sizeof head, until_ms)) != EL_OK)
		return r;
	return write_all(fd, body, len, until_ms);
}

static int
peer_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return EL_EIO;
	return peer.uid == 0 || peer.uid == geteuid() ? EL_OK : EL_EPERM;
}

void
el_control_serve(int listen_fd,
    int (*handle)(void *ctx, uint8_t verb, const uint8_t *body, size_t len, struct el_buf *out), void *ctx)
{
	struct el_buf in, out;
	uint8_t verb = 0;
	int fd, r;

	if ((fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
		return;
	el_buf_init(&in, EL_CONTROL_BODY_MAX);
	el_buf_init(&out, EL_CONTROL_BODY_MAX);
	if ((r = peer_allowed(fd)) == EL_OK)
		r = read_message(fd, &verb, &in, el_clock_monotonic_ms() + REQUEST_MS);
	if (r == EL_OK) {
		r = handle(ctx, verb, in.p, in.len, &out);
		if (r == EL_OK)
			r = out.err;
	}
	/* Whoever asked and did not wait has had the work done all the same. */
	if (write_message(fd, (uint8_t)-r, out.p, r == EL_OK || out.err == EL_OK ? out.len : 0,
		el_clock_monotonic_ms() + REQUEST_MS) != EL_OK) {
		/* gone */
	}
	el_buf_wipe(&in);
	el_buf_wipe(&out);
	close(fd);
}

static int
connect_to(const char *path, int *fd)
{
	struct sockaddr_un address;
	int s, r;

	*fd = -1;
	if ((r = address_of(path, &address)) != EL_OK)
		return r;
	if ((s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return EL_EIO;
	if (connect(s, (const struct sockaddr *)&address, sizeof address) != 0) {
		r = errno == EACCES ? EL_EPERM : EL_ECLOSED;
		close(s);
		return r;
	}
	*fd = s;
	return EL_OK;
}

int
el_control_call(const char *path, uint8_t verb, const void *body, size_t len, struct el_buf *out)
{
	uint8_t result = 0;
	int fd, r;

	if ((r = connect_to(path, &fd)) != EL_OK)
		return r;
	if ((r = write_message(fd, verb, body, len, el_clock_monotonic_ms() + REQUEST_MS)) == EL_OK)
		r = read_message(fd, &result, out, el_clock_monotonic_ms() + ANSWER_MS);
	close(fd);
	if (r != EL_OK)
		return r;
	/* Only the errors of our own list. */
	return result <= -EL_ECLOSED ? -(int)result : EL_EFORMAT;
}
