#include "crypto/sign.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

_Static_assert(EL_SIG_LEN == crypto_sign_BYTES, "signature length");

/* What a key's secret is: in the form that libsodium signs with, and a second time as RFC 8032 section 5.1.5 has it. */
struct secret {
	uint8_t key[crypto_sign_SECRETKEYBYTES]; /* seed and public key */
	uint8_t scalar[32];
	uint8_t prefix[32];
};
_Static_assert(sizeof(struct secret) == 128, "without gaps, and a multiple of 16, which sodium_malloc() aligns to");

struct el_sign_key {
	struct el_sign_pk pk;
	bool is_open;
	struct secret *secret; /* guarded; no access but while signing, or between open and close */
};

#define SHORT_MESSAGE 512

static void
expand(const uint8_t seed[32], struct secret *s)
{
	uint8_t h[crypto_hash_sha512_BYTES];

	crypto_hash_sha512(h, seed, 32);
	h[0] &= 248;
	h[31] = (uint8_t)((h[31] & 127) | 64);
	memcpy(s->scalar, h, 32);
	memcpy(s->prefix, h + 32, 32);
	sodium_memzero(h, sizeof h);
}

int
el_sign_key_new(const uint8_t seed[32], struct el_sign_key **out)
{
	struct el_sign_key *k;
	uint8_t *memory;

	*out = NULL;
	if ((k = calloc(1, sizeof *k)) == NULL || el_secret_new(sizeof *k->secret, &memory) != EL_OK) {
		free(k);
		return EL_ENOMEM;
	}
	k->secret = (struct secret *)(void *)memory;
	crypto_sign_seed_keypair(k->pk.b, k->secret->key, seed);
	expand(seed, k->secret);
	sodium_mprotect_noaccess(k->secret);
	*out = k;
	return EL_OK;
}

void
el_sign_key_free(struct el_sign_key *k)
{
	if (k == NULL)
		return;
	el_secret_free((uint8_t *)(void *)k->secret);
	free(k);
}

const struct el_sign_pk *
el_sign_key_pk(const struct el_sign_key *k)
{
	return &k->pk;
}

void
el_sign_key_open(struct el_sign_key *k)
{
	if (!k->is_open)
		sodium_mprotect_readonly(k->secret);
	k->is_open = true;
}

void
el_sign_key_close(struct el_sign_key *k)
{
	if (k->is_open)
		sodium_mprotect_noaccess(k->secret);
	k->is_open = false;
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

/* Whether sig holds for the message by the public key alone. */
static bool
is_valid(const struct el_sign_key *k, const uint8_t *p, size_t len, const struct el_sig *sig)
{
	return crypto_sign_verify_detached(sig->b, p, len, k->pk.b) == 0;
}

/* SHA-512 over three pieces, as a scalar. */
static void
hash_to_scalar(const uint8_t *a, const uint8_t *b, const uint8_t *p, size_t len, uint8_t out[32])
{
	crypto_hash_sha512_state state;
	uint8_t h[crypto_hash_sha512_BYTES];

	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, a, 32);
	if (b != NULL)
		crypto_hash_sha512_update(&state, b, 32);
	crypto_hash_sha512_update(&state, p, len);
	crypto_hash_sha512_final(&state, h);
	crypto_core_ed25519_scalar_reduce(out, h);
	sodium_memzero(h, sizeof h);
	sodium_memzero(&state, sizeof state);
}

/* Whether S = H(prefix || M) + H(R || A || M) a, computed anew (RFC 8032 section 5.1.6) for the R that is there. */
static bool
is_recomputed(const struct el_sign_key *k, const uint8_t *p, size_t len, const struct el_sig *sig)
{
	uint8_t nonce[32], s[32];
	bool same;

	hash_to_scalar(k->secret->prefix, NULL, p, len, nonce);
	hash_to_scalar(sig->b, k->pk.b, p, len, s);
	crypto_core_ed25519_scalar_mul(s, s, k->secret->scalar);
	crypto_core_ed25519_scalar_add(s, s, nonce);
	same = sodium_memcmp(s, sig->b + 32, sizeof s) == 0;
	sodium_memzero(nonce, sizeof nonce);
	sodium_memzero(s, sizeof s);
	return same;
}

typedef bool check_fn(const struct el_sign_key *, const uint8_t *p, size_t len, const struct el_sig *);

static int
sign_and_check(const struct el_sign_key *k, check_fn *holds, const uint8_t *p, size_t len, struct el_sig *out)
{
	int r = EL_OK;

	if (!k->is_open)
		sodium_mprotect_readonly(k->secret);
	crypto_sign_detached(out->b, NULL, p, len, k->secret->key);
	if (!holds(k, p, len, out)) {
		memset(out, 0, sizeof *out);
		r = EL_ECRYPTO;
	}
	if (!k->is_open)
		sodium_mprotect_noaccess(k->secret);
	return r;
}

static int
sign_labelled(const struct el_sign_key *k, check_fn *holds, const char *label, const void *in, size_t len,
    struct el_sig *out)
{
	uint8_t small[SHORT_MESSAGE], *p;
	size_t total;
	int r;

	memset(out, 0, sizeof *out);
	if ((p = labelled(label, in, len, small, &total)) == NULL)
		return EL_ENOMEM;
	r = sign_and_check(k, holds, p, total, out);
	if (p != small)
		free(p);
	return r;
}

int
el_sign(const struct el_sign_key *k, const char *label, const void *in, size_t len, struct el_sig *out)
{
	return sign_labelled(k, is_valid, label, in, len, out);
}

int
el_sign_unique(const struct el_sign_key *k, const char *label, const void *in, size_t len, struct el_sig *out)
{
	return sign_labelled(k, is_recomputed, label, in, len, out);
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

static bool
is_note(const void *in, size_t len)
{
	return len > 0 && memchr(in, 0, len) == NULL;
}

int
el_sign_note(const struct el_sign_key *k, const void *in, size_t len, struct el_sig *out)
{
	memset(out, 0, sizeof *out);
	return is_note(in, len) ? sign_and_check(k, is_valid, in, len, out) : EL_EFORMAT;
}

int
el_verify_note(const struct el_sign_pk *pk, const void *in, size_t len, const struct el_sig *sig)
{
	if (!is_note(in, len))
		return EL_EFORMAT;
	return crypto_sign_verify_detached(sig->b, in, len, pk->b) == 0 ? EL_OK : EL_ECRYPTO;
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
