#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/conf.h"
#include "entrylog/epoch.h"
#include "net/client.h"
#include "proc/control.h"

/* entrylog doctor: what an operator would look at first, and what to do about it. */

#define SPACE_MIN_MIB 1024
#define KEY_DAYS_MIN 7

struct check {
	struct el_cli *cli;
	struct el_cli_conf conf;
	json_t *results;
	unsigned bad;
};

static void say(struct check *k, bool good, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
say(struct check *k, bool good, const char *what, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	k->bad += !good;
	if (k->cli->json)
		json_array_append_new(k->results, json_pack("{s:s, s:b, s:s}", "check", what, "ok", (int)good, "text", text));
	else
		printf("%-4s %-12s %s\n", good ? "ok" : "BAD", what, text);
}

/* The wall clock against the running daemon's, and that it is past this program's making. */
static void
check_clock(struct check *k, int64_t now)
{
	char at[EL_CLI_TIME_LEN], url[EL_CLI_PATH + 32];
	struct el_client_call call = { .method = "GET", .url = url, .timeout_s = 3 };
	struct el_buf answer;
	json_t *j = NULL;
	long status = 0;
	int64_t apart;

	el_cli_format_time(now, at);
	el_buf_init(&answer, 1024);
	snprintf(url, sizeof url, "http://%s/v1/time", k->conf.listen);
	if (el_client_call(&call, &status, &answer) == EL_OK && status == 200)
		j = json_loadb((const char *)answer.p, answer.len, 0, NULL);
	if (j == NULL)
		say(k, false, "daemon", "no answer at %s: start it, or see its log", k->conf.listen);
	else {
		apart = json_integer_value(json_object_get(j, "time")) - now;
		say(k, apart >= -5 && apart <= 5, "clock", "%s; the daemon's is %lld s apart", at, (long long)apart);
	}
	json_decref(j);
	el_buf_wipe(&answer);
}

static void
check_trust(struct check *k, int64_t now)
{
	struct el_trust *t;
	el_epoch today;
	unsigned left = 0;

	if (el_cli_conf_trust(k->cli, &k->conf, now, &t) != EL_OK) {
		say(k, false, "documents", "root key, policy, bundle and directory do not stand: see above");
		return;
	}
	today = el_epoch_of(now, t->policy->day_offset);
	for (unsigned e = today; e <= UINT16_MAX && el_bundle_epoch(t->bundle, (el_epoch)e) != NULL; e++)
		left++;
	say(k, true, "documents", "policy %llu, bundle %llu, directory %llu", (unsigned long long)t->policy->serial,
	    (unsigned long long)t->bundle->serial, (unsigned long long)t->directory->serial);
	say(k, left >= KEY_DAYS_MIN, "keys", "%u days of epoch keys left%s", left,
	    left >= KEY_DAYS_MIN ? "" : ": hold a ceremony (entrylog keys ceremony --dir DIR, or keys dkg)");
	el_cli_trust_free(t);
}

static void
check_private(struct check *k, const char *what, const char *path)
{
	struct stat st;

	if (path[0] == '\0')
		return;
	if (stat(path, &st) != 0)
		say(k, false, what, "%s: not there", path);
	else
		say(k, (st.st_mode & 077) == 0, what, "%s: mode %04o%s", path, (unsigned)st.st_mode & 07777,
		    (st.st_mode & 077) == 0 ? "" : ": others may read it, chmod go= it");
}

static void
check_space(struct check *k)
{
	struct statvfs v;
	unsigned long long mib;

	if (statvfs(k->conf.data_dir, &v) != 0) {
		say(k, false, "space", "%s: cannot be looked at", k->conf.data_dir);
		return;
	}
	mib = (unsigned long long)v.f_bavail * v.f_frsize / (1024 * 1024);
	say(k, mib >= SPACE_MIN_MIB, "space", "%llu MiB free at %s%s", mib, k->conf.data_dir,
	    mib >= SPACE_MIN_MIB ? "" : ": make room before writes fail");
}

static void
check_daemon(struct check *k)
{
	struct el_buf out;
	char *line, *rest;
	int r;

	el_buf_init(&out, EL_CONTROL_BODY_MAX);
	r = el_control_call(k->conf.control, EL_CTL_STATUS, NULL, 0, &out);
	if (r != EL_OK)
		say(k, false, "purge", "%s: %s", k->conf.control, r == EL_ECLOSED ? "no daemon is running there" : el_strerror(r));
	el_buf_put_u8(&out, 0);
	rest = (char *)out.p;
	while (r == EL_OK && out.err == EL_OK && (line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
		const bool late = (strncmp(line, "days_due = ", 11) == 0 && strcmp(line + 11, "0") != 0) ||
		    (strncmp(line, "clock = ", 8) == 0 && strcmp(line + 8, "believed") != 0);

		say(k, !late, "status", "%s%s", line, late ? ": see entrylog purge --confirm-clock" : "");
	}
	el_buf_wipe(&out);
}

/* Fixes that keep a library's version number show only in the package's. */
static void
check_package(struct check *k, const char *package, const char *at_least)
{
	char command[256], version[128] = "";
	FILE *p;
	bool good = false;

	snprintf(command, sizeof command, "dpkg-query -W -f='${Version}' %s 2>/dev/null", package);
	if ((p = popen(command, "r")) != NULL) {
		if (fgets(version, sizeof version, p) == NULL)
			version[0] = '\0';
		pclose(p);
	}
	if (version[0] == '\0') {
		say(k, true, "package", "%s: not from a Debian package; see to it that it is at least %s", package, at_least);
		return;
	}
	if (strspn(version, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+:~-") == strlen(version)) {
		snprintf(command, sizeof command, "dpkg --compare-versions '%s' ge '%s'", version, at_least);
		good = system(command) == 0;
	}
	say(k, good, "package", "%s %s%s%s", package, version, good ? "" : ": older than ", good ? "" : at_least);
}

int
el_cli_doctor(struct el_cli *c)
{
	static struct check k;
	int64_t now;
	int r;

	k.cli = c;
	if ((r = el_cli_conf_load(c, &k.conf)) != EL_OK || (r = el_cli_conf_now(c, &k.conf, &now)) != EL_OK)
		return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
	k.results = json_array();
	if (k.conf.lab && !c->json)
		printf("LAB MODE: a deployment for development\n");
	check_clock(&k, now);
	check_trust(&k, now);
	check_private(&k, "permissions", k.conf.data_dir);
	check_private(&k, "permissions", k.conf.kek_file);
	check_space(&k);
	check_daemon(&k);
	/* That libsodium refuses keys of mixed order was tried when this program started. */
	say(&k, true, "libsodium", "refuses keys of mixed order (CVE-2025-69277)");
	check_package(&k, "libevent-core-2.1-7", "2.1.12-stable-8+deb12u1");
	check_package(&k, "libsodium23", "1.0.18-1+deb12u1");
	if (c->json)
		el_cli_json(json_pack("{s:b, s:O}", "ok", (int)(k.bad == 0), "checks", k.results));
	json_decref(k.results);
	return k.bad == 0 ? EL_EXIT_OK : EL_EXIT_UNAVAILABLE;
}
