#include "publog/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

struct kept {
	struct el_tile tile; /* width 0: none */
	size_t len;
};

struct el_log_folder {
	char *dir;
	struct kept hashes[EL_TILE_LEVELS], bundle;
	uint8_t hash_bytes[EL_TILE_LEVELS][EL_LOG_TILE_MAX];
	uint8_t bundle_bytes[EL_LOG_BUNDLE_MAX];
};

int
el_log_folder_path(const char *dir, const struct el_tile *t, char out[EL_LOG_PATH_MAX])
{
	char name[EL_TILE_PATH_MAX];

	el_tile_path(t, name);
	return el_path_join(out, EL_LOG_PATH_MAX, dir, name);
}

static int
read_all(int fd, uint8_t *out, size_t max, size_t *len)
{
	uint8_t more;
	ssize_t n;

	for (;;) {
		/* At the end one byte further: a file that is too long is not this tile. */
		n = *len < max ? read(fd, out + *len, max - *len) : read(fd, &more, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return EL_EIO;
		if (n == 0)
			return EL_OK;
		if (*len == max)
			return EL_EFORMAT;
		*len += (size_t)n;
	}
}

static int
read_file(const char *path, uint8_t *out, size_t max, size_t *len)
{
	struct stat st;
	int fd, r;

	*len = 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)) < 0)
		return errno == ENOENT || errno == ENOTDIR ? EL_ENOTFOUND : EL_EIO;
	r = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read_all(fd, out, max, len) : EL_EIO;
	close(fd);
	return r;
}

int
el_log_folder_read(const char *dir, const struct el_tile *t, uint8_t *out, size_t max, size_t *len)
{
	char path[EL_LOG_PATH_MAX];
	int r;

	*len = 0;
	if ((r = el_log_folder_path(dir, t, path)) == EL_OK && (r = read_file(path, out, max, len)) == EL_OK &&
	    !t->entries && *len != (size_t)t->width * EL_HASH_LEN)
		r = EL_EFORMAT;
	return r;
}

int
el_log_folder_note(const char *dir, const char *name, uint8_t out[EL_NOTE_MAX], size_t *len)
{
	char path[EL_LOG_PATH_MAX];
	int r;

	*len = 0;
	r = el_path_join(path, sizeof path, dir, name);
	return r == EL_OK ? read_file(path, out, EL_NOTE_MAX, len) : r;
}

int
el_log_folder_new(const char *dir, struct el_log_folder **out)
{
	struct el_log_folder *const f = calloc(1, sizeof *f);

	*out = NULL;
	if (f == NULL || (f->dir = strdup(dir)) == NULL) {
		free(f);
		return EL_ENOMEM;
	}
	*out = f;
	return EL_OK;
}

void
el_log_folder_free(struct el_log_folder *f)
{
	if (f != NULL)
		free(f->dir);
	free(f);
}

static int
keep(const struct el_log_folder *f, const struct el_tile *t, struct kept *k, uint8_t *bytes, size_t max)
{
	int r;

	if (k->tile.width == t->width && k->tile.index == t->index)
		return EL_OK;
	k->tile.width = 0;
	if ((r = el_log_folder_read(f->dir, t, bytes, max, &k->len)) == EL_OK)
		k->tile = *t;
	return r;
}

static int
read_tile(void *ctx, const struct el_tile *t, uint8_t *out)
{
	struct el_log_folder *const f = ctx;
	int r;

	if (t->entries || t->level >= EL_TILE_LEVELS || t->width == 0 || t->width > EL_TILE_WIDTH)
		return EL_ENOTFOUND;
	r = keep(f, t, &f->hashes[t->level], f->hash_bytes[t->level], EL_LOG_TILE_MAX);
	if (r == EL_OK)
		memcpy(out, f->hash_bytes[t->level], (size_t)t->width * EL_HASH_LEN);
	return r;
}

struct el_tile_source
el_log_folder_source(struct el_log_folder *f)
{
	return (struct el_tile_source){ read_tile, f };
}

int
el_log_folder_entry(struct el_log_folder *f, uint64_t size, uint64_t index, const uint8_t **entry, size_t *len)
{
	struct el_tile t;
	int r;

	if (index >= size)
		return EL_ENOTFOUND;
	t = el_tile_of(0, index / EL_TILE_WIDTH, size);
	t.entries = true;
	if ((r = keep(f, &t, &f->bundle, f->bundle_bytes, EL_LOG_BUNDLE_MAX)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_EIO : r;
	return el_bundle_entry(f->bundle_bytes, f->bundle.len, (unsigned)(index % EL_TILE_WIDTH), entry, len);
}
