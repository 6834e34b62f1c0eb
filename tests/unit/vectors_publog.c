#include <string.h>

#include "log/tiles.h"
#include "order/log_proof.h"
#include "vectors_replay.h"

static void
replay_entry(const json_t *c)
{
	const char *const text = vec_text(c, "text");
	uint8_t again[EL_ENTRY_MAX];
	struct el_log_entry e, twice;
	struct el_hash leaf;
	size_t n;

	REQUIRE(el_log_entry_parse((const uint8_t *)text, strlen(text), &e) == vec_error(c));
	if (!vec_valid(c))
		return;
	REQUIRE(el_log_entry_encode(&e, again, &n) == EL_OK);
	REQUIRE(n == strlen(vec_text(c, "again")) && memcmp(again, vec_text(c, "again"), n) == 0);
	REQUIRE(el_log_entry_parse(again, n, &twice) == EL_OK && memcmp(&e, &twice, sizeof e) == 0);
	el_entry_leaf((const uint8_t *)text, strlen(text), &leaf);
	REQUIRE(vec_same(c, "leaf", leaf.b, sizeof leaf.b));
}

static void
replay_proof(const json_t *c)
{
	const char *const party = vec_text(c, "party");
	const bool is_registry = strcmp(party, "registry") == 0;
	struct el_hash deployment, order, answer;
	char origin[EL_LOG_ORIGIN_MAX + 1];
	struct el_checkpoint checkpoint;
	struct el_log_proof p;
	struct el_sign_pk key;
	json_t *again;

	vec_bytes(c, "deployment", deployment.b, EL_HASH_LEN);
	vec_bytes(c, "order", order.b, EL_HASH_LEN);
	vec_bytes(c, "answer", answer.b, EL_HASH_LEN);
	vec_bytes(c, "public", key.b, sizeof key.b);
	REQUIRE(el_log_origin(&deployment, party, origin) == EL_OK);
	REQUIRE(el_log_proof_from_json(json_object_get(c, "proofs"), &p) == EL_OK);
	again = el_log_proof_to_json(&p);
	REQUIRE(json_equal(again, json_object_get(c, "proofs")));
	json_decref(again);
	REQUIRE(el_log_proof_check(&p, origin, &key, &order, &answer, is_registry ? EL_ENTRY_SEGMENT : EL_ENTRY_IDENTITIES,
		    &checkpoint, NULL) == vec_error(c));
	REQUIRE(!vec_valid(c) || checkpoint.size == (uint64_t)vec_int(c, "size"));
	el_log_proof_wipe(&p);
}

void
replay_publog(const json_t *c)
{
	if (vec_is(c, "kind", "entry")) {
		replay_entry(c);
	} else {
		REQUIRE(vec_is(c, "kind", "proof"));
		replay_proof(c);
	}
}
