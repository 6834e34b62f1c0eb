#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/text.h"
#include "crypto/kdf.h"
#include "crypto/keyring.h"
#include "crypto/row.h"
#include "vectors.h"

static void
put_place(json_t *c, const struct el_row_place *p)
{
	vec_int(c, "store", p->store);
	vec_int(c, "epoch", p->epoch);
	vec_int(c, "segment", p->segment);
	vec_u64(c, "tag_a", p->tag_a);
	vec_u64(c, "tag_b", p->tag_b);
}

static json_t *
row_bad(json_t *file, const char *name, const uint8_t key[32], const struct el_row_place *p, const uint8_t *row,
    size_t len, int error)
{
	json_t *c = vec_case(file, name, false);
	uint8_t out[512];

	VEC_CHECK(el_row_open(key, p, row, len, out) == error);
	vec_hex(c, "rows_key", key, 32);
	put_place(c, p);
	vec_hex(c, "row", row, len);
	vec_text(c, "error", error == EL_EFORMAT ? "format" : "crypto");
	return c;
}

static json_t *
row_good(json_t *file, const char *name, const struct el_row_place *p, const uint8_t *plain, size_t n,
    uint8_t rows_key[32], uint8_t *row)
{
	json_t *c = vec_case(file, name, true);
	uint8_t day_key[32], nonce[24], ad[23], out[512];
	struct el_wr w = el_wr_init(ad, sizeof ad);

	vec_derive("row/day key", day_key, sizeof day_key);
	vec_derive(name, nonce, sizeof nonce);
	el_day_key_rows(rows_key, day_key);
	vec_feed(nonce, sizeof nonce);
	el_row_seal(rows_key, p, plain, n, row);
	vec_fed();
	VEC_OK(el_row_open(rows_key, p, row, n + EL_AEAD_OVERHEAD, out));
	VEC_CHECK(memcmp(out, plain, n) == 0);
	el_wr_u8(&w, (uint8_t)p->store);
	el_wr_u16(&w, p->epoch);
	el_wr_u32(&w, p->segment);
	el_wr_u64(&w, p->tag_a);
	el_wr_u64(&w, p->tag_b);
	vec_hex(c, "day_key", day_key, sizeof day_key);
	vec_hex(c, "rows_key", rows_key, 32);
	put_place(c, p);
	vec_hex(c, "ad", ad, sizeof ad);
	vec_hex(c, "nonce", nonce, sizeof nonce);
	vec_hex(c, "plain", plain, n);
	vec_hex(c, "row", row, n + EL_AEAD_OVERHEAD);
	return c;
}

#define IDENTITY_LEN (1 + 100 + 1 + 16 + 16 + 2 + 16 + 32 + 80)
#define VISIT_LEN (4 + 4 + 4 + 1 + 8 + 16 + 132)

/* Protocol 11.2: the padding stands after the phone, so that everything behind it has a fixed place. */
static void
identity_row(json_t *file, const char *name, const char *visitor, const char *phone)
{
	static const struct el_row_place place = { EL_STORE_IDENTITY, 20700, 0, 0x0123456789abcdef,
		0xfedcba9876543210 };
	uint8_t plain[IDENTITY_LEN] = { 0 }, key[32], row[512], handle[16], salt[16], com[32], box[80];
	struct el_wr w = el_wr_init(plain, sizeof plain);
	const size_t n = strlen(visitor), m = strlen(phone);
	json_t *c;

	VEC_CHECK(n <= 100 && m <= 16 && el_text_is_nfc(visitor, n));
	vec_derive("row/handle", handle, sizeof handle);
	vec_derive("row/salt", salt, sizeof salt);
	vec_derive("row/com", com, sizeof com);
	vec_derive("row/box", box, sizeof box);
	el_wr_u8(&w, (uint8_t)n);
	el_wr_bytes(&w, visitor, n);
	el_wr_u8(&w, (uint8_t)m);
	el_wr_bytes(&w, phone, m);
	w = el_wr_init(plain + 118, sizeof plain - 118);
	el_wr_bytes(&w, handle, sizeof handle);
	el_wr_u16(&w, 3);
	el_wr_bytes(&w, salt, sizeof salt);
	el_wr_bytes(&w, com, sizeof com);
	el_wr_bytes(&w, box, sizeof box);
	VEC_CHECK(w.err == EL_OK && w.left == 0);
	c = row_good(file, name, &place, plain, sizeof plain, key, row);
	vec_text(c, "kind", "identity");
	vec_text(c, "visitor", visitor);
	vec_text(c, "phone", phone);
	vec_hex(c, "handle", handle, sizeof handle);
	vec_int(c, "consent", 3);
	vec_hex(c, "salt", salt, sizeof salt);
	vec_hex(c, "com", com, sizeof com);
	vec_hex(c, "box", box, sizeof box);
}

static void
visit_row(
    json_t *file, const char *name, uint8_t flags, const struct el_row_place *place, uint8_t key[32], uint8_t *row)
{
	uint8_t plain[VISIT_LEN], attempt[8], salt[16], body[132];
	struct el_wr w = el_wr_init(plain, sizeof plain);
	json_t *c;

	vec_derive("row/attempt", attempt, sizeof attempt);
	vec_derive("row/visit salt", salt, sizeof salt);
	vec_derive("row/body", body, sizeof body);
	el_wr_u32(&w, 12);
	el_wr_u32(&w, 3000000000u);
	el_wr_u32(&w, 1788499980);
	el_wr_u8(&w, flags);
	el_wr_bytes(&w, attempt, sizeof attempt);
	el_wr_bytes(&w, salt, sizeof salt);
	el_wr_bytes(&w, body, sizeof body);
	VEC_CHECK(w.err == EL_OK && w.left == 0);
	c = row_good(file, name, place, plain, sizeof plain, key, row);
	vec_text(c, "kind", "visit");
	vec_int(c, "venue", 12);
	vec_int(c, "scanner", 3000000000u);
	vec_int(c, "minute", 1788499980);
	vec_int(c, "flags", flags);
	vec_hex(c, "attempt", attempt, sizeof attempt);
	vec_hex(c, "salt", salt, sizeof salt);
	vec_hex(c, "body", body, sizeof body);
}

json_t *
make_row(void)
{
	static const struct el_row_place place = { EL_STORE_VISIT, 20700, 7, 0x8000000000000001, 0x7fffffffffffffff };
	static const uint8_t nothing[1];
	json_t *file = vec_file("row");
	struct el_row_place p;
	uint8_t key[32], other[32], row[512];
	const size_t len = VISIT_LEN + EL_AEAD_OVERHEAD;

	identity_row(file, "an identity", "\xed\x99\x8d\xea\xb8\xb8\xeb\x8f\x99", "+821000000000");
	identity_row(file, "a name of one letter and the shortest number", "A", "+1000000");
	identity_row(file, "a name of 100 bytes and the longest number",
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
	    "+999000000000000");
	vec_text(row_good(file, "an empty plaintext", &place, nothing, 0, key, row), "kind", "bytes");
	visit_row(file, "a late visit", 1, &place, key, row);
	visit_row(file, "a visit", 0, &place, key, row);
	p = place;
	p.store = EL_STORE_IDENTITY;
	row_bad(file, "the other store", key, &p, row, len, EL_ECRYPTO);
	p = place;
	p.epoch++;
	row_bad(file, "the next epoch", key, &p, row, len, EL_ECRYPTO);
	p = place;
	p.segment++;
	row_bad(file, "the next segment", key, &p, row, len, EL_ECRYPTO);
	p = place;
	p.tag_a = place.tag_b;
	p.tag_b = place.tag_a;
	row_bad(file, "the tags exchanged", key, &p, row, len, EL_ECRYPTO);
	row_bad(file, "39 bytes: shorter than any row", key, &place, row, 39, EL_EFORMAT);
	row_bad(file, "the last byte cut off", key, &place, row, len - 1, EL_ECRYPTO);
	vec_derive("row/another key", other, sizeof other);
	row_bad(file, "another key", other, &place, row, len, EL_ECRYPTO);
	row[0] ^= 1;
	row_bad(file, "one bit of the nonce changed", key, &place, row, len, EL_ECRYPTO);
	row[0] ^= 1;
	row[24] ^= 1;
	row_bad(file, "one bit of the ciphertext changed", key, &place, row, len, EL_ECRYPTO);
	return file;
}

static void
tag_case(json_t *file, const char *name, const char *kind, const char *label, const void *input, size_t n)
{
	json_t *c = vec_case(file, name, true);
	uint8_t day_key[32], tags_key[32];
	struct el_tag tag;
	char text[24];

	vec_derive("tags/day key", day_key, sizeof day_key);
	el_day_key_tags(tags_key, day_key);
	el_prf8(&tag, tags_key, label, input, n);
	vec_text(c, "kind", kind);
	vec_hex(c, "day_key", day_key, sizeof day_key);
	vec_hex(c, "tags_key", tags_key, sizeof tags_key);
	vec_text(c, "label", label);
	vec_hex(c, "input", input, n);
	vec_hex(c, "tag", tag.b, sizeof tag.b);
	vec_u64(c, "number", el_tag_u64(&tag));
	snprintf(text, sizeof text, "%lld", (long long)el_tag_u64(&tag));
	vec_text(c, "stored", text);
}

static void
venue_tag(json_t *file, const char *name, uint32_t venue)
{
	uint8_t b[4];

	el_put_u32(b, venue);
	tag_case(file, name, "venue", "EL1-tag-v", b, sizeof b);
	vec_int(json_array_get(json_object_get(file, "cases"), json_array_size(json_object_get(file, "cases")) - 1),
	    "venue", venue);
}

json_t *
make_tags(void)
{
	static const char *const phones[] = { "+821000000000", "+821000000001", "+1000000", "+999000000000000" };
	json_t *file = vec_file("tags");
	uint8_t id[16], day_key[32], tags_key[32], b[4];
	struct el_tag tag;
	unsigned high = 0, low = 0;
	char name[60];

	for (size_t i = 0; i < sizeof phones / sizeof phones[0]; i++) {
		snprintf(name, sizeof name, "the phone number %s", phones[i]);
		tag_case(file, name, "phone", "EL1-tag-p", phones[i], strlen(phones[i]));
	}
	vec_derive("tags/token id", id, sizeof id);
	tag_case(file, "a token id", "token", "EL1-tag-t", id, sizeof id);
	vec_derive("tags/handle", id, sizeof id);
	tag_case(file, "a handle", "handle", "EL1-tag-h", id, sizeof id);
	venue_tag(file, "venue 0", 0);
	venue_tag(file, "the largest venue", UINT32_MAX);
	vec_derive("tags/day key", day_key, sizeof day_key);
	el_day_key_tags(tags_key, day_key);
	for (uint32_t venue = 1; high < 2 || low < 2; venue++) {
		unsigned *count;

		el_put_u32(b, venue);
		el_prf8(&tag, tags_key, "EL1-tag-v", b, sizeof b);
		count = (tag.b[0] & 0x80) != 0 ? &high : &low;
		if ((*count)++ >= 2)
			continue;
		snprintf(name, sizeof name, "venue %u, top bit %s", venue, count == &high ? "set" : "clear");
		venue_tag(file, name, venue);
	}
	return file;
}

struct scratch {
	char dir[64], ring[96], kek[96];
};

/* A keyring file of these bytes under this KEK, opened anew: the result of el_keyring_open. */
static int
open_file(const uint8_t *file, size_t len, const uint8_t kek[32], enum el_party party, struct el_keyring **k)
{
	struct scratch s = { .dir = "/tmp/entrylog-vectors-XXXXXX" };
	int r;

	VEC_CHECK(mkdtemp(s.dir) != NULL);
	snprintf(s.ring, sizeof s.ring, "%s/keyring", s.dir);
	snprintf(s.kek, sizeof s.kek, "%s/kek", s.dir);
	VEC_OK(el_file_create(s.kek, 0600, kek, 32));
	VEC_OK(el_file_create(s.ring, 0600, file, len));
	r = el_keyring_open(s.ring, s.kek, party, k);
	VEC_OK(unlink(s.ring));
	VEC_OK(unlink(s.kek));
	VEC_OK(rmdir(s.dir));
	return r;
}

#define KEYS 10
#define ENTRY 76

static size_t
write_keyring(
    json_t *c, enum el_party party, const struct el_key_id *ids, size_t n, const uint8_t kek[32], uint8_t *out)
{
	struct scratch s = { .dir = "/tmp/entrylog-vectors-XXXXXX" };
	uint8_t keys[KEYS][32], nonce[24], *bytes;
	json_t *entries = json_array();
	struct el_keyring *k;
	size_t len;
	char label[60];

	VEC_CHECK(mkdtemp(s.dir) != NULL);
	snprintf(s.ring, sizeof s.ring, "%s/keyring", s.dir);
	snprintf(s.kek, sizeof s.kek, "%s/kek", s.dir);
	VEC_OK(el_file_create(s.kek, 0600, kek, 32));
	VEC_OK(el_keyring_open(s.ring, s.kek, party, &k));
	for (size_t i = 0; i < n; i++) {
		json_t *e = json_object();

		snprintf(label, sizeof label, "keyring/%d/key %zu", (int)party, i);
		vec_derive(label, keys[i], 32);
		snprintf(label, sizeof label, "keyring/%d/nonce %zu", (int)party, i);
		vec_derive(label, nonce, sizeof nonce);
		vec_feed(nonce, sizeof nonce);
		vec_int(e, "kind", ids[i].kind);
		vec_int(e, "index", ids[i].index);
		vec_int(e, "epoch", ids[i].epoch);
		vec_hex(e, "nonce", nonce, sizeof nonce);
		vec_hex(e, "key", keys[i], 32);
		json_array_append_new(entries, e);
	}
	VEC_OK(el_keyring_add(k, ids, (const uint8_t(*)[32])keys, n));
	vec_fed();
	VEC_OK(el_file_read_private(s.ring, KEYS * ENTRY, &bytes, &len));
	VEC_CHECK(len == n * ENTRY);
	memcpy(out, bytes, len);
	free(bytes);
	el_keyring_close(k);
	VEC_OK(unlink(s.ring));
	VEC_OK(unlink(s.kek));
	VEC_OK(rmdir(s.dir));
	vec_int(c, "party", party);
	vec_hex(c, "kek", kek, 32);
	vec_put(c, "entries", entries);
	vec_hex(c, "keyring", out, len);
	return len;
}

static void
keyring_bad(json_t *file, const char *name, enum el_party party, const uint8_t *bytes, size_t len,
    const uint8_t kek[32], int error)
{
	json_t *c = vec_case(file, name, false);
	struct el_keyring *k;

	VEC_CHECK(open_file(bytes, len, kek, party, &k) == error);
	vec_int(c, "party", party);
	vec_hex(c, "kek", kek, 32);
	vec_hex(c, "keyring", bytes, len);
	vec_text(c, "error", error == EL_EFORMAT ? "format" : "crypto");
}

json_t *
make_keyring(void)
{
	static const struct el_key_id all[KEYS] = { { EL_KEY_ID, 0, 20700 }, { EL_KEY_LIVE, 0, 20700 },
		{ EL_KEY_TICKET, 0, 20700 }, { EL_KEY_PAIR, 7, 20701 }, { EL_KEY_VISIT, 0, 0 },
		{ EL_KEY_QUEUE, 0, 65535 }, { EL_KEY_REPORT, 0, 20700 }, { EL_KEY_SHARE_LINKS, 1, 20700 },
		{ EL_KEY_SHARE_TRACES, 2, 20700 }, { EL_KEY_SHARE_RECOVERY, 255, 20700 } };
	json_t *file = vec_file("keyring");
	uint8_t kek[32], other[32], bytes[KEYS * ENTRY], bad[KEYS * ENTRY];
	size_t len;

	vec_derive("keyring/kek", kek, sizeof kek);
	vec_derive("keyring/another kek", other, sizeof other);
	write_keyring(
	    vec_case(file, "every kind of key, as an issuer's", true), EL_PARTY_ISSUER, all, KEYS, kek, bytes);
	write_keyring(vec_case(file, "a registry's visit key", true), EL_PARTY_REGISTRY, all + 4, 1, kek, bytes);
	write_keyring(vec_case(file, "an authority's report key", true), EL_PARTY_AUTHORITY, all + 6, 1, kek, bytes);
	len = write_keyring(vec_case(file, "a trustee's three shares", true), EL_PARTY_TRUSTEE, all + 7, 3, kek, bytes);
	keyring_bad(file, "another KEK", EL_PARTY_TRUSTEE, bytes, len, other, EL_ECRYPTO);
	keyring_bad(file, "another party", EL_PARTY_AUTHORITY, bytes, len, kek, EL_ECRYPTO);
	keyring_bad(file, "one byte short", EL_PARTY_TRUSTEE, bytes, len - 1, kek, EL_EFORMAT);
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "the kind of an entry changed", "the index of an entry changed",
			"the epoch of an entry changed", "the epoch's second byte changed" };

		memcpy(bad, bytes, len);
		bad[i] ^= 1;
		keyring_bad(file, names[i], EL_PARTY_TRUSTEE, bad, len, kek, EL_ECRYPTO);
	}
	memcpy(bad, bytes, len);
	bad[ENTRY] = 0;
	keyring_bad(file, "kind 0", EL_PARTY_TRUSTEE, bad, len, kek, EL_EFORMAT);
	bad[ENTRY] = 11;
	keyring_bad(file, "kind 11", EL_PARTY_TRUSTEE, bad, len, kek, EL_EFORMAT);
	memcpy(bad, bytes, len);
	bad[len - 1] ^= 1;
	keyring_bad(file, "the last bit changed", EL_PARTY_TRUSTEE, bad, len, kek, EL_ECRYPTO);
	return file;
}
