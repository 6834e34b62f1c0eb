#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/event_log.h"
#include "base/limits.h"
#include "entrylog/epoch.h"
#include "issuer/core_internal.h"

/* What executors ask of core: answers are held until the public log has their entry (order/held.h). */

void
el_issuer_core_on_log_word(
    struct el_issuer_core *c, uint64_t id, int result, const struct el_log_proof *proof, int64_t now_s)
{
	struct el_waiting *o = c->waiting;
	uint8_t *sealed = NULL;
	size_t len;

	while (o < c->waiting + c->n_waiting && o->id != id)
		o++;
	if (o == c->waiting + c->n_waiting)
		return;
	/* What fails in the log process is not ours: only our own tables end us. */
	if (result == EL_OK && o->batch != NULL && (result = el_notices_add(c->s, o->batch, now_s)) == EL_EIO)
		el_issuer_core_fail(c, result);
	if (result == EL_OK)
		result = el_held_seal(o->held, c->s->party, proof, &sealed, &len);
	if (result == EL_OK) {
		el_buf_put(&c->outbox.bytes, sealed, len);
		el_issuer_core_answer(c, &o->from, EL_IM_SEALED);
		el_order_gate_answered(c->s, o->held->count);
	} else {
		/* Of a notice that found no space the log says too much; the same request again is free. */
		el_log(EL_EV_ORDER_REFUSED, result, (uint64_t)EL_CODE_LOG_UNAVAILABLE);
		el_issuer_core_refuse(
		    c, &o->from, result == EL_ESPACE && proof != NULL ? EL_CODE_BUSY : EL_CODE_LOG_UNAVAILABLE);
	}
	free(sealed);
	el_notice_batch_free(o->batch);
	el_held_free(o->held);
	memmove(o, o + 1, (size_t)(c->waiting + c->n_waiting - (o + 1)) * sizeof *o);
	c->n_waiting--;
}

/* P-7.1, 8: the entry first.  Where the log cannot be asked nothing is answered, and tickets are drawn all the same. */
static void
answer_order(struct el_issuer_core *c, struct el_worker *w, const struct el_from *from, enum el_code code, int err,
    struct el_held *held, struct el_notice_batch *batch)
{
	int r;

	if (err != EL_OK) {
		el_issuer_core_fail(c, err);
	} else if (code != EL_CODE_OK) {
		el_issuer_core_refuse(c, from, code);
	} else if (c->n_waiting == EL_WAITING_MAX || !el_answers_take(&c->s->answers, &held->order.hash,
							 el_epoch_of(el_worker_now(w), el_issuer_day_offset(c->s)))) {
		el_held_free(held);
		el_notice_batch_free(batch);
		el_issuer_core_refuse(c, from, c->n_waiting == EL_WAITING_MAX ? EL_CODE_BUSY : EL_CODE_DAILY_CAP);
	} else {
		c->waiting[c->n_waiting++] = (struct el_waiting){ *from, ++c->log_serial, held, batch,
			el_clock_monotonic_ms() + EL_ORDER_WAIT_S * 1000 };
		if ((r = el_publog_ask(c->s->publog, w, c->log_serial, held->entry, held->entry_len, held->roots,
			 held->n_roots)) != EL_OK)
			el_issuer_core_on_log_word(c, c->log_serial, r, NULL, el_worker_now(w));
	}
}

void
el_issuer_core_give_up_waiting(struct el_issuer_core *c, int64_t now_s)
{
	const int64_t now_ms = el_clock_monotonic_ms();

	while (c->n_waiting > 0 && now_ms > c->waiting[0].until_ms) /* the oldest is the first */
		el_issuer_core_on_log_word(c, c->waiting[0].id, EL_EBUSY, NULL, now_s);
}

void
el_issuer_core_on_identities(
    struct el_issuer_core *c, struct el_worker *w, const struct el_from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_identities_call *const call = calloc(1, sizeof *call);
	struct el_notice_batch *batch = NULL;
	struct el_held *held = NULL;
	enum el_code code;
	int r;

	if (call == NULL) {
		el_issuer_core_refuse(c, from, EL_CODE_BUSY);
		return;
	}
	if (el_msg_identities_parse(m->body, m->len, call) == EL_OK) {
		code = el_identities_answer(c->s, call, now_s, &held, &batch, &r);
		answer_order(c, w, from, code, r, held, batch);
	} else {
		el_issuer_core_misbehaved(m);
	}
	el_identities_call_wipe(call);
	free(call);
}

void
el_issuer_core_on_traces(
    struct el_issuer_core *c, struct el_worker *w, const struct el_from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_traces_call *const call = calloc(1, sizeof *call);
	struct el_held *held = NULL;
	enum el_code code;
	int r;

	if (call == NULL) {
		el_issuer_core_refuse(c, from, EL_CODE_BUSY);
		return;
	}
	if (el_msg_traces_parse(m->body, m->len, call) == EL_OK) {
		code = el_traces_answer(c->s, call, now_s, &held, &r);
		answer_order(c, w, from, code, r, held, NULL);
	} else {
		el_issuer_core_misbehaved(m);
	}
	el_traces_call_wipe(call);
	free(call);
}
