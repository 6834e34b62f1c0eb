#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crypto/box.h"
#include "crypto/group.h"
#include "crypto/kdf.h"
#include "crypto/share.h"
#include "vectors.h"

/* RFC 9496, A.3, in its groups. */
static const struct {
	const char *why;
	const char *encoding[8];
} bad_points[] = {
	{ "non-canonical", { "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
			       "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
			       "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
			       "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", NULL } },
	{ "negative", { "0100000000000000000000000000000000000000000000000000000000000000",
			  "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
			  "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
			  "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
			  "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
			  "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24", NULL } },
	{ "x squared is no square", { "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
					"4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
					"de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
					"bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042", NULL } },
	{ "x y is negative", { "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
				 "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
				 "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
				 "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32", NULL } },
	{ "y is zero", { "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", NULL } },
};

static void
bad_point(json_t *file, const char *name, const uint8_t p[32])
{
	struct el_point out;

	VEC_CHECK(el_point_parse(p, &out) == EL_EFORMAT);
	vec_hex(vec_case(file, name, false), "encoding", p, 32);
}

json_t *
make_point(void)
{
	json_t *file = vec_file("point");
	struct el_scalar s;
	struct el_point p, parsed;
	uint8_t b[32] = { 0 };
	char name[120];

	for (uint32_t k = 1; k <= 16; k++) {
		json_t *c;

		snprintf(name, sizeof name, "%u G", k);
		c = vec_case(file, name, true);
		el_scalar_from_u32(k, &s);
		VEC_OK(el_point_base(&p, &s));
		VEC_OK(el_point_parse(p.b, &parsed));
		vec_hex(c, "encoding", p.b, 32);
		vec_hex(c, "scalar", s.b, 32);
		if (k > 3)
			continue;
		memcpy(b, p.b, 32);
		b[31] |= 0x80;
		snprintf(name, sizeof name, "%u G with bit 255 set (libsodium alone accepts it)", k);
		bad_point(file, name, b);
	}
	memset(b, 0, sizeof b);
	bad_point(file, "the identity (both libraries alone accept it)", b);
	b[31] = 0x80;
	bad_point(file, "the identity with bit 255 set", b);
	for (size_t i = 0; i < sizeof bad_points / sizeof bad_points[0]; i++)
		for (size_t k = 0; k < 8 && bad_points[i].encoding[k] != NULL; k++) {
			VEC_OK(sodium_hex2bin(b, 32, bad_points[i].encoding[k], 64, NULL, NULL, NULL));
			snprintf(name, sizeof name, "RFC 9496: %s %zu", bad_points[i].why, k + 1);
			bad_point(file, name, b);
		}
	return file;
}

static const uint8_t order_l[32] = {
	0xed,
	0xd3,
	0xf5,
	0x5c,
	0x1a,
	0x63,
	0x12,
	0x58,
	0xd6,
	0x9c,
	0xf7,
	0xa2,
	0xde,
	0xf9,
	0xde,
	0x14,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x10,
};

static void
scalar_case(json_t *file, const char *name, const uint8_t s[32], bool valid)
{
	json_t *c = vec_case(file, name, valid);
	struct el_scalar out;
	struct el_point p;

	VEC_CHECK(el_scalar_parse(s, &out) == (valid ? EL_OK : EL_EFORMAT));
	vec_text(c, "kind", "parse");
	vec_hex(c, "scalar", s, 32);
	if (!valid)
		return;
	VEC_OK(el_point_base(&p, &out));
	vec_hex(c, "point", p.b, 32);
}

static void
scalar_reduce(json_t *file, const char *name, const uint8_t wide[64])
{
	json_t *c = vec_case(file, name, true);
	struct el_scalar s;

	vec_feed(wide, 64);
	el_scalar_random(&s);
	vec_fed();
	vec_text(c, "kind", "reduce");
	vec_hex(c, "wide", wide, 64);
	vec_hex(c, "scalar", s.b, 32);
}

json_t *
make_scalar(void)
{
	json_t *file = vec_file("scalar");
	uint8_t s[32], wide[64];

	memset(s, 0, sizeof s);
	scalar_case(file, "0", s, false);
	s[0] = 1;
	scalar_case(file, "1", s, true);
	memset(s, 0, sizeof s);
	s[31] = 1;
	scalar_case(file, "2^248: little-endian, not big-endian", s, true);
	vec_derive("scalar/some", s, sizeof s);
	s[31] = 0x0f;
	scalar_case(file, "a scalar just below 2^252", s, true);
	memcpy(s, order_l, sizeof s);
	s[0]--;
	scalar_case(file, "L - 1", s, true);
	s[0]++;
	scalar_case(file, "L", s, false);
	s[0]++;
	scalar_case(file, "L + 1", s, false);
	memset(s, 0, sizeof s);
	s[31] = 0x20;
	scalar_case(file, "2^253", s, false);
	s[31] = 0x80;
	scalar_case(file, "2^255", s, false);
	s[0] = 1;
	scalar_case(file, "2^255 + 1", s, false);
	memset(s, 0xff, sizeof s);
	s[31] = 0x7f;
	scalar_case(file, "2^255 - 1", s, false);
	s[31] = 0xff;
	scalar_case(file, "2^256 - 1", s, false);
	memset(wide, 0xff, sizeof wide);
	scalar_reduce(file, "2^512 - 1 reduced", wide);
	memset(wide, 0, sizeof wide);
	memcpy(wide, order_l, 32);
	wide[0]++;
	scalar_reduce(file, "L + 1 reduced", wide);
	vec_derive("scalar/wide", wide, sizeof wide);
	scalar_reduce(file, "64 bytes reduced", wide);
	return file;
}

/* A scalar and its point from 64 stated bytes. */
static void
key_pair(const char *label, uint8_t wide[64], struct el_scalar *s, struct el_point *p)
{
	vec_derive(label, wide, 64);
	vec_feed(wide, 64);
	el_scalar_random(s);
	VEC_OK(el_point_base(p, s));
}

struct box_key {
	struct el_scalar secret;
	struct el_point public;
};

static json_t *
box_bad(json_t *file, const char *name, const struct box_key *k, const void *ad, size_t ad_len, const uint8_t *box,
    size_t len, int error)
{
	json_t *c = vec_case(file, name, false);
	uint8_t out[256];

	VEC_CHECK(el_box_open(&k->secret, &k->public, box, len, ad, ad_len, out) == error);
	vec_hex(c, "secret", k->secret.b, 32);
	vec_hex(c, "public", k->public.b, 32);
	vec_hex(c, "ad", ad, ad_len);
	vec_hex(c, "box", box, len);
	vec_text(c, "error", error == EL_EFORMAT ? "format" : "crypto");
	return c;
}

static void
box_good(json_t *file, const char *name, const char *label, const void *m, size_t n, const void *ad, size_t ad_len,
    struct box_key *k, uint8_t *box)
{
	json_t *c = vec_case(file, name, true);
	struct el_scalar r;
	struct el_point point, shared;
	uint8_t wide[64], key[EL_KEY_LEN], data[64], out[256];

	key_pair("box/key", wide, &k->secret, &k->public);
	key_pair(label, wide, &r, &point);
	vec_feed(wide, sizeof wide);
	VEC_OK(el_box_seal(&k->public, m, n, ad, ad_len, box));
	vec_fed();
	VEC_OK(el_box_open(&k->secret, &k->public, box, n + EL_BOX_OVERHEAD, ad, ad_len, out));
	VEC_CHECK(memcmp(out, m, n) == 0 && memcmp(box, point.b, 32) == 0);
	VEC_OK(el_point_mul(&shared, &r, &k->public));
	memcpy(data, point.b, 32);
	memcpy(data + 32, k->public.b, 32);
	el_kdf(key, shared.b, "EL1-box", data, sizeof data);
	vec_hex(c, "secret", k->secret.b, 32);
	vec_hex(c, "public", k->public.b, 32);
	vec_hex(c, "r_wide", wide, sizeof wide);
	vec_hex(c, "r", r.b, 32);
	vec_hex(c, "R", point.b, 32);
	vec_hex(c, "S", shared.b, 32);
	vec_hex(c, "key", key, sizeof key);
	vec_hex(c, "message", m, n);
	vec_hex(c, "ad", ad, ad_len);
	vec_hex(c, "box", box, n + EL_BOX_OVERHEAD);
}

json_t *
make_box(void)
{
	static const char ad[] = "EL1-box-order and some context";
	const size_t ad_len = sizeof ad - 1, n = 100, len = n + EL_BOX_OVERHEAD;
	json_t *file = vec_file("box");
	struct box_key k, other;
	uint8_t m[200], box[256], bad[256], wide[64];

	vec_derive("box/message", m, sizeof m);
	box_good(file, "nothing, with an empty ad", "box/r 1", m, 0, "", 0, &k, box);
	box_bad(file, "nothing, under an ad that it was not sealed with", &k, "x", 1, box, EL_BOX_OVERHEAD, EL_ECRYPTO);
	box_good(file, "32 bytes", "box/r 2", m, 32, ad, ad_len, &k, box);
	box_good(file, "156 bytes: an offline item's length", "box/r 3", m, 156, ad, ad_len, &k, box);
	box_good(file, "100 bytes", "box/r 4", m, n, ad, ad_len, &k, box);
	box_bad(file, "another ad", &k, ad, ad_len - 1, box, len, EL_ECRYPTO);
	box_bad(file, "an empty ad", &k, "", 0, box, len, EL_ECRYPTO);
	box_bad(file, "one byte cut off", &k, ad, ad_len, box, len - 1, EL_ECRYPTO);
	box_bad(file, "47 bytes: shorter than any box", &k, ad, ad_len, box, 47, EL_EFORMAT);
	box_bad(file, "nothing at all", &k, ad, ad_len, box, 0, EL_EFORMAT);
	memcpy(bad, box, len);
	bad[len] = 0;
	box_bad(file, "one byte more", &k, ad, ad_len, bad, len + 1, EL_ECRYPTO);
	bad[40] ^= 1;
	box_bad(file, "one bit of the ciphertext changed", &k, ad, ad_len, bad, len, EL_ECRYPTO);
	memcpy(bad, box, len);
	bad[len - 1] ^= 0x80;
	box_bad(file, "one bit of the MAC changed", &k, ad, ad_len, bad, len, EL_ECRYPTO);
	memcpy(bad, box, len);
	bad[31] |= 0x80;
	box_bad(file, "R with bit 255 set", &k, ad, ad_len, bad, len, EL_EFORMAT);
	memset(bad, 0, 32);
	box_bad(file, "R is the identity", &k, ad, ad_len, bad, len, EL_EFORMAT);
	bad[31] = 0x80;
	box_bad(file, "R is the identity with bit 255 set", &k, ad, ad_len, bad, len, EL_EFORMAT);
	memset(bad, 0xff, 32);
	box_bad(file, "R is no encoding", &k, ad, ad_len, bad, len, EL_EFORMAT);
	memcpy(bad, k.public.b, 32);
	box_bad(file, "R is another point", &k, ad, ad_len, bad, len, EL_ECRYPTO);
	key_pair("box/other", wide, &other.secret, &other.public);
	box_bad(file, "another recipient's key", &other, ad, ad_len, box, len, EL_ECRYPTO);
	return file;
}

/* All that one dealing gives, for the cases below. */
struct dealing {
	unsigned t, n;
	struct el_scalar a[5], shares[5];
	struct el_point commitments[5], r, s, partials[5];
};

static void
deal(json_t *file, const char *name, unsigned t, unsigned n, struct dealing *d)
{
	json_t *c = vec_case(file, name, true), *wides = json_array(), *as = json_array(), *cs = json_array();
	json_t *shares = json_array(), *ys = json_array(), *ds = json_array();
	struct el_scalar r;
	struct el_point y;
	uint8_t wide[5][64], r_wide[64];
	char label[40];

	d->t = t;
	d->n = n;
	key_pair("share/R", r_wide, &r, &d->r);
	for (unsigned k = 0; k < t; k++) {
		snprintf(label, sizeof label, "share/%u of %u/a_%u", t, n, k);
		key_pair(label, wide[k], &d->a[k], &y);
		json_array_append_new(wides, vec_hex_json(wide[k], 64));
		json_array_append_new(as, vec_hex_json(d->a[k].b, 32));
	}
	for (unsigned k = 0; k < t; k++)
		vec_feed(wide[k], 64);
	VEC_OK(el_share_deal(t, n, d->shares, d->commitments));
	vec_fed();
	for (unsigned k = 0; k < t; k++)
		json_array_append_new(cs, vec_hex_json(d->commitments[k].b, 32));
	for (unsigned j = 1; j <= n; j++) {
		VEC_OK(el_share_public(d->commitments, t, j, &y));
		VEC_OK(el_share_verify(d->commitments, t, j, &d->shares[j - 1]));
		VEC_OK(el_share_partial(&d->shares[j - 1], &d->r, &d->partials[j - 1]));
		json_array_append_new(shares, vec_hex_json(d->shares[j - 1].b, 32));
		json_array_append_new(ys, vec_hex_json(y.b, 32));
		json_array_append_new(ds, vec_hex_json(d->partials[j - 1].b, 32));
	}
	VEC_OK(el_point_mul(&d->s, &d->a[0], &d->r));
	vec_text(c, "kind", "deal");
	vec_int(c, "threshold", t);
	vec_int(c, "trustees", n);
	vec_put(c, "coefficients_wide", wides);
	vec_put(c, "coefficients", as);
	vec_put(c, "commitments", cs);
	vec_put(c, "shares", shares);
	vec_put(c, "public", ys);
	vec_hex(c, "R", d->r.b, 32);
	vec_put(c, "partials", ds);
	vec_hex(c, "S", d->s.b, 32);
}

static void
combine(json_t *file, const char *name, const struct dealing *d, const unsigned *index, size_t n, bool refused)
{
	json_t *indexes = json_array(), *ps = json_array(), *c;
	struct el_point partials[5], s;
	int r;

	for (size_t i = 0; i < n; i++) {
		partials[i] = d->partials[index[i] > 0 ? index[i] - 1 : 0];
		json_array_append_new(indexes, json_integer(index[i]));
		json_array_append_new(ps, vec_hex_json(partials[i].b, 32));
	}
	r = el_share_combine(index, partials, n, &s);
	VEC_CHECK((r != EL_OK) == refused);
	c = vec_case(file, name, r == EL_OK && el_point_eq(&s, &d->s));
	vec_text(c, "kind", "combine");
	vec_put(c, "indexes", indexes);
	vec_put(c, "partials", ps);
	vec_hex(c, "S", d->s.b, 32);
	if (refused)
		vec_text(c, "error", "limit");
	else
		vec_hex(c, "result", s.b, 32);
}

static void
wrong_share(json_t *file, const char *name, const struct dealing *d, unsigned j, const struct el_scalar *share)
{
	json_t *c = vec_case(file, name, false), *cs = json_array();

	VEC_CHECK(el_share_verify(d->commitments, d->t, j, share) != EL_OK);
	for (unsigned k = 0; k < d->t; k++)
		json_array_append_new(cs, vec_hex_json(d->commitments[k].b, 32));
	vec_text(c, "kind", "verify");
	vec_put(c, "commitments", cs);
	vec_int(c, "index", j);
	vec_hex(c, "share", share->b, 32);
	vec_text(c, "error", "crypto");
}

json_t *
make_share(void)
{
	static const unsigned triples[][3] = { { 1, 2, 3 }, { 1, 2, 5 }, { 5, 4, 3 }, { 4, 1, 3 } };
	json_t *file = vec_file("share");
	struct el_scalar one, wrong;
	struct dealing d;
	char name[80];

	deal(file, "1 of 1: a lab", 1, 1, &d);
	combine(file, "1 of 1 combined", &d, (const unsigned[]){ 1 }, 1, false);
	deal(file, "2 of 3", 2, 3, &d);
	combine(file, "2 of 3: trustees 1 and 2", &d, (const unsigned[]){ 1, 2 }, 2, false);
	combine(file, "2 of 3: trustees 2 and 3", &d, (const unsigned[]){ 2, 3 }, 2, false);
	combine(file, "2 of 3: trustees 3 and 1, in this order", &d, (const unsigned[]){ 3, 1 }, 2, false);
	combine(file, "2 of 3: all three give the same", &d, (const unsigned[]){ 1, 2, 3 }, 3, false);
	combine(file, "2 of 3: one trustee alone gives another point", &d, (const unsigned[]){ 2 }, 1, false);
	combine(file, "one trustee twice", &d, (const unsigned[]){ 2, 2 }, 2, true);
	combine(file, "index 0", &d, (const unsigned[]){ 0, 1 }, 2, true);
	combine(file, "index 0 in second place", &d, (const unsigned[]){ 1, 0 }, 2, true);
	wrong_share(file, "trustee 1's share shown as trustee 2's", &d, 2, &d.shares[0]);
	el_scalar_from_u32(1, &one);
	el_scalar_add(&wrong, &d.shares[0], &one);
	wrong_share(file, "a share that is one too large", &d, 1, &wrong);
	deal(file, "3 of 5", 3, 5, &d);
	for (size_t i = 0; i < 4; i++) {
		snprintf(
		    name, sizeof name, "3 of 5: trustees %u, %u and %u", triples[i][0], triples[i][1], triples[i][2]);
		combine(file, name, &d, triples[i], 3, false);
	}
	combine(file, "3 of 5: two trustees give another point", &d, (const unsigned[]){ 1, 2 }, 2, false);
	return file;
}
