#ifndef EL_ISSUER_ROLES_H
#define EL_ISSUER_ROLES_H

#include "proc/family.h"

/* The kinds of processes of the issuer, and their lives. */
enum el_issuer_kind {
	EL_ISSUER_CORE,
	EL_ISSUER_NET,
	EL_ISSUER_SIGNER,
	EL_ISSUER_SMS,
	EL_ISSUER_INDEXER,
	EL_ISSUER_LOG,
	EL_ISSUER_CLOCK,
	EL_ISSUER_KINDS
};

int el_issuer_core_run(struct el_child *, void *conf);
int el_issuer_net_run(struct el_child *, void *conf);
int el_issuer_signer_run(struct el_child *, void *conf);
int el_issuer_sms_run(struct el_child *, void *conf);
int el_issuer_indexer_run(struct el_child *, void *conf);
int el_issuer_log_run(struct el_child *, void *conf);

#endif
