#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/event_log.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "service/service.h"

#define ACCEPTED_MAX 1024

int
el_service_trust(const struct el_service_conf *c, int64_t now_s, struct el_trust *t)
{
	int r = el_trust_load(t, c->root_key_file, c->policy_file, c->bundle_file, c->directory_file, now_s);

	/* A laboratory's policy must never run a real deployment, nor the reverse. */
	if (r == EL_OK && t->policy->lab != c->lab)
		r = EL_ECONFIG;
	return r;
}

/* data_dir/accepted holds a line `name serial hash` for each kind of document. */
struct accepted {
	const char *name;
	uint64_t serial;
	const struct el_hash *hash;
};

/* The serial in the line of that name; 0 when there is none. */
static uint64_t
serial_before(const char *text, const char *name)
{
	const size_t n = strlen(name);

	while (*text != '\0') {
		const char *nl = strchr(text, '\n');

		if (strncmp(text, name, n) == 0 && text[n] == ' ')
			return strtoull(text + n + 1, NULL, 10);
		if (nl == NULL)
			break;
		text = nl + 1;
	}
	return 0;
}

int
el_service_accept(const struct el_service_conf *c, const struct el_trust *t, unsigned *accepted)
{
	const struct accepted docs[] = {
		{ "policy", t->policy->serial, &t->policy->hash },
		{ "bundle", t->bundle->serial, &t->bundle->hash },
		{ "directory", t->directory->serial, &t->directory->hash },
	};
	char path[4096], text[ACCEPTED_MAX], b64[EL_BASE64URL_LEN(EL_HASH_LEN) + 1];
	uint8_t *before = NULL;
	unsigned changed = 0;
	size_t len, n = 0;
	int r;

	if (accepted != NULL)
		*accepted = 0;
	if ((r = el_path_join(path, sizeof path, c->data_dir, "accepted")) != EL_OK)
		return r;
	if ((r = el_file_read(path, ACCEPTED_MAX, &before, &len)) != EL_OK && r != EL_ENOTFOUND)
		return r;
	r = EL_OK;
	for (size_t i = 0; i < sizeof docs / sizeof docs[0]; i++) {
		const uint64_t old = before != NULL ? serial_before((const char *)before, docs[i].name) : 0;

		if (docs[i].serial < old) {
			el_log(EL_EV_DOCUMENT_REFUSED, EL_EPERM, docs[i].serial);
			r = EL_EPERM;
			goto out;
		}
		if (docs[i].serial > old) {
			el_log(EL_EV_DOCUMENT_ACCEPTED, EL_OK, docs[i].serial);
			changed |= 1u << i;
		}
		el_base64url_encode(docs[i].hash->b, EL_HASH_LEN, b64);
		n += (size_t)snprintf(text + n, sizeof text - n, "%s %llu %s\n", docs[i].name,
		    (unsigned long long)docs[i].serial, b64);
	}
	if (before == NULL || strlen((const char *)before) != n || memcmp(before, text, n) != 0)
		r = el_file_replace(path, 0600, text, n);
	if (r == EL_OK && accepted != NULL)
		*accepted = changed;
out:
	free(before);
	return r;
}

bool
el_service_is_operator(const struct el_service_conf *c, const uint8_t *key, size_t len)
{
	uint8_t *text = NULL, expected[EL_HASH_LEN];
	struct el_hash actual;
	size_t n;
	bool same;

	if (c->operator_key_file[0] == '\0' || len != 32 || el_file_read(c->operator_key_file, 128, &text, &n) != EL_OK)
		return false;
	text[strcspn((char *)text, "\r\n")] = '\0';
	el_sha256(key, len, &actual);
	same = el_base64url_exact((const char *)text, expected, sizeof expected) == EL_OK &&
	    el_bytes_eq(expected, actual.b, sizeof expected);
	free(text);
	return same;
}
