#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "cli/cli.h"
#include "cli/order_common.h"
#include "cli/words.h"
#include "order/check.h"

/*
 * entrylog order sign: an officer signs what the order says, so it is shown, and nothing is signed whose
 * hashes do not fit what was shown.
 */

static const struct el_policy_officer *
officer_of(const struct el_policy *p, const struct el_sign_pk *key, int64_t now_s)
{
	for (size_t i = 0; i < p->n_revoked; i++)
		if (el_sign_pk_eq(&p->revoked[i], key))
			return NULL;
	for (size_t i = 0; i < p->n_officers; i++)
		if (el_sign_pk_eq(&p->officers[i].key, key) && p->officers[i].from <= now_s && now_s < p->officers[i].to)
			return &p->officers[i];
	return NULL;
}

static int
refuse(const struct el_cli *c, enum el_code code)
{
	const char *why = code == EL_CODE_SCOPE_MISMATCH ? "a scope is missing or is not the one the order names" :
	    code == EL_CODE_POLICY_OUTDATED ? "it was drafted under another policy; draft it again" :
	    code == EL_CODE_SIGNATURE_INVALID ? "it belongs to another deployment" :
	    code == EL_CODE_ORDER_EXPIRED ? "it has expired; draft it again" : "it is not a well-formed order";

	el_cli_fail(c, 0, "not signed: %s (%s)", why, el_code_name(code));
	return EL_EPERM;
}

static int
sign(const struct el_cli *c, const char *key_path, struct el_order_file *f, const struct el_trust *trust, int64_t now_s)
{
	const struct el_policy_officer *who;
	struct el_sign_key *key = NULL;
	uint8_t *seed = NULL;
	int r;

	if ((r = el_keyfile_read(key_path, EL_PURPOSE_OFFICER, el_cli_passphrase, (void *)(uintptr_t)c, &seed, NULL)) !=
	    EL_OK || (r = el_sign_key_new(seed, &key)) != EL_OK) {
		el_cli_key_error(c, r, key_path, EL_PURPOSE_OFFICER);
		goto out;
	}
	if ((who = officer_of(trust->policy, el_sign_key_pk(key), now_s)) == NULL) {
		el_cli_fail(c, 0, "not signed: %s is no officer's key under this policy", key_path);
		r = EL_EPERM;
		goto out;
	}
	if ((r = el_document_sign(&f->document, key, "EL1-order")) == EL_OK && !c->json)
		printf("signed as %s (%s)", who->name, who->group);
out:
	el_sign_key_free(key);
	el_secret_free(seed);
	return r;
}

int
el_cli_order_sign(struct el_cli *c)
{
	const char *key_path = el_args_value(&c->args, "key", NULL), *path = el_args_at(&c->args, NULL, 0);
	struct el_order_file *f = NULL;
	struct el_trust *trust = NULL;
	struct el_order order;
	enum el_code code;
	char missing[256];
	int64_t now;
	int r;

	if (key_path == NULL || path == NULL || el_args_count(&c->args, NULL) != 1)
		return el_cli_usage(c, "--key FILE and one ORDER are needed");
	if ((r = el_cli_order_load(c, path, key_path, &f, &order, &trust, &now)) != EL_OK)
		goto out;
	if (!c->json)
		el_order_words(stdout, &order, f, trust->policy, now);
	if ((code = el_order_file_check(f, trust->policy, now, &order)) != EL_CODE_OK) {
		r = refuse(c, code);
		goto out;
	}
	if ((r = sign(c, key_path, f, trust, now)) != EL_OK)
		goto out;
	if ((r = el_order_file_write(path, f)) != EL_OK) {
		el_cli_error(c, r, path);
		goto out;
	}
	if (c->json)
		el_cli_json(el_order_words_json(&order, f, trust->policy, now));
	else if (el_order_missing(&f->document, trust->policy, order.kind, now, missing, sizeof missing) > 0)
		printf("; still missing: %s\n", missing);
	else
		printf("; the quorum is complete (entrylog join)\n");
out:
	el_order_file_free(f);
	el_cli_trust_free(trust);
	return el_cli_status(r);
}
