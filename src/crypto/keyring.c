#include "crypto/keyring.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/kdf.h"
#include "crypto/keyring_internal.h"
#include "crypto/row.h"

#define ENTRY_LEN (4 + EL_AEAD_OVERHEAD + EL_KEY_LEN)
#define PATH_LEN 4096
#define RESERVE_MIN ((size_t)64 * 1024)
#define KEK_RESERVE ((size_t)8 * 1024) /* for one small file, and its name */

void (*el_keyring_step_hook)(int step);

struct el_keyring {
	char path[PATH_LEN], kek_path[PATH_LEN], next_path[PATH_LEN], kek_next_path[PATH_LEN];
	char reserve_path[PATH_LEN], kek_reserve_path[PATH_LEN];
	bool has_reserve;
	enum el_party party;
	struct el_key_id *ids;
	uint8_t *keys; /* guarded, n * EL_KEY_LEN, no access but while in use */
	uint8_t *kek;  /* guarded */
	size_t n;
};

static void
step(int n)
{
	if (el_keyring_step_hook != NULL)
		el_keyring_step_hook(n);
}

/* What a KEK file holds becomes the KEK itself or, with a credential, half of what makes it. */
static int
kek_from_content(const uint8_t content[EL_KEY_LEN], uint8_t kek[EL_KEY_LEN])
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_LEN];
	uint8_t *credential = NULL;
	size_t len;
	int r;

	memcpy(kek, content, EL_KEY_LEN);
	if (dir == NULL)
		return EL_OK;
	if ((r = el_path_join(path, sizeof path, dir, "kek")) != EL_OK)
		return r;
	if ((r = el_file_read(path, EL_KEY_LEN, &credential, &len)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r;
	r = len == EL_KEY_LEN ? EL_OK : EL_EFORMAT;
	if (r == EL_OK)
		el_kdf(kek, credential, "EL1-kek", content, EL_KEY_LEN);
	sodium_memzero(credential, len);
	free(credential);
	return r;
}

static int
read_kek(const char *path, uint8_t kek[EL_KEY_LEN])
{
	uint8_t *content = NULL;
	size_t len;
	int r;

	if ((r = el_file_read_private(path, EL_KEY_LEN, &content, &len)) != EL_OK)
		return r;
	r = len == EL_KEY_LEN ? kek_from_content(content, kek) : EL_EFORMAT;
	sodium_memzero(content, len);
	free(content);
	return r;
}

static void
entry_ad(enum el_party party, const struct el_key_id *id, uint8_t ad[5])
{
	ad[0] = (uint8_t)party;
	ad[1] = (uint8_t)id->kind;
	ad[2] = id->index;
	el_put_u16(ad + 3, id->epoch);
}

/* Decrypt a whole keyring file into ids and keys (n of them); EL_ECRYPTO when the KEK is not its own. */
static int
parse_entries(const struct el_keyring *k, const uint8_t *kek, const uint8_t *file, size_t n, struct el_key_id *ids,
    uint8_t *keys)
{
	uint8_t ad[5];
	int r;

	for (size_t i = 0; i < n; i++, file += ENTRY_LEN) {
		if (file[0] < EL_KEY_ID || file[0] > EL_KEY_SHARE_RECOVERY)
			return EL_EFORMAT;
		ids[i] = (struct el_key_id){ (enum el_key_kind)file[0], file[1], el_get_u16(file + 2) };
		entry_ad(k->party, &ids[i], ad);
		if ((r = el_aead_open(kek, file + 4, ENTRY_LEN - 4, ad, sizeof ad, keys + i * EL_KEY_LEN)) != EL_OK)
			return r;
	}
	return EL_OK;
}

static void
adopt(struct el_keyring *k, struct el_key_id *ids, uint8_t *keys, size_t n)
{
	free(k->ids);
	el_secret_free(k->keys);
	k->ids = ids;
	k->keys = keys;
	k->n = n;
	sodium_mprotect_noaccess(keys);
}

static int
tables_new(size_t n, struct el_key_id **ids, uint8_t **keys)
{
	*keys = NULL;
	if ((*ids = calloc(n + 1, sizeof **ids)) == NULL)
		return EL_ENOMEM;
	if (el_secret_new((n + 1) * EL_KEY_LEN, keys) != EL_OK) {
		free(*ids);
		*ids = NULL;
		return EL_ENOMEM;
	}
	return EL_OK;
}

/* Load the keyring file under the given KEK. */
static int
load(struct el_keyring *k, const uint8_t *kek)
{
	struct el_key_id *ids = NULL;
	uint8_t *file = NULL, *keys = NULL;
	size_t len;
	int r;

	if ((r = el_file_read_private(k->path, (size_t)EL_KEYRING_MAX * ENTRY_LEN, &file, &len)) != EL_OK)
		return r;
	if (len % ENTRY_LEN != 0)
		r = EL_EFORMAT;
	if (r == EL_OK && (r = tables_new(len / ENTRY_LEN, &ids, &keys)) == EL_OK &&
	    (r = parse_entries(k, kek, file, len / ENTRY_LEN, ids, keys)) == EL_OK) {
		adopt(k, ids, keys, len / ENTRY_LEN);
		ids = NULL;
		keys = NULL;
	}
	free(ids);
	el_secret_free(keys);
	free(file);
	return r;
}

/* Write ids and keys (readable now) under kek to path: atomically over an old file, or as a new one. */
static int
store(const struct el_keyring *k, const char *path, const uint8_t *kek, const struct el_key_id *ids,
    const uint8_t *keys, size_t n)
{
	struct el_buf b;
	uint8_t ad[5], *p;
	int r;

	el_buf_init(&b, (size_t)EL_KEYRING_MAX * ENTRY_LEN);
	for (size_t i = 0; i < n; i++) {
		el_buf_put_u8(&b, (uint8_t)ids[i].kind);
		el_buf_put_u8(&b, ids[i].index);
		el_buf_put_u16(&b, ids[i].epoch);
		if ((p = el_buf_reserve(&b, ENTRY_LEN - 4)) == NULL)
			break;
		entry_ad(k->party, &ids[i], ad);
		el_aead_seal(kek, keys + i * EL_KEY_LEN, EL_KEY_LEN, ad, sizeof ad, p);
		el_buf_advance(&b, ENTRY_LEN - 4);
	}
	r = b.err != EL_OK ? b.err : el_file_replace(path, 0600, b.p, b.len);
	el_buf_wipe(&b);
	return r;
}

/* Overwrite the old KEK where it lies; renaming alone would leave its bytes on the disk. */
static int
overwrite_kek(const char *path)
{
	uint8_t noise[EL_KEY_LEN];
	const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return EL_EIO;
	randombytes_buf(noise, sizeof noise);
	r = el_fd_write(fd, noise, sizeof noise);
	if (r == EL_OK && fdatasync(fd) != 0)
		r = EL_EIO;
	close(fd);
	return r;
}

/* The last two steps of a KEK change, once the keyring under the new KEK is in place. */
static int
finish_kek(const struct el_keyring *k)
{
	int r;

	if ((r = overwrite_kek(k->kek_path)) != EL_OK)
		return r;
	step(5);
	if (rename(k->kek_next_path, k->kek_path) != 0)
		return EL_EIO;
	step(6);
	return el_dir_sync_parent(k->kek_path);
}

static int
begin_new(struct el_keyring *k)
{
	uint8_t content[EL_KEY_LEN];
	int r;

	randombytes_buf(content, sizeof content);
	/* The KEK first: a KEK without a keyring is an empty keyring, the reverse would be a loss.  By renaming,
	 * since half a KEK file would be in the way of every later start. */
	if ((r = el_file_replace(k->kek_path, 0600, content, sizeof content)) == EL_OK)
		r = el_file_replace(k->path, 0600, "", 0);
	sodium_memzero(content, sizeof content);
	return r;
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Which KEK opens the keyring says how far an interrupted change had come. */
static int
recover(struct el_keyring *k)
{
	int r;

	/*
	 * Every KEK opens an empty keyring.  But a change begins with at least one key, so an empty keyring beside
	 * a next KEK is one that the change has already put in place.
	 */
	if ((r = read_kek(k->kek_path, k->kek)) == EL_OK && (r = load(k, k->kek)) == EL_OK &&
	    (k->n > 0 || !is_there(k->kek_next_path))) {
		/* Stopped before the rename of the keyring, if at all: the new KEK protects nothing yet. */
		if ((r = el_file_destroy(k->kek_next_path)) == EL_OK)
			r = el_file_destroy(k->next_path);
		return r;
	}
	if ((r != EL_OK && r != EL_ECRYPTO) || !is_there(k->kek_next_path))
		return r;
	/* The keyring's new name must be on the disk before the old KEK goes, also after a crash at step 3. */
	if ((r = read_kek(k->kek_next_path, k->kek)) != EL_OK || (r = load(k, k->kek)) != EL_OK ||
	    (r = el_dir_sync_parent(k->path)) != EL_OK)
		return r;
	return finish_kek(k);
}

int
el_keyring_open(const char *path, const char *kek_path, enum el_party party, struct el_keyring **out)
{
	struct el_keyring *k;
	int r = EL_OK;

	*out = NULL;
	if ((k = calloc(1, sizeof *k)) == NULL)
		return EL_ENOMEM;
	k->party = party;
	if ((size_t)snprintf(k->path, PATH_LEN, "%s", path) >= PATH_LEN ||
	    (size_t)snprintf(k->kek_path, PATH_LEN, "%s", kek_path) >= PATH_LEN ||
	    (size_t)snprintf(k->next_path, PATH_LEN, "%s.next", path) >= PATH_LEN ||
	    (size_t)snprintf(k->kek_next_path, PATH_LEN, "%s.next", kek_path) >= PATH_LEN ||
	    (size_t)snprintf(k->reserve_path, PATH_LEN, "%s.reserve", path) >= PATH_LEN ||
	    (size_t)snprintf(k->kek_reserve_path, PATH_LEN, "%s.reserve", kek_path) >= PATH_LEN)
		r = EL_ELIMIT;
	if (r == EL_OK)
		r = el_secret_new(EL_KEY_LEN, &k->kek);
	if (r == EL_OK && !is_there(k->path)) {
		if (!is_there(k->kek_path))
			r = begin_new(k);
		else
			r = el_file_replace(k->path, 0600, "", 0);
	}
	if (r == EL_OK)
		r = recover(k);
	if (r != EL_OK) {
		el_keyring_close(k);
		return r;
	}
	sodium_mprotect_noaccess(k->kek);
	*out = k;
	return EL_OK;
}

void
el_keyring_close(struct el_keyring *k)
{
	if (k == NULL)
		return;
	free(k->ids);
	el_secret_free(k->keys);
	el_secret_free(k->kek);
	free(k);
}

/* ---- The reserve ---- */

static void
make_reserve(const char *path, size_t len)
{
	struct stat st;
	uint8_t *noise;

	if (stat(path, &st) == 0 && st.st_size >= (off_t)len)
		return;
	/* Noise: nothing that a file system would store in less. */
	if ((noise = malloc(len)) == NULL)
		return;
	randombytes_buf(noise, len);
	if (el_file_replace(path, 0600, noise, len) != EL_OK)
		(void)unlink(path); /* half of it, or one of unknown state: the next call tries again */
	free(noise);
}

void
el_keyring_reserve(struct el_keyring *k)
{
	const size_t len = 2 * k->n * ENTRY_LEN;

	k->has_reserve = true;
	make_reserve(k->reserve_path, len < RESERVE_MIN ? RESERVE_MIN : len);
	make_reserve(k->kek_reserve_path, KEK_RESERVE);
}

/* Whether there was a reserve, whose room is free now.  Which of the two disks is full is not asked. */
static bool
give_up_reserve(const struct el_keyring *k)
{
	const bool here = k->has_reserve && unlink(k->reserve_path) == 0;

	return (k->has_reserve && unlink(k->kek_reserve_path) == 0) || here;
}

static void
renew_reserve(struct el_keyring *k)
{
	if (k->has_reserve)
		el_keyring_reserve(k);
}

/* Where id stands among n, n when it does not. */
static size_t
position(struct el_key_id id, const struct el_key_id *ids, size_t n)
{
	size_t i = 0;

	while (i < n && (ids[i].kind != id.kind || ids[i].index != id.index || ids[i].epoch != id.epoch))
		i++;
	return i;
}

static size_t
index_of(const struct el_keyring *k, struct el_key_id id)
{
	return position(id, k->ids, k->n);
}

bool
el_keyring_has(const struct el_keyring *k, struct el_key_id id)
{
	return index_of(k, id) < k->n;
}

int
el_keyring_get(const struct el_keyring *k, struct el_key_id id, uint8_t out[EL_KEY_LEN])
{
	const size_t i = index_of(k, id);

	memset(out, 0, EL_KEY_LEN);
	if (i == k->n)
		return EL_ENOTFOUND;
	sodium_mprotect_readonly(k->keys);
	memcpy(out, k->keys + i * EL_KEY_LEN, EL_KEY_LEN);
	sodium_mprotect_noaccess(k->keys);
	return EL_OK;
}

int
el_keyring_add(struct el_keyring *k, const struct el_key_id *ids, const uint8_t (*keys)[EL_KEY_LEN], size_t n)
{
	struct el_key_id *all_ids = NULL;
	uint8_t *all_keys = NULL;
	int r;

	for (size_t i = 0; i < n; i++) {
		/* A kind that no reader knows would make the whole file unreadable. */
		assert(ids[i].kind >= EL_KEY_ID && ids[i].kind <= EL_KEY_SHARE_RECOVERY);
		if (el_keyring_has(k, ids[i]) || position(ids[i], ids, i) < i)
			return EL_EEXIST;
	}
	if (n > EL_KEYRING_MAX || k->n + n > EL_KEYRING_MAX)
		return EL_ELIMIT;
	if ((r = tables_new(k->n + n, &all_ids, &all_keys)) != EL_OK)
		return r;
	sodium_mprotect_readonly(k->keys);
	memcpy(all_keys, k->keys, k->n * EL_KEY_LEN);
	sodium_mprotect_noaccess(k->keys);
	memcpy(all_ids, k->ids, k->n * sizeof *all_ids);
	memcpy(all_keys + k->n * EL_KEY_LEN, keys, n * EL_KEY_LEN);
	memcpy(all_ids + k->n, ids, n * sizeof *all_ids);
	sodium_mprotect_readonly(k->kek);
	r = store(k, k->path, k->kek, all_ids, all_keys, k->n + n);
	if (r == EL_ESPACE && give_up_reserve(k))
		r = store(k, k->path, k->kek, all_ids, all_keys, k->n + n);
	sodium_mprotect_noaccess(k->kek);
	if (r == EL_OK) {
		adopt(k, all_ids, all_keys, k->n + n);
		renew_reserve(k);
		return EL_OK;
	}
	free(all_ids);
	el_secret_free(all_keys);
	return r;
}

int
el_keyring_ensure(struct el_keyring *k, struct el_key_id id)
{
	uint8_t key[1][EL_KEY_LEN];
	int r;

	if (el_keyring_has(k, id))
		return EL_OK;
	randombytes_buf(key[0], EL_KEY_LEN);
	r = el_keyring_add(k, &id, (const uint8_t(*)[EL_KEY_LEN])key, 1);
	sodium_memzero(key, sizeof key);
	return r;
}

/* Protocol section 3: the fresh KEK, the keyring under it, the old KEK's end. */
static int
change_kek(struct el_keyring *k, const struct el_key_id *ids, const uint8_t *keys, size_t n)
{
	uint8_t content[EL_KEY_LEN], kek[EL_KEY_LEN];
	int r;

	randombytes_buf(content, sizeof content);
	if ((r = kek_from_content(content, kek)) != EL_OK ||
	    (r = el_file_replace(k->kek_next_path, 0600, content, sizeof content)) != EL_OK)
		goto out;
	step(1);
	if ((r = store(k, k->next_path, kek, ids, keys, n)) != EL_OK)
		goto out;
	step(2);
	if (rename(k->next_path, k->path) != 0) {
		r = errno == ENOSPC || errno == EDQUOT ? EL_ESPACE : EL_EIO;
		goto out;
	}
	step(3);
	if ((r = el_dir_sync_parent(k->path)) != EL_OK)
		goto out;
	step(4);
	if ((r = finish_kek(k)) != EL_OK)
		goto out;
	sodium_mprotect_readwrite(k->kek);
	memcpy(k->kek, kek, EL_KEY_LEN);
	sodium_mprotect_noaccess(k->kek);
out:
	sodium_memzero(content, sizeof content);
	sodium_memzero(kek, sizeof kek);
	return r;
}

int
el_keyring_destroy(struct el_keyring *k, bool (*due)(void *ctx, struct el_key_id), void *ctx, size_t *n_gone)
{
	struct el_key_id *ids = NULL;
	uint8_t *keys = NULL;
	size_t kept = 0;
	int r;

	*n_gone = 0;
	if ((r = tables_new(k->n, &ids, &keys)) != EL_OK)
		return r;
	sodium_mprotect_readonly(k->keys);
	for (size_t i = 0; i < k->n; i++) {
		if (due(ctx, k->ids[i]))
			continue;
		ids[kept] = k->ids[i];
		memcpy(keys + kept * EL_KEY_LEN, k->keys + i * EL_KEY_LEN, EL_KEY_LEN);
		kept++;
	}
	sodium_mprotect_noaccess(k->keys);
	if (kept != k->n) {
		r = change_kek(k, ids, keys, kept);
		if (r == EL_ESPACE && give_up_reserve(k))
			r = change_kek(k, ids, keys, kept);
		if (r == EL_OK) {
			*n_gone = k->n - kept;
			adopt(k, ids, keys, kept);
			renew_reserve(k);
			return EL_OK;
		}
	}
	free(ids);
	el_secret_free(keys);
	return r;
}

void
el_keyring_each(const struct el_keyring *k, void (*fn)(void *ctx, struct el_key_id), void *ctx)
{
	for (size_t i = 0; i < k->n; i++)
		fn(ctx, k->ids[i]);
}
