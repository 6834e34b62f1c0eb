#ifndef EL_NET_ROUTE_H
#define EL_NET_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/http.h"

#define EL_PARAMS_MAX 4
#define EL_ALLOW_MAX 64

struct el_param {
	const char *name; /* in the route's path, name_len bytes */
	size_t name_len;
	const char *value; /* decoded, in text */
};

struct el_match {
	const struct el_route *route; /* NULL unless found */
	size_t n_params, text_len;
	struct el_param params[EL_PARAMS_MAX];
	char allow[EL_ALLOW_MAX]; /* "GET, HEAD, POST" of a path whose method was wrong */
	char text[EL_HTTP_URL_MAX + EL_PARAMS_MAX];
};

/* Check a table: every row says who may call, has a handler and a path of at most EL_PARAMS_MAX
 * parameters.  EL_ECONFIG. */
EL_MUST_USE int el_routes_check(const struct el_route *);

/*
 * Find the route of a method and target (its query is passed over).  ok, not_found, method_not_allowed
 * (then allow is filled), malformed_request: a parameter that does not decode.  HEAD falls back to GET.
 */
enum el_code el_route_find(const struct el_route *, const char *method, const char *target, struct el_match *out);

#endif
