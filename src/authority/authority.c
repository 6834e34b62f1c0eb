#include "authority/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/purge.h"
#include "authority/report.h"
#include "base/codec.h"
#include "base/event_log.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "order/check.h"
#include "proc/control.h"

int
el_authority_open(const struct el_authority_conf *conf, int64_t now_s, struct el_authority **out)
{
	static const char *const folders[] = { "reports", "orders", "trustees" };
	struct el_authority *a = calloc(1, sizeof *a);
	char path[512];
	int r = EL_ENOMEM;

	*out = NULL;
	if (a == NULL || (a->trust = calloc(1, sizeof *a->trust)) == NULL)
		goto out;
	a->conf = conf;
	a->guard_said = EL_GUARD_UNCONFIRMED;
	a->rescan = true;
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		if ((r = el_path_join(path, sizeof path, conf->service.data_dir, folders[i])) != EL_OK ||
		    (r = el_dir_make(path)) != EL_OK)
			goto out;
	if ((r = el_service_trust(&conf->service, now_s, a->trust)) != EL_OK ||
	    (r = el_service_accept(&conf->service, a->trust, NULL)) != EL_OK || (r = el_nonces_new(&a->nonces)) != EL_OK ||
	    (r = el_path_join(path, sizeof path, conf->service.data_dir, "keyring")) != EL_OK ||
	    (r = el_keyring_open(path, conf->service.kek_file, EL_PARTY_AUTHORITY, &a->keyring)) != EL_OK)
		goto out;
	*out = a;
	a = NULL;
out:
	el_authority_close(a);
	return r;
}

void
el_authority_close(struct el_authority *a)
{
	if (a == NULL)
		return;
	if (a->trust != NULL)
		el_trust_wipe(a->trust);
	free(a->trust);
	el_nonces_free(a->nonces);
	el_keyring_close(a->keyring);
	free(a);
}

int
el_authority_reload(struct el_authority *a, int64_t now_s)
{
	int r;

	if ((r = el_service_trust(&a->conf->service, now_s, a->trust)) == EL_OK)
		r = el_service_accept(&a->conf->service, a->trust, NULL);
	el_log(r == EL_OK ? EL_EV_RELOADED : EL_EV_RELOAD_FAILED, r, 0);
	return r;
}

uint32_t
el_authority_day_offset(const struct el_authority *a)
{
	return a->trust->policy->day_offset;
}

void
el_authority_state(const struct el_authority *a, int64_t now_s, struct el_service_state *out)
{
	const el_epoch today = el_epoch_of(now_s, el_authority_day_offset(a));

	memset(out, 0, sizeof *out);
	out->serving = a->guard_said != EL_GUARD_UNCONFIRMED;
	out->store_ok = !a->store_failed;
	out->clock_ok = a->guard_said == EL_GUARD_ALLOW;
	out->purge_on_time = !a->late_said;
	for (unsigned e = today; e <= UINT16_MAX && el_bundle_epoch(a->trust->bundle, (el_epoch)e) != NULL; e++)
		out->key_days++;
	out->keys_ok = out->key_days > 0;
	out->counters[0] = a->opened;
	out->counters[1] = a->refused;
}

/* ---- A trustee over HTTP ---- */

/*
 * The caller is the executor that the order names, now, and only once.  The order first: who could name itself executor
 * of an order of its own would fill the memory of nonces.
 */
static enum el_code
check_caller(struct el_authority *a, const struct el_partials_call *call, const struct el_request *q, unsigned trustee,
    int64_t now_s)
{
	struct el_call signed_call = { .method = "POST", .path = "/v1/partials", .time_s = call->time_s };
	struct el_sign_pk key;
	struct el_order order;
	struct el_sig sig;
	char party[32];
	enum el_code code;

	if ((code = el_order_check(&q->order->document, a->trust->policy, now_s, &order)) != EL_CODE_OK)
		return code;
	snprintf(party, sizeof party, "trustee:%u", trustee);
	signed_call.party = party;
	el_sha256(call->body, call->len, &signed_call.body);
	memcpy(signed_call.nonce, call->nonce, sizeof signed_call.nonce);
	memcpy(key.b, call->key, sizeof key.b);
	memcpy(sig.b, call->sig, sizeof sig.b);
	return el_call_check(a->nonces, &signed_call, &key, &sig, &order, now_s);
}

/* Whose log answered: what the request claims, which the checks then hold it to. */
static enum el_code
find_party(const struct el_request *q, char out[EL_PARTY_NAME_MAX + 1])
{
	uint8_t issuer;

	if (!q->trace) {
		memcpy(out, "registry", sizeof "registry");
		return EL_CODE_OK;
	}
	if (el_trace_statement_issuer(&q->statement, &issuer) != EL_OK || issuer == 0)
		return EL_CODE_MALFORMED_ORDER;
	el_party_of_issuer(issuer, out);
	return EL_CODE_OK;
}

/* Opened for each call: `trustee accept` and `trustee purge` change it beside us. */
static enum el_code
open_share(const struct el_authority *a, struct el_share_file **share, struct el_trustee *t)
{
	if (el_share_file_open(a->conf->share_file, share) != EL_OK)
		return EL_CODE_BUSY;
	*t = (struct el_trustee){ .index = (unsigned)el_share_file_info(*share)->trustee,
		.shares = el_share_file_keyring(*share), .policy = a->trust->policy, .bundle = a->trust->bundle,
		.directory = a->trust->directory };
	return EL_CODE_OK;
}

void
el_authority_refused(struct el_authority *a, enum el_code code)
{
	a->refused++;
	el_log(EL_EV_ORDER_REFUSED, EL_OK, (uint64_t)code);
}

void
el_partials_asked_wipe(struct el_partials_asked *asked)
{
	el_request_free(asked->request);
	memset(asked, 0, sizeof *asked);
}

enum el_code
el_authority_partials_ask(
    struct el_authority *a, const struct el_partials_call *call, int64_t now_s, struct el_partials_asked *out)
{
	struct el_share_file *share = NULL;
	struct el_trustee t;
	struct el_order order;
	enum el_code code;

	memset(out, 0, sizeof *out);
	if (!el_authority_is_trustee(a->conf))
		return EL_CODE_NOT_FOUND;
	if (el_request_parse(call->body, call->len, &out->request) != EL_OK)
		code = EL_CODE_MALFORMED_ORDER;
	else if ((code = open_share(a, &share, &t)) == EL_CODE_OK &&
	    (code = check_caller(a, call, out->request, t.index, now_s)) == EL_CODE_OK &&
	    (code = el_trustee_check(&t, out->request, now_s, &order)) == EL_CODE_OK &&
	    (code = find_party(out->request, out->party)) == EL_CODE_OK)
		out->trustee = t.index;
	el_share_file_close(share);
	if (code != EL_CODE_OK) {
		el_authority_refused(a, code);
		el_partials_asked_wipe(out);
	}
	return code;
}

/* What the witness process said of this request's checkpoint. */
struct vouched {
	const struct el_partials_asked *asked;
	const struct el_vouched *said;
};

static enum el_code
vouch(void *ctx, const char *party, const uint8_t *note, size_t len)
{
	const struct vouched *v = ctx;

	/* Nothing else was asked about. */
	if (strcmp(party, v->asked->party) != 0 || note != v->asked->request->proof.checkpoint ||
	    len != v->asked->request->proof.checkpoint_len)
		return EL_CODE_PROOF_MISSING;
	return v->said->code;
}

static int64_t
not_before(void *ctx, const char *party, uint64_t index)
{
	const struct vouched *v = ctx;

	(void)party; /* the one that vouch() has compared */
	return el_history_not_before(v->said->history, index);
}

enum el_code
el_authority_partials_open(struct el_authority *a, const struct el_partials_asked *asked,
    const struct el_vouched *said, int64_t now_s, char **text)
{
	struct vouched v = { asked, said };
	struct el_share_file *share = NULL;
	struct el_trustee t;
	struct el_partials p;
	enum el_code code;

	*text = NULL;
	if ((code = open_share(a, &share, &t)) == EL_CODE_OK) {
		t.vouch = vouch;
		t.not_before = not_before;
		t.vouch_ctx = &v;
		if (t.index != asked->trustee)
			code = EL_CODE_BUSY;
		else if ((code = el_trustee_open(&t, asked->request, now_s, &p)) == EL_CODE_OK) {
			el_partials_set_cosignature(&p, said->line, said->len);
			if (el_partials_encode(&p, text) != EL_OK)
				code = EL_CODE_INTERNAL;
			a->opened += p.n;
			el_partials_wipe(&p);
		}
	}
	el_share_file_close(share);
	if (code == EL_CODE_OK)
		el_log(EL_EV_ORDER_ANSWERED, EL_OK, a->opened);
	else
		el_authority_refused(a, code);
	return code;
}
