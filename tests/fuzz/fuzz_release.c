#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "order/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Any key will do: the parsers behind the signature are what is looked at. */
static const struct el_sign_key *
answer_key(void)
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

static void
sign(const uint8_t *data, size_t len, const char *label, struct el_document *out)
{
	uint8_t *doc = malloc(len + 1);

	if (doc == NULL)
		abort();
	if (len > 0)
		memcpy(doc, data, len);
	el_document_init(out, doc, len);
	if (el_document_sign(out, answer_key(), label) != EL_OK)
		abort();
}

static void
try_release(const uint8_t *data, size_t len)
{
	static struct el_document d, again;
	struct el_release a, b;

	sign(data, len, "EL1-release", &d);
	if (el_release_open(&d, el_sign_key_pk(answer_key()), &a) == EL_OK) {
		if (el_release_sign(&a, answer_key(), &again) != EL_OK ||
		    el_release_open(&again, el_sign_key_pk(answer_key()), &b) != EL_OK || memcmp(&a, &b, sizeof a) != 0)
			abort();
		el_document_wipe(&again);
	}
	el_document_wipe(&d);
}

static void
try_statement(const uint8_t *data, size_t len)
{
	static struct el_document d, again;
	struct el_trace_statement a, b;
	uint8_t issuer;

	sign(data, len, "EL1-trace", &d);
	if (el_trace_statement_open(&d, el_sign_key_pk(answer_key()), &a) == EL_OK) {
		if (el_trace_statement_issuer(&d, &issuer) != EL_OK || issuer != a.issuer ||
		    el_trace_statement_sign(&a, answer_key(), &again) != EL_OK ||
		    el_trace_statement_open(&again, el_sign_key_pk(answer_key()), &b) != EL_OK ||
		    a.n_rows != b.n_rows || memcmp(&a.deployment, &b.deployment, sizeof a.deployment) != 0 ||
		    memcmp(&a.order, &b.order, sizeof a.order) != 0)
			abort();
		for (size_t i = 0; i < a.n_rows; i++)
			if (a.rows[i].epoch != b.rows[i].epoch || memcmp(a.rows[i].com, b.rows[i].com, 32) != 0 ||
			    memcmp(&a.rows[i].box, &b.rows[i].box, sizeof a.rows[i].box) != 0)
				abort();
		el_trace_statement_wipe(&b);
		el_document_wipe(&again);
	}
	el_trace_statement_wipe(&a);
	el_document_wipe(&d);
}

static void
try_row(const uint8_t *data, size_t len)
{
	json_t *json = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL), *again = NULL;
	struct el_released row;

	if (json != NULL && el_released_from_json(json, &row) == EL_OK &&
	    ((again = el_released_to_json(&row)) == NULL || json_equal(json, again) != 1))
		abort();
	json_decref(again);
	json_decref(json);
}

/* Releases, trace statements and released rows come back as they were read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	try_release(data, len);
	try_statement(data, len);
	try_row(data, len);
	return 0;
}
