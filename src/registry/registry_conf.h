#ifndef EL_REGISTRY_REGISTRY_CONF_H
#define EL_REGISTRY_REGISTRY_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/limits.h"
#include "daybook/daybook.h"
#include "entrylog/error.h"
#include "service/service.h"

#define EL_LAB_SEGMENT_ROWS_MIN 100

/* The registry's configuration (docs/man/entrylog-registry.conf.5). */
struct el_registry_conf {
	struct el_service_conf service; /* first: el_service_*() takes it from here */
	char answer_key_file[EL_CONF_STR_MAX + 1];
	char log_key_file[EL_CONF_STR_MAX + 1];
	struct el_conf_list issuers; /* "N PAIRFILE", one for each issuer whose tokens are taken */
	uint64_t late_limit; /* seconds that a late item may be old */
	uint64_t skew; /* seconds that a visitor's and a scanner's clock may differ */
	uint64_t daily_cap; /* items answered at most in one day under all orders */
	uint64_t lab_segment_rows; /* rows of a segment; other than EL_SEGMENT_ROWS in lab mode alone */
};

extern const struct el_conf_key el_registry_conf_keys[];

/* One `issuer` line. */
struct el_pair_line {
	uint8_t issuer;
	const char *path; /* into the configuration */
};

/* EL_ECONFIG: not "N PAIRFILE" with N in 1..255 and an absolute path. */
EL_MUST_USE int el_registry_conf_pair(const struct el_registry_conf *, size_t i, struct el_pair_line *out);

/*
 * The further checks of -t and of the start: every issuer line once and well-formed, a pair file that is
 * still there is one, the answer key is readable and of its purpose.  EL_ECONFIG with one line in message.
 */
EL_MUST_USE int el_registry_conf_check(const void *conf, char message[EL_CONF_STR_MAX + 1]);

#endif
