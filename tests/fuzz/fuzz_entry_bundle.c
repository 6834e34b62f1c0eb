/* The entries that come out of a bundle make the same bundle again; there are at most 256, and no byte is left over. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "log/tiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *entry;
	size_t n, at = 0;
	unsigned k = 0;
	int r;

	while ((r = el_bundle_entry(data, len, k, &entry, &n)) == EL_OK) {
		if (at + 2 + n > len || entry != data + at + 2 || el_get_u16(data + at) != n)
			abort();
		at += 2 + n;
		k++;
	}
	if (entry != NULL || n != 0 || k > EL_TILE_WIDTH)
		abort();
	if (r == EL_ENOTFOUND ? at != len : r != EL_EFORMAT || k != 0)
		abort();
	return 0;
}
