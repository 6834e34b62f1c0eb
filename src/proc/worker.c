/* The loop of a child without clients of its own. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/event_log.h"
#include "base/limits.h"
#include "proc/family_internal.h"

#define TICK_MS 1000
#define MESSAGES_MAX 4096 /* of one link in one turn */
#define QUEUE_MAX ((size_t)64 * 1024 * 1024) /* answers that wait for one peer */
#define WATCHES_MAX 16
#define STOP_TURNS_MAX 64
#define STOP_FLUSH_MS 2000 /* how long a stopping process waits for its answers to be taken */
#define LINKS_MAX (EL_FAMILY_KINDS_MAX * EL_FAMILY_COUNT_MAX)

struct link {
	struct el_channel *channel; /* NULL: not there */
	bool more; /* whole messages were left over by the last turn */
};

struct el_worker {
	struct el_child *child;
	const struct el_worker_ops *ops;
	void *ctx;
	struct link links[EL_FAMILY_KINDS_MAX][EL_FAMILY_COUNT_MAX];
	int watches[WATCHES_MAX];
	size_t n_watches;
	int64_t tick_ms;
	int64_t began_us;  /* when the last turn with messages began; 0: it had one message, or none has been */
	bool stopping, orphaned;
};

static struct link *
link_at(struct el_worker *w, size_t i)
{
	return &w->links[i / EL_FAMILY_COUNT_MAX][i % EL_FAMILY_COUNT_MAX];
}

static void
link_drop(struct link *l)
{
	el_channel_free(l->channel);
	l->channel = NULL;
	l->more = false;
}

static void
link_lost(struct el_worker *w, size_t i, int err)
{
	el_log(err == EL_EFORMAT ? EL_EV_PEER_MISBEHAVED : EL_EV_LINK_LOST, err, 0);
	link_drop(link_at(w, i));
	if (w->ops->link_down != NULL)
		w->ops->link_down(
		    w->ctx, w, (unsigned)(i / EL_FAMILY_COUNT_MAX), (unsigned)(i % EL_FAMILY_COUNT_MAX));
}

/* Read what one link brought and hand its messages over.  The number of messages. */
static unsigned
read_link(struct el_worker *w, size_t i)
{
	const unsigned max = w->ops->messages_max != 0 ? w->ops->messages_max : MESSAGES_MAX;
	const unsigned kind = (unsigned)(i / EL_FAMILY_COUNT_MAX), index = (unsigned)(i % EL_FAMILY_COUNT_MAX);
	struct link *l = link_at(w, i);
	struct el_msg m, later;
	unsigned n;
	int r = EL_OK, got = EL_OK;

	/* A backlog is worked off first: reading on would let it grow without bound. */
	if (!l->more)
		r = el_channel_fill(l->channel);
	for (n = 0; n < max && (got = el_channel_next(l->channel, &m)) == EL_OK; n++) {
		if (w->ops->ahead != NULL && el_channel_peek(l->channel, &later) == EL_OK)
			w->ops->ahead(w->ctx, kind, &later);
		w->ops->message(w->ctx, w, kind, index, &m);
	}
	l->more = got == EL_OK;
	if (r == EL_OK && got != EL_OK && got != EL_ENOTFOUND)
		r = got;
	if (r != EL_OK && !l->more)
		link_lost(w, i, r);
	return n;
}

static void
flush_links(struct el_worker *w)
{
	size_t i;
	int r;

	for (i = 0; i < LINKS_MAX; i++) {
		struct link *l = link_at(w, i);

		if (l->channel == NULL || !el_channel_wants_write(l->channel))
			continue;
		if ((r = el_channel_flush(l->channel)) != EL_OK)
			link_lost(w, i, r);
	}
}

static void
link_up(struct el_worker *w, const struct el_control *c)
{
	struct link *l = &w->links[c->peer_kind][c->peer_index];

	/* A fresh link means a new process at the other end; what the old one left is nobody's. */
	if (l->channel != NULL) {
		link_drop(l);
		if (w->ops->link_down != NULL)
			w->ops->link_down(w->ctx, w, c->peer_kind, c->peer_index);
	}
	if (el_channel_new(c->fd, EL_MSG_MAX, QUEUE_MAX, &l->channel) != EL_OK) {
		close(c->fd);
		el_log(EL_EV_LINK_LOST, EL_ENOMEM, 0);
		return;
	}
	if (w->ops->link_up != NULL)
		w->ops->link_up(w->ctx, w, c->peer_kind, c->peer_index);
}

static void
take_control(struct el_worker *w)
{
	struct el_control c;

	for (;;) {
		el_child_control(w->child, &c);
		switch (c.kind) {
		case EL_CONTROL_NONE:
			return;
		case EL_CONTROL_LINK:
			link_up(w, &c);
			break;
		case EL_CONTROL_RELOAD:
			if (w->ops->reload != NULL)
				w->ops->reload(w->ctx, w);
			break;
		case EL_CONTROL_STOP:
			w->stopping = true;
			return;
		case EL_CONTROL_ORPHANED:
			w->orphaned = true;
			return;
		}
	}
}

static void
tick(struct el_worker *w)
{
	const int64_t now = el_clock_monotonic_ms();

	if (now < w->tick_ms)
		return;
	w->tick_ms = now + TICK_MS;
	if (w->ops->tick != NULL)
		w->ops->tick(w->ctx, w);
}

/* The end of a turn: commit the group, then release its answers.  Nothing is released when it failed. */
static int
end_turn(struct el_worker *w)
{
	int r;

	if (w->ops->turn != NULL && (r = w->ops->turn(w->ctx, w)) != EL_OK)
		return r;
	flush_links(w);
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (link_at(w, i)->channel != NULL)
			el_channel_forget(link_at(w, i)->channel);
	return EL_OK;
}

struct wait {
	struct pollfd fds[1 + LINKS_MAX + WATCHES_MAX];
	size_t link[1 + LINKS_MAX]; /* fds[1 .. n_links] are these links */
	size_t n_links, n_watches;
};

static void
wait_for(struct el_worker *w, struct wait *p)
{
	const int64_t left = w->tick_ms - el_clock_monotonic_ms();
	int timeout = left > 0 ? (int)left : 0;
	size_t i, n = 1;

	p->fds[0] = (struct pollfd){ el_child_control_fd(w->child), POLLIN, 0 };
	for (i = 0; i < LINKS_MAX; i++) {
		const struct link *l = link_at(w, i);

		if (l->channel == NULL)
			continue;
		if (l->more)
			timeout = 0;
		p->fds[n] = (struct pollfd){ el_channel_fd(l->channel), POLLIN, 0 };
		if (el_channel_wants_write(l->channel))
			p->fds[n].events |= POLLOUT;
		p->link[n++] = i;
	}
	p->n_links = n - 1;
	p->n_watches = w->n_watches;
	for (i = 0; i < w->n_watches; i++)
		p->fds[n++] = (struct pollfd){ w->watches[i], POLLIN, 0 };
	/* A signal or an error leaves nothing marked: the turn is then empty. */
	if (poll(p->fds, n, timeout) < 0)
		for (i = 0; i < n; i++)
			p->fds[i].revents = 0;
}

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/*
 * Let company gather when the last turn had some and began a moment ago: the messages wait in their sockets, as
 * they do while a turn is at work.  Whoever comes alone does not wait.
 */
static void
keep_spacing(const struct el_worker *w)
{
	const int64_t left = w->began_us != 0 ? w->began_us + w->ops->spacing_us - now_us() : 0;
	struct timespec t = { 0, left * 1000 };

	if (left > 0 && left < 1000000)
		(void)nanosleep(&t, NULL);
}

static bool
is_watched(const struct el_worker *w, int fd)
{
	size_t i;

	for (i = 0; i < w->n_watches; i++)
		if (w->watches[i] == fd)
			return true;
	return false;
}

static int
one_turn(struct el_worker *w)
{
	struct wait p;
	int64_t began_us = 0;
	unsigned n = 0;
	size_t i;
	int r;

	wait_for(w, &p);
	if (w->ops->spacing_us != 0) {
		keep_spacing(w);
		began_us = now_us();
	}
	for (i = 1; i <= p.n_links; i++) {
		const struct link *l = link_at(w, p.link[i]);

		if (l->channel != NULL && (l->more || (p.fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0))
			n += read_link(w, p.link[i]);
	}
	if (n > 0)
		w->began_us = n > 1 ? began_us : 0;
	for (; i <= p.n_links + p.n_watches; i++)
		if (p.fds[i].revents != 0 && w->ops->readable != NULL && is_watched(w, p.fds[i].fd))
			w->ops->readable(w->ctx, w, p.fds[i].fd);
	tick(w);
	if ((r = end_turn(w)) != EL_OK)
		return r;
	/* Last, so that the answers of this turn go to those who asked and not to their successors. */
	if (p.fds[0].revents != 0)
		take_control(w);
	return EL_OK;
}

/* Give the peers a while to take what is queued. */
static void
flush_out(struct el_worker *w)
{
	const int64_t limit = el_clock_monotonic_ms() + STOP_FLUSH_MS;
	struct pollfd fds[LINKS_MAX];
	nfds_t n;
	size_t i;

	for (;;) {
		const int64_t left = limit - el_clock_monotonic_ms();

		for (i = 0, n = 0; i < LINKS_MAX; i++) {
			const struct el_channel *c = link_at(w, i)->channel;

			if (c != NULL && el_channel_wants_write(c))
				fds[n++] = (struct pollfd){ el_channel_fd(c), POLLOUT, 0 };
		}
		if (n == 0 || left <= 0 || poll(fds, n, (int)left) <= 0)
			return;
		flush_links(w);
	}
}

/* Told to stop: deliver what had arrived, commit it, and see the answers taken. */
static int
last_turns(struct el_worker *w)
{
	unsigned turns, n;
	size_t i;
	int r;

	for (turns = 0, n = 1; n > 0 && turns < STOP_TURNS_MAX; turns++) {
		for (i = 0, n = 0; i < LINKS_MAX; i++)
			if (link_at(w, i)->channel != NULL)
				n += read_link(w, i);
		if ((r = end_turn(w)) != EL_OK)
			return r;
	}
	flush_out(w);
	return EL_OK;
}

int
el_worker_run(struct el_child *child, const struct el_worker_ops *ops, void *ctx)
{
	struct el_worker *w;
	size_t i;
	int r;

	if ((w = calloc(1, sizeof *w)) == NULL)
		return EL_ENOMEM;
	w->child = child;
	w->ops = ops;
	w->ctx = ctx;
	if ((r = ops->start != NULL ? ops->start(ctx, w) : EL_OK) != EL_OK)
		goto out;
	el_child_ready(child);
	take_control(w);
	while (r == EL_OK && !w->stopping && !w->orphaned)
		r = one_turn(w);
	if (r == EL_OK && w->orphaned)
		r = EL_ECLOSED;
	if (r == EL_OK)
		r = last_turns(w);
	if (ops->stop != NULL)
		ops->stop(ctx);
out:
	for (i = 0; i < LINKS_MAX; i++)
		link_drop(link_at(w, i));
	free(w);
	return r;
}

int64_t
el_worker_now(const struct el_worker *w)
{
	return el_child_now(w->child);
}

unsigned
el_worker_index(const struct el_worker *w)
{
	return el_child_index(w->child);
}

int
el_worker_put(struct el_worker *w, unsigned peer_kind, unsigned peer_index, uint16_t type, uint64_t id,
    const void *body, size_t len)
{
	if (peer_kind >= EL_FAMILY_KINDS_MAX || peer_index >= EL_FAMILY_COUNT_MAX ||
	    w->links[peer_kind][peer_index].channel == NULL)
		return EL_ENOTFOUND;
	return el_channel_put(w->links[peer_kind][peer_index].channel, type, id, body, len);
}

void
el_worker_put_all(struct el_worker *w, unsigned peer_kind, uint16_t type, const void *body, size_t len)
{
	unsigned i;

	for (i = 0; i < EL_FAMILY_COUNT_MAX; i++)
		if (el_worker_put(w, peer_kind, i, type, 0, body, len) != EL_OK)
			continue; /* dead, or too slow to be told */
}

int
el_worker_watch(struct el_worker *w, int fd)
{
	if (is_watched(w, fd))
		return EL_EEXIST;
	if (w->n_watches == WATCHES_MAX)
		return EL_ELIMIT;
	w->watches[w->n_watches++] = fd;
	return EL_OK;
}

void
el_worker_unwatch(struct el_worker *w, int fd)
{
	size_t i;

	for (i = 0; i < w->n_watches; i++) {
		if (w->watches[i] != fd)
			continue;
		w->watches[i] = w->watches[--w->n_watches];
		return;
	}
}
