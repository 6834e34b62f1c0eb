#ifndef EL_REGISTRY_REGISTRY_DB_H
#define EL_REGISTRY_REGISTRY_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "table/spent.h"

/*
 * The registry's small tables (schema/registry-2.sql): venues, scanners, enrolment codes, orders answered.
 * Every verb that writes is one transaction, durable on return.  EL_EIO is final, as it is for a daybook: the
 * process must end.
 */
struct el_registry_db;

#define EL_BUSINESS_NUMBER_LEN 10

struct el_venue {
	uint32_t id;
	char name[EL_NAME_MAX + 1];
	char business_number[EL_BUSINESS_NUMBER_LEN + 1];
	struct el_hash owner_key;
	bool approved, active;
};

struct el_scanner_row {
	uint32_t id, venue;
	bool has_key, revoked;
	struct el_hash key;
};

/* Open or create.  EL_EIO; EL_EFORMAT: a schema that this program does not know; EL_ENOMEM. */
EL_MUST_USE int el_registry_db_open(const char *path, struct el_registry_db **out);
void el_registry_db_close(struct el_registry_db *);

/* Walks; anything but EL_OK from fn ends them and is returned. */
EL_MUST_USE int el_registry_db_each_venue(
    struct el_registry_db *, int (*fn)(void *ctx, const struct el_venue *), void *ctx);
EL_MUST_USE int el_registry_db_each_scanner(
    struct el_registry_db *, int (*fn)(void *ctx, const struct el_scanner_row *), void *ctx);

/* id is given by the table and written into *v. */
EL_MUST_USE int el_registry_db_add_venue(struct el_registry_db *, struct el_venue *v);
EL_MUST_USE int el_registry_db_get_venue(struct el_registry_db *, uint32_t id, struct el_venue *out); /* EL_ENOTFOUND */
EL_MUST_USE int el_registry_db_set_venue(struct el_registry_db *, uint32_t id, bool approved, bool active);

/* A scanner without a key, with the hash of its enrolment code; codes over their time are forgotten. */
EL_MUST_USE int el_registry_db_add_scanner(struct el_registry_db *, uint32_t venue, const struct el_hash *code,
    int64_t expires_s, int64_t now_s, uint32_t *id);
/* EL_ENOTFOUND: no such scanner of that venue.  Its open code is forgotten. */
EL_MUST_USE int el_registry_db_revoke_scanner(struct el_registry_db *, uint32_t venue, uint32_t scanner);
/* Use a code up: its scanner gets the key.  EL_ENOTFOUND: no such code, or over its time. */
EL_MUST_USE int el_registry_db_enrol(struct el_registry_db *, const struct el_hash *code, int64_t now_s,
    const struct el_hash *key, struct el_scanner_row *out);

/* As el_spend(). */
enum el_code el_registry_db_spend(struct el_registry_db *, const struct el_spending *, int *err);

#endif
