#include "order/callsig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "base/limits.h"

#define LABEL "EL1-request"
#define WORD_MAX 15
#define PART_MAX (2 * 6 + 2 * WORD_MAX + EL_HTTP_URL_MAX + EL_HASH_LEN + 8 + 16)

static void
put(struct el_wr *w, const void *in, size_t len)
{
	el_wr_u16(w, (uint16_t)len);
	el_wr_bytes(w, in, len);
}

/* With its length before it, no field can run into the next. */
static int
signed_part(const struct el_call *c, uint8_t out[PART_MAX], size_t *len)
{
	struct el_wr w = el_wr_init(out, PART_MAX);
	uint8_t time[8];

	if (strlen(c->method) > WORD_MAX || strlen(c->party) > WORD_MAX || strlen(c->path) > EL_HTTP_URL_MAX)
		return EL_ELIMIT;
	el_put_u64(time, c->time_s);
	put(&w, c->method, strlen(c->method));
	put(&w, c->path, strlen(c->path));
	put(&w, c->party, strlen(c->party));
	put(&w, c->body.b, sizeof c->body.b);
	put(&w, time, sizeof time);
	put(&w, c->nonce, sizeof c->nonce);
	*len = w.len;
	return w.err;
}

int
el_call_sign(const struct el_call *c, const struct el_sign_key *key, struct el_sig *out)
{
	uint8_t part[PART_MAX];
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = signed_part(c, part, &len)) != EL_OK)
		return r;
	return el_sign(key, LABEL, part, len, out);
}

int
el_call_verify(const struct el_call *c, const struct el_sign_pk *executor, const struct el_sig *sig, int64_t now_s)
{
	uint8_t part[PART_MAX];
	size_t len;
	int r;

	if (c->time_s > INT64_MAX - EL_CALL_WINDOW_S || (int64_t)c->time_s > now_s + EL_CALL_WINDOW_S ||
	    (int64_t)c->time_s < now_s - EL_CALL_WINDOW_S)
		return EL_ESTATE;
	if ((r = signed_part(c, part, &len)) != EL_OK)
		return r;
	return el_verify(executor, LABEL, part, len, sig);
}

int
el_call_header(const struct el_call *c, const struct el_sign_key *key, char out[EL_CALL_HEADER_MAX])
{
	char pk[EL_BASE64URL_LEN(32) + 1], nonce[EL_BASE64URL_LEN(16) + 1], text[EL_BASE64URL_LEN(EL_SIG_LEN) + 1];
	struct el_sig sig;
	int r, n;

	out[0] = '\0';
	if ((r = el_call_sign(c, key, &sig)) != EL_OK)
		return r;
	el_base64url_encode(el_sign_key_pk(key)->b, 32, pk);
	el_base64url_encode(c->nonce, sizeof c->nonce, nonce);
	el_base64url_encode(sig.b, sizeof sig.b, text);
	n = snprintf(out, EL_CALL_HEADER_MAX, "EL1 key=%s,time=%llu,nonce=%s,sig=%s", pk, (unsigned long long)c->time_s,
	    nonce, text);
	return n < 0 || n >= EL_CALL_HEADER_MAX ? EL_ELIMIT : EL_OK;
}

/* --- nonces --- */

/* A ring in the order of arrival, which is the order of forgetting. */
struct el_nonces {
	struct {
		uint8_t nonce[16];
		int64_t at_s;
	} ring[EL_NONCES_MAX];
	size_t first, n;
};

int
el_nonces_new(struct el_nonces **out)
{
	return (*out = calloc(1, sizeof **out)) == NULL ? EL_ENOMEM : EL_OK;
}

void
el_nonces_free(struct el_nonces *s)
{
	free(s);
}

int
el_nonces_take(struct el_nonces *s, const uint8_t nonce[16], int64_t now_s)
{
	size_t at;

	/* A call may be stamped up to 60 s ahead, so its nonce is needed 120 s, the last second included. */
	while (s->n > 0 && now_s - s->ring[s->first].at_s > 2 * EL_CALL_WINDOW_S) {
		s->first = (s->first + 1) % EL_NONCES_MAX;
		s->n--;
	}
	for (size_t i = 0; i < s->n; i++)
		if (memcmp(s->ring[(s->first + i) % EL_NONCES_MAX].nonce, nonce, 16) == 0)
			return EL_EEXIST;
	if (s->n == EL_NONCES_MAX)
		return EL_EBUSY;
	at = (s->first + s->n++) % EL_NONCES_MAX;
	memcpy(s->ring[at].nonce, nonce, 16);
	s->ring[at].at_s = now_s;
	return EL_OK;
}

/* --- both --- */

enum el_code
el_call_check(struct el_nonces *nonces, const struct el_call *c, const struct el_sign_pk *key, const struct el_sig *sig,
    const struct el_order *o, int64_t now_s)
{
	if (!el_sign_pk_eq(key, &o->executor))
		return EL_CODE_EXECUTOR_MISMATCH;
	switch (el_call_verify(c, &o->executor, sig, now_s)) {
	case EL_OK:
		break;
	case EL_ENOMEM:
		return EL_CODE_BUSY;
	default:
		return EL_CODE_EXECUTOR_MISMATCH;
	}
	switch (el_nonces_take(nonces, c->nonce, now_s)) {
	case EL_OK:
		return EL_CODE_OK;
	case EL_EEXIST:
		return EL_CODE_EXECUTOR_MISMATCH;
	default:
		return EL_CODE_BUSY;
	}
}
