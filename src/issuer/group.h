#ifndef EL_ISSUER_GROUP_H
#define EL_ISSUER_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "daybook/daybook.h"
#include "entrylog/error.h"
#include "issuer/identity.h"
#include "issuer/issuer_db.h"

/*
 * Sealed identities that wait for their append, by epoch: today's and tomorrow's, and over a day boundary one
 * more.
 */
#define EL_IDENTITY_PARTS_MAX 4

struct el_identity_part {
	el_epoch epoch;
	uint32_t segment;
	struct el_row *rows; /* row i's bytes stand at sealed + i * EL_IDENTITY_SEALED_LEN */
	uint8_t *sealed;
	uint8_t (*who)[EL_AUTHENTICATOR_LEN]; /* whose row it is; in memory only, and until the commit */
	size_t n, size;
};

struct el_identity_group {
	struct el_identity_part parts[EL_IDENTITY_PARTS_MAX];
	size_t n;
};

void el_identity_group_wipe(struct el_identity_group *); /* a zeroed one is fine */
/* Seal a row for its epoch's live segment.  Failures are those of live(); EL_ELIMIT; EL_ENOMEM. */
EL_MUST_USE int el_identity_group_add(struct el_identity_group *, struct el_daybook *, el_epoch, int64_t now_s,
    const struct el_identity *, const struct el_identity_keys *, const uint8_t who[EL_AUTHENTICATOR_LEN]);
/*
 * Append all of it, one transaction an epoch.  A failure is final, but EL_ESPACE: some rows found no space, and
 * refused() was called for each of these.
 */
EL_MUST_USE int el_identity_group_commit(struct el_identity_group *, struct el_daybook *,
    void (*refused)(void *ctx, el_epoch, const uint8_t who[EL_AUTHENTICATOR_LEN]), void *ctx);

#endif
