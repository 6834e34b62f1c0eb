#include "cli/cli.h"

/* Subcommands that are still being built say so. */

static int
pending(const struct el_cli *c)
{
	return el_cli_fail(c, EL_EXIT_UNAVAILABLE, "not built yet");
}

int
el_cli_join(struct el_cli *c)
{
	return pending(c);
}

int
el_cli_trustee_open(struct el_cli *c)
{
	return pending(c);
}

int
el_cli_report_show(struct el_cli *c)
{
	return pending(c);
}

int
el_cli_report_export(struct el_cli *c)
{
	return pending(c);
}

int
el_cli_purge(struct el_cli *c)
{
	return pending(c);
}

int
el_cli_doctor(struct el_cli *c)
{
	return pending(c);
}
