#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "crypto/selftest.h"
#include "order/rjson.h"

/* first: only what begins with this word; NULL: everything. */
static int
usage(FILE *out, const char *first)
{
	fputs("usage: entrylog COMMAND [OPTIONS]    (entrylog COMMAND --help says more)\n\n", out);
	for (const struct el_command *c = el_commands; c->first != NULL; c++) {
		char words[64];

		if (first != NULL && strcmp(c->first, first) != 0)
			continue;
		snprintf(words, sizeof words, "%s%s%s", c->first, c->second != NULL ? " " : "",
		    c->second != NULL ? c->second : "");
		fprintf(out, "  %-16s %s\n", words, c->help);
	}
	fputs("\nEvery command takes --json where it prints, and --lab-clock FILE in a laboratory.\n", out);
	return EL_EXIT_USAGE;
}

static const struct el_command *
find(int argc, char **argv)
{
	for (const struct el_command *c = el_commands; c->first != NULL; c++)
		if (strcmp(c->first, argv[1]) == 0 &&
		    (c->second == NULL || (argc > 2 && strcmp(c->second, argv[2]) == 0)))
			return c;
	return NULL;
}

/* No command: say which word it was, and what there is in its place. */
static int
unknown(int argc, char **argv)
{
	const char *first = NULL;

	for (const struct el_command *c = el_commands; argc > 1 && c->first != NULL; c++)
		if (strcmp(c->first, argv[1]) == 0)
			first = c->first;
	if (first != NULL && argc > 2)
		fprintf(stderr, "entrylog %s: there is no \"%s %s\"\n", first, first, argv[2]);
	else if (first != NULL)
		fprintf(stderr, "entrylog %s: a second word is needed\n", first);
	else if (argc > 1)
		fprintf(stderr, "entrylog: there is no command \"%s\"\n", argv[1]);
	return usage(stderr, first);
}

static int
run(const struct el_command *cmd, int argc, char **argv)
{
	static const struct el_option none[] = { { NULL, EL_OPTION_FLAG } };
	static struct el_cli cli;
	const int skip = cmd->second != NULL ? 3 : 2;
	char name[64];
	int r;

	snprintf(name, sizeof name, "%s%s%s", cmd->first, cmd->second != NULL ? " " : "",
	    cmd->second != NULL ? cmd->second : "");
	cli.name = name;
	cli.usage = cmd->usage;
	r = el_args_parse(&cli.args, cmd->options != NULL ? cmd->options : none, argc - skip, argv + skip);
	if (r != EL_OK) {
		el_cli_fail(&cli, 0, "%s: %s", cli.args.wrong,
		    r == EL_ELIMIT ? "too many words" : "unknown, or its value is missing");
		return el_cli_usage(&cli, NULL);
	}
	if (el_args_has(&cli.args, "help")) {
		printf("usage: entrylog %s %s\n%s\n", cli.name, cli.usage, cmd->help);
		return EL_EXIT_OK;
	}
	cli.json = el_args_has(&cli.args, "json");
	return cmd->run(&cli);
}

int
main(int argc, char **argv)
{
	const struct el_command *cmd;

	umask(077);
	/* Keys and names would lie in a core file. */
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	el_json_wipe_freed();
	if (el_crypto_init() != EL_OK) {
		fputs("entrylog: libsodium is missing a fix (CVE-2025-69277); upgrade it\n", stderr);
		return EL_EXIT_SOFTWARE;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("entrylog %s\n", EL_VERSION);
		return EL_EXIT_OK;
	}
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		usage(stdout, NULL);
		return EL_EXIT_OK;
	}
	if (argc < 2 || (cmd = find(argc, argv)) == NULL)
		return unknown(argc, argv);
	return run(cmd, argc, argv);
}
