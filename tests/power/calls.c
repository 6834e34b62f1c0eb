#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define FDS 1024
#define NOT_OURS SIZE_MAX

static struct disk *disk; /* NULL: nobody listens */
static char root[256];
static size_t node_of_fd[FDS]; /* + 1; 0: not ours */

void
calls_begin(struct disk *d, const char *path)
{
	if (disk != NULL || (size_t)snprintf(root, sizeof root, "%s", path) >= sizeof root)
		abort();
	memset(node_of_fd, 0, sizeof node_of_fd);
	disk = d;
}

void
calls_end(void)
{
	struct disk *const d = disk;

	disk = NULL;
	if (!tree_is(d->now, root)) {
		fputs("# the disk was changed by a call that calls.c does not know\n", stderr);
		abort();
	}
}

/* Where a path leads: a folder of ours and the name in it.  False: not below root. */
static bool
place(const char *path, size_t *folder, char name[TREE_NAME])
{
	const size_t n_root = strlen(root);
	const char *p = path + n_root, *end;

	if (disk == NULL || strncmp(path, root, n_root) != 0 || *p != '/')
		return false;
	*folder = TREE_ROOT;
	for (;;) {
		p += strspn(p, "/");
		end = p + strcspn(p, "/");
		if ((size_t)(end - p) >= TREE_NAME)
			return false;
		memcpy(name, p, (size_t)(end - p));
		name[end - p] = '\0';
		if (end[strspn(end, "/")] == '\0')
			return true;
		if (!tree_find(disk->now, *folder, name, folder))
			return false;
		p = end;
	}
}

static size_t
node_of(const char *path)
{
	char name[TREE_NAME];
	size_t folder;

	if (disk != NULL && strcmp(path, root) == 0)
		return TREE_ROOT;
	if (!place(path, &folder, name))
		return NOT_OURS;
	/* The root with slashes after it. */
	if (name[0] == '\0')
		return TREE_ROOT;
	return tree_find(disk->now, folder, name, &folder) ? folder : NOT_OURS;
}

static bool
is_ours(int fd)
{
	return disk != NULL && fd >= 0 && fd < FDS && node_of_fd[fd] != 0;
}

static int
open_any(const char *path, int flags, mode_t mode)
{
	const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	char name[TREE_NAME];
	size_t folder, node;

	if (fd < 0 || disk == NULL)
		return fd;
	node = node_of(path);
	if (node == NOT_OURS && (flags & O_CREAT) != 0 && place(path, &folder, name))
		node = disk_make(disk, folder, name, false);
	else if (node != NOT_OURS && (flags & O_TRUNC) != 0 && disk->now->node[node].len > 0)
		disk_cut(disk, node, 0);
	if (node != NOT_OURS) {
		if (fd >= FDS)
			abort();
		node_of_fd[fd] = node + 1;
	}
	return fd;
}

static mode_t
mode_arg(int flags, va_list ap)
{
	return (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_arg(flags, ap);
	va_end(ap);
	return open_any(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_arg(flags, ap);
	va_end(ap);
	return open_any(path, flags, mode);
}

int
close(int fd)
{
	if (is_ours(fd))
		node_of_fd[fd] = 0;
	return (int)syscall(SYS_close, fd);
}

ssize_t
write(int fd, const void *p, size_t len)
{
	const off_t off = is_ours(fd) ? lseek(fd, 0, SEEK_CUR) : 0;
	const ssize_t n = (ssize_t)syscall(SYS_write, fd, p, len);

	if (is_ours(fd) && n > 0)
		disk_write(disk, node_of_fd[fd] - 1, (size_t)off, p, (size_t)n);
	return n;
}

static ssize_t
pwrite_any(int fd, const void *p, size_t len, off_t off)
{
	const ssize_t n = (ssize_t)syscall(SYS_pwrite64, fd, p, len, off);

	if (is_ours(fd) && n > 0)
		disk_write(disk, node_of_fd[fd] - 1, (size_t)off, p, (size_t)n);
	return n;
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t off)
{
	return pwrite_any(fd, p, len, off);
}

ssize_t
pwrite64(int fd, const void *p, size_t len, off64_t off)
{
	return pwrite_any(fd, p, len, off);
}

static int
ftruncate_any(int fd, off_t len)
{
	const int r = (int)syscall(SYS_ftruncate, fd, len);

	if (r == 0 && is_ours(fd))
		disk_cut(disk, node_of_fd[fd] - 1, (size_t)len);
	return r;
}

int
ftruncate(int fd, off_t len)
{
	return ftruncate_any(fd, len);
}

int
ftruncate64(int fd, off64_t len)
{
	return ftruncate_any(fd, len);
}

int
fsync(int fd)
{
	if (is_ours(fd))
		disk_sync(disk, node_of_fd[fd] - 1);
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

int
rename(const char *from, const char *to)
{
	char name[TREE_NAME], new_name[TREE_NAME];
	size_t folder, new_folder;
	const bool ours = place(from, &folder, name), into = place(to, &new_folder, new_name);

	/* A move between folders is two changes, which this disk does not know. */
	if (ours != into || (ours && folder != new_folder))
		abort();
	if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0) != 0)
		return -1;
	if (ours)
		disk_rename(disk, folder, name, new_name);
	return 0;
}

static int
remove_any(const char *path, int flags)
{
	char name[TREE_NAME];
	size_t folder;
	const bool ours = place(path, &folder, name);
	const int r = (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags);

	if (r == 0 && ours)
		disk_unlink(disk, folder, name);
	return r;
}

int
unlink(const char *path)
{
	return remove_any(path, 0);
}

int
rmdir(const char *path)
{
	return remove_any(path, AT_REMOVEDIR);
}

int
mkdir(const char *path, mode_t mode)
{
	char name[TREE_NAME];
	size_t folder;
	const int r = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);

	if (r == 0 && place(path, &folder, name))
		(void)disk_make(disk, folder, name, true);
	return r;
}
