#include "authority/ceremony.h"

#include <stdlib.h>
#include <string.h>

#include "authority/share_file.h"
#include "base/codec.h"
#include "base/secret.h"
#include "crypto/box.h"
#include "crypto/share.h"
#include "entrylog/epoch.h"
#include "order/rjson.h"

struct el_dealing {
	uint8_t *shares; /* per trustee, per day: epoch u16 || f_Y 32 || f_Z 32 || f_W 32 */
	unsigned days;
	size_t n;
};

/* One epoch: three independent polynomials.  shares[k][j-1] is trustee j's of purpose k. */
static int
deal_epoch(const struct el_bundle *b, struct el_epoch_keys *keys, struct el_scalar shares[3][EL_TRUSTEES_MAX])
{
	const unsigned n = (unsigned)b->n_trustees;
	int r;

	if ((r = el_share_deal(b->threshold, n, shares[0], keys->links)) != EL_OK ||
	    (r = el_share_deal(b->threshold, n, shares[1], keys->traces)) != EL_OK)
		return r;
	return el_share_deal(b->threshold, n, shares[2], keys->recovery);
}

static void
keep_shares(struct el_dealing *d, const struct el_bundle *b, unsigned day, el_epoch e,
    struct el_scalar shares[3][EL_TRUSTEES_MAX])
{
	for (size_t i = 0; i < d->n; i++) {
		uint8_t *p = d->shares + (i * d->days + day) * EL_SHARE_ENTRY_LEN;
		const unsigned j = b->trustees[i].index;

		el_put_u16(p, e);
		for (size_t k = 0; k < 3; k++)
			memcpy(p + 2 + k * EL_SCALAR_LEN, shares[k][j - 1].b, EL_SCALAR_LEN);
	}
}

int
el_ceremony_deal(struct el_bundle *b, el_epoch first, unsigned days, struct el_dealing **out)
{
	struct el_scalar shares[3][EL_TRUSTEES_MAX];
	const size_t before = b->n_epochs;
	struct el_dealing *d = NULL;
	int r = EL_OK;

	*out = NULL;
	if (days == 0 || days > EL_EPOCHS_AHEAD_MAX - before || first + days - 1 > UINT16_MAX)
		return EL_ELIMIT;
	if (before > 0 && b->epochs[before - 1].epoch >= first)
		return EL_EEXIST;
	if ((d = calloc(1, sizeof *d)) == NULL)
		return EL_ENOMEM;
	d->days = days;
	d->n = b->n_trustees;
	r = el_secret_new(d->n * days * EL_SHARE_ENTRY_LEN, &d->shares);
	for (unsigned i = 0; r == EL_OK && i < days; i++) {
		struct el_epoch_keys *keys = &b->epochs[before + i];

		memset(keys, 0, sizeof *keys);
		keys->epoch = (el_epoch)(first + i);
		if ((r = deal_epoch(b, keys, shares)) == EL_OK)
			keep_shares(d, b, i, keys->epoch, shares);
	}
	el_secret_wipe(shares, sizeof shares);
	if (r == EL_OK) {
		b->n_epochs = before + days;
		*out = d;
		d = NULL;
	}
	el_dealing_free(d);
	return r;
}

void
el_dealing_free(struct el_dealing *d)
{
	if (d == NULL)
		return;
	el_secret_free(d->shares);
	free(d);
}

int
el_ceremony_seal(const struct el_dealing *d, const struct el_bundle *b, const struct el_hash *bundle_hash, size_t i,
    char **out)
{
	const size_t len = d->days * EL_SHARE_ENTRY_LEN;
	uint8_t ad[EL_SHARE_AD_LEN], *sealed = NULL, *text = NULL;
	size_t text_len;
	json_t *j = NULL;
	int r;

	*out = NULL;
	if ((sealed = malloc(len + EL_BOX_OVERHEAD)) == NULL)
		return EL_ENOMEM;
	el_share_file_ad(&b->deployment, b->trustees[i].index, ad);
	r = el_box_seal(&b->trustees[i].box_key, d->shares + i * len, len, ad, sizeof ad, sealed);
	if (r != EL_OK)
		goto out;
	j = json_pack("{s:i, s:o, s:o, s:i, s:o}", "version", 1, "deployment",
	    el_json_bytes(b->deployment.b, EL_HASH_LEN), "bundle", el_json_bytes(bundle_hash->b, EL_HASH_LEN), "trustee",
	    (int)b->trustees[i].index, "shares", el_json_bytes(sealed, len + EL_BOX_OVERHEAD));
	if (j == NULL)
		r = EL_ENOMEM;
	else if ((r = el_rjson_encode(j, &text, &text_len)) == EL_OK && (*out = malloc(text_len + 1)) == NULL)
		r = EL_ENOMEM;
	if (r == EL_OK) {
		memcpy(*out, text, text_len);
		(*out)[text_len] = '\0';
	}
out:
	json_decref(j);
	free(text);
	free(sealed);
	return r;
}

void
el_ceremony_drop_due(struct el_bundle *b, int64_t now_s, uint32_t day_offset_s)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n_epochs; i++)
		if (el_epoch_destroy_at(b->epochs[i].epoch, day_offset_s) > now_s)
			b->epochs[kept++] = b->epochs[i];
	b->n_epochs = kept;
}
