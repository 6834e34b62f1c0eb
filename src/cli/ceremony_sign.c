#include "cli/ceremony_sign.h"

#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"

#define DOCUMENT_LIFE_S (400 * (int64_t)EL_DAY_S)

int
el_cli_root_open(struct el_cli *c, const char *path, struct el_sign_key **out, struct el_hash *deployment)
{
	uint8_t *seed = NULL, pub[32];
	int r;

	*out = NULL;
	r = el_keyfile_read(path, EL_PURPOSE_ROOT, el_cli_passphrase, c, &seed, NULL);
	if (r == EL_OK && (r = el_keyfile_public(EL_PURPOSE_ROOT, seed, pub)) == EL_OK &&
	    (r = el_sign_key_new(seed, out)) == EL_OK)
		el_sha256(pub, sizeof pub, deployment);
	el_secret_free(seed);
	if (r != EL_OK)
		el_cli_key_error(c, r, path, EL_PURPOSE_ROOT);
	return r;
}

int
el_cli_sign_policy(const struct el_cli *c, const struct el_sign_key *root, const char *dir, int64_t now_s,
    struct el_policy *p)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	int r;

	p->serial++;
	p->not_after = now_s + DOCUMENT_LIFE_S;
	if ((r = el_policy_encode(p, &bytes, &len)) != EL_OK) {
		el_cli_fail(c, 0,
		    "the policy breaks a rule of protocol 12.1: %s; see to threshold (2 <= t, 2t > n), groups "
		    "(fewer than t trustees in the health group) and quorums (each with a second group)",
		    el_strerror(r));
		return r;
	}
	return el_cli_write_signed(c, root, "EL1-policy", dir, "policy.json", bytes, len, NULL);
}

int
el_cli_sign_bundle(const struct el_cli *c, const struct el_sign_key *root, const char *dir, uint32_t day_offset_s,
    struct el_bundle *b, struct el_hash *hash)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	int r;

	b->serial++;
	/* Its keys are needed until the last of its days is destroyed. */
	b->not_after = el_epoch_destroy_at(b->epochs[b->n_epochs - 1].epoch, day_offset_s);
	if ((r = el_bundle_encode(b, &bytes, &len)) != EL_OK) {
		el_cli_error(c, r, "bundle.json");
		return r;
	}
	return el_cli_write_signed(c, root, "EL1-bundle", dir, "bundle.json", bytes, len, hash);
}

bool
el_cli_policy_runs_out(const struct el_policy *p, el_epoch first, unsigned days)
{
	return p->not_after < el_epoch_destroy_at((el_epoch)(first + days), p->day_offset);
}

void
el_cli_bundle_begin(const struct el_policy *p, struct el_bundle *b)
{
	b->deployment = p->deployment;
	b->threshold = p->threshold;
	b->n_trustees = p->n_trustees;
	for (size_t i = 0; i < p->n_trustees; i++) {
		b->trustees[i].index = p->trustees[i].index;
		b->trustees[i].box_key = p->trustees[i].box_key;
	}
}

el_epoch
el_cli_bundle_next(const struct el_bundle *b, int64_t now_s, uint32_t day_offset_s)
{
	const el_epoch today = el_epoch_of(now_s, day_offset_s);

	if (b->n_epochs > 0 && b->epochs[b->n_epochs - 1].epoch >= today)
		return (el_epoch)(b->epochs[b->n_epochs - 1].epoch + 1);
	return today;
}
