#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "crypto/keyring.h"
#include "crypto/row.h"
#include "entrylog/epoch.h"

/*
 * entrylog keys list DIR: which keys and signed documents lie in a folder and below, whose, until when, and
 * never the key: of a key file only the lines before the secret, of a keyring only the ids.
 */

#define DEPTH_MAX 4
#define KEYRING_ENTRY_LEN (4 + EL_AEAD_OVERHEAD + EL_KEY_LEN)
#define KEYRING_FILE_MAX (EL_KEYRING_MAX * KEYRING_ENTRY_LEN)

struct listing {
	struct el_cli *cli;
	json_t *files;
	json_t *top; /* bundle, policy, directory */
	uint32_t day_offset;
	int64_t now;
};

static const char *const kind_name[] = {
	[EL_KEY_ID] = "identity day",
	[EL_KEY_LIVE] = "live identity day",
	[EL_KEY_TICKET] = "day tickets",
	[EL_KEY_PAIR] = "pair",
	[EL_KEY_VISIT] = "visit day",
	[EL_KEY_QUEUE] = "queue",
	[EL_KEY_REPORT] = "report day",
	[EL_KEY_SHARE_LINKS] = "share of links",
	[EL_KEY_SHARE_TRACES] = "share of traces",
	[EL_KEY_SHARE_RECOVERY] = "share of recovery",
};

/* Print `what` of a file, or add it to the JSON. */
static void
put(struct listing *l, const char *path, const char *what, json_t *fields)
{
	if (l->cli->json) {
		json_object_set_new(fields, "file", json_string(path));
		json_array_append(l->files, fields);
	} else
		printf("%-40s %s\n", path, what);
	json_decref(fields);
}

/* The first lines of a key file, by their words; the secret's line is not looked at. */
static bool
list_key_file(struct listing *l, const char *path, const uint8_t *text)
{
	const char *p = (const char *)text;
	const bool is_public = strncmp(p, "entrylog-public 1\npurpose ", 26) == 0;
	char purpose[16], what[128];
	unsigned epoch = 0;
	bool sealed, pair;

	if (!is_public && strncmp(p, "entrylog-key 1\npurpose ", 23) != 0)
		return false;
	p += is_public ? 26 : 23;
	if (sscanf(p, "%15[a-z]", purpose) != 1)
		return false;
	p += strlen(purpose) + (p[strlen(purpose)] == '\n');
	pair = sscanf(p, "epoch %u", &epoch) == 1;
	if (pair && (p = strchr(p, '\n')) != NULL)
		p++;
	sealed = p != NULL && strncmp(p, "sealed", 6) == 0;
	snprintf(what, sizeof what, "%s %s key%s", is_public ? "public" : "SECRET", purpose,
	    sealed ? ", under a passphrase" : "");
	if (pair)
		snprintf(what + strlen(what), sizeof what - strlen(what), ", epoch %u", epoch);
	put(l, path, what, json_pack("{s:s, s:s, s:b, s:o}", "type", is_public ? "public" : "secret", "purpose", purpose,
	    "sealed", (int)sealed, "epoch", pair ? json_integer(epoch) : json_null()));
	return true;
}

/* Every id of a keyring; kinds, indices and epochs stand in the clear before each sealed key. */
static bool
list_keyring(struct listing *l, const char *path, const uint8_t *p, size_t len)
{
	json_t *keys;
	char what[1024] = "keyring:";

	if (len == 0 || len % KEYRING_ENTRY_LEN != 0)
		return false;
	for (size_t at = 0; at < len; at += KEYRING_ENTRY_LEN)
		if (p[at] < EL_KEY_ID || p[at] > EL_KEY_SHARE_RECOVERY)
			return false;
	keys = json_array();
	for (size_t at = 0; at < len; at += KEYRING_ENTRY_LEN)
		json_array_append_new(keys, json_pack("{s:s, s:i, s:i}", "kind", kind_name[p[at]], "index", (int)p[at + 1],
		    "epoch", (int)el_get_u16(p + at + 2)));
	for (unsigned k = EL_KEY_ID; k <= EL_KEY_SHARE_RECOVERY; k++) {
		unsigned n = 0, first = UINT16_MAX, last = 0;

		for (size_t at = 0; at < len; at += KEYRING_ENTRY_LEN)
			if (p[at] == k) {
				const unsigned e = el_get_u16(p + at + 2);

				n++;
				first = e < first ? e : first;
				last = e > last ? e : last;
			}
		if (n > 0)
			snprintf(what + strlen(what), sizeof what - strlen(what), "%s %u of %s (epochs %u to %u)",
			    what[strlen(what) - 1] == ':' ? "" : ",", n, kind_name[k], first, last);
	}
	put(l, path, what, json_pack("{s:s, s:o}", "type", "keyring", "keys", keys));
	return true;
}

/* A folder's signed documents, verified with the root key beside them. */
static void
list_documents(struct listing *l, const char *dir)
{
	char path[EL_CLI_PATH], until[EL_CLI_TIME_LEN], what[256];
	struct el_trust *t = NULL;
	size_t left = 0;
	json_t *j;

	if (snprintf(path, sizeof path, "%s/bundle.json", dir) >= (int)sizeof path || access(path, F_OK) != 0 ||
	    snprintf(path, sizeof path, "%s/root.pub", dir) >= (int)sizeof path || access(path, F_OK) != 0)
		return;
	if (el_cli_trust(l->cli, dir, true, false, 0, &t) != EL_OK)
		return;
	if (el_cli_now(l->cli, t->policy->lab, &l->now) != EL_OK) {
		el_cli_trust_free(t);
		return;
	}
	l->day_offset = t->policy->day_offset;
	for (size_t i = 0; i < t->bundle->n_epochs; i++)
		left += t->bundle->epochs[i].epoch >= el_epoch_of(l->now, l->day_offset);
	el_cli_format_time(t->bundle->not_after, until);
	snprintf(what, sizeof what, "bundle %llu: %zu days of keys left, %u of %zu trustees; until %s",
	    (unsigned long long)t->bundle->serial, left, t->bundle->threshold, t->bundle->n_trustees, until);
	j = json_pack("{s:I, s:I, s:i, s:i, s:i}", "serial", (json_int_t)t->bundle->serial, "days_left", (json_int_t)left,
	    "first_day", (int)t->bundle->epochs[0].epoch, "last_day",
	    (int)t->bundle->epochs[t->bundle->n_epochs - 1].epoch, "threshold", (int)t->bundle->threshold);
	json_object_set(l->top, "bundle", j);
	put(l, "bundle.json", what, j);
	el_cli_format_time(t->policy->not_after, until);
	snprintf(what, sizeof what, "policy %llu: %zu officers, %zu trustees%s; until %s",
	    (unsigned long long)t->policy->serial, t->policy->n_officers, t->policy->n_trustees,
	    t->policy->lab ? ", LAB" : "", until);
	j = json_pack("{s:I, s:I, s:b}", "serial", (json_int_t)t->policy->serial, "not_after",
	    (json_int_t)t->policy->not_after, "lab", (int)t->policy->lab);
	json_object_set(l->top, "policy", j);
	put(l, "policy.json", what, j);
	el_cli_trust_free(t);
}

static void
list_file(struct listing *l, const char *path)
{
	uint8_t *text = NULL;
	size_t len = 0;

	if (el_file_read(path, KEYRING_FILE_MAX, &text, &len) != EL_OK)
		return;
	if (len > 26 && strncmp((const char *)text, "{\"version\":1,\"kind\":\"state\"", 27) == 0)
		put(l, path, "SECRET of a ceremony under way (keys dkg)", json_pack("{s:s}", "type", "ceremony state"));
	else if (!list_key_file(l, path, text) && !list_keyring(l, path, text, len) && len > 24 &&
	    strncmp((const char *)text, "{\"version\":1,\"deployment\"", 25) == 0 &&
	    strstr((const char *)text, "\"shares\":") != NULL)
		put(l, path, "sealed shares on their way to a trustee", json_pack("{s:s}", "type", "sealed shares"));
	el_secret_wipe(text, len);
	free(text);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
walk(struct listing *l, const char *dir, unsigned depth)
{
	struct dirent **entries = NULL;
	char path[EL_CLI_PATH];
	struct stat st;
	int n;

	if ((n = scandir(dir, &entries, NULL, by_name)) < 0)
		return EL_ENOTFOUND;
	list_documents(l, dir);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		if (name[0] != '.' && snprintf(path, sizeof path, "%s/%s", dir, name) < (int)sizeof path &&
		    lstat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
				(void)!walk(l, path, depth + 1);
			else if (S_ISREG(st.st_mode))
				list_file(l, path);
		}
		free(entries[i]);
	}
	free(entries);
	return EL_OK;
}

int
el_cli_keys_list(struct el_cli *c)
{
	const char *dir = el_args_at(&c->args, NULL, 0);
	struct listing l = { .cli = c, .files = json_array(), .top = json_object(), .day_offset = EL_CLI_DAY_OFFSET };
	int r;

	if (dir == NULL || el_args_count(&c->args, NULL) != 1) {
		json_decref(l.files);
		json_decref(l.top);
		return el_cli_usage(c, "one DIR is needed");
	}
	if ((r = walk(&l, dir, 0)) != EL_OK)
		el_cli_fail(c, 0, "%s: not a folder that can be read", dir);
	if (r == EL_OK && c->json) {
		json_object_set(l.top, "files", l.files);
		el_cli_json(json_incref(l.top));
	}
	json_decref(l.files);
	json_decref(l.top);
	return el_cli_status(r);
}
