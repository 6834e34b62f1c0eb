#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/file.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/share_store.h"

/*
 * entrylog trustee accept: open a sealed share file with the trustee's key, verify every share against the
 * bundle's commitments, keep them in SHARE, and print an acknowledgement.
 */

#define SEALED_FILE_MAX (64 * 1024)

struct accept {
	struct el_cli *cli;
	char dir[EL_CLI_PATH];
	const char *share;
	struct el_trust *trust;
	int64_t now;
	struct el_shares shares;
};

static int
open_sealed(struct accept *a)
{
	const char *key_path = el_args_value(&a->cli->args, "key", NULL), *sealed = el_args_at(&a->cli->args, NULL, 0);
	uint8_t *key = NULL, *text = NULL;
	size_t len;
	int r;

	if ((r = el_keyfile_read(key_path, EL_PURPOSE_TRUSTEE, el_cli_passphrase, a->cli, &key, NULL)) != EL_OK) {
		el_cli_key_error(a->cli, r, key_path, EL_PURPOSE_TRUSTEE);
		return r;
	}
	if ((r = el_file_read(sealed, SEALED_FILE_MAX, &text, &len)) != EL_OK)
		el_cli_error(a->cli, r, sealed);
	else if ((r = el_shares_open(text, len, a->trust->bundle, key, &a->shares)) != EL_OK)
		el_cli_fail(a->cli, 0, "%s: REFUSED, %s: do not acknowledge it, and tell the dealer", sealed,
		    r == EL_EPERM ? "not for this trustee's key and this bundle" :
		    r == EL_ECRYPTO ? "it does not open, or a share does not fit the bundle's commitments" : el_strerror(r));
	el_secret_free(key);
	free(text);
	return r;
}

static void
say(const struct accept *a, size_t n_added)
{
	char hash[EL_BASE64URL_LEN(EL_HASH_LEN) + 1];
	const struct el_shares *s = &a->shares;

	el_base64url_encode(a->trust->bundle->hash.b, EL_HASH_LEN, hash);
	if (a->cli->json)
		el_cli_json(json_pack("{s:i, s:s, s:I, s:i, s:i, s:s}", "trustee", (int)s->trustee, "bundle", hash, "days",
		    (json_int_t)n_added, "first_epoch", (int)s->epochs[0], "last_epoch", (int)s->epochs[s->n - 1], "share",
		    a->share));
	else
		printf("Trustee %u acknowledges: every share of epochs %u to %u fits bundle %s; %zu days stored in %s.\n"
		       "Next: destroy the sealed file; run entrylog trustee purge %s every day.\n",
		    s->trustee, s->epochs[0], s->epochs[s->n - 1], hash, n_added, a->share, a->share);
}

int
el_cli_trustee_accept(struct el_cli *c)
{
	struct accept *a = calloc(1, sizeof *a);
	const char *bundle = el_args_value(&c->args, "bundle", NULL), *dir = el_args_value(&c->args, "dir", NULL);
	size_t n_added = 0;
	int r;

	if (a == NULL)
		return EL_EXIT_OSERR;
	a->cli = c;
	a->share = el_args_value(&c->args, "output", NULL);
	if (a->share == NULL || el_args_value(&c->args, "key", NULL) == NULL || (bundle == NULL && dir == NULL) ||
	    el_args_count(&c->args, NULL) != 1) {
		free(a);
		return el_cli_usage(c, "--key, --bundle, the sealed file and -o SHARE are needed");
	}
	/* Root key and policy stand beside the bundle, as they left the ceremony. */
	if (dir != NULL)
		snprintf(a->dir, sizeof a->dir, "%s", dir);
	else
		el_cli_dirname(bundle, a->dir);
	if ((r = el_cli_trust_now(c, a->dir, true, false, &a->trust, &a->now)) == EL_OK && (r = open_sealed(a)) == EL_OK) {
		if (a->shares.n == 0)
			r = EL_EFORMAT;
		else if ((r = el_cli_store_shares(c, a->trust, a->dir, a->share, &a->shares, a->now, &n_added)) == EL_OK)
			say(a, n_added);
	}
	el_shares_wipe(&a->shares);
	el_cli_trust_free(a->trust);
	free(a);
	return el_cli_status(r);
}
