#include "crypto/keyfile.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/group.h"
#include "crypto/row.h"

#define KEYFILE_MAX 1024
#define SEALED_LEN (16 + EL_AEAD_OVERHEAD + 32)
#define PASSPHRASE_MAX 256

static const char *const purpose_name[] = {
	[EL_PURPOSE_ROOT] = "root",
	[EL_PURPOSE_OFFICER] = "officer",
	[EL_PURPOSE_EXECUTOR] = "executor",
	[EL_PURPOSE_ISSUER] = "issuer",
	[EL_PURPOSE_ANSWER] = "answer",
	[EL_PURPOSE_LOG] = "log",
	[EL_PURPOSE_TRUSTEE] = "trustee",
	[EL_PURPOSE_ORDER] = "order",
	[EL_PURPOSE_PAIR] = "pair",
	[EL_PURPOSE_WITNESS] = "witness",
};

const char *
el_purpose_name(enum el_purpose p)
{
	return p >= EL_PURPOSE_ROOT && p <= EL_PURPOSE_WITNESS ? purpose_name[p] : "unknown";
}

int
el_purpose_parse(const char *name, enum el_purpose *out)
{
	for (unsigned p = EL_PURPOSE_ROOT; p <= EL_PURPOSE_WITNESS; p++)
		if (strcmp(name, purpose_name[p]) == 0) {
			*out = (enum el_purpose)p;
			return EL_OK;
		}
	return EL_EFORMAT;
}

static bool
is_scalar(enum el_purpose p)
{
	return p == EL_PURPOSE_TRUSTEE || p == EL_PURPOSE_ORDER;
}

void
el_keyfile_draw(enum el_purpose p, uint8_t secret[32])
{
	struct el_scalar s;

	if (is_scalar(p)) {
		el_scalar_random(&s);
		memcpy(secret, s.b, 32);
		el_scalar_wipe(&s);
	} else {
		randombytes_buf(secret, 32);
	}
}

int
el_keyfile_public(enum el_purpose p, const uint8_t secret[32], uint8_t out[32])
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	struct el_scalar s;
	struct el_point pub;
	int r;

	if (p == EL_PURPOSE_PAIR)
		return EL_EPERM;
	if (is_scalar(p)) {
		if ((r = el_scalar_parse(secret, &s)) == EL_OK && (r = el_point_base(&pub, &s)) == EL_OK)
			memcpy(out, pub.b, 32);
		el_scalar_wipe(&s);
		return r;
	}
	crypto_sign_seed_keypair(out, sk, secret);
	sodium_memzero(sk, sizeof sk);
	return EL_OK;
}

/* Key of a sealed file: Argon2id, libsodium's moderate cost (about a second and 256 MiB). */
static int
passphrase_key(const char *passphrase, const uint8_t salt[16], uint8_t k[32])
{
	return crypto_pwhash(k, 32, passphrase, strlen(passphrase), salt, crypto_pwhash_OPSLIMIT_MODERATE,
	    crypto_pwhash_MEMLIMIT_MODERATE, crypto_pwhash_ALG_ARGON2ID13) == 0 ? EL_OK : EL_ENOMEM;
}

static int
seal_secret(enum el_purpose p, const uint8_t secret[32], const char *passphrase, uint8_t out[SEALED_LEN])
{
	const char *ad = el_purpose_name(p);
	uint8_t k[32];
	int r;

	randombytes_buf(out, 16);
	if ((r = passphrase_key(passphrase, out, k)) == EL_OK)
		el_aead_seal(k, secret, 32, ad, strlen(ad), out + 16);
	sodium_memzero(k, sizeof k);
	return r;
}

static int
write_public(const char *path, enum el_purpose p, const uint8_t secret[32])
{
	uint8_t pub[32];
	char name[4096], text[256], b64[EL_BASE64URL_LEN(32) + 1];
	int r;

	if ((r = el_keyfile_public(p, secret, pub)) != EL_OK)
		return r;
	if ((size_t)snprintf(name, sizeof name, "%s.pub", path) >= sizeof name)
		return EL_ELIMIT;
	el_base64url_encode(pub, sizeof pub, b64);
	snprintf(text, sizeof text, "entrylog-public 1\npurpose %s\nkey %s\n", el_purpose_name(p), b64);
	return el_file_create(name, 0644, text, strlen(text));
}

int
el_keyfile_create(const char *path, enum el_purpose p, const uint8_t secret[32], el_epoch epoch, const char *passphrase)
{
	uint8_t sealed[SEALED_LEN];
	char text[KEYFILE_MAX], b64[EL_BASE64URL_LEN(SEALED_LEN) + 1], line[32] = "";
	const bool is_sealed = passphrase != NULL && passphrase[0] != '\0';
	int r = EL_OK;

	if (is_sealed && (r = seal_secret(p, secret, passphrase, sealed)) != EL_OK)
		return r;
	el_base64url_encode(is_sealed ? sealed : secret, is_sealed ? sizeof sealed : 32, b64);
	if (p == EL_PURPOSE_PAIR)
		snprintf(line, sizeof line, "epoch %u\n", (unsigned)epoch);
	snprintf(text, sizeof text, "entrylog-key 1\npurpose %s\n%s%s %s\n", el_purpose_name(p), line,
	    is_sealed ? "sealed" : "secret", b64);
	if ((r = el_file_create(path, 0600, text, strlen(text))) == EL_OK && p != EL_PURPOSE_PAIR)
		r = write_public(path, p, secret);
	sodium_memzero(text, sizeof text);
	sodium_memzero(b64, sizeof b64);
	return r;
}

/* The rest of a line `word rest`, cut at its end; NULL when the line at *p does not begin with word. */
static char *
take_line(char **p, const char *word)
{
	const size_t n = strlen(word);
	char *rest, *nl = strchr(*p, '\n');

	if (nl == NULL || strncmp(*p, word, n) != 0 || (*p)[n] != ' ')
		return NULL;
	rest = *p + n + 1;
	*nl = '\0';
	*p = nl + 1;
	return rest;
}

static int
open_sealed(enum el_purpose p, const char *b64, el_passphrase_fn *ask, void *ctx, uint8_t out[32])
{
	const char *ad = el_purpose_name(p);
	uint8_t sealed[SEALED_LEN], k[32];
	char passphrase[PASSPHRASE_MAX];
	int r;

	if ((r = el_base64url_exact(b64, sealed, sizeof sealed)) != EL_OK)
		return r;
	if (ask == NULL)
		return EL_ECRYPTO;
	if ((r = ask(ctx, passphrase, sizeof passphrase)) == EL_OK && (r = passphrase_key(passphrase, sealed, k)) == EL_OK)
		r = el_aead_open(k, sealed + 16, sizeof sealed - 16, ad, strlen(ad), out);
	sodium_memzero(passphrase, sizeof passphrase);
	sodium_memzero(k, sizeof k);
	return r;
}

/* The lines before the key itself. */
static int
read_head(char **p, const char *magic, enum el_purpose purpose)
{
	const char *v;

	if ((v = take_line(p, magic)) == NULL || strcmp(v, "1") != 0 || (v = take_line(p, "purpose")) == NULL)
		return EL_EFORMAT;
	return strcmp(v, el_purpose_name(purpose)) == 0 ? EL_OK : EL_EPERM;
}

static int
read_epoch(char **p, el_epoch *epoch)
{
	const char *v = take_line(p, "epoch");
	unsigned long e;
	char *end;

	if (v == NULL || v[0] < '0' || v[0] > '9')
		return EL_EFORMAT;
	e = strtoul(v, &end, 10);
	if (*end != '\0' || e > UINT16_MAX)
		return EL_EFORMAT;
	if (epoch != NULL)
		*epoch = (el_epoch)e;
	return EL_OK;
}

int
el_keyfile_read(const char *path, enum el_purpose purpose, el_passphrase_fn *ask, void *ctx, uint8_t **secret,
    el_epoch *epoch)
{
	uint8_t *text = NULL, *k = NULL;
	struct el_scalar s;
	size_t len = 0;
	char *p;
	const char *v;
	int r;

	*secret = NULL;
	if ((r = el_file_read_private(path, KEYFILE_MAX, &text, &len)) != EL_OK)
		return r;
	p = (char *)text;
	if ((r = read_head(&p, "entrylog-key", purpose)) != EL_OK ||
	    (purpose == EL_PURPOSE_PAIR && (r = read_epoch(&p, epoch)) != EL_OK) || (r = el_secret_new(32, &k)) != EL_OK)
		goto out;
	if ((v = take_line(&p, "secret")) != NULL)
		r = el_base64url_exact(v, k, 32);
	else if ((v = take_line(&p, "sealed")) != NULL)
		r = open_sealed(purpose, v, ask, ctx, k);
	else
		r = EL_EFORMAT;
	if (r == EL_OK && p != (char *)text + len)
		r = EL_EFORMAT;
	if (r == EL_OK && is_scalar(purpose)) {
		r = el_scalar_parse(k, &s);
		el_scalar_wipe(&s);
	}
	if (r != EL_OK)
		goto out;
	*secret = k;
	k = NULL;
out:
	el_secret_free(k);
	sodium_memzero(text, len);
	free(text);
	return r;
}

int
el_keyfile_read_public(const char *path, enum el_purpose purpose, uint8_t out[32])
{
	uint8_t *text = NULL;
	size_t len;
	char *p;
	const char *v;
	int r;

	if ((r = el_file_read(path, KEYFILE_MAX, &text, &len)) != EL_OK)
		return r;
	p = (char *)text;
	if ((r = read_head(&p, "entrylog-public", purpose)) == EL_OK) {
		v = take_line(&p, "key");
		r = v == NULL || p != (char *)text + len ? EL_EFORMAT : el_base64url_exact(v, out, 32);
	}
	free(text);
	return r;
}
