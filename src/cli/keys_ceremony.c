#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/ceremony.h"
#include "base/file.h"
#include "base/secret.h"
#include "cli/ceremony_policy.h"
#include "cli/ceremony_sign.h"
#include "cli/cli.h"
#include "entrylog/epoch.h"

/*
 * entrylog keys ceremony, the dealer form: DIR/root.key (0600), root.pub, policy.json, bundle.json and
 * trustee-N.sealed.  With --policy-only nothing is dealt: the trustees make the keys among themselves (keys dkg).  In
 * a folder that has a ceremony already, further days are dealt under the same root.
 */

#define DAYS_DEFAULT 60

struct ceremony {
	struct el_cli *cli;
	const char *dir;
	int64_t now;
	uint64_t days;
	bool again;	  /* further days under a root that is there */
	bool policy_only; /* root and policy; the trustees will make the keys (keys dkg) */
	struct el_sign_key *root;
	struct el_policy *policy;
	struct el_bundle *bundle;
	struct el_dealing *dealing;
	el_epoch first;
	struct el_hash bundle_hash;
};

/* root.pub is the copy of root.key.pub that goes with the documents to everybody. */
static int
new_root(struct ceremony *k, const char *path)
{
	char pub_path[EL_CLI_PATH], copy_path[EL_CLI_PATH], passphrase[256];
	uint8_t fresh[32], *text = NULL;
	size_t len;
	int r;

	if ((r = el_cli_path(pub_path, k->dir, "root.key.pub")) != EL_OK ||
	    (r = el_cli_path(copy_path, k->dir, "root.pub")) != EL_OK ||
	    (r = el_cli_new_passphrase(k->cli, passphrase, sizeof passphrase)) != EL_OK)
		return r;
	el_keyfile_draw(EL_PURPOSE_ROOT, fresh);
	r = el_keyfile_create(path, EL_PURPOSE_ROOT, fresh, 0, passphrase);
	el_secret_wipe(fresh, sizeof fresh);
	el_secret_wipe(passphrase, sizeof passphrase);
	if (r == EL_OK && (r = el_file_read(pub_path, 1024, &text, &len)) == EL_OK)
		r = el_file_replace(copy_path, 0644, text, len);
	free(text);
	return r;
}

static int
begin_root(struct ceremony *k)
{
	char path[EL_CLI_PATH];
	int r;

	if ((r = el_cli_path(path, k->dir, "root.key")) != EL_OK)
		return r;
	if (!k->again && (r = new_root(k, path)) != EL_OK) {
		el_cli_error(k->cli, r, path);
		return r;
	}
	return el_cli_root_open(k->cli, path, &k->root, &k->policy->deployment);
}

static int
write_sealed(struct ceremony *k)
{
	char path[EL_CLI_PATH], name[64], *text;
	int r = EL_OK;

	for (size_t i = 0; r == EL_OK && i < k->bundle->n_trustees; i++) {
		snprintf(name, sizeof name, "trustee-%u.sealed", k->bundle->trustees[i].index);
		if ((r = el_cli_path(path, k->dir, name)) == EL_OK &&
		    (r = el_ceremony_seal(k->dealing, k->bundle, &k->bundle_hash, i, &text)) == EL_OK) {
			r = el_file_replace(path, 0600, text, strlen(text));
			free(text);
		}
		if (r != EL_OK)
			el_cli_error(k->cli, r, name);
	}
	return r;
}

/* A folder that has had a ceremony: its policy and bundle are carried on. */
static int
load_before(struct ceremony *k)
{
	struct el_trust *trust;
	int r;

	if (el_args_has(&k->cli->args, "trustee") || el_args_has(&k->cli->args, "officer") ||
	    el_args_has(&k->cli->args, "threshold")) {
		el_cli_fail(k->cli, 0, "%s holds a deployment already: give only --dir and --days to deal further days, or a "
		    "fresh --dir for another deployment", k->dir);
		return EL_EEXIST;
	}
	/* Time 0: a bundle that has run out is exactly what a further ceremony is for. */
	if ((r = el_cli_trust(k->cli, k->dir, true, false, 0, &trust)) != EL_OK)
		return r;
	if ((r = el_cli_now(k->cli, trust->policy->lab, &k->now)) == EL_OK) {
		*k->policy = *trust->policy;
		*k->bundle = *trust->bundle;
	}
	el_cli_trust_free(trust);
	return r;
}

static int
prepare(struct ceremony *k)
{
	int r;

	if (k->again) {
		if ((r = load_before(k)) != EL_OK)
			return r;
		el_ceremony_drop_due(k->bundle, k->now, k->policy->day_offset);
	} else {
		if ((r = el_cli_now(k->cli, el_args_has(&k->cli->args, "lab"), &k->now)) != EL_OK ||
		    (r = el_ceremony_policy(k->cli, k->now, k->policy)) != EL_OK)
			return r;
		el_cli_bundle_begin(k->policy, k->bundle);
	}
	k->first = el_cli_bundle_next(k->bundle, k->now, k->policy->day_offset);
	return EL_OK;
}

/* The policy is signed anew only where it would run out: every order names its hash. */
static int
carry_out(struct ceremony *k)
{
	int r;

	if ((r = begin_root(k)) != EL_OK)
		return r;
	k->bundle->deployment = k->policy->deployment;
	if ((!k->again || el_cli_policy_runs_out(k->policy, k->first, (unsigned)k->days)) &&
	    (r = el_cli_sign_policy(k->cli, k->root, k->dir, k->now, k->policy)) != EL_OK)
		return r;
	if (k->policy_only)
		return EL_OK;
	el_cli_note(k->cli, "dealing %llu days for %zu trustees ...", (unsigned long long)k->days, k->bundle->n_trustees);
	if ((r = el_ceremony_deal(k->bundle, k->first, (unsigned)k->days, &k->dealing)) != EL_OK) {
		el_cli_fail(k->cli, 0, "dealing: %s (a bundle holds at most %d days, those of the last 28 included)",
		    el_strerror(r), EL_EPOCHS_AHEAD_MAX);
		return r;
	}
	if ((r = el_cli_sign_bundle(k->cli, k->root, k->dir, k->policy->day_offset, k->bundle, &k->bundle_hash)) != EL_OK)
		return r;
	return write_sealed(k);
}

static void
say_policy(const struct ceremony *k)
{
	if (k->cli->json) {
		el_cli_json(json_pack("{s:s, s:o, s:i, s:i, s:b, s:s}", "dir", k->dir, "deployment",
		    el_cli_b64(k->policy->deployment.b, EL_HASH_LEN), "threshold", (int)k->policy->threshold, "trustees",
		    (int)k->policy->n_trustees, "lab", (int)k->policy->lab, "dealer", "none"));
		return;
	}
	if (k->policy->lab)
		printf("*** LAB MODE: this deployment is for development only. ***\n");
	printf("%s: root and policy; no epoch keys were made, and this machine has held none.\n"
	       "Next: entrylog keys dkg plan FOLDER --dir %s; every trustee gets root.pub, policy.json and the folder.\n", k->dir,
	    k->dir);
}

static void
say(const struct ceremony *k)
{
	const el_epoch last = k->bundle->epochs[k->bundle->n_epochs - 1].epoch;
	char from[EL_CLI_TIME_LEN], to[EL_CLI_TIME_LEN];

	if (k->cli->json) {
		el_cli_json(json_pack("{s:s, s:o, s:i, s:i, s:i, s:i, s:b, s:s}", "dir", k->dir, "deployment",
		    el_cli_b64(k->policy->deployment.b, EL_HASH_LEN), "first_epoch", (int)k->first, "last_epoch", (int)last,
		    "threshold", (int)k->policy->threshold, "trustees", (int)k->policy->n_trustees, "lab",
		    (int)k->policy->lab, "dealer", "trusted"));
		return;
	}
	el_cli_format_time(el_epoch_start(k->first, k->policy->day_offset), from);
	el_cli_format_time(el_epoch_end(last, k->policy->day_offset), to);
	printf("*** THE DEALER IS TRUSTED ON THAT DAY: this machine has held every key that it dealt. ***\n");
	if (k->policy->lab)
		printf("*** LAB MODE: this deployment is for development only. ***\n");
	if (k->policy->n_trustees == 1)
		printf("*** ONE TRUSTEE OPENS EVERYTHING ALONE. ***\n");
	printf("%s: keys from %s to %s; %u of %zu trustees open.\n", k->dir, from, to, k->policy->threshold,
	    k->policy->n_trustees);
	printf("Next: send each trustee its trustee-N.sealed (entrylog trustee accept), then destroy these files here;\n"
	       "move %s/root.key to a place that is not connected%s.\n", k->dir,
	    k->again ? "" : "; name the registry and the issuers with entrylog keys directory");
}

int
el_cli_keys_ceremony(struct el_cli *c)
{
	struct ceremony k = { .cli = c, .dir = el_args_value(&c->args, "dir", NULL), .days = DAYS_DEFAULT };
	const char *days = el_args_value(&c->args, "days", NULL);
	char root[EL_CLI_PATH];
	int r;

	if (k.dir == NULL || el_args_count(&c->args, NULL) != 0)
		return el_cli_usage(c, "--dir is needed");
	if (days != NULL && el_cli_parse_uint(days, 1, EL_EPOCHS_AHEAD_MAX, &k.days) != EL_OK)
		return el_cli_usage(c, "--days is 1..120");
	if ((r = el_dir_make(k.dir)) != EL_OK || (r = el_cli_path(root, k.dir, "root.pub")) != EL_OK)
		return el_cli_fail(c, EL_EXIT_CANTCREAT, "%s: cannot be made", k.dir);
	k.again = access(root, F_OK) == 0;
	k.policy_only = el_args_has(&c->args, "policy-only");
	if (k.again && k.policy_only)
		return el_cli_fail(c, EL_EXIT_CANTCREAT, "%s holds a deployment already; its policy stays as it is", k.dir);
	k.policy = calloc(1, sizeof *k.policy);
	k.bundle = calloc(1, sizeof *k.bundle);
	if (k.policy == NULL || k.bundle == NULL)
		r = EL_ENOMEM;
	else if ((r = prepare(&k)) == EL_OK && (r = carry_out(&k)) == EL_OK)
		(k.policy_only ? say_policy : say)(&k);
	el_dealing_free(k.dealing);
	el_sign_key_free(k.root);
	free(k.policy);
	free(k.bundle);
	return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
}
