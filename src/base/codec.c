#include "base/codec.h"

const uint8_t *
el_rd_blob(struct el_rd *r, size_t max, size_t *len)
{
	const uint32_t n = el_rd_u32(r);
	const uint8_t *p;

	*len = 0;
	if (r->err == EL_OK && n > max)
		r->err = EL_ELIMIT;
	if ((p = el_rd_view(r, n)) != NULL)
		*len = n;
	return p;
}

void
el_wr_blob(struct el_wr *w, const void *in, size_t len)
{
	if (len > UINT32_MAX) {
		w->err = w->err != EL_OK ? w->err : EL_ELIMIT;
		return;
	}
	el_wr_u32(w, (uint32_t)len);
	el_wr_bytes(w, in, len);
}
