#include "publog/publog.h"
#include "registry/registry_conf.h"
#include "registry/roles.h"

/* The log process: hashes, counts and times pass through it, no key but its own and no visit. */
int
el_registry_log_run(struct el_child *child, void *conf)
{
	const struct el_registry_conf *const c = conf;
	char origin[EL_LOG_ORIGIN_MAX + 1];
	const struct el_publog_role role = { .data_dir = c->service.data_dir, .key_file = c->log_key_file, .origin = origin,
		.core_kind = EL_REGISTRY_CORE, .net_kind = EL_REGISTRY_NET };
	const int r = el_publog_origin(c->service.root_key_file, "registry", origin);

	return r == EL_OK ? el_publog_run(child, &role) : r;
}
