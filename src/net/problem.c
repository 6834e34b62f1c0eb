/* application/problem+json (RFC 9457). */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "net/server_internal.h"

#define ID_LEN 8

/* A request id is a help for a person who reports an error and is kept nowhere. */
static void
request_id(struct el_http_server *s, char out[ID_LEN * 2 + 1])
{
	size_t i;

	if (s->noise_left < ID_LEN) {
		if (getrandom(s->noise, sizeof s->noise, 0) != (ssize_t)sizeof s->noise)
			memset(s->noise, 0, sizeof s->noise);
		s->noise_left = sizeof s->noise;
	}
	for (i = 0; i < ID_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", s->noise[--s->noise_left]);
}

void
el_problem_write(struct el_http_server *s, enum el_code code, enum el_language language, unsigned retry_after_s)
{
	char text[512], id[ID_LEN * 2 + 1], retry[32] = "";

	request_id(s, id);
	if (retry_after_s != 0)
		snprintf(retry, sizeof retry, ",\"retry_after\":%u", retry_after_s);
	/* Titles and names are ours and need no escapes (a test reads them all). */
	snprintf(text, sizeof text,
	    "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\","
	    "\"request_id\":\"%s\"%s}",
	    el_code_title(code, language), el_code_status(code), el_code_name(code), id, retry);
	s->scratch.len = 0;
	el_buf_put_text(&s->scratch, text);
}
