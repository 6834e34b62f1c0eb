#include <arpa/inet.h>
#include <netinet/in.h>
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

int
el_net_listen(const char *address, int *fd)
{
	struct sockaddr_storage to;
	const int one = 1;
	socklen_t len;
	int s, r;

	*fd = -1;
	if ((r = parse_address(address, &to, &len)) != EL_OK)
		return r;
	if ((s = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
		return EL_EIO;
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
	    bind(s, (struct sockaddr *)&to, len) != 0 || listen(s, BACKLOG) != 0) {
		close(s);
		return EL_EIO;
	}
	*fd = s;
	return EL_OK;
}
