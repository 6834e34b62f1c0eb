#include "crypto/schnorr.h"

#include <string.h>

#include "crypto/group.h"

static void
nonce(const char *label, const struct el_scalar *x, const void *data, size_t len, struct el_scalar *out)
{
	const struct el_part parts[] = { EL_PART_LABEL("EL1-schnorr"), EL_PART_LABEL(label), { data, len } };

	el_scalar_hash(out, x, parts, sizeof parts / sizeof parts[0]);
}

static void
challenge(const char *label, const struct el_point *p, const struct el_point *r, const void *data, size_t len,
    struct el_scalar *out)
{
	const struct el_part parts[] = {
		EL_PART_LABEL(label), { p->b, sizeof p->b }, { r->b, sizeof r->b }, { data, len }
	};

	el_scalar_hash(out, NULL, parts, sizeof parts / sizeof parts[0]);
}

int
el_schnorr_prove(const char *label, const struct el_scalar *x, const void *data, size_t len,
    uint8_t proof[EL_SCHNORR_LEN])
{
	struct el_scalar k, c, z;
	struct el_point p, r;
	int err;

	memset(proof, 0, EL_SCHNORR_LEN);
	nonce(label, x, data, len, &k);
	if ((err = el_point_base(&p, x)) != EL_OK || (err = el_point_base(&r, &k)) != EL_OK)
		goto out;
	challenge(label, &p, &r, data, len, &c);
	el_scalar_mul(&z, &c, x);
	el_scalar_add(&z, &z, &k);
	memcpy(proof, r.b, EL_POINT_LEN);
	memcpy(proof + EL_POINT_LEN, z.b, EL_SCALAR_LEN);
	if ((err = el_schnorr_verify(label, &p, data, len, proof)) != EL_OK)
		memset(proof, 0, EL_SCHNORR_LEN);
out:
	el_scalar_wipe(&k);
	return err;
}

int
el_schnorr_verify(const char *label, const struct el_point *p, const void *data, size_t len,
    const uint8_t proof[EL_SCHNORR_LEN])
{
	struct el_scalar c, z;
	struct el_point r, left, right;

	if (el_point_parse(proof, &r) != EL_OK || el_scalar_parse(proof + EL_POINT_LEN, &z) != EL_OK)
		return EL_ECRYPTO;
	challenge(label, p, &r, data, len, &c);
	/* z G = R + c P */
	if (el_point_base(&left, &z) != EL_OK || el_point_mul(&right, &c, p) != EL_OK ||
	    el_point_add(&right, &right, &r) != EL_OK || !el_point_eq(&left, &right))
		return EL_ECRYPTO;
	return EL_OK;
}
