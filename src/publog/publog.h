#ifndef EL_PUBLOG_PUBLOG_H
#define EL_PUBLOG_PUBLOG_H

#include "log/checkpoint.h"
#include "proc/family.h"

/*
 * The log process: the only one that has the log's key and that writes data_dir/log (writer.h).  All that core asks for
 * in one turn is one batch with one checkpoint; each entry then gets its word, with a proof where one was asked for.
 * Nothing but a valid entry (order/log_entry.h) is ever published.  Witnesses' cosignatures come from the net processes
 * and go behind the newest checkpoint.
 */
struct el_publog_role {
	const char *data_dir;
	const char *key_file; /* of purpose log */
	const char *origin;
	unsigned core_kind, net_kind; /* who asks */
};

/* data_dir's folder of the log.  EL_ELIMIT. */
EL_MUST_USE int el_publog_dir(const char *data_dir, char out[512]);
/* The origin of a party's log in the deployment of this root key (its public key file).  As el_keyfile_read_public(). */
EL_MUST_USE int el_publog_origin(const char *root_key_file, const char *party, char out[EL_LOG_ORIGIN_MAX + 1]);

/*
 * The whole life of the process.  When the folder contradicts its checkpoint nothing is appended, since that would fork the
 * log, and the event log says `log_contradicts` (docs/operations.md).  The process lives on and looks again every ten
 * seconds, as it does when the folder cannot be read or the disk is full: check-ins must go on.
 */
EL_MUST_USE int el_publog_run(struct el_child *, const struct el_publog_role *);

#endif
