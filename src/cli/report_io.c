#include "cli/report_io.h"

#include <stdlib.h>

#include "base/codec.h"
#include "base/file.h"
#include "proc/control.h"

static int
call(const struct el_cli_conf *conf, uint8_t verb, const struct el_hash *order, el_epoch e, const void *in, size_t len,
    struct el_buf *out)
{
	struct el_buf body;
	int r;

	el_buf_init(&body, EL_CONTROL_BODY_MAX);
	el_buf_put_u16(&body, e);
	el_buf_put(&body, order->b, EL_HASH_LEN);
	el_buf_put(&body, in, len);
	if ((r = body.err) == EL_OK)
		r = el_control_call(conf->control, verb, body.p, body.len, out);
	el_buf_wipe(&body);
	return r;
}

int
el_cli_report_seal(void *ctx, const struct el_hash *order, el_epoch e, const void *in, size_t len, struct el_buf *out)
{
	return call(ctx, EL_CTL_REPORT_SEAL, order, e, in, len, out);
}

int
el_cli_report_open(void *ctx, const struct el_hash *order, el_epoch e, const void *in, size_t len, struct el_buf *out)
{
	return call(ctx, EL_CTL_REPORT_OPEN, order, e, in, len, out);
}

int
el_cli_report_load(const struct el_cli *c, const char *path, struct el_cli_conf *conf, struct el_report **out,
    size_t *n_gone)
{
	uint8_t *text = NULL;
	size_t len;
	int r;

	*out = NULL;
	if ((r = el_cli_conf_load(c, conf)) != EL_OK)
		return r;
	if ((r = el_file_read(path, EL_FILE_MAX, &text, &len)) != EL_OK) {
		el_cli_error(c, r, path);
		return r;
	}
	r = el_report_file_parse(text, len, el_cli_report_open, conf, out, n_gone);
	free(text);
	if (r == EL_ECLOSED)
		el_cli_fail(c, 0, "%s: the authority's daemon holds the report keys and is not running (entrylog-authority --config %s)",
		    path, conf->path);
	else if (r != EL_OK)
		el_cli_fail(c, 0, "%s: %s", path, r == EL_EFORMAT ? "not a report" : el_strerror(r));
	return r;
}
