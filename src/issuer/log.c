#include "issuer/issuer_conf.h"
#include "issuer/roles.h"
#include "publog/publog.h"

/* The log process: hashes, counts and times pass through it, no key but its own and no identity. */
int
el_issuer_log_run(struct el_child *child, void *conf)
{
	const struct el_issuer_conf *const c = conf;
	char origin[EL_LOG_ORIGIN_MAX + 1], party[EL_PARTY_NAME_MAX + 1];
	const struct el_publog_role role = { .data_dir = c->service.data_dir, .key_file = c->log_key_file, .origin = origin,
		.core_kind = EL_ISSUER_CORE, .net_kind = EL_ISSUER_NET };
	int r;

	el_issuer_conf_party(c, party);
	r = el_publog_origin(c->service.root_key_file, party, origin);
	return r == EL_OK ? el_publog_run(child, &role) : r;
}
