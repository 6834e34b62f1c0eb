#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARENT_LEN 4096

static int
write_failed(void)
{
	return errno == ENOSPC || errno == EDQUOT ? EL_ESPACE : EL_EIO;
}

static int
read_fd(int fd, size_t max, uint8_t **out, size_t *len)
{
	size_t size = 4096, n = 0;
	uint8_t *p = NULL, *bigger;
	ssize_t got;
	int r = EL_ENOMEM;

	if ((p = malloc(size + 1)) == NULL)
		goto out;
	for (;;) {
		if (n == size) {
			/* Not realloc: files may hold secrets, and the old block is wiped. */
			if ((bigger = malloc(size * 2 + 1)) == NULL)
				goto out;
			memcpy(bigger, p, n);
			sodium_memzero(p, n);
			free(p);
			p = bigger;
			size *= 2;
		}
		if ((got = read(fd, p + n, size - n)) < 0) {
			if (errno == EINTR)
				continue;
			r = EL_EIO;
			goto out;
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > max) {
			r = EL_ELIMIT;
			goto out;
		}
	}
	p[n] = '\0';
	*out = p;
	*len = n;
	p = NULL;
	r = EL_OK;
out:
	if (p != NULL)
		sodium_memzero(p, n);
	free(p);
	return r;
}

static int
read_path(const char *path, bool private_only, size_t max, uint8_t **out, size_t *len)
{
	struct stat st;
	int fd, r;

	*out = NULL;
	*len = 0;
	if (strcmp(path, "-") == 0 && !private_only)
		return read_fd(STDIN_FILENO, max, out, len);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
		return errno == ENOENT ? EL_ENOTFOUND : errno == EACCES ? EL_EPERM : EL_EIO;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		r = EL_EIO;
	else if (private_only &&
	    ((st.st_mode & 077) != 0 || (st.st_uid != geteuid() && st.st_uid != 0)))
		r = EL_EPERM;
	else
		r = read_fd(fd, max, out, len);
	close(fd);
	return r;
}

int
el_file_read(const char *path, size_t max, uint8_t **out, size_t *len)
{
	return read_path(path, false, max, out, len);
}

int
el_file_read_private(const char *path, size_t max, uint8_t **out, size_t *len)
{
	return read_path(path, true, max, out, len);
}

int
el_fd_write(int fd, const void *in, size_t len)
{
	const uint8_t *p = in;

	while (len > 0) {
		const ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? write_failed() : EL_EIO;
		p += n;
		len -= (size_t)n;
	}
	return EL_OK;
}

static int
write_new(const char *path, int flags, mode_t mode, const void *in, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, mode);
	int r;

	if (fd < 0)
		return errno == EEXIST ? EL_EEXIST : write_failed();
	/* The mode before the bytes: a file that a crash left may have had a wider one. */
	r = fchmod(fd, mode) == 0 ? el_fd_write(fd, in, len) : EL_EIO;
	if (r == EL_OK && fsync(fd) != 0)
		r = EL_EIO;
	if (close(fd) != 0 && r == EL_OK)
		r = EL_EIO;
	return r;
}

int
el_file_replace(const char *path, mode_t mode, const void *in, size_t len)
{
	char tmp[4096];
	const int n = snprintf(tmp, sizeof tmp, "%s.tmp", path);
	int r;

	if (n < 0 || (size_t)n >= sizeof tmp)
		return EL_ELIMIT;
	if ((r = write_new(tmp, O_TRUNC, mode, in, len)) != EL_OK) {
		unlink(tmp);
		return r;
	}
	if (rename(tmp, path) != 0) {
		r = write_failed();
		unlink(tmp);
		return r;
	}
	return el_dir_sync_parent(path);
}

int
el_file_create(const char *path, mode_t mode, const void *in, size_t len)
{
	int r = write_new(path, O_EXCL, mode, in, len);

	if (r == EL_OK)
		return el_dir_sync_parent(path);
	if (r != EL_EEXIST)
		unlink(path);
	return r;
}

int
el_dir_sync(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = EL_OK;

	if (fd < 0)
		return EL_EIO;
	if (fsync(fd) != 0)
		r = EL_EIO;
	close(fd);
	return r;
}

static int
parent_of(const char *path, char dir[PARENT_LEN])
{
	const char *const slash = strrchr(path, '/'), *from = path;
	size_t len = 1;

	if (slash == NULL)
		from = ".";
	else if (slash > path)
		len = (size_t)(slash - path); /* else "/", which it begins with */
	if (len >= PARENT_LEN)
		return EL_ELIMIT;
	memcpy(dir, from, len);
	dir[len] = '\0';
	return EL_OK;
}

int
el_dir_sync_parent(const char *path)
{
	char dir[PARENT_LEN];
	const int r = parent_of(path, dir);

	return r == EL_OK ? el_dir_sync(dir) : r;
}

int
el_dir_make(const char *path)
{
	char dir[PARENT_LEN];
	int r;

	if ((r = parent_of(path, dir)) != EL_OK)
		return r;
	if (mkdir(path, 0700) == 0)
		return el_dir_sync(dir);
	if (errno != EEXIST)
		return write_failed();
	/* A life that made it may have ended before its sync.  Where we can make nothing, somebody else has made it. */
	return access(dir, W_OK) == 0 ? el_dir_sync(dir) : EL_OK;
}

int
el_file_destroy(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	uint8_t noise[4096];
	off_t left;
	int r = EL_OK;

	if (fd < 0)
		return errno == ENOENT ? EL_OK : EL_EIO;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		r = EL_EIO;
	for (left = r == EL_OK ? st.st_size : 0; left > 0 && r == EL_OK;) {
		const size_t n = left < (off_t)sizeof noise ? (size_t)left : sizeof noise;

		randombytes_buf(noise, n);
		r = el_fd_write(fd, noise, n);
		left -= (off_t)n;
	}
	if (r == EL_OK && fdatasync(fd) != 0)
		r = EL_EIO;
	close(fd);
	/* Unlink even after a failed overwrite: a full or failing disk must not keep the name alive. */
	if (unlink(path) != 0 && errno != ENOENT)
		return EL_EIO;
	return r == EL_OK ? el_dir_sync_parent(path) : r;
}

int
el_path_join(char *out, size_t size, const char *dir, const char *name)
{
	const int n = snprintf(out, size, "%s/%s", dir, name);

	return n < 0 || (size_t)n >= size ? EL_ELIMIT : EL_OK;
}
