#include "issuer/visitors.h"

#include <assert.h>
#include <string.h>

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/row.h"
#include "entrylog/epoch.h"
#include "issuer/issuer_limits.h"

void
el_visitors_authenticator(const uint8_t credential[EL_KEY_LEN], uint8_t out[EL_AUTHENTICATOR_LEN])
{
	el_kdf(out, credential, "EL1-auth", NULL, 0);
}

static void
seal(const uint8_t credential[EL_KEY_LEN], const char *name, const struct el_phone *phone,
    uint8_t out[EL_MASTER_SEALED_LEN])
{
	static const uint8_t zeros[EL_NAME_MAX + EL_PHONE_MAX];
	const size_t name_len = strnlen(name, EL_NAME_MAX), phone_len = strnlen(phone->s, EL_PHONE_MAX);
	uint8_t plain[EL_MASTER_LEN], key[EL_KEY_LEN];
	struct el_wr w = el_wr_init(plain, sizeof plain);

	el_wr_u8(&w, (uint8_t)name_len);
	el_wr_bytes(&w, name, name_len);
	el_wr_u8(&w, (uint8_t)phone_len);
	el_wr_bytes(&w, phone->s, phone_len);
	el_wr_bytes(&w, zeros, sizeof zeros - name_len - phone_len);
	assert(w.err == EL_OK && w.left == 0);
	el_kdf(key, credential, "EL1-id", NULL, 0);
	el_aead_seal(key, plain, sizeof plain, NULL, 0, out);
	el_secret_wipe(key, sizeof key);
	el_secret_wipe(plain, sizeof plain);
}

static int
open_row(const uint8_t credential[EL_KEY_LEN], const struct el_master_row *row, struct el_visitor *out)
{
	uint8_t plain[EL_MASTER_LEN], key[EL_KEY_LEN];
	struct el_rd rd = el_rd_init(plain, sizeof plain);
	size_t name_len, phone_len;
	int r;

	el_kdf(key, credential, "EL1-id", NULL, 0);
	if ((r = el_aead_open(key, row->identity, sizeof row->identity, NULL, 0, plain)) == EL_OK) {
		name_len = el_rd_u8(&rd);
		if (name_len <= EL_NAME_MAX)
			el_rd_bytes(&rd, out->name, name_len);
		phone_len = el_rd_u8(&rd);
		if (phone_len <= EL_PHONE_MAX)
			el_rd_bytes(&rd, out->phone.s, phone_len);
		r = rd.err == EL_OK && name_len <= EL_NAME_MAX && phone_len <= EL_PHONE_MAX ? EL_OK : EL_EFORMAT;
	}
	el_secret_wipe(key, sizeof key);
	el_secret_wipe(plain, sizeof plain);
	return r;
}

int
el_visitors_admit(struct el_issuer_db *db, const char *name, const struct el_phone *phone, uint16_t consent,
    int64_t now_s, uint32_t day_offset_s, uint8_t credential[EL_KEY_LEN], int64_t *verified_until_s)
{
	const unsigned last = el_epoch_of(now_s, day_offset_s) + EL_VERIFIED_DAYS;
	struct el_master_row row = { .consent = consent };
	int r;

	row.verified_until_s = el_epoch_end(last < UINT16_MAX ? (el_epoch)last : UINT16_MAX, day_offset_s);
	el_random(credential, EL_KEY_LEN);
	el_visitors_authenticator(credential, row.authenticator);
	seal(credential, name, phone, row.identity);
	*verified_until_s = row.verified_until_s;
	if ((r = el_issuer_db_add_visitor(db, &row)) != EL_OK)
		el_secret_wipe(credential, EL_KEY_LEN);
	return r;
}

int
el_visitors_find(struct el_issuer_db *db, const uint8_t credential[EL_KEY_LEN], int64_t now_s, struct el_visitor *out)
{
	struct el_master_row row;
	int r;

	memset(out, 0, sizeof *out);
	el_visitors_authenticator(credential, out->authenticator);
	if ((r = el_issuer_db_get_visitor(db, out->authenticator, &row)) != EL_OK)
		goto out;
	out->consent = row.consent;
	out->verified_until_s = row.verified_until_s;
	/* A row that does not open is damaged: to its visitor it is as if there were none. */
	if (now_s >= row.verified_until_s || open_row(credential, &row, out) != EL_OK)
		r = EL_ENOTFOUND;
out:
	if (r != EL_OK)
		el_secret_wipe(out, sizeof *out);
	return r;
}

int
el_visitors_withdraw(struct el_issuer_db *db, const uint8_t credential[EL_KEY_LEN], int64_t now_s)
{
	struct el_visitor v;
	int r;

	if ((r = el_visitors_find(db, credential, now_s, &v)) == EL_OK)
		r = el_issuer_db_drop_visitor(db, v.authenticator);
	el_secret_wipe(&v, sizeof v);
	return r;
}

int
el_visitors_purge(struct el_issuer_db *db, int64_t now_s, uint64_t *n_gone)
{
	return el_issuer_db_drop_visitors(db, now_s - (int64_t)EL_MASTER_ROW_DAYS * EL_DAY_S, n_gone);
}
