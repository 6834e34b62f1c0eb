#include "indexer/indexer.h"

#include "base/file.h"
#include "registry/leaves.h"
#include "registry/registry_conf.h"
#include "registry/roles.h"

/* The indexer process: no key but, while it indexes a segment, the one of that day's rows (leaves.h). */
int
el_registry_indexer_run(struct el_child *child, void *conf)
{
	const struct el_registry_conf *const c = conf;
	char visits[512];
	const struct el_indexer_role role = { .dir = visits, .core_kind = EL_REGISTRY_CORE, .work = el_leaves_work };
	const int r = el_path_join(visits, sizeof visits, c->service.data_dir, "visits");

	return r == EL_OK ? el_indexer_run(child, &role) : r;
}
