#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/file.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "entrylog/token.h"

/* entrylog token show: decode a token, and with --directory verify the issuer's signature. */

#define TOKEN_FILE_MAX 4096

/* The text without the line end that an editor or a scanner put behind it; a space belongs to Base45. */
static int
read_token(const struct el_cli *c, const char *path, struct el_token *out)
{
	uint8_t *text = NULL;
	size_t len = 0;
	int r;

	if ((r = el_file_read(path, TOKEN_FILE_MAX, &text, &len)) != EL_OK) {
		el_cli_error(c, r, path);
		return r;
	}
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if ((r = el_token_parse_text((const char *)text, len, out)) != EL_OK)
		el_cli_fail(c, 0, "%s: not a token: %zu characters where EL1: and 216 of Base45 are expected", path, len);
	el_secret_wipe(text, len);
	free(text);
	return r;
}

static const char *
verdict(const struct el_cli *c, const struct el_token *t, int *err)
{
	const char *path = el_args_value(&c->args, "directory", NULL);
	const struct el_sign_pk *key;
	struct el_trust *trust;
	char dir[EL_CLI_PATH];
	const char *says;
	int64_t now;

	*err = EL_OK;
	if (path == NULL)
		return "not verified (no --directory)";
	el_cli_dirname(path, dir);
	if ((*err = el_cli_trust_now(c, dir, false, true, &trust, &now)) != EL_OK)
		return NULL;
	if ((key = el_directory_token_key(trust->directory, t->issuer, t->epoch)) == NULL)
		says = "the directory has no key of this issuer for this day";
	else if ((*err = el_token_check_signature(t, key)) == EL_OK)
		says = "the issuer signed it";
	else
		says = "THE SIGNATURE DOES NOT VERIFY";
	if (key == NULL)
		*err = EL_ECRYPTO;
	el_cli_trust_free(trust);
	return says;
}

int
el_cli_token_show(struct el_cli *c)
{
	const char *path = el_args_at(&c->args, NULL, 0), *says;
	char tid[EL_BASE64URL_LEN(EL_TID_LEN) + 1], shown[EL_CLI_TIME_LEN];
	struct el_token t;
	int r;

	if (path == NULL || el_args_count(&c->args, NULL) != 1)
		return el_cli_usage(c, "one FILE (or -) is needed");
	if ((r = read_token(c, path, &t)) != EL_OK)
		return el_cli_status(r);
	if ((says = verdict(c, &t, &r)) == NULL)
		return el_cli_status(r);
	el_base64url_encode(t.tid.b, sizeof t.tid.b, tid);
	el_cli_format_time(t.shown_at, shown);
	if (c->json)
		el_cli_json(json_pack("{s:i, s:i, s:i, s:s, s:I, s:s, s:s}", "version", (int)t.version, "issuer", (int)t.issuer,
		    "epoch", (int)t.epoch, "token_id", tid, "shown_at", (json_int_t)t.shown_at, "signature",
		    !el_args_has(&c->args, "directory") ? "unchecked" : r == EL_OK ? "valid" : "invalid", "verdict", says));
	else
		printf("version %u, issuer %u, epoch %u\ntoken id %s\nshown at %s\nsignature: %s\n", t.version, t.issuer,
		    (unsigned)t.epoch, tid, shown, says);
	return el_cli_status(r);
}
