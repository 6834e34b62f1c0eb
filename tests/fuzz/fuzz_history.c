#include <stdlib.h>
#include <string.h>

#include "authority/history.h"

/* What a trustee saw of a log, from its file and between its processes: what parses has exactly this one encoding. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct el_history h;
	struct el_buf again;

	if (el_history_get(data, len, &h) != EL_OK) {
		if (h.n != 0)
			abort();
		return 0;
	}
	el_buf_init(&again, EL_HISTORY_BYTES_MAX);
	el_history_put(&again, &h);
	if (again.err != EL_OK || again.len != len || (len > 0 && memcmp(again.p, data, len) != 0))
		abort();
	el_buf_wipe(&again);
	return 0;
}
