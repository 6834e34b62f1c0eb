/* The child's side of a family: its first steps after the fork, and its control socket. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/event_log.h"
#include "proc/family_internal.h"

/*
 * A service manager signals every process of the service and a terminal the whole group, but the order
 * of stopping is the parent's: children take STOP from their control socket only.
 */
static void
ignore_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction restore = { .sa_handler = SIG_DFL };
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &ignore, NULL);
	sigaction(SIGCHLD, &restore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Keep the listening sockets that are this child's, close the others. */
static void
take_listening(struct el_child *self, const struct el_family *f)
{
	const bool listens = f->kinds[self->kind].listens;

	for (size_t i = 0; i < f->n_own_fds; i++)
		if (listens && i == self->index)
			self->listen_fds[self->n_listen_fds++] = f->own_fds[i];
		else
			close(f->own_fds[i]);
	for (size_t i = 0; i < f->n_listen_fds; i++)
		if (listens)
			self->listen_fds[self->n_listen_fds++] = f->listen_fds[i];
		else
			close(f->listen_fds[i]);
}

/* Nothing of the parent's that is not ours: other children's control sockets, their listening sockets. */
static void
close_parents(struct el_parent *p, struct el_child *self)
{
	size_t i;

	for (i = 0; i < p->n_members; i++)
		if (p->members[i].control >= 0)
			close(p->members[i].control);
	close(p->signal_fd);
	take_listening(self, p->family);
	free(p->members);
	p->members = NULL;
}

void
el_child_main(struct el_parent *p, const struct el_member *m, int control, pid_t parent_pid)
{
	const struct el_kind *kind = &p->family->kinds[m->kind];
	struct el_child self = {
		.family = p->family, .kind = m->kind, .index = m->index, .control = control, .clock = p->clock
	};
	char title[16];
	int r;

	snprintf(self.name, sizeof self.name, "%s/%s", p->family->name, kind->name);
	snprintf(title, sizeof title, "el-%s", kind->name);
	el_log_name(self.name);
	(void)prctl(PR_SET_NAME, title, 0, 0, 0);
	/* The parent may have died before it could be asked for. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent_pid)
		_exit(1);
	ignore_signals();
	close_parents(p, &self);
	/* Being less important than asked for is not worth a refusal to work. */
	if (kind->nice != 0)
		(void)setpriority(PRIO_PROCESS, 0, kind->nice);
	el_log(EL_EV_STARTED, 0, self.index);
	r = kind->run(&self, p->family->ctx);
	el_log(EL_EV_STOPPED, r, self.index);
	/* The control socket closes with the process: closed before, it would read as a broken child. */
	exit(r < 0 ? -r : r & 0x7f);
}

unsigned
el_child_index(const struct el_child *c)
{
	return c->index;
}

int64_t
el_child_now(const struct el_child *c)
{
	return el_clock_now(&c->clock);
}

const int *
el_child_listen_fds(const struct el_child *c, size_t *n)
{
	*n = c->n_listen_fds;
	return c->listen_fds;
}

int
el_child_control_fd(const struct el_child *c)
{
	return c->control;
}

void
el_child_control(struct el_child *c, struct el_control *out)
{
	struct el_packet p;
	int r;

	memset(out, 0, sizeof *out);
	out->fd = -1;
	while ((r = el_packet_receive(c->control, &p, &out->fd)) == EL_OK && p.type == EL_PACKET_CLOCK)
		c->clock.offset_s = p.value;
	if (r == EL_ENOTFOUND)
		return;
	/* A parent that sends nonsense is no parent. */
	out->kind = EL_CONTROL_ORPHANED;
	if (r != EL_OK)
		return;
	switch (p.type) {
	case EL_PACKET_LINK:
		out->kind = EL_CONTROL_LINK;
		out->peer_kind = p.kind;
		out->peer_index = p.index;
		break;
	case EL_PACKET_RELOAD:
		out->kind = EL_CONTROL_RELOAD;
		break;
	case EL_PACKET_STOP:
		out->kind = EL_CONTROL_STOP;
		break;
	case EL_PACKET_CLOCK:
	case EL_PACKET_READY:
		break;
	}
}

void
el_child_ready(struct el_child *c)
{
	const struct el_packet p = { .type = EL_PACKET_READY };

	/* If it cannot be told, the control socket is closed and that is met at the next turn. */
	if (el_packet_send(c->control, &p, -1) == EL_OK)
		el_log(EL_EV_READY, 0, c->index);
}
