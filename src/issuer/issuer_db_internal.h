#ifndef EL_ISSUER_ISSUER_DB_INTERNAL_H
#define EL_ISSUER_ISSUER_DB_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>

#include "issuer/issuer_db.h"

/* What the files of the small tables share. */
enum el_issuer_statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	ADD_VISITOR,
	GET_VISITOR,
	DROP_VISITOR,
	OLD_VISITOR,
	DROP_OLD_VISITORS,
	ORDER_SPENT,
	REQUEST_SPENT,
	SPEND,
	DAY_SPENT,
	SPEND_DAY,
	DROP_DAYS,
	ADD_NOTICE,
	GET_NOTICES,
	GET_PENDING,
	DUE_NOTICE,
	SHOW_NOTICES,
	DROP_SHOWN,
	DROP_NOTICE,
	OLD_NOTICE,
	DROP_OLD_NOTICES,
	DROP_OLD_PENDING,
	STATEMENTS
};

struct el_issuer_db {
	sqlite3 *sqlite;
	sqlite3_stmt *st[STATEMENTS];
	bool failed;
};

/* A statement without values, ready to be bound. */
sqlite3_stmt *el_issuer_db_use(struct el_issuer_db *, enum el_issuer_statement);
/* EL_OK: a row; EL_ENOTFOUND: no (more) row; EL_ESPACE: the disk is full, and nothing was changed. */
EL_MUST_USE int el_issuer_db_step(struct el_issuer_db *, enum el_issuer_statement);
/* A statement that gives no row. */
EL_MUST_USE int el_issuer_db_run(struct el_issuer_db *, enum el_issuer_statement);
EL_MUST_USE int el_issuer_db_begin(struct el_issuer_db *);
/* Commit, or take everything back when the work in between went wrong. */
EL_MUST_USE int el_issuer_db_end(struct el_issuer_db *, int r);
/* What was deleted must not live on in the log of changes. */
EL_MUST_USE int el_issuer_db_truncate_log(struct el_issuer_db *);

#endif
