#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authority/request.h"
#include "crypto/group.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What a reader of partials may rely on. */
static void
check(const struct el_partials *p)
{
	struct el_scalar s;
	struct el_point point;

	for (size_t i = 0; i < p->n; i++)
		if ((i > 0 && p->partials[i].index <= p->partials[i - 1].index) ||
		    el_point_parse(p->partials[i].point.b, &point) != EL_OK ||
		    el_partials_find(p, p->partials[i].index) != &p->partials[i] ||
		    el_partials_reason(p, p->partials[i].index) != NULL)
			abort();
	for (size_t i = 0; i < p->n_proofs; i++)
		if ((i > 0 && p->proofs[i].epoch <= p->proofs[i - 1].epoch) || p->proofs[i].first != 0 ||
		    el_scalar_parse(p->proofs[i].dleq.c.b, &s) != EL_OK || el_scalar_parse(p->proofs[i].dleq.s.b, &s) != EL_OK)
			abort();
}

/* Partials come back as they were read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct el_partials p;
	json_t *before, *after;
	char *text;

	if (el_partials_parse(data, len, &p) != EL_OK)
		return 0;
	check(&p);
	if (el_partials_encode(&p, &text) != EL_OK)
		abort();
	before = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL);
	after = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (before == NULL || json_equal(before, after) != 1)
		abort();
	json_decref(before);
	json_decref(after);
	free(text);
	el_partials_wipe(&p);
	return 0;
}
