#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/dleq.h"
#include "crypto/group.h"
#include "crypto/share.h"
#include "vectors.h"

#define PAIRS_MAX 5

/* One batch with everything on the way to its proof. */
struct batch {
	struct el_dleq q;
	struct el_scalar share;
	struct el_point r[PAIRS_MAX], d[PAIRS_MAX];
	struct el_dleq_proof proof;
};

static void
scalar_of(const char *label, uint8_t wide[64], struct el_scalar *s)
{
	vec_derive(label, wide, 64);
	vec_feed(wide, 64);
	el_scalar_random(s);
}

static void
hash(const char *label, const void *seed, const void *in, size_t len, uint8_t out[64])
{
	crypto_generichash_blake2b_state h;

	crypto_generichash_blake2b_init(&h, NULL, 0, 64);
	crypto_generichash_blake2b_update(&h, (const uint8_t *)label, strlen(label) + 1);
	if (seed != NULL)
		crypto_generichash_blake2b_update(&h, seed, 64);
	crypto_generichash_blake2b_update(&h, in, len);
	crypto_generichash_blake2b_final(&h, out, 64);
}

static size_t
transcript_of(const struct el_dleq *q, uint8_t *out, size_t size)
{
	struct el_wr w = el_wr_init(out, size);

	el_wr_u8(&w, (uint8_t)q->purpose);
	el_wr_u16(&w, q->epoch);
	el_wr_u8(&w, (uint8_t)q->trustee);
	el_wr_bytes(&w, q->public.b, 32);
	el_wr_bytes(&w, q->order.b, 32);
	el_wr_u32(&w, (uint32_t)q->n);
	for (size_t i = 0; i < q->n; i++) {
		el_wr_bytes(&w, q->r[i].b, 32);
		el_wr_bytes(&w, q->d[i].b, 32);
	}
	VEC_CHECK(w.err == EL_OK);
	return w.len;
}

static json_t *
points_json(const struct el_point *p, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, vec_hex_json(p[i].b, 32));
	return list;
}

static void
put_inputs(json_t *c, const char *kind, const struct el_dleq *q, const struct el_dleq_proof *proof)
{
	vec_text(c, "kind", kind);
	vec_int(c, "purpose", q->purpose);
	vec_int(c, "epoch", q->epoch);
	vec_int(c, "trustee", q->trustee);
	vec_hex(c, "public", q->public.b, 32);
	vec_hex(c, "order", q->order.b, 32);
	vec_put(c, "R", points_json(q->r, q->n));
	vec_put(c, "D", points_json(q->d, q->n));
	vec_hex(c, "c", proof->c.b, 32);
	vec_hex(c, "s", proof->s.b, 32);
}

/* Everything between transcript and proof, computed here a second time. */
static void
put_steps(json_t *c, const struct batch *b, const struct el_scalar *k)
{
	uint8_t transcript[128 + 64 * PAIRS_MAX], seed[64], number[4], wide[64], points[4 * 32];
	const size_t len = transcript_of(&b->q, transcript, sizeof transcript);
	struct el_point m, z, a, bb, term;
	json_t *weights = json_array();
	struct el_scalar w;

	hash("EL1-dleq-t", NULL, transcript, len, seed);
	for (uint32_t i = 0; i < b->q.n; i++) {
		el_put_u32(number, i + 1);
		hash("EL1-dleq-w", seed, number, sizeof number, wide);
		crypto_core_ristretto255_scalar_reduce(w.b, wide);
		json_array_append_new(weights, vec_hex_json(w.b, 32));
		VEC_OK(el_point_mul(&term, &w, &b->r[i]));
		if (i == 0)
			m = term;
		else
			VEC_OK(el_point_add(&m, &m, &term));
	}
	VEC_OK(el_point_mul(&z, &b->share, &m));
	VEC_OK(el_point_base(&a, k));
	VEC_OK(el_point_mul(&bb, k, &m));
	memcpy(points, m.b, 32);
	memcpy(points + 32, z.b, 32);
	memcpy(points + 64, a.b, 32);
	memcpy(points + 96, bb.b, 32);
	hash("EL1-dleq-c", seed, points, sizeof points, wide);
	crypto_core_ristretto255_scalar_reduce(w.b, wide);
	VEC_CHECK(memcmp(w.b, b->proof.c.b, 32) == 0);
	vec_hex(c, "transcript", transcript, len);
	vec_hex(c, "seed", seed, sizeof seed);
	vec_put(c, "weights", weights);
	vec_hex(c, "M", m.b, 32);
	vec_hex(c, "Z", z.b, 32);
	vec_hex(c, "A", a.b, 32);
	vec_hex(c, "B", bb.b, 32);
}

static void
proven(json_t *file, const char *name, enum el_dleq_purpose purpose, size_t n, struct batch *b)
{
	json_t *c = vec_case(file, name, true);
	struct el_scalar k, r;
	uint8_t wide[64];
	char label[40];

	b->q = (struct el_dleq){ .purpose = purpose, .epoch = (el_epoch)(20700 + n), .trustee = (unsigned)n + 1, .r = b->r,
		.d = b->d, .n = n };
	vec_derive("dleq/order", b->q.order.b, 32);
	scalar_of("dleq/share", wide, &b->share);
	VEC_OK(el_point_base(&b->q.public, &b->share));
	for (size_t i = 0; i < n; i++) {
		snprintf(label, sizeof label, "dleq/R_%zu", i + 1);
		scalar_of(label, wide, &r);
		VEC_OK(el_point_base(&b->r[i], &r));
		VEC_OK(el_share_partial(&b->share, &b->r[i], &b->d[i]));
	}
	scalar_of("dleq/k", wide, &k);
	vec_feed(wide, 64);
	VEC_OK(el_dleq_prove(&b->q, &b->share, &b->proof));
	vec_fed();
	VEC_OK(el_dleq_verify(&b->q, &b->proof));
	put_inputs(c, "prove", &b->q, &b->proof);
	vec_hex(c, "share", b->share.b, 32);
	vec_hex(c, "k_wide", wide, 64);
	vec_hex(c, "k", k.b, 32);
	put_steps(c, b, &k);
}

static void
refused(json_t *file, const char *name, const struct el_dleq *q, const struct el_dleq_proof *proof, const char *error)
{
	json_t *c = vec_case(file, name, false);

	VEC_CHECK(el_dleq_verify(q, proof) != EL_OK);
	put_inputs(c, "verify", q, proof);
	vec_text(c, "error", error);
}

static void
swap(struct el_point *a, struct el_point *b)
{
	const struct el_point t = *a;

	*a = *b;
	*b = t;
}

/* Wrong pairs under the honest proof. */
static void
wrong_pairs(json_t *file, const struct batch *good)
{
	struct el_point x, minus_x;
	struct el_scalar zero, one, minus_one;
	struct batch b = *good;

	b.q.r = b.r;
	b.q.d = b.d;
	memset(&zero, 0, sizeof zero);
	el_scalar_from_u32(1, &one);
	el_scalar_sub(&minus_one, &zero, &one);
	VEC_OK(el_point_base(&x, &one));
	VEC_OK(el_point_mul(&minus_x, &minus_one, &x));
	VEC_OK(el_point_add(&b.d[0], &b.d[0], &x));
	refused(file, "one wrong partial", &b.q, &b.proof, "crypto");
	VEC_OK(el_point_add(&b.d[1], &b.d[1], &minus_x));
	refused(file, "two wrong partials that cancel in a plain sum", &b.q, &b.proof, "crypto");
	VEC_CHECK(el_dleq_verify(&b.q, &b.proof) == EL_ECRYPTO);
	b = *good;
	b.q.r = b.r;
	b.q.d = b.d;
	swap(&b.r[0], &b.r[1]);
	swap(&b.d[0], &b.d[1]);
	refused(file, "two pairs in the other order", &b.q, &b.proof, "crypto");
	b.q.n--;
	refused(file, "one pair left out", &b.q, &b.proof, "crypto");
	b = *good;
	b.q.r = b.r;
	b.q.d = b.d;
	memset(&b.d[2], 0, sizeof b.d[2]);
	refused(file, "a partial that is the identity", &b.q, &b.proof, "format");
}

static void
wrong_proofs(json_t *file, const struct batch *good)
{
	static const uint8_t order_l[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde,
		0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };
	struct el_dleq_proof p = good->proof;
	unsigned carry = 0;

	p.c.b[0] ^= 1;
	refused(file, "one bit of c changed", &good->q, &p, "crypto");
	p = good->proof;
	p.s.b[0] ^= 1;
	refused(file, "one bit of s changed", &good->q, &p, "crypto");
	p.s = p.c;
	p.c = good->proof.s;
	refused(file, "s and c exchanged", &good->q, &p, "crypto");
	p = good->proof;
	memset(&p.c, 0, sizeof p.c);
	refused(file, "c is 0", &good->q, &p, "format");
	p = good->proof;
	memset(&p.s, 0, sizeof p.s);
	refused(file, "s is 0", &good->q, &p, "format");
	p = good->proof;
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)p.s.b[i] + order_l[i];
		p.s.b[i] = (uint8_t)carry;
		carry >>= 8;
	}
	refused(file, "s + L", &good->q, &p, "format");
}

static void
wrong_subject(json_t *file, const struct batch *good)
{
	struct el_dleq q = good->q;
	struct el_scalar two;

	q.purpose = EL_DLEQ_TRACES;
	refused(file, "another purpose", &q, &good->proof, "crypto");
	q = good->q;
	q.epoch++;
	refused(file, "another epoch", &q, &good->proof, "crypto");
	q = good->q;
	q.trustee++;
	refused(file, "another trustee's number", &q, &good->proof, "crypto");
	q = good->q;
	el_scalar_from_u32(2, &two);
	VEC_OK(el_point_base(&q.public, &two));
	refused(file, "another public point", &q, &good->proof, "crypto");
	q = good->q;
	q.order.b[31] ^= 1;
	refused(file, "another order", &q, &good->proof, "crypto");
}

json_t *
make_dleq(void)
{
	json_t *file = vec_file("dleq");
	struct batch b;

	proven(file, "one pair, traces", EL_DLEQ_TRACES, 1, &b);
	proven(file, "two pairs, recovery", EL_DLEQ_RECOVERY, 2, &b);
	proven(file, "five pairs, links", EL_DLEQ_LINKS, 5, &b);
	wrong_pairs(file, &b);
	wrong_proofs(file, &b);
	wrong_subject(file, &b);
	return file;
}
