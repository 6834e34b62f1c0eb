#include "issuer/notices.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "issuer/identity.h"
#include "issuer/visitors.h"

/* What a row holds. */
struct notice {
	struct el_phone phone;
	uint16_t template;
	el_epoch day;
};

static bool
same(const struct notice *a, const struct notice *b)
{
	return a->template == b->template && a->day == b->day && strcmp(a->phone.s, b->phone.s) == 0;
}

static struct el_row_place
place_of(const struct el_notice_row *row)
{
	return (struct el_row_place){ EL_STORE_NOTICE, row->epoch, 0, row->place, row->tag };
}

static void
seal(const struct notice *v, const uint8_t rows_key[EL_KEY_LEN], struct el_notice_row *row)
{
	static const uint8_t zeros[EL_PHONE_MAX];
	const size_t len = strnlen(v->phone.s, EL_PHONE_MAX);
	const struct el_row_place place = place_of(row);
	uint8_t plain[EL_NOTICE_LEN];
	struct el_wr w = el_wr_init(plain, sizeof plain);

	el_wr_u8(&w, (uint8_t)len); /* P-11.2, row plaintexts */
	el_wr_bytes(&w, v->phone.s, len);
	el_wr_bytes(&w, zeros, sizeof zeros - len);
	el_wr_u16(&w, v->template);
	el_wr_u16(&w, v->day);
	el_row_seal(rows_key, &place, plain, sizeof plain, row->sealed);
	el_secret_wipe(plain, sizeof plain);
}

static int
open_row(const struct el_notice_row *row, const uint8_t rows_key[EL_KEY_LEN], struct notice *out)
{
	const struct el_row_place place = place_of(row);
	uint8_t plain[EL_NOTICE_LEN];
	struct el_rd rd;
	char phone[EL_PHONE_MAX + 1] = "";
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_row_open(rows_key, &place, row->sealed, sizeof row->sealed, plain)) != EL_OK)
		return r;
	rd = el_rd_init(plain, sizeof plain);
	len = el_rd_u8(&rd);
	el_rd_bytes(&rd, phone, EL_PHONE_MAX);
	out->template = el_rd_u16(&rd);
	out->day = el_rd_u16(&rd);
	if (el_rd_end(&rd) != EL_OK || len > EL_PHONE_MAX || strlen(phone) != len ||
	    el_phone_parse(phone, &out->phone) != EL_OK)
		r = EL_EFORMAT;
	el_secret_wipe(phone, sizeof phone);
	el_secret_wipe(plain, sizeof plain);
	return r;
}

/* ---- Keeping them ---- */

struct looking {
	const struct notice *wanted;
	const struct el_identity_keys *keys;
	bool found;
};

static int
look(void *ctx, const struct el_notice_row *row)
{
	struct looking *const x = ctx;
	struct notice v;

	/* Equal tags alone prove nothing; a damaged row tells nobody anything. */
	if (open_row(row, x->keys->rows, &v) == EL_OK && same(&v, x->wanted))
		x->found = true;
	el_secret_wipe(&v, sizeof v);
	return EL_OK;
}

/* One row more, unless its like is there already. */
static int
prepare(struct el_issuer *s, const struct notice *v, el_epoch epoch, struct el_notice_row *rows, size_t *n)
{
	struct el_notice_row *const row = &rows[*n];
	struct el_identity_keys keys;
	struct looking x = { .wanted = v, .keys = &keys };
	int r;

	if ((r = el_issuer_keys_of(&s->keys, EL_KEY_ID, epoch, &keys)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r;
	*row = (struct el_notice_row){ .epoch = epoch, .tag = el_identity_phone_tag(keys.tags, &v->phone) };
	el_random(&row->place, sizeof row->place);
	for (size_t i = 0; i < *n && !x.found; i++)
		if (rows[i].epoch == epoch && rows[i].tag == row->tag)
			(void)look(&x, &rows[i]);
	if ((r = el_issuer_db_each_notice(s->db, epoch, row->tag, false, look, &x)) == EL_OK &&
	    (r = el_issuer_db_each_notice(s->db, epoch, row->tag, true, look, &x)) == EL_OK && !x.found) {
		seal(v, keys.rows, row);
		++*n;
	}
	el_secret_wipe(&keys, sizeof keys);
	return r;
}

struct el_notice_batch *
el_notice_batch_new(size_t max)
{
	return calloc(1, sizeof(struct el_notice_batch) + max * sizeof(struct el_notice_to));
}

void
el_notice_batch_free(struct el_notice_batch *b)
{
	if (b == NULL)
		return;
	el_secret_wipe(b, sizeof *b + b->n * sizeof b->to[0]);
	free(b);
}

int
el_notices_add(struct el_issuer *s, const struct el_notice_batch *b, int64_t now_s)
{
	const el_epoch tomorrow = el_issuer_keys_tomorrow(&s->keys, now_s);
	struct el_notice_row *const rows = calloc(b->n + 1, sizeof *rows);
	struct notice v = { .template = b->template, .day = b->day };
	size_t n_rows = 0;
	int r = rows != NULL ? EL_OK : EL_ENOMEM;

	for (size_t i = 0; r == EL_OK && i < b->n; i++) {
		v.phone = b->to[i].phone;
		r = prepare(s, &v, b->to[i].epoch, rows, &n_rows);
	}
	if (r == EL_OK)
		r = el_issuer_db_add_notices(s->db, rows, n_rows, tomorrow);
	el_secret_wipe(&v, sizeof v);
	free(rows);
	return r;
}

/* ---- Once a day ---- */

int
el_notices_show(struct el_issuer *s, int64_t now_s)
{
	const el_epoch today = el_issuer_keys_today(&s->keys, now_s);
	int r;

	if (s->notices_shown && s->notices_epoch == today)
		return EL_OK;
	if ((r = el_issuer_db_show_notices(s->db, today)) == EL_OK) {
		s->notices_shown = true;
		s->notices_epoch = today;
	}
	return r;
}

/* The first day that is not destroyed yet. */
static el_epoch
oldest_day(const struct el_issuer *s, int64_t now_s)
{
	return el_epoch_of(now_s - EL_TOKEN_GRACE_S - EL_RETENTION_S, el_issuer_day_offset(s));
}

int
el_notices_purge(struct el_issuer *s, int64_t now_s)
{
	const el_epoch oldest = oldest_day(s, now_s);
	int r;

	if (s->notices_purged && s->notices_oldest == oldest)
		return EL_OK;
	if ((r = el_issuer_db_purge_notices(s->db, oldest)) == EL_OK) {
		s->notices_purged = true;
		s->notices_oldest = oldest;
	}
	return r;
}

/* ---- Their visitor ---- */

/* What the walk over one visitor's rows does with each. */
struct mine {
	struct el_issuer *s;
	const struct el_phone *phone;
	struct el_identity_keys keys;
	struct el_notices *out;	    /* list them, or */
	struct el_notice_row *rows; /* collect them, malloc'ed */
	size_t n_rows;
};

static int
compare_texts(const void *a, const void *b)
{
	const struct el_notice_text *const x = a, *const y = b;

	return x->day != y->day ? (int)x->day - (int)y->day : (int)x->template - (int)y->template;
}

static void
list(struct mine *x, const struct notice *v)
{
	const struct el_policy_template *const t = el_policy_template(x->s->trust.policy, v->template);
	struct el_notice_text *text;

	/* The same for two days of the visitor says nothing more. */
	for (size_t i = 0; i < x->out->n; i++)
		if (x->out->list[i].template == v->template && x->out->list[i].day == v->day)
			return;
	if (t == NULL || x->out->n == EL_NOTICES_MAX)
		return;
	text = &x->out->list[x->out->n++];
	text->template = v->template;
	text->day = v->day;
	memcpy(text->ko, t->ko, sizeof text->ko);
	memcpy(text->en, t->en, sizeof text->en);
}

static int
collect(struct mine *x, const struct el_notice_row *row)
{
	struct el_notice_row *const bigger = realloc(x->rows, (x->n_rows + 1) * sizeof *bigger);

	if (bigger == NULL)
		return EL_ENOMEM;
	x->rows = bigger;
	x->rows[x->n_rows++] = *row;
	return EL_OK;
}

static int
mine(void *ctx, const struct el_notice_row *row)
{
	struct mine *const x = ctx;
	struct notice v;
	int r = EL_OK;

	if (open_row(row, x->keys.rows, &v) != EL_OK) {
		el_log(EL_EV_STORE_FAILED, EL_ECRYPTO, row->epoch);
	} else if (strcmp(v.phone.s, x->phone->s) == 0) {
		if (x->out != NULL)
			list(x, &v);
		else
			r = collect(x, row);
	}
	el_secret_wipe(&v, sizeof v);
	return r;
}

/* From the newest day on: what does not fit any more is the oldest. */
static int
walk(struct mine *x, int64_t now_s)
{
	const unsigned oldest = oldest_day(x->s, now_s);
	int r = EL_OK;

	for (unsigned e = el_issuer_keys_tomorrow(&x->s->keys, now_s); r == EL_OK && e + 1 > oldest; e--) {
		r = el_issuer_keys_of(&x->s->keys, EL_KEY_ID, (el_epoch)e, &x->keys);
		if (r == EL_OK)
			r = el_issuer_db_each_notice(x->s->db, (el_epoch)e, el_identity_phone_tag(x->keys.tags, x->phone),
			    false, mine, x);
		if (r == EL_ENOTFOUND) /* a day without visitors */
			r = EL_OK;
	}
	el_secret_wipe(&x->keys, sizeof x->keys);
	return r;
}

static enum el_code
find_visitor(struct el_issuer *s, const uint8_t *credential, int64_t now_s, struct el_visitor *out, int *err)
{
	*err = el_visitors_find(s->db, credential, now_s, out);
	if (*err != EL_ENOTFOUND)
		return *err == EL_OK ? EL_CODE_OK : EL_CODE_INTERNAL;
	*err = EL_OK;
	return EL_CODE_UNAUTHORIZED;
}

enum el_code
el_notices_list(struct el_issuer *s, const uint8_t credential[EL_KEY_LEN], int64_t now_s, struct el_notices *out, int *err)
{
	struct el_visitor v;
	struct mine x = { .s = s, .phone = &v.phone, .out = out };
	enum el_code code;

	memset(out, 0, sizeof *out);
	if ((code = find_visitor(s, credential, now_s, &v, err)) == EL_CODE_OK && (*err = walk(&x, now_s)) != EL_OK)
		code = EL_CODE_INTERNAL;
	qsort(out->list, out->n, sizeof *out->list, compare_texts);
	el_secret_wipe(&v, sizeof v);
	return code;
}

enum el_code
el_notices_confirm(struct el_issuer *s, const uint8_t credential[EL_KEY_LEN], int64_t now_s, int *err)
{
	struct el_visitor v;
	struct mine x = { .s = s, .phone = &v.phone };
	enum el_code code;

	if ((code = find_visitor(s, credential, now_s, &v, err)) == EL_CODE_OK &&
	    ((*err = walk(&x, now_s)) != EL_OK || (*err = el_issuer_db_drop_notices(s->db, x.rows, x.n_rows)) != EL_OK))
		code = EL_CODE_INTERNAL;
	free(x.rows);
	el_secret_wipe(&v, sizeof v);
	return code;
}
