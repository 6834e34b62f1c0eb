#ifndef EL_CLI_TRANSPORT_H
#define EL_CLI_TRANSPORT_H

#include "authority/join.h"
#include "cli/conf.h"

/* The executor's calls over HTTP: signed, one at a time. */
#define EL_TRANSPORT_TIMEOUT_S 120
struct el_transport {
	const struct el_cli *cli;
	const struct el_cli_conf *conf;
	const struct el_trust *trust;
	struct el_sign_key *key; /* the executor's */
	unsigned trustee_timeout_s; /* a trustee that says nothing for so long is left out */
};

/* el_join_call_fn; ctx is the struct el_transport. */
el_join_call_fn el_transport_call;

/*
 * Ask trustee `trustee` at url for the partials of request i, a page at a time where that may be, and take
 * them into the join.  EL_EPERM: refused, or not proven, as message says; EL_ECLOSED: no answer in time; EL_EEXIST,
 * EL_ENOMEM as el_join_take().
 */
EL_MUST_USE int el_transport_partials(struct el_transport *, const struct el_join_ops *, const char *url,
    unsigned trustee, struct el_join *, size_t i, char message[EL_JOIN_MESSAGE]);

#endif
