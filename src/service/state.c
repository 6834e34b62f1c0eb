#include <string.h>

#include "base/codec.h"
#include "service/service.h"

#define N_COUNTERS (sizeof ((struct el_service_state *)0)->counters / sizeof(uint64_t))
#define STATE_LEN (5 + 2 + 8 * N_COUNTERS)

void
el_service_push_state(struct el_worker *w, unsigned net_kind, const struct el_service_state *s)
{
	uint8_t body[STATE_LEN];
	struct el_wr wr = el_wr_init(body, sizeof body);

	el_wr_u8(&wr, s->serving);
	el_wr_u8(&wr, s->store_ok);
	el_wr_u8(&wr, s->clock_ok);
	el_wr_u8(&wr, s->keys_ok);
	el_wr_u8(&wr, s->purge_on_time);
	el_wr_u16(&wr, s->key_days);
	for (size_t i = 0; i < N_COUNTERS; i++)
		el_wr_u64(&wr, s->counters[i]);
	el_worker_put_all(w, net_kind, EL_MSG_STATE, body, wr.len);
}

int
el_service_parse_state(const struct el_msg *m, struct el_service_state *out)
{
	struct el_rd r = el_rd_init(m->body, m->len);

	memset(out, 0, sizeof *out);
	out->serving = el_rd_u8(&r) != 0;
	out->store_ok = el_rd_u8(&r) != 0;
	out->clock_ok = el_rd_u8(&r) != 0;
	out->keys_ok = el_rd_u8(&r) != 0;
	out->purge_on_time = el_rd_u8(&r) != 0;
	out->key_days = el_rd_u16(&r);
	for (size_t i = 0; i < N_COUNTERS; i++)
		out->counters[i] = el_rd_u64(&r);
	return el_rd_end(&r);
}
