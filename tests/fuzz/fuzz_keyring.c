/*
 * A keyring file of these bytes under a fixed KEK is refused or holds as many entries of known kinds as its
 * length says, and opening changes nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/keyring.h"
#include "crypto/selftest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ENTRY 76
static char dir[32], ring[64], kek[64];

static void
end(void)
{
	unlink(ring);
	unlink(kek);
	rmdir(dir);
}

static void
begin(void)
{
	/* The KEK of tests/vectors/keyring.json, so that its file is a seed that opens. */
	static const uint8_t key[32] = {
		0x21,
		0x0b,
		0x93,
		0xcb,
		0x22,
		0x93,
		0xb7,
		0x50,
		0xc7,
		0x6c,
		0xcd,
		0xb3,
		0x66,
		0x79,
		0xee,
		0xa9,
		0x53,
		0x1a,
		0xdf,
		0x7d,
		0xd4,
		0x63,
		0x1e,
		0x03,
		0xdf,
		0x9a,
		0x55,
		0xa3,
		0x37,
		0xfe,
		0x23,
		0x4f,
	};

	snprintf(dir, sizeof dir, "/tmp/entrylog-fuzz-XXXXXX");
	if (el_crypto_init() != EL_OK || mkdtemp(dir) == NULL)
		abort();
	atexit(end);
	snprintf(ring, sizeof ring, "%s/keyring", dir);
	snprintf(kek, sizeof kek, "%s/kek", dir);
	if (el_file_create(kek, 0600, key, sizeof key) != EL_OK)
		abort();
}

static void
count(void *ctx, struct el_key_id id)
{
	if (id.kind < EL_KEY_ID || id.kind > EL_KEY_SHARE_RECOVERY)
		abort();
	++*(size_t *)ctx;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct el_keyring *k;
	struct stat st;
	size_t n = 0;
	FILE *f;
	int r;

	if (dir[0] == '\0')
		begin();
	if ((f = fopen(ring, "w")) == NULL || fchmod(fileno(f), 0600) != 0 || fwrite(data, 1, len, f) != len ||
	    fclose(f) != 0)
		abort();
	r = el_keyring_open(ring, kek, EL_PARTY_TRUSTEE, &k);
	if (r == EL_OK) {
		el_keyring_each(k, count, &n);
		if (len != n * ENTRY)
			abort();
		el_keyring_close(k);
	} else if (k != NULL || (r != EL_EFORMAT && r != EL_ECRYPTO && r != EL_ELIMIT)) {
		abort();
	}
	/* Opening changes nothing. */
	if (stat(ring, &st) != 0 || (size_t)st.st_size != len)
		abort();
	return 0;
}
