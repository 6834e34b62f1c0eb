#ifndef EL_PROC_CONTROL_H
#define EL_PROC_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "entrylog/error.h"

/*
 * The control socket (0600) of a daemon: its own command line work goes through it and never past it
 * into its files.  One request a connection: u32 length, u8 verb, body; answered by u32 length, u8
 * result (minus an enum el_error), body.  `data_dir/control`.
 */
#define EL_CONTROL_BODY_MAX (16 * 1024 * 1024)

enum el_control_verb {
	EL_CTL_PURGE = 1, /* destroy what is due now; answer: text for the operator */
	EL_CTL_CONFIRM_CLOCK = 2, /* the operator's word on the time, then as PURGE */
	EL_CTL_STATUS = 3, /* text lines `key = value` */
	EL_CTL_REPORT_SEAL = 4, /* authority: u16 epoch, plaintext -> sealed section */
	EL_CTL_REPORT_OPEN = 5 /* authority: u16 epoch, sealed section -> plaintext */
};

/* Server: listen on path (an old socket there is replaced). */
EL_MUST_USE int el_control_listen(const char *path, int *fd);
/*
 * Server: accept one connection on the listening descriptor, check that the peer runs as us or root,
 * read its request (2 s at most), let handle() answer into out, send it, close.
 */
void el_control_serve(int listen_fd,
    int (*handle)(void *ctx, uint8_t verb, const uint8_t *body, size_t len, struct el_buf *out), void *ctx);
/* Client: one call.  EL_ECLOSED: no daemon is running there. */
EL_MUST_USE int el_control_call(const char *path, uint8_t verb, const void *body, size_t len, struct el_buf *out);

#endif
