#ifndef EL_NET_AUTH_H
#define EL_NET_AUTH_H

#include "net/http.h"

/*
 * The shape of the credential that a route asks for, from the value of Authorization (NULL: none).
 * ok with *out filled; unauthorized, or ticket_invalid for EL_AUTH_TICKET, with *out wiped.
 */
enum el_code el_auth_parse(enum el_auth, const char *authorization, struct el_credential *out);

#endif
