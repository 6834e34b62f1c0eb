#ifndef EL_NET_IO_H
#define EL_NET_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "entrylog/error.h"

/*
 * A client's socket as a connection sees it.  Nothing here blocks or waits; the connection waits for the socket to be
 * readable or writable.  What lies between the bytes of HTTP and those on the wire is one table.
 */
struct el_io;

struct el_io_ops {
	/*
	 * Receive at most room bytes.  EL_OK: *n of them, and fewer than room only when no more are there until the
	 * socket is readable again.  EL_EBUSY: none now.  EL_ENOTFOUND: the client has ended its sending side.
	 * EL_ECLOSED: the connection is broken.
	 */
	int (*receive)(struct el_io *, void *to, size_t room, size_t *n);
	/* Send as much of the parts as is taken now: *n bytes, 0 when the socket is full.  EL_ECLOSED. */
	int (*send)(struct el_io *, const struct iovec *parts, int n_parts, size_t *n);
	/* Whether bytes have arrived that were not received. */
	bool (*has_bytes)(const struct el_io *);
	void (*end)(struct el_io *); /* our sending side */
	void (*close)(struct el_io *);
};

struct el_io {
	const struct el_io_ops *ops;
	int fd;
};

/* Take over a connected, non-blocking TCP socket: bytes as they are. */
void el_io_plain(struct el_io *, int fd);

#endif
