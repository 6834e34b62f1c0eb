#include "authority/purge.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "authority/order_file.h"
#include "authority/report.h"
#include "authority/request.h"
#include "authority/share_file.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"

#define PATH_LEN 1024

struct purge {
	const char *data_dir;
	int64_t now_s;
	uint32_t day_offset_s;
	bool destroy;
	struct el_purge_count *count;
	size_t n_gone;
	int err;
	/* Orders that go: partials name only an order's hash. */
	struct el_hash *dead;
	size_t n_dead;
};

static bool
is_due(const struct purge *p, el_epoch last)
{
	return el_epoch_destroy_at(last, p->day_offset_s) <= p->now_s;
}

static void
note_error(struct purge *p, int r)
{
	if (p->err == EL_OK)
		p->err = r;
}

static void
note_due(struct purge *p, el_epoch last, size_t *counter)
{
	if (p->count == NULL)
		return;
	++*counter;
	p->count->due[last / 8] |= (uint8_t)(1u << (last % 8));
}

static void
destroy_file(struct purge *p, const char *path)
{
	int r;

	if (!p->destroy)
		return;
	if ((r = el_file_destroy(path)) != EL_OK)
		note_error(p, r);
	else
		p->n_gone++;
}

/* Every regular file of a folder of data_dir; a folder that is not there holds nothing. */
static void
each_file(struct purge *p, const char *folder, void (*fn)(struct purge *, const char *path))
{
	struct dirent **entries = NULL;
	char path[PATH_LEN];
	struct stat st;
	int n;

	if (snprintf(path, sizeof path, "%s/%s", p->data_dir, folder) >= (int)sizeof path ||
	    (n = scandir(path, &entries, NULL, alphasort)) < 0)
		return;
	for (int i = 0; i < n; i++) {
		if (snprintf(path, sizeof path, "%s/%s/%s", p->data_dir, folder, entries[i]->d_name) < (int)sizeof path &&
		    lstat(path, &st) == 0 && S_ISREG(st.st_mode))
			fn(p, path);
		free(entries[i]);
	}
	free(entries);
}

static void
purge_report(struct purge *p, const char *path)
{
	uint8_t *text = NULL;
	size_t len;
	el_epoch last;

	if (el_file_read(path, EL_FILE_MAX, &text, &len) != EL_OK)
		return;
	if (el_report_file_last(text, len, p->day_offset_s, &last) == EL_OK && is_due(p, last)) {
		note_due(p, last, p->count != NULL ? &p->count->reports : NULL);
		destroy_file(p, path);
	}
	free(text);
}

static bool
ends_with(const char *path, const char *suffix)
{
	const size_t n = strlen(path), k = strlen(suffix);

	return n > k && strcmp(path + n - k, suffix) == 0;
}

/* An order goes with its key, its case, its state and its requests, which are named after it. */
static void
destroy_order(struct purge *p, const char *path)
{
	static const char *const beside[] = { ".key", ".key.pub", ".case", ".state", ".request" };
	char other[PATH_LEN];

	for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
		if (snprintf(other, sizeof other, "%s%s", path, beside[i]) < (int)sizeof other && p->destroy &&
		    el_file_destroy(other) != EL_OK)
			note_error(p, EL_EIO);
	destroy_file(p, path);
}

static void
purge_order(struct purge *p, const char *path)
{
	struct el_order_file *f = NULL;
	struct el_hash *bigger;
	struct el_order o;

	if (ends_with(path, ".key") || ends_with(path, ".case") || ends_with(path, ".state") ||
	    el_order_file_read(path, &f) != EL_OK)
		return;
	if (el_order_parse(f->document.doc, f->document.len, &o) == EL_OK && is_due(p, o.last_epoch)) {
		note_due(p, o.last_epoch, p->count != NULL ? &p->count->orders : NULL);
		if ((bigger = realloc(p->dead, (p->n_dead + 1) * sizeof *bigger)) != NULL) {
			p->dead = bigger;
			p->dead[p->n_dead++] = o.hash;
		} else
			note_error(p, EL_ENOMEM);
		destroy_order(p, path);
	}
	el_order_file_free(f);
}

/* Partials whose order went before them, by hand, are gone with any file of that age. */
static bool
is_dead(const struct purge *p, const struct el_hash *order, const char *path)
{
	struct stat st;

	for (size_t i = 0; i < p->n_dead; i++)
		if (el_hash_eq(&p->dead[i], order))
			return true;
	return stat(path, &st) == 0 && st.st_mtime + EL_ORDER_LIFE_MAX_S + EL_RETENTION_S < time(NULL);
}

/* Requests hold their order; partials only its hash, and go with the order. */
static void
purge_exchange(struct purge *p, const char *path)
{
	struct el_request *q = NULL;
	struct el_partials partials;
	struct el_order o;
	uint8_t *text = NULL;
	size_t len;

	if (ends_with(path, ".key") || ends_with(path, ".case") || ends_with(path, ".state") ||
	    el_file_read(path, EL_FILE_MAX, &text, &len) != EL_OK)
		return;
	if (el_request_parse(text, len, &q) == EL_OK) {
		if (el_order_parse(q->order->document.doc, q->order->document.len, &o) == EL_OK && is_due(p, o.last_epoch)) {
			note_due(p, o.last_epoch, p->count != NULL ? &p->count->other : NULL);
			destroy_file(p, path);
		}
	} else if (el_partials_parse(text, len, &partials) == EL_OK) {
		if (is_dead(p, &partials.order, path))
			destroy_file(p, path);
		el_partials_wipe(&partials);
	}
	el_request_free(q);
	el_secret_wipe(text, len);
	free(text);
}

static void
purge_share(struct purge *p, const char *path)
{
	struct el_share_file *f = NULL;
	size_t n, due, gone;
	el_epoch last;
	int r;

	if ((r = el_share_file_open(path, &f)) != EL_OK) {
		if (r != EL_ENOTFOUND)
			note_error(p, r);
		return;
	}
	el_share_file_days(f, p->now_s, &n, &due, &last);
	if (due > 0 && p->count != NULL) {
		p->count->shares++;
		for (unsigned e = 0; e <= UINT16_MAX && is_due(p, (el_epoch)e); e++) {
			const struct el_key_id id = { EL_KEY_SHARE_LINKS, (uint8_t)el_share_file_info(f)->trustee, (el_epoch)e };

			if (el_keyring_has(el_share_file_keyring(f), id))
				p->count->due[e / 8] |= (uint8_t)(1u << (e % 8));
		}
	}
	if (p->destroy && due > 0) {
		if ((r = el_share_file_purge(f, p->now_s, &gone)) != EL_OK)
			note_error(p, r);
		else
			p->n_gone += gone;
	}
	el_share_file_close(f);
}

static void
purge_trustees(struct purge *p)
{
	struct dirent **entries = NULL;
	char path[PATH_LEN];
	struct stat st;
	int n;

	if (snprintf(path, sizeof path, "%s/trustees", p->data_dir) >= (int)sizeof path ||
	    (n = scandir(path, &entries, NULL, alphasort)) < 0)
		return;
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.' &&
		    snprintf(path, sizeof path, "%s/trustees/%s/share", p->data_dir, entries[i]->d_name) < (int)sizeof path &&
		    lstat(path, &st) == 0 && S_ISREG(st.st_mode))
			purge_share(p, path);
		free(entries[i]);
	}
	free(entries);
}

static int
run(struct purge *p)
{
	each_file(p, "reports", purge_report);
	each_file(p, "orders", purge_order);
	each_file(p, "orders", purge_exchange);
	purge_trustees(p);
	free(p->dead);
	return p->err;
}

int
el_authority_purge_count(const char *data_dir, int64_t now_s, uint32_t day_offset_s, struct el_purge_count *out)
{
	struct purge p = { .data_dir = data_dir, .now_s = now_s, .day_offset_s = day_offset_s, .count = out };

	memset(out, 0, sizeof *out);
	return run(&p);
}

int
el_authority_purge_files(const char *data_dir, int64_t now_s, uint32_t day_offset_s, size_t *n_gone)
{
	struct purge p = { .data_dir = data_dir, .now_s = now_s, .day_offset_s = day_offset_s, .destroy = true };
	const int r = run(&p);

	*n_gone = p.n_gone;
	return r;
}
