/* The packets between a parent and its children, and who is linked with whom. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/codec.h"
#include "proc/family_internal.h"

/* A link holds at least one group of requests while the reader waits for its disk. */
#define LINK_BUFFER_LEN (1024 * 1024)

union fd_space {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

int
el_packet_send(int socket, const struct el_packet *p, int fd)
{
	uint8_t bytes[EL_PACKET_LEN];
	struct iovec io = { bytes, sizeof bytes };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	union fd_space control;
	struct el_wr w = el_wr_init(bytes, sizeof bytes);
	ssize_t n;

	el_wr_u8(&w, (uint8_t)p->type);
	el_wr_u8(&w, (uint8_t)p->kind);
	el_wr_u8(&w, (uint8_t)p->index);
	el_wr_u64(&w, (uint64_t)p->value);
	if (fd >= 0) {
		memset(&control, 0, sizeof control);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
		m.msg_control = control.space;
		m.msg_controllen = sizeof control.space;
	}
	do {
		n = sendmsg(socket, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? EL_EBUSY : EL_ECLOSED;
	return EL_OK;
}

static int
packet_parse(const uint8_t *in, size_t len, struct el_packet *p)
{
	struct el_rd r = el_rd_init(in, len);
	const unsigned type = el_rd_u8(&r);

	p->type = (enum el_packet_type)type;
	p->kind = el_rd_u8(&r);
	p->index = el_rd_u8(&r);
	p->value = (int64_t)el_rd_u64(&r);
	if (type < EL_PACKET_LINK || type > EL_PACKET_READY || p->kind >= EL_FAMILY_KINDS_MAX ||
	    p->index >= EL_FAMILY_COUNT_MAX)
		return EL_EFORMAT;
	return el_rd_end(&r);
}

int
el_packet_receive(int socket, struct el_packet *p, int *fd)
{
	uint8_t bytes[EL_PACKET_LEN + 1];
	struct iovec io = { bytes, sizeof bytes };
	union fd_space control;
	struct msghdr m = {
		.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space
	};
	const struct cmsghdr *h;
	ssize_t n;
	int r;

	*fd = -1;
	do {
		n = recvmsg(socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return EL_ENOTFOUND;
	if (n <= 0)
		return EL_ECLOSED;
	if ((h = CMSG_FIRSTHDR(&m)) != NULL && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
	    h->cmsg_len == CMSG_LEN(sizeof *fd))
		memcpy(fd, CMSG_DATA(h), sizeof *fd);
	r = packet_parse(bytes, (size_t)n, p);
	/* A LINK has a descriptor, nothing else has one. */
	if (r == EL_OK && (p->type == EL_PACKET_LINK) != (*fd >= 0))
		r = EL_EFORMAT;
	if (r != EL_OK && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return r;
}

static bool
joins(const struct el_family *f, const struct el_family_link *l, unsigned a_index, unsigned b_index)
{
	const unsigned n_a = f->kinds[l->a].count, n_b = f->kinds[l->b].count;

	switch (l->shape) {
	case EL_LINK_ALL:
		return l->a != l->b || a_index != b_index;
	case EL_LINK_SAME:
		return n_a >= n_b ? a_index % n_b == b_index : b_index % n_a == a_index;
	case EL_LINK_NONE:
		break;
	}
	return false;
}

bool
el_family_linked(const struct el_family *f, unsigned kind, unsigned index, unsigned other_kind, unsigned other_index)
{
	size_t i;

	for (i = 0; i < f->n_links; i++) {
		const struct el_family_link *l = &f->links[i];

		if (l->a == kind && l->b == other_kind && joins(f, l, index, other_index))
			return true;
		if (l->b == kind && l->a == other_kind && joins(f, l, other_index, index))
			return true;
	}
	return false;
}

static int
link_two(const struct el_member *a, const struct el_member *b)
{
	const struct el_packet to_a = { EL_PACKET_LINK, b->kind, b->index, 0 };
	const struct el_packet to_b = { EL_PACKET_LINK, a->kind, a->index, 0 };
	const int size = LINK_BUFFER_LEN;
	int pair[2], r, i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		return EL_EIO;
	/* A smaller buffer than asked for is slower, not wrong. */
	for (i = 0; i < 2; i++)
		(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	r = el_packet_send(a->control, &to_a, pair[0]);
	/*
	 * A peer that is dead, or does not read and must be, is no failure of this link: its successor
	 * gets a fresh one, and the end that a holds now reads as closed.
	 */
	if (r == EL_OK && el_packet_send(b->control, &to_b, pair[1]) == EL_EBUSY)
		kill(b->pid, SIGKILL);
	close(pair[0]);
	close(pair[1]);
	return r;
}

int
el_family_link_up(struct el_parent *p, const struct el_member *m)
{
	size_t i;
	int r;

	for (i = 0; i < p->n_members; i++) {
		const struct el_member *other = &p->members[i];

		if (other == m || other->pid == 0 ||
		    !el_family_linked(p->family, m->kind, m->index, other->kind, other->index))
			continue;
		if ((r = link_two(m, other)) != EL_OK)
			return r;
	}
	return EL_OK;
}
