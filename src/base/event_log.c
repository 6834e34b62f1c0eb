#include "base/event_log.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "entrylog/error.h"

static const char *process_name = "entrylog";

static const char *const event_text[EL_EV_MAX] = {
	[EL_EV_STARTED] = "started",
	[EL_EV_READY] = "ready",
	[EL_EV_STOPPING] = "stopping",
	[EL_EV_STOPPED] = "stopped",
	[EL_EV_CHILD_DIED] = "child_died",
	[EL_EV_CHILD_RESTARTED] = "child_restarted",
	[EL_EV_RELOADED] = "reloaded",
	[EL_EV_RELOAD_FAILED] = "reload_failed",
	[EL_EV_LINK_LOST] = "link_lost",
	[EL_EV_PEER_MISBEHAVED] = "peer_misbehaved",
	[EL_EV_STORE_FAILED] = "store_failed",
	[EL_EV_KEYS_CREATED] = "keys_created",
	[EL_EV_EPOCH_REWRITTEN] = "epoch_rewritten",
	[EL_EV_EPOCH_DESTROYED] = "epoch_destroyed",
	[EL_EV_PURGE_LATE] = "purge_late",
	[EL_EV_CLOCK_JUMPED] = "clock_jumped",
	[EL_EV_CLOCK_UNCONFIRMED] = "clock_unconfirmed",
	[EL_EV_CLOCK_CONFIRMED] = "clock_confirmed",
	[EL_EV_ORDER_ANSWERED] = "order_answered",
	[EL_EV_ORDER_REFUSED] = "order_refused",
	[EL_EV_DOCUMENT_ACCEPTED] = "document_accepted",
	[EL_EV_DOCUMENT_REFUSED] = "document_refused",
	[EL_EV_KEYS_LOW] = "keys_low",
	[EL_EV_SMS_FAILED] = "sms_failed",
	[EL_EV_LAB_MODE] = "lab_mode",
	[EL_EV_PAIR_IMPORTED] = "pair_imported",
	[EL_EV_JOB_FAILED] = "job_failed",
	[EL_EV_DISK_FULL] = "disk_full",
	[EL_EV_SIGNATURE_FAULTY] = "signature_faulty",
	[EL_EV_LOG_CONTRADICTS] = "log_contradicts",
	[EL_EV_LOG_FAILED] = "log_failed",
	[EL_EV_LOG_FORKED] = "log_forked",
	[EL_EV_LOG_UNSEEN] = "log_unseen",
};

void
el_log_name(const char *name)
{
	process_name = name;
}

void
el_log(enum el_event ev, int err, uint64_t count)
{
	char line[160];
	struct timespec ts;
	struct tm tm;
	int n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = snprintf(line, sizeof line, "%04d-%02d-%02dT%02d:%02d:%02dZ %s %s err=%d count=%llu\n",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    process_name, ev < EL_EV_MAX ? event_text[ev] : "unknown", err,
	    (unsigned long long)count);
	/* One write a line, so that lines of several processes do not mix; a full disk loses the line. */
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}
