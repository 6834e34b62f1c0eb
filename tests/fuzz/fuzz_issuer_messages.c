#include <stdlib.h>
#include <string.h>

#include "issuer/messages.h"

/*
 * Messages between the issuer's processes: the first byte chooses one, the rest is its body.  What parses must
 * be encoded to the same bytes.
 */
static union {
	struct el_msg_refused refused;
	struct el_msg_register register_;
	struct el_msg_registered registered;
	struct el_msg_verify verify;
	struct el_msg_admit admit;
	struct el_msg_admitted admitted;
	struct el_msg_day day;
	struct el_day_ticket ticket;
	struct el_msg_visitor visitor;
	struct el_me me;
	struct el_notices notices;
	struct el_identities_call identities;
	struct el_traces_call traces;
	struct el_draw_request draw;
	struct el_draw_result drawn;
	struct el_msg_public public;
	struct el_signer_days days;
} m; /* large */

static void
check_same(const struct el_buf *again, const uint8_t *data, size_t len)
{
	if (again->err != EL_OK || again->len != len || (len > 0 && memcmp(again->p, data, len) != 0))
		abort(); /* two encodings of one message */
}

#define ROUND_TRIP(name, object)                                                                                       \
	if (el_msg_##name##_parse(data, len, (object)) == EL_OK) {                                                     \
		if (el_msg_##name##_encode((object), &again) != EL_OK)                                                 \
			abort();                                                                                       \
		check_same(&again, data, len);                                                                         \
	}                                                                                                              \
	break

static void
one(uint8_t which, const uint8_t *data, size_t len)
{
	struct el_buf again;

	el_buf_init(&again, EL_MSG_MAX);
	switch (which % 17) {
	case 0:
		ROUND_TRIP(refused, &m.refused);
	case 1:
		ROUND_TRIP(register, &m.register_);
	case 2:
		ROUND_TRIP(registered, &m.registered);
	case 3:
		ROUND_TRIP(verify, &m.verify);
	case 4:
		ROUND_TRIP(admit, &m.admit);
	case 5:
		ROUND_TRIP(admitted, &m.admitted);
	case 6:
		ROUND_TRIP(day, &m.day);
	case 7:
		ROUND_TRIP(ticket, &m.ticket);
	case 8:
		ROUND_TRIP(visitor, &m.visitor);
	case 9:
		ROUND_TRIP(me, &m.me);
	case 10:
		ROUND_TRIP(identities, &m.identities);
	case 11:
		ROUND_TRIP(traces, &m.traces);
	case 12:
		ROUND_TRIP(draw, &m.draw);
	case 13:
		ROUND_TRIP(drawn, &m.drawn);
	case 14:
		ROUND_TRIP(public, &m.public);
	case 15:
		ROUND_TRIP(days, &m.days);
	default:
		ROUND_TRIP(notices, &m.notices);
	}
	if (which % 17 == 10)
		el_identities_call_wipe(&m.identities);
	else if (which % 17 == 11)
		el_traces_call_wipe(&m.traces);
	else if (which % 17 == 14)
		el_msg_public_wipe(&m.public);
	el_buf_wipe(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > 0)
		one(data[0], data + 1, len - 1);
	return 0;
}
