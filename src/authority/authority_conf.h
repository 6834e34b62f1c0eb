#ifndef EL_AUTHORITY_CONF_H
#define EL_AUTHORITY_CONF_H

#include "service/service.h"

/* The configuration of entrylog-authority. */
struct el_authority_conf {
	struct el_service_conf service; /* first */
	char role[EL_CONF_STR_MAX + 1]; /* "executor" or "trustee" */
	char share_file[EL_CONF_STR_MAX + 1];	     /* trustee: the SHARE of `entrylog trustee accept` */
	char witness_key_file[EL_CONF_STR_MAX + 1];  /* trustee: cosigns checkpoints; "": it does not */
	char executor_key_file[EL_CONF_STR_MAX + 1]; /* for `entrylog join`; the daemon does not read it */
	char default_country[EL_CONF_STR_MAX + 1];   /* for pages and phone files */
};

extern const struct el_conf_key el_authority_conf_keys[];
int el_authority_conf_check(const void *conf, char message[EL_CONF_STR_MAX + 1]);
bool el_authority_is_trustee(const struct el_authority_conf *);

#endif
