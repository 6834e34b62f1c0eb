/* What parses is a tile that a tree can have, and its path is that text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "log/tiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[256], path[EL_TILE_PATH_MAX];
	struct el_tile t;

	if (len >= sizeof text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (el_tile_parse(text, &t) != EL_OK) {
		if (t.entries || t.level != 0 || t.index != 0 || t.width != 0)
			abort();
		return 0;
	}
	el_tile_path(&t, path);
	if (strcmp(path, text) != 0 || t.level >= EL_TILE_LEVELS || t.width < 1 || t.width > EL_TILE_WIDTH ||
	    (t.entries && t.level != 0) || t.index >= EL_LOG_SIZE_MAX >> 8)
		abort();
	return 0;
}
