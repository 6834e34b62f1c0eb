#include "authority/roles.h"
#include "order/rjson.h"

/* entrylog-authority: documents for all, report keys for the executor, or a trustee's share. */

#define CONF_OF(ctx) ((const struct el_authority_conf *)(ctx))

static int
clock_run(struct el_child *child, void *conf)
{
	return el_service_clock_run(child, conf, EL_AUTHORITY_CORE);
}

static void
family(const void *conf, struct el_family *out)
{
	static struct el_kind kinds[EL_AUTHORITY_KINDS] = {
		[EL_AUTHORITY_CORE] = { .name = "core", .count = 1, .stop_order = 1, .run = el_authority_core_run },
		[EL_AUTHORITY_NET] = { .name = "net", .stop_order = 0, .listens = true, .run = el_authority_net_run },
		[EL_AUTHORITY_CLOCK] = { .name = "clock", .count = 1, .stop_order = 2, .run = clock_run },
		[EL_AUTHORITY_WITNESS] = { .name = "witness", .count = 1, .stop_order = 2, .run = el_authority_witness_run },
	};
	static const struct el_family_link links[] = {
		{ EL_AUTHORITY_CORE, EL_AUTHORITY_NET, EL_LINK_ALL },
		{ EL_AUTHORITY_CORE, EL_AUTHORITY_CLOCK, EL_LINK_ALL },
		{ EL_AUTHORITY_CORE, EL_AUTHORITY_WITNESS, EL_LINK_ALL },
	};
	const bool has_peers = CONF_OF(conf)->service.time_peers.n > 0;

	kinds[EL_AUTHORITY_NET].count = (unsigned)CONF_OF(conf)->service.net_processes;
	out->kinds = kinds;
	/* The last ones are not always there; a trustee's clock process without peers has nothing to do. */
	out->n_kinds = el_authority_is_trustee(conf) ? EL_AUTHORITY_KINDS : has_peers ? EL_AUTHORITY_WITNESS :
											EL_AUTHORITY_CLOCK;
	out->links = links;
	out->n_links = out->n_kinds - 1;
}

int
main(int argc, char **argv)
{
	static const struct el_service_role role = { .name = "authority", .conf_keys = el_authority_conf_keys,
		.conf_size = sizeof(struct el_authority_conf), .check = el_authority_conf_check, .family = family };

	el_json_wipe_freed(); /* phone numbers of traces */
	return el_service_main(argc, argv, &role);
}
