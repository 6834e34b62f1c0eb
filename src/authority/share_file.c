#include "authority/share_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "entrylog/epoch.h"

#define PATH_LEN 4096

struct el_share_file {
	struct el_keyring *keyring;
	struct el_share_info info;
	int lock;
};

static const struct el_conf_key info_keys[] = {
	{ "trustee", EL_CONF_UINT, offsetof(struct el_share_info, trustee), 1, EL_TRUSTEES_MAX, NULL },
	{ "day_offset", EL_CONF_UINT, offsetof(struct el_share_info, day_offset), 0, EL_DAY_S - 1, NULL },
	{ "lab", EL_CONF_BOOL, offsetof(struct el_share_info, lab), 0, 0, NULL },
	{ "root", EL_CONF_STR, offsetof(struct el_share_info, root), 1, 63, NULL },
	{ "dir", EL_CONF_PATH, offsetof(struct el_share_info, dir), 1, 200, NULL },
	{ NULL, EL_CONF_STR, 0, 0, 0, NULL },
};

static int
path_with(char out[PATH_LEN], const char *path, const char *suffix)
{
	const int n = snprintf(out, PATH_LEN, "%s%s", path, suffix);

	return n < 0 || n >= PATH_LEN ? EL_ELIMIT : EL_OK;
}

/* An exclusive lock, waited for no longer than a purge takes. */
static int
lock_open(const char *path, int *fd)
{
	char name[PATH_LEN];
	int r;

	if ((r = path_with(name, path, ".lock")) != EL_OK)
		return r;
	if ((*fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		return EL_EIO;
	for (int i = 0; flock(*fd, LOCK_EX | LOCK_NB) != 0; i++) {
		if (i == 50) {
			close(*fd);
			*fd = -1;
			return EL_EBUSY;
		}
		usleep(100 * 1000);
	}
	return EL_OK;
}

static int
read_info(const char *path, struct el_share_info *out)
{
	char name[PATH_LEN], message[EL_CONF_STR_MAX + 1];
	int r;

	if ((r = path_with(name, path, ".info")) != EL_OK)
		return r;
	if (access(name, F_OK) != 0)
		return EL_ENOTFOUND;
	return el_conf_load(info_keys, name, out, message) == EL_OK ? EL_OK : EL_EFORMAT;
}

static int
write_info(const char *path, const struct el_share_info *i)
{
	char name[PATH_LEN], text[1024];
	int n, r;

	if ((r = path_with(name, path, ".info")) != EL_OK)
		return r;
	n = snprintf(text, sizeof text, "trustee = %llu\nday_offset = %llu\nlab = %s\nroot = %s\ndir = %s\n",
	    (unsigned long long)i->trustee, (unsigned long long)i->day_offset, i->lab ? "yes" : "no", i->root, i->dir);
	if (n < 0 || (size_t)n >= sizeof text)
		return EL_ELIMIT;
	return el_file_replace(name, 0600, text, (size_t)n);
}

/* With the lock held and info known. */
static int
open_locked(const char *path, const struct el_share_info *info, int lock, struct el_share_file **out)
{
	struct el_share_file *f = calloc(1, sizeof *f);
	char kek[PATH_LEN];
	int r;

	if (f == NULL)
		return EL_ENOMEM;
	f->info = *info;
	f->lock = lock;
	if ((r = path_with(kek, path, ".kek")) != EL_OK ||
	    (r = el_keyring_open(path, kek, EL_PARTY_TRUSTEE, &f->keyring)) != EL_OK) {
		free(f);
		return r;
	}
	*out = f;
	return EL_OK;
}

int
el_share_file_open(const char *path, struct el_share_file **out)
{
	struct el_share_info info;
	int lock, r;

	*out = NULL;
	if (access(path, F_OK) != 0)
		return EL_ENOTFOUND;
	if ((r = lock_open(path, &lock)) != EL_OK)
		return r;
	if ((r = read_info(path, &info)) == EL_OK)
		r = open_locked(path, &info, lock, out);
	if (r != EL_OK)
		close(lock);
	return r;
}

int
el_share_file_create(const char *path, const struct el_share_info *info, struct el_share_file **out)
{
	struct el_share_info old;
	int lock, r;

	*out = NULL;
	if ((r = lock_open(path, &lock)) != EL_OK)
		return r;
	r = read_info(path, &old);
	if (r == EL_OK && (old.trustee != info->trustee || strcmp(old.root, info->root) != 0))
		r = EL_EPERM;
	else if (r == EL_OK || r == EL_ENOTFOUND)
		r = write_info(path, info);
	if (r == EL_OK)
		r = open_locked(path, info, lock, out);
	if (r != EL_OK)
		close(lock);
	return r;
}

void
el_share_file_unlock(struct el_share_file *f)
{
	(void)!flock(f->lock, LOCK_UN);
}

void
el_share_file_close(struct el_share_file *f)
{
	if (f == NULL)
		return;
	el_keyring_close(f->keyring);
	close(f->lock);
	free(f);
}

const struct el_share_info *
el_share_file_info(const struct el_share_file *f)
{
	return &f->info;
}

struct el_keyring *
el_share_file_keyring(struct el_share_file *f)
{
	return f->keyring;
}

int
el_share_file_add(struct el_share_file *f, const struct el_shares *s, int64_t now_s, size_t *n_added)
{
	static const enum el_key_kind kinds[3] = { EL_KEY_SHARE_LINKS, EL_KEY_SHARE_TRACES, EL_KEY_SHARE_RECOVERY };
	struct el_key_id *ids = calloc(s->n * 3 + 1, sizeof *ids);
	uint8_t(*keys)[EL_KEY_LEN] = NULL;
	uint8_t *guarded = NULL;
	size_t n = 0;
	int r;

	*n_added = 0;
	if (ids == NULL || (r = el_secret_new((s->n * 3 + 1) * EL_KEY_LEN, &guarded)) != EL_OK) {
		free(ids);
		return EL_ENOMEM;
	}
	keys = (uint8_t(*)[EL_KEY_LEN])(void *)guarded;
	for (size_t i = 0; i < s->n; i++) {
		const struct el_key_id first = { EL_KEY_SHARE_LINKS, (uint8_t)s->trustee, s->epochs[i] };

		if (el_keyring_has(f->keyring, first) ||
		    el_epoch_destroy_at(s->epochs[i], (uint32_t)f->info.day_offset) <= now_s)
			continue;
		for (size_t k = 0; k < 3; k++, n++) {
			ids[n] = (struct el_key_id){ kinds[k], (uint8_t)s->trustee, s->epochs[i] };
			memcpy(keys[n], s->secret + (i * 3 + k) * EL_SCALAR_LEN, EL_KEY_LEN);
		}
		++*n_added;
	}
	r = n == 0 ? EL_OK : el_keyring_add(f->keyring, ids, (const uint8_t(*)[EL_KEY_LEN])keys, n);
	el_secret_free(guarded);
	free(ids);
	return r;
}

struct due {
	int64_t now_s;
	uint32_t day_offset_s;
	size_t n, n_due;
	el_epoch last;
};

static bool
is_due(void *ctx, struct el_key_id id)
{
	const struct due *d = ctx;

	return el_epoch_destroy_at(id.epoch, d->day_offset_s) <= d->now_s;
}

int
el_share_file_purge(struct el_share_file *f, int64_t now_s, size_t *n_gone)
{
	struct due d = { .now_s = now_s, .day_offset_s = (uint32_t)f->info.day_offset };

	return el_keyring_destroy(f->keyring, is_due, &d, n_gone);
}

static void
count_day(void *ctx, struct el_key_id id)
{
	struct due *d = ctx;

	if (id.kind != EL_KEY_SHARE_LINKS)
		return;
	d->n++;
	d->n_due += is_due(d, id);
	if (id.epoch > d->last)
		d->last = id.epoch;
}

void
el_share_file_days(const struct el_share_file *f, int64_t now_s, size_t *n, size_t *due, el_epoch *last)
{
	struct due d = { .now_s = now_s, .day_offset_s = (uint32_t)f->info.day_offset };

	el_keyring_each(f->keyring, count_day, &d);
	*n = d.n;
	*due = d.n_due;
	*last = d.last;
}
