#include "authority/history.h"

#include <string.h>

static void
drop(struct el_history *h, size_t i)
{
	h->n--;
	memmove(&h->at[i], &h->at[i + 1], (h->n - i) * sizeof h->at[0]);
}

/* A log that grows all the time must not push out the looks around an order: those nearest to each other go first. */
static void
thin_out(struct el_history *h)
{
	size_t best = 1;

	for (size_t i = 1; i < h->n / 2; i++)
		if (h->at[i + 1].time_s - h->at[i - 1].time_s < h->at[best + 1].time_s - h->at[best - 1].time_s)
			best = i;
	drop(h, best);
}

bool
el_history_add(struct el_history *h, int64_t now_s, uint64_t size)
{
	if (now_s <= 0 || (h->n > 0 && now_s <= h->at[h->n - 1].time_s))
		return false;
	if (h->n > 0 && size == h->at[h->n - 1].size && now_s < h->at[h->n - 1].time_s + EL_HISTORY_EVERY_S)
		return false;
	/* Larger ones are of a log that was begun anew: with its checkpoint gone, nothing else would tell. */
	while (h->n > 0 && h->at[h->n - 1].size >= size)
		h->n--;
	while (h->n > 0 && h->at[0].time_s < now_s - EL_HISTORY_KEEP_S)
		drop(h, 0);
	if (h->n == EL_HISTORY_MAX)
		thin_out(h);
	h->at[h->n++] = (struct el_observation){ now_s, size };
	return true;
}

int64_t
el_history_not_before(const struct el_history *h, uint64_t index)
{
	size_t i = h->n;

	while (i > 0 && h->at[i - 1].size > index)
		i--;
	return i > 0 ? h->at[i - 1].time_s : 0;
}

void
el_history_put(struct el_buf *out, const struct el_history *h)
{
	for (size_t i = 0; i < h->n; i++) {
		el_buf_put_u64(out, (uint64_t)h->at[i].time_s);
		el_buf_put_u64(out, h->at[i].size);
	}
}

int
el_history_get(const uint8_t *in, size_t len, struct el_history *out)
{
	struct el_rd rd = el_rd_init(in, len);

	out->n = 0;
	if (len > EL_HISTORY_BYTES_MAX)
		return EL_ELIMIT;
	for (size_t i = 0; rd.err == EL_OK && rd.left > 0; i++) {
		const uint64_t time = el_rd_u64(&rd), size = el_rd_u64(&rd);

		if (rd.err != EL_OK || time == 0 || time > INT64_MAX / 2 ||
		    (i > 0 && (time <= (uint64_t)out->at[i - 1].time_s || size <= out->at[i - 1].size))) {
			out->n = 0;
			return EL_EFORMAT;
		}
		out->at[out->n++] = (struct el_observation){ (int64_t)time, size };
	}
	return EL_OK;
}
