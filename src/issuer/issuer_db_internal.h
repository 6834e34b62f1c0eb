#ifndef EL_ISSUER_ISSUER_DB_INTERNAL_H
#define EL_ISSUER_ISSUER_DB_INTERNAL_H

#include "issuer/issuer_db.h"
#include "table/spent.h"

/* What the files of the small tables share. */
enum el_issuer_statement {
	ADD_VISITOR,
	GET_VISITOR,
	DROP_VISITOR,
	OLD_VISITOR,
	DROP_OLD_VISITORS,
	SPENT,
	SPENT_LAST = SPENT + EL_SPENT_STATEMENTS - 1,
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
	struct el_table table;
};

#endif
