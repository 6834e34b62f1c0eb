/* Replays the vectors of restricted JSON, of the documents, of calls and of the public log's entries; test_vectors.c replays the others. */
#include <stdlib.h>
#include <string.h>

#include "base/code.h"
#include "crypto/hash.h"
#include "order/callsig.h"
#include "order/check.h"
#include "order/document.h"
#include "order/policy.h"
#include "order/release.h"
#include "order/rjson.h"
#include "order/scope.h"
#include "vectors_replay.h"

static void
replay_rjson(const json_t *c)
{
	uint8_t bytes[1024], *again;
	const size_t n = vec_some(c, "bytes", bytes, sizeof bytes);
	json_t *json;
	size_t len;

	REQUIRE(el_rjson_check(bytes, n) == vec_error(c));
	REQUIRE(el_rjson_parse(bytes, n, &json) == vec_error(c));
	if (vec_valid(c)) {
		/* What we write of it is restricted JSON of the same content. */
		REQUIRE(el_rjson_encode(json, &again, &len) == EL_OK && el_rjson_check(again, len) == EL_OK);
		free(again);
	}
	json_decref(json);
}

/* Room for the largest of what documents open to. */
static union {
	struct el_policy policy;
	struct el_bundle bundle;
	struct el_directory directory;
	struct el_order order;
	struct el_release release;
	struct el_trace_statement trace;
	struct el_scope scope;
	struct el_disclosed disclosed;
} room;

static int
open_kind(const char *kind, const struct el_document *d, const struct el_sign_pk *key)
{
	int r;

	if (strcmp(kind, "policy") == 0)
		return el_policy_open(d, key, &room.policy);
	if (strcmp(kind, "bundle") == 0)
		return el_bundle_open(d, key, &room.bundle);
	if (strcmp(kind, "directory") == 0)
		return el_directory_open(d, key, &room.directory);
	if (strcmp(kind, "release") == 0)
		return el_release_open(d, key, &room.release);
	if (strcmp(kind, "trace") == 0) {
		if ((r = el_trace_statement_open(d, key, &room.trace)) == EL_OK)
			el_trace_statement_wipe(&room.trace);
		return r;
	}
	REQUIRE(strcmp(kind, "order") == 0);
	r = el_document_verify(d, key, "EL1-order");
	return r == EL_OK ? el_order_parse(d->doc, d->len, &room.order) : EL_ECRYPTO;
}

/* Encoding what was opened gives the bytes of a good one again. */
static void
encode_again(const char *kind, const char *text)
{
	uint8_t *doc = NULL;
	size_t len = 0;
	int r;

	if (strcmp(kind, "policy") == 0)
		r = el_policy_encode(&room.policy, &doc, &len);
	else if (strcmp(kind, "bundle") == 0)
		r = el_bundle_encode(&room.bundle, &doc, &len);
	else if (strcmp(kind, "directory") == 0)
		r = el_directory_encode(&room.directory, &doc, &len);
	else if (strcmp(kind, "order") == 0)
		r = el_order_encode(&room.order, &doc, &len);
	else
		return;
	REQUIRE(r == EL_OK && len == strlen(text) && memcmp(doc, text, len) == 0);
	free(doc);
}

/* The text signed anew by the seeds is the signed document, byte for byte. */
static void
sign_again(const json_t *c, const struct el_document *want)
{
	const json_t *seeds = vec_array(c, "seeds");
	const char *text = vec_text(c, "text");
	static struct el_document d;
	uint8_t seed[32];

	el_document_init(&d, (uint8_t *)strdup(text), strlen(text));
	REQUIRE(d.len == want->len && memcmp(d.doc, want->doc, d.len) == 0);
	for (size_t i = 0; i < json_array_size(seeds); i++) {
		struct el_sign_key *key;

		vec_item(seeds, i, seed, sizeof seed);
		REQUIRE(el_sign_key_new(seed, &key) == EL_OK);
		REQUIRE(el_document_sign(&d, key, vec_text(c, "label")) == EL_OK);
		el_sign_key_free(key);
	}
	REQUIRE(d.n_signatures == want->n_signatures);
	REQUIRE(memcmp(d.signatures, want->signatures, d.n_signatures * sizeof d.signatures[0]) == 0);
	el_document_wipe(&d);
}

static void
replay_signed(const json_t *c)
{
	const char *kind = vec_text(c, "kind");
	static struct el_document d;
	struct el_sign_pk key;

	vec_bytes(c, "public", key.b, sizeof key.b);
	REQUIRE(el_document_from_json(json_object_get(c, "signed"), &d) == EL_OK);
	REQUIRE(vec_same(c, "hash", d.hash.b, sizeof d.hash.b));
	sign_again(c, &d);
	REQUIRE(open_kind(kind, &d, &key) == vec_error(c));
	if (vec_valid(c) && strstr(vec_name, "spaces") == NULL)
		encode_again(kind, vec_text(c, "text"));
	el_document_wipe(&d);
}

static void
replay_scope(const json_t *c)
{
	const char *text = vec_text(c, "text");
	static uint8_t out[EL_SCOPE_MAX];
	struct el_hash h;
	uint8_t salt[32];
	size_t len;

	REQUIRE(el_disclosed_from_json(json_object_get(c, "disclosed"), &room.disclosed) == EL_OK);
	vec_bytes(c, "salt", salt, sizeof salt);
	REQUIRE(memcmp(salt, room.disclosed.salt, sizeof salt) == 0 && vec_is(c, "party", room.disclosed.party));
	REQUIRE(room.disclosed.len == strlen(text) && memcmp(room.disclosed.scope, text, strlen(text)) == 0);
	el_scope_hash(&room.disclosed, &h);
	REQUIRE(vec_same(c, "hash", h.b, sizeof h.b));
	REQUIRE(el_scope_parse((const uint8_t *)text, strlen(text), &room.scope) == vec_error(c));
	if (!vec_valid(c) || strstr(vec_name, "spaces") != NULL)
		return;
	REQUIRE(el_scope_encode(&room.scope, out, sizeof out, &len) == EL_OK);
	REQUIRE(len == strlen(text) && memcmp(out, text, len) == 0);
}

static struct el_policy *judged_by;

static void
replay_judge(const json_t *c)
{
	static struct el_document d;
	enum el_code code;

	REQUIRE(judged_by != NULL && vec_is(c, "policy", "policy: good"));
	REQUIRE(el_document_from_json(json_object_get(c, "signed"), &d) == EL_OK);
	code = el_order_check(&d, judged_by, vec_int(c, "now"), &room.order);
	REQUIRE(vec_is(c, "code", el_code_name(code)) && vec_valid(c) == (code == EL_CODE_OK));
	el_document_wipe(&d);
}

static void
replay_documents(const json_t *c)
{
	static struct el_document d;
	int r;

	if (vec_is(c, "kind", "scope")) {
		replay_scope(c);
	} else if (vec_is(c, "kind", "judge")) {
		replay_judge(c);
	} else if (vec_is(c, "kind", "document")) {
		r = el_document_from_json(json_object_get(c, "signed"), &d);
		REQUIRE(r == vec_error(c));
		REQUIRE(r != EL_OK || vec_same(c, "hash", d.hash.b, sizeof d.hash.b));
		el_document_wipe(&d);
	} else {
		replay_signed(c);
		if (strcmp(vec_name, "policy: good") == 0) {
			REQUIRE((judged_by = malloc(sizeof *judged_by)) != NULL);
			*judged_by = room.policy;
		}
	}
}

/* The same file as in test_vectors.c, now through order/callsig.c. */
static void
replay_calls(const json_t *c)
{
	struct el_call call = { vec_text(c, "method"), vec_text(c, "path"), vec_text(c, "party"), { { 0 } },
		(uint64_t)vec_int(c, "time"), { 0 } };
	const int64_t time = vec_int(c, "time");
	struct el_sign_key *key;
	struct el_sig sig;
	uint8_t seed[32];

	el_sha256(vec_text(c, "body"), strlen(vec_text(c, "body")), &call.body);
	vec_bytes(c, "nonce", call.nonce, sizeof call.nonce);
	vec_bytes(c, "seed", seed, sizeof seed);
	REQUIRE(el_sign_key_new(seed, &key) == EL_OK);
	REQUIRE(el_call_sign(&call, key, &sig) == EL_OK && vec_same(c, "signature", sig.b, sizeof sig.b));
	REQUIRE(el_call_verify(&call, el_sign_key_pk(key), &sig, time) == EL_OK);
	REQUIRE(el_call_verify(&call, el_sign_key_pk(key), &sig, time + EL_CALL_WINDOW_S + 1) == EL_ESTATE);
	call.method = "GET";
	REQUIRE(el_call_verify(&call, el_sign_key_pk(key), &sig, time) == EL_ECRYPTO);
	el_sign_key_free(key);
}

int
main(void)
{
	static struct vec_file files[] = { { "rjson", replay_rjson }, { "documents", replay_documents },
		{ "callsig", replay_calls }, { "publog", replay_publog } };
	const struct CMUnitTest tests[] = {
		{ "replays the vectors of rjson", vec_replay_file, NULL, NULL, &files[0] },
		{ "replays the vectors of documents", vec_replay_file, NULL, NULL, &files[1] },
		{ "replays the vectors of callsig", vec_replay_file, NULL, NULL, &files[2] },
		{ "replays the vectors of publog", vec_replay_file, NULL, NULL, &files[3] },
	};
	int r;

	vec_use_stated_randomness();
	r = cmocka_run_group_tests_name("vectors_order", tests, NULL, NULL);
	free(judged_by);
	return r;
}
