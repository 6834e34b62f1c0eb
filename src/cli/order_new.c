#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authority/order_file.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "cli/cli.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "order/check.h"

/* entrylog order new: drafts ORDER, its fresh key ORDER.key and the case's text ORDER.case, all 0600. */

#define CASE_MAX 4096
#define PHONES_FILE_MAX 8192
#define LIMIT_DEFAULT 1000
#define EXPIRES_DEFAULT_H 24

struct draft {
	struct el_cli *cli;
	const char *path;
	struct el_trust *trust;
	int64_t now;
	struct el_order order;
	struct el_scope scope; /* venues and window (a notice: template and day, too), or phones and window */
	uint64_t limit;
	struct el_order_file *file;
	uint8_t case_salt[32];
	uint8_t *case_text;
	size_t case_len;
};

static int
take_kind(struct draft *d)
{
	const char *word = el_args_at(&d->cli->args, NULL, 0);

	if (word != NULL && strcmp(word, "notice") == 0)
		d->order.kind = EL_ORDER_NOTICE;
	else if (word != NULL && strcmp(word, "contacts") == 0)
		d->order.kind = EL_ORDER_CONTACTS;
	else if (word != NULL && strcmp(word, "trace") == 0)
		d->order.kind = EL_ORDER_TRACE;
	else
		return el_cli_usage(d->cli, "notice, contacts or trace?  Naming people is the last resort"), EL_ECONFIG;
	return EL_OK;
}

static int
take_numbers(struct draft *d)
{
	const char *expires = el_args_value(&d->cli->args, "expires", NULL), *limit = el_args_value(&d->cli->args, "limit", NULL);
	uint64_t hours = EXPIRES_DEFAULT_H;

	d->limit = LIMIT_DEFAULT;
	if ((expires != NULL && el_cli_parse_uint(expires, 1, EL_ORDER_LIFE_MAX_S / 3600, &hours) != EL_OK) ||
	    (limit != NULL && el_cli_parse_uint(limit, 1, EL_ORDER_ROWS_MAX, &d->limit) != EL_OK))
		return el_cli_usage(d->cli, "--expires is 1..336 hours, --limit 1..20000"), EL_ECONFIG;
	d->order.created = d->now;
	d->order.expires = d->now + (int64_t)hours * 3600;
	return EL_OK;
}

static int
take_window(struct draft *d)
{
	struct el_scope *s = &d->scope;
	char oldest[EL_CLI_TIME_LEN];

	if (el_cli_parse_time(el_args_value(&d->cli->args, "from", NULL), &s->from) != EL_OK ||
	    el_cli_parse_time(el_args_value(&d->cli->args, "to", NULL), &s->to) != EL_OK || s->from > s->to ||
	    s->from < EL_TOKEN_GRACE_S)
		return el_cli_usage(d->cli, "--from and --to are times like 2026-11-24T12:00:00+09:00, the first before the second"),
		       EL_ECONFIG;
	d->order.first_epoch = el_epoch_of(s->from - EL_TOKEN_GRACE_S, d->trust->policy->day_offset);
	d->order.last_epoch = el_epoch_of(s->to, d->trust->policy->day_offset);
	if (d->order.last_epoch - d->order.first_epoch >= EL_ORDER_DAYS_MAX)
		return el_cli_usage(d->cli, "one order touches at most 31 days"), EL_ECONFIG;
	if (s->from < d->now - EL_RETENTION_S) {
		el_cli_format_time(d->now - EL_RETENTION_S, oldest);
		el_cli_note(d->cli, "warning: visits are found for 28 days; the parties will refuse a window that begins before %s",
		    oldest);
	}
	return EL_OK;
}

static int
take_venues(struct draft *d)
{
	const size_t n = el_args_count(&d->cli->args, "venue");
	uint64_t v;

	if (n < 1 || n > EL_SCOPE_VENUES_MAX)
		return el_cli_usage(d->cli, "--venue ID..., 1 to 100 of them"), EL_ECONFIG;
	for (size_t i = 0; i < n; i++) {
		if (el_cli_parse_uint(el_args_at(&d->cli->args, "venue", i), 1, UINT32_MAX, &v) != EL_OK)
			return el_cli_usage(d->cli, "a venue is the registry's number for it"), EL_ECONFIG;
		for (size_t k = 0; k < d->scope.n_venues; k++)
			if (d->scope.venues[k] == v)
				return el_cli_usage(d->cli, "a venue is named twice"), EL_ECONFIG;
		d->scope.venues[d->scope.n_venues++] = (uint32_t)v;
	}
	return EL_OK;
}

/* The text and the day that it speaks of, which is one of the window's. */
static int
take_notice(struct draft *d)
{
	const struct el_policy *p = d->trust->policy;
	uint64_t number;

	if (el_cli_parse_uint(el_args_value(&d->cli->args, "template", NULL), 1, UINT16_MAX, &number) != EL_OK ||
	    el_policy_template(p, number) == NULL) {
		el_cli_fail(d->cli, 0, "--template N is the number of one of the policy's %zu texts", p->n_templates);
		return EL_ECONFIG;
	}
	if (el_cli_parse_day(el_args_value(&d->cli->args, "day", NULL), p->day_offset, &d->scope.day) != EL_OK ||
	    d->scope.day < d->order.first_epoch || d->scope.day > d->order.last_epoch)
		return el_cli_usage(d->cli, "--day YYYY-MM-DD is the day that the text speaks of, one of the window's"),
		       EL_ECONFIG;
	d->scope.template = (uint16_t)number;
	return EL_OK;
}

/* One number a line, as people write them; # begins a comment.  The numbers go into no message. */
static int
take_phones(struct draft *d)
{
	const char *path = el_args_value(&d->cli->args, "phone-file", NULL);
	const char *country = el_args_value(&d->cli->args, "country", "82");
	uint8_t *text = NULL;
	size_t len = 0;
	char *line, *rest;
	unsigned number = 0;
	int r;

	if (path == NULL)
		return el_cli_usage(d->cli, "--phone-file FILE (or -) is needed: one number a line"), EL_ECONFIG;
	if ((r = el_file_read(path, PHONES_FILE_MAX, &text, &len)) != EL_OK) {
		el_cli_error(d->cli, r, path);
		return r;
	}
	for (rest = (char *)text; r == EL_OK && (line = strsep(&rest, "\n")) != NULL;) {
		number++;
		line[strcspn(line, "#\r")] = '\0';
		if (line[strspn(line, " \t")] == '\0')
			continue;
		if (d->scope.n_phones == EL_SCOPE_PHONES_MAX)
			r = EL_ELIMIT;
		else
			r = el_phone_from_input(line, country, &d->scope.phones[d->scope.n_phones]);
		for (size_t i = 0; r == EL_OK && i < d->scope.n_phones; i++)
			if (strcmp(d->scope.phones[i].s, d->scope.phones[d->scope.n_phones].s) == 0)
				r = EL_EEXIST;
		if (r == EL_OK)
			d->scope.n_phones++;
	}
	if (r == EL_OK && d->scope.n_phones == 0)
		r = EL_ENOTFOUND;
	if (r != EL_OK)
		el_cli_fail(d->cli, 0, "%s: line %u: %s", path, number, r == EL_EEXIST ? "this number stands above already" :
		    r == EL_ELIMIT ? "at most 100 numbers" : r == EL_ENOTFOUND ? "no number in it" : "not a phone number");
	el_secret_wipe(text, len);
	free(text);
	return r == EL_ENOTFOUND || r == EL_EEXIST ? EL_EFORMAT : r;
}

static int
take_scope(struct draft *d)
{
	int r;

	if (d->order.kind == EL_ORDER_TRACE)
		return take_phones(d);
	if ((r = take_venues(d)) != EL_OK)
		return r;
	return d->order.kind == EL_ORDER_NOTICE ? take_notice(d) : EL_OK;
}

static int
take_case(struct draft *d)
{
	const char *path = el_args_value(&d->cli->args, "case-file", NULL);
	struct el_sha256 h;
	int r;

	if (path == NULL)
		return el_cli_usage(d->cli, "--case-file FILE (or -) is needed: the case and its legal basis"), EL_ECONFIG;
	if ((r = el_file_read(path, CASE_MAX, &d->case_text, &d->case_len)) != EL_OK) {
		el_cli_error(d->cli, r, path);
		return r;
	}
	el_random(d->case_salt, sizeof d->case_salt);
	el_sha256_init(&h);
	el_sha256_update(&h, d->case_salt, sizeof d->case_salt);
	el_sha256_update(&h, d->case_text, d->case_len);
	el_sha256_final(&h, &d->order.case_hash);
	return EL_OK;
}

static int
take_executor(struct draft *d)
{
	const char *path = el_args_value(&d->cli->args, "executor", NULL);
	char with_pub[EL_CLI_PATH];
	size_t n;
	uint8_t pub[32];
	int r;

	if (path == NULL)
		return el_cli_usage(d->cli, "--executor FILE (its .pub is read) is needed"), EL_ECONFIG;
	n = strlen(path);
	snprintf(with_pub, sizeof with_pub, "%s%s", path, n > 4 && strcmp(path + n - 4, ".pub") == 0 ? "" : ".pub");
	if ((r = el_keyfile_read_public(with_pub, EL_PURPOSE_EXECUTOR, pub)) != EL_OK ||
	    (r = el_sign_pk_parse(pub, &d->order.executor)) != EL_OK)
		el_cli_error(d->cli, r, with_pub);
	return r;
}

/* One audience entry with its disclosed scope. */
static int
address(struct draft *d, const char *party, const struct el_scope *s)
{
	struct el_audience *a = &d->order.audience[d->order.n_audience];
	struct el_disclosed *out = &d->file->scopes[d->file->n_scopes];
	int r;

	if (d->order.n_audience == EL_ORDER_AUDIENCE_MAX)
		return EL_ELIMIT;
	snprintf(a->party, sizeof a->party, "%s", party);
	snprintf(out->party, sizeof out->party, "%s", party);
	el_random(out->salt, sizeof out->salt);
	if ((r = el_scope_encode(s, out->scope, sizeof out->scope, &out->len)) != EL_OK)
		return r;
	el_scope_hash(out, &a->scope);
	a->items = (uint32_t)d->limit;
	d->order.n_audience++;
	d->file->n_scopes++;
	return EL_OK;
}

static bool
wanted(const struct draft *d, uint8_t issuer)
{
	uint64_t v;

	for (size_t i = 0; i < el_args_count(&d->cli->args, "issuer"); i++)
		if (el_cli_parse_uint(el_args_at(&d->cli->args, "issuer", i), 1, 255, &v) == EL_OK && v == issuer)
			return true;
	return !el_args_has(&d->cli->args, "issuer");
}

/* The registry and every issuer of the directory (or those named), each with its own scope. */
static int
address_all(struct draft *d)
{
	const bool trace = d->order.kind == EL_ORDER_TRACE;
	struct el_scope s = d->scope;
	char party[EL_PARTY_NAME_MAX + 1];
	int r;

	s.form = trace ? EL_SCOPE_SECRETS : EL_SCOPE_VENUES;
	s.n_phones = 0;
	r = address(d, "registry", &s);
	s = d->scope;
	s.form = trace ? EL_SCOPE_PHONES : d->order.kind == EL_ORDER_NOTICE ? EL_SCOPE_NOTICE : EL_SCOPE_LINKS;
	s.n_venues = 0;
	s.from = s.to = 0;
	for (size_t i = 0; r == EL_OK && i < d->trust->directory->n_issuers; i++)
		if (wanted(d, d->trust->directory->issuers[i].issuer)) {
			el_party_of_issuer(d->trust->directory->issuers[i].issuer, party);
			r = address(d, party, &s);
		}
	el_scope_wipe(&s);
	if (r == EL_OK && d->order.n_audience < 2)
		r = EL_ENOTFOUND;
	if (r != EL_OK)
		el_cli_fail(d->cli, 0, "the order's audience: %s",
		    r == EL_ENOTFOUND ? "no such issuer in the directory" : el_strerror(r));
	return r;
}

/* The fresh key that answers are sealed to; its public half stands in the order, so it needs no file. */
static int
make_key(struct draft *d)
{
	char path[EL_CLI_PATH], pub[EL_CLI_PATH];
	uint8_t secret[32];
	int r = EL_ELIMIT;

	if (snprintf(path, sizeof path, "%s.key", d->path) >= (int)sizeof path ||
	    snprintf(pub, sizeof pub, "%s.key.pub", d->path) >= (int)sizeof pub)
		return r;
	el_keyfile_draw(EL_PURPOSE_ORDER, secret);
	if ((r = el_keyfile_public(EL_PURPOSE_ORDER, secret, d->order.box_key.b)) == EL_OK &&
	    (r = el_keyfile_create(path, EL_PURPOSE_ORDER, secret, 0, NULL)) == EL_OK)
		unlink(pub);
	el_secret_wipe(secret, sizeof secret);
	if (r != EL_OK)
		el_cli_fail(d->cli, 0, "%s: %s; choose another name for the order", path, el_strerror(r));
	return r;
}

/* The salt and the text of the case stay with the authority: {"salt", "case"}. */
static int
write_case(struct draft *d)
{
	char path[EL_CLI_PATH], *text;
	json_t *j;
	int r = EL_ENOMEM;

	if (snprintf(path, sizeof path, "%s.case", d->path) >= (int)sizeof path)
		return EL_ELIMIT;
	j = json_pack("{s:o, s:o}", "salt", el_cli_b64(d->case_salt, sizeof d->case_salt), "case",
	    el_cli_b64(d->case_text, d->case_len));
	if ((text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL) != NULL)
		r = el_file_replace(path, 0600, text, strlen(text));
	free(text);
	json_decref(j);
	return r;
}

static int
write_order(struct draft *d)
{
	uint8_t *doc;
	size_t len;
	int r;

	if (access(d->path, F_OK) == 0) {
		el_cli_fail(d->cli, 0, "%s: there is an order of that name; choose another", d->path);
		return EL_EEXIST;
	}
	if ((r = make_key(d)) != EL_OK)
		return r;
	el_random(d->order.id, sizeof d->order.id);
	d->order.deployment = d->trust->deployment;
	d->order.policy = d->trust->policy->hash;
	if ((r = el_order_encode(&d->order, &doc, &len)) == EL_OK) {
		el_document_init(&d->file->document, doc, len);
		if ((r = write_case(d)) == EL_OK)
			r = el_order_file_write(d->path, d->file);
	}
	if (r != EL_OK)
		el_cli_error(d->cli, r, d->path);
	return r;
}

static void
say(const struct draft *d)
{
	char missing[256];

	if (d->cli->json) {
		el_cli_json(json_pack("{s:s, s:o, s:s, s:I}", "file", d->path, "order",
		    el_cli_b64(d->order.hash.b, EL_HASH_LEN), "kind", el_order_kind_name(d->order.kind), "expires",
		    (json_int_t)d->order.expires));
		return;
	}
	(void)el_order_missing(&d->file->document, d->trust->policy, d->order.kind, d->now, missing, sizeof missing);
	printf("%s: a draft; it needs the signatures of %s (entrylog order sign)\n", d->path, missing);
}

int
el_cli_order_new(struct el_cli *c)
{
	struct draft *d = calloc(1, sizeof *d);
	const char *dir = el_args_value(&c->args, "dir", NULL);
	int r = EL_ENOMEM;

	if (d == NULL)
		return EL_EXIT_OSERR;
	d->cli = c;
	d->path = el_args_value(&c->args, "output", NULL);
	if ((r = take_kind(d)) != EL_OK)
		goto out;
	if (dir == NULL || d->path == NULL) {
		r = EL_ECONFIG;
		el_cli_usage(c, "--dir DIR and -o ORDER are needed");
		goto out;
	}
	if ((d->file = calloc(1, sizeof *d->file)) == NULL)
		goto out;
	if ((r = el_cli_trust_now(c, dir, false, true, &d->trust, &d->now)) != EL_OK || (r = take_numbers(d)) != EL_OK ||
	    (r = take_window(d)) != EL_OK ||
	    (r = take_scope(d)) != EL_OK || (r = take_case(d)) != EL_OK || (r = take_executor(d)) != EL_OK || (r = address_all(d)) != EL_OK)
		goto out;
	if ((r = write_order(d)) == EL_OK)
		say(d);
out:
	if (d->case_text != NULL)
		el_secret_wipe(d->case_text, d->case_len);
	free(d->case_text);
	el_cli_trust_free(d->trust);
	el_order_file_free(d->file);
	el_secret_wipe(d, sizeof *d);
	free(d);
	return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
}
