#ifndef EL_ISSUER_ISSUER_CONF_H
#define EL_ISSUER_ISSUER_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "service/service.h"

/* The issuer's configuration (docs/man/entrylog-issuer.conf.5). */
struct el_issuer_conf {
	struct el_service_conf service; /* first: el_service_*() takes it from here */
	uint64_t issuer;		/* its number */
	uint64_t default_country;	/* of numbers typed in national form */
	uint64_t daily_cap; /* items answered at most in one day under all orders */
	char token_key_file[EL_CONF_STR_MAX + 1];
	char answer_key_file[EL_CONF_STR_MAX + 1];
	char log_key_file[EL_CONF_STR_MAX + 1];
	char pair_file[EL_CONF_STR_MAX + 1];
	char sms_driver[EL_CONF_STR_MAX + 1];
	char sms_target[EL_CONF_STR_MAX + 1]; /* a program's path, or a URL */
};

extern const struct el_conf_key el_issuer_conf_keys[];

enum el_sms_driver { EL_SMS_COMMAND, EL_SMS_WEBHOOK };
/* EL_ECONFIG: another word. */
EL_MUST_USE int el_issuer_conf_driver(const struct el_issuer_conf *, enum el_sms_driver *out);
/* "issuer:N", as orders name this party. */
void el_issuer_conf_party(const struct el_issuer_conf *, char out[EL_PARTY_NAME_MAX + 1]);
/* "82" */
void el_issuer_conf_country(const struct el_issuer_conf *, char out[8]);

/*
 * The further checks of -t and of the start: the key files are readable and of their purposes, a pair file that
 * is still there is one, the SMS gateway is named in the driver's form.  EL_ECONFIG with one line in message.
 */
EL_MUST_USE int el_issuer_conf_check(const void *conf, char message[EL_CONF_STR_MAX + 1]);

#endif
