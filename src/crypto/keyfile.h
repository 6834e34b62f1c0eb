#ifndef EL_CRYPTO_KEYFILE_H
#define EL_CRYPTO_KEYFILE_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * A key file holds one 32-byte secret with its purpose, so that no key is ever used for another one's
 * work; mode 0600, checked on reading.  FILE.pub holds the public half.  Text, one field a line:
 *
 *	entrylog-key 1 | purpose NAME | epoch E (pair only) | secret BASE64URL
 *	or, with a passphrase: sealed BASE64URL of salt 16 || nonce 24 || ciphertext 48 (Argon2id, moderate;
 *	ad = the purpose's name)
 *	entrylog-public 1 | purpose NAME | key BASE64URL
 */
enum el_purpose {
	EL_PURPOSE_ROOT = 1, /* Ed25519: signs policy, bundle, directory */
	EL_PURPOSE_OFFICER,  /* Ed25519: signs orders */
	EL_PURPOSE_EXECUTOR, /* Ed25519: signs calls */
	EL_PURPOSE_ISSUER,   /* Ed25519: signs tokens */
	EL_PURPOSE_ANSWER,   /* Ed25519: signs releases and trace statements */
	EL_PURPOSE_LOG,	     /* Ed25519: signs checkpoints */
	EL_PURPOSE_TRUSTEE,  /* ristretto255: shares are sealed to it; proves what its trustee says (12.9) */
	EL_PURPOSE_ORDER,    /* ristretto255: answers are sealed to it; one order's life */
	EL_PURPOSE_PAIR,     /* symmetric: K_pair of one issuer and the registry, of one epoch */
	EL_PURPOSE_WITNESS   /* Ed25519: a trustee cosigns checkpoints */
};

const char *el_purpose_name(enum el_purpose);
EL_MUST_USE int el_purpose_parse(const char *name, enum el_purpose *out);

/* Asked when a file is sealed: write at most size bytes to out (NUL-terminated).  EL_ENOTFOUND: none. */
typedef int el_passphrase_fn(void *ctx, char *out, size_t size);

/* Public key of a secret: Ed25519 or ristretto255 by purpose.  EL_EPERM for PAIR; EL_EFORMAT. */
EL_MUST_USE int el_keyfile_public(enum el_purpose, const uint8_t secret[32], uint8_t out[32]);
/* Draw a secret fit for the purpose (a reduced scalar where it is one). */
void el_keyfile_draw(enum el_purpose, uint8_t secret[32]);

/*
 * Create path (0600, EL_EEXIST if there is one) and, but for PAIR, path.pub.  passphrase NULL or "": not
 * sealed.  epoch: PAIR only, else 0.
 */
EL_MUST_USE int el_keyfile_create(const char *path, enum el_purpose, const uint8_t secret[32], el_epoch epoch,
    const char *passphrase);
/*
 * Read a secret of that purpose into guarded memory (el_secret_free()).  EL_EPERM: wrong mode, owner or
 * purpose; EL_ECRYPTO: wrong passphrase; EL_EFORMAT; EL_ENOTFOUND.  ask may be NULL.  epoch may be NULL.
 */
EL_MUST_USE int el_keyfile_read(const char *path, enum el_purpose, el_passphrase_fn *ask, void *ctx,
    uint8_t **secret, el_epoch *epoch);
/* Read FILE.pub of that purpose.  The caller checks the point. */
EL_MUST_USE int el_keyfile_read_public(const char *path, enum el_purpose, uint8_t out[32]);

#endif
