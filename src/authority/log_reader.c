#include "authority/log_reader.h"

#include <stdio.h>
#include <string.h>

#include "authority/order_file.h"

#define PATH_MAX_LEN (EL_TILE_PATH_MAX + 8)

void
el_log_reader_init(
    struct el_log_reader *r, el_log_fetch_fn *f, void *ctx, const char *party, uint64_t calls, uint64_t bytes)
{
	r->fetch = f;
	r->ctx = ctx;
	r->party = party;
	r->calls_left = calls;
	r->bytes_left = bytes;
}

static int
fetch(struct el_log_reader *r, const char *path, uint8_t *out, size_t max, size_t *len)
{
	int e;

	*len = 0;
	if (r->calls_left == 0 || r->bytes_left == 0)
		return EL_ELIMIT;
	r->calls_left--;
	if (max > r->bytes_left)
		max = (size_t)r->bytes_left;
	if ((e = r->fetch(r->ctx, r->party, path, out, max, len)) == EL_OK)
		r->bytes_left -= *len;
	return e;
}

int
el_log_reader_note(struct el_log_reader *r, uint8_t out[EL_NOTE_MAX], size_t *len)
{
	return fetch(r, "/log/checkpoint", out, EL_NOTE_MAX, len);
}

static int
fetch_tile(struct el_log_reader *r, const struct el_tile *t, uint8_t *out, size_t *len)
{
	char name[EL_TILE_PATH_MAX], path[PATH_MAX_LEN];

	el_tile_path(t, name);
	snprintf(path, sizeof path, "/log/%s", name);
	return fetch(r, path, out, t->entries ? EL_READER_BUNDLE_MAX : EL_READER_TILE_MAX, len);
}

int
el_log_reader_tile(
    struct el_log_reader *r, const struct el_tile *t, uint8_t *out, size_t *len)
{
	struct el_tile full = *t;
	int e;

	/* A log may drop a partial tile once there is the full one, which begins with the same bytes. */
	full.width = EL_TILE_WIDTH;
	if ((e = fetch_tile(r, t, out, len)) == EL_ENOTFOUND && t->width < EL_TILE_WIDTH) {
		if ((e = fetch_tile(r, &full, out, len)) == EL_OK && !t->entries && *len == EL_READER_TILE_MAX)
			*len = (size_t)t->width * EL_HASH_LEN;
	}
	if (e == EL_OK && !t->entries && *len != (size_t)t->width * EL_HASH_LEN)
		e = EL_EFORMAT;
	return e;
}

static int
read_tile(void *ctx, const struct el_tile *t, uint8_t *out)
{
	struct el_log_reader *const r = ctx;
	struct el_tile hashes = *t;
	size_t len;
	int e;

	hashes.entries = false; /* so never more than there is room for */
	if ((e = el_log_reader_tile(r, &hashes, r->tile, &len)) == EL_OK)
		memcpy(out, r->tile, len);
	return e;
}

struct el_tile_source
el_log_reader_source(struct el_log_reader *r)
{
	return (struct el_tile_source){ read_tile, r };
}

const struct el_sign_pk *
el_log_party_key(const struct el_directory *d, const char *party)
{
	const struct el_issuer_entry *entry;

	if (strcmp(party, "registry") == 0)
		return d->registry.has_log_key ? &d->registry.log_key : NULL;
	entry = el_directory_issuer(d, el_party_issuer(party));
	return entry != NULL && entry->has_log_key ? &entry->log_key : NULL;
}

const char *
el_log_party_url(const struct el_directory *d, const char *party)
{
	const struct el_issuer_entry *entry;

	if (strcmp(party, "registry") == 0)
		return d->registry.url;
	entry = el_directory_issuer(d, el_party_issuer(party));
	return entry != NULL ? entry->url : NULL;
}
