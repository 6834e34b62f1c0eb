/*
 * Bytes of a peer into a channel, in pieces: what comes out is, encoded again, what went in; and a channel
 * carries it to another unchanged.  First byte: size of the pieces; second: largest message.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/codec.h"
#include "proc/channel.h"

#define INPUT_MAX 32768
#define CHECK(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
carry_on(struct el_channel *from, struct el_channel *to, const struct el_msg *m)
{
	struct el_msg got;

	CHECK(el_channel_put(from, m->type, m->id, m->body, m->len) == EL_OK);
	CHECK(el_channel_flush(from) == EL_OK && !el_channel_wants_write(from));
	CHECK(el_channel_fill(to) == EL_OK);
	CHECK(el_channel_next(to, &got) == EL_OK);
	CHECK(got.type == m->type && got.id == m->id && got.len == m->len);
	CHECK(m->len == 0 || memcmp(got.body, m->body, m->len) == 0);
	CHECK(el_channel_next(to, &got) == EL_ENOTFOUND);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct el_channel *in, *a, *b;
	size_t piece, msg_max, used = 0, sent = 0;
	struct el_msg m;
	int raw[2], fds[2], got, r = EL_OK;

	if (len < 2 || len > INPUT_MAX)
		return 0;
	piece = data[0] + 1u;
	msg_max = data[1] * 64u;
	data += 2;
	len -= 2;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, raw) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	CHECK(el_channel_new(raw[0], msg_max, 1, &in) == EL_OK);
	CHECK(el_channel_new(fds[0], msg_max, 1, &a) == EL_OK && el_channel_new(fds[1], msg_max, 1, &b) == EL_OK);
	while (r == EL_OK && sent < len) {
		const size_t n = len - sent < piece ? len - sent : piece;

		CHECK(write(raw[1], data + sent, n) == (ssize_t)n);
		sent += n;
		r = el_channel_fill(in);
		CHECK(r == EL_OK || r == EL_EFORMAT);
		while ((got = el_channel_next(in, &m)) == EL_OK) {
			CHECK(m.len <= msg_max && used + 14 + m.len <= sent);
			CHECK(el_get_u32(data + used) == 10 + m.len && el_get_u16(data + used + 4) == m.type &&
			      el_get_u64(data + used + 6) == m.id);
			CHECK(memcmp(data + used + 14, m.body, m.len) == 0);
			used += 14 + m.len;
			carry_on(a, b, &m);
		}
		CHECK(got == EL_EFORMAT || (got == EL_ENOTFOUND && r == EL_OK));
		r = got == EL_EFORMAT ? got : r;
	}
	/* Either it refused a length that cannot be, or what is left is no whole message. */
	if (r == EL_EFORMAT)
		CHECK(len - used >= 4 && (el_get_u32(data + used) < 10 || el_get_u32(data + used) - 10 > msg_max));
	else
		CHECK(sent == len && (len - used < 4 || len - used < (size_t)4 + el_get_u32(data + used)));
	close(raw[1]);
	el_channel_free(in);
	el_channel_free(a);
	el_channel_free(b);
	return 0;
}
