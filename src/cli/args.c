#include "cli/args.h"

#include <string.h>

static const struct el_option common[] = {
	{ "json", EL_OPTION_FLAG },
	{ "lab-clock", EL_OPTION_VALUE },
	{ "help", EL_OPTION_FLAG },
	{ NULL, EL_OPTION_FLAG },
};

/* The option that word names; len is the length of the name within it. */
static const struct el_option *
find(const struct el_option *table, const char *name, size_t len)
{
	for (; table->name != NULL; table++)
		if (strlen(table->name) == len && strncmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

static bool
is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

static int
put(struct el_args *a, const char *name, const char *value)
{
	if (a->n == EL_ARGS_MAX)
		return EL_ELIMIT;
	a->item[a->n].name = name;
	a->item[a->n++].value = value;
	return EL_OK;
}

/* One option and its values; *i is left at the last word used. */
static int
take_option(struct el_args *a, const struct el_option *table, int argc, char **argv, int *i)
{
	const char *word = strcmp(argv[*i], "-o") == 0 ? "--output" : argv[*i], *name = word + 2, *eq;
	const struct el_option *o;
	size_t before;
	int r;

	a->wrong = argv[*i];
	if (strncmp(word, "--", 2) != 0)
		return EL_EFORMAT;
	eq = strchr(name, '=');
	if ((o = find(table, name, eq != NULL ? (size_t)(eq - name) : strlen(name))) == NULL &&
	    (o = find(common, name, eq != NULL ? (size_t)(eq - name) : strlen(name))) == NULL)
		return EL_EFORMAT;
	if (o->kind == EL_OPTION_FLAG)
		return eq != NULL ? EL_EFORMAT : put(a, o->name, "");
	if (eq != NULL)
		return put(a, o->name, eq + 1);
	before = a->n;
	while (*i + 1 < argc && !is_option(argv[*i + 1]) && (a->n == before || o->kind == EL_OPTION_LIST))
		if ((r = put(a, o->name, argv[++*i])) != EL_OK)
			return r;
	return a->n == before ? EL_EFORMAT : EL_OK;
}

int
el_args_parse(struct el_args *a, const struct el_option *table, int argc, char **argv)
{
	int r;

	memset(a, 0, sizeof *a);
	for (int i = 0; i < argc; i++) {
		r = is_option(argv[i]) ? take_option(a, table, argc, argv, &i) : put(a, NULL, argv[i]);
		if (r != EL_OK) {
			if (a->wrong == NULL)
				a->wrong = argv[i];
			return r;
		}
	}
	a->wrong = NULL;
	return EL_OK;
}

static bool
same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
el_args_has(const struct el_args *a, const char *name)
{
	return el_args_at(a, name, 0) != NULL;
}

const char *
el_args_value(const struct el_args *a, const char *name, const char *preset)
{
	const size_t n = el_args_count(a, name);

	return n == 0 ? preset : el_args_at(a, name, n - 1);
}

const char *
el_args_at(const struct el_args *a, const char *name, size_t i)
{
	for (size_t k = 0; k < a->n; k++)
		if (same_name(a->item[k].name, name) && i-- == 0)
			return a->item[k].value;
	return NULL;
}

size_t
el_args_count(const struct el_args *a, const char *name)
{
	size_t n = 0;

	for (size_t k = 0; k < a->n; k++)
		n += same_name(a->item[k].name, name);
	return n;
}
