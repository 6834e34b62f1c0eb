/*
 * Looks into the files of a registry that is stopped, or prepares them.
 *
 *	visits_tool list DATA KEK              each row: epoch, segment, row, body, attempt, flags; each key: "key" epoch
 *	visits_tool plant DATA KEK EPOCH N     a day with a key and N times fifty visits in segments of a hundred rows
 *
 * plant says "planted", or "gone" where the files of such a day still wait to be removed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/keyring.h"
#include "crypto/selftest.h"
#include "registry/visit.h"

#define PLANTED_SEGMENT_ROWS 100

struct tool {
	struct el_keyring *keyring;
	struct el_daybook *daybook;
	uint8_t tags[EL_KEY_LEN], rows[EL_KEY_LEN]; /* of the epoch at work */
};

static int
open_all(const char *data, const char *kek, struct tool *t)
{
	const struct el_daybook_options options = { .hourly = true, .segment_rows = PLANTED_SEGMENT_ROWS };
	char path[4096];
	int r;

	if ((r = el_path_join(path, sizeof path, data, "keyring")) != EL_OK ||
	    (r = el_keyring_open(path, kek, EL_PARTY_REGISTRY, &t->keyring)) != EL_OK ||
	    (r = el_path_join(path, sizeof path, data, "visits")) != EL_OK)
		return r;
	return el_daybook_sqlite_open(path, &options, &t->daybook);
}

static int
take_keys(struct tool *t, el_epoch e)
{
	uint8_t key[EL_KEY_LEN];
	const int r = el_keyring_get(t->keyring, (struct el_key_id){ EL_KEY_VISIT, 0, e }, key);

	el_day_key_tags(t->tags, key);
	el_day_key_rows(t->rows, key);
	return r;
}

/* ---- list ---- */

static void
print_hex(const uint8_t *b, size_t n)
{
	putchar(' ');
	for (size_t i = 0; i < n; i++)
		printf("%02x", b[i]);
}

static int
print_row(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	const struct tool *const t = ctx;
	struct el_visit v;
	struct el_tid tid;
	const int r = el_visit_open(row, t->rows, ref->epoch, ref->segment, &v);

	if (r != EL_OK)
		return r;
	el_visit_tid(&v.body, &tid);
	if (row->tag_a != el_visit_venue_tag(t->tags, v.venue) || row->tag_b != el_visit_tid_tag(t->tags, &tid))
		return EL_ECRYPTO;
	printf("%u %u %u", ref->epoch, ref->segment, ref->row);
	print_hex(v.body.b, sizeof v.body.b);
	print_hex(v.attempt.b, sizeof v.attempt.b);
	printf(" %u\n", v.flags);
	return EL_OK;
}

static void
print_key(void *ctx, struct el_key_id id)
{
	(void)ctx;
	if (id.kind == EL_KEY_VISIT)
		printf("key %u\n", id.epoch);
}

static int
list(struct tool *t)
{
	el_epoch epochs[256];
	size_t n;
	int r;

	el_keyring_each(t->keyring, print_key, NULL);
	if ((r = t->daybook->ops->epochs(t->daybook, epochs, 256, &n)) != EL_OK)
		return r;
	for (size_t i = 0; i < n && i < 256; i++) {
		if ((r = take_keys(t, epochs[i])) == EL_ENOTFOUND) {
			printf("sealed %u\n", epochs[i]); /* its key is gone, its files are about to */
			continue;
		}
		if (r != EL_OK || (r = t->daybook->ops->scan(t->daybook, epochs[i], false, print_row, t)) != EL_OK)
			return r;
	}
	return EL_OK;
}

/* ---- plant ---- */

/* A few rows in one append, as a turn of core makes them. */
#define GROUP 50

static void
make_row(const struct tool *t, el_epoch e, uint32_t segment, uint8_t sealed[EL_VISIT_SEALED_LEN], struct el_row *out)
{
	struct el_visit v = { .venue = 1, .scanner = 1 };
	struct el_tid tid;

	el_random(v.body.b, sizeof v.body.b);
	el_random(v.attempt.b, sizeof v.attempt.b);
	el_visit_tid(&v.body, &tid);
	*out = (struct el_row){ el_visit_venue_tag(t->tags, v.venue), el_visit_tid_tag(t->tags, &tid), sealed,
		EL_VISIT_SEALED_LEN };
	el_visit_seal(&v, t->rows, e, segment, out->tag_a, out->tag_b, sealed);
}

static int
plant_group(struct tool *t, el_epoch e)
{
	static uint8_t sealed[GROUP][EL_VISIT_SEALED_LEN];
	struct el_row rows[GROUP];
	uint32_t segment, first;
	int r;

	if ((r = t->daybook->ops->live(t->daybook, e, 0, &segment)) != EL_OK)
		return r;
	for (size_t i = 0; i < GROUP; i++)
		make_row(t, e, segment, sealed[i], &rows[i]);
	return t->daybook->ops->append(t->daybook, e, segment, rows, GROUP, &first);
}

static int
plant(struct tool *t, el_epoch e, unsigned long n_groups)
{
	const struct el_key_id id = { EL_KEY_VISIT, 0, e };
	uint32_t segment;
	int r;

	if ((r = t->daybook->ops->live(t->daybook, e, 0, &segment)) == EL_ESTATE) {
		puts("gone");
		return EL_OK;
	}
	if (r != EL_OK || (r = el_keyring_ensure(t->keyring, id)) != EL_OK || (r = take_keys(t, e)) != EL_OK)
		return r;
	while (r == EL_OK && n_groups-- > 0)
		r = plant_group(t, e);
	if (r == EL_OK)
		puts("planted");
	return r;
}

int
main(int argc, char **argv)
{
	struct tool t = { .keyring = NULL };
	int r = EL_EFORMAT;

	if (argc < 4)
		return 64;
	if ((r = el_crypto_init()) == EL_OK && (r = open_all(argv[2], argv[3], &t)) == EL_OK) {
		if (strcmp(argv[1], "list") == 0 && argc == 4)
			r = list(&t);
		else if (strcmp(argv[1], "plant") == 0 && argc == 6)
			r = plant(&t, (el_epoch)strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
		else
			r = EL_EFORMAT;
	}
	el_daybook_close(t.daybook);
	el_keyring_close(t.keyring);
	if (r != EL_OK)
		fprintf(stderr, "visits_tool: %s\n", el_strerror(r));
	return r == EL_OK ? 0 : 1;
}
