#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authority/ceremony.h"
#include "base/base64url.h"
#include "base/file.h"
#include "cli/ceremony_sign.h"
#include "cli/dkg_folder.h"
#include "cli/keys_dkg.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"

/* entrylog keys dkg plan and bundle: before and after the ceremony without a dealer (protocol 12.9). */

#define DAYS_DEFAULT 60

/* Policy and, where there is one, bundle of a folder, at the time that the policy lets be told. */
static int
load(struct el_cli *c, const char *dir, struct el_policy *policy, struct el_bundle *bundle, int64_t *now)
{
	char path[EL_CLI_PATH];
	struct el_trust *trust = NULL;
	int r;

	if ((r = el_cli_path(path, dir, "bundle.json")) != EL_OK ||
	    /* Time 0: a bundle that has run out is exactly what a further ceremony is for. */
	    (r = el_cli_trust(c, dir, access(path, F_OK) == 0, false, 0, &trust)) != EL_OK)
		return r;
	if ((r = el_cli_now(c, trust->policy->lab, now)) == EL_OK) {
		*policy = *trust->policy;
		if (trust->bundle != NULL)
			*bundle = *trust->bundle;
		else
			el_cli_bundle_begin(policy, bundle);
		el_ceremony_drop_due(bundle, *now, policy->day_offset);
	}
	el_cli_trust_free(trust);
	return r;
}

static int
make_plan(struct el_cli *c, const struct el_policy *policy, const struct el_bundle *b, int64_t now,
    struct el_dkg_plan *p)
{
	const char *first = el_args_value(&c->args, "first", NULL), *days = el_args_value(&c->args, "days", NULL);
	uint64_t e = el_cli_bundle_next(b, now, policy->day_offset), n = DAYS_DEFAULT;

	if ((first != NULL && el_cli_parse_uint(first, e, UINT16_MAX, &e) != EL_OK) ||
	    (days != NULL && el_cli_parse_uint(days, 1, EL_EPOCHS_AHEAD_MAX, &n) != EL_OK)) {
		el_cli_fail(c, 0, "--first is %llu or later, --days 1..%d", (unsigned long long)e, EL_EPOCHS_AHEAD_MAX);
		return EL_ELIMIT;
	}
	if (n > EL_EPOCHS_AHEAD_MAX - b->n_epochs) {
		el_cli_fail(c, 0, "a bundle holds at most %d days, those of the last 28 included: %zu are left",
		    EL_EPOCHS_AHEAD_MAX, EL_EPOCHS_AHEAD_MAX - b->n_epochs);
		return EL_ELIMIT;
	}
	*p = (struct el_dkg_plan){ .deployment = policy->deployment, .lab = policy->lab, .threshold = policy->threshold,
		.n = policy->n_trustees, .first = (el_epoch)e, .days = (unsigned)n };
	for (size_t i = 0; i < p->n; i++)
		p->box_keys[i] = policy->trustees[i].box_key;
	el_random(p->nonce, sizeof p->nonce);
	return EL_OK;
}

static int
write_plan(struct el_cli *c, const char *folder, const struct el_dkg_plan *p)
{
	char path[EL_CLI_PATH], text[EL_BASE64URL_LEN(EL_HASH_LEN) + 1];
	uint8_t *bytes = NULL;
	struct el_hash hash;
	size_t len;
	int r;

	if ((r = el_dir_make(folder)) != EL_OK || (r = el_cli_path(path, folder, "plan.json")) != EL_OK ||
	    (r = el_dkg_plan_encode(p, &bytes, &len)) != EL_OK ||
	    (r = el_file_create(path, 0644, bytes, len)) != EL_OK) {
		free(bytes);
		el_cli_fail(c, 0, "%s/plan.json: %s; a plan is never overwritten", folder, el_strerror(r));
		return r;
	}
	el_sha256(bytes, len, &hash);
	free(bytes);
	el_base64url_encode(hash.b, EL_HASH_LEN, text);
	if (c->json) {
		el_cli_json(json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "file", path, "plan", text, "first_epoch",
		    (int)p->first, "last_epoch", (int)(p->first + p->days - 1), "threshold", (int)p->threshold,
		    "trustees", (int)p->n));
		return EL_OK;
	}
	printf("%s: plan %s, days %u to %u, %u of %zu trustees open.\n"
	       "Next: every trustee gets it, with root.pub and policy.json: entrylog keys dkg commit.\n",
	    path, text, p->first, p->first + p->days - 1, p->threshold, p->n);
	return EL_OK;
}

int
el_cli_keys_dkg_plan(struct el_cli *c, const char *folder)
{
	const char *dir = el_args_value(&c->args, "dir", NULL);
	struct el_policy *policy = calloc(1, sizeof *policy);
	struct el_bundle *bundle = calloc(1, sizeof *bundle);
	struct el_dkg_plan p;
	int64_t now;
	int r = EL_ENOMEM;

	if (dir == NULL) {
		free(policy);
		free(bundle);
		return el_cli_usage(c, "--dir is needed: the folder of policy.json");
	}
	if (policy != NULL && bundle != NULL && (r = load(c, dir, policy, bundle, &now)) == EL_OK &&
	    (r = make_plan(c, policy, bundle, now, &p)) == EL_OK)
		r = write_plan(c, folder, &p);
	free(policy);
	free(bundle);
	return el_cli_status(r);
}

/* Trustee j's word about the result; all must say the same.  EL_ENOTFOUND: it has said nothing. */
static int
take_word(
    const struct el_cli *c, const char *folder, const struct el_dkg_plan *p, unsigned j, struct el_dkg_file *first)
{
	struct el_dkg_file f;
	int r;

	if ((r = el_cli_dkg_read(c, folder, EL_DKG_EPOCHS, j, 0, &f)) != EL_OK)
		return r;
	if ((r = el_dkg_file_verify(&f, p)) != EL_OK)
		(void)el_cli_dkg_refuse(c, EL_DKG_EPOCHS, j, 0, r);
	else if (first->doc != NULL && (f.len != first->len || memcmp(f.doc, first->doc, f.len) != 0)) {
		el_cli_fail(c, 0,
		    "epochs-%u.json and epochs-%u.json differ: not all have had the same files; nothing is signed",
		    j, first->trustee);
		r = EL_ESTATE;
	}
	if (r == EL_OK && first->doc == NULL)
		*first = f;
	else
		el_dkg_file_wipe(&f);
	return r;
}

/* The result that at least t trustees, and all the qualified but those of --without, have come to. */
static int
take_words(const struct el_cli *c, const char *folder, const struct el_dkg_plan *p, struct el_dkg_result *q,
    struct el_hash *hash)
{
	struct el_dkg_file first = { 0 };
	bool has[EL_TRUSTEES_MAX] = { false };
	unsigned n = 0;
	int r = EL_OK;

	for (unsigned j = 1; r == EL_OK && j <= p->n; j++) {
		r = take_word(c, folder, p, j, &first);
		has[j - 1] = r == EL_OK;
		if (r == EL_ENOTFOUND)
			r = EL_OK;
	}
	if (r != EL_OK)
		goto out;
	if (first.doc == NULL) {
		el_cli_fail(c, 0, "no trustee has sent epochs-N.json; at least %u must", p->threshold);
		r = EL_EBUSY;
		goto out;
	}
	if ((r = el_dkg_result_parse(p, first.doc, first.len, q)) != EL_OK) {
		el_cli_error(c, r, "epochs");
		goto out;
	}
	/* The word of a trustee that the words themselves disqualify is none. */
	for (size_t i = 0; i < p->n; i++)
		n += has[i] && q->qualified[i];
	if (n < p->threshold) {
		el_cli_fail(c, 0, "%u qualified trustees have sent epochs-N.json; at least %u must", n, p->threshold);
		r = EL_EBUSY;
	}
	el_sha256(first.doc, first.len, hash);
	for (unsigned j = 1; r == EL_OK && j <= p->n; j++)
		if (q->qualified[j - 1] && !has[j - 1] && !el_cli_dkg_without(c, j))
			r = el_cli_dkg_wait(c, EL_DKG_EPOCHS, j, 0, "the others speak for it");
	if (r != EL_OK)
		el_dkg_result_wipe(q);
out:
	el_dkg_file_wipe(&first);
	return r;
}

static void
say(const struct el_cli *c, const char *dir, const struct el_dkg_plan *p, const struct el_dkg_result *q,
    const struct el_hash *epochs, const struct el_bundle *b)
{
	char text[EL_BASE64URL_LEN(EL_HASH_LEN) + 1];
	unsigned n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += q->qualified[i];
	el_base64url_encode(epochs->b, EL_HASH_LEN, text);
	if (c->json) {
		el_cli_json(json_pack("{s:s, s:s, s:i, s:i, s:i, s:I, s:s}", "dir", dir, "epochs", text, "first_epoch",
		    (int)p->first, "last_epoch", (int)(p->first + p->days - 1), "qualified", (int)n, "serial",
		    (json_int_t)b->serial, "dealer", "none"));
		return;
	}
	printf("Epochs %s: keys of days %u to %u, made by %u of %zu trustees; this machine has held no share.\n"
	       "%s/bundle.json is signed. Next: send it to every trustee (entrylog keys dkg accept) and the parties.\n",
	    text, p->first, p->first + p->days - 1, n, p->n, dir);
}

static int
sign(struct el_cli *c, const char *dir, const struct el_dkg_plan *p, const struct el_dkg_result *q,
    const struct el_hash *epochs, struct el_policy *policy, struct el_bundle *b)
{
	struct el_sign_key *root = NULL;
	struct el_hash deployment;
	int64_t now;
	int r;

	if ((r = load(c, dir, policy, b, &now)) != EL_OK ||
	    (r = el_cli_root_open(c, el_args_value(&c->args, "root", NULL), &root, &deployment)) != EL_OK)
		return r;
	if ((r = el_dkg_plan_check(p, policy)) != EL_OK || !el_hash_eq(&deployment, &policy->deployment)) {
		el_cli_fail(c, 0, "%s",
		    r != EL_OK ? "the plan is not about the policy's deployment, threshold and trustees"
			       : "that is the root key of another deployment");
		r = EL_EPERM;
	} else if ((r = el_dkg_append_to(p, q, b)) != EL_OK)
		el_cli_fail(c, 0, "the bundle cannot take these days: %s",
		    r == EL_EEXIST ? "it has them, or later ones, already" : el_strerror(r));
	else if ((!el_cli_policy_runs_out(policy, p->first, p->days) ||
	    (r = el_cli_sign_policy(c, root, dir, now, policy)) == EL_OK) &&
	    (r = el_cli_sign_bundle(c, root, dir, policy->day_offset, b, NULL)) == EL_OK)
		say(c, dir, p, q, epochs, b);
	el_sign_key_free(root);
	return r;
}

int
el_cli_keys_dkg_bundle(struct el_cli *c, const char *folder)
{
	const char *root = el_args_value(&c->args, "root", NULL), *dir = el_args_value(&c->args, "dir", NULL);
	struct el_policy *policy = NULL;
	struct el_bundle *bundle = NULL;
	struct el_dkg_result q = { 0 };
	char own[EL_CLI_PATH];
	struct el_dkg_plan p;
	struct el_hash hash;
	int r;

	if (root == NULL)
		return el_cli_usage(c, "--root is needed: the root's key file");
	if (dir == NULL) {
		el_cli_dirname(root, own);
		dir = own;
	}
	if ((r = el_cli_dkg_plan(c, folder, &p)) != EL_OK || (r = take_words(c, folder, &p, &q, &hash)) != EL_OK)
		goto out;
	policy = calloc(1, sizeof *policy);
	bundle = calloc(1, sizeof *bundle);
	r = policy == NULL || bundle == NULL ? EL_ENOMEM : sign(c, dir, &p, &q, &hash, policy, bundle);
out:
	el_dkg_result_wipe(&q);
	free(policy);
	free(bundle);
	return r == EL_EBUSY ? EL_EXIT_TEMPFAIL : el_cli_status(r);
}
