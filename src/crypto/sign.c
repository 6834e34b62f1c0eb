#include "crypto/sign.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

_Static_assert(EL_SIG_LEN == crypto_sign_BYTES, "signature length");

struct el_sign_key {
	struct el_sign_pk pk;
	uint8_t *secret; /* libsodium's 64 bytes: seed and public key; no access but while signing */
};

#define SHORT_MESSAGE 512

int
el_sign_key_new(const uint8_t seed[32], struct el_sign_key **out)
{
	struct el_sign_key *k;

	*out = NULL;
	if ((k = calloc(1, sizeof *k)) == NULL || el_secret_new(crypto_sign_SECRETKEYBYTES, &k->secret) != EL_OK) {
		free(k);
		return EL_ENOMEM;
	}
	crypto_sign_seed_keypair(k->pk.b, k->secret, seed);
	sodium_mprotect_noaccess(k->secret);
	*out = k;
	return EL_OK;
}

void
el_sign_key_free(struct el_sign_key *k)
{
	if (k == NULL)
		return;
	el_secret_free(k->secret);
	free(k);
}

const struct el_sign_pk *
el_sign_key_pk(const struct el_sign_key *k)
{
	return &k->pk;
}

/*
 * label || NUL || bytes in one piece, since libsodium's one-shot call wants it so: in `small` when it
 * fits, else malloc'ed.  NULL: no memory.
 */
static uint8_t *
labelled(const char *label, const void *in, size_t len, uint8_t small[SHORT_MESSAGE], size_t *total)
{
	const size_t n = strlen(label) + 1;
	uint8_t *p = small;

	*total = n + len;
	if (*total > SHORT_MESSAGE && (p = malloc(*total)) == NULL)
		return NULL;
	memcpy(p, label, n);
	if (len > 0)
		memcpy(p + n, in, len);
	return p;
}

int
el_sign(const struct el_sign_key *k, const char *label, const void *in, size_t len, struct el_sig *out)
{
	uint8_t small[SHORT_MESSAGE], *p;
	size_t total;
	int r = EL_OK;

	memset(out, 0, sizeof *out);
	if ((p = labelled(label, in, len, small, &total)) == NULL)
		return EL_ENOMEM;
	sodium_mprotect_readonly(k->secret);
	crypto_sign_detached(out->b, NULL, p, total, k->secret);
	sodium_mprotect_noaccess(k->secret);
	if (crypto_sign_verify_detached(out->b, p, total, k->pk.b) != 0) {
		memset(out, 0, sizeof *out);
		r = EL_ECRYPTO;
	}
	if (p != small)
		free(p);
	return r;
}

int
el_verify(const struct el_sign_pk *pk, const char *label, const void *in, size_t len, const struct el_sig *sig)
{
	uint8_t small[SHORT_MESSAGE], *p;
	size_t total;
	int r;

	if ((p = labelled(label, in, len, small, &total)) == NULL)
		return EL_ENOMEM;
	r = crypto_sign_verify_detached(sig->b, p, total, pk->b) == 0 ? EL_OK : EL_ECRYPTO;
	if (p != small)
		free(p);
	return r;
}

int
el_sign_pk_parse(const uint8_t in[32], struct el_sign_pk *out)
{
	memset(out, 0, sizeof *out);
	/* On the main subgroup, canonical and not of small order; crypto/selftest.c shows that it is so. */
	if (crypto_core_ed25519_is_valid_point(in) != 1)
		return EL_EFORMAT;
	memcpy(out->b, in, sizeof out->b);
	return EL_OK;
}

bool
el_sign_pk_eq(const struct el_sign_pk *a, const struct el_sign_pk *b)
{
	return sodium_memcmp(a->b, b->b, sizeof a->b) == 0;
}
