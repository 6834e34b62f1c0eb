#include "net/route.h"

#include <string.h>

/* One step through a route's path and a request's path at once. */
struct walk {
	const char *pattern, *path, *end;
};

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Percent-decode into the match's text.  A control character or a hidden slash is refused. */
static bool
decode(struct el_match *m, const char *in, size_t len)
{
	char *out = m->text + m->text_len;
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		int v = (unsigned char)in[i];

		if (in[i] == '%') {
			if (len - i < 3 || hex_value(in[i + 1]) < 0 || hex_value(in[i + 2]) < 0)
				return false;
			v = hex_value(in[i + 1]) * 16 + hex_value(in[i + 2]);
			i += 2;
			if (v == '/')
				return false;
		}
		if (v < 0x20 || v == 0x7f)
			return false;
		out[n++] = (char)v;
	}
	out[n] = '\0';
	m->text_len += n + 1;
	return true;
}

/* Take the parameter at which the pattern stands.  false: nothing there to take. */
static bool
take_param(struct walk *w, struct el_match *m, bool *malformed)
{
	const char *name = w->pattern + 1, *close = strchr(name, '}'), *slash;
	struct el_param *param = &m->params[m->n_params];
	const bool rest = close[-1] == '*';

	slash = rest ? NULL : memchr(w->path, '/', (size_t)(w->end - w->path));
	if (slash == NULL)
		slash = w->end;
	if (slash == w->path)
		return false;
	*param = (struct el_param){ name, (size_t)(close - name) - (rest ? 1 : 0), m->text + m->text_len };
	if (!decode(m, w->path, (size_t)(slash - w->path)))
		*malformed = true;
	m->n_params++;
	w->pattern = close + 1;
	w->path = slash;
	return !*malformed;
}

static bool
path_matches(const char *pattern, const char *path, const char *end, struct el_match *m, bool *malformed)
{
	struct walk w = { pattern, path, end };

	m->n_params = m->text_len = 0;
	while (*w.pattern != '\0') {
		if (*w.pattern == '{') {
			if (!take_param(&w, m, malformed))
				return false;
			continue;
		}
		if (w.path == w.end || *w.path != *w.pattern)
			return false;
		w.path++;
		w.pattern++;
	}
	return w.path == w.end;
}

static void
allow_add(struct el_match *m, const char *method)
{
	const size_t used = strlen(m->allow), len = strlen(method);

	if (used + len + 3 > sizeof m->allow)
		return;
	memcpy(m->allow + used, ", ", 3);
	memcpy(m->allow + used + (used > 0 ? 2 : 0), method, len + 1);
}

enum el_code
el_route_find(const struct el_route *routes, const char *method, const char *target, struct el_match *out)
{
	const char *end = target + strcspn(target, "?");
	const char *want = strcmp(method, "HEAD") == 0 ? "GET" : method;
	const struct el_route *r;
	bool malformed = false;

	out->route = NULL;
	out->allow[0] = '\0';
	for (r = routes; r->method != NULL; r++) {
		if (!path_matches(r->path, target, end, out, &malformed)) {
			if (malformed)
				return EL_CODE_MALFORMED_REQUEST;
			continue;
		}
		if (strcmp(r->method, want) == 0) {
			out->route = r;
			return EL_CODE_OK;
		}
		allow_add(out, r->method);
		if (strcmp(r->method, "GET") == 0)
			allow_add(out, "HEAD");
	}
	return out->allow[0] != '\0' ? EL_CODE_METHOD_NOT_ALLOWED : EL_CODE_NOT_FOUND;
}

static bool
path_valid(const char *path)
{
	unsigned params = 0;
	const char *close;

	if (path == NULL || path[0] != '/')
		return false;
	for (; *path != '\0'; path++) {
		if (*path != '{')
			continue;
		if ((close = strchr(path, '}')) == NULL || close == path + 1 || path[-1] != '/' ||
		    ++params > EL_PARAMS_MAX)
			return false;
		if (close[1] != '\0' && (close[1] != '/' || close[-1] == '*'))
			return false;
		path = close;
	}
	return true;
}

int
el_routes_check(const struct el_route *r)
{
	for (; r->method != NULL; r++)
		if (r->auth <= EL_AUTH_UNSET || r->auth > EL_AUTH_EXECUTOR || r->handle == NULL || !path_valid(r->path))
			return EL_ECONFIG;
	return EL_OK;
}
