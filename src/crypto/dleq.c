#include "crypto/dleq.h"

#include <sodium.h>
#include <string.h>

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/group.h"
#include "crypto/hash.h"

#define PROGRESS_EVERY 2000
#define SEED_LEN crypto_generichash_blake2b_BYTES_MAX

_Static_assert(SEED_LEN == 64, "BLAKE2b-512");

/* P-11.2: purpose, e, j, Y_j, order hash, n, R_1, D_1, ... */
static void
hash_transcript(const struct el_dleq *q, uint8_t seed[SEED_LEN])
{
	static const char label[] = "EL1-dleq-t";
	uint8_t head[1 + 2 + 1 + EL_POINT_LEN + EL_HASH_LEN + 4];
	struct el_wr w = el_wr_init(head, sizeof head);
	crypto_generichash_blake2b_state h;

	el_wr_u8(&w, (uint8_t)q->purpose);
	el_wr_u16(&w, q->epoch);
	el_wr_u8(&w, (uint8_t)q->trustee);
	el_wr_bytes(&w, q->public.b, sizeof q->public.b);
	el_wr_bytes(&w, q->order.b, sizeof q->order.b);
	el_wr_u32(&w, (uint32_t)q->n);
	crypto_generichash_blake2b_init(&h, NULL, 0, SEED_LEN);
	crypto_generichash_blake2b_update(&h, (const uint8_t *)label, sizeof label);
	crypto_generichash_blake2b_update(&h, head, w.len);
	for (size_t i = 0; i < q->n; i++) {
		crypto_generichash_blake2b_update(&h, q->r[i].b, EL_POINT_LEN);
		crypto_generichash_blake2b_update(&h, q->d[i].b, EL_POINT_LEN);
	}
	crypto_generichash_blake2b_final(&h, seed, SEED_LEN);
}

/* Weight i, 1..n. */
static void
weight(const uint8_t seed[SEED_LEN], size_t i, struct el_scalar *out)
{
	uint8_t number[4];
	const struct el_part parts[] = { EL_PART_LABEL("EL1-dleq-w"), { seed, SEED_LEN }, { number, sizeof number } };

	el_put_u32(number, (uint32_t)i);
	el_scalar_hash(out, NULL, parts, sizeof parts / sizeof parts[0]);
}

/* sum += w p; a first one begins it. */
static int
add_weighted(struct el_point *sum, bool first, const struct el_scalar *w, const struct el_point *p)
{
	struct el_point term;
	int r;

	if ((r = el_point_mul(&term, w, p)) != EL_OK)
		return r;
	if (first) {
		*sum = term;
		return EL_OK;
	}
	return el_point_add(sum, sum, &term);
}

/* M = sum w_i R_i, and Z = sum w_i D_i where it is wanted. */
static int
composites(const struct el_dleq *q, const uint8_t seed[SEED_LEN], struct el_point *m, struct el_point *z)
{
	struct el_scalar w;
	int r;

	for (size_t i = 0; i < q->n; i++) {
		weight(seed, i + 1, &w);
		if ((r = add_weighted(m, i == 0, &w, &q->r[i])) != EL_OK ||
		    (z != NULL && (r = add_weighted(z, i == 0, &w, &q->d[i])) != EL_OK))
			return r;
		if (q->progress != NULL && (i + 1) % PROGRESS_EVERY == 0)
			q->progress(q->ctx, i + 1, q->n);
	}
	return EL_OK;
}

static void
challenge(const uint8_t seed[SEED_LEN], const struct el_point *m, const struct el_point *z, const struct el_point *a,
    const struct el_point *b, struct el_scalar *out)
{
	const struct el_part parts[] = { EL_PART_LABEL("EL1-dleq-c"), { seed, SEED_LEN }, { m->b, EL_POINT_LEN },
		{ z->b, EL_POINT_LEN }, { a->b, EL_POINT_LEN }, { b->b, EL_POINT_LEN } };

	el_scalar_hash(out, NULL, parts, sizeof parts / sizeof parts[0]);
}

static bool
in_range(const struct el_dleq *q)
{
	return q->n >= 1 && q->n <= EL_DLEQ_MAX && q->trustee >= 1 && q->trustee <= UINT8_MAX;
}

int
el_dleq_prove(const struct el_dleq *q, const struct el_scalar *share, struct el_dleq_proof *out)
{
	struct el_point y, m, z, a, b;
	struct el_scalar k, product;
	uint8_t seed[SEED_LEN];
	int r;

	memset(out, 0, sizeof *out);
	if (!in_range(q))
		return EL_ELIMIT;
	if ((r = el_point_base(&y, share)) != EL_OK)
		return r;
	if (!el_point_eq(&y, &q->public))
		return EL_ECRYPTO;
	hash_transcript(q, seed);
	el_scalar_random(&k);
	/* Whoever knows y gets Z with one multiplication. */
	if ((r = composites(q, seed, &m, NULL)) != EL_OK || (r = el_point_mul(&z, share, &m)) != EL_OK ||
	    (r = el_point_base(&a, &k)) != EL_OK || (r = el_point_mul(&b, &k, &m)) != EL_OK)
		goto out;
	challenge(seed, &m, &z, &a, &b, &out->c);
	el_scalar_mul(&product, &out->c, share);
	el_scalar_sub(&out->s, &k, &product);
out:
	/* k or c y beside the proof would give the share away. */
	el_secret_wipe(&k, sizeof k);
	el_secret_wipe(&product, sizeof product);
	return r;
}

/* out = s P + c Q. */
static int
combine(const struct el_scalar *s, const struct el_point *p, const struct el_scalar *c, const struct el_point *q,
    struct el_point *out)
{
	struct el_point left, right;
	int r;

	if ((r = p != NULL ? el_point_mul(&left, s, p) : el_point_base(&left, s)) != EL_OK ||
	    (r = el_point_mul(&right, c, q)) != EL_OK)
		return r;
	return el_point_add(out, &left, &right);
}

int
el_dleq_verify(const struct el_dleq *q, const struct el_dleq_proof *proof)
{
	struct el_point m, z, a, b;
	struct el_scalar c, s, again;
	uint8_t seed[SEED_LEN];
	int r;

	if (!in_range(q))
		return EL_ELIMIT;
	if ((r = el_scalar_parse(proof->c.b, &c)) != EL_OK || (r = el_scalar_parse(proof->s.b, &s)) != EL_OK)
		return r;
	hash_transcript(q, seed);
	if ((r = composites(q, seed, &m, &z)) != EL_OK || (r = combine(&s, NULL, &c, &q->public, &a)) != EL_OK ||
	    (r = combine(&s, &m, &c, &z, &b)) != EL_OK)
		return r;
	challenge(seed, &m, &z, &a, &b, &again);
	return el_bytes_eq(c.b, again.b, EL_SCALAR_LEN) ? EL_OK : EL_ECRYPTO;
}
