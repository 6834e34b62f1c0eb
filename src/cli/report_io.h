#ifndef EL_CLI_REPORT_IO_H
#define EL_CLI_REPORT_IO_H

#include "authority/report.h"
#include "cli/conf.h"

/*
 * Sections of reports go through the authority's running daemon, which alone has the report keys: u16 epoch ||
 * order hash 32 || the bytes, over its control socket.  ctx is the struct el_cli_conf.
 */
el_report_seal_fn el_cli_report_seal, el_cli_report_open;

/* Read and open a report file.  Said on failure. */
EL_MUST_USE int el_cli_report_load(const struct el_cli *, const char *path, struct el_cli_conf *,
    struct el_report **out, size_t *n_gone);

#endif
