#ifndef EL_ISSUER_ISSUER_DB_H
#define EL_ISSUER_ISSUER_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "crypto/row.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "table/spent.h"

/*
 * The issuer's small tables (schema/issuer-2.sql): visitors' master rows, orders answered.  Every verb that
 * writes is one transaction, durable on return; what is deleted is overwritten and leaves the log of changes,
 * too.  EL_EIO is final, as it is for a daybook: the process must end.
 */
struct el_issuer_db;

#define EL_AUTHENTICATOR_LEN 32
/* u8 length || name || u8 length || phone, padded so that all are equally long. */
#define EL_MASTER_LEN (1 + EL_NAME_MAX + 1 + EL_PHONE_MAX)
#define EL_MASTER_SEALED_LEN (EL_MASTER_LEN + EL_AEAD_OVERHEAD)

struct el_master_row {
	uint8_t authenticator[EL_AUTHENTICATOR_LEN];
	uint8_t identity[EL_MASTER_SEALED_LEN];
	int64_t verified_until_s;
	uint16_t consent;
};

/* Open or create; one process at a time.  EL_EIO; EL_EFORMAT: a schema that this program does not know; EL_ENOMEM. */
EL_MUST_USE int el_issuer_db_open(const char *path, struct el_issuer_db **out);
void el_issuer_db_close(struct el_issuer_db *);

EL_MUST_USE int el_issuer_db_add_visitor(struct el_issuer_db *, const struct el_master_row *);
/* EL_ENOTFOUND. */
EL_MUST_USE int el_issuer_db_get_visitor(struct el_issuer_db *, const uint8_t authenticator[EL_AUTHENTICATOR_LEN],
    struct el_master_row *out);
EL_MUST_USE int el_issuer_db_drop_visitor(struct el_issuer_db *, const uint8_t authenticator[EL_AUTHENTICATOR_LEN]);
/* Every row with verified_until <= until_s; nothing is written where there is none. */
EL_MUST_USE int el_issuer_db_drop_visitors(struct el_issuer_db *, int64_t until_s, uint64_t *n_gone);

/* As el_spend(). */
enum el_code el_issuer_db_spend(struct el_issuer_db *, const struct el_spending *, int *err);

/*
 * Notices (protocol 7.4), written to wait and shown in one batch a day.  place is random; the tag is that of the
 * phone number under K_tags of K_id of the epoch.
 */
#define EL_NOTICE_LEN (1 + EL_PHONE_MAX + 2 + 2)
#define EL_NOTICE_SEALED_LEN (EL_NOTICE_LEN + EL_AEAD_OVERHEAD)
struct el_notice_row {
	el_epoch epoch;
	uint64_t tag, place;
	uint8_t sealed[EL_NOTICE_SEALED_LEN];
};
/* Receives one row; anything but EL_OK ends the walk and is returned.  It must not use the tables. */
typedef int el_notice_fn(void *ctx, const struct el_notice_row *);

/* All of them or none; they wait until the day `due`. */
EL_MUST_USE int el_issuer_db_add_notices(struct el_issuer_db *, const struct el_notice_row *, size_t n, el_epoch due);
/* The rows of a day under a tag: those shown, or those that wait. */
EL_MUST_USE int el_issuer_db_each_notice(struct el_issuer_db *, el_epoch, uint64_t tag, bool pending, el_notice_fn *,
    void *ctx);
/* Show, in one transaction, what was to wait until today; nothing is written where there is none. */
EL_MUST_USE int el_issuer_db_show_notices(struct el_issuer_db *, el_epoch today);
/* Of those that are shown. */
EL_MUST_USE int el_issuer_db_drop_notices(struct el_issuer_db *, const struct el_notice_row *, size_t n);
/* All of days before `oldest`, shown or not. */
EL_MUST_USE int el_issuer_db_purge_notices(struct el_issuer_db *, el_epoch oldest);

#endif
