#include "cli/dkg_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static void
file_name(enum el_dkg_kind kind, unsigned trustee, unsigned to, char out[64])
{
	if (to != 0)
		snprintf(out, 64, "%s-%u-to-%u.json", el_dkg_kind_name(kind), trustee, to);
	else
		snprintf(out, 64, "%s-%u.json", el_dkg_kind_name(kind), trustee);
}

/* A number that was mistyped would be a trustee that is waited for after all, or one that is not left out. */
static int
check_without(const struct el_cli *c, const struct el_dkg_plan *p)
{
	const char *word;
	uint64_t j;

	for (size_t i = 0; (word = el_args_at(&c->args, "without", i)) != NULL; i++)
		if (el_cli_parse_uint(word, 1, p->n, &j) != EL_OK) {
			el_cli_fail(c, 0, "--without %s: the number of a trustee, 1..%zu", word, p->n);
			return EL_EFORMAT;
		}
	return EL_OK;
}

int
el_cli_dkg_plan(const struct el_cli *c, const char *folder, struct el_dkg_plan *out)
{
	char path[EL_CLI_PATH];
	uint8_t *text = NULL;
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_cli_path(path, folder, "plan.json")) != EL_OK)
		return r;
	if ((r = el_file_read(path, EL_DOCUMENT_MAX, &text, &len)) == EL_OK)
		r = el_dkg_plan_parse(text, len, out);
	free(text);
	if (r != EL_OK)
		el_cli_fail(c, 0, "%s: %s", path,
		    r == EL_ENOTFOUND ? "not there: the root makes it (entrylog keys dkg plan) and gives it to every trustee"
				      : r == EL_EFORMAT ? "not the plan of a ceremony" : el_strerror(r));
	return r == EL_OK ? check_without(c, out) : r;
}

int
el_cli_dkg_read(const struct el_cli *c, const char *folder, enum el_dkg_kind kind, unsigned trustee, unsigned to,
    struct el_dkg_file *out)
{
	char path[EL_CLI_PATH], name[64];
	uint8_t *text = NULL;
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	file_name(kind, trustee, to, name);
	if ((r = el_cli_path(path, folder, name)) != EL_OK)
		return r;
	if ((r = el_file_read(path, EL_DOCUMENT_MAX, &text, &len)) == EL_ENOTFOUND)
		return r;
	if (r == EL_OK && (r = el_dkg_file_parse(text, len, out)) == EL_OK &&
	    (out->kind != kind || out->trustee != trustee)) {
		el_dkg_file_wipe(out);
		r = EL_EFORMAT;
	}
	free(text);
	if (r == EL_EFORMAT)
		el_cli_fail(c, 0, "%s: no %s of trustee %u: ask it for that file again, or remove this one and go on without", path,
		    el_dkg_kind_name(kind), trustee);
	else if (r != EL_OK)
		el_cli_error(c, r, path);
	return r;
}

int
el_cli_dkg_write(const struct el_cli *c, const char *folder, struct el_dkg_file *f, unsigned to)
{
	char path[EL_CLI_PATH], name[64];
	uint8_t *text = NULL;
	size_t len;
	int r;

	file_name(f->kind, f->trustee, to, name);
	if ((r = el_cli_path(path, folder, name)) == EL_OK && (r = el_dkg_file_encode(f, &text, &len)) == EL_OK)
		r = to != 0 ? el_file_replace(path, 0600, text, len) : el_file_create(path, 0644, text, len);
	free(text);
	el_dkg_file_wipe(f);
	if (r == EL_EEXIST)
		el_cli_fail(c, 0, "%s is there already: a trustee says each thing once", path);
	else if (r != EL_OK)
		el_cli_error(c, r, path);
	return r;
}

int
el_cli_dkg_refuse(const struct el_cli *c, enum el_dkg_kind kind, unsigned trustee, unsigned to, int err)
{
	const char *why = el_strerror(err);
	char name[64];

	if (err == EL_EPERM)
		why = "it is of another ceremony, or for another trustee";
	else if (err == EL_ECRYPTO)
		why = "that trustee's key did not write it";
	file_name(kind, trustee, to, name);
	el_cli_fail(c, 0, "%s: REFUSED, %s: ask trustee %u for it again", name, why, trustee);
	return err;
}

int
el_cli_dkg_take(const struct el_cli *c, const char *folder, enum el_dkg_kind kind, struct el_dkg *d)
{
	for (unsigned j = 1; j <= el_dkg_plan(d)->n; j++) {
		struct el_dkg_file f;
		int r;

		if ((r = el_cli_dkg_read(c, folder, kind, j, 0, &f)) == EL_ENOTFOUND)
			continue;
		if (r != EL_OK)
			return r;
		r = el_dkg_take(d, &f);
		el_dkg_file_wipe(&f);
		if (r != EL_OK)
			return el_cli_dkg_refuse(c, kind, j, 0, r);
	}
	return EL_OK;
}

bool
el_cli_dkg_without(const struct el_cli *c, unsigned trustee)
{
	const char *word;
	uint64_t j;

	for (size_t i = 0; (word = el_args_at(&c->args, "without", i)) != NULL; i++)
		if (el_cli_parse_uint(word, 1, EL_TRUSTEES_MAX, &j) == EL_OK && j == trustee)
			return true;
	return false;
}

int
el_cli_dkg_wait(const struct el_cli *c, enum el_dkg_kind kind, unsigned trustee, unsigned to, const char *otherwise)
{
	char name[64];

	file_name(kind, trustee, to, name);
	el_cli_fail(c, 0, "%s is not there yet: ask trustee %u for it; or --without %u, if all agree: %s", name,
	    trustee, trustee, otherwise);
	return EL_EBUSY;
}
