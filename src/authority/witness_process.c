#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/order_file.h"
#include "authority/request.h"
#include "authority/roles.h"
#include "authority/witness.h"
#include "base/codec.h"
#include "base/event_log.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/keyfile.h"
#include "net/client.h"
#include "order/rjson.h"

/*
 * The witness process of a trustee's daemon: vouches for the checkpoints that core asks about, and looks at every log of
 * the directory about once a minute, so that checkpoints are cosigned and a fork is noticed without any order.
 */
#define FETCH_S 5
/* All that is fetched for one check, and for a look, which a check may have to wait for; core waits 30 s for both. */
#define CHECK_MS 20000
#define LOOK_MS 6000
#define LOOK_TICKS 60  /* each second of a minute one party; there are fewer */
#define ANSWER_MAX 4096

struct process {
	const struct el_authority_conf *conf;
	struct el_trust *trust; /* NULL until the documents could be read */
	struct el_sign_key *key; /* NULL: none */
	char prefix[512];
	struct el_history history; /* of the log looked at last */
	int64_t deadline_ms;
	unsigned long ticks;
	bool unseen_said[EL_ISSUERS_MAX + 1]; /* of the party looked at: it was logged that its log cannot be checked */
};

/* ---- Logs over HTTP ---- */

/* Of what is left of a check for one call; 0: nothing.  A server that trickles keeps nobody longer. */
static unsigned
seconds_left(const struct process *p)
{
	const int64_t left_ms = p->deadline_ms - el_clock_monotonic_ms();

	return left_ms <= 0 ? 0 : left_ms >= FETCH_S * 1000 ? FETCH_S : (unsigned)(left_ms + 999) / 1000;
}

static int
fetch(void *ctx, const char *party, const char *path, uint8_t *out, size_t max, size_t *len)
{
	const struct process *const p = ctx;
	const char *const base = el_log_party_url(p->trust->directory, party);
	const unsigned timeout_s = seconds_left(p);

	*len = 0;
	if (base == NULL)
		return EL_ENOTFOUND;
	return timeout_s > 0 ? el_client_get(base, path, timeout_s, out, max, len) : EL_ECLOSED;
}

static void
hand_in(const struct process *p, const char *party, const struct el_buf *note)
{
	const char *const base = el_log_party_url(p->trust->directory, party);
	json_t *const json = json_pack("{s:o}", "checkpoint", el_json_bytes(note->p, note->len));
	char *const text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	char url[EL_URL_MAX + 32];
	struct el_client_call call = { .method = "POST", .url = url, .body = text, .timeout_s = seconds_left(p) };
	struct el_buf answer;
	long status;
	int r = EL_ENOMEM;

	el_buf_init(&answer, ANSWER_MAX);
	if (text != NULL && base != NULL && call.timeout_s > 0) {
		call.body_len = strlen(text);
		snprintf(url, sizeof url, "%s/log/cosignatures", base);
		r = el_client_call(&call, &status, &answer);
	}
	/* A log that has grown meanwhile takes the next one, in a minute. */
	(void)r;
	el_buf_wipe(&answer);
	free(text);
	json_decref(json);
}

/* ---- What is asked, and what is looked at without ---- */

static struct el_witness
witness_of(struct process *p, unsigned trustee, int64_t for_ms)
{
	const struct el_sign_pk *const named = el_policy_witness(p->trust->policy, trustee);
	struct el_witness w = { .prefix = p->prefix, .trustee = trustee, .fetch = fetch, .fetch_ctx = p,
		.policy = p->trust->policy, .directory = p->trust->directory, .history = &p->history };

	/* A key that the policy does not name would sign lines that nobody takes. */
	if (p->key != NULL && named != NULL && el_sign_pk_eq(el_sign_key_pk(p->key), named))
		w.key = p->key;
	p->deadline_ms = el_clock_monotonic_ms() + for_ms;
	return w;
}

/* The trustee that this key is the witness key of; 0: of none. */
static unsigned
own_number(const struct process *p)
{
	const struct el_policy *const policy = p->trust->policy;

	for (size_t i = 0; p->key != NULL && i < policy->n_witnesses; i++)
		if (el_sign_pk_eq(&policy->witnesses[i].key, el_sign_key_pk(p->key)))
			return policy->witnesses[i].trustee;
	return 0;
}

static void
say_forked(const struct el_witness *w, const char *party)
{
	if (w->forked)
		el_log(EL_EV_LOG_FORKED, EL_ECRYPTO, el_party_issuer(party));
}

static void
look_at(struct process *p, size_t i, const char *party, int64_t now_s)
{
	struct el_witness w = witness_of(p, own_number(p), LOOK_MS);
	struct el_buf note;
	enum el_code code;

	el_buf_init(&note, EL_NOTE_MAX);
	if ((code = el_witness_look(&w, party, now_s, &note)) == EL_CODE_OK && note.len > 0)
		hand_in(p, party, &note);
	say_forked(&w, party);
	if (code != EL_CODE_OK && !w.forked && !p->unseen_said[i])
		el_log(EL_EV_LOG_UNSEEN, EL_OK, el_party_issuer(party));
	p->unseen_said[i] = code != EL_CODE_OK;
	el_buf_wipe(&note);
}

static void
witness_tick(void *ctx, struct el_worker *w)
{
	struct process *const p = ctx;
	const size_t i = p->ticks++ % LOOK_TICKS;
	char party[EL_PARTY_NAME_MAX + 1] = "registry";

	if (p->trust == NULL || i > p->trust->directory->n_issuers || i > EL_ISSUERS_MAX)
		return;
	if (i > 0)
		el_party_of_issuer(p->trust->directory->issuers[i - 1].issuer, party);
	if (el_log_party_key(p->trust->directory, party) != NULL)
		look_at(p, i, party, el_worker_now(w));
}

static enum el_code
vouch(struct process *p, const struct el_msg *m, int64_t now_s, struct el_buf *line, struct el_buf *history)
{
	struct el_rd rd = el_rd_init(m->body, m->len);
	const unsigned trustee = el_rd_u8(&rd);
	char party[EL_PARTY_NAME_MAX + 1] = "";
	const uint8_t *name, *note;
	size_t name_len, len;
	struct el_witness w;
	enum el_code code;

	name = el_rd_blob(&rd, EL_PARTY_NAME_MAX, &name_len);
	note = el_rd_blob(&rd, EL_NOTE_MAX, &len);
	if (el_rd_end(&rd) != EL_OK || name == NULL || note == NULL) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return EL_CODE_INTERNAL;
	}
	if (p->trust == NULL)
		return EL_CODE_LOG_UNAVAILABLE;
	memcpy(party, name, name_len);
	w = witness_of(p, trustee, CHECK_MS);
	if ((code = el_witness_vouch(&w, party, note, len, now_s, line)) == EL_CODE_OK)
		el_history_put(history, w.history);
	say_forked(&w, party);
	return code;
}

static void
witness_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct process *const p = ctx;
	struct el_buf line, history, body;
	int r;

	if (kind != EL_AUTHORITY_CORE || m->type != EL_AM_VOUCH) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	el_buf_init(&line, EL_COSIGNATURE_MAX);
	el_buf_init(&history, EL_HISTORY_BYTES_MAX);
	el_buf_init(&body, EL_COSIGNATURE_MAX + EL_HISTORY_BYTES_MAX + 8);
	el_buf_put_u16(&body, (uint16_t)vouch(p, m, el_worker_now(w), &line, &history));
	el_buf_put_blob(&body, line.p, line.len);
	el_buf_put(&body, history.p, history.len);
	if ((r = history.err != EL_OK ? history.err : body.err) == EL_OK)
		r = el_worker_put(w, kind, index, EL_AM_VOUCHED, m->id, body.p, body.len);
	if (r != EL_OK)
		el_log(EL_EV_LINK_LOST, r, m->type);
	el_buf_wipe(&line);
	el_buf_wipe(&history);
	el_buf_wipe(&body);
}

/* ---- The process ---- */

/* The old documents stay where the new ones are refused; core says why. */
static void
load_trust(struct process *p, int64_t now_s)
{
	struct el_trust *const fresh = p->trust == NULL ? calloc(1, sizeof *fresh) : p->trust;
	int r;

	if (fresh == NULL)
		return;
	if ((r = el_service_trust(&p->conf->service, now_s, fresh)) == EL_OK)
		p->trust = fresh;
	else if (p->trust == NULL) {
		el_log(EL_EV_RELOAD_FAILED, r, 0);
		el_trust_wipe(fresh);
		free(fresh);
	}
}

static int
load_key(struct process *p)
{
	uint8_t *seed = NULL;
	int r;

	if (p->conf->witness_key_file[0] == '\0')
		return EL_OK;
	if ((r = el_keyfile_read(p->conf->witness_key_file, EL_PURPOSE_WITNESS, NULL, NULL, &seed, NULL)) == EL_OK)
		r = el_sign_key_new(seed, &p->key);
	el_secret_free(seed);
	return r;
}

static int
witness_start(void *ctx, struct el_worker *w)
{
	struct process *const p = ctx;
	char dir[480];
	int r;

	if ((r = el_path_join(dir, sizeof dir, p->conf->service.data_dir, "witness")) != EL_OK ||
	    (r = el_dir_make(dir)) != EL_OK || (r = el_path_join(p->prefix, sizeof p->prefix, dir, "log")) != EL_OK ||
	    (r = load_key(p)) != EL_OK)
		return r;
	load_trust(p, el_worker_now(w));
	return EL_OK;
}

static void
witness_reload(void *ctx, struct el_worker *w)
{
	load_trust(ctx, el_worker_now(w));
}

static void
witness_stop(void *ctx)
{
	struct process *const p = ctx;

	if (p->trust != NULL)
		el_trust_wipe(p->trust);
	free(p->trust);
	el_sign_key_free(p->key);
}

int
el_authority_witness_run(struct el_child *child, void *conf)
{
	/* One check takes seconds: its answer should not wait for the next. */
	static const struct el_worker_ops ops = { .start = witness_start, .message = witness_message, .tick = witness_tick,
		.reload = witness_reload, .stop = witness_stop, .messages_max = 1 };
	static struct process p;

	p.conf = conf;
	return el_worker_run(child, &ops, &p);
}
