#include "cli/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "authority/log_reader.h"
#include "authority/order_file.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "net/client.h"
#include "order/callsig.h"

#define URL_LEN (EL_URL_MAX + 64)
#define BUSY_TRIES 15
#define BUSY_PAUSE_S 2

/* The `code` of a problem document, if it is one of ours. */
static void
take_code(const struct el_buf *answer, long status, char *code)
{
	json_t *j = json_loadb((const char *)answer->p, answer->len, JSON_REJECT_DUPLICATES, NULL);
	const char *text = json_string_value(json_object_get(j, "code"));

	if (text != NULL && el_reason_is_valid(text))
		snprintf(code, 64, "%s", text);
	else
		snprintf(code, 64, "http_%ld", status);
	json_decref(j);
}

static int
post(struct el_transport *t, unsigned timeout_s, const char *base, const char *path, const char *party, const void *body,
    size_t len, struct el_buf *answer, char *code)
{
	char url[URL_LEN], authorization[EL_CALL_HEADER_MAX];
	struct el_client_call http = { .method = "POST", .url = url, .authorization = authorization, .body = body,
		.body_len = len, .timeout_s = timeout_s };
	struct el_call call = { .method = "POST", .path = path, .party = party };
	int64_t now;
	long status = 0;
	int r;

	if (snprintf(url, sizeof url, "%s%s", base, path) >= (int)sizeof url)
		return EL_ELIMIT;
	/* The time of this call, not of the join: a large one outlives the signature's minute. */
	if ((r = el_cli_conf_now(t->cli, t->conf, &now)) != EL_OK)
		return r;
	el_sha256(body, len, &call.body);
	call.time_s = (uint64_t)now;
	el_random(call.nonce, sizeof call.nonce);
	if ((r = el_call_header(&call, t->key, authorization)) != EL_OK ||
	    (r = el_client_call(&http, &status, answer)) != EL_OK || status == 200)
		return r;
	take_code(answer, status, code);
	return status == 503 || status == 429 ? EL_EBUSY : EL_EPERM;
}

int
el_transport_call(void *ctx, const char *party, const char *path, const void *body, size_t len, struct el_buf *answer,
    char *code)
{
	struct el_transport *t = ctx;
	const char *base = el_log_party_url(t->trust->directory, party);
	const struct timespec pause = { BUSY_PAUSE_S, 0 };
	int r;

	if (base == NULL)
		return EL_ENOTFOUND;
	el_cli_note(t->cli, "asking %s ...", party);
	/* What it waits for (an index, the root of a day in its log) is usually a matter of seconds. */
	for (unsigned tries = 0;; tries++) {
		r = post(t, EL_TRANSPORT_TIMEOUT_S, base, path, party, body, len, answer, code);
		if (r != EL_EBUSY || tries == BUSY_TRIES)
			return r == EL_EBUSY ? EL_EPERM : r; /* the code says what it is busy with */
		el_cli_note(t->cli, "%s is not ready yet (%s), asking again ...", party, code);
		el_buf_clear(answer, 0);
		(void)nanosleep(&pause, NULL);
	}
}

/* One page's partials, moved to their place in the whole; its proofs speak of this page alone. */
static int
take_page(const struct el_buf *answer, unsigned trustee, size_t first, size_t n, struct el_partials *all)
{
	struct el_partials page;
	int r;

	if ((r = el_partials_parse(answer->p, answer->len, &page)) != EL_OK)
		return r;
	if (page.trustee != trustee || page.n + page.n_refused != n || (page.n > 0 && page.partials[page.n - 1].index >= n) ||
	    (page.n_refused > 0 && page.refused[page.n_refused - 1].index >= n))
		r = EL_EPERM;
	for (size_t i = 0; r == EL_OK && i < page.n; i++) {
		all->partials[all->n] = page.partials[i];
		all->partials[all->n++].index += (uint32_t)first;
	}
	for (size_t i = 0; r == EL_OK && i < page.n_refused; i++) {
		all->refused[all->n_refused] = page.refused[i];
		all->refused[all->n_refused++].index += (uint32_t)first;
	}
	for (size_t i = 0; r == EL_OK && i < page.n_proofs; i++) {
		all->proofs[all->n_proofs] = page.proofs[i];
		all->proofs[all->n_proofs].first = (uint32_t)first;
		all->proofs[all->n_proofs++].n = (uint32_t)n;
	}
	if (all->cosignature_len == 0)
		el_partials_set_cosignature(all, page.cosignature, page.cosignature_len);
	all->order = page.order;
	all->traces = page.traces;
	el_partials_wipe(&page);
	return r;
}

static int
ask_page(struct el_transport *t, const char *url, unsigned trustee, struct el_join *j, size_t i, size_t first, size_t n,
    struct el_partials *all, char message[EL_JOIN_MESSAGE])
{
	json_t *body = el_join_request(j, i, first, n);
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL, code[64] = "", party[32];
	struct el_buf answer;
	int r = EL_ENOMEM;

	el_buf_init(&answer, EL_MSG_MAX);
	snprintf(party, sizeof party, "trustee:%u", trustee);
	if (text != NULL)
		r = post(t, t->trustee_timeout_s, url, "/v1/partials", party, text, strlen(text), &answer, code);
	if (r == EL_EPERM || r == EL_EBUSY)
		snprintf(message, EL_JOIN_MESSAGE, "%s: %s", party, code);
	else if (r != EL_OK)
		snprintf(message, EL_JOIN_MESSAGE, "%s: %s", party, el_strerror(r));
	else if ((r = take_page(&answer, trustee, first, n, all)) != EL_OK)
		snprintf(message, EL_JOIN_MESSAGE, "%s: its answer is not the partials of trustee %u", party, trustee);
	el_buf_wipe(&answer);
	if (text != NULL)
		el_secret_wipe(text, strlen(text));
	free(text);
	json_decref(body);
	return r;
}

int
el_transport_partials(struct el_transport *t, const struct el_join_ops *ops, const char *url, unsigned trustee,
    struct el_join *j, size_t i, char message[EL_JOIN_MESSAGE])
{
	const size_t n = el_join_request_items(j, i);
	/* A statement is answered whole. */
	const size_t page = el_join_request_issuer(j, i) != 0 ? n : EL_ORDER_PAGE_MAX;
	const size_t n_pages = n == 0 ? 0 : (n - 1) / page + 1;
	struct el_partials all = { .trustee = trustee };
	size_t now;
	int r = EL_OK;

	message[0] = '\0';
	all.partials = calloc(n + 1, sizeof *all.partials);
	all.refused = calloc(n + 1, sizeof *all.refused);
	all.proofs = calloc(n_pages * EL_ORDER_DAYS_MAX + 1, sizeof *all.proofs);
	if (all.partials == NULL || all.refused == NULL || all.proofs == NULL)
		r = EL_ENOMEM;
	for (size_t first = 0; r == EL_OK && first < n; first += now) {
		now = n - first < page ? n - first : page;
		r = ask_page(t, url, trustee, j, i, first, now, &all, message);
	}
	if (r == EL_OK && n > 0)
		r = el_join_take(j, ops, i, &all, message);
	el_partials_wipe(&all);
	return r;
}
