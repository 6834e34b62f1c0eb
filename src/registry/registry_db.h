#ifndef EL_REGISTRY_REGISTRY_DB_H
#define EL_REGISTRY_REGISTRY_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "table/spent.h"

/*
 * The registry's small tables (schema/registry-3.sql): venues, scanners, enrolment codes, orders answered.
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
	char name[EL_NAME_MAX + 1]; /* "": it has none */
	bool active, has_key, revoked;
	struct el_hash key;
	int64_t expires_s; /* end of its enrolment code that is open at the time asked for; 0: there is none */
};

/*
 * Open or create; tables of version 2 are made version 3.  EL_EIO; EL_EFORMAT: a schema that this program does not
 * know; EL_ENOMEM.
 */
EL_MUST_USE int el_registry_db_open(const char *path, struct el_registry_db **out);
void el_registry_db_close(struct el_registry_db *);

/* Walks; anything but EL_OK from fn ends them and is returned.  Of scanners no code is looked at: expires_s is 0. */
EL_MUST_USE int el_registry_db_each_venue(
    struct el_registry_db *, int (*fn)(void *ctx, const struct el_venue *), void *ctx);
EL_MUST_USE int el_registry_db_each_scanner(
    struct el_registry_db *, int (*fn)(void *ctx, const struct el_scanner_row *), void *ctx);

/* id is given by the table and written into *v. */
EL_MUST_USE int el_registry_db_add_venue(struct el_registry_db *, struct el_venue *v);
EL_MUST_USE int el_registry_db_get_venue(struct el_registry_db *, uint32_t id, struct el_venue *out); /* EL_ENOTFOUND */
EL_MUST_USE int el_registry_db_set_venue(struct el_registry_db *, uint32_t id, bool approved, bool active);

/*
 * An active scanner without a key, with the hash of its enrolment code; codes over their time are forgotten.
 * EL_ELIMIT: the venue has EL_SCANNERS_PER_VENUE that are not revoked.
 */
EL_MUST_USE int el_registry_db_add_scanner(struct el_registry_db *, uint32_t venue, const char *name,
    const struct el_hash *code, int64_t expires_s, int64_t now_s, uint32_t *id);
EL_MUST_USE int el_registry_db_get_scanner(
    struct el_registry_db *, uint32_t id, int64_t now_s, struct el_scanner_row *out); /* EL_ENOTFOUND */
/* The scanners of a venue that are not revoked, by their ids, the first max of them; *n is 0 on failure. */
EL_MUST_USE int el_registry_db_list_scanners(
    struct el_registry_db *, uint32_t venue, int64_t now_s, struct el_scanner_row *out, size_t max, size_t *n);
EL_MUST_USE int el_registry_db_set_scanner(struct el_registry_db *, uint32_t id, const char *name, bool active);
/*
 * EL_ENOTFOUND: no such scanner of that venue.  Its open code and its name are forgotten, and all of one that never had
 * a key: no visit names it, and its id is not given again.
 */
EL_MUST_USE int el_registry_db_revoke_scanner(struct el_registry_db *, uint32_t venue, uint32_t scanner);
/* Use a code up: its scanner gets the key.  EL_ENOTFOUND: no such code, or over its time. */
EL_MUST_USE int el_registry_db_enrol(struct el_registry_db *, const struct el_hash *code, int64_t now_s,
    const struct el_hash *key, struct el_scanner_row *out);

/* As el_spend(). */
enum el_code el_registry_db_spend(struct el_registry_db *, const struct el_spending *, int *err);

#endif
