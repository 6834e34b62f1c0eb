#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/keyfile.h"
#include "issuer/messages.h"
#include "issuer/roles.h"

/*
 * The signer process: the token-signing key, and of today and tomorrow the ticket key and k_e.  It writes no file
 * and keeps nothing of what it draws.
 */
struct signer {
	const struct el_issuer_conf *conf;
	struct el_sign_key *key;
	struct el_signer_days *days; /* guarded */
};

static int
signer_start(void *ctx, struct el_worker *w)
{
	struct signer *const s = ctx;
	uint8_t *seed = NULL, *memory = NULL;
	int r;

	(void)w;
	/* Padded to a multiple of 16, since sodium_malloc() aligns the end of what it gives. */
	if ((r = el_secret_new((sizeof *s->days + 15) / 16 * 16, &memory)) != EL_OK)
		return r;
	s->days = (struct el_signer_days *)(void *)memory;
	if ((r = el_keyfile_read(s->conf->token_key_file, EL_PURPOSE_ISSUER, NULL, NULL, &seed, NULL)) == EL_OK)
		r = el_sign_key_new(seed, &s->key);
	el_secret_free(seed);
	return r;
}

static void
put(struct el_worker *w, unsigned index, uint16_t type, uint64_t id, const struct el_buf *body)
{
	const int r = body->err == EL_OK ? el_worker_put(w, EL_ISSUER_NET, index, type, id, body->p, body->len) : body->err;

	if (r != EL_OK)
		el_log(EL_EV_LINK_LOST, r, type); /* the client hears `busy` when its time is over */
}

static void
on_draw(struct signer *s, struct el_worker *w, unsigned index, const struct el_msg *m)
{
	struct el_msg_refused refused = { .retry_after_s = 0 };
	struct el_draw_request request;
	struct el_draw_result result;
	struct el_buf body;
	int r;

	if (el_msg_draw_parse(m->body, m->len, &request) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	el_buf_init(&body, EL_MSG_MAX);
	refused.code = el_draw(s->days, s->key, (uint8_t)s->conf->issuer, &request, el_worker_now(w), &result);
	if (refused.code == EL_CODE_OK) {
		r = el_msg_drawn_encode(&result, &body);
	} else {
		refused.retry_after_s = refused.code == EL_CODE_NOT_READY ? 2 : 0;
		r = el_msg_refused_encode(&refused, &body);
	}
	(void)r; /* sticky */
	put(w, index, refused.code == EL_CODE_OK ? EL_IM_DRAWN : EL_IM_REFUSED, m->id, &body);
	el_buf_wipe(&body);
	el_secret_wipe(&result, sizeof result);
	el_secret_wipe(&request, sizeof request);
}

static void
signer_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct signer *const s = ctx;

	if (kind == EL_ISSUER_NET && m->type == EL_IM_DRAW) {
		on_draw(s, w, index, m);
	} else if (kind != EL_ISSUER_CORE || m->type != EL_IM_DAYS) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
	} else if (el_msg_days_parse(m->body, m->len, s->days) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		el_secret_wipe(s->days, sizeof *s->days);
	}
}

static void
signer_stop(void *ctx)
{
	struct signer *const s = ctx;

	el_sign_key_free(s->key);
	el_secret_free((uint8_t *)(void *)s->days);
}

int
el_issuer_signer_run(struct el_child *child, void *conf)
{
	static const struct el_worker_ops ops = { .start = signer_start, .message = signer_message, .stop = signer_stop };
	struct signer signer = { .conf = conf };

	return el_worker_run(child, &ops, &signer);
}
