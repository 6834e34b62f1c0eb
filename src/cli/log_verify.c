#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/log_audit.h"
#include "base/base64url.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/log_source.h"

/*
 * entrylog log verify: an auditor reads public logs whole, from their addresses or from copies of their folders, and
 * holds what the registry answered against what issuers did.
 */

#define LOGS_MAX (EL_ISSUERS_MAX + 1)
#define HASH_TEXT (EL_BASE64URL_LEN(EL_HASH_LEN) + 1)

struct verifying {
	struct el_cli *cli;
	struct el_trust *trust;
	int64_t now;
	uint8_t *since; /* NULL: none */
	size_t since_len;
	struct el_log_audit audits[LOGS_MAX];
	size_t n;
	json_t *logs, *errors, *open;
};

static void
hash_text(const struct el_hash *h, char out[HASH_TEXT])
{
	el_base64url_encode(h->b, sizeof h->b, out);
}

/* ---- One log ---- */

static void
print_log(const struct verifying *v, const char *at, const struct el_log_audit *a)
{
	char root[HASH_TEXT], first[EL_CLI_TIME_LEN], last[EL_CLI_TIME_LEN];

	hash_text(&a->checkpoint.root, root);
	el_cli_format_time(a->first_s, first);
	el_cli_format_time(a->last_s, last);
	printf("%s (%s): whole, %llu entries, root %s\n", a->party, at, (unsigned long long)a->checkpoint.size, root);
	if (a->checkpoint.size > 0)
		printf("  from %s to %s\n", first, last);
	for (unsigned type = 0; type < EL_ENTRY_TYPES; type++)
		if (a->counts[type] > 0)
			printf("  %s: %llu\n", el_audit_type_words(type), (unsigned long long)a->counts[type]);
	for (size_t i = 0; i < a->n_cosigned; i++) {
		el_cli_format_time((int64_t)a->cosigned[i].time_s, last);
		printf("  cosigned by trustee %u at %s\n", a->cosigned[i].trustee, last);
	}
	if (a->n_cosigned == 0 && v->trust->policy->n_witnesses > 0)
		printf("  this checkpoint is cosigned by no trustee (yet)\n");
	if (a->since)
		printf("  the older checkpoint is its beginning\n");
}

static json_t *
log_json(const char *at, const struct el_log_audit *a, int r)
{
	static const char *const names[EL_ENTRY_TYPES] = { "order", "refused", "segment", "identities", "destroyed", "document",
		"checkpoint" };
	json_t *const entries = json_object(), *const cosigned = json_array();
	char root[HASH_TEXT];

	hash_text(&a->checkpoint.root, root);
	for (unsigned type = 0; type < EL_ENTRY_TYPES; type++)
		json_object_set_new(entries, names[type], json_integer((json_int_t)a->counts[type]));
	for (size_t i = 0; i < a->n_cosigned; i++)
		json_array_append_new(cosigned, json_pack("{s:i, s:I}", "trustee", (int)a->cosigned[i].trustee, "time",
		    (json_int_t)a->cosigned[i].time_s));
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:o, s:o, s:b, s:s?}", "at", at, "party", a->party, "origin",
	    a->checkpoint.origin, "size", (json_int_t)a->checkpoint.size, "root", root, "first", (json_int_t)a->first_s, "last",
	    (json_int_t)a->last_s, "entries", entries, "cosigned", cosigned, "since", a->since, "error",
	    r != EL_OK ? a->message : NULL);
}

static int
verify_one(struct verifying *v, const char *at)
{
	static struct el_log_reader reader;
	struct el_log_audit *const a = &v->audits[v->n++];
	char *const where = strdup(at);
	int r;

	if (where == NULL)
		return EL_ENOMEM;
	el_log_reader_init(&reader, el_cli_fetch_at, where, "", UINT64_MAX, UINT64_MAX);
	el_cli_note(v->cli, "reading %s ...", at);
	r = el_log_audit(&reader, v->trust->policy, v->trust->directory, v->since, v->since_len, a);
	for (size_t i = 0; r == EL_OK && i + 1 < v->n; i++)
		if (strcmp(v->audits[i].party, a->party) == 0) {
			snprintf(a->message, sizeof a->message, "the same log is given twice; hold two copies of one log against each "
			    "other with --since");
			r = EL_EFORMAT;
		}
	if (r != EL_OK)
		el_cli_fail(v->cli, 0, "%s%s%s: %s", at, a->party[0] != '\0' ? ", " : "", a->party, a->message);
	if (v->cli->json)
		json_array_append_new(v->logs, log_json(at, a, r));
	else if (r == EL_OK)
		print_log(v, at, a);
	free(where);
	return r;
}

/* ---- Against each other ---- */

static void
say(void *ctx, bool error, const char *party, const struct el_audit_order *o, const char *what)
{
	struct verifying *const v = ctx;
	char order[HASH_TEXT], time[EL_CLI_TIME_LEN];

	hash_text(&o->order, order);
	el_cli_format_time(o->time_s, time);
	if (v->cli->json)
		json_array_append_new(error ? v->errors : v->open, json_pack("{s:s, s:I, s:s, s:s, s:s}", "party", party, "entry",
		    (json_int_t)o->index, "order", order, "kind", el_order_kind_name(o->kind), "what", what));
	else if (!error)
		printf("open: %s, entry %llu (%s, order %s of %s): %s\n", party, (unsigned long long)o->index,
		    el_order_kind_name(o->kind), order, time, what);
	if (error)
		el_cli_fail(v->cli, 0, "%s, entry %llu (%s, order %s of %s): %s", party, (unsigned long long)o->index,
		    el_order_kind_name(o->kind), order, time, what);
}

static int
reconcile(struct verifying *v)
{
	struct el_reconcile c = { .audits = v->audits, .n = v->n, .directory = v->trust->directory,
		.strict = el_args_has(&v->cli->args, "strict"), .say = say, .ctx = v };

	el_reconcile(&c);
	if (!v->cli->json && c.errors == 0)
		printf("what the logs say of orders agrees%s\n", c.open > 0 ? ", but for what is open" : "");
	return c.errors == 0 ? EL_OK : EL_ECRYPTO;
}

static int
check_since(const struct verifying *v)
{
	if (v->since == NULL)
		return EL_OK;
	for (size_t i = 0; i < v->n; i++)
		if (v->audits[i].since)
			return EL_OK;
	el_cli_fail(v->cli, 0, "%s: a checkpoint of none of these logs; give the log that it was kept of",
	    el_args_value(&v->cli->args, "since", ""));
	return EL_EFORMAT;
}

static int
verify_all(struct verifying *v)
{
	const char *at;
	int r = EL_OK, one;

	for (size_t i = 0; (at = el_args_at(&v->cli->args, NULL, i)) != NULL; i++)
		if ((one = verify_one(v, at)) != EL_OK)
			r = one;
	if (r == EL_OK)
		r = check_since(v);
	if (r == EL_OK && v->n > 1)
		r = reconcile(v);
	if (v->cli->json)
		el_cli_json(json_pack("{s:O, s:b, s:O, s:O}", "logs", v->logs, "ok", r == EL_OK, "errors", v->errors, "open", v->open));
	return r;
}

int
el_cli_log_verify(struct el_cli *c)
{
	const char *const since = el_args_value(&c->args, "since", NULL);
	struct verifying *v;
	int r;

	if (el_args_count(&c->args, NULL) == 0 || el_args_count(&c->args, NULL) > LOGS_MAX)
		return el_cli_usage(c, "the addresses or folders of public logs are needed");
	if ((v = calloc(1, sizeof *v)) == NULL)
		return EL_EXIT_OSERR;
	v->cli = c;
	v->logs = json_array();
	v->errors = json_array();
	v->open = json_array();
	if ((r = el_cli_trust_now(c, el_args_value(&c->args, "dir", "."), false, true, &v->trust, &v->now)) == EL_OK &&
	    since != NULL && (r = el_file_read(since, EL_NOTE_MAX, &v->since, &v->since_len)) != EL_OK)
		el_cli_error(c, r, since);
	if (r == EL_OK)
		r = verify_all(v);
	for (size_t i = 0; i < v->n; i++)
		el_log_audit_wipe(&v->audits[i]);
	json_decref(v->logs);
	json_decref(v->errors);
	json_decref(v->open);
	free(v->since);
	el_cli_trust_free(v->trust);
	free(v);
	return el_cli_status(r);
}
