#include "table/spent.h"

/* What was noted before. */
struct spent {
	uint64_t order, request, day;
	bool again; /* the request is noted */
};

static int
order_spent(struct el_table *t, int first, const struct el_spending *s, struct spent *out)
{
	sqlite3_stmt *st;
	int r;

	el_table_bind_hash(el_table_use(t, first + EL_SPENT_ORDER), 1, s->order);
	if ((r = el_table_number(t, first + EL_SPENT_ORDER, &out->order)) != EL_OK)
		return r;
	st = el_table_use(t, first + EL_SPENT_REQUEST);
	el_table_bind_hash(st, 1, s->order);
	el_table_bind_hash(st, 2, s->request);
	r = el_table_number(t, first + EL_SPENT_REQUEST, &out->request);
	out->again = r == EL_OK;
	return r == EL_ENOTFOUND ? EL_OK : r;
}

static int
day_spent(struct el_table *t, int first, el_epoch day, uint64_t *out)
{
	sqlite3_bind_int(el_table_use(t, first + EL_SPENT_DAY), 1, day);
	return el_table_number(t, first + EL_SPENT_DAY, out);
}

static int
note_order(struct el_table *t, int first, const struct el_spending *s, uint64_t count)
{
	sqlite3_stmt *const st = el_table_use(t, first + EL_SPENT_PUT);

	el_table_bind_hash(st, 1, s->order);
	el_table_bind_hash(st, 2, s->request);
	sqlite3_bind_int64(st, 3, s->kind);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)count);
	return el_table_run(t, first + EL_SPENT_PUT);
}

static int
note_day(struct el_table *t, int first, el_epoch day, uint64_t more)
{
	sqlite3_stmt *const st = el_table_use(t, first + EL_SPENT_PUT_DAY);
	int r;

	sqlite3_bind_int(st, 1, day);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)more);
	if ((r = el_table_run(t, first + EL_SPENT_PUT_DAY)) != EL_OK)
		return r;
	sqlite3_bind_int(el_table_use(t, first + EL_SPENT_DROP_DAYS), 1, day);
	return el_table_run(t, first + EL_SPENT_DROP_DAYS);
}

static int
note(struct el_table *t, int first, const struct el_spending *s, uint64_t count, uint64_t more)
{
	int r;

	if ((r = el_table_begin(t)) != EL_OK)
		return r;
	if ((r = note_order(t, first, s, count)) == EL_OK)
		r = note_day(t, first, s->day, more);
	return el_table_end(t, r);
}

enum el_code
el_spend(struct el_table *t, int first, const struct el_spending *s, int *err)
{
	struct spent was = { .day = 0 };
	uint64_t count, more;
	int r;

	*err = EL_OK;
	if ((r = order_spent(t, first, s, &was)) != EL_OK)
		goto failed;
	count = s->n > was.request ? s->n : was.request;
	more = count - was.request;
	if (was.order + more > s->order_max)
		return EL_CODE_LIMIT_EXCEEDED;
	if (was.again && more == 0)
		return EL_CODE_OK;
	if ((r = day_spent(t, first, s->day, &was.day)) != EL_OK)
		goto failed;
	if (more > 0 && was.day + more > s->day_max)
		return EL_CODE_DAILY_CAP;
	if ((r = note(t, first, s, count, more)) == EL_OK)
		return EL_CODE_OK;
	if (r == EL_ESPACE)
		return EL_CODE_BUSY; /* nothing is answered that is not written down */
failed:
	*err = r;
	return EL_CODE_INTERNAL;
}
