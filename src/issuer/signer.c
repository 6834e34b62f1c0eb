#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/keyfile.h"
#include "issuer/messages.h"
#include "issuer/roles.h"

#define ANSWER_KEEP 4096 /* holds a full wallet */

#define TURN_DRAWS 8 /* a wallet takes a millisecond and a half: those that wait are answered in small groups */

/*
 * The signer process: the token-signing key, and of today and tomorrow the ticket key and k_e.  It writes no file
 * and keeps nothing of what it draws.
 */
struct signer {
	const struct el_issuer_conf *conf;
	struct el_sign_key *key;
	struct el_signer_days *days; /* guarded */
	struct el_buf answer; /* of one draw; its memory is kept */
	int fault; /* a token came out wrong: this turn is the last */
};

static int
signer_start(void *ctx, struct el_worker *w)
{
	struct signer *const s = ctx;
	uint8_t *seed = NULL, *memory = NULL;
	int r;

	(void)w;
	el_buf_init(&s->answer, EL_MSG_MAX);
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
put_answer(struct signer *s, struct el_worker *w, unsigned index, uint16_t type, uint64_t id)
{
	const struct el_buf *const b = &s->answer;
	const int r = b->err == EL_OK ? el_worker_put(w, EL_ISSUER_NET, index, type, id, b->p, b->len) : b->err;

	if (r != EL_OK)
		el_log(EL_EV_LINK_LOST, r, type); /* the client hears `busy` when its time is over */
	el_buf_clear(&s->answer, ANSWER_KEEP);
}

static void
refuse(struct signer *s, struct el_worker *w, unsigned index, uint64_t id, enum el_code code)
{
	struct el_msg_refused refused = { .code = code, .retry_after_s = code == EL_CODE_NOT_READY ? 2 : 0 };
	const int r = el_msg_refused_encode(&refused, &s->answer);

	(void)r; /* sticky */
	put_answer(s, w, index, EL_IM_REFUSED, id);
}

static void
on_draw(struct signer *s, struct el_worker *w, unsigned index, const struct el_msg *m)
{
	struct el_draw_request request;
	struct el_draw_result result;
	enum el_code code;
	int r;

	if (el_msg_draw_parse(m->body, m->len, &request) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	el_sign_key_open(s->key); /* until the turn is over */
	code = el_draw(s->days, s->key, (uint8_t)s->conf->issuer, &request, el_worker_now(w), &result);
	if (code == EL_CODE_OK) {
		r = el_msg_drawn_encode(&result, &s->answer);
		(void)r;
		put_answer(s, w, index, EL_IM_DRAWN, m->id);
		el_draw_wipe(&result);
	} else if (code == EL_CODE_INTERNAL) {
		s->fault = EL_ECRYPTO;
		el_log(EL_EV_SIGNATURE_FAULTY, s->fault, 0);
	} else {
		refuse(s, w, index, m->id, code);
	}
	el_secret_wipe(&request, sizeof request);
}

static void
signer_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct signer *const s = ctx;

	if (s->fault != EL_OK)
		return; /* whoever asks is told `busy`, and asks our successor */
	if (kind == EL_ISSUER_NET && m->type == EL_IM_DRAW) {
		on_draw(s, w, index, m);
	} else if (kind != EL_ISSUER_CORE || m->type != EL_IM_DAYS) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
	} else if (el_msg_days_parse(m->body, m->len, s->days) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		el_secret_wipe(s->days, sizeof *s->days);
	}
}

/* After a fault nothing of the turn is released, also what seemed right. */
static int
signer_turn(void *ctx, struct el_worker *w)
{
	struct signer *const s = ctx;

	(void)w;
	el_sign_key_close(s->key);
	return s->fault;
}

static void
signer_stop(void *ctx)
{
	struct signer *const s = ctx;

	el_buf_wipe(&s->answer);
	el_sign_key_free(s->key);
	el_secret_free((uint8_t *)(void *)s->days);
}

int
el_issuer_signer_run(struct el_child *child, void *conf)
{
	static const struct el_worker_ops ops = {
		.start = signer_start, .message = signer_message, .turn = signer_turn, .stop = signer_stop,
		.messages_max = TURN_DRAWS
	};
	struct signer signer = { .conf = conf };

	return el_worker_run(child, &ops, &signer);
}
