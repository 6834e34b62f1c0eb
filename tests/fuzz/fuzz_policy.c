#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "order/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The root key of tests/unit/test_order_world.c: its deployment stands in the corpus. */
static const struct el_sign_key *
root(void)
{
	static struct el_sign_key *key;
	uint8_t seed[32];

	if (key == NULL) {
		memset(seed, 1, sizeof seed);
		if (el_secret_init() != EL_OK || el_sign_key_new(seed, &key) != EL_OK)
			abort();
	}
	return key;
}

/* Bytes signed by root, as the parsers behind the signature see them.  Takes a copy. */
static void
sign(const uint8_t *data, size_t len, const char *label, struct el_document *out)
{
	uint8_t *doc = malloc(len + 1);

	if (doc == NULL)
		abort();
	if (len > 0)
		memcpy(doc, data, len);
	el_document_init(out, doc, len);
	if (el_document_sign(out, root(), label) != EL_OK)
		abort();
}

static void
try_policy(const uint8_t *data, size_t len)
{
	static struct el_policy a, b;
	static struct el_document d;
	uint8_t *doc;
	size_t n;

	sign(data, len, "EL1-policy", &d);
	if (el_policy_open(&d, el_sign_key_pk(root()), &a) == EL_OK) {
		if (el_policy_encode(&a, &doc, &n) != EL_OK)
			abort();
		el_document_wipe(&d);
		sign(doc, n, "EL1-policy", &d);
		if (el_policy_open(&d, el_sign_key_pk(root()), &b) != EL_OK)
			abort();
		b.hash = a.hash;
		if (memcmp(&a, &b, sizeof a) != 0 || (!a.lab && a.threshold < 2))
			abort();
		free(doc);
	}
	el_document_wipe(&d);
}

static void
try_bundle(const uint8_t *data, size_t len)
{
	static struct el_bundle a, b;
	static struct el_document d;
	uint8_t *doc;
	size_t n;

	sign(data, len, "EL1-bundle", &d);
	if (el_bundle_open(&d, el_sign_key_pk(root()), &a) == EL_OK) {
		if (el_bundle_encode(&a, &doc, &n) != EL_OK)
			abort();
		el_document_wipe(&d);
		sign(doc, n, "EL1-bundle", &d);
		if (el_bundle_open(&d, el_sign_key_pk(root()), &b) != EL_OK)
			abort();
		b.hash = a.hash;
		if (memcmp(&a, &b, sizeof a) != 0)
			abort();
		free(doc);
	}
	el_document_wipe(&d);
}

static void
try_directory(const uint8_t *data, size_t len)
{
	static struct el_directory a, b;
	static struct el_document d;
	uint8_t *doc;
	size_t n;

	sign(data, len, "EL1-directory", &d);
	if (el_directory_open(&d, el_sign_key_pk(root()), &a) == EL_OK) {
		if (el_directory_encode(&a, &doc, &n) != EL_OK)
			abort();
		el_document_wipe(&d);
		sign(doc, n, "EL1-directory", &d);
		if (el_directory_open(&d, el_sign_key_pk(root()), &b) != EL_OK)
			abort();
		b.hash = a.hash;
		if (memcmp(&a, &b, sizeof a) != 0)
			abort();
		free(doc);
	}
	el_document_wipe(&d);
}

/* What root signed is read whichever way it was written, and written one way. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	try_policy(data, len);
	try_bundle(data, len);
	try_directory(data, len);
	return 0;
}
