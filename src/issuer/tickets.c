#include "issuer/tickets.h"

#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "issuer/visitors.h"
#include "token/trace_box.h"

static enum el_code
find_visitor(struct el_issuer *s, const uint8_t *credential, int64_t now_s, struct el_visitor *out, int *err)
{
	*err = el_visitors_find(s->db, credential, now_s, out);
	if (*err != EL_ENOTFOUND)
		return *err == EL_OK ? EL_CODE_OK : EL_CODE_INTERNAL;
	*err = EL_OK;
	return EL_CODE_UNAUTHORIZED;
}

/* P-4.2: everything in the row that is not the visitor's own is random or follows from what is. */
static int
fill_row(const struct el_issuer *s, const struct el_visitor *v, const struct el_epoch_keys *epoch,
    const struct el_day_secret *day, struct el_identity *out)
{
	memset(out, 0, sizeof *out);
	memcpy(out->name, v->name, sizeof out->name);
	out->phone = v->phone;
	out->h = day->h;
	out->consent = v->consent;
	el_random(out->salt.b, sizeof out->salt.b);
	el_trace_com(day->s, out->com);
	return el_trace_box_seal(&epoch->traces[0], s->number, epoch->epoch, day->s, out->com, out->box);
}

static enum el_code
append(struct el_issuer *s, const struct el_visitor *v, const struct el_epoch_keys *epoch,
    const struct el_day_secret *day, int64_t now_s, int *err)
{
	struct el_identity_keys keys;
	struct el_identity row;
	enum el_code code = EL_CODE_INTERNAL;

	*err = el_issuer_keys_of(&s->keys, EL_KEY_LIVE, epoch->epoch, &keys);
	if (*err == EL_OK && (*err = fill_row(s, v, epoch, day, &row)) == EL_OK)
		*err = el_identity_group_add(
		    &s->group, s->daybook, epoch->epoch, now_s, &row, &keys, v->authenticator);
	if (*err == EL_OK)
		code = EL_CODE_OK;
	else if (*err == EL_ENOTFOUND || *err == EL_ESTATE) { /* a clock that went back: the day is closed */
		*err = EL_OK;
		code = EL_CODE_NOT_READY;
	} else if (*err == EL_ESPACE) {
		*err = EL_OK;
		code = EL_CODE_BUSY;
		s->is_full = s->was_full = true;
	}
	el_secret_wipe(&row, sizeof row);
	el_secret_wipe(&keys, sizeof keys);
	return code;
}

enum el_code
el_tickets_draw(struct el_issuer *s, const uint8_t credential[EL_KEY_LEN], bool tomorrow, int64_t now_s,
    struct el_day_ticket *out, int *err)
{
	const el_epoch e = tomorrow ? el_issuer_keys_tomorrow(&s->keys, now_s) : el_issuer_keys_today(&s->keys, now_s);
	const struct el_epoch_keys *const epoch = el_bundle_epoch(s->trust.bundle, e);
	uint8_t ticket_key[EL_KEY_LEN] = { 0 };
	struct el_day_secret day;
	struct el_visitor v;
	enum el_code code;

	memset(out, 0, sizeof *out);
	memset(&day, 0, sizeof day);
	if ((code = find_visitor(s, credential, now_s, &v, err)) != EL_CODE_OK)
		goto out;
	code = EL_CODE_NOT_READY;
	if (epoch == NULL || el_issuer_keys_ticket(&s->keys, e, ticket_key) != EL_OK)
		goto out;
	if ((*err = el_drawn_take(s->drawn, v.authenticator, e)) != EL_OK) {
		code = *err == EL_ELIMIT ? EL_CODE_RATE_LIMITED : EL_CODE_BUSY;
		*err = EL_OK;
		goto out;
	}
	el_random(day.s, sizeof day.s);
	el_random(day.h.b, sizeof day.h.b);
	if ((code = append(s, &v, epoch, &day, now_s, err)) != EL_CODE_OK) {
		el_drawn_give(s->drawn, v.authenticator, e);
		goto out;
	}
	el_ticket_seal(ticket_key, s->number, e, &day, out->ticket);
	out->epoch = e;
	out->valid_until_s = el_epoch_end(e, el_issuer_day_offset(s));
out:
	if (code == EL_CODE_OK)
		s->counters.tickets++;
	else
		s->counters.tickets_refused++;
	el_secret_wipe(ticket_key, sizeof ticket_key);
	el_secret_wipe(&day, sizeof day);
	el_secret_wipe(&v, sizeof v);
	return code;
}

/* ---- What is stored ---- */

struct me_walk {
	const struct el_phone *phone;
	struct el_identity_keys keys;
	bool found;
};

static int
me_row(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct me_walk *const w = ctx;
	struct el_identity v;

	/* Equal tags alone prove nothing. */
	if (el_identity_open(row, &w->keys, ref->epoch, ref->segment, &v) == EL_OK &&
	    strcmp(v.phone.s, w->phone->s) == 0)
		w->found = true;
	el_secret_wipe(&v, sizeof v);
	return EL_OK;
}

static int
me_day(struct el_issuer *s, el_epoch e, struct me_walk *w)
{
	uint64_t tag;
	int r = el_issuer_keys_rows(&s->keys, e, &w->keys);

	w->found = false;
	if (r == EL_OK) {
		tag = el_identity_phone_tag(w->keys.tags, w->phone);
		r = s->daybook->ops->find(s->daybook, e, e, EL_TAG_B, &tag, 1, me_row, w);
	}
	el_secret_wipe(&w->keys, sizeof w->keys);
	return r == EL_ENOTFOUND ? EL_OK : r;
}

enum el_code
el_tickets_me(struct el_issuer *s, const uint8_t credential[EL_KEY_LEN], int64_t now_s, struct el_me *out, int *err)
{
	el_epoch epochs[EL_ME_DAYS_MAX];
	struct me_walk w = { .phone = &out->phone };
	struct el_visitor v;
	enum el_code code;
	size_t n = 0;

	memset(out, 0, sizeof *out);
	if ((code = find_visitor(s, credential, now_s, &v, err)) != EL_CODE_OK)
		return code;
	memcpy(out->name, v.name, sizeof out->name);
	out->phone = v.phone;
	out->verified_until_s = v.verified_until_s;
	out->consent = v.consent;
	el_secret_wipe(&v, sizeof v);
	if ((*err = el_issuer_commit(s)) == EL_OK)
		*err = s->daybook->ops->epochs(s->daybook, epochs, EL_ME_DAYS_MAX, &n);
	for (size_t i = 0; *err == EL_OK && i < n && i < EL_ME_DAYS_MAX; i++)
		if ((*err = me_day(s, epochs[i], &w)) == EL_OK && w.found)
			out->days[out->n_days++] = (struct el_me_day){ epochs[i],
				el_epoch_destroy_at(epochs[i], el_issuer_day_offset(s)) };
	return *err == EL_OK ? EL_CODE_OK : EL_CODE_INTERNAL;
}
