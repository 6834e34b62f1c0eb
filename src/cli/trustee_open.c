#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/share_file.h"
#include "authority/trustee.h"
#include "authority/witness.h"
#include "base/base64url.h"
#include "base/file.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/log_source.h"
#include "cli/share_store.h"
#include "cli/words.h"

/*
 * entrylog trustee open: a trustee is shown in words what an order asks, whether its signatures stand and how
 * much would be opened; only a yes on the terminal opens it (--yes in a laboratory).  What it has seen of the public
 * logs stands beside the share, SHARE.log-registry and so on (authority/witness.h).
 */

struct opening {
	struct el_cli *cli;
	struct el_share_file *share;
	struct el_request *request;
	struct el_trust *trust;
	struct el_trustee trustee;
	struct el_witness witness;
	struct el_history history;
	struct el_sign_key *witness_key;
	struct el_buf cosignature;
	char state[EL_CLI_PATH];
	int64_t now;
};

static void
progress(void *ctx, size_t done, size_t total)
{
	el_cli_note(ctx, "%zu of %zu opened", done, total);
}

static int
load_request(struct opening *o, const char *path)
{
	uint8_t *text = NULL;
	size_t len = 0;
	int r;

	if ((r = el_file_read(path, EL_REQUEST_FILE_MAX, &text, &len)) == EL_OK) {
		r = el_request_parse(text, len, &o->request);
		el_secret_wipe(text, len);
		free(text);
	}
	if (r != EL_OK)
		el_cli_fail(o->cli, 0, "%s: %s", path, r == EL_EFORMAT ? "not a request to trustees" : el_strerror(r));
	return r;
}

/* The documents by --dir, else where they were when the share was accepted; the root must be the pinned one. */
static int
load_trust(struct opening *o)
{
	const struct el_share_info *info = el_share_file_info(o->share);
	const char *dir = el_args_value(&o->cli->args, "dir", info->dir);
	char root[EL_BASE64URL_LEN(32) + 1];
	int r;

	if ((r = el_cli_trust_now(o->cli, dir, true, true, &o->trust, &o->now)) != EL_OK)
		return r;
	el_base64url_encode(o->trust->root.b, sizeof o->trust->root.b, root);
	if (strcmp(root, info->root) != 0) {
		el_cli_fail(o->cli, 0, "%s: signed by another root than the one this share was accepted from", dir);
		return EL_EPERM;
	}
	o->trustee = (struct el_trustee){ .index = (unsigned)info->trustee, .shares = el_share_file_keyring(o->share),
		.policy = o->trust->policy, .bundle = o->trust->bundle, .directory = o->trust->directory, .progress = progress,
		.ctx = o->cli };
	return EL_OK;
}

static enum el_code
vouch(void *ctx, const char *party, const uint8_t *note, size_t len)
{
	struct opening *o = ctx;

	if (o->witness.fetch != NULL)
		el_cli_note(o->cli, "looking at the public log of %s ...", party);
	return el_witness_vouch(&o->witness, party, note, len, o->now, &o->cosignature);
}

static int64_t
not_before(void *ctx, const char *party, uint64_t index)
{
	const struct opening *const o = ctx;

	(void)party; /* the one just vouched for */
	return el_history_not_before(&o->history, index);
}

static int
load_witness_key(struct opening *o, const char *path)
{
	const struct el_sign_pk *const named = el_policy_witness(o->trust->policy, o->trustee.index);
	uint8_t *seed = NULL;
	int r;

	if ((r = el_keyfile_read(path, EL_PURPOSE_WITNESS, el_cli_passphrase, o->cli, &seed, NULL)) == EL_OK)
		r = el_sign_key_new(seed, &o->witness_key);
	el_secret_free(seed);
	if (r != EL_OK)
		el_cli_key_error(o->cli, r, path, EL_PURPOSE_WITNESS);
	else if (named == NULL || !el_sign_pk_eq(el_sign_key_pk(o->witness_key), named)) {
		el_cli_fail(o->cli, 0, "%s: the policy names %s for trustee %u", path,
		    named == NULL ? "no witness key" : "another witness key", o->trustee.index);
		r = EL_EPERM;
	}
	return r;
}

static int
load_witness(struct opening *o, const char *share)
{
	const char *const key = el_args_value(&o->cli->args, "witness-key", NULL);
	int r;

	if (snprintf(o->state, sizeof o->state, "%s.log", share) >= (int)sizeof o->state)
		return el_cli_error(o->cli, EL_ELIMIT, share), EL_ELIMIT;
	if (key != NULL && (r = load_witness_key(o, key)) != EL_OK)
		return r;
	o->witness = (struct el_witness){ .prefix = o->state, .key = o->witness_key, .trustee = o->trustee.index,
		.fetch = el_args_has(&o->cli->args, "offline") ? NULL : el_cli_fetch_party, .fetch_ctx = o->trust->directory,
		.policy = o->trust->policy, .directory = o->trust->directory, .history = &o->history };
	o->trustee.vouch = vouch;
	o->trustee.not_before = not_before;
	o->trustee.vouch_ctx = o;
	return EL_OK;
}

static int
show_and_ask(struct opening *o)
{
	const size_t n = o->request->trace ? o->request->n_boxes : o->request->n_rows;
	struct el_order order;
	enum el_code code;
	bool yes = false;
	int r;

	memset(&order, 0, sizeof order);
	code = el_trustee_check(&o->trustee, o->request, o->now, &order);
	if (el_order_parse(o->request->order->document.doc, o->request->order->document.len, &order) != EL_OK)
		return el_cli_fail(o->cli, 0, "REFUSED: the order is malformed"), EL_EFORMAT;
	el_order_words(o->cli->json ? stderr : stdout, &order, o->request->order, o->trust->policy, o->now);
	if (code != EL_CODE_OK) {
		el_cli_fail(o->cli, 0, "REFUSED, nothing opened: %s", el_code_name(code));
		return EL_EPERM;
	}
	fprintf(o->cli->json ? stderr : stdout, "It asks to open %zu %s.\n", n,
	    o->request->trace ? "trace boxes (Z shares)" : "links (Y shares)");
	fflush(stdout);
	if (el_args_has(&o->cli->args, "yes")) {
		if (o->trust->policy->lab)
			return EL_OK;
		el_cli_fail(o->cli, 0, "--yes: only in a laboratory; here a person says yes");
		return EL_EPERM;
	}
	if ((r = el_cli_confirm("Open them?", &yes)) != EL_OK)
		el_cli_fail(o->cli, 0, "opening asks for a yes on a terminal, and there is none");
	else if (!yes)
		el_cli_fail(o->cli, 0, "not opened");
	return yes ? EL_OK : EL_EPERM;
}

static int
open_and_write(struct opening *o, const char *path)
{
	struct el_partials p;
	enum el_code code;
	char *text = NULL;
	int r;

	if ((code = el_trustee_open(&o->trustee, o->request, o->now, &p)) != EL_CODE_OK) {
		el_cli_fail(o->cli, 0, "REFUSED, nothing opened: %s%s%s", el_code_name(code),
		    o->witness.message[0] != '\0' ? "; " : "", o->witness.message);
		return EL_EPERM;
	}
	el_partials_set_cosignature(&p, o->cosignature.p, o->cosignature.len);
	if ((r = el_partials_encode(&p, &text)) == EL_OK)
		r = el_file_replace(path, 0600, text, strlen(text));
	if (r != EL_OK)
		el_cli_error(o->cli, r, path);
	else if (o->cli->json)
		el_cli_json(json_pack("{s:i, s:s, s:I, s:I, s:b}", "trustee", (int)p.trustee, "purpose",
		    p.traces ? "traces" : "links", "opened", (json_int_t)p.n, "refused", (json_int_t)p.n_refused, "cosigned",
		    p.cosignature_len > 0));
	else
		for (size_t i = 0; i < p.n_refused && i < 10; i++)
			printf("row %u refused: %s\n", (unsigned)p.refused[i].index, p.refused[i].reason);
	if (r == EL_OK && !o->cli->json)
		printf("%zu opened, %zu refused%s; send %s to the executor\n", p.n, p.n_refused,
		    p.cosignature_len > 0 ? ", the log's checkpoint cosigned" : "", path);
	free(text);
	el_partials_wipe(&p);
	return r;
}

int
el_cli_trustee_open(struct el_cli *c)
{
	const char *share = el_args_value(&c->args, "share", NULL), *out = el_args_value(&c->args, "output", NULL);
	const char *request = el_args_at(&c->args, NULL, 0);
	static struct opening o;
	int r;

	o.cli = c;
	el_buf_init(&o.cosignature, EL_COSIGNATURE_MAX);
	if (share == NULL || out == NULL || request == NULL || el_args_count(&c->args, NULL) != 1)
		return el_cli_usage(c, "--share SHARE, one REQUEST and -o PARTIALS are needed");
	if ((r = el_share_file_open(share, &o.share)) != EL_OK)
		return el_cli_share_error(c, r, share);
	el_share_file_unlock(o.share);
	if ((r = load_request(&o, request)) == EL_OK && (r = load_trust(&o)) == EL_OK &&
	    (r = load_witness(&o, share)) == EL_OK && (r = show_and_ask(&o)) == EL_OK)
		r = open_and_write(&o, out);
	el_buf_wipe(&o.cosignature);
	el_sign_key_free(o.witness_key);
	el_request_free(o.request);
	el_cli_trust_free(o.trust);
	el_share_file_close(o.share);
	return el_cli_status(r);
}
