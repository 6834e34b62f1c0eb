#include <stdio.h>

#include "cli/cli.h"
#include "cli/conf.h"
#include "proc/control.h"

/* entrylog purge: asks the running daemon; it purges by itself, and a stopped one catches up at its start. */
int
el_cli_purge(struct el_cli *c)
{
	const uint8_t verb = el_args_has(&c->args, "confirm-clock") ? EL_CTL_CONFIRM_CLOCK : EL_CTL_PURGE;
	struct el_cli_conf conf;
	struct el_buf out;
	int r;

	if ((r = el_cli_conf_load(c, &conf)) != EL_OK)
		return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
	el_buf_init(&out, EL_CONTROL_BODY_MAX);
	r = el_control_call(conf.control, verb, NULL, 0, &out);
	if (c->json)
		el_cli_json(json_pack("{s:b, s:s%}", "done", (int)(r == EL_OK), "text", out.len > 0 ? (const char *)out.p : "",
		    out.len));
	else if (out.len > 0)
		fwrite(out.p, 1, out.len, stdout);
	if (r == EL_ECLOSED)
		el_cli_fail(c, 0, "%s: no daemon is running there; it destroys what is due when it starts", conf.data_dir);
	else if (r == EL_EPERM)
		el_cli_fail(c, 0, "%s: only the daemon's user or root may ask", conf.control);
	else if (r == EL_ESTATE)
		el_cli_fail(c, 0, "nothing destroyed: look at the clock, then run it again with --confirm-clock");
	else if (r != EL_OK)
		el_cli_error(c, r, conf.control);
	el_buf_wipe(&out);
	return r == EL_ESTATE ? EL_EXIT_UNAVAILABLE : el_cli_status(r);
}
