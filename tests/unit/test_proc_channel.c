#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/codec.h"
#include "proc/channel.h"

#define MSG_LIMIT ((size_t)4 * 1024 * 1024)

struct pair {
	struct el_channel *a, *b;
	int fd_a, fd_b;
};

static struct pair
open_pair(size_t msg_max, size_t queue_max)
{
	struct pair p;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(el_channel_new(fds[0], msg_max, queue_max, &p.a), EL_OK);
	assert_int_equal(el_channel_new(fds[1], msg_max, queue_max, &p.b), EL_OK);
	p.fd_a = fds[0];
	p.fd_b = fds[1];
	assert_int_equal(el_channel_fd(p.a), fds[0]);
	return p;
}

static void
close_pair(struct pair *p)
{
	el_channel_free(p->a);
	el_channel_free(p->b);
}

/* The channel's b is gone and its descriptor is ours, to write what no channel would. */
static int
raw_end(struct pair *p)
{
	const int fd = dup(p->fd_b);

	assert_true(fd >= 0);
	el_channel_free(p->b);
	p->b = NULL;
	return fd;
}

static void
carries_messages_in_order_with_type_and_id(void **state)
{
	struct pair p = open_pair(MSG_LIMIT, MSG_LIMIT);
	struct el_msg m;

	(void)state;
	assert_int_equal(el_channel_fill(p.b), EL_OK); /* nothing there is no failure */
	assert_int_equal(el_channel_next(p.b, &m), EL_ENOTFOUND);
	assert_int_equal(el_channel_put(p.a, 7, UINT64_MAX, "one", 3), EL_OK);
	assert_int_equal(el_channel_put(p.a, UINT16_MAX, 0, NULL, 0), EL_OK);
	assert_true(el_channel_wants_write(p.a));
	assert_int_equal(el_channel_flush(p.a), EL_OK);
	assert_false(el_channel_wants_write(p.a));
	assert_int_equal(el_channel_fill(p.b), EL_OK);
	assert_int_equal(el_channel_next(p.b, &m), EL_OK);
	assert_int_equal(m.type, 7);
	assert_true(m.id == UINT64_MAX);
	assert_int_equal(m.len, 3);
	assert_memory_equal(m.body, "one", 3);
	assert_int_equal(el_channel_next(p.b, &m), EL_OK);
	assert_int_equal(m.type, UINT16_MAX);
	assert_true(m.id == 0);
	assert_int_equal(m.len, 0);
	assert_int_equal(el_channel_next(p.b, &m), EL_ENOTFOUND);
	close_pair(&p);
}

static void
shows_the_next_message_and_keeps_it(void **state)
{
	struct pair p = open_pair(MSG_LIMIT, MSG_LIMIT);
	struct el_msg m, next;

	(void)state;
	assert_int_equal(el_channel_put(p.a, 1, 10, "one", 3), EL_OK);
	assert_int_equal(el_channel_put(p.a, 2, 20, "four", 4), EL_OK);
	assert_int_equal(el_channel_flush(p.a), EL_OK);
	assert_int_equal(el_channel_peek(p.b, &next), EL_ENOTFOUND);
	assert_int_equal(el_channel_fill(p.b), EL_OK);
	for (unsigned i = 1; i <= 2; i++) {
		assert_int_equal(el_channel_peek(p.b, &next), EL_OK);
		assert_int_equal(el_channel_peek(p.b, &next), EL_OK);
		assert_int_equal(el_channel_next(p.b, &m), EL_OK);
		assert_int_equal(m.type, i);
		assert_true(next.type == m.type && next.id == m.id && next.body == m.body && next.len == m.len);
	}
	assert_int_equal(el_channel_peek(p.b, &next), EL_ENOTFOUND);
	assert_int_equal(el_channel_next(p.b, &m), EL_ENOTFOUND);
	close_pair(&p);
}

static void
carries_a_message_larger_than_the_socket_in_pieces(void **state)
{
	struct pair p = open_pair(MSG_LIMIT, MSG_LIMIT);
	uint8_t *body = malloc(MSG_LIMIT);
	struct el_msg m;
	unsigned turns;
	int r = EL_ENOTFOUND;

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < MSG_LIMIT; i++)
		body[i] = (uint8_t)(i * 31 >> 5);
	assert_int_equal(el_channel_put(p.a, 1, 2, body, MSG_LIMIT), EL_OK);
	assert_int_equal(el_channel_put(p.a, 3, 4, "x", 1), EL_EBUSY); /* the queue has its fill */
	for (turns = 0; turns < 10000 && r == EL_ENOTFOUND; turns++) {
		assert_int_equal(el_channel_flush(p.a), EL_OK);
		assert_int_equal(el_channel_fill(p.b), EL_OK);
		r = el_channel_next(p.b, &m);
	}
	assert_int_equal(r, EL_OK);
	assert_true(turns > 1);
	assert_int_equal(m.len, MSG_LIMIT);
	assert_memory_equal(m.body, body, MSG_LIMIT);
	/* And the queue takes again. */
	assert_int_equal(el_channel_put(p.a, 3, 4, "x", 1), EL_OK);
	assert_int_equal(el_channel_flush(p.a), EL_OK);
	assert_int_equal(el_channel_fill(p.b), EL_OK);
	assert_int_equal(el_channel_next(p.b, &m), EL_OK);
	assert_int_equal(m.type, 3);
	free(body);
	close_pair(&p);
}

static void
waits_for_the_rest_of_a_message_that_comes_byte_by_byte(void **state)
{
	static const uint8_t bytes[] = { 0, 0, 0, 12, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 'h', 'i' };
	struct pair p = open_pair(100, 100);
	const int fd = raw_end(&p);
	struct el_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++) {
		assert_int_equal(el_channel_next(p.a, &m), EL_ENOTFOUND);
		assert_int_equal(write(fd, &bytes[i], 1), 1);
		assert_int_equal(el_channel_fill(p.a), EL_OK);
	}
	assert_int_equal(el_channel_next(p.a, &m), EL_OK);
	assert_int_equal(m.type, 5);
	assert_true(m.id == 9);
	assert_memory_equal(m.body, "hi", 2);
	close(fd);
	close_pair(&p);
}

static void
refuses_to_send_more_than_the_largest_message(void **state)
{
	static const uint8_t body[101];
	struct pair p = open_pair(100, 1);
	struct el_msg m;

	(void)state;
	assert_int_equal(el_channel_put(p.a, 1, 1, body, 101), EL_ELIMIT);
	assert_false(el_channel_wants_write(p.a));
	assert_int_equal(el_channel_put(p.a, 1, 1, body, 100), EL_OK); /* always fits an empty queue */
	assert_int_equal(el_channel_put(p.a, 1, 1, NULL, 0), EL_EBUSY);
	assert_int_equal(el_channel_flush(p.a), EL_OK);
	assert_int_equal(el_channel_fill(p.b), EL_OK);
	assert_int_equal(el_channel_next(p.b, &m), EL_OK);
	assert_int_equal(m.len, 100);
	close_pair(&p);
}

static void
refuses_a_length_that_cannot_be(void **state)
{
	static const uint32_t lengths[] = { 0, 9, 10 + 101, 0x80000000u, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct pair p = open_pair(100, 100);
		const int fd = raw_end(&p);
		uint8_t bytes[16 + 4] = { 0, 0, 0, 12, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 'h', 'i' };
		struct el_msg m;

		/* What was whole before it can still be taken. */
		el_put_u32(bytes + 16, lengths[i]);
		assert_int_equal(write(fd, bytes, sizeof bytes), sizeof bytes);
		(void)!el_channel_fill(p.a);
		assert_int_equal(el_channel_next(p.a, &m), EL_OK);
		assert_int_equal(m.type, 5);
		assert_int_equal(el_channel_next(p.a, &m), EL_EFORMAT);
		assert_int_equal(el_channel_fill(p.a), EL_EFORMAT);
		close(fd);
		close_pair(&p);
	}
}

static void
delivers_what_was_sent_before_the_end(void **state)
{
	struct pair p = open_pair(100, 100);
	struct el_msg m;

	(void)state;
	assert_int_equal(el_channel_put(p.b, 1, 1, "last", 4), EL_OK);
	assert_int_equal(el_channel_flush(p.b), EL_OK);
	el_channel_free(p.b);
	p.b = NULL;
	assert_int_equal(el_channel_fill(p.a), EL_OK);
	assert_int_equal(el_channel_next(p.a, &m), EL_OK);
	assert_memory_equal(m.body, "last", 4);
	assert_int_equal(el_channel_next(p.a, &m), EL_ENOTFOUND);
	assert_int_equal(el_channel_fill(p.a), EL_ECLOSED);
	close_pair(&p);
}

static void
says_closed_when_nobody_can_read(void **state)
{
	struct pair p = open_pair(100, 100);

	(void)state;
	el_channel_free(p.b);
	p.b = NULL;
	assert_int_equal(el_channel_put(p.a, 1, 1, "x", 1), EL_OK);
	assert_int_equal(el_channel_flush(p.a), EL_ECLOSED); /* and no SIGPIPE */
	close_pair(&p);
}

static void
drops_half_a_message_at_the_end(void **state)
{
	static const uint8_t half[] = { 0, 0, 0, 12, 0, 5 };
	struct pair p = open_pair(100, 100);
	const int fd = raw_end(&p);
	struct el_msg m;

	(void)state;
	assert_int_equal(write(fd, half, sizeof half), sizeof half);
	close(fd);
	assert_int_equal(el_channel_fill(p.a), EL_OK);
	assert_int_equal(el_channel_next(p.a, &m), EL_ENOTFOUND);
	assert_int_equal(el_channel_fill(p.a), EL_ECLOSED);
	assert_int_equal(el_channel_next(p.a, &m), EL_ENOTFOUND);
	close_pair(&p);
}

/* Whoever dumps the process must not find who came last. */
static void
forgets_what_was_handed_out_and_keeps_what_waits(void **state)
{
	struct pair p = open_pair(MSG_LIMIT, MSG_LIMIT);
	const uint8_t *first;
	struct el_msg m;

	(void)state;
	assert_int_equal(el_channel_put(p.a, 1, 1, "first", 5), EL_OK);
	assert_int_equal(el_channel_put(p.a, 2, 2, "second", 6), EL_OK);
	assert_int_equal(el_channel_flush(p.a), EL_OK);
	assert_int_equal(el_channel_fill(p.b), EL_OK);
	assert_int_equal(el_channel_next(p.b, &m), EL_OK);
	first = m.body;
	assert_memory_equal(first, "first", 5);
	el_channel_forget(p.b);
	assert_memory_equal(first, "\0\0\0\0\0", 5);
	assert_int_equal(el_channel_next(p.b, &m), EL_OK);
	assert_int_equal(m.len, 6);
	assert_memory_equal(m.body, "second", 6);
	el_channel_forget(p.b);
	el_channel_forget(p.b);
	assert_int_equal(el_channel_next(p.b, &m), EL_ENOTFOUND);
	close_pair(&p);
}

static void
reads_a_bounded_amount_at_a_time(void **state)
{
	struct pair p = open_pair(1000, MSG_LIMIT);
	static const uint8_t body[1000];
	const int size = 8 * 1024 * 1024;
	struct el_msg m;
	unsigned sent = 0, got = 0, first = 0;

	(void)state;
	(void)setsockopt(p.fd_a, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	while (sent < 3000 && el_channel_put(p.a, 1, sent, body, sizeof body) == EL_OK)
		sent++;
	assert_int_equal(sent, 3000);
	for (unsigned turns = 0; turns < 10000 && got < sent; turns++) {
		assert_int_equal(el_channel_flush(p.a), EL_OK);
		assert_int_equal(el_channel_fill(p.b), EL_OK);
		for (; el_channel_next(p.b, &m) == EL_OK; got++)
			assert_true(m.id == got);
		if (first == 0)
			first = got;
	}
	assert_int_equal(got, sent);
	assert_true(first < 2500); /* a mebibyte and what one buffer holds */
	close_pair(&p);
}

static void
refuses_a_descriptor_that_is_none(void **state)
{
	struct el_channel *c;

	(void)state;
	assert_int_equal(el_channel_new(-1, 100, 100, &c), EL_EIO);
	assert_null(c);
	el_channel_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_messages_in_order_with_type_and_id),
		cmocka_unit_test(shows_the_next_message_and_keeps_it),
		cmocka_unit_test(carries_a_message_larger_than_the_socket_in_pieces),
		cmocka_unit_test(waits_for_the_rest_of_a_message_that_comes_byte_by_byte),
		cmocka_unit_test(refuses_to_send_more_than_the_largest_message),
		cmocka_unit_test(refuses_a_length_that_cannot_be),
		cmocka_unit_test(delivers_what_was_sent_before_the_end),
		cmocka_unit_test(says_closed_when_nobody_can_read),
		cmocka_unit_test(drops_half_a_message_at_the_end),
		cmocka_unit_test(forgets_what_was_handed_out_and_keeps_what_waits),
		cmocka_unit_test(reads_a_bounded_amount_at_a_time),
		cmocka_unit_test(refuses_a_descriptor_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
