#include "cli/order_common.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool
has_policy(const char *dir)
{
	char path[EL_CLI_PATH];

	return snprintf(path, sizeof path, "%s/policy.json", dir) < (int)sizeof path && access(path, F_OK) == 0;
}

static void
choose_dir(const struct el_cli *c, const char *path, const char *beside, char out[EL_CLI_PATH])
{
	const char *given = el_args_value(&c->args, "dir", NULL);

	if (given != NULL) {
		snprintf(out, EL_CLI_PATH, "%s", given);
		return;
	}
	el_cli_dirname(path, out);
	if (!has_policy(out) && beside != NULL)
		el_cli_dirname(beside, out);
	if (!has_policy(out))
		memcpy(out, ".", 2);
}

int
el_cli_order_load(const struct el_cli *c, const char *path, const char *beside, struct el_order_file **f,
    struct el_order *order, struct el_trust **trust, int64_t *now_s)
{
	char dir[EL_CLI_PATH];
	int r;

	if ((r = el_order_file_read(path, f)) != EL_OK ||
	    (r = el_order_parse((*f)->document.doc, (*f)->document.len, order)) != EL_OK) {
		el_cli_fail(c, 0, "%s: %s", path, r == EL_EFORMAT ? "not an order" : el_strerror(r));
		return r;
	}
	choose_dir(c, path, beside, dir);
	return el_cli_trust_now(c, dir, false, false, trust, now_s);
}
