#include <stdlib.h>
#include <string.h>

#include "authority/share_file.h"
#include "base/codec.h"
#include "base/secret.h"
#include "crypto/box.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "crypto/share.h"
#include "order/rjson.h"

/* Sealed share files as they leave the ceremony (protocol 12.2). */

#define SEALED_MAX (EL_EPOCHS_AHEAD_MAX * EL_SHARE_ENTRY_LEN + EL_BOX_OVERHEAD)

void
el_share_file_ad(const struct el_hash *deployment, unsigned trustee, uint8_t out[EL_SHARE_AD_LEN])
{
	memcpy(out, "EL1-box-share", 13);
	memcpy(out + 13, deployment->b, EL_HASH_LEN);
	out[13 + EL_HASH_LEN] = (uint8_t)trustee;
}

void
el_shares_wipe(struct el_shares *s)
{
	el_secret_free(s->secret);
	memset(s, 0, sizeof *s);
}

struct sealed {
	struct el_hash deployment, bundle;
	unsigned trustee;
	uint8_t *box;
	size_t len;
};

static int
parse_sealed(const uint8_t *text, size_t len, struct sealed *out)
{
	struct el_fields f;
	json_t *j = NULL;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_rjson_parse(text, len, &j)) != EL_OK)
		return r;
	f = el_fields_init(j);
	if (el_fields_uint(&f, "version", 1) != 1 && f.err == EL_OK)
		f.err = EL_EFORMAT;
	el_fields_bytes(&f, "deployment", out->deployment.b, EL_HASH_LEN);
	el_fields_bytes(&f, "bundle", out->bundle.b, EL_HASH_LEN);
	out->trustee = (unsigned)el_fields_uint(&f, "trustee", EL_TRUSTEES_MAX);
	out->box = el_fields_blob(&f, "shares", SEALED_MAX, &out->len);
	r = el_fields_end(&f);
	json_decref(j);
	if (r == EL_OK && (out->len < EL_BOX_OVERHEAD || (out->len - EL_BOX_OVERHEAD) % EL_SHARE_ENTRY_LEN != 0))
		r = EL_EFORMAT;
	return r;
}

/* The bundle must be the one these shares were dealt with, and the key that trustee's. */
static int
check_addressee(const struct sealed *s, const struct el_bundle *b, const uint8_t key[32], struct el_point *pub)
{
	int r;

	if (!el_hash_eq(&s->deployment, &b->deployment) || !el_hash_eq(&s->bundle, &b->hash))
		return EL_EPERM;
	if ((r = el_keyfile_public(EL_PURPOSE_TRUSTEE, key, pub->b)) != EL_OK)
		return r;
	for (size_t i = 0; i < b->n_trustees; i++)
		if (b->trustees[i].index == s->trustee)
			return el_point_eq(&b->trustees[i].box_key, pub) ? EL_OK : EL_EPERM;
	return EL_EPERM;
}

static int
verify_entry(const struct el_bundle *b, unsigned j, const uint8_t *entry, el_epoch *epoch, uint8_t *out)
{
	const struct el_epoch_keys *keys;
	struct el_scalar s;
	int r = EL_OK;

	*epoch = el_get_u16(entry);
	if ((keys = el_bundle_epoch(b, *epoch)) == NULL)
		return EL_ENOTFOUND;
	for (size_t k = 0; r == EL_OK && k < 3; k++) {
		const struct el_point *c = k == 0 ? keys->links : k == 1 ? keys->traces : keys->recovery;

		if ((r = el_scalar_parse(entry + 2 + k * EL_SCALAR_LEN, &s)) == EL_OK &&
		    (r = el_share_verify(c, b->threshold, j, &s)) == EL_OK)
			memcpy(out + k * EL_SCALAR_LEN, s.b, EL_SCALAR_LEN);
	}
	el_scalar_wipe(&s);
	return r;
}

/* Verify all entries, epochs ascending, into *out. */
static int
take_entries(const uint8_t *plain, size_t n, const struct el_bundle *b, struct el_shares *out)
{
	int r;

	if ((r = el_secret_new(n * 3 * EL_SCALAR_LEN + 1, &out->secret)) != EL_OK)
		return r;
	for (size_t i = 0; i < n; i++) {
		r = verify_entry(b, out->trustee, plain + i * EL_SHARE_ENTRY_LEN, &out->epochs[i],
		    out->secret + i * 3 * EL_SCALAR_LEN);
		if (r != EL_OK)
			return r;
		if (i > 0 && out->epochs[i] <= out->epochs[i - 1])
			return EL_EFORMAT;
	}
	out->n = n;
	return EL_OK;
}

int
el_shares_open(const uint8_t *text, size_t len, const struct el_bundle *b, const uint8_t trustee_key[32],
    struct el_shares *out)
{
	uint8_t ad[EL_SHARE_AD_LEN], *plain = NULL;
	struct el_scalar key;
	struct el_point pub;
	struct sealed s;
	size_t n;
	int r;

	memset(out, 0, sizeof *out);
	memset(&key, 0, sizeof key);
	if ((r = parse_sealed(text, len, &s)) != EL_OK || (r = check_addressee(&s, b, trustee_key, &pub)) != EL_OK ||
	    (r = el_scalar_parse(trustee_key, &key)) != EL_OK ||
	    (r = el_secret_new(s.len - EL_BOX_OVERHEAD + 1, &plain)) != EL_OK)
		goto out;
	n = (s.len - EL_BOX_OVERHEAD) / EL_SHARE_ENTRY_LEN;
	out->trustee = s.trustee;
	el_share_file_ad(&s.deployment, s.trustee, ad);
	if ((r = el_box_open(&key, &pub, s.box, s.len, ad, sizeof ad, plain)) == EL_OK)
		r = take_entries(plain, n, b, out);
out:
	if (r != EL_OK)
		el_shares_wipe(out);
	el_scalar_wipe(&key);
	el_secret_free(plain);
	free(s.box);
	return r;
}
