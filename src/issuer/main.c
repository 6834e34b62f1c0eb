#include "indexer/indexer.h"
#include "issuer/issuer_conf.h"
#include "issuer/roles.h"
#include "order/rjson.h"

/* entrylog-issuer: who the visitors are, and nothing about where. */

#define CONF_OF(ctx) ((const struct el_issuer_conf *)(ctx))

static int
clock_run(struct el_child *child, void *conf)
{
	return el_service_clock_run(child, conf, EL_ISSUER_CORE);
}

static void
family(const void *conf, struct el_family *out)
{
	static struct el_kind kinds[EL_ISSUER_KINDS] = {
		[EL_ISSUER_CORE] = { .name = "core", .count = 1, .stop_order = 2, .run = el_issuer_core_run },
		[EL_ISSUER_NET] = { .name = "net", .stop_order = 0, .listens = true, .run = el_issuer_net_run },
		[EL_ISSUER_SIGNER] = { .name = "signer", .stop_order = 1, .run = el_issuer_signer_run },
		[EL_ISSUER_SMS] = { .name = "sms", .count = 1, .stop_order = 1, .run = el_issuer_sms_run },
		[EL_ISSUER_INDEXER] = { .name = "indexer", .count = 1, .stop_order = 3, .nice = EL_INDEXER_NICE,
		    .disposable = true, .run = el_issuer_indexer_run },
		[EL_ISSUER_LOG] = { .name = "log", .count = 1, .stop_order = 3, .run = el_issuer_log_run },
		[EL_ISSUER_CLOCK] = { .name = "clock", .count = 1, .stop_order = 1, .run = clock_run },
	};
	static const struct el_family_link links[] = {
		{ EL_ISSUER_CORE, EL_ISSUER_NET, EL_LINK_ALL },
		{ EL_ISSUER_CORE, EL_ISSUER_SIGNER, EL_LINK_ALL },
		{ EL_ISSUER_CORE, EL_ISSUER_SMS, EL_LINK_ALL },
		{ EL_ISSUER_NET, EL_ISSUER_SIGNER, EL_LINK_ALL },
		{ EL_ISSUER_NET, EL_ISSUER_SMS, EL_LINK_ALL },
		{ EL_ISSUER_CORE, EL_ISSUER_INDEXER, EL_LINK_ALL },
		{ EL_ISSUER_CORE, EL_ISSUER_LOG, EL_LINK_ALL },
		{ EL_ISSUER_NET, EL_ISSUER_LOG, EL_LINK_ALL },
		{ EL_ISSUER_CORE, EL_ISSUER_CLOCK, EL_LINK_ALL }, /* last: not always there */
	};
	const size_t n_links = sizeof links / sizeof links[0];
	const bool has_peers = CONF_OF(conf)->service.time_peers.n > 0;

	kinds[EL_ISSUER_NET].count = (unsigned)CONF_OF(conf)->service.net_processes;
	kinds[EL_ISSUER_SIGNER].count = (unsigned)CONF_OF(conf)->service.net_processes;
	out->kinds = kinds;
	out->n_kinds = has_peers ? EL_ISSUER_KINDS : EL_ISSUER_CLOCK;
	out->links = links;
	out->n_links = has_peers ? n_links : n_links - 1;
}

int
main(int argc, char **argv)
{
	static const struct el_service_role role = { .name = "issuer", .conf_keys = el_issuer_conf_keys,
		.conf_size = sizeof(struct el_issuer_conf), .check = el_issuer_conf_check, .family = family };

	el_json_wipe_freed(); /* names and numbers of orders and registrations */
	return el_service_main(argc, argv, &role);
}
