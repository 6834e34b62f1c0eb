#ifndef EL_BASE_CONFIG_H
#define EL_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "entrylog/error.h"

/*
 * A configuration file is lines of `key = value`; '#' begins a comment line.  Its keys are rows of a
 * table (key, type, offset, range, default); it is parsed once into a struct that is const afterwards.
 */
#define EL_CONF_STR_MAX 255
#define EL_CONF_LIST_MAX 16

enum el_conf_type {
	EL_CONF_STR,  /* char [EL_CONF_STR_MAX + 1]; min and max are lengths */
	EL_CONF_PATH, /* the same; a relative path is taken from the configuration's folder */
	EL_CONF_UINT, /* uint64_t between min and max */
	EL_CONF_BOOL, /* bool: "yes" or "no" */
	EL_CONF_LIST  /* struct el_conf_list: the key may be repeated */
};

struct el_conf_list {
	char item[EL_CONF_LIST_MAX][EL_CONF_STR_MAX + 1];
	size_t n;
};

struct el_conf_key {
	const char *key;
	enum el_conf_type type;
	size_t offset;
	uint64_t min, max;
	const char *preset; /* default; NULL: required; "" with EL_CONF_STR or _PATH: may be absent */
};

/*
 * Parse text into *conf (zeroed first) by the table, which ends with a NULL key.  dir is the folder of
 * relative paths.  On failure (EL_ECONFIG) message holds one line with the line number and the key, but
 * never the value.
 */
EL_MUST_USE int el_conf_parse(const struct el_conf_key *table, const char *text, size_t len,
    const char *dir, void *conf, char message[EL_CONF_STR_MAX + 1]);

/* Read and parse a file; message as above, also for a file that cannot be read. */
EL_MUST_USE int el_conf_load(const struct el_conf_key *table, const char *path, void *conf,
    char message[EL_CONF_STR_MAX + 1]);

/* Print the effective values, one a line.  Secrets are never values, only paths of files. */
void el_conf_print(const struct el_conf_key *table, const void *conf, FILE *out);

#endif
