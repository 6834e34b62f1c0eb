#include "publog_world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"

int
publog_setup(void **state)
{
	char *dir = strdup("/tmp/entrylog-test-XXXXXX");

	*state = dir;
	return dir != NULL && mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void
publog_remove(const char *dir)
{
	assert_int_equal(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int
publog_teardown(void **state)
{
	publog_remove(*state);
	free(*state);
	return 0;
}

const char *
publog_path(const char *dir, const char *name)
{
	static char paths[16][512];
	static unsigned next;
	char *p = paths[next++ % 16];

	assert_true((size_t)snprintf(p, sizeof paths[0], "%s/%s", dir, name) < sizeof paths[0]);
	return p;
}

struct el_sign_key *
publog_key(uint8_t seed)
{
	const uint8_t bytes[32] = { seed };
	struct el_sign_key *key;

	assert_int_equal(el_sign_key_new(bytes, &key), EL_OK);
	return key;
}

struct el_hash
publog_hash(unsigned n)
{
	struct el_hash h = { { 0 } };

	el_put_u32(h.b, n);
	return h;
}

static size_t
encode(const struct el_log_entry *e, uint8_t out[EL_ENTRY_MAX])
{
	size_t len;

	assert_int_equal(el_log_entry_encode(e, out, &len), EL_OK);
	return len;
}

size_t
publog_segment_entry(el_epoch epoch, uint32_t segment, uint8_t out[EL_ENTRY_MAX])
{
	const struct el_log_entry e = { .type = EL_ENTRY_SEGMENT,
		.time_s = 1700000000,
		.epoch = epoch,
		.segment = segment,
		.count = 100,
		.root = publog_hash(segment) };

	return encode(&e, out);
}

size_t
publog_order_entry(unsigned n, uint8_t out[EL_ENTRY_MAX])
{
	const struct el_log_entry e = { .type = EL_ENTRY_ORDER,
		.time_s = 1700000000,
		.order = publog_hash(n),
		.kind = EL_ORDER_CONTACTS,
		.answer = publog_hash(n + 1000),
		.count = 12 };

	return encode(&e, out);
}
