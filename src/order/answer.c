#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/box.h"
#include "crypto/group.h"
#include "entrylog/order.h"
#include "order/release.h"

#define LABEL "EL1-box-order"
#define LABEL_LEN (sizeof LABEL - 1)
#define AD_MAX (LABEL_LEN + EL_HASH_LEN + EL_PARTY_NAME_MAX)

/* The party in the ad: one party's answer cannot be passed off as another's. */
static int
answer_ad(const struct el_hash *order, const char *party, uint8_t ad[AD_MAX], size_t *len)
{
	const size_t n = strlen(party);

	if (n == 0 || n > EL_PARTY_NAME_MAX)
		return EL_EFORMAT;
	memcpy(ad, LABEL, LABEL_LEN);
	memcpy(ad + LABEL_LEN, order->b, EL_HASH_LEN);
	memcpy(ad + LABEL_LEN + EL_HASH_LEN, party, n);
	*len = LABEL_LEN + EL_HASH_LEN + n;
	return EL_OK;
}

int
el_answer_seal(const struct el_point *order_key, const struct el_hash *order, const char *party, const void *in,
    size_t len, uint8_t **out, size_t *out_len)
{
	uint8_t ad[AD_MAX], *box = NULL;
	size_t ad_len;
	int r;

	*out = NULL;
	*out_len = 0;
	if ((r = answer_ad(order, party, ad, &ad_len)) != EL_OK)
		return r;
	if ((box = malloc(len + EL_BOX_OVERHEAD)) == NULL)
		return EL_ENOMEM;
	if ((r = el_box_seal(order_key, in, len, ad, ad_len, box)) != EL_OK) {
		free(box);
		return r;
	}
	*out = box;
	*out_len = len + EL_BOX_OVERHEAD;
	return EL_OK;
}

int
el_answer_open(const uint8_t order_secret[32], const struct el_hash *order, const char *party, const uint8_t *in,
    size_t len, uint8_t **out, size_t *out_len)
{
	uint8_t ad[AD_MAX], *plain = NULL;
	struct el_scalar secret;
	struct el_point order_key;
	size_t ad_len;
	int r;

	*out = NULL;
	*out_len = 0;
	if ((r = el_scalar_parse(order_secret, &secret)) != EL_OK ||
	    (r = answer_ad(order, party, ad, &ad_len)) != EL_OK)
		goto out;
	if (len < EL_BOX_OVERHEAD) {
		r = EL_EFORMAT;
		goto out;
	}
	if ((plain = malloc(len - EL_BOX_OVERHEAD + 1)) == NULL) {
		r = EL_ENOMEM;
		goto out;
	}
	if ((r = el_point_base(&order_key, &secret)) != EL_OK ||
	    (r = el_box_open(&secret, &order_key, in, len, ad, ad_len, plain)) != EL_OK)
		goto out;
	*out = plain;
	*out_len = len - EL_BOX_OVERHEAD;
	plain = NULL;
out:
	free(plain); /* never written to unless the box opened */
	el_scalar_wipe(&secret);
	return r;
}
