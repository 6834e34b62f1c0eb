#ifndef EL_CLI_LOG_SOURCE_H
#define EL_CLI_LOG_SOURCE_H

#include "authority/log_reader.h"

/* Where the command line reads public logs. */

/* By the party's address in the directory; ctx is the struct el_directory. */
el_log_fetch_fn el_cli_fetch_party;
/* At one address or in one folder, whoever's log it is; ctx is its text, with "://" for an address. */
el_log_fetch_fn el_cli_fetch_at;

#endif
