#include "crypto/share.h"

#include <sodium.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/group.h"

void
el_share_derive(const uint8_t seed[EL_KEY_LEN], const void *context, size_t len, unsigned t, struct el_scalar *a)
{
	static const char label[] = "EL1-dkg-poly";
	uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES];
	crypto_generichash_blake2b_state h;

	for (unsigned k = 0; k < t; k++) {
		const uint8_t number = (uint8_t)k;

		crypto_generichash_blake2b_init(&h, seed, EL_KEY_LEN, sizeof wide);
		crypto_generichash_blake2b_update(&h, (const uint8_t *)label, sizeof label);
		crypto_generichash_blake2b_update(&h, context, len);
		crypto_generichash_blake2b_update(&h, &number, 1);
		crypto_generichash_blake2b_final(&h, wide, sizeof wide);
		crypto_core_ristretto255_scalar_reduce(a[k].b, wide);
	}
	el_secret_wipe(wide, sizeof wide);
	el_secret_wipe(&h, sizeof h);
}

/* Horner's rule. */
void
el_share_at(const struct el_scalar *a, unsigned t, unsigned j, struct el_scalar *out)
{
	struct el_scalar x;

	el_scalar_from_u32(j, &x);
	*out = a[t - 1];
	for (unsigned k = t - 1; k > 0; k--) {
		el_scalar_mul(out, out, &x);
		el_scalar_add(out, out, &a[k - 1]);
	}
}

int
el_share_deal(unsigned t, unsigned n, struct el_scalar *shares, struct el_point *commitments)
{
	struct el_scalar a[EL_TRUSTEES_MAX];
	int r = EL_OK;

	if (t < 1 || t > n || n > EL_TRUSTEES_MAX)
		return EL_ELIMIT;
	for (unsigned k = 0; k < t; k++) {
		el_scalar_random(&a[k]);
		if ((r = el_point_base(&commitments[k], &a[k])) != EL_OK)
			goto out;
	}
	for (unsigned j = 1; j <= n; j++)
		el_share_at(a, t, j, &shares[j - 1]);
out:
	el_secret_wipe(a, sizeof a);
	return r;
}

int
el_share_public(const struct el_point *commitments, unsigned t, unsigned j, struct el_point *out)
{
	struct el_scalar x;
	struct el_point term;
	int r;

	if (t < 1 || t > EL_TRUSTEES_MAX || j < 1 || j > EL_TRUSTEES_MAX)
		return EL_ELIMIT;
	el_scalar_from_u32(j, &x);
	*out = commitments[t - 1];
	for (unsigned k = t - 1; k > 0; k--)
		if ((r = el_point_mul(&term, &x, out)) != EL_OK ||
		    (r = el_point_add(out, &term, &commitments[k - 1])) != EL_OK)
			return r;
	return EL_OK;
}

int
el_share_verify(const struct el_point *commitments, unsigned t, unsigned j, const struct el_scalar *share)
{
	struct el_point expected, actual;
	int r;

	if ((r = el_share_public(commitments, t, j, &expected)) != EL_OK ||
	    (r = el_point_base(&actual, share)) != EL_OK)
		return r;
	return el_point_eq(&expected, &actual) ? EL_OK : EL_ECRYPTO;
}

int
el_share_partial(const struct el_scalar *share, const struct el_point *r, struct el_point *out)
{
	return el_point_mul(out, share, r);
}

/* lambda_i = product over m != i of x_m / (x_m - x_i). */
static int
lagrange(const unsigned *index, size_t t, size_t i, struct el_scalar *out)
{
	struct el_scalar top, bottom, xi, xm, diff;

	el_scalar_from_u32(1, &top);
	el_scalar_from_u32(1, &bottom);
	el_scalar_from_u32(index[i], &xi);
	for (size_t m = 0; m < t; m++) {
		if (m == i)
			continue;
		if (index[m] == 0 || index[m] == index[i])
			return EL_ELIMIT;
		el_scalar_from_u32(index[m], &xm);
		el_scalar_sub(&diff, &xm, &xi);
		el_scalar_mul(&top, &top, &xm);
		el_scalar_mul(&bottom, &bottom, &diff);
	}
	if (el_scalar_invert(&bottom, &bottom) != EL_OK)
		return EL_ELIMIT;
	el_scalar_mul(out, &top, &bottom);
	return EL_OK;
}

int
el_share_coefficients(const unsigned *index, size_t t, struct el_scalar *out)
{
	int r = EL_OK;

	if (t < 1 || t > EL_TRUSTEES_MAX || index[0] == 0)
		return EL_ELIMIT;
	for (size_t i = 0; r == EL_OK && i < t; i++)
		r = lagrange(index, t, i, &out[i]);
	return r;
}

int
el_share_combine_with(const struct el_scalar *coefficients, const struct el_point *partials, size_t t,
    struct el_point *out)
{
	struct el_point term;
	int r;

	if (t < 1 || t > EL_TRUSTEES_MAX)
		return EL_ELIMIT;
	for (size_t i = 0; i < t; i++) {
		if ((r = el_point_mul(&term, &coefficients[i], &partials[i])) != EL_OK ||
		    (i > 0 && (r = el_point_add(&term, out, &term)) != EL_OK))
			return r;
		*out = term;
	}
	return EL_OK;
}

int
el_share_combine(const unsigned *index, const struct el_point *partials, size_t t, struct el_point *out)
{
	struct el_scalar coefficients[EL_TRUSTEES_MAX];
	int r;

	if ((r = el_share_coefficients(index, t, coefficients)) != EL_OK)
		return r;
	return el_share_combine_with(coefficients, partials, t, out);
}
