#ifndef EL_AUTHORITY_SHARE_FILE_H
#define EL_AUTHORITY_SHARE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "crypto/keyring.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "order/policy.h"

/*
 * A trustee's shares on disk: SHARE is a keyring (party trustee; kinds 8, 9, 10; index = trustee number), its
 * KEK is SHARE.kek, and SHARE.info says in `key = value` lines whose it is: trustee, day_offset, lab,
 * root (the deployment's root key, pinned when the first share was accepted) and dir (the folder of the
 * signed documents).  SHARE.lock keeps two programs from changing it at once.
 */
#define EL_SHARE_ENTRY_LEN (2 + 3 * EL_SCALAR_LEN)
#define EL_SHARE_AD_LEN (13 + EL_HASH_LEN + 1)

/* ad of a sealed share file: "EL1-box-share" || deployment || index. */
void el_share_file_ad(const struct el_hash *deployment, unsigned trustee, uint8_t out[EL_SHARE_AD_LEN]);

/* The shares a sealed share file held, opened and verified. */
struct el_shares {
	unsigned trustee;
	size_t n;
	el_epoch epochs[EL_EPOCHS_AHEAD_MAX];
	uint8_t *secret; /* guarded: n entries of f_Y || f_Z || f_W */
};
void el_shares_wipe(struct el_shares *); /* a zeroed one is fine */

/*
 * Open a sealed share file (12.2) with the trustee's key, and verify every share in it against the bundle's
 * commitments (Feldman).  bundle_hash is of the signed bundle that the shares were dealt with.  EL_EFORMAT;
 * EL_EPERM: of another deployment, bundle or trustee key; EL_ECRYPTO: it does not open, or a share does not
 * fit its commitments; EL_ENOTFOUND: an epoch the bundle does not have.  On failure *out is zeroed.
 */
EL_MUST_USE int el_shares_open(const uint8_t *text, size_t len, const struct el_bundle *, const uint8_t trustee_key[32],
    struct el_shares *out);

struct el_share_info {
	uint64_t trustee, day_offset;
	bool lab;
	char root[EL_CONF_STR_MAX + 1];
	char dir[EL_CONF_STR_MAX + 1];
};

struct el_share_file;
/* Open SHARE and lock it.  EL_ENOTFOUND; EL_EBUSY: another program has it; as el_keyring_open(). */
EL_MUST_USE int el_share_file_open(const char *path, struct el_share_file **out);
/*
 * As above, or begin one with this info.  EL_EPERM: it is there and of another trustee or root.
 */
EL_MUST_USE int el_share_file_create(const char *path, const struct el_share_info *, struct el_share_file **out);
/* Let others at it while the shares in memory are only read: a trustee may think for minutes. */
void el_share_file_unlock(struct el_share_file *);
void el_share_file_close(struct el_share_file *);
const struct el_share_info *el_share_file_info(const struct el_share_file *);
struct el_keyring *el_share_file_keyring(struct el_share_file *);
/* Add what is not there yet, of epochs that are not due; *n_added counts epochs.  EL_ECRYPTO... as el_keyring_add(). */
EL_MUST_USE int el_share_file_add(struct el_share_file *, const struct el_shares *, int64_t now_s, size_t *n_added);
/* Destroy the days that are due, with a fresh KEK; *n_gone counts keys. */
EL_MUST_USE int el_share_file_purge(struct el_share_file *, int64_t now_s, size_t *n_gone);
/* Epochs for which a links share is there, and the days among them that are due; last is 0 where there is none. */
void el_share_file_days(const struct el_share_file *, int64_t now_s, size_t *n, size_t *due, el_epoch *last);

#endif
