#include <stdlib.h>
#include <string.h>

#include "registry/messages.h"

/*
 * Messages between net and core: the first byte chooses one, the rest is its body.  What parses must be
 * encoded to the same bytes.
 */
static struct el_msg_checkins checkins; /* large */
static struct el_msg_results results;
static struct el_msg_scanners scanners;
static struct el_visits_call order;

/* Whose check-ins they are is said without parsing them, and is the same. */
static void
check_key(const uint8_t *data, size_t len)
{
	struct el_hash key;

	if (el_msg_checkins_key(data, len, &key) != (len >= sizeof key.b) ||
	    (len >= sizeof key.b && memcmp(key.b, data, sizeof key.b) != 0))
		abort();
	if (el_msg_checkins_parse(data, len, &checkins) == EL_OK &&
	    memcmp(key.b, checkins.key.b, sizeof key.b) != 0)
		abort();
}

static void
check_same(const struct el_buf *again, const uint8_t *data, size_t len)
{
	if (again->err != EL_OK || again->len != len || (len > 0 && memcmp(again->p, data, len) != 0))
		abort(); /* two encodings of one message */
}

#define ROUND_TRIP(name, object) \
	if (el_msg_##name##_parse(data, len, (object)) == EL_OK) { \
		if (el_msg_##name##_encode((object), &again) != EL_OK) \
			abort(); \
		check_same(&again, data, len); \
	}

static void
small(uint8_t which, const uint8_t *data, size_t len)
{
	union {
		struct el_msg_who who;
		struct el_msg_scanner scanner;
		struct el_msg_venue_new venue_new;
		struct el_msg_venue venue;
		struct el_msg_venue_is venue_is;
		struct el_msg_scanner_new scanner_new;
		struct el_msg_counts counts;
		struct el_msg_enrol enrol;
		struct el_msg_enrolled enrolled;
		struct el_msg_refused refused;
	} m;
	struct el_buf again;

	el_buf_init(&again, 1024 * 1024);
	switch (which) {
	case 0:
		ROUND_TRIP(who, &m.who)
		break;
	case 1:
		ROUND_TRIP(scanner, &m.scanner)
		break;
	case 2:
		ROUND_TRIP(venue_new, &m.venue_new)
		break;
	case 3:
		ROUND_TRIP(venue, &m.venue)
		break;
	case 4:
		ROUND_TRIP(venue_is, &m.venue_is)
		break;
	case 5:
		ROUND_TRIP(scanner_new, &m.scanner_new)
		break;
	case 6:
		ROUND_TRIP(counts, &m.counts)
		break;
	case 7:
		ROUND_TRIP(enrol, &m.enrol)
		break;
	case 8:
		ROUND_TRIP(enrolled, &m.enrolled)
		break;
	default:
		ROUND_TRIP(refused, &m.refused)
		break;
	}
	el_buf_wipe(&again);
}

static void
large(uint8_t which, const uint8_t *data, size_t len)
{
	struct el_msg_day day;
	struct el_buf again;

	el_buf_init(&again, EL_MSG_MAX);
	switch (which) {
	case 0:
		check_key(data, len);
		ROUND_TRIP(checkins, &checkins)
		break;
	case 1:
		ROUND_TRIP(results, &results)
		break;
	case 2:
		ROUND_TRIP(order, &order)
		el_visits_call_wipe(&order);
		break;
	case 4:
		ROUND_TRIP(scanners, &scanners)
		break;
	default:
		ROUND_TRIP(day, &day)
		el_msg_day_wipe(&day);
		break;
	}
	el_buf_wipe(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	if (data[0] % 15 < 10)
		small(data[0] % 15, data + 1, len - 1);
	else
		large((uint8_t)(data[0] % 15 - 10), data + 1, len - 1);
	return 0;
}
