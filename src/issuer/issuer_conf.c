#include "issuer/issuer_conf.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "crypto/keyfile.h"
#include "order/policy.h"

#define KEY_OF(name) offsetof(struct el_issuer_conf, name)

const struct el_conf_key el_issuer_conf_keys[] = {
	EL_SERVICE_KEYS(struct el_issuer_conf),
	{ "issuer", EL_CONF_UINT, KEY_OF(issuer), 1, UINT8_MAX, NULL },
	{ "token_key_file", EL_CONF_PATH, KEY_OF(token_key_file), 1, 200, NULL },
	{ "answer_key_file", EL_CONF_PATH, KEY_OF(answer_key_file), 1, 200, NULL },
	{ "log_key_file", EL_CONF_PATH, KEY_OF(log_key_file), 1, 200, NULL },
	{ "pair_file", EL_CONF_PATH, KEY_OF(pair_file), 1, 200, NULL },
	{ "sms_driver", EL_CONF_STR, KEY_OF(sms_driver), 1, 16, NULL },
	{ "sms_target", EL_CONF_STR, KEY_OF(sms_target), 1, EL_CONF_STR_MAX, NULL },
	{ "default_country", EL_CONF_UINT, KEY_OF(default_country), 1, 999, "82" },
	{ "daily_cap", EL_CONF_UINT, KEY_OF(daily_cap), 1, EL_CAP_MAX, "50000" },
	{ NULL, EL_CONF_STR, 0, 0, 0, NULL }
};

int
el_issuer_conf_driver(const struct el_issuer_conf *c, enum el_sms_driver *out)
{
	*out = EL_SMS_COMMAND;
	if (strcmp(c->sms_driver, "command") == 0)
		return EL_OK;
	*out = EL_SMS_WEBHOOK;
	return strcmp(c->sms_driver, "webhook") == 0 ? EL_OK : EL_ECONFIG;
}

void
el_issuer_conf_party(const struct el_issuer_conf *c, char out[EL_PARTY_NAME_MAX + 1])
{
	(void)snprintf(out, EL_PARTY_NAME_MAX + 1, "issuer:%u", (unsigned)(uint8_t)c->issuer);
}

void
el_issuer_conf_country(const struct el_issuer_conf *c, char out[8])
{
	(void)snprintf(out, 8, "%u", (unsigned)(c->default_country % 1000));
}

static int
complain(char message[EL_CONF_STR_MAX + 1], const char *what, const char *why)
{
	(void)snprintf(message, EL_CONF_STR_MAX + 1, "%s: %s", what, why);
	return EL_ECONFIG;
}

static int
check_key(const char *key, const char *path, enum el_purpose purpose, char message[EL_CONF_STR_MAX + 1])
{
	uint8_t *secret = NULL;
	el_epoch epoch;
	const int r = el_keyfile_read(path, purpose, NULL, NULL, &secret, &epoch);

	el_secret_free(secret);
	return r == EL_OK ? EL_OK : complain(message, key, el_strerror(r));
}

static int
check_gateway(const struct el_issuer_conf *c, char message[EL_CONF_STR_MAX + 1])
{
	enum el_sms_driver driver;

	if (el_issuer_conf_driver(c, &driver) != EL_OK)
		return complain(message, "sms_driver", "not `command` or `webhook`");
	if (driver == EL_SMS_COMMAND)
		return c->sms_target[0] == '/' && access(c->sms_target, X_OK) == 0 ?
			EL_OK :
			complain(message, "sms_target", "not the absolute path of a program");
	return strncmp(c->sms_target, "https://", 8) == 0 || strncmp(c->sms_target, "http://", 7) == 0 ?
		EL_OK :
		complain(message, "sms_target", "not a URL");
}

int
el_issuer_conf_check(const void *conf, char message[EL_CONF_STR_MAX + 1])
{
	const struct el_issuer_conf *const c = conf;
	int r;

	if ((r = check_key("token_key_file", c->token_key_file, EL_PURPOSE_ISSUER, message)) != EL_OK ||
	    (r = check_key("answer_key_file", c->answer_key_file, EL_PURPOSE_ANSWER, message)) != EL_OK ||
	    (r = check_key("log_key_file", c->log_key_file, EL_PURPOSE_LOG, message)) != EL_OK)
		return r;
	/* A pair file is destroyed once it was imported, so only one that is there can be looked at. */
	if (access(c->pair_file, F_OK) == 0 &&
	    (r = check_key("pair_file", c->pair_file, EL_PURPOSE_PAIR, message)) != EL_OK)
		return r;
	return check_gateway(c, message);
}
