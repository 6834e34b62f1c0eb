#ifndef EL_CLI_CONF_H
#define EL_CLI_CONF_H

#include "cli/cli.h"

#define EL_CLI_CONF_PATH 512

/*
 * What the command line needs of a daemon's configuration file: the keys that all three know and a few of the
 * authority's, whichever daemon's it is; other keys are the daemon's own affair (entrylog-ROLE -t checks
 * them).
 */
struct el_cli_conf {
	char path[EL_CLI_CONF_PATH];
	char listen[EL_CLI_CONF_PATH], data_dir[EL_CLI_CONF_PATH], kek_file[EL_CLI_CONF_PATH];
	char root_key_file[EL_CLI_CONF_PATH], policy_file[EL_CLI_CONF_PATH], bundle_file[EL_CLI_CONF_PATH], directory_file[EL_CLI_CONF_PATH];
	char executor_key_file[EL_CLI_CONF_PATH]; /* "": none */
	char lab_clock[EL_CLI_CONF_PATH];	     /* "": none */
	char control[EL_CLI_CONF_PATH];	     /* data_dir/control */
	bool lab;
};

/* Of --config FILE.  Said on failure. */
EL_MUST_USE int el_cli_conf_load(const struct el_cli *, struct el_cli_conf *);
/* The time: by --lab-clock, else by the configuration's lab_clock where it says lab. */
EL_MUST_USE int el_cli_conf_now(const struct el_cli *, const struct el_cli_conf *, int64_t *now_s);
/* The documents that it names; *out is el_cli_trust_free()'s.  Said on failure. */
EL_MUST_USE int el_cli_conf_trust(const struct el_cli *, const struct el_cli_conf *, int64_t now_s, struct el_trust **out);

#endif
