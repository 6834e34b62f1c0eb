#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/net.h"

#define BACKLOG 1024

static int
parse_port(const char *text, uint16_t *out)
{
	char *end;
	unsigned long v;

	if (text[0] < '0' || text[0] > '9')
		return EL_ECONFIG;
	v = strtoul(text, &end, 10);
	if (*end != '\0' || v > UINT16_MAX)
		return EL_ECONFIG;
	*out = (uint16_t)v;
	return EL_OK;
}

/* "127.0.0.1:8441" or "[::1]:8441" to a socket address. */
static int
parse_address(const char *text, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	uint16_t port;
	size_t n;

	memset(out, 0, sizeof *out);
	if (colon == NULL || parse_port(colon + 1, &port) != EL_OK || (n = (size_t)(colon - text)) >= sizeof host)
		return EL_ECONFIG;
	memcpy(host, text, n);
	host[n] = '\0';
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		*len = sizeof *v6;
		return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1 ? EL_OK : EL_ECONFIG;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	*len = sizeof *v4;
	return inet_pton(AF_INET, host, &v4->sin_addr) == 1 ? EL_OK : EL_ECONFIG;
}

static int
open_socket(const struct sockaddr_storage *at, socklen_t len, bool shared, int *fd)
{
	const int one = 1;
	int s;

	*fd = -1;
	if ((s = socket(at->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
		return EL_EIO;
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
	    (shared && setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) ||
	    bind(s, (const struct sockaddr *)at, len) != 0 || listen(s, BACKLOG) != 0) {
		close(s);
		return EL_EIO;
	}
	*fd = s;
	return EL_OK;
}

int
el_net_listen(const char *address, int *fd)
{
	struct sockaddr_storage at;
	socklen_t len;
	int r;

	*fd = -1;
	if ((r = parse_address(address, &at, &len)) != EL_OK)
		return r;
	return open_socket(&at, len, false, fd);
}

int
el_net_listen_each(const char *address, int *fds, size_t n)
{
	struct sockaddr_storage at;
	socklen_t len;
	size_t i;
	int probe, r;

	for (i = 0; i < n; i++)
		fds[i] = -1;
	if ((r = parse_address(address, &at, &len)) != EL_OK)
		return r;
	/* A second daemon of this user could share the port and take half of the clients: claim it whole once. */
	if ((r = open_socket(&at, len, false, &probe)) != EL_OK)
		return r;
	/* Port 0 is the kernel's choice, which is made here for all. */
	if (getsockname(probe, (struct sockaddr *)&at, &len) != 0)
		r = EL_EIO;
	close(probe);
	for (i = 0; r == EL_OK && i < n; i++)
		r = open_socket(&at, len, true, &fds[i]);
	for (i = 0; r != EL_OK && i < n; i++)
		if (fds[i] >= 0) {
			close(fds[i]);
			fds[i] = -1;
		}
	return r;
}
