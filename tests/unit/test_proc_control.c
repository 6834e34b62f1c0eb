#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/codec.h"
#include "proc/control.h"
#include "scratch.h"

/* Answers with the verb and what was asked; verb 99 fails with some text, verb 98 with none. */
static int
echo(void *ctx, uint8_t verb, const uint8_t *body, size_t len, struct el_buf *out)
{
	unsigned *calls = ctx;

	++*calls;
	if (verb == 98)
		return EL_EPERM;
	el_buf_put_u8(out, verb);
	el_buf_put(out, body, len);
	return verb == 99 ? EL_ESTATE : EL_OK;
}

/* A daemon of n calls in a process of its own; exits with how many reached the handler. */
static pid_t
daemon_of(int listen_fd, unsigned n)
{
	const pid_t pid = fork();
	unsigned calls = 0;

	assert_true(pid >= 0);
	if (pid != 0)
		return pid;
	for (unsigned i = 0; i < n; i++) {
		struct pollfd p = { listen_fd, POLLIN, 0 };

		if (poll(&p, 1, 20000) == 1)
			el_control_serve(listen_fd, echo, &calls);
	}
	close(listen_fd);
	_exit((int)calls);
}

static unsigned
handled(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (unsigned)WEXITSTATUS(status);
}

static int
connect_raw(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && strlen(path) < sizeof to.sun_path);
	memcpy(to.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* The result byte of an answer without a body, or 255 for none. */
static unsigned
raw_result(int fd)
{
	uint8_t head[5];
	size_t got = 0;
	ssize_t n;

	while (got < sizeof head && (n = read(fd, head + got, sizeof head - got)) > 0)
		got += (size_t)n;
	return got == sizeof head && el_get_u32(head) == 1 ? head[4] : 255;
}

static void
answers_each_request_with_its_result_and_body(void **state)
{
	const char *path = scratch_path(state, "control");
	struct el_buf out;
	struct stat st;
	pid_t pid;
	int fd;

	assert_int_equal(el_control_listen(path, &fd), EL_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	pid = daemon_of(fd, 4);
	close(fd);
	el_buf_init(&out, 100);
	assert_int_equal(el_control_call(path, EL_CTL_STATUS, "what", 4, &out), EL_OK);
	assert_int_equal(out.len, 5);
	assert_memory_equal(out.p, "\003what", 5);
	el_buf_wipe(&out);
	assert_int_equal(el_control_call(path, EL_CTL_PURGE, NULL, 0, &out), EL_OK);
	assert_int_equal(out.len, 1);
	el_buf_wipe(&out);
	assert_int_equal(el_control_call(path, 99, "no", 2, &out), EL_ESTATE);
	assert_memory_equal(out.p, "\143no", 3); /* why, for the operator */
	el_buf_wipe(&out);
	assert_int_equal(el_control_call(path, 98, "no", 2, &out), EL_EPERM);
	assert_int_equal(out.len, 0);
	el_buf_wipe(&out);
	assert_int_equal(handled(pid), 4);
	assert_int_equal(el_control_call(path, EL_CTL_STATUS, NULL, 0, &out), EL_ECLOSED); /* the daemon has ended */
}

static void
carries_a_large_body_both_ways(void **state)
{
	const size_t len = EL_CONTROL_BODY_MAX - 1;
	const char *path = scratch_path(state, "control");
	uint8_t *body = calloc(1, len);
	struct el_buf out;
	pid_t pid;
	int fd;

	assert_non_null(body);
	body[len - 1] = 7;
	assert_int_equal(el_control_listen(path, &fd), EL_OK);
	pid = daemon_of(fd, 2);
	close(fd);
	el_buf_init(&out, EL_CONTROL_BODY_MAX);
	assert_int_equal(el_control_call(path, 5, body, len, &out), EL_OK);
	assert_int_equal(out.len, len + 1);
	assert_int_equal(out.p[len], 7);
	el_buf_wipe(&out);
	/* An answer beyond what the caller takes is its failure, not the daemon's. */
	el_buf_init(&out, 10);
	assert_int_equal(el_control_call(path, 5, body, 10, &out), EL_ELIMIT);
	el_buf_wipe(&out);
	assert_int_equal(handled(pid), 2);
	free(body);
}

static void
refuses_requests_that_are_too_long_or_empty(void **state)
{
	static const uint32_t lengths[] = { 0, EL_CONTROL_BODY_MAX + 2, UINT32_MAX };
	static uint8_t body[1];
	const char *path = scratch_path(state, "control");
	struct el_buf out;
	pid_t pid;
	int fd;

	assert_int_equal(el_control_listen(path, &fd), EL_OK);
	pid = daemon_of(fd, 5);
	close(fd);
	el_buf_init(&out, 100);
	/* Our own client does not even send it: the connection ends without a request. */
	assert_int_equal(el_control_call(path, 1, body, (size_t)EL_CONTROL_BODY_MAX + 1, &out), EL_ELIMIT);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		const int c = connect_raw(path);
		uint8_t head[5] = { 0, 0, 0, 0, 1 };

		el_put_u32(head, lengths[i]);
		assert_int_equal(write(c, head, sizeof head), sizeof head);
		assert_int_equal(raw_result(c), -EL_EFORMAT);
		close(c);
	}
	assert_int_equal(el_control_call(path, 1, NULL, 0, &out), EL_OK); /* and it still serves */
	el_buf_wipe(&out);
	assert_int_equal(handled(pid), 1);
}

static void
is_not_held_up_by_a_client_that_says_nothing(void **state)
{
	static const uint8_t half[] = { 0, 0, 0, 9, 1, 'x' };
	const char *path = scratch_path(state, "control");
	struct el_buf out;
	pid_t pid;
	int fd, silent, slow;

	assert_int_equal(el_control_listen(path, &fd), EL_OK);
	silent = connect_raw(path);
	slow = connect_raw(path);
	assert_int_equal(write(slow, half, sizeof half), sizeof half);
	pid = daemon_of(fd, 3);
	close(fd);
	el_buf_init(&out, 100);
	assert_int_equal(el_control_call(path, 1, "a", 1, &out), EL_OK); /* behind both */
	assert_int_equal(out.len, 2);
	el_buf_wipe(&out);
	assert_int_equal(raw_result(silent), -EL_EBUSY);
	assert_int_equal(raw_result(slow), -EL_EBUSY);
	assert_int_equal(handled(pid), 1);
	close(silent);
	close(slow);
}

static void
is_not_held_up_by_a_client_that_left(void **state)
{
	static const uint8_t whole[] = { 0, 0, 0, 2, 1, 'x' };
	const char *path = scratch_path(state, "control");
	struct el_buf out;
	pid_t pid;
	int fd, c;

	assert_int_equal(el_control_listen(path, &fd), EL_OK);
	close(connect_raw(path));
	c = connect_raw(path);
	assert_int_equal(write(c, whole, sizeof whole), sizeof whole);
	close(c); /* asked and did not wait: it is done all the same */
	pid = daemon_of(fd, 3);
	close(fd);
	el_buf_init(&out, 100);
	assert_int_equal(el_control_call(path, 1, "a", 1, &out), EL_OK);
	el_buf_wipe(&out);
	assert_int_equal(handled(pid), 2);
}

static void
replaces_an_old_socket_and_finds_no_daemon_without_one(void **state)
{
	const char *path = scratch_path(state, "control");
	struct el_buf out;
	char far[200];
	int fd;

	el_buf_init(&out, 100);
	assert_int_equal(el_control_call(path, 1, NULL, 0, &out), EL_ECLOSED);
	assert_int_equal(el_control_listen(path, &fd), EL_OK);
	close(fd);
	assert_int_equal(el_control_call(path, 1, NULL, 0, &out), EL_ECLOSED);
	assert_int_equal(el_control_listen(path, &fd), EL_OK);
	close(fd);
	memset(far, 'x', sizeof far - 1);
	far[sizeof far - 1] = '\0';
	assert_int_equal(el_control_listen(far, &fd), EL_ELIMIT);
	assert_int_equal(fd, -1);
	assert_int_equal(el_control_call(far, 1, NULL, 0, &out), EL_ELIMIT);
	assert_int_equal(el_control_listen(scratch_path(state, "none/control"), &fd), EL_EIO);
	assert_int_equal(fd, -1);
}

static void
gives_no_result_that_is_not_on_the_list(void **state)
{
	static const uint8_t odd[] = { 0, 0, 0, 1, 77 };
	uint8_t request[5]; /* length and command */
	const char *path = scratch_path(state, "control");
	struct el_buf out;
	pid_t pid;
	int fd, c;

	assert_int_equal(el_control_listen(path, &fd), EL_OK);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		struct pollfd p = { fd, POLLIN, 0 };

		(void)poll(&p, 1, 20000);
		c = accept(fd, NULL, NULL);
		/* Whoever leaves before it has read all breaks the connection. */
		_exit(c >= 0 && recv(c, request, sizeof request, MSG_WAITALL) == (ssize_t)sizeof request &&
			      write(c, odd, sizeof odd) == (ssize_t)sizeof odd
			  ? 0
			  : 1);
	}
	close(fd);
	el_buf_init(&out, 100);
	assert_int_equal(el_control_call(path, 1, NULL, 0, &out), EL_EFORMAT);
	assert_int_equal(handled(pid), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_scratch(answers_each_request_with_its_result_and_body),
		with_scratch(carries_a_large_body_both_ways),
		with_scratch(refuses_requests_that_are_too_long_or_empty),
		with_scratch(is_not_held_up_by_a_client_that_says_nothing),
		with_scratch(is_not_held_up_by_a_client_that_left),
		with_scratch(replaces_an_old_socket_and_finds_no_daemon_without_one),
		with_scratch(gives_no_result_that_is_not_on_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
