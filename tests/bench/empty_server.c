/*
 * The ceiling that check-ins are measured against: the same net processes, the same request and the same answer, and
 * nothing done in between.
 *
 *	empty_server --listen 127.0.0.1:PORT --net N
 *
 * It ends on SIGTERM.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/net.h"

static void
checkin_post(struct el_http_request *req, void *ctx)
{
	static const char recorded[] = "{\"status\":\"recorded\",\"flags\":[]}";

	(void)ctx;
	el_http_reply(req, 201, "application/json", NULL, recorded, sizeof recorded - 1);
}

static const struct el_route routes[] = {
	{ "POST", "/v1/checkins", EL_AUTH_SCANNER, EL_HTTP_BODY_MAX, checkin_post },
	{ .method = NULL },
};

static int
net_run(struct el_child *child, void *ctx)
{
	const struct el_net_role role = { .routes = routes };

	(void)ctx;
	return el_net_run(child, &role);
}

static int
usage(void)
{
	fprintf(stderr, "usage: empty_server --listen ADDRESS:PORT --net N (1 to %d)\n", EL_FAMILY_COUNT_MAX);
	return 64;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "net", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	struct el_kind kind = { .name = "net", .count = 1, .listens = true, .run = net_run };
	struct el_family family = { .name = "empty", .kinds = &kind, .n_kinds = 1, .stop_limit_s = 5 };
	const char *address = NULL;
	int fds[EL_FAMILY_COUNT_MAX], c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (c == 'l')
			address = optarg;
		else if (c == 'n')
			kind.count = (unsigned)strtoul(optarg, NULL, 10);
		else
			return usage();
	if (address == NULL || optind != argc || kind.count == 0 || kind.count > EL_FAMILY_COUNT_MAX)
		return usage();
	if (el_net_listen_each(address, fds, kind.count) != EL_OK) {
		fprintf(stderr, "empty_server: cannot listen on %s\n", address);
		return 71;
	}
	family.own_fds = fds;
	family.n_own_fds = kind.count;
	return el_family_run(&family);
}
