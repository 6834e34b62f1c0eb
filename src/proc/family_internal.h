#ifndef EL_PROC_FAMILY_INTERNAL_H
#define EL_PROC_FAMILY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "proc/family.h"

/* What passes over a control socket: packets of one fixed size, a LINK with a descriptor beside it. */
enum el_packet_type {
	EL_PACKET_LINK = 1,
	EL_PACKET_CLOCK, /* value: the lab clock's shift */
	EL_PACKET_RELOAD,
	EL_PACKET_STOP,
	EL_PACKET_READY /* from the child */
};

struct el_packet {
	enum el_packet_type type;
	unsigned kind, index; /* LINK */
	int64_t value;
};

#define EL_PACKET_LEN 11

/* Send one packet, with fd beside it unless that is -1.  EL_EBUSY: the other side does not read; EL_ECLOSED. */
EL_MUST_USE int el_packet_send(int socket, const struct el_packet *, int fd);
/* Receive one.  *fd is -1 without a descriptor.  EL_ENOTFOUND: none now; EL_ECLOSED; EL_EFORMAT. */
EL_MUST_USE int el_packet_receive(int socket, struct el_packet *, int *fd);

/* A child's own view. */
struct el_child {
	const struct el_family *family;
	unsigned kind, index;
	int control;
	struct el_clock clock;
	int listen_fds[EL_FAMILY_LISTEN_MAX];
	size_t n_listen_fds;
	char name[64]; /* "registry/core", for the event log */
};

/* One process as the parent knows it. */
struct el_member {
	unsigned kind, index;
	pid_t pid; /* 0: not running */
	int control; /* -1: not running */
	bool ready;
	unsigned failed_starts; /* deaths in a row before READY */
	unsigned restarts;
	unsigned backoff_ms;
	int64_t started_ms, due_ms; /* due: when to start it again, while pid is 0 */
};

struct el_parent {
	const struct el_family *family;
	struct el_member *members;
	size_t n_members;
	int signal_fd;
	struct el_clock clock;
	bool told_ready, stopping;
	int status; /* of the whole family */
};

/* The life of a forked child: names, signals, descriptors, run().  Does not return. */
_Noreturn void el_child_main(struct el_parent *, const struct el_member *, int control, pid_t parent_pid);

/* Whether a link of the family joins these two processes. */
bool el_family_linked(
    const struct el_family *, unsigned kind, unsigned index, unsigned other_kind, unsigned other_index);
/* Give a new process a fresh socket pair with each of its living peers.  EL_EIO. */
EL_MUST_USE int el_family_link_up(struct el_parent *, const struct el_member *);

#endif
