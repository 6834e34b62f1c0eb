#include "registry/visits_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "order/callsig.h"
#include "order/check.h"
#include "order/release.h"
#include "publog/publish.h"
#include "registry/visits_answer.h"
#include "token/trace_box.h"

#define PARTY "registry"

struct el_visits_job {
	struct el_order order;
	struct el_hash request;
	struct el_visits_search *search;
	struct el_visits_writer *writer; /* once everything is found, and the log has all roots */
	uint64_t *roots; /* malloc'ed: where the log has them */
	size_t n_roots;
};

void
el_visits_call_wipe(struct el_visits_call *c)
{
	el_document_wipe(&c->order);
	el_document_wipe(&c->statement);
	if (c->secrets != NULL)
		el_secret_wipe(c->secrets, c->n_secrets * sizeof *c->secrets);
	free(c->secrets);
	memset(c, 0, sizeof *c);
}

void
el_visits_job_free(struct el_visits_job *j)
{
	if (j == NULL)
		return;
	el_visits_writer_free(j->writer);
	el_visits_search_free(j->search);
	free(j->roots);
	free(j);
}

/* P-7.1: the executor's signature over this very call, once. */
static enum el_code
check_executor(struct el_registry *g, const struct el_visits_call *c, const struct el_order *o, int64_t now_s)
{
	struct el_call call = {
		.method = EL_VISITS_METHOD, .path = EL_VISITS_PATH, .party = PARTY, .body = c->body, .time_s = c->time_s
	};

	memcpy(call.nonce, c->nonce, sizeof call.nonce);
	return el_call_check(g->nonces, &call, &c->key, &c->sig, o, now_s);
}

/* Whether the issuer's statement names what this secret commits to, for that day. */
static bool
is_stated(const struct el_trace_statement *s, const struct el_visits_secret *secret)
{
	uint8_t com[32];
	bool same = false;

	el_trace_com(secret->secret, com);
	for (size_t i = 0; i < s->n_rows && !same; i++)
		same = s->rows[i].epoch == secret->epoch && el_bytes_eq(s->rows[i].com, com, sizeof com);
	el_secret_wipe(com, sizeof com);
	return same;
}

static enum el_code
check_stated(const struct el_registry *g, const struct el_visits_call *c, const struct el_order *o,
    const struct el_trace_statement *s)
{
	char party[EL_PARTY_NAME_MAX + 1];

	(void)snprintf(party, sizeof party, "issuer:%u", s->issuer);
	if (!el_hash_eq(&s->deployment, &g->trust.deployment))
		return EL_CODE_SIGNATURE_INVALID;
	if (!el_hash_eq(&s->order, &o->hash) || el_order_for(o, party) == NULL)
		return EL_CODE_SCOPE_MISMATCH;
	for (size_t i = 0; i < c->n_secrets; i++)
		if (c->secrets[i].epoch < o->first_epoch || c->secrets[i].epoch > o->last_epoch ||
		    !is_stated(s, &c->secrets[i]))
			return EL_CODE_SCOPE_MISMATCH;
	return EL_CODE_OK;
}

/* P-7.3 step 3: only secrets that an issuer of this order has committed to. */
static enum el_code
check_secrets(const struct el_registry *g, const struct el_visits_call *c, const struct el_order *o)
{
	const struct el_issuer_entry *issuer;
	struct el_trace_statement s;
	enum el_code code;
	uint8_t number;

	if (el_trace_statement_issuer(&c->statement, &number) != EL_OK)
		return EL_CODE_MALFORMED_ORDER;
	if ((issuer = el_directory_issuer(g->trust.directory, number)) == NULL)
		return EL_CODE_SIGNATURE_INVALID;
	switch (el_trace_statement_open(&c->statement, &issuer->answer_key, &s)) {
	case EL_OK:
		break;
	case EL_ECRYPTO:
		return EL_CODE_SIGNATURE_INVALID;
	case EL_ENOMEM:
		return EL_CODE_BUSY;
	default:
		return EL_CODE_MALFORMED_ORDER;
	}
	code = check_stated(g, c, o, &s);
	el_trace_statement_wipe(&s);
	return code;
}

static enum el_code
judge(struct el_registry *g, const struct el_visits_call *c, int64_t now_s, struct el_order *o, struct el_scope *scope)
{
	enum el_code code;

	if ((code = el_order_check(&c->order, g->trust.policy, now_s, o)) != EL_CODE_OK)
		return code;
	if (el_order_for(o, PARTY) == NULL)
		return EL_CODE_SCOPE_MISMATCH;
	if ((code = check_executor(g, c, o, now_s)) != EL_CODE_OK ||
	    (code = el_order_check_scope(o, PARTY, &c->scope, scope)) != EL_CODE_OK)
		return code;
	if (c->is_trace != (scope->form == EL_SCOPE_SECRETS))
		return EL_CODE_SCOPE_MISMATCH;
	if ((code = el_order_check_retention(o, scope, now_s, el_registry_day_offset(g))) != EL_CODE_OK)
		return code;
	return c->is_trace ? check_secrets(g, c, o) : EL_CODE_OK;
}

/* o: the order where it is known, else NULL.  The log hears of it where it carried its quorum. */
static enum el_code
refused(struct el_registry *g, const struct el_order *o, enum el_code code, int64_t now_s)
{
	g->counters.orders_refused++;
	el_log(EL_EV_ORDER_REFUSED, EL_OK, (uint64_t)code);
	if (o != NULL)
		el_publog_say_refused(g->publog, &g->refusals, o, code, now_s, el_registry_day_offset(g));
	return code;
}

enum el_code
el_visits_order_begin(struct el_registry *g, struct el_visits_call *c, int64_t now_s, struct el_visits_job **out)
{
	struct el_visits_job *const j = calloc(1, sizeof *j);
	struct el_scope scope;
	enum el_code code = EL_CODE_BUSY;
	int r;

	*out = NULL;
	memset(&scope, 0, sizeof scope);
	if (j == NULL || (code = judge(g, c, now_s, &j->order, &scope)) != EL_CODE_OK)
		goto refuse;
	/* Before anything is done: each call may close a segment, and its answer is an entry of the log. */
	if (!el_answers_take(&g->answers, &j->order.hash, el_epoch_of(now_s, el_registry_day_offset(g)))) {
		code = EL_CODE_DAILY_CAP;
		goto refuse;
	}
	j->request = c->body;
	r = el_visits_search_new(
	    &scope, j->order.first_epoch, j->order.last_epoch, c->secrets, c->n_secrets, &j->search);
	c->secrets = NULL;
	c->n_secrets = 0;
	if (r != EL_OK) {
		code = EL_CODE_BUSY;
		goto refuse;
	}
	el_scope_wipe(&scope);
	*out = j;
	return EL_CODE_OK;
refuse:
	el_scope_wipe(&scope);
	(void)refused(g, j != NULL ? &j->order : NULL, code, now_s);
	el_visits_job_free(j);
	return code;
}

/* Everything is found: begin to write, once the log has the roots of all segments. */
static enum el_code
begin_writing(struct el_registry *g, struct el_visits_job *j, int64_t now_s, enum el_visits_progress *progress, int *err)
{
	const struct el_found *rows;
	size_t n;

	rows = el_visits_search_rows(j->search, &n);
	*progress = EL_VISITS_WAITING;
	if ((*err = el_visits_roots(g, rows, n, &j->roots, &j->n_roots)) == EL_ENOTFOUND) {
		*err = EL_OK;
		/* Its entry could not be made either: others behind it need not wait. */
		return g->publog != NULL && !el_publog_available(g->publog) ? EL_CODE_LOG_UNAVAILABLE : EL_CODE_OK;
	}
	if (*err != EL_OK)
		return EL_CODE_INTERNAL;
	if (j->n_roots > EL_LOG_ROOTS_MAX) /* the log could not prove it, however often it is asked */
		return EL_CODE_LIMIT_EXCEEDED;
	*progress = EL_VISITS_MORE;
	return el_visits_writer_begin(g, &j->order, &j->request, rows, n, now_s, &j->writer, err);
}

static int
write_on(struct el_registry *g, struct el_visits_job *j, enum el_visits_progress *progress, struct el_held **held)
{
	const int r = el_visits_writer_step(j->writer, g, held);

	*progress = *held != NULL ? EL_VISITS_DONE : EL_VISITS_MORE;
	if (*held == NULL)
		return r;
	(*held)->roots = j->roots;
	(*held)->n_roots = j->n_roots;
	j->roots = NULL;
	return r;
}

int
el_visits_order_step(struct el_registry *g, struct el_visits_job *j, int64_t now_s, enum el_visits_progress *progress,
    enum el_code *code, struct el_held **held)
{
	int r;

	*code = EL_CODE_OK;
	*held = NULL;
	r = j->writer != NULL ? write_on(g, j, progress, held) : el_visits_search_step(j->search, g, now_s, progress);
	if (r == EL_ELIMIT) { /* too many rows, or too long for one message */
		r = EL_OK;
		*progress = EL_VISITS_DONE;
		*code = EL_CODE_LIMIT_EXCEEDED;
	} else if (r == EL_OK && *progress == EL_VISITS_DONE && j->writer == NULL) {
		*code = begin_writing(g, j, now_s, progress, &r);
	}
	if (*code != EL_CODE_OK) {
		*progress = EL_VISITS_DONE;
		(void)refused(g, &j->order, *code, now_s);
	}
	return r;
}

void
el_visits_order_answered(struct el_registry *g, const struct el_held *held)
{
	g->counters.orders_answered++;
	el_log(EL_EV_ORDER_ANSWERED, EL_OK, held->count);
}
