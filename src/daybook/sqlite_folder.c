#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "daybook/sqlite_internal.h"

static const char *const suffix_of[] = {
	[EL_SEGMENT_TMP] = ".tmp.db",
	[EL_SEGMENT_LIVE] = ".live.db",
	[EL_SEGMENT_CLOSED] = ".db",
	[EL_SEGMENT_SORTED] = ".sorted.db",
	[EL_SEGMENT_TMP_INDEX] = ".tmp.index.db",
	[EL_SEGMENT_INDEX] = ".index.db",
};

void (*el_daybook_step_hook)(void);

void
el_daybook_step(void)
{
	if (el_daybook_step_hook != NULL)
		el_daybook_step_hook();
}

/* Exactly len digits; returns what follows them, or NULL. */
static const char *
digits(const char *s, size_t len, uint32_t *out)
{
	size_t i;

	for (*out = 0, i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return NULL;
		*out = *out * 10 + (uint32_t)(s[i] - '0');
	}
	return s + len;
}

static bool
is_epoch(const char *name, const char *suffix, el_epoch *out)
{
	uint32_t n;
	const char *rest = digits(name, 5, &n);

	if (rest == NULL || strcmp(rest, suffix) != 0 || n > UINT16_MAX)
		return false;
	*out = (el_epoch)n;
	return true;
}

bool
el_folder_is_epoch(const char *name, el_epoch *out)
{
	return is_epoch(name, "", out);
}

bool
el_folder_is_gone(const char *name, el_epoch *out)
{
	return is_epoch(name, ".gone", out);
}

bool
el_folder_is_segment(const char *name, uint32_t *number, enum el_segment_kind *kind)
{
	const char *rest = digits(name, 6, number);
	size_t i;

	if (rest == NULL)
		return false;
	for (i = 0; i < sizeof suffix_of / sizeof suffix_of[0]; i++)
		if (strcmp(rest, suffix_of[i]) == 0) {
			*kind = (enum el_segment_kind)i;
			return true;
		}
	return false;
}

void
el_folder_path(char out[EL_DAYBOOK_PATH_SIZE], const char *dir, el_epoch epoch, const char *suffix)
{
	snprintf(out, EL_DAYBOOK_PATH_SIZE, "%s/%05u%s", dir, (unsigned)epoch, suffix);
}

void
el_folder_segment_name(char out[EL_FOLDER_NAME_SIZE], uint32_t number, enum el_segment_kind kind)
{
	snprintf(out, EL_FOLDER_NAME_SIZE, "%06u%s", (unsigned)number, suffix_of[kind]);
}

void
el_folder_segment_path(char out[EL_DAYBOOK_PATH_SIZE], const char *dir, el_epoch epoch,
    uint32_t number, enum el_segment_kind kind)
{
	char name[EL_FOLDER_NAME_SIZE];

	el_folder_segment_name(name, number, kind);
	snprintf(out, EL_DAYBOOK_PATH_SIZE, "%s/%05u/%s", dir, (unsigned)epoch, name);
}

int
el_folder_each(const char *path, int (*fn)(void *ctx, const char *name), void *ctx)
{
	DIR *const d = opendir(path);
	const struct dirent *e;
	int r = EL_OK;

	if (d == NULL)
		return errno == ENOMEM ? EL_ENOMEM : EL_EIO;
	while (r == EL_OK) {
		errno = 0;
		if ((e = readdir(d)) == NULL) {
			r = errno == 0 ? EL_OK : EL_EIO;
			break;
		}
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = fn(ctx, e->d_name);
	}
	closedir(d);
	return r;
}

struct clearing {
	const char *path;
	const uint32_t *keep; /* number of a segment; NULL: nothing */
	bool tmp_only;
};

static int
clear_name(void *ctx, const char *name)
{
	const struct clearing *c = ctx;
	char path[EL_DAYBOOK_PATH_SIZE + 256];
	uint32_t number;
	const char *rest = digits(name, 6, &number);

	/* With what may stand beside it: SQLite's journals have its name in front. */
	if (c->tmp_only && (rest == NULL || strncmp(rest, ".tmp.", 5) != 0))
		return EL_OK;
	if (c->keep != NULL && rest != NULL && number == *c->keep)
		return EL_OK;
	if (el_path_join(path, sizeof path, c->path, name) != EL_OK || unlink(path) != 0)
		return EL_EIO;
	el_daybook_step();
	return EL_OK;
}

int
el_folder_clear(const char *path, const uint32_t *keep)
{
	struct clearing c = { path, keep, false };
	const int r = el_folder_each(path, clear_name, &c);

	return r == EL_OK ? el_dir_sync(path) : r;
}

int
el_folder_drop_tmp(const char *path)
{
	struct clearing c = { path, NULL, true };
	const int r = el_folder_each(path, clear_name, &c);

	return r == EL_OK ? el_dir_sync(path) : r;
}

int
el_folder_remove(const char *path)
{
	int r;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return EL_OK;
	if ((r = el_folder_clear(path, NULL)) != EL_OK)
		return r;
	if (rmdir(path) != 0)
		return EL_EIO;
	el_daybook_step();
	return el_dir_sync_parent(path);
}

int
el_folder_rename(const char *from, const char *to)
{
	if (rename(from, to) != 0)
		return errno == ENOSPC || errno == EDQUOT ? EL_ESPACE : EL_EIO;
	el_daybook_step();
	return el_dir_sync_parent(to);
}
