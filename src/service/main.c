#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event_log.h"
#include "base/file.h"
#include "crypto/random_source.h"
#include "crypto/selftest.h"
#include "net/proxy.h"
#include "proc/harden.h"
#include "service/service.h"

/* sysexits */
#define EX_OK 0
#define EX_USAGE 64
#define EX_SOFTWARE 70
#define EX_OSERR 71
#define EX_CONFIG 78

#define STOP_LIMIT_S 70 /* a little over the longest time that a request may wait for its answer */

struct options {
	const char *config;
	bool check, print, version;
};

static int
usage(const char *name)
{
	fprintf(stderr,
	    "usage: entrylog-%s --config FILE [-t | -T]\n"
	    "       entrylog-%s --version\n"
	    "  -t  check the configuration and its files\n"
	    "  -T  print the effective configuration\n",
	    name, name);
	return EX_USAGE;
}

static int
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	memset(o, 0, sizeof *o);
	while ((c = getopt_long(argc, argv, "tT", longs, NULL)) != -1)
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 't':
			o->check = true;
			break;
		case 'T':
			o->print = true;
			break;
		case 'v':
			o->version = true;
			break;
		default:
			return EL_ECONFIG;
		}
	return optind != argc || (o->config == NULL && !o->version) ? EL_ECONFIG : EL_OK;
}

/* What every daemon checks beyond the table. */
static int
check_common(const struct el_service_conf *c, char message[EL_CONF_STR_MAX + 1])
{
	struct el_proxies proxies;
	struct el_trust *trust;
	int r;

	if (el_proxies_read(&c->trusted_proxies, &proxies) != EL_OK) {
		snprintf(message, EL_CONF_STR_MAX + 1, "trusted_proxy: not an IPv4 or IPv6 address");
		return EL_ECONFIG;
	}
	if (!c->lab && c->lab_clock[0] != '\0') {
		snprintf(message, EL_CONF_STR_MAX + 1, "lab_clock: only with lab = yes");
		return EL_ECONFIG;
	}
	if ((trust = calloc(1, sizeof *trust)) == NULL)
		return EL_ENOMEM;
	/* Time 0: an expired document is the start's affair, not the configuration's. */
	r = el_service_trust(c, 0, trust);
	el_trust_wipe(trust);
	free(trust);
	if (r == EL_ECONFIG)
		snprintf(message, EL_CONF_STR_MAX + 1, "lab: the policy says otherwise");
	else if (r != EL_OK)
		snprintf(message, EL_CONF_STR_MAX + 1, "root key, policy, bundle or directory: %s", el_strerror(r));
	return r;
}

static int
load(const struct el_service_role *role, const struct options *o, void *conf)
{
	char message[EL_CONF_STR_MAX + 1] = "";

	if (el_conf_load(role->conf_keys, o->config, conf, message) != EL_OK ||
	    check_common(conf, message) != EL_OK || (role->check != NULL && role->check(conf, message) != EL_OK)) {
		fprintf(stderr, "entrylog-%s: %s\n", role->name, message);
		return EL_ECONFIG;
	}
	return EL_OK;
}

struct listening {
	int own[EL_FAMILY_COUNT_MAX]; /* public: one for each net process */
	int operators;
};

static int
complain(const struct el_service_role *role, const char *key, int err)
{
	fprintf(stderr, "entrylog-%s: %s: %s (is the port taken?)\n", role->name, key, el_strerror(err));
	return err;
}

/*
 * The operators' socket is shared by the net processes: it sees few requests, and so whichever of them lives answers.
 */
static int
listen_all(
    const struct el_service_role *role, const struct el_service_conf *c, struct listening *l, struct el_family *f)
{
	int r;

	f->own_fds = l->own;
	f->n_own_fds = (size_t)c->net_processes;
	if ((r = el_net_listen_each(c->listen, l->own, f->n_own_fds)) != EL_OK)
		return complain(role, "listen", r);
	if (c->operator_listen[0] == '\0')
		return EL_OK;
	f->listen_fds = &l->operators;
	f->n_listen_fds = 1;
	r = el_net_listen(c->operator_listen, &l->operators);
	return r == EL_OK ? EL_OK : complain(role, "operator_listen", r);
}

static int
serve(const struct el_service_role *role, const struct el_service_conf *c)
{
	struct el_family family;
	struct listening listening;

	if (el_dir_make(c->data_dir) != EL_OK) {
		fprintf(stderr, "entrylog-%s: data_dir: cannot be made\n", role->name);
		return EX_CONFIG;
	}
	memset(&family, 0, sizeof family);
	if (listen_all(role, c, &listening, &family) != EL_OK)
		return EX_OSERR;
	if (el_harden() != EL_OK) {
		fprintf(stderr, "entrylog-%s: cannot give up core files and tracing\n", role->name);
		return EX_OSERR;
	}
	family.name = role->name;
	family.lab_clock_file = c->lab && c->lab_clock[0] != '\0' ? c->lab_clock : NULL;
	family.stop_limit_s = STOP_LIMIT_S;
	family.ctx = (void *)(uintptr_t)c; /* const from here on; run() takes a plain pointer */
	role->family(c, &family);
	el_log_name(role->name);
	if (c->lab)
		el_log(EL_EV_LAB_MODE, 0, 0);
	return el_family_run(&family);
}

int
el_service_main(int argc, char **argv, const struct el_service_role *role)
{
	struct options o;
	void *conf;
	int status;

	if (parse_options(argc, argv, &o) != EL_OK)
		return usage(role->name);
	if (o.version) {
		printf("entrylog-%s %s\n", role->name, EL_VERSION);
		return EX_OK;
	}
	if (el_harden_bind(argv) != EL_OK) {
		fprintf(stderr, "entrylog-%s: cannot start itself anew with LD_BIND_NOW; set it\n", role->name);
		return EX_OSERR;
	}
	umask(077);
	el_random_source_install();
	if (el_crypto_init() != EL_OK) {
		fprintf(stderr, "entrylog-%s: libsodium is missing a fix (CVE-2025-69277); upgrade it\n", role->name);
		return EX_SOFTWARE;
	}
	if ((conf = calloc(1, role->conf_size)) == NULL)
		return EX_OSERR;
	if (load(role, &o, conf) != EL_OK)
		status = EX_CONFIG;
	else if (o.print || o.check) {
		if (o.print)
			el_conf_print(role->conf_keys, conf, stdout);
		if (o.check)
			printf("entrylog-%s: configuration ok%s\n", role->name,
			    ((struct el_service_conf *)conf)->lab ? " (LAB MODE)" : "");
		status = EX_OK;
	} else
		status = serve(role, conf);
	free(conf);
	return status;
}
