#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "cli/cli.h"
#include "crypto/sign.h"
#include "entrylog/epoch.h"

/* entrylog keys directory add|list: DIR/directory.json, signed anew with a higher serial. */

#define DOCUMENT_LIFE_S (400 * (int64_t)EL_DAY_S)

struct edit {
	struct el_cli *cli;
	const char *dir;
	int64_t now;
	uint32_t day_offset;
	struct el_trust *trust;
	struct el_directory *directory;
};

/* A public key file of that purpose named by an option; *present tells whether the option was there. */
static int
take_key(const struct edit *e, const char *option, enum el_purpose p, struct el_sign_pk *out, bool *present)
{
	const char *path = el_args_value(&e->cli->args, option, NULL);
	uint8_t pub[32];
	int r;

	*present = path != NULL;
	if (path == NULL)
		return EL_OK;
	if ((r = el_keyfile_read_public(path, p, pub)) == EL_OK)
		r = el_sign_pk_parse(pub, out);
	if (r != EL_OK)
		el_cli_fail(e->cli, 0, "--%s %s: not the .pub file of a key for \"%s\": %s", option, path,
		    el_purpose_name(p), el_strerror(r));
	return r;
}

/* Name, URL and answer key stand in both kinds of entry; absent options leave what is there. */
static int
take_common(const struct edit *e, char *name, char *url, struct el_sign_pk *answer, bool is_new)
{
	const char *new_name = el_args_value(&e->cli->args, "name", NULL), *new_url = el_args_value(&e->cli->args, "url", NULL);
	bool has_answer;
	int r;

	if ((r = take_key(e, "answer", EL_PURPOSE_ANSWER, answer, &has_answer)) != EL_OK)
		return r;
	if ((new_name != NULL && (new_name[0] == '\0' || strlen(new_name) > EL_TITLE_MAX)) ||
	    (new_url != NULL && (new_url[0] == '\0' || strlen(new_url) > EL_URL_MAX)) ||
	    (is_new && (new_name == NULL || new_url == NULL || !has_answer))) {
		el_cli_usage(e->cli, "a new entry needs --name (at most 100 bytes), --url (at most 200) and --answer");
		return EL_ECONFIG;
	}
	if (new_name != NULL)
		snprintf(name, EL_TITLE_MAX + 1, "%s", new_name);
	if (new_url != NULL) {
		snprintf(url, EL_URL_MAX + 1, "%s", new_url);
		while (strlen(url) > 1 && url[strlen(url) - 1] == '/') /* paths are appended to it */
			url[strlen(url) - 1] = '\0';
	}
	return EL_OK;
}

static int
add_registry(struct edit *e)
{
	struct el_directory *d = e->directory;
	bool has_log;
	int r;

	if ((r = take_common(e, d->registry.name, d->registry.url, &d->registry.answer_key, d->registry.name[0] == '\0')) !=
	    EL_OK || (r = take_key(e, "log", EL_PURPOSE_LOG, &d->registry.log_key, &has_log)) != EL_OK)
		return r;
	d->registry.has_log_key |= has_log;
	return EL_OK;
}

/* Issuers stand in ascending order of their numbers. */
static int
find_issuer(struct el_directory *d, uint8_t issuer, struct el_issuer_entry **out, bool *is_new)
{
	size_t i = 0;

	while (i < d->n_issuers && d->issuers[i].issuer < issuer)
		i++;
	*is_new = i == d->n_issuers || d->issuers[i].issuer != issuer;
	if (*is_new) {
		if (d->n_issuers == EL_ISSUERS_MAX)
			return EL_ELIMIT;
		memmove(&d->issuers[i + 1], &d->issuers[i], (d->n_issuers - i) * sizeof d->issuers[0]);
		memset(&d->issuers[i], 0, sizeof d->issuers[i]);
		d->issuers[i].issuer = issuer;
		d->n_issuers++;
	}
	*out = &d->issuers[i];
	return EL_OK;
}

/* A new token key follows the one before from its first epoch on. */
static int
add_token_key(const struct edit *e, struct el_issuer_entry *entry, const struct el_sign_pk *key)
{
	const char *from_text = el_args_value(&e->cli->args, "from", NULL), *to_text = el_args_value(&e->cli->args, "to", NULL);
	uint64_t from = el_epoch_of(e->now, e->day_offset), to = UINT16_MAX;

	if ((from_text != NULL && el_cli_parse_uint(from_text, 0, UINT16_MAX, &from) != EL_OK) ||
	    (to_text != NULL && el_cli_parse_uint(to_text, from, UINT16_MAX, &to) != EL_OK)) {
		el_cli_usage(e->cli, "--from and --to are epochs, 0..65535, in this order");
		return EL_ECONFIG;
	}
	if (entry->n_keys > 0 && entry->keys[entry->n_keys - 1].to >= from) {
		if (entry->keys[entry->n_keys - 1].from >= from) {
			el_cli_fail(e->cli, 0, "epoch %llu has a key already, and a day has exactly one: give a later --from",
			    (unsigned long long)from);
			return EL_EEXIST;
		}
		entry->keys[entry->n_keys - 1].to = (el_epoch)(from - 1);
	}
	if (entry->n_keys == EL_ISSUER_KEYS_MAX) {
		memmove(&entry->keys[0], &entry->keys[1], (EL_ISSUER_KEYS_MAX - 1) * sizeof entry->keys[0]);
		entry->n_keys--;
	}
	entry->keys[entry->n_keys].from = (el_epoch)from;
	entry->keys[entry->n_keys].to = (el_epoch)to;
	entry->keys[entry->n_keys++].key = *key;
	return EL_OK;
}

static int
add_issuer(struct edit *e)
{
	struct el_issuer_entry *entry;
	struct el_sign_pk key;
	bool is_new, has_key, has_log;
	uint64_t issuer;
	int r;

	if (e->directory->registry.name[0] == '\0') {
		el_cli_fail(e->cli, 0, "the directory has no registry yet: add that first (keys directory add registry)");
		return EL_ECONFIG;
	}
	if (el_cli_parse_uint(el_args_value(&e->cli->args, "issuer", NULL), 1, 255, &issuer) != EL_OK) {
		el_cli_usage(e->cli, "--issuer N is needed, 1..255");
		return EL_ECONFIG;
	}
	if ((r = find_issuer(e->directory, (uint8_t)issuer, &entry, &is_new)) != EL_OK) {
		el_cli_error(e->cli, r, "issuers");
		return r;
	}
	if ((r = take_common(e, entry->name, entry->url, &entry->answer_key, is_new)) != EL_OK ||
	    (r = take_key(e, "log", EL_PURPOSE_LOG, &entry->log_key, &has_log)) != EL_OK ||
	    (r = take_key(e, "token", EL_PURPOSE_ISSUER, &key, &has_key)) != EL_OK)
		return r;
	if (is_new && !has_key) {
		el_cli_usage(e->cli, "a new issuer needs --token");
		return EL_ECONFIG;
	}
	entry->has_log_key |= has_log;
	return has_key ? add_token_key(e, entry, &key) : EL_OK;
}

static int
sign_and_write(struct edit *e)
{
	const char *root_path = el_args_value(&e->cli->args, "root", NULL);
	struct el_sign_key *root = NULL;
	uint8_t *seed = NULL, *bytes = NULL;
	size_t len;
	int r;

	if ((r = el_keyfile_read(root_path, EL_PURPOSE_ROOT, el_cli_passphrase, e->cli, &seed, NULL)) != EL_OK ||
	    (r = el_sign_key_new(seed, &root)) != EL_OK) {
		el_cli_key_error(e->cli, r, root_path, EL_PURPOSE_ROOT);
		goto out;
	}
	if (!el_sign_pk_eq(el_sign_key_pk(root), &e->trust->root)) {
		el_cli_fail(e->cli, 0, "%s is not the root key of %s", root_path, e->dir);
		r = EL_EPERM;
		goto out;
	}
	e->directory->serial++;
	e->directory->not_after = e->now + DOCUMENT_LIFE_S;
	if ((r = el_directory_encode(e->directory, &bytes, &len)) != EL_OK) {
		el_cli_fail(e->cli, 0, "the entry breaks a rule of protocol 12.3: %s", el_strerror(r));
		goto out;
	}
	r = el_cli_write_signed(e->cli, root, "EL1-directory", e->dir, "directory.json", bytes, len, NULL);
out:
	el_sign_key_free(root);
	el_secret_free(seed);
	return r;
}

static json_t *
issuer_json(const struct el_issuer_entry *i)
{
	json_t *keys = json_array();

	for (size_t k = 0; k < i->n_keys; k++)
		json_array_append_new(keys, json_pack("{s:i, s:i, s:o}", "from", (int)i->keys[k].from, "to", (int)i->keys[k].to,
		    "key", el_cli_b64(i->keys[k].key.b, 32)));
	return json_pack("{s:i, s:s, s:s, s:o, s:o}", "issuer", (int)i->issuer, "name", i->name, "url", i->url, "keys", keys,
	    "answer_key", el_cli_b64(i->answer_key.b, 32));
}

static void
list(const struct edit *e)
{
	const struct el_directory *d = e->directory;
	char until[EL_CLI_TIME_LEN];
	json_t *issuers;

	if (e->cli->json) {
		issuers = json_array();
		for (size_t i = 0; i < d->n_issuers; i++)
			json_array_append_new(issuers, issuer_json(&d->issuers[i]));
		el_cli_json(json_pack("{s:I, s:I, s:{s:s, s:s}, s:o}", "serial", (json_int_t)d->serial, "not_after",
		    (json_int_t)d->not_after, "registry", "name", d->registry.name, "url", d->registry.url, "issuers", issuers));
		return;
	}
	el_cli_format_time(d->not_after, until);
	printf("directory %llu, until %s\nregistry    %s, %s\n", (unsigned long long)d->serial, until, d->registry.name,
	    d->registry.url);
	for (size_t i = 0; i < d->n_issuers; i++) {
		printf("issuer %-4u %s, %s\n", d->issuers[i].issuer, d->issuers[i].name, d->issuers[i].url);
		for (size_t k = 0; k < d->issuers[i].n_keys; k++)
			printf("            signs tokens of epochs %u to %u\n", d->issuers[i].keys[k].from, d->issuers[i].keys[k].to);
	}
}

/* The directory that is there, or an empty one. */
static int
load(struct edit *e, bool must_exist)
{
	char path[EL_CLI_PATH];
	bool there;
	int r;

	if ((r = el_cli_path(path, e->dir, "directory.json")) != EL_OK)
		return r;
	there = access(path, F_OK) == 0;
	if (!there && must_exist) {
		el_cli_fail(e->cli, 0, "%s: not there yet (keys directory add registry begins one)", path);
		return EL_ENOTFOUND;
	}
	if ((r = el_cli_trust_now(e->cli, e->dir, false, there, &e->trust, &e->now)) != EL_OK)
		return r;
	if ((e->directory = calloc(1, sizeof *e->directory)) == NULL)
		return EL_ENOMEM;
	if (there)
		*e->directory = *e->trust->directory;
	e->directory->deployment = e->trust->deployment;
	e->day_offset = e->trust->policy->day_offset;
	return EL_OK;
}

int
el_cli_keys_directory(struct el_cli *c)
{
	const char *root = el_args_value(&c->args, "root", NULL), *verb = el_args_at(&c->args, NULL, 0);
	const char *what = el_args_at(&c->args, NULL, 1);
	struct edit e = { .cli = c };
	char dir[EL_CLI_PATH] = ".";
	const bool add = verb != NULL && strcmp(verb, "add") == 0;
	int r;

	if (verb == NULL || (!add && strcmp(verb, "list") != 0) || (add && (what == NULL || root == NULL ||
	    (strcmp(what, "registry") != 0 && strcmp(what, "issuer") != 0))))
		return el_cli_usage(c, "list, or with --root: add registry or add issuer");
	if (root != NULL)
		el_cli_dirname(root, dir);
	e.dir = el_args_value(&c->args, "dir", dir);
	if ((r = load(&e, !add)) != EL_OK)
		goto out;
	if (!add)
		list(&e);
	else if ((r = strcmp(what, "registry") == 0 ? add_registry(&e) : add_issuer(&e)) == EL_OK &&
	    (r = sign_and_write(&e)) == EL_OK && c->json)
		list(&e);
	else if (r == EL_OK)
		printf("%s/directory.json: serial %llu, %zu issuers; give it to every party (SIGHUP takes it in)\n", e.dir,
		    (unsigned long long)e.directory->serial, e.directory->n_issuers);
out:
	el_cli_trust_free(e.trust);
	free(e.directory);
	return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
}
