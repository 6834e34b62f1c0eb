#include "indexer/indexer.h"
#include "order/rjson.h"
#include "registry/registry_conf.h"
#include "registry/roles.h"

/* entrylog-registry: sealed visits, and nothing about who. */

#define CONF_OF(ctx) ((const struct el_registry_conf *)(ctx))

static int
clock_run(struct el_child *child, void *conf)
{
	return el_service_clock_run(child, conf, EL_REGISTRY_CORE);
}

static void
family(const void *conf, struct el_family *out)
{
	static struct el_kind kinds[EL_REGISTRY_KINDS] = {
		[EL_REGISTRY_CORE] = { .name = "core", .count = 1, .stop_order = 1, .run = el_registry_core_run },
		[EL_REGISTRY_NET] = { .name = "net", .stop_order = 0, .listens = true, .run = el_registry_net_run },
		[EL_REGISTRY_INDEXER] = { .name = "indexer",
		    .count = 1,
		    .stop_order = 2,
		    .nice = EL_INDEXER_NICE,
		    .disposable = true,
		    .run = el_registry_indexer_run },
		[EL_REGISTRY_LOG] = { .name = "log", .count = 1, .stop_order = 2, .run = el_registry_log_run },
		[EL_REGISTRY_CLOCK] = { .name = "clock", .count = 1, .stop_order = 2, .run = clock_run },
	};
	static const struct el_family_link links[] = {
		{ EL_REGISTRY_CORE, EL_REGISTRY_NET, EL_LINK_ALL },
		{ EL_REGISTRY_CORE, EL_REGISTRY_INDEXER, EL_LINK_ALL },
		{ EL_REGISTRY_CORE, EL_REGISTRY_LOG, EL_LINK_ALL },
		{ EL_REGISTRY_NET, EL_REGISTRY_LOG, EL_LINK_ALL },
		{ EL_REGISTRY_CORE, EL_REGISTRY_CLOCK, EL_LINK_ALL }, /* last: not always there */
	};
	const size_t n_links = sizeof links / sizeof links[0];
	const bool has_peers = CONF_OF(conf)->service.time_peers.n > 0;

	kinds[EL_REGISTRY_NET].count = (unsigned)CONF_OF(conf)->service.net_processes;
	out->kinds = kinds;
	out->n_kinds = has_peers ? EL_REGISTRY_KINDS : EL_REGISTRY_CLOCK;
	out->links = links;
	out->n_links = has_peers ? n_links : n_links - 1;
}

int
main(int argc, char **argv)
{
	static const struct el_service_role role = { .name = "registry",
		.conf_keys = el_registry_conf_keys,
		.conf_size = sizeof(struct el_registry_conf),
		.check = el_registry_conf_check,
		.family = family };

	el_json_wipe_freed(); /* day secrets and released visits */
	return el_service_main(argc, argv, &role);
}
