#include "base/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define CONF_FILE_MAX (64 * 1024)
#define CONF_KEYS_MAX 64

static int
complain(char *message, unsigned line, const char *what, const char *key)
{
	if (line > 0)
		snprintf(message, EL_CONF_STR_MAX + 1, "line %u: %.100s: %.100s", line, key, what);
	else
		snprintf(message, EL_CONF_STR_MAX + 1, "%.100s: %.100s", key, what);
	return EL_ECONFIG;
}

/* A copy of len bytes without blanks around them; EL_ECONFIG when it does not fit. */
static int
copy_trimmed(const char *p, size_t len, char out[EL_CONF_STR_MAX + 1])
{
	while (len > 0 && isspace((unsigned char)p[0])) {
		p++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)p[len - 1]))
		len--;
	if (len > EL_CONF_STR_MAX || memchr(p, '\0', len) != NULL)
		return EL_ECONFIG;
	memcpy(out, p, len);
	out[len] = '\0';
	return EL_OK;
}

static const char *
set_text(const struct el_conf_key *k, const char *value, const char *dir, char *out)
{
	const size_t len = strlen(value);

	if (len < k->min || (k->max != 0 && len > k->max))
		return "wrong length";
	if (k->type == EL_CONF_PATH && value[0] != '/' && value[0] != '\0' && dir != NULL) {
		if (el_path_join(out, EL_CONF_STR_MAX + 1, dir, value) != EL_OK)
			return "path too long";
		return NULL;
	}
	memcpy(out, value, len + 1);
	return NULL;
}

static const char *
set_uint(const struct el_conf_key *k, const char *value, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)value[0]))
		return "not a number";
	errno = 0;
	*out = strtoull(value, &end, 10);
	if (*end != '\0' || errno != 0)
		return "not a number";
	return *out < k->min || *out > k->max ? "out of range" : NULL;
}

/* Store one value; returns what is wrong with it, or NULL. */
static const char *
set_value(const struct el_conf_key *k, const char *value, const char *dir, void *conf)
{
	char *at = (char *)conf + k->offset;
	struct el_conf_list *list;
	bool yes;

	switch (k->type) {
	case EL_CONF_STR:
	case EL_CONF_PATH:
		return set_text(k, value, dir, at);
	case EL_CONF_UINT:
		return set_uint(k, value, (uint64_t *)(void *)at);
	case EL_CONF_BOOL:
		yes = strcmp(value, "yes") == 0;
		if (!yes && strcmp(value, "no") != 0)
			return "neither yes nor no";
		*(bool *)at = yes;
		return NULL;
	case EL_CONF_LIST:
		list = (struct el_conf_list *)(void *)at;
		if (list->n == EL_CONF_LIST_MAX)
			return "repeated too often";
		return set_text(k, value, NULL, list->item[list->n++]);
	}
	return "unknown type";
}

static int
parse_line(const struct el_conf_key *table, const char *p, size_t len, const char *dir, void *conf,
    unsigned line, bool *seen, char *message)
{
	const char *eq = memchr(p, '=', len), *wrong;
	char key[EL_CONF_STR_MAX + 1], value[EL_CONF_STR_MAX + 1];
	size_t i;

	if (copy_trimmed(p, eq != NULL ? (size_t)(eq - p) : len, key) != EL_OK)
		return complain(message, line, "too long", "line");
	if (key[0] == '\0' && eq == NULL)
		return EL_OK;
	if (key[0] == '#')
		return EL_OK;
	if (eq == NULL)
		return complain(message, line, "no '='", "line");
	if (copy_trimmed(eq + 1, len - (size_t)(eq + 1 - p), value) != EL_OK)
		return complain(message, line, "too long", key);
	for (i = 0; table[i].key != NULL && strcmp(table[i].key, key) != 0; i++)
		assert(i < CONF_KEYS_MAX);
	if (table[i].key == NULL)
		return complain(message, line, "unknown key", key);
	if (seen[i] && table[i].type != EL_CONF_LIST)
		return complain(message, line, "given twice", key);
	seen[i] = true;
	if ((wrong = set_value(&table[i], value, dir, conf)) != NULL)
		return complain(message, line, wrong, key);
	return EL_OK;
}

int
el_conf_parse(const struct el_conf_key *table, const char *text, size_t len, const char *dir,
    void *conf, char message[EL_CONF_STR_MAX + 1])
{
	bool seen[CONF_KEYS_MAX] = { false };
	const char *end = text + len, *wrong;
	unsigned line = 0;
	int r;

	message[0] = '\0';
	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		const size_t n = nl != NULL ? (size_t)(nl - text) : (size_t)(end - text);

		if ((r = parse_line(table, text, n, dir, conf, ++line, seen, message)) != EL_OK)
			return r;
		text += n + (nl != NULL ? 1 : 0);
	}
	for (size_t i = 0; table[i].key != NULL; i++) {
		if (seen[i] || table[i].type == EL_CONF_LIST)
			continue;
		if (table[i].preset == NULL)
			return complain(message, 0, "missing", table[i].key);
		if (table[i].preset[0] != '\0' &&
		    (wrong = set_value(&table[i], table[i].preset, dir, conf)) != NULL)
			return complain(message, 0, wrong, table[i].key);
	}
	return EL_OK;
}

int
el_conf_load(const struct el_conf_key *table, const char *path, void *conf,
    char message[EL_CONF_STR_MAX + 1])
{
	char dir[EL_CONF_STR_MAX + 1];
	const char *slash = strrchr(path, '/');
	uint8_t *text = NULL;
	size_t len;
	int r;

	if ((r = el_file_read(path, CONF_FILE_MAX, &text, &len)) != EL_OK) {
		snprintf(message, EL_CONF_STR_MAX + 1, "cannot read the configuration: %s", el_strerror(r));
		return r;
	}
	if (slash != NULL && (size_t)(slash - path) >= sizeof dir) {
		free(text);
		return complain(message, 0, "path too long", "configuration");
	}
	if (slash != NULL) {
		memcpy(dir, path, (size_t)(slash - path));
		dir[slash - path] = '\0';
	}
	r = el_conf_parse(table, (const char *)text, len, slash != NULL ? dir : NULL, conf, message);
	free(text);
	return r;
}

void
el_conf_print(const struct el_conf_key *table, const void *conf, FILE *out)
{
	for (size_t i = 0; table[i].key != NULL; i++) {
		const char *at = (const char *)conf + table[i].offset;
		const struct el_conf_list *list;

		switch (table[i].type) {
		case EL_CONF_STR:
		case EL_CONF_PATH:
			if (at[0] != '\0')
				fprintf(out, "%s = %s\n", table[i].key, at);
			break;
		case EL_CONF_UINT:
			fprintf(out, "%s = %llu\n", table[i].key,
			    (unsigned long long)*(const uint64_t *)(const void *)at);
			break;
		case EL_CONF_BOOL:
			fprintf(out, "%s = %s\n", table[i].key, *(const bool *)at ? "yes" : "no");
			break;
		case EL_CONF_LIST:
			list = (const struct el_conf_list *)(const void *)at;
			for (size_t n = 0; n < list->n; n++)
				fprintf(out, "%s = %s\n", table[i].key, list->item[n]);
			break;
		}
	}
}
