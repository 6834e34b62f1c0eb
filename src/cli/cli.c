#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "entrylog/epoch.h"

#define TIME_MAX_S 253402214400 /* in the year 9999, everywhere */

int
el_cli_fail(const struct el_cli *c, int status, const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "entrylog%s%s: ", c->name[0] != '\0' ? " " : "", c->name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

int
el_cli_usage(const struct el_cli *c, const char *reason)
{
	if (reason != NULL)
		el_cli_fail(c, 0, "%s", reason);
	fprintf(stderr, "usage: entrylog %s %s\n", c->name, c->usage);
	return EL_EXIT_USAGE;
}

int
el_cli_status(int err)
{
	switch (err) {
	case EL_OK:
		return EL_EXIT_OK;
	case EL_EFORMAT:
	case EL_ELIMIT:
	case EL_ECRYPTO:
	case EL_ESTATE:
		return EL_EXIT_DATA;
	case EL_ENOTFOUND:
		return EL_EXIT_NOINPUT;
	case EL_EEXIST:
		return EL_EXIT_CANTCREAT;
	case EL_EPERM:
		return EL_EXIT_NOPERM;
	case EL_EBUSY:
	case EL_ECLOSED:
		return EL_EXIT_UNAVAILABLE;
	case EL_ECONFIG:
		return EL_EXIT_CONFIG;
	case EL_ENOMEM:
		return EL_EXIT_OSERR;
	default:
		return EL_EXIT_IO;
	}
}

int
el_cli_error(const struct el_cli *c, int err, const char *at)
{
	return el_cli_fail(c, el_cli_status(err), "%s: %s", at, el_strerror(err));
}

void
el_cli_note(const struct el_cli *c, const char *format, ...)
{
	va_list ap;

	if (c->json)
		return;
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void
el_cli_json(json_t *stolen)
{
	char *text = stolen != NULL ? json_dumps(stolen, JSON_COMPACT) : NULL;

	if (text != NULL)
		puts(text);
	free(text);
	json_decref(stolen);
}

json_t *
el_cli_b64(const void *in, size_t len)
{
	char *text = malloc(EL_BASE64URL_LEN(len) + 1);
	json_t *j = NULL;

	if (text != NULL) {
		el_base64url_encode(in, len, text);
		j = json_string(text);
	}
	free(text);
	return j;
}

int
el_cli_now(const struct el_cli *c, bool lab, int64_t *now_s)
{
	const char *path = el_args_value(&c->args, "lab-clock", NULL);
	struct el_clock clock = { 0 };
	int r;

	if (path != NULL && !lab) {
		el_cli_fail(c, 0, "--lab-clock: only in a deployment whose policy says lab");
		return EL_EPERM;
	}
	if (path != NULL && (r = el_clock_read_file(path, &clock.offset_s)) != EL_OK) {
		el_cli_error(c, r, path);
		return r;
	}
	*now_s = el_clock_now(&clock);
	return EL_OK;
}

int
el_cli_parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end;
	unsigned long long v;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return EL_EFORMAT;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || v < min || v > max)
		return EL_EFORMAT;
	*out = v;
	return EL_OK;
}

int
el_cli_parse_time(const char *text, int64_t *out)
{
	struct tm tm;
	const char *p;
	uint64_t v;
	int64_t east;

	if (el_cli_parse_uint(text, 0, UINT32_MAX, &v) == EL_OK) {
		*out = (int64_t)v;
		return EL_OK;
	}
	memset(&tm, 0, sizeof tm);
	if (text == NULL || ((p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL &&
	    (p = strptime(text, "%Y-%m-%dT%H:%M", &tm)) == NULL))
		return EL_EFORMAT;
	if (strcmp(p, "Z") == 0)
		east = 0;
	else if ((p[0] == '+' || p[0] == '-') && strlen(p) == 6 && p[3] == ':' && strspn(p + 1, "0123456789") == 2 &&
	    strspn(p + 4, "0123456789") == 2) {
		east = strtol(p + 1, NULL, 10) * 3600 + strtol(p + 4, NULL, 10) * 60;
		if (p[0] == '-')
			east = -east;
	} else
		return EL_EFORMAT;
	*out = (int64_t)timegm(&tm) - east;
	return *out >= 0 && *out <= UINT32_MAX ? EL_OK : EL_EFORMAT;
}

void
el_cli_format_time(int64_t t_s, char out[EL_CLI_TIME_LEN])
{
	const time_t t = (time_t)t_s;
	struct tm tm;
	char zone[8];

	/* Times come from others' files: strftime() promises nothing where there is no such year, or no room for it. */
	if (t_s < 0 || t_s > TIME_MAX_S || localtime_r(&t, &tm) == NULL) {
		snprintf(out, EL_CLI_TIME_LEN, "second %lld", (long long)t_s);
		return;
	}
	strftime(out, EL_CLI_TIME_LEN - 2, "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof zone, "%z", &tm); /* +hhmm; RFC 3339 wants the colon */
	snprintf(out + strlen(out), EL_CLI_TIME_LEN - strlen(out), "%.3s:%.2s", zone, zone + 3);
}

int
el_cli_parse_day(const char *text, uint32_t day_offset_s, el_epoch *out)
{
	const char *end;
	struct tm tm;
	time_t noon;

	memset(&tm, 0, sizeof tm);
	if (text == NULL || strlen(text) != 10 || (end = strptime(text, "%Y-%m-%d", &tm)) == NULL || *end != '\0')
		return EL_EFORMAT;
	tm.tm_hour = 12;
	tm.tm_isdst = -1;
	if ((noon = mktime(&tm)) < 0 || noon > UINT32_MAX)
		return EL_EFORMAT;
	*out = el_epoch_of((int64_t)noon, day_offset_s);
	return EL_OK;
}

void
el_cli_format_day(el_epoch e, uint32_t day_offset_s, char out[EL_CLI_TIME_LEN])
{
	const time_t middle = (time_t)(el_epoch_start(e, day_offset_s) + EL_DAY_S / 2);
	struct tm tm;

	localtime_r(&middle, &tm);
	strftime(out, EL_CLI_TIME_LEN, "%Y-%m-%d", &tm);
}

/* The first line of a file that only its owner may read. */
static int
passphrase_from_file(const char *path, char *out, size_t size)
{
	uint8_t *text = NULL;
	size_t len = 0, n;
	int r;

	if ((r = el_file_read_private(path, 1024, &text, &len)) != EL_OK)
		return r;
	n = strcspn((char *)text, "\r\n");
	if (n == 0 || n >= size)
		r = EL_EFORMAT;
	else {
		memcpy(out, text, n);
		out[n] = '\0';
	}
	el_secret_wipe(text, len);
	free(text);
	return r;
}

int
el_cli_passphrase(void *ctx, char *out, size_t size)
{
	const struct el_cli *c = ctx;
	const char *path = el_args_value(&c->args, "passphrase-file", NULL);
	char *typed;
	size_t n;

	if (path != NULL)
		return passphrase_from_file(path, out, size);
	if (!isatty(STDIN_FILENO) || (typed = getpass("Passphrase: ")) == NULL)
		return EL_ENOTFOUND;
	n = strlen(typed);
	if (n < size)
		memcpy(out, typed, n + 1);
	el_secret_wipe(typed, n);
	return n < size ? EL_OK : EL_EFORMAT;
}

int
el_cli_key_error(const struct el_cli *c, int err, const char *path, enum el_purpose purpose)
{
	const int status = el_cli_status(err);

	if (err == EL_EPERM)
		return el_cli_fail(c, status, "%s: no key of purpose %s, or others may read it (chmod 600)", path,
		    el_purpose_name(purpose));
	if (err == EL_ENOTFOUND && access(path, F_OK) == 0)
		return el_cli_fail(c, status, "%s: it is sealed, and there is neither --passphrase-file nor a terminal", path);
	return el_cli_fail(c, status, "%s: %s", path, err == EL_ECRYPTO ? "another passphrase sealed it" : el_strerror(err));
}

int
el_cli_new_passphrase(const struct el_cli *c, char *out, size_t size)
{
	const char *path = el_args_value(&c->args, "passphrase-file", NULL);
	int r = EL_OK;

	out[0] = '\0';
	if (path != NULL && (r = passphrase_from_file(path, out, size)) != EL_OK)
		el_cli_error(c, r, path);
	return r;
}

int
el_cli_confirm(const char *question, bool *yes)
{
	char line[16] = "";

	*yes = false;
	if (!isatty(STDIN_FILENO))
		return EL_ENOTFOUND;
	fprintf(stderr, "%s [yes/no] ", question);
	if (fgets(line, sizeof line, stdin) != NULL)
		*yes = strcmp(line, "yes\n") == 0;
	return EL_OK;
}

void
el_cli_dirname(const char *path, char out[EL_CLI_PATH])
{
	const char *slash = strrchr(path, '/');
	const size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);

	if (n == 0 || n >= EL_CLI_PATH) {
		memcpy(out, ".", 2);
		return;
	}
	memcpy(out, path, n);
	out[n] = '\0';
}

int
el_cli_path(char out[EL_CLI_PATH], const char *dir, const char *name)
{
	const int r = el_path_join(out, EL_CLI_PATH, dir, name);

	if (r != EL_OK)
		fprintf(stderr, "entrylog: %s/%s: the path is too long\n", dir, name);
	return r;
}

static int
trust_load(const char *dir, bool bundle, bool directory, int64_t now_s, struct el_trust *trust)
{
	char root_path[EL_CLI_PATH], policy_path[EL_CLI_PATH], bundle_path[EL_CLI_PATH], directory_path[EL_CLI_PATH];
	int r;

	if ((r = el_cli_path(root_path, dir, "root.pub")) != EL_OK ||
	    (r = el_cli_path(policy_path, dir, "policy.json")) != EL_OK ||
	    (r = el_cli_path(bundle_path, dir, "bundle.json")) != EL_OK ||
	    (r = el_cli_path(directory_path, dir, "directory.json")) != EL_OK)
		return r;
	return el_trust_load(trust, root_path, policy_path, bundle ? bundle_path : NULL,
	    directory ? directory_path : NULL, now_s);
}

/* The document that is not there; NULL: all are. */
static const char *
missing_document(const char *dir, bool bundle, bool directory)
{
	const char *const names[] = { "root.pub", "policy.json", bundle ? "bundle.json" : NULL,
		directory ? "directory.json" : NULL };
	char path[EL_CLI_PATH];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i] != NULL && el_path_join(path, sizeof path, dir, names[i]) == EL_OK && access(path, F_OK) != 0)
			return names[i];
	return NULL;
}

int
el_cli_trust(const struct el_cli *c, const char *dir, bool bundle, bool directory, int64_t now_s,
    struct el_trust **out)
{
	const char *missing;
	int r = EL_ENOMEM;

	if ((*out = calloc(1, sizeof **out)) == NULL || (r = trust_load(dir, bundle, directory, now_s, *out)) != EL_OK) {
		if (r == EL_ENOTFOUND && (missing = missing_document(dir, bundle, directory)) != NULL)
			el_cli_fail(c, 0, "%s: there is no %s; name the folder of the signed documents with --dir", dir, missing);
		else
			el_cli_fail(c, 0, "%s: root.pub, policy.json%s%s: %s; name the folder of the signed documents with --dir",
			    dir, bundle ? ", bundle.json" : "", directory ? ", directory.json" : "",
			    r == EL_ESTATE ? "out of date" : el_strerror(r));
		el_cli_trust_free(*out);
		*out = NULL;
	}
	return r;
}

int
el_cli_trust_now(const struct el_cli *c, const char *dir, bool bundle, bool directory, struct el_trust **out,
    int64_t *now_s)
{
	struct el_trust *first;
	int r;

	*out = NULL;
	/* Time 0: whether the policy says lab comes before what time it is. */
	if ((r = el_cli_trust(c, dir, false, false, 0, &first)) != EL_OK)
		return r;
	if ((r = el_cli_now(c, first->policy->lab, now_s)) == EL_OK)
		r = el_cli_trust(c, dir, bundle, directory, *now_s, out);
	el_cli_trust_free(first);
	return r;
}

void
el_cli_trust_free(struct el_trust *t)
{
	if (t == NULL)
		return;
	el_trust_wipe(t);
	free(t);
}

int
el_cli_write_signed(const struct el_cli *c, const struct el_sign_key *key, const char *label, const char *dir,
    const char *name, uint8_t *bytes, size_t len, struct el_hash *hash)
{
	struct el_document *doc = calloc(1, sizeof *doc);
	char path[EL_CLI_PATH];
	int r;

	if (doc == NULL) {
		free(bytes);
		return EL_ENOMEM;
	}
	el_document_init(doc, bytes, len);
	if (hash != NULL)
		*hash = doc->hash;
	if ((r = el_cli_path(path, dir, name)) == EL_OK && (r = el_document_sign(doc, key, label)) == EL_OK)
		r = el_document_write(path, 0644, doc);
	if (r != EL_OK)
		el_cli_error(c, r, name);
	el_document_wipe(doc);
	free(doc);
	return r;
}
