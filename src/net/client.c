#include "net/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_S 5
#define URL_LEN 512

static size_t
on_data(char *data, size_t size, size_t n, void *ctx)
{
	struct el_buf *out = ctx;

	el_buf_put(out, data, size * n);
	return out->err == EL_OK ? size * n : 0;
}

static struct curl_slist *
add_header(struct curl_slist *list, const char *name, const char *value, int *err)
{
	char line[1024];
	struct curl_slist *more;

	if ((size_t)snprintf(line, sizeof line, "%s: %s", name, value) >= sizeof line) {
		*err = EL_ELIMIT;
		return list;
	}
	if ((more = curl_slist_append(list, line)) == NULL) {
		*err = EL_ENOMEM;
		return list;
	}
	return more;
}

static void
set_options(CURL *curl, const struct el_client_call *c, struct curl_slist *headers, struct el_buf *out)
{
	curl_easy_setopt(curl, CURLOPT_URL, c->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* an environment variable must not redirect an order */
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)c->timeout_s);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, c->method);
	if (c->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body_len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, c->body);
	}
}

int
el_client_call(const struct el_client_call *c, long *status, struct el_buf *out)
{
	struct curl_slist *headers = NULL;
	CURL *curl;
	CURLcode code;
	int r = EL_OK;

	*status = 0;
	if ((curl = curl_easy_init()) == NULL)
		return EL_ENOMEM;
	headers = add_header(headers, "Expect", "", &r); /* no 100-continue: bodies are known to be wanted */
	if (c->body != NULL)
		headers = add_header(
		    headers, "Content-Type", c->content_type != NULL ? c->content_type : "application/json", &r);
	if (c->authorization != NULL)
		headers = add_header(headers, "Authorization", c->authorization, &r);
	if (r == EL_OK) {
		set_options(curl, c, headers, out);
		code = curl_easy_perform(curl);
		if (out->err != EL_OK)
			r = out->err;
		else if (code != CURLE_OK)
			r = EL_ECLOSED;
		else
			curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return r;
}

int
el_client_get(const char *base, const char *path, unsigned timeout_s, uint8_t *out, size_t max, size_t *len)
{
	char url[URL_LEN];
	const struct el_client_call call = { .method = "GET", .url = url, .timeout_s = timeout_s };
	struct el_buf answer;
	long status;
	int r;

	*len = 0;
	if (snprintf(url, sizeof url, "%s%s", base, path) >= (int)sizeof url)
		return EL_ELIMIT;
	el_buf_init(&answer, max);
	if ((r = el_client_call(&call, &status, &answer)) == EL_OK && status != 200)
		r = status == 404 ? EL_ENOTFOUND : EL_ECLOSED;
	if (r == EL_OK && answer.len > 0) {
		memcpy(out, answer.p, answer.len);
		*len = answer.len;
	}
	el_buf_wipe(&answer);
	return r;
}
