#ifndef EL_REGISTRY_ROLES_H
#define EL_REGISTRY_ROLES_H

#include "proc/family.h"

/* The kinds of processes of the registry, and their lives. */
enum el_registry_kind {
	EL_REGISTRY_CORE,
	EL_REGISTRY_NET,
	EL_REGISTRY_INDEXER,
	EL_REGISTRY_LOG,
	EL_REGISTRY_CLOCK,
	EL_REGISTRY_KINDS
};

int el_registry_core_run(struct el_child *, void *conf);
int el_registry_net_run(struct el_child *, void *conf);
int el_registry_indexer_run(struct el_child *, void *conf);
int el_registry_log_run(struct el_child *, void *conf);

#endif
