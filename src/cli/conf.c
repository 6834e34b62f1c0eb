#include "cli/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

#define CONF_FILE_MAX (64 * 1024)

struct wanted {
	const char *key;
	size_t offset;
	bool is_path;
};

#define AT(field) offsetof(struct el_cli_conf, field)
static const struct wanted keys[] = {
	{ "listen", AT(listen), false },
	{ "data_dir", AT(data_dir), true },
	{ "kek_file", AT(kek_file), true },
	{ "root_key_file", AT(root_key_file), true },
	{ "policy_file", AT(policy_file), true },
	{ "bundle_file", AT(bundle_file), true },
	{ "directory_file", AT(directory_file), true },
	{ "executor_key_file", AT(executor_key_file), true },
	{ "lab_clock", AT(lab_clock), true },
};

/* The text between outer white space, cut in place. */
static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t\r");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r", s[n - 1]) != NULL)
		s[--n] = '\0';
	return s;
}

static int
take(struct el_cli_conf *c, const char *dir, const char *key, const char *value)
{
	if (strcmp(key, "lab") == 0)
		c->lab = strcmp(value, "yes") == 0;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		char *out = (char *)c + keys[i].offset;

		if (strcmp(keys[i].key, key) != 0)
			continue;
		/* Relative paths are taken from the configuration's folder, as the daemons do. */
		if (keys[i].is_path && value[0] != '/' && value[0] != '\0')
			return el_path_join(out, EL_CLI_CONF_PATH, dir, value);
		return snprintf(out, EL_CLI_CONF_PATH, "%s", value) < EL_CLI_CONF_PATH ? EL_OK : EL_ELIMIT;
	}
	return EL_OK;
}

int
el_cli_conf_load(const struct el_cli *cli, struct el_cli_conf *c)
{
	const char *path = el_args_value(&cli->args, "config", NULL);
	char dir[EL_CLI_PATH], *rest, *line, *eq;
	uint8_t *text = NULL;
	size_t len;
	int r;

	memset(c, 0, sizeof *c);
	if (path == NULL)
		return el_cli_usage(cli, "--config FILE is needed"), EL_ECONFIG;
	snprintf(c->path, sizeof c->path, "%s", path);
	if ((r = el_file_read(path, CONF_FILE_MAX, &text, &len)) != EL_OK) {
		el_cli_error(cli, r, path);
		return r;
	}
	el_cli_dirname(path, dir);
	for (rest = (char *)text; r == EL_OK && (line = strsep(&rest, "\n")) != NULL;) {
		line = trim(line);
		if (line[0] == '#' || (eq = strchr(line, '=')) == NULL)
			continue;
		*eq = '\0';
		r = take(c, dir, trim(line), trim(eq + 1));
	}
	free(text);
	if (r == EL_OK && c->data_dir[0] == '\0')
		r = EL_ECONFIG;
	if (r == EL_OK && c->executor_key_file[0] == '\0')
		r = el_path_join(c->executor_key_file, sizeof c->executor_key_file, dir, "executor");
	if (r == EL_OK)
		r = el_path_join(c->control, sizeof c->control, c->data_dir, "control");
	if (r != EL_OK)
		el_cli_fail(cli, 0, "%s: %s", path, r == EL_ECONFIG ? "it names no data_dir" : "a path is too long");
	return r;
}

int
el_cli_conf_now(const struct el_cli *cli, const struct el_cli_conf *c, int64_t *now_s)
{
	struct el_clock clock = { 0 };
	int r;

	if (el_args_has(&cli->args, "lab-clock") || !c->lab || c->lab_clock[0] == '\0')
		return el_cli_now(cli, c->lab, now_s);
	if ((r = el_clock_read_file(c->lab_clock, &clock.offset_s)) != EL_OK)
		el_cli_error(cli, r, c->lab_clock);
	*now_s = el_clock_now(&clock);
	return r;
}

int
el_cli_conf_trust(const struct el_cli *cli, const struct el_cli_conf *c, int64_t now_s, struct el_trust **out)
{
	int r = EL_ENOMEM;

	if ((*out = calloc(1, sizeof **out)) != NULL)
		r = el_trust_load(*out, c->root_key_file, c->policy_file, c->bundle_file, c->directory_file, now_s);
	if (r == EL_OK && (*out)->policy->lab != c->lab)
		r = EL_ECONFIG;
	if (r != EL_OK) {
		el_cli_fail(cli, 0, "%s: root key, policy, bundle or directory: %s", c->path,
		    r == EL_ECONFIG ? "lab is not what the policy says" : r == EL_ESTATE ? "out of date" : el_strerror(r));
		el_cli_trust_free(*out);
		*out = NULL;
	}
	return r;
}
