#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/box.h"
#include "crypto/dleq.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/keyring.h"
#include "crypto/row.h"
#include "crypto/share.h"
#include "crypto/sign.h"
#include "vectors_replay.h"

void
replay_point(const json_t *c)
{
	uint8_t in[32], scalar[32];
	struct el_point p, again;
	struct el_scalar s;

	vec_bytes(c, "encoding", in, sizeof in);
	REQUIRE(el_point_parse(in, &p) == (vec_valid(c) ? EL_OK : EL_EFORMAT));
	if (!vec_valid(c))
		return;
	vec_bytes(c, "scalar", scalar, sizeof scalar);
	REQUIRE(el_scalar_parse(scalar, &s) == EL_OK && el_point_base(&again, &s) == EL_OK);
	REQUIRE(el_point_eq(&p, &again));
}

void
replay_scalar(const json_t *c)
{
	uint8_t in[32], wide[64];
	struct el_scalar s;
	struct el_point p;

	if (vec_is(c, "kind", "reduce")) {
		vec_bytes(c, "wide", wide, sizeof wide);
		vec_feed(wide, sizeof wide);
		el_scalar_random(&s);
		REQUIRE(vec_same(c, "scalar", s.b, sizeof s.b));
		return;
	}
	vec_bytes(c, "scalar", in, sizeof in);
	REQUIRE(el_scalar_parse(in, &s) == (vec_valid(c) ? EL_OK : EL_EFORMAT));
	if (!vec_valid(c))
		return;
	REQUIRE(el_point_base(&p, &s) == EL_OK && vec_same(c, "point", p.b, sizeof p.b));
}

/* The scalar that 64 stated bytes give when they are drawn. */
static void
drawn(const json_t *c, const char *wide_key, const char *key, struct el_scalar *out)
{
	uint8_t wide[64];

	vec_bytes(c, wide_key, wide, sizeof wide);
	vec_feed(wide, sizeof wide);
	el_scalar_random(out);
	REQUIRE(vec_same(c, key, out->b, sizeof out->b));
	vec_feed(wide, sizeof wide); /* for the call under test */
}

void
replay_box(const json_t *c)
{
	uint8_t box[512], ad[512], message[512], out[512];
	const size_t len = vec_some(c, "box", box, sizeof box), ad_len = vec_some(c, "ad", ad, sizeof ad);
	struct el_scalar secret, r;
	struct el_point public, shared;
	size_t n;

	vec_bytes(c, "secret", secret.b, sizeof secret.b);
	vec_bytes(c, "public", public.b, sizeof public.b);
	REQUIRE(el_box_open(&secret, &public, box, len, ad, ad_len, out) == vec_error(c));
	if (!vec_valid(c))
		return;
	n = vec_some(c, "message", message, sizeof message);
	REQUIRE(n + EL_BOX_OVERHEAD == len && memcmp(out, message, n) == 0);
	drawn(c, "r_wide", "r", &r);
	REQUIRE(el_box_seal(&public, message, n, ad, ad_len, out) == EL_OK && vec_same(c, "box", out, len));
	REQUIRE(vec_same(c, "R", box, 32));
	vec_bytes(c, "S", shared.b, sizeof shared.b);
	memset(out, 0, sizeof out);
	REQUIRE(el_box_open_shared(&shared, &public, box, len, ad, ad_len, out) == EL_OK);
	REQUIRE(memcmp(out, message, n) == 0);
}

void
replay_row(const json_t *c)
{
	const struct el_row_place place = { (enum el_store)vec_int(c, "store"), (el_epoch)vec_int(c, "epoch"),
		(uint32_t)vec_int(c, "segment"), vec_u64(c, "tag_a"), vec_u64(c, "tag_b") };
	uint8_t rows_key[32], day_key[32], derived[32], row[1024], plain[1024], out[1024], nonce[24];
	const size_t len = vec_some(c, "row", row, sizeof row);
	size_t n;

	vec_bytes(c, "rows_key", rows_key, sizeof rows_key);
	REQUIRE(el_row_open(rows_key, &place, row, len, out) == vec_error(c));
	if (!vec_valid(c))
		return;
	n = vec_some(c, "plain", plain, sizeof plain);
	REQUIRE(n + EL_AEAD_OVERHEAD == len && memcmp(out, plain, n) == 0);
	vec_bytes(c, "day_key", day_key, sizeof day_key);
	el_day_key_rows(derived, day_key);
	REQUIRE(memcmp(derived, rows_key, sizeof derived) == 0);
	vec_bytes(c, "nonce", nonce, sizeof nonce);
	vec_feed(nonce, sizeof nonce);
	el_row_seal(rows_key, &place, plain, n, out);
	REQUIRE(vec_same(c, "row", out, len));
}

static void
replay_signing(const json_t *c, const struct el_sign_pk *pk, const char *label, const uint8_t *m, size_t n)
{
	struct el_sign_key *key;
	struct el_sig sig;
	uint8_t seed[32];

	vec_bytes(c, "seed", seed, sizeof seed);
	REQUIRE(el_sign_key_new(seed, &key) == EL_OK && el_sign_pk_eq(el_sign_key_pk(key), pk));
	REQUIRE(el_sign(key, label, m, n, &sig) == EL_OK && vec_same(c, "signature", sig.b, sizeof sig.b));
	el_sign_key_free(key);
}

void
replay_signature(const json_t *c)
{
	uint8_t in[32], message[1024];
	struct el_sign_pk pk;
	struct el_sig sig;
	size_t n;
	bool good;

	vec_bytes(c, "public", in, sizeof in);
	good = el_sign_pk_parse(in, &pk) == EL_OK;
	if (vec_is(c, "kind", "key")) {
		REQUIRE(good == vec_valid(c));
		return;
	}
	REQUIRE(good == vec_bool(c, "public_valid"));
	n = vec_some(c, "message", message, sizeof message);
	vec_bytes(c, "signature", sig.b, sizeof sig.b);
	if (good)
		REQUIRE((el_verify(&pk, vec_text(c, "label"), message, n, &sig) == EL_OK) == vec_valid(c));
	if (vec_valid(c))
		replay_signing(c, &pk, vec_text(c, "label"), message, n);
}

static void
replay_deal(const json_t *c)
{
	const unsigned t = (unsigned)vec_int(c, "threshold"), n = (unsigned)vec_int(c, "trustees");
	struct el_scalar shares[EL_TRUSTEES_MAX], want;
	struct el_point commitments[EL_TRUSTEES_MAX], p, r, got;
	uint8_t wide[64];

	for (unsigned k = 0; k < t; k++) {
		vec_item(vec_array(c, "coefficients_wide"), k, wide, sizeof wide);
		vec_feed(wide, sizeof wide);
	}
	REQUIRE(el_share_deal(t, n, shares, commitments) == EL_OK);
	for (unsigned k = 0; k < t; k++) {
		vec_item(vec_array(c, "commitments"), k, p.b, sizeof p.b);
		REQUIRE(el_point_eq(&p, &commitments[k]));
		vec_item(vec_array(c, "coefficients"), k, want.b, sizeof want.b);
		REQUIRE(el_point_base(&got, &want) == EL_OK && el_point_eq(&got, &p));
	}
	vec_bytes(c, "R", r.b, sizeof r.b);
	for (unsigned j = 1; j <= n; j++) {
		vec_item(vec_array(c, "shares"), j - 1, want.b, sizeof want.b);
		REQUIRE(el_bytes_eq(want.b, shares[j - 1].b, sizeof want.b));
		REQUIRE(el_share_verify(commitments, t, j, &want) == EL_OK);
		vec_item(vec_array(c, "public"), j - 1, p.b, sizeof p.b);
		REQUIRE(el_share_public(commitments, t, j, &got) == EL_OK && el_point_eq(&got, &p));
		vec_item(vec_array(c, "partials"), j - 1, p.b, sizeof p.b);
		REQUIRE(el_share_partial(&want, &r, &got) == EL_OK && el_point_eq(&got, &p));
	}
}

void
replay_share(const json_t *c)
{
	unsigned index[EL_TRUSTEES_MAX];
	struct el_point points[EL_TRUSTEES_MAX], s, got;
	struct el_scalar share;
	const json_t *list;
	size_t n;

	if (vec_is(c, "kind", "deal")) {
		replay_deal(c);
		return;
	}
	list = vec_array(c, vec_is(c, "kind", "verify") ? "commitments" : "partials");
	n = json_array_size(list);
	REQUIRE(n <= EL_TRUSTEES_MAX);
	for (size_t i = 0; i < n; i++)
		vec_item(list, i, points[i].b, sizeof points[i].b);
	if (vec_is(c, "kind", "verify")) {
		vec_bytes(c, "share", share.b, sizeof share.b);
		REQUIRE(el_share_verify(points, (unsigned)n, (unsigned)vec_int(c, "index"), &share) == vec_error(c));
		return;
	}
	for (size_t i = 0; i < n; i++)
		index[i] = (unsigned)json_integer_value(json_array_get(vec_array(c, "indexes"), i));
	if (json_object_get(c, "error") != NULL) {
		REQUIRE(el_share_combine(index, points, n, &got) == vec_error(c));
		return;
	}
	vec_bytes(c, "S", s.b, sizeof s.b);
	REQUIRE(el_share_combine(index, points, n, &got) == EL_OK && vec_same(c, "result", got.b, sizeof got.b));
	REQUIRE(el_point_eq(&s, &got) == vec_valid(c));
}

#define PAIRS_MAX 8

/* False where one of them is no point. */
static bool
take_points(const json_t *list, struct el_point out[PAIRS_MAX])
{
	uint8_t b[32];
	bool good = true;

	REQUIRE(json_array_size(list) <= PAIRS_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		vec_item(list, i, b, sizeof b);
		good = el_point_parse(b, &out[i]) == EL_OK && good;
	}
	return good;
}

void
replay_dleq(const json_t *c)
{
	struct el_point r[PAIRS_MAX], d[PAIRS_MAX];
	struct el_dleq q = { .purpose = (enum el_dleq_purpose)vec_int(c, "purpose"), .epoch = (el_epoch)vec_int(c, "epoch"),
		.trustee = (unsigned)vec_int(c, "trustee"), .r = r, .d = d, .n = json_array_size(vec_array(c, "R")) };
	struct el_dleq_proof proof, made;
	struct el_scalar share;
	uint8_t wide[64];

	vec_bytes(c, "public", q.public.b, 32);
	vec_bytes(c, "order", q.order.b, 32);
	vec_bytes(c, "c", proof.c.b, 32);
	vec_bytes(c, "s", proof.s.b, 32);
	REQUIRE(json_array_size(vec_array(c, "D")) == q.n);
	if (!take_points(vec_array(c, "R"), r) || !take_points(vec_array(c, "D"), d)) {
		REQUIRE(vec_error(c) == EL_EFORMAT);
		return;
	}
	REQUIRE(el_dleq_verify(&q, &proof) == vec_error(c));
	if (!vec_is(c, "kind", "prove"))
		return;
	vec_bytes(c, "share", share.b, 32);
	vec_bytes(c, "k_wide", wide, sizeof wide);
	vec_feed(wide, sizeof wide);
	REQUIRE(el_dleq_prove(&q, &share, &made) == EL_OK && el_bytes_eq(&made, &proof, sizeof made));
}

static void
replay_entries(const json_t *c, const struct el_keyring *k)
{
	const json_t *e;
	uint8_t key[32];
	size_t i;

	json_array_foreach(json_object_get(c, "entries"), i, e)
	{
		const struct el_key_id id = { (enum el_key_kind)vec_int(e, "kind"), (uint8_t)vec_int(e, "index"),
			(el_epoch)vec_int(e, "epoch") };

		REQUIRE(el_keyring_get(k, id, key) == EL_OK && vec_same(e, "key", key, sizeof key));
	}
	REQUIRE(i > 0);
}

/* Written anew from its keys and nonces, the file must be the same. */
static void
replay_writing(const json_t *c, const char *path, const char *kek_path, enum el_party party)
{
	struct el_key_id ids[16];
	uint8_t keys[16][32], nonce[24], *bytes;
	struct el_keyring *k;
	const json_t *e;
	size_t i, len;

	REQUIRE(unlink(path) == 0 && el_keyring_open(path, kek_path, party, &k) == EL_OK);
	json_array_foreach(json_object_get(c, "entries"), i, e)
	{
		REQUIRE(i < 16);
		ids[i] = (struct el_key_id){ (enum el_key_kind)vec_int(e, "kind"), (uint8_t)vec_int(e, "index"),
			(el_epoch)vec_int(e, "epoch") };
		vec_bytes(e, "key", keys[i], sizeof keys[i]);
		vec_bytes(e, "nonce", nonce, sizeof nonce);
		vec_feed(nonce, sizeof nonce);
	}
	REQUIRE(el_keyring_add(k, ids, (const uint8_t(*)[32])keys, i) == EL_OK);
	el_keyring_close(k);
	REQUIRE(el_file_read_private(path, 4096, &bytes, &len) == EL_OK && vec_same(c, "keyring", bytes, len));
	free(bytes);
}

void
replay_keyring(const json_t *c)
{
	char dir[] = "/tmp/entrylog-test-XXXXXX", path[64], kek_path[64];
	const enum el_party party = (enum el_party)vec_int(c, "party");
	uint8_t bytes[4096], kek[32];
	const size_t len = vec_some(c, "keyring", bytes, sizeof bytes);
	struct el_keyring *k;

	REQUIRE(mkdtemp(dir) != NULL);
	snprintf(path, sizeof path, "%s/keyring", dir);
	snprintf(kek_path, sizeof kek_path, "%s/kek", dir);
	vec_bytes(c, "kek", kek, sizeof kek);
	REQUIRE(el_file_create(kek_path, 0600, kek, sizeof kek) == EL_OK);
	REQUIRE(el_file_create(path, 0600, bytes, len) == EL_OK);
	REQUIRE(el_keyring_open(path, kek_path, party, &k) == vec_error(c));
	if (vec_valid(c)) {
		replay_entries(c, k);
		el_keyring_close(k);
		replay_writing(c, path, kek_path, party);
	}
	REQUIRE(unlink(path) == 0 && unlink(kek_path) == 0 && rmdir(dir) == 0);
}

static void
put_counted(struct el_wr *w, const void *p, size_t n)
{
	el_wr_u16(w, (uint16_t)n);
	el_wr_bytes(w, p, n);
}

/* The input is built again here; order/callsig.c is held against the same vectors in test_vectors_order.c. */
void
replay_callsig(const json_t *c)
{
	static const char *const texts[] = { "method", "path", "party" };
	uint8_t in[1024], time[8], nonce[16];
	struct el_wr w = el_wr_init(in, sizeof in);
	struct el_sign_pk pk;
	struct el_hash body;

	for (size_t i = 0; i < 3; i++)
		put_counted(&w, vec_text(c, texts[i]), strlen(vec_text(c, texts[i])));
	el_sha256(vec_text(c, "body"), strlen(vec_text(c, "body")), &body);
	REQUIRE(vec_same(c, "body_hash", body.b, sizeof body.b));
	put_counted(&w, body.b, sizeof body.b);
	el_put_u64(time, (uint64_t)vec_int(c, "time"));
	put_counted(&w, time, sizeof time);
	vec_bytes(c, "nonce", nonce, sizeof nonce);
	put_counted(&w, nonce, sizeof nonce);
	REQUIRE(w.err == EL_OK && vec_same(c, "input", in, w.len));
	vec_bytes(c, "public", pk.b, sizeof pk.b);
	replay_signing(c, &pk, "EL1-request", in, w.len);
}
