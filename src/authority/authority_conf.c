#include "authority/authority_conf.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "crypto/keyfile.h"

const struct el_conf_key el_authority_conf_keys[] = {
	EL_SERVICE_KEYS(struct el_authority_conf),
	{ "role", EL_CONF_STR, offsetof(struct el_authority_conf, role), 1, 15, "executor" },
	{ "share_file", EL_CONF_PATH, offsetof(struct el_authority_conf, share_file), 1, 200, "" },
	{ "witness_key_file", EL_CONF_PATH, offsetof(struct el_authority_conf, witness_key_file), 1, 200, "" },
	{ "executor_key_file", EL_CONF_PATH, offsetof(struct el_authority_conf, executor_key_file), 1, 200, "" },
	{ "default_country", EL_CONF_STR, offsetof(struct el_authority_conf, default_country), 1, 3, "82" },
	{ NULL, EL_CONF_STR, 0, 0, 0, NULL },
};

bool
el_authority_is_trustee(const struct el_authority_conf *c)
{
	return strcmp(c->role, "trustee") == 0;
}

static int
check_witness_key(const struct el_authority_conf *c)
{
	uint8_t *seed = NULL;
	const int r = el_keyfile_read(c->witness_key_file, EL_PURPOSE_WITNESS, NULL, NULL, &seed, NULL);

	el_secret_free(seed);
	return r;
}

int
el_authority_conf_check(const void *conf, char message[EL_CONF_STR_MAX + 1])
{
	const struct el_authority_conf *c = conf;

	if (strcmp(c->role, "executor") != 0 && !el_authority_is_trustee(c)) {
		snprintf(message, EL_CONF_STR_MAX + 1, "role: executor or trustee");
		return EL_ECONFIG;
	}
	if (el_authority_is_trustee(c) && (c->share_file[0] == '\0' || access(c->share_file, R_OK) != 0)) {
		snprintf(message, EL_CONF_STR_MAX + 1, "share_file: a trustee needs its share (entrylog trustee accept)");
		return EL_ECONFIG;
	}
	if (c->witness_key_file[0] != '\0' && check_witness_key(c) != EL_OK) {
		snprintf(message, EL_CONF_STR_MAX + 1, "witness_key_file: not a key of purpose witness (entrylog keys new witness)");
		return EL_ECONFIG;
	}
	return EL_OK;
}
