#ifndef EL_BASE_EVENT_LOG_H
#define EL_BASE_EVENT_LOG_H

#include <stdint.h>

/*
 * The operators' event log.  It cannot carry personal data because its type cannot: an event of this
 * list, an error code, a count.  One line on standard error: time, process name, event, error, count.
 */
enum el_event {
	EL_EV_STARTED,		   /* count: process index */
	EL_EV_READY,
	EL_EV_STOPPING,
	EL_EV_STOPPED,
	EL_EV_CHILD_DIED,	   /* err: exit status or minus the signal; count: restarts so far */
	EL_EV_CHILD_RESTARTED,
	EL_EV_RELOADED,
	EL_EV_RELOAD_FAILED,
	EL_EV_LINK_LOST,
	EL_EV_PEER_MISBEHAVED,	   /* a message between processes did not parse */
	EL_EV_STORE_FAILED,
	EL_EV_KEYS_CREATED,	   /* count: epoch */
	EL_EV_EPOCH_REWRITTEN,	   /* count: rows */
	EL_EV_EPOCH_DESTROYED,	   /* count: epoch */
	EL_EV_PURGE_LATE,	   /* count: epochs overdue */
	EL_EV_CLOCK_JUMPED,
	EL_EV_CLOCK_UNCONFIRMED,   /* count: epochs that would be destroyed */
	EL_EV_CLOCK_CONFIRMED,
	EL_EV_ORDER_ANSWERED,	   /* count: items */
	EL_EV_ORDER_REFUSED,	   /* count: enum el_code */
	EL_EV_DOCUMENT_ACCEPTED,   /* count: serial */
	EL_EV_DOCUMENT_REFUSED,
	EL_EV_KEYS_LOW,		   /* count: days of epoch keys left in the bundle */
	EL_EV_SMS_FAILED,
	EL_EV_LAB_MODE,
	EL_EV_PAIR_IMPORTED,	   /* count: issuer */
	EL_EV_JOB_FAILED,	   /* count: enum el_job_kind; it is tried again */
	EL_EV_DISK_FULL,	   /* rows were refused */
	EL_EV_SIGNATURE_FAULTY,	   /* a signer made a wrong token and ends: look at the machine's memory */
	EL_EV_LOG_CONTRADICTS,	   /* the public log's folder is not what its checkpoint says (docs/operations.md) */
	EL_EV_LOG_FAILED,	   /* entries wait for the public log, and no order is answered; count: how many wait */
	EL_EV_LOG_FORKED,	   /* a party's public log contradicts what was seen of it; count: issuer, 0 the registry */
	EL_EV_LOG_UNSEEN,	   /* a party's public log cannot be checked; count: as above */
	EL_EV_MAX
};

/* Name shown in front of every line of this process, a constant string ("registry/core"). */
void el_log_name(const char *name);

void el_log(enum el_event ev, int err, uint64_t count);

#endif
