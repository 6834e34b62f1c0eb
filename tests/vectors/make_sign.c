#include <sodium.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "vectors.h"

/* Points of small order in Ed25519's encoding. */
static const uint8_t identity[32] = { 1 };
static const char order_two[] = "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
static const char order_eight[] = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";

struct signer {
	uint8_t seed[32];
	uint8_t a[32]; /* the secret scalar, below L */
	struct el_sign_pk pk;
};

static void
signer_init(struct signer *s, const char *label)
{
	uint8_t h[64], sk[64];

	vec_derive(label, s->seed, sizeof s->seed);
	crypto_sign_seed_keypair(s->pk.b, sk, s->seed);
	crypto_hash_sha512(h, s->seed, sizeof s->seed);
	h[0] &= 248;
	h[31] = (h[31] & 127) | 64;
	memset(h + 32, 0, 32);
	crypto_core_ed25519_scalar_reduce(s->a, h);
}

static size_t
input_of(const char *label, const void *m, size_t n, uint8_t *out)
{
	const size_t l = strlen(label) + 1;

	memcpy(out, label, l);
	memcpy(out + l, m, n);
	return l + n;
}

/* k = SHA-512(R || A || input) mod L. */
static void
challenge(const uint8_t r[32], const uint8_t a[32], const char *label, const void *m, size_t n, uint8_t k[32])
{
	uint8_t in[64 + 600], h[64];

	VEC_CHECK(n < 512);
	memcpy(in, r, 32);
	memcpy(in + 32, a, 32);
	crypto_hash_sha512(h, in, 64 + input_of(label, m, n, in + 64));
	crypto_core_ed25519_scalar_reduce(k, h);
}

static json_t *
sig_case(json_t *file, const char *name, bool valid, const struct el_sign_pk *pk, bool key_valid, const char *label,
    const void *m, size_t n, const struct el_sig *sig)
{
	json_t *c = vec_case(file, name, valid);
	struct el_sign_pk parsed;
	uint8_t in[600];

	VEC_CHECK((el_sign_pk_parse(pk->b, &parsed) == EL_OK) == key_valid);
	VEC_CHECK(!key_valid || (el_verify(pk, label, m, n, sig) == EL_OK) == valid);
	vec_text(c, "kind", "verify");
	vec_hex(c, "public", pk->b, 32);
	vec_put(c, "public_valid", json_boolean(key_valid));
	vec_text(c, "label", label);
	vec_hex(c, "message", m, n);
	vec_hex(c, "input", in, input_of(label, m, n, in));
	vec_hex(c, "signature", sig->b, sizeof sig->b);
	return c;
}

static void
sig_good(json_t *file, const char *name, const struct signer *s, const char *label, const void *m, size_t n,
    struct el_sig *sig)
{
	struct el_sign_key *key;

	VEC_OK(el_sign_key_new(s->seed, &key));
	VEC_OK(el_sign(key, label, m, n, sig));
	vec_hex(sig_case(file, name, true, &s->pk, true, label, m, n, sig), "seed", s->seed, sizeof s->seed);
	el_sign_key_free(key);
}

static void
hex_point(const char *hex, uint8_t p[32])
{
	VEC_OK(sodium_hex2bin(p, 32, hex, 64, NULL, NULL, NULL));
}

/* What a signer could do who wants a signature that some verifiers accept and others refuse. */
static void
sig_forged(json_t *file, const struct signer *s, const char *label, const void *m, size_t n)
{
	uint8_t k[32], r[32], ka[32], wide[64], torsion[32], point[32];
	struct el_sig sig;

	memcpy(sig.b, identity, 32);
	challenge(sig.b, s->pk.b, label, m, n, k);
	crypto_core_ed25519_scalar_mul(sig.b + 32, k, s->a);
	sig_case(file, "forged by the signer: R is the identity (the equation holds)", false, &s->pk, true, label, m, n,
	    &sig);
	hex_point(order_eight, torsion);
	memcpy(sig.b, torsion, 32);
	challenge(sig.b, s->pk.b, label, m, n, k);
	crypto_core_ed25519_scalar_mul(sig.b + 32, k, s->a);
	sig_case(file, "forged by the signer: R of order 8", false, &s->pk, true, label, m, n, &sig);
	vec_derive("signature/r", wide, sizeof wide);
	crypto_core_ed25519_scalar_reduce(r, wide);
	VEC_OK(crypto_scalarmult_ed25519_base_noclamp(point, r));
	VEC_OK(crypto_core_ed25519_add(sig.b, point, torsion));
	challenge(sig.b, s->pk.b, label, m, n, k);
	crypto_core_ed25519_scalar_mul(ka, k, s->a);
	crypto_core_ed25519_scalar_add(sig.b + 32, r, ka);
	sig_case(file, "forged by the signer: R plus torsion", false, &s->pk, true, label, m, n, &sig);
}

/* k mod 8 decides whether a key of mixed order passes the equation; search r until it is as wanted. */
static void
sig_mixed(
    json_t *file, const char *name, const struct signer *s, const char *label, const void *m, size_t n, bool multiple)
{
	uint8_t k[32], r[32], ka[32], wide[64], torsion[32];
	struct el_sign_pk mixed;
	struct el_sig sig;

	hex_point(order_eight, torsion);
	VEC_OK(crypto_core_ed25519_add(mixed.b, s->pk.b, torsion));
	vec_derive("signature/mixed r", wide, sizeof wide);
	do {
		sodium_increment(wide, sizeof wide);
		crypto_core_ed25519_scalar_reduce(r, wide);
		VEC_OK(crypto_scalarmult_ed25519_base_noclamp(sig.b, r));
		challenge(sig.b, mixed.b, label, m, n, k);
	} while (((k[0] & 7) == 0) != multiple);
	crypto_core_ed25519_scalar_mul(ka, k, s->a);
	crypto_core_ed25519_scalar_add(sig.b + 32, r, ka);
	VEC_CHECK((el_verify(&mixed, label, m, n, &sig) == EL_OK) == multiple);
	sig_case(file, name, false, &mixed, false, label, m, n, &sig);
}

static void
key_case(json_t *file, const char *name, const uint8_t key[32], bool valid)
{
	json_t *c = vec_case(file, name, valid);
	struct el_sign_pk pk;

	VEC_CHECK((el_sign_pk_parse(key, &pk) == EL_OK) == valid);
	vec_text(c, "kind", "key");
	vec_hex(c, "public", key, 32);
}

static void
keys(json_t *file, const struct signer *s)
{
	static const struct {
		const char *name, *hex;
	} small[] = {
		{ "a key of order 2", order_two },
		{ "a key of order 4", "0000000000000000000000000000000000000000000000000000000000000000" },
		{ "a key of order 4, the other sign",
		    "0000000000000000000000000000000000000000000000000000000000000080" },
		{ "a key of order 8", order_eight },
		{ "a key of order 8, the other one",
		    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05" },
		{ "the identity, not canonical (y = p + 1)",
		    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
		{ "the identity with the sign bit",
		    "0100000000000000000000000000000000000000000000000000000000000080" },
		{ "y = 2 is not on the curve", "0200000000000000000000000000000000000000000000000000000000000000" },
		{ "all bits set", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
	};
	uint8_t p[32], t[32];

	key_case(file, "a good key", s->pk.b, true);
	key_case(file, "the identity as a key", identity, false);
	for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
		hex_point(small[i].hex, p);
		key_case(file, small[i].name, p, false);
	}
	hex_point(order_two, t);
	VEC_OK(crypto_core_ed25519_add(p, s->pk.b, t));
	key_case(file, "a good key plus the point of order 2 (CVE-2025-69277)", p, false);
	hex_point(order_eight, t);
	VEC_OK(crypto_core_ed25519_add(p, s->pk.b, t));
	key_case(file, "a good key plus a point of order 8", p, false);
}

/* s + L, 32 bytes little-endian; both are below 2^253. */
static void
add_l(uint8_t s[32])
{
	static const uint8_t l[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde,
		0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };

	sodium_add(s, l, 32);
}

static void
labels(json_t *file, const struct signer *s, const uint8_t *m, size_t n)
{
	static const char order_release[] = "EL1-order\0EL1-release";
	struct el_sig sig, bare;
	uint8_t glued[600], sk[64], pk[32];

	sig_good(file, "a message that begins with another label", s, "EL1-order", order_release, sizeof order_release,
	    &sig);
	sig_good(file, "an order", s, "EL1-order", m, n, &sig);
	sig_case(file, "another label", false, &s->pk, true, "EL1-release", m, n, &sig);
	sig_case(file, "a label that is a prefix of the one signed", false, &s->pk, true, "EL1-ord", m, n, &sig);
	sig_case(file, "a label of which the one signed is a prefix", false, &s->pk, true, "EL1-order2", m, n, &sig);
	memcpy(glued, "er", 3);
	memcpy(glued + 3, m, n);
	sig_case(file, "the label's end moved into the message", false, &s->pk, true, "EL1-ord", glued, n + 3, &sig);
	crypto_sign_seed_keypair(pk, sk, s->seed);
	memcpy(glued, "EL1-order", 9);
	memcpy(glued + 9, m, n);
	crypto_sign_detached(bare.b, NULL, glued, 9 + n, sk);
	sig_case(file, "signed without the NUL after the label", false, &s->pk, true, "EL1-order", m, n, &bare);
	crypto_sign_detached(bare.b, NULL, m, n, sk);
	sig_case(file, "signed without a label", false, &s->pk, true, "EL1-order", m, n, &bare);
}

json_t *
make_signature(void)
{
	static const char label[] = "EL1-token";
	json_t *file = vec_file("signature");
	struct signer s, other;
	struct el_sig sig, bad;
	uint8_t m[500];
	const size_t n = 68;

	signer_init(&s, "signature/seed");
	signer_init(&other, "signature/other seed");
	vec_derive("signature/message", m, sizeof m);
	sig_good(file, "an empty message", &s, label, m, 0, &sig);
	sig_good(file, "500 bytes", &s, label, m, sizeof m, &sig);
	sig_good(file, "68 bytes", &s, label, m, n, &sig);
	sig_case(file, "another key", false, &other.pk, true, label, m, n, &sig);
	sig_case(file, "a shorter message", false, &s.pk, true, label, m, n - 1, &sig);
	bad = sig;
	add_l(bad.b + 32);
	sig_case(file, "S + L", false, &s.pk, true, label, m, n, &bad);
	bad = sig;
	bad.b[63] |= 0x80;
	sig_case(file, "the top bit of S set", false, &s.pk, true, label, m, n, &bad);
	bad = sig;
	bad.b[0] ^= 1;
	sig_case(file, "one bit of R changed", false, &s.pk, true, label, m, n, &bad);
	bad = sig;
	bad.b[32] ^= 1;
	sig_case(file, "one bit of S changed", false, &s.pk, true, label, m, n, &bad);
	memset(&bad, 0, sizeof bad);
	sig_case(file, "64 zero bytes", false, &s.pk, true, label, m, n, &bad);
	sig_forged(file, &s, label, m, n);
	sig_mixed(file, "a key of mixed order, k no multiple of 8", &s, label, m, n, false);
	sig_mixed(
	    file, "a key of mixed order, k a multiple of 8: only the check of the key refuses", &s, label, m, n, true);
	labels(file, &s, m, n);
	keys(file, &s);
	return file;
}

static void
put_counted(struct el_wr *w, const void *p, size_t n)
{
	el_wr_u16(w, (uint16_t)n);
	el_wr_bytes(w, p, n);
}

/* The signed input of a call, built from protocol 11.2 alone. */
static size_t
call_input(const char *method, const char *path, const char *party, const struct el_hash *body, uint64_t time,
    const uint8_t nonce[16], uint8_t out[512])
{
	struct el_wr w = el_wr_init(out, 512);
	uint8_t t[8];

	el_put_u64(t, time);
	put_counted(&w, method, strlen(method));
	put_counted(&w, path, strlen(path));
	put_counted(&w, party, strlen(party));
	put_counted(&w, body->b, sizeof body->b);
	put_counted(&w, t, sizeof t);
	put_counted(&w, nonce, 16);
	VEC_OK(w.err);
	return w.len;
}

json_t *
make_callsig(void)
{
	static const struct {
		const char *name, *method, *path, *party, *body;
	} calls[] = {
		{ "the registry asked for visits", "POST", "/v1/orders/visits", "registry", "{\"order\":{}}" },
		{ "an issuer asked for identities", "POST", "/v1/orders/identities", "issuer:7", "{}" },
		{ "an empty body", "POST", "/v1/orders/traces", "issuer:255", "" },
		{ "a byte moved from path to party", "POST", "/v1/orders/visit", "sregistry", "{\"order\":{}}" },
	};
	json_t *file = vec_file("callsig");
	struct el_sign_key *key;
	struct el_sig sig;
	struct signer s;
	uint8_t nonce[16], in[512];
	const uint64_t time = 1788500000;

	signer_init(&s, "callsig/seed");
	VEC_OK(el_sign_key_new(s.seed, &key));
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		json_t *c = vec_case(file, calls[i].name, true);
		struct el_hash h;
		size_t n;

		vec_derive(calls[i].name, nonce, sizeof nonce);
		el_sha256(calls[i].body, strlen(calls[i].body), &h);
		n = call_input(calls[i].method, calls[i].path, calls[i].party, &h, time, nonce, in);
		VEC_OK(el_sign(key, "EL1-request", in, n, &sig));
		vec_hex(c, "seed", s.seed, sizeof s.seed);
		vec_hex(c, "public", s.pk.b, 32);
		vec_text(c, "method", calls[i].method);
		vec_text(c, "path", calls[i].path);
		vec_text(c, "party", calls[i].party);
		vec_text(c, "body", calls[i].body);
		vec_hex(c, "body_hash", h.b, sizeof h.b);
		vec_int(c, "time", (int64_t)time);
		vec_hex(c, "nonce", nonce, sizeof nonce);
		vec_hex(c, "input", in, n);
		vec_hex(c, "signature", sig.b, sizeof sig.b);
	}
	el_sign_key_free(key);
	return file;
}
