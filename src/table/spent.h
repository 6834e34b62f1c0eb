#ifndef EL_TABLE_SPENT_H
#define EL_TABLE_SPENT_H

#include "base/code.h"
#include "table/table.h"

/*
 * What was answered to orders and on which day, and whether more may be (protocol 7.1): the tables order_answered and
 * day_answered, which stand in the files of both services (schema/README.md).  Whose file it is has these statements
 * among its own, from a number `first` on:
 *
 *	enum { ..., SPENT, SPENT_LAST = SPENT + EL_SPENT_STATEMENTS - 1, ... };
 *	static const char *const sql[] = { ..., EL_SPENT_SQL(SPENT), ... };
 */
enum el_spent_statement {
	EL_SPENT_ORDER,
	EL_SPENT_REQUEST,
	EL_SPENT_PUT,
	EL_SPENT_DAY,
	EL_SPENT_PUT_DAY,
	EL_SPENT_DROP_DAYS,
	EL_SPENT_STATEMENTS
};
#define EL_SPENT_SQL(first)                                                                                            \
	[(first) + EL_SPENT_ORDER] = "SELECT coalesce(sum(count), 0) FROM order_answered WHERE order_hash = ?1",       \
	[(first) + EL_SPENT_REQUEST] = "SELECT count FROM order_answered WHERE order_hash = ?1 AND request_hash = ?2", \
	[(first) + EL_SPENT_PUT] = "INSERT INTO order_answered (order_hash, request_hash, kind, count)"                \
				   " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET count = excluded.count",        \
	[(first) + EL_SPENT_DAY] = "SELECT coalesce(sum(count), 0) FROM day_answered WHERE epoch = ?1",                \
	[(first) + EL_SPENT_PUT_DAY] = "INSERT INTO day_answered (epoch, count) VALUES (?1, ?2)"                       \
				       " ON CONFLICT DO UPDATE SET count = count + excluded.count",                    \
	[(first) + EL_SPENT_DROP_DAYS] = "DELETE FROM day_answered WHERE epoch < ?1 - 1"

struct el_spending {
	const struct el_hash *order, *request;
	unsigned kind;
	uint64_t n; /* items of this answer */
	uint64_t order_max; /* of all answers to this order */
	el_epoch day;
	uint64_t day_max; /* of what is new in a day, under all orders */
};
/*
 * Note durably what is about to be answered.  The same request again is free as far as it was answered; what was once
 * answered stays spent.  Days before yesterday are forgotten.  limit_exceeded, daily_cap; busy: no space; internal: *err
 * says why, which is final.  Nothing was noted then.
 */
enum el_code el_spend(struct el_table *, int first, const struct el_spending *, int *err);

#endif
