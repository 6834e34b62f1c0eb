#include "indexer/indexer.h"

#include "base/file.h"
#include "issuer/close_day.h"
#include "issuer/roles.h"

/* The indexer process: no key but, while it rewrites or indexes one, those of a closed day. */
int
el_issuer_indexer_run(struct el_child *child, void *conf)
{
	const struct el_issuer_conf *const c = conf;
	char identities[512];
	const struct el_indexer_role role = { .dir = identities, .core_kind = EL_ISSUER_CORE, .work = el_close_day_work };
	const int r = el_path_join(identities, sizeof identities, c->service.data_dir, "identities");

	return r == EL_OK ? el_indexer_run(child, &role) : r;
}
