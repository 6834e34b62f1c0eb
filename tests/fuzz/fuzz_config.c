/*
 * Whatever the text, values stay inside their ranges, an error is one line without the value, and what is
 * printed parses to the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct conf {
	char name[EL_CONF_STR_MAX + 1], path[EL_CONF_STR_MAX + 1];
	uint64_t number;
	bool flag;
	struct el_conf_list list;
};
static const struct el_conf_key table[] = {
	{ "name", EL_CONF_STR, offsetof(struct conf, name), 1, 20, "n" },
	{ "path", EL_CONF_PATH, offsetof(struct conf, path), 1, 255, "/data" },
	{ "number", EL_CONF_UINT, offsetof(struct conf, number), 5, 100, "7" },
	{ "flag", EL_CONF_BOOL, offsetof(struct conf, flag), 0, 0, "no" },
	{ "list", EL_CONF_LIST, offsetof(struct conf, list), 1, 20, NULL },
	{ NULL, EL_CONF_STR, 0, 0, 0, NULL },
};

static int
parse(const char *text, size_t len, struct conf *c)
{
	char message[EL_CONF_STR_MAX + 1];
	int r;

	memset(c, 0, sizeof *c);
	r = el_conf_parse(table, text, len, NULL, c, message);
	if ((r == EL_OK) != (message[0] == '\0') || strlen(message) > EL_CONF_STR_MAX ||
	    (r != EL_OK && r != EL_ECONFIG))
		abort();
	if (strchr(message, '\n') != NULL)
		abort();
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct conf c, again;
	static char printed[16384];
	size_t n;
	FILE *f;

	if (parse((const char *)data, len, &c) != EL_OK)
		return 0;
	if (c.number < 5 || c.number > 100 || strlen(c.name) < 1 || strlen(c.name) > 20 || c.list.n > EL_CONF_LIST_MAX)
		abort();
	if ((f = fmemopen(printed, sizeof printed, "w")) == NULL)
		return 0;
	el_conf_print(table, &c, f);
	n = (size_t)ftell(f);
	fclose(f);
	if (parse(printed, n, &again) != EL_OK || memcmp(&c, &again, sizeof c) != 0)
		abort();
	return 0;
}
