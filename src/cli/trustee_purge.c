#include <stdio.h>

#include "authority/share_file.h"
#include "cli/cli.h"
#include "cli/share_store.h"

/* entrylog trustee purge SHARE: destroys the days that are due, under a fresh KEK. */
int
el_cli_trustee_purge(struct el_cli *c)
{
	const char *path = el_args_at(&c->args, NULL, 0);
	struct el_share_file *f = NULL;
	size_t gone = 0, left, due;
	el_epoch last;
	int64_t now = 0;
	int r;

	if (path == NULL || el_args_count(&c->args, NULL) != 1)
		return el_cli_usage(c, "one SHARE is needed");
	if ((r = el_share_file_open(path, &f)) != EL_OK)
		return el_cli_share_error(c, r, path);
	if ((r = el_cli_now(c, el_share_file_info(f)->lab, &now)) == EL_OK) {
		if ((r = el_share_file_purge(f, now, &gone)) != EL_OK)
			el_cli_error(c, r, path);
		el_share_file_days(f, now, &left, &due, &last);
		if (r == EL_OK && c->json)
			el_cli_json(json_pack("{s:I, s:I, s:i}", "destroyed", (json_int_t)gone, "days_left", (json_int_t)left,
			    "last_epoch", (int)last));
		else if (r == EL_OK)
			printf("%s: %zu keys destroyed, %zu days left (to epoch %u)\n", path, gone, left, (unsigned)last);
	}
	el_share_file_close(f);
	return el_cli_status(r);
}
