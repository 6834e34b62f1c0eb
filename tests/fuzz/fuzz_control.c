/*
 * A client's bytes to the control socket, and packets of a control channel between parent and child.
 * First byte: which of the two.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/codec.h"
#include "proc/control.h"
#include "proc/family_internal.h"

#define INPUT_MAX 32768
#define CHECK(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct seen {
	const uint8_t *data;
	size_t len;
	unsigned calls;
};

static int
handle(void *ctx, uint8_t verb, const uint8_t *body, size_t len, struct el_buf *out)
{
	struct seen *s = ctx;

	s->calls++;
	CHECK(s->len >= 5 && el_get_u32(s->data) == len + 1 && s->len >= 5 + len);
	CHECK(s->data[4] == verb && (len == 0 || memcmp(s->data + 5, body, len) == 0));
	if (len > 0)
		el_buf_put(out, body, len);
	return verb % 2 == 0 ? EL_OK : EL_ESTATE;
}

static void
ask(const uint8_t *data, size_t len)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t at_len = sizeof at.sun_family; /* the kernel chooses an abstract name */
	const int listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
		  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static uint8_t answer[INPUT_MAX + 16];
	struct seen s = { data, len, 0 };
	size_t got = 0;
	ssize_t n;

	CHECK(listen_fd >= 0 && fd >= 0 && bind(listen_fd, (struct sockaddr *)&at, at_len) == 0 &&
	      listen(listen_fd, 1) == 0);
	at_len = sizeof at;
	CHECK(getsockname(listen_fd, (struct sockaddr *)&at, &at_len) == 0);
	CHECK(connect(fd, (struct sockaddr *)&at, at_len) == 0);
	CHECK(len == 0 || write(fd, data, len) == (ssize_t)len);
	shutdown(fd, SHUT_WR);
	el_control_serve(listen_fd, handle, &s);
	while ((n = read(fd, answer + got, sizeof answer - got)) > 0)
		got += (size_t)n;
	/* One whole answer with a result of our list, and the body back if there was a request. */
	CHECK(got >= 5 && el_get_u32(answer) == got - 4 && answer[4] <= -EL_ECLOSED);
	CHECK(s.calls <= 1 && (s.calls == 1 || (got == 5 && answer[4] != 0)));
	if (s.calls == 1)
		CHECK(got - 5 == el_get_u32(data) - 1 && memcmp(answer + 5, data + 5, got - 5) == 0);
	close(fd);
	close(listen_fd);
}

static void
receive(const uint8_t *data, size_t len)
{
	struct el_packet p, again;
	int pair[2], fd, r;

	if (len == 0)
		return;
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	CHECK(write(pair[0], data, len) == (ssize_t)len);
	r = el_packet_receive(pair[1], &p, &fd);
	CHECK(fd == -1 && (r == EL_OK || r == EL_EFORMAT));
	if (r == EL_OK) {
		CHECK(len == EL_PACKET_LEN && p.type != EL_PACKET_LINK);
		CHECK(p.kind < EL_FAMILY_KINDS_MAX && p.index < EL_FAMILY_COUNT_MAX);
		CHECK(el_packet_send(pair[0], &p, -1) == EL_OK && el_packet_receive(pair[1], &again, &fd) == EL_OK);
		CHECK(again.type == p.type && again.kind == p.kind && again.index == p.index && again.value == p.value);
	}
	/* The same with a descriptor beside it is only ever a LINK. */
	if (len == EL_PACKET_LEN) {
		p = (struct el_packet){ (enum el_packet_type)data[0], data[1], data[2], (int64_t)el_get_u64(data + 3) };
		CHECK(el_packet_send(pair[0], &p, pair[0]) == EL_OK);
		r = el_packet_receive(pair[1], &again, &fd);
		CHECK((r == EL_OK) == (fd >= 0) && (r != EL_OK || again.type == EL_PACKET_LINK));
		if (fd >= 0)
			close(fd);
	}
	close(pair[0]);
	close(pair[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1 || len > INPUT_MAX)
		return 0;
	if (data[0] % 2 == 0)
		receive(data + 1, len - 1);
	else
		ask(data + 1, len - 1);
	return 0;
}
