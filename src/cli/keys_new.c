#include <stdio.h>
#include <string.h>

#include "base/base64url.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "entrylog/epoch.h"

/* entrylog keys new PURPOSE -o FILE: one key file, and FILE.pub. */

static int
pair_epoch(const struct el_cli *c, el_epoch *epoch)
{
	const char *given = el_args_value(&c->args, "epoch", NULL);
	const char *offset = el_args_value(&c->args, "day-offset", NULL);
	uint64_t v = EL_CLI_DAY_OFFSET;
	int64_t now;

	if (given != NULL) {
		if (el_cli_parse_uint(given, 0, UINT16_MAX, &v) != EL_OK)
			return EL_EFORMAT;
		*epoch = (el_epoch)v;
		return EL_OK;
	}
	if (offset != NULL && el_cli_parse_uint(offset, 0, EL_DAY_S - 1, &v) != EL_OK)
		return EL_EFORMAT;
	if (el_cli_now(c, el_args_has(&c->args, "lab"), &now) != EL_OK)
		return EL_EPERM;
	*epoch = el_epoch_of(now, (uint32_t)v);
	return EL_OK;
}

static void
say(const struct el_cli *c, const char *path, enum el_purpose p, el_epoch epoch, const uint8_t secret[32])
{
	char b64[EL_BASE64URL_LEN(32) + 1] = "";
	uint8_t pub[32];
	json_t *j;

	if (p != EL_PURPOSE_PAIR && el_keyfile_public(p, secret, pub) == EL_OK)
		el_base64url_encode(pub, sizeof pub, b64);
	if (c->json) {
		j = json_pack("{s:s, s:s}", "file", path, "purpose", el_purpose_name(p));
		if (j != NULL && p == EL_PURPOSE_PAIR)
			json_object_set_new(j, "epoch", json_integer(epoch));
		else if (j != NULL)
			json_object_set_new(j, "public", json_string(b64));
		el_cli_json(j);
	} else if (p == EL_PURPOSE_PAIR)
		printf("%s: pair key of epoch %u; give a copy to the issuer and one to the registry, then destroy this one\n",
		    path, (unsigned)epoch);
	else
		printf("%s: %s key; public half in %s.pub: %s\n", path, el_purpose_name(p), path, b64);
}

int
el_cli_keys_new(struct el_cli *c)
{
	const char *path = el_args_value(&c->args, "output", NULL), *word = el_args_at(&c->args, NULL, 0);
	char passphrase[256];
	uint8_t secret[32];
	enum el_purpose p;
	el_epoch epoch = 0;
	int r, status = EL_EXIT_OK;

	if (path == NULL || word == NULL || el_args_count(&c->args, NULL) != 1)
		return el_cli_usage(c, "one purpose and -o FILE are needed");
	if (el_purpose_parse(word, &p) != EL_OK || p == EL_PURPOSE_ROOT || p == EL_PURPOSE_ORDER)
		return el_cli_usage(c, "that is no purpose (root keys come from a ceremony, order keys with an order)");
	if (p == EL_PURPOSE_PAIR && (r = pair_epoch(c, &epoch)) != EL_OK)
		return el_cli_fail(c, EL_EXIT_USAGE, "--epoch is 0..65535, --day-offset 0..86399 seconds");
	if ((r = el_cli_new_passphrase(c, passphrase, sizeof passphrase)) != EL_OK)
		return el_cli_status(r);
	el_keyfile_draw(p, secret);
	if ((r = el_keyfile_create(path, p, secret, epoch, passphrase)) == EL_OK)
		say(c, path, p, epoch, secret);
	else
		status = el_cli_fail(c, r == EL_ENOMEM ? EL_EXIT_OSERR : EL_EXIT_CANTCREAT, "%s: %s; keys are never overwritten",
		    path, el_strerror(r));
	el_secret_wipe(secret, sizeof secret);
	el_secret_wipe(passphrase, sizeof passphrase);
	return status;
}
