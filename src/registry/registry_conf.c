#include "registry/registry_conf.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "crypto/keyfile.h"
#include "order/policy.h"

const struct el_conf_key el_registry_conf_keys[] = { EL_SERVICE_KEYS(struct el_registry_conf),
	{ "answer_key_file", EL_CONF_PATH, offsetof(struct el_registry_conf, answer_key_file), 1, 200, NULL },
	{ "log_key_file", EL_CONF_PATH, offsetof(struct el_registry_conf, log_key_file), 1, 200, NULL },
	{ "issuer", EL_CONF_LIST, offsetof(struct el_registry_conf, issuers), 3, EL_CONF_STR_MAX, NULL },
	{ "late_limit", EL_CONF_UINT, offsetof(struct el_registry_conf, late_limit), 0, EL_LATE_LIMIT_MAX_S, "86400" },
	{ "skew", EL_CONF_UINT, offsetof(struct el_registry_conf, skew), 0, EL_SKEW_MAX_S, "5" },
	{ "daily_cap", EL_CONF_UINT, offsetof(struct el_registry_conf, daily_cap), 1, EL_CAP_MAX, "50000" },
	{ "lab_segment_rows", EL_CONF_UINT, offsetof(struct el_registry_conf, lab_segment_rows), EL_LAB_SEGMENT_ROWS_MIN,
	    EL_SEGMENT_ROWS, "1000000" },
	{ NULL, EL_CONF_STR, 0, 0, 0, NULL } };

int
el_registry_conf_pair(const struct el_registry_conf *c, size_t i, struct el_pair_line *out)
{
	const char *p = c->issuers.item[i];
	unsigned n = 0;

	for (; *p >= '0' && *p <= '9' && n <= UINT8_MAX; p++)
		n = n * 10 + (unsigned)(*p - '0');
	if (n == 0 || n > UINT8_MAX || *p != ' ')
		return EL_ECONFIG;
	while (*p == ' ')
		p++;
	if (*p != '/')
		return EL_ECONFIG;
	*out = (struct el_pair_line){ (uint8_t)n, p };
	return EL_OK;
}

static int
complain(char message[EL_CONF_STR_MAX + 1], const char *what, const char *why)
{
	(void)snprintf(message, EL_CONF_STR_MAX + 1, "%s: %s", what, why);
	return EL_ECONFIG;
}

/* A pair file is destroyed once it was imported, so it may be missing where there is a keyring. */
static int
check_pair_file(const struct el_registry_conf *c, const char *path, char message[EL_CONF_STR_MAX + 1])
{
	char keyring[EL_CONF_STR_MAX + 16];
	uint8_t *secret = NULL;
	el_epoch epoch;
	int r;

	if (access(path, F_OK) != 0) {
		(void)snprintf(keyring, sizeof keyring, "%s/keyring", c->service.data_dir);
		return access(keyring, F_OK) == 0 ? EL_OK : complain(message, "issuer", "the pair file is not there");
	}
	r = el_keyfile_read(path, EL_PURPOSE_PAIR, NULL, NULL, &secret, &epoch);
	el_secret_free(secret);
	return r == EL_OK ? EL_OK : complain(message, "issuer", el_strerror(r));
}

int
el_registry_conf_check(const void *conf, char message[EL_CONF_STR_MAX + 1])
{
	const struct el_registry_conf *const c = conf;
	bool seen[UINT8_MAX + 1] = { false };
	struct el_pair_line line;
	uint8_t *secret = NULL;
	int r;

	if (!c->service.lab && c->lab_segment_rows != EL_SEGMENT_ROWS)
		return complain(message, "lab_segment_rows", "only with lab = yes");
	if (c->issuers.n == 0)
		return complain(message, "issuer", "at least one line `issuer = N PAIRFILE` is needed");
	for (size_t i = 0; i < c->issuers.n; i++) {
		if (el_registry_conf_pair(c, i, &line) != EL_OK)
			return complain(message, "issuer", "not a number from 1 to 255 and an absolute path");
		if (seen[line.issuer])
			return complain(message, "issuer", "an issuer is named twice");
		seen[line.issuer] = true;
		if ((r = check_pair_file(c, line.path, message)) != EL_OK)
			return r;
	}
	r = el_keyfile_read(c->answer_key_file, EL_PURPOSE_ANSWER, NULL, NULL, &secret, NULL);
	el_secret_free(secret);
	if (r != EL_OK)
		return complain(message, "answer_key_file", el_strerror(r));
	r = el_keyfile_read(c->log_key_file, EL_PURPOSE_LOG, NULL, NULL, &secret, NULL);
	el_secret_free(secret);
	return r == EL_OK ? EL_OK : complain(message, "log_key_file", el_strerror(r));
}
