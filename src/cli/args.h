#ifndef EL_CLI_ARGS_H
#define EL_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "entrylog/error.h"

/*
 * Options of a subcommand.  A list takes every word up to the next option (`--venue 7 8 9`) and may be
 * repeated; `--name=value` is understood too; "-o" is "--output"; "-" alone is a word.  "--json",
 * "--lab-clock" and "--help" belong to every subcommand.
 */
#define EL_ARGS_MAX 512

enum el_option_kind { EL_OPTION_FLAG, EL_OPTION_VALUE, EL_OPTION_LIST };

struct el_option {
	const char *name; /* without the hyphens */
	enum el_option_kind kind;
};

struct el_args {
	struct {
		const char *name; /* NULL: a word that belongs to no option */
		const char *value;
	} item[EL_ARGS_MAX];
	size_t n;
	const char *wrong; /* what was not understood, on EL_EFORMAT */
};

/* table ends with a NULL name.  argv begins behind the subcommand's words.  EL_EFORMAT; EL_ELIMIT. */
EL_MUST_USE int el_args_parse(struct el_args *, const struct el_option *table, int argc, char **argv);
bool el_args_has(const struct el_args *, const char *name);
/* The last value given, else preset (which may be NULL). */
const char *el_args_value(const struct el_args *, const char *name, const char *preset);
/* The i-th value of that name, or of the words where name is NULL; NULL when there are fewer. */
const char *el_args_at(const struct el_args *, const char *name, size_t i);
size_t el_args_count(const struct el_args *, const char *name);

#endif
