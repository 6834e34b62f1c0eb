#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
scratch_setup(void **state)
{
	char *dir = strdup("/tmp/entrylog-test-XXXXXX");

	*state = dir;
	return dir != NULL && mkdtemp(dir) != NULL ? 0 : -1;
}

static void
each(const char *dir, bool (*fn)(const char *path, const void *ctx, size_t len), const void *ctx, size_t len, bool *any)
{
	struct dirent *e;
	char path[512];
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (fn(path, ctx, len))
			*any = true;
	}
	closedir(d);
}

static bool
remove_one(const char *path, const void *ctx, size_t len)
{
	(void)ctx;
	(void)len;
	return remove(path) == 0;
}

int
scratch_teardown(void **state)
{
	bool any = false;
	int r;

	each(*state, remove_one, NULL, 0, &any);
	r = rmdir(*state);
	free(*state);
	return r;
}

const char *
scratch_path(void **state, const char *name)
{
	static char paths[16][256];
	static unsigned next;
	char *p = paths[next++ % 16];

	snprintf(p, sizeof paths[0], "%s/%s", (const char *)*state, name);
	return p;
}

void
scratch_write(const char *path, unsigned mode, const void *bytes, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

size_t
scratch_read(const char *path, void *bytes, size_t max)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, max, f);
	fclose(f);
	return n;
}

static bool
holds(const char *path, const void *bytes, size_t len)
{
	static char all[1 << 16];
	const size_t n = scratch_read(path, all, sizeof all);

	return memmem(all, n, bytes, len) != NULL;
}

bool
scratch_contains(void **state, const void *bytes, size_t len)
{
	bool any = false;

	each(*state, holds, bytes, len, &any);
	return any;
}

static bool
ends(const char *path, const void *ending, size_t len)
{
	const size_t n = strlen(path);

	return n >= len && memcmp(path + n - len, ending, len) == 0;
}

bool
scratch_has_ending(void **state, const char *ending)
{
	bool any = false;

	each(*state, ends, ending, strlen(ending), &any);
	return any;
}
