/* The parent's side of a family: start, watch, replace, reload, stop. */
#include "proc/family.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/event_log.h"
#include "proc/family_internal.h"
#include "proc/notify.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000
#define SETTLED_MS 60000 /* a process that lived this long starts with a clean record */
#define FAILED_STARTS_MAX 3
#define MEMBERS_MAX (EL_FAMILY_KINDS_MAX * EL_FAMILY_COUNT_MAX)

static const struct el_kind *
kind_of(const struct el_parent *p, const struct el_member *m)
{
	return &p->family->kinds[m->kind];
}

static int
start_member(struct el_parent *p, struct el_member *m)
{
	const pid_t self = getpid();
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return EL_EIO;
	fflush(NULL);
	if ((pid = fork()) < 0) {
		close(pair[0]);
		close(pair[1]);
		return EL_EIO;
	}
	if (pid == 0) {
		close(pair[0]);
		el_child_main(p, m, pair[1], self);
	}
	close(pair[1]);
	m->pid = pid;
	m->control = pair[0];
	m->ready = false;
	m->started_ms = el_clock_monotonic_ms();
	return el_family_link_up(p, m);
}

/* Try to start; a start that fails here is tried again like one whose process died. */
static void
start_or_retry(struct el_parent *p, struct el_member *m)
{
	if (start_member(p, m) == EL_OK)
		return;
	if (m->pid != 0)
		kill(m->pid, SIGKILL); /* running without its links: the death is met as any other */
	else
		m->due_ms = el_clock_monotonic_ms() + BACKOFF_MAX_MS;
}

static void
begin_stop(struct el_parent *p, int status)
{
	if (p->stopping)
		return;
	p->stopping = true;
	p->status = status;
	el_log(EL_EV_STOPPING, 0, 0);
	el_notify("STOPPING=1\n");
}

/* A child has ended: note it and, unless the family stops, say when its successor starts. */
static void
member_died(struct el_parent *p, struct el_member *m, int wait_status)
{
	const int64_t now = el_clock_monotonic_ms();
	const int err = WIFSIGNALED(wait_status) ? -WTERMSIG(wait_status) : WEXITSTATUS(wait_status);

	close(m->control);
	m->control = -1;
	m->pid = 0;
	if (p->stopping) {
		if (err != 0 && !kind_of(p, m)->disposable)
			p->status = 1;
		return;
	}
	el_log(EL_EV_CHILD_DIED, err, m->restarts);
	m->failed_starts = m->ready ? 0 : m->failed_starts + 1;
	m->ready = false;
	if (m->failed_starts >= FAILED_STARTS_MAX) {
		begin_stop(p, 1);
		return;
	}
	if (now - m->started_ms >= SETTLED_MS)
		m->backoff_ms = 0;
	m->due_ms = now + m->backoff_ms;
	m->backoff_ms = m->backoff_ms == 0 ? BACKOFF_FIRST_MS : m->backoff_ms * 2;
	if (m->backoff_ms > BACKOFF_MAX_MS)
		m->backoff_ms = BACKOFF_MAX_MS;
}

/* One SIGCHLD may stand for many, so every child is asked. */
static void
reap(struct el_parent *p)
{
	size_t i;
	int status;

	for (i = 0; i < p->n_members; i++) {
		struct el_member *m = &p->members[i];

		if (m->pid != 0 && waitpid(m->pid, &status, WNOHANG) == m->pid)
			member_died(p, m, status);
	}
}

static void
restart_due(struct el_parent *p)
{
	const int64_t now = el_clock_monotonic_ms();
	size_t i;

	for (i = 0; i < p->n_members && !p->stopping; i++) {
		struct el_member *m = &p->members[i];

		if (m->pid != 0 || m->due_ms > now)
			continue;
		m->restarts++;
		el_log(EL_EV_CHILD_RESTARTED, 0, m->restarts);
		start_or_retry(p, m);
	}
}

/* A child that does not take what its parent says is replaced. */
static void
tell(const struct el_member *m, const struct el_packet *packet)
{
	if (m->pid != 0 && el_packet_send(m->control, packet, -1) == EL_EBUSY)
		kill(m->pid, SIGKILL);
}

static void
read_lab_clock(struct el_parent *p)
{
	int64_t offset = 0;
	int r;

	if (p->family->lab_clock_file == NULL)
		return;
	r = el_clock_read_file(p->family->lab_clock_file, &offset);
	if (r == EL_OK || r == EL_ENOTFOUND)
		p->clock.offset_s = offset;
	else
		el_log(EL_EV_RELOAD_FAILED, r, 0);
}

static void
reload(struct el_parent *p)
{
	struct el_packet clock = { .type = EL_PACKET_CLOCK };
	const struct el_packet again = { .type = EL_PACKET_RELOAD };
	size_t i;

	read_lab_clock(p);
	clock.value = p->clock.offset_s;
	for (i = 0; i < p->n_members; i++) {
		tell(&p->members[i], &clock);
		tell(&p->members[i], &again);
	}
}

static void
take_signals(struct el_parent *p)
{
	struct signalfd_siginfo info;

	while (read(p->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGHUP)
			reload(p);
		else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			begin_stop(p, 0);
	}
	reap(p);
}

static void
take_ready(struct el_parent *p, struct el_member *m)
{
	struct el_packet packet;
	size_t i;
	int fd;

	/* A closed or broken control socket means a death that SIGCHLD tells of, or must bring about. */
	switch (el_packet_receive(m->control, &packet, &fd)) {
	case EL_OK:
		break;
	case EL_ENOTFOUND:
		return;
	default:
		kill(m->pid, SIGKILL);
		return;
	}
	m->ready = packet.type == EL_PACKET_READY;
	for (i = 0; i < p->n_members; i++)
		if (!p->members[i].ready)
			return;
	if (!p->told_ready && !p->stopping) {
		el_log(EL_EV_READY, 0, p->n_members);
		el_notify("READY=1\n");
	}
	p->told_ready = true;
}

/* Wait for a signal, a word of a child, or the limit. */
static void
wait_once(struct el_parent *p, int timeout_ms)
{
	struct pollfd fds[1 + MEMBERS_MAX];
	struct el_member *who[1 + MEMBERS_MAX] = { NULL };
	nfds_t n = 1, i;
	size_t k;

	fds[0] = (struct pollfd){ p->signal_fd, POLLIN, 0 };
	for (k = 0; k < p->n_members; k++) {
		if (p->members[k].pid == 0)
			continue;
		fds[n] = (struct pollfd){ p->members[k].control, POLLIN, 0 };
		who[n++] = &p->members[k];
	}
	if (poll(fds, n, timeout_ms) <= 0)
		return;
	for (i = 1; i < n; i++) {
		/* A child that has closed its end is ending: asked again only when there is a word. */
		if ((fds[i].revents & POLLIN) != 0)
			take_ready(p, who[i]);
		else if (fds[i].revents != 0)
			kill(who[i]->pid, SIGKILL);
	}
	if (fds[0].revents != 0)
		take_signals(p);
}

/* How long until a restart is due; -1: none is. */
static int
until_restart(const struct el_parent *p)
{
	const int64_t now = el_clock_monotonic_ms();
	int64_t least = -1;
	size_t i;

	for (i = 0; i < p->n_members; i++) {
		const struct el_member *m = &p->members[i];
		const int64_t left = m->due_ms > now ? m->due_ms - now : 0;

		if (m->pid == 0 && (least < 0 || left < least))
			least = left;
	}
	return (int)least;
}

static bool
any_of_order(const struct el_parent *p, int order)
{
	size_t i;

	for (i = 0; i < p->n_members; i++)
		if (p->members[i].pid != 0 && kind_of(p, &p->members[i])->stop_order == order)
			return true;
	return false;
}

static void
signal_order(const struct el_parent *p, int order, const struct el_packet *packet)
{
	size_t i;

	for (i = 0; i < p->n_members; i++) {
		const struct el_member *m = &p->members[i];

		if (m->pid == 0 || kind_of(p, m)->stop_order != order)
			continue;
		if (packet != NULL && !kind_of(p, m)->disposable)
			tell(m, packet);
		else
			kill(m->pid, SIGKILL);
	}
}

/* Stop all kinds of one order and wait until they are gone, by force after the limit. */
static void
stop_order(struct el_parent *p, int order)
{
	const struct el_packet stop = { .type = EL_PACKET_STOP };
	const int64_t limit = el_clock_monotonic_ms() + (int64_t)p->family->stop_limit_s * 1000;
	bool killed = false;

	signal_order(p, order, &stop);
	while (any_of_order(p, order)) {
		const int64_t left = limit - el_clock_monotonic_ms();

		if (left <= 0 && !killed) {
			signal_order(p, order, NULL);
			killed = true;
		}
		wait_once(p, killed ? -1 : (int)(left > 0 ? left : 0));
	}
}

static void
stop_all(struct el_parent *p)
{
	int order = 0, next;
	bool more = true;
	size_t i;

	/* The orders that still have someone, lowest first. */
	while (more) {
		more = false;
		next = 0;
		for (i = 0; i < p->n_members; i++) {
			order = kind_of(p, &p->members[i])->stop_order;
			if (p->members[i].pid != 0 && (!more || order < next)) {
				next = order;
				more = true;
			}
		}
		if (more)
			stop_order(p, next);
	}
}

static int
open_parent(struct el_parent *p, const struct el_family *f, sigset_t *old_mask)
{
	sigset_t mask;
	unsigned kind, index;
	size_t n = 0;

	memset(p, 0, sizeof *p);
	p->family = f;
	for (kind = 0; kind < f->n_kinds; kind++)
		n += f->kinds[kind].count;
	if ((p->members = calloc(n, sizeof *p->members)) == NULL)
		return EL_ENOMEM;
	for (kind = 0; kind < f->n_kinds; kind++)
		for (index = 0; index < f->kinds[kind].count; index++)
			p->members[p->n_members++] = (struct el_member){ .kind = kind, .index = index, .control = -1 };
	/* Blocked before the first fork and read from a descriptor: none can be lost in between. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	if (sigprocmask(SIG_BLOCK, &mask, old_mask) != 0 ||
	    (p->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK)) < 0) {
		free(p->members);
		return EL_EIO;
	}
	return EL_OK;
}

static void
check_family(const struct el_family *f)
{
	size_t i;

	assert(f->n_kinds > 0 && f->n_kinds <= EL_FAMILY_KINDS_MAX);
	assert((f->n_own_fds > 0) + f->n_listen_fds <= EL_FAMILY_LISTEN_MAX);
	for (i = 0; i < f->n_kinds; i++) {
		assert(f->kinds[i].count > 0 && f->kinds[i].count <= EL_FAMILY_COUNT_MAX);
		assert(!f->kinds[i].listens || f->n_own_fds == 0 || f->n_own_fds == f->kinds[i].count);
	}
	for (i = 0; i < f->n_links; i++)
		assert(f->links[i].a < f->n_kinds && f->links[i].b < f->n_kinds);
	(void)f;
}

int
el_family_run(const struct el_family *f)
{
	struct el_parent parent;
	sigset_t old_mask;
	size_t i;

	check_family(f);
	el_log_name(f->name);
	if (open_parent(&parent, f, &old_mask) != EL_OK)
		return 1;
	el_log(EL_EV_STARTED, 0, 0);
	read_lab_clock(&parent);
	for (i = 0; i < parent.n_members; i++)
		start_or_retry(&parent, &parent.members[i]);
	while (!parent.stopping) {
		wait_once(&parent, until_restart(&parent));
		restart_due(&parent);
	}
	stop_all(&parent);
	el_log(EL_EV_STOPPED, parent.status, 0);
	close(parent.signal_fd);
	free(parent.members);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	return parent.status;
}
