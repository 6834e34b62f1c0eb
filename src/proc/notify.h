#ifndef EL_PROC_NOTIFY_H
#define EL_PROC_NOTIFY_H

/*
 * Tell a service manager a state ("READY=1", "STOPPING=1"): one datagram to the socket named by
 * NOTIFY_SOCKET.  Does nothing where there is none; a failure is not ours to handle.
 */
void el_notify(const char *state);

#endif
