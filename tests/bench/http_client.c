#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

bool
http_connect(struct http_conn *c, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->busy = false;
	c->in_len = c->head_len = c->sent = 0;
	if (c->in == NULL)
		c->in = bench_alloc(HTTP_IN_MAX, 1);
	if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		bench_die("socket: %s", strerror(errno));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(c->fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return true;
	http_close(c);
	return false;
}

void
http_close(struct http_conn *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	c->busy = false;
}

enum http_step
http_write(struct http_conn *c)
{
	while (c->sent < c->out_len) {
		const ssize_t n = send(c->fd, c->out + c->sent, c->out_len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN ? HTTP_AGAIN : HTTP_CLOSED;
		c->sent += (size_t)n;
	}
	return HTTP_DONE;
}

/* Status and length, once the head is whole.  Our servers always send a Content-Length. */
static bool
parse_head(struct http_conn *c)
{
	static const char name[] = "Content-Length: ";
	const char *const end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
	const char *length;

	if (end == NULL)
		return c->in_len < HTTP_IN_MAX;
	c->head_len = (size_t)(end - c->in) + 4;
	if (c->head_len < 16 || memcmp(c->in, "HTTP/1.1 ", 9) != 0 ||
	    (length = memmem(c->in, c->head_len, name, sizeof name - 1)) == NULL)
		return false;
	c->status = (unsigned)strtoul(c->in + 9, NULL, 10);
	c->want = c->head_len + strtoul(length + sizeof name - 1, NULL, 10);
	return c->want <= HTTP_IN_MAX;
}

enum http_step
http_read(struct http_conn *c)
{
	ssize_t n;

	do {
		if ((n = recv(c->fd, c->in + c->in_len, HTTP_IN_MAX - c->in_len, MSG_DONTWAIT)) < 0)
			return errno == EAGAIN ? HTTP_AGAIN : HTTP_CLOSED;
		if (n == 0)
			return HTTP_CLOSED;
		c->in_len += (size_t)n;
		if (c->head_len == 0 && !parse_head(c))
			return HTTP_CLOSED;
	} while (c->head_len == 0 || c->in_len < c->want);
	return c->in_len == c->want && c->busy ? HTTP_DONE : HTTP_CLOSED;
}

const char *
http_body(const struct http_conn *c, size_t *len)
{
	*len = c->want - c->head_len;
	return c->in + c->head_len;
}

void
http_problem_code(const struct http_conn *c, char *out, size_t size)
{
	static const char name[] = "\"code\":";
	size_t len, n = 0;
	const char *const body = http_body(c, &len), *const end = body + len;
	const char *p = memmem(body, len, name, sizeof name - 1);

	if (p != NULL)
		for (p += sizeof name - 1; p < end && (*p == ' ' || *p == '"'); p++)
			;
	while (p != NULL && p < end && *p != '"' && n + 1 < size)
		out[n++] = *p++;
	out[n] = '\0';
}
