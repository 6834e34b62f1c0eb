#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "entrylog/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* An order that is read has one encoding, which says the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct el_order a, b, c;
	uint8_t *once, *twice;
	size_t n, m;

	if (el_order_parse(data, len, &a) != EL_OK)
		return 0;
	b = a;
	if (el_order_encode(&b, &once, &n) != EL_OK || el_order_parse(once, n, &c) != EL_OK ||
	    memcmp(&b, &c, sizeof b) != 0)
		abort();
	c.hash = a.hash;
	if (memcmp(&a, &c, sizeof a) != 0 || el_order_encode(&c, &twice, &m) != EL_OK || n != m ||
	    memcmp(once, twice, n) != 0)
		abort();
	/* What later code relies on without asking again. */
	if (a.n_audience == 0 || a.expires <= a.created || a.last_epoch - a.first_epoch >= EL_ORDER_DAYS_MAX)
		abort();
	free(once);
	free(twice);
	return 0;
}
