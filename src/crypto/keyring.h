#ifndef EL_CRYPTO_KEYRING_H
#define EL_CRYPTO_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * The day keys of a party on disk (protocol section 3, encoding.md): entries
 *
 *	kind u8 || index u8 || epoch u16 || nonce 24 || ciphertext 48
 *
 * under the key-encryption key (KEK) of a file of its own, which is in no backup.  Every destruction goes
 * with a fresh KEK, so that each stale copy of the keyring, wherever a disk kept one, dies with 32 bytes.
 * In memory the keys lie in guarded pages.
 */
enum el_party { EL_PARTY_ISSUER = 1, EL_PARTY_REGISTRY = 2, EL_PARTY_AUTHORITY = 3, EL_PARTY_TRUSTEE = 4 };

enum el_key_kind {
	EL_KEY_ID = 1,
	EL_KEY_LIVE = 2,
	EL_KEY_TICKET = 3,
	EL_KEY_PAIR = 4,
	EL_KEY_VISIT = 5,
	EL_KEY_QUEUE = 6,
	EL_KEY_REPORT = 7,
	EL_KEY_SHARE_LINKS = 8,
	EL_KEY_SHARE_TRACES = 9,
	EL_KEY_SHARE_RECOVERY = 10
};

#define EL_KEYRING_MAX 4096 /* entries */

struct el_key_id {
	enum el_key_kind kind;
	uint8_t index; /* issuer or trustee number, else 0 */
	el_epoch epoch;
};

struct el_keyring;

/*
 * Open the keyring at path under the KEK at kek_path (0600, checked).  Where there is no keyring an empty one
 * is begun, under a KEK that is already there (put there by the operator) or a fresh one.  Work that a crash
 * left between two steps of a KEK change is finished or dropped.  Where the service manager gave us a credential
 * named "kek" ($CREDENTIALS_DIRECTORY, 32 bytes), the KEK is KDF(credential, "EL1-kek", the file's bytes).
 * EL_ECRYPTO: this KEK does not open it; EL_EPERM; EL_EFORMAT; EL_EIO; EL_ENOTFOUND: there is a keyring but no
 * KEK.
 */
EL_MUST_USE int el_keyring_open(const char *path, const char *kek_path, enum el_party, struct el_keyring **out);
void el_keyring_close(struct el_keyring *);
/*
 * Keep some room on the disk, as a file beside the keyring and one beside the KEK: keys can then be added and, above
 * all, destroyed on a disk that something else has filled.  Best effort, and cheap where all is there: to be called
 * again and again, since what was used on a full disk may find no room to be made again at once.
 */
void el_keyring_reserve(struct el_keyring *);

/* Copy a key out; the caller wipes it.  EL_ENOTFOUND (out is zeroed). */
EL_MUST_USE int el_keyring_get(const struct el_keyring *, struct el_key_id, uint8_t out[EL_KEY_LEN]);
bool el_keyring_has(const struct el_keyring *, struct el_key_id);
/* Add n keys in one durable write, all or none.  EL_EEXIST: one is already there, or given twice; EL_ELIMIT; EL_ESPACE. */
EL_MUST_USE int el_keyring_add(struct el_keyring *, const struct el_key_id *, const uint8_t (*keys)[EL_KEY_LEN], size_t n);
/* As el_keyring_add for one fresh random key; an existing one is kept (EL_OK). */
EL_MUST_USE int el_keyring_ensure(struct el_keyring *, struct el_key_id);
/*
 * Destroy every key for which due() is true, with a fresh KEK, crash-safe at every step; *n_gone receives
 * how many.  Where none is due nothing is written.  EL_ESPACE: not even the reserve was enough, and nothing has
 * changed.  After EL_EIO the process must end and reopen.
 */
EL_MUST_USE int el_keyring_destroy(struct el_keyring *, bool (*due)(void *ctx, struct el_key_id), void *ctx, size_t *n_gone);
/* Every id, in the order of the file. */
void el_keyring_each(const struct el_keyring *, void (*fn)(void *ctx, struct el_key_id), void *ctx);

#endif
