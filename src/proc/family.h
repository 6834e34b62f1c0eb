#ifndef EL_PROC_FAMILY_H
#define EL_PROC_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "entrylog/error.h"
#include "proc/channel.h"

/*
 * A daemon is a parent and its children, each single-threaded, each a trust boundary
 * (docs/architecture.md).  The parent keeps the listening sockets, forks the children, hands each pair
 * that a link names a fresh socket pair, replaces a child that dies (with back-off, and with fresh
 * links to its living peers), passes SIGHUP and the lab clock on, and at SIGTERM or SIGINT stops the
 * kinds in order of `stop_order`, waiting for each to finish what it accepted.
 *
 * A child talks to its parent over a control socket: LINK (with a descriptor), CLOCK, RELOAD, STOP down;
 * READY up.  A child whose parent is gone ends at once.
 */
#define EL_FAMILY_KINDS_MAX 8
#define EL_FAMILY_COUNT_MAX 8 /* processes of one kind */
#define EL_FAMILY_LISTEN_MAX 8 /* listening sockets of one process */

struct el_child; /* a child's own view: its name, its control socket, the clock */

/* How two kinds are connected. */
enum el_link_shape {
	EL_LINK_NONE,
	EL_LINK_ALL, /* every process of one kind with every process of the other */
	EL_LINK_SAME /* index i with index i (modulo the smaller count) */
};

struct el_kind {
	const char *name; /* "core", "net": shown in the event log as "registry/core" */
	unsigned count;
	int stop_order; /* lowest stops first (net = 0) */
	bool listens; /* receives listening sockets of struct el_family */
	int nice; /* priority change, 0 for none */
	bool disposable; /* stopped by SIGKILL: whatever it does can be done again, and may take minutes */
	int (*run)(struct el_child *, void *ctx); /* the child's whole life; its result is the exit status */
};

struct el_family_link {
	unsigned a, b; /* indices into kinds */
	enum el_link_shape shape;
};

struct el_family {
	const char *name; /* "registry" */
	const struct el_kind *kinds;
	size_t n_kinds;
	const struct el_family_link *links;
	size_t n_links;
	/*
	 * Opened by main before and kept open by the parent, so that the successor of a process that died finds the
	 * clients that wait.  Of own_fds the process i of a kind that listens has the i-th alone; listen_fds are
	 * shared by all that listen.  Closed in every other child.
	 */
	const int *own_fds;
	size_t n_own_fds; /* 0: none, else one for each process that listens */
	const int *listen_fds;
	size_t n_listen_fds;
	const char *lab_clock_file; /* NULL outside lab mode; read at start and at SIGHUP */
	unsigned stop_limit_s; /* a kind that has not stopped by then is killed */
	void *ctx; /* handed to run(): the const configuration */
};

/*
 * Run the family until it has been told to stop; returns the exit status for main.  The parent becomes
 * ready (READY=1 to a service manager, where there is one) once every child has said so, and a child
 * that cannot start three times in a row ends the family.
 */
EL_MUST_USE int el_family_run(const struct el_family *);

/* ---- In a child ---- */
unsigned el_child_index(const struct el_child *);
int64_t el_child_now(const struct el_child *); /* the clock with the lab shift, Unix seconds */
const int *el_child_listen_fds(const struct el_child *, size_t *n); /* its own first, then the shared ones */
int el_child_control_fd(const struct el_child *);

/* One thing that came down the control socket. */
enum el_control_kind { EL_CONTROL_NONE, EL_CONTROL_LINK, EL_CONTROL_RELOAD, EL_CONTROL_STOP, EL_CONTROL_ORPHANED };
struct el_control {
	enum el_control_kind kind;
	unsigned peer_kind, peer_index; /* LINK: who is at the other end */
	int fd; /* LINK: ours now; EL_CONTROL_RELOAD comes after the clock was taken */
};
/* Read one control message without blocking; EL_CONTROL_NONE when there is none. */
void el_child_control(struct el_child *, struct el_control *);
void el_child_ready(struct el_child *); /* tell the parent: started */

/*
 * ---- The loop of a child without sockets of its own clients (core, signer, sms, clock) ----
 * poll(2) over the control socket, the links and any extra descriptors.  Each turn: read everything that
 * has arrived on every link (bounded), hand over each message, call turn() once (commit the group,
 * queue the answers), then flush every link with one write each: group commit with no timer.
 */
struct el_worker;
struct el_worker_ops {
	/* After the fork: open stores, load keys.  An error ends the process. */
	int (*start)(void *ctx, struct el_worker *);
	void (*link_up)(void *ctx, struct el_worker *, unsigned peer_kind, unsigned peer_index);
	/*
	 * The process at the other end is gone, and what it had sent was handed over before, unless its successor came
	 * first.  Nothing may be put for it.
	 */
	void (*link_down)(void *ctx, struct el_worker *, unsigned peer_kind, unsigned peer_index);
	/* One message; answers go through el_worker_put(). */
	void (*message)(void *ctx, struct el_worker *, unsigned peer_kind, unsigned peer_index, const struct el_msg *);
	/* One that will be handed over soon: what it needs may be fetched into the processor's cache.  It may be NULL. */
	void (*ahead)(void *ctx, unsigned peer_kind, const struct el_msg *);
	/* After all messages of this turn.  An error (the store failed) ends the process, nothing flushed. */
	int (*turn)(void *ctx, struct el_worker *);
	void (*tick)(void *ctx, struct el_worker *); /* about once a second, before turn() */
	void (*reload)(void *ctx, struct el_worker *); /* SIGHUP; the clock is already the new one */
	/* An extra descriptor added by el_worker_watch() is readable or hung up. */
	void (*readable)(void *ctx, struct el_worker *, int fd);
	void (*stop)(void *ctx); /* close stores, wipe keys */
	unsigned messages_max; /* of one link in one turn, where each is long work and its answer should not wait; 0: many */
	/*
	 * Where a turn costs a sync whatever it brings: after a turn of several messages the next one begins no sooner
	 * than this many microseconds after it began (docs/decisions/011).  0: at once.  Below 1,000,000.
	 */
	unsigned spacing_us;
};
EL_MUST_USE int el_worker_run(struct el_child *, const struct el_worker_ops *, void *ctx);

int64_t el_worker_now(const struct el_worker *);
unsigned el_worker_index(const struct el_worker *);
/* Queue a message for a peer.  EL_EBUSY: its queue is full; EL_ENOTFOUND: no such link now. */
EL_MUST_USE int el_worker_put(struct el_worker *, unsigned peer_kind, unsigned peer_index, uint16_t type, uint64_t id,
    const void *body, size_t len);
/* Queue for every living process of that kind; failures are dropped. */
void el_worker_put_all(struct el_worker *, unsigned peer_kind, uint16_t type, const void *body, size_t len);
EL_MUST_USE int el_worker_watch(struct el_worker *, int fd);
void el_worker_unwatch(struct el_worker *, int fd);

#endif
