#ifndef EL_AUTHORITY_REPORT_INTERNAL_H
#define EL_AUTHORITY_REPORT_INTERNAL_H

#include "authority/report.h"
#include "base/limits.h"

/* Both names, where two issuers know a person under different ones. */
#define EL_REPORT_NAME_MAX (2 * EL_NAME_MAX + 3)

/* One visit of one person; people are groups of equal phones. */
struct el_sighting {
	el_epoch epoch;
	uint8_t issuer;
	char name[EL_NAME_MAX + 1];
	char phone[EL_PHONE_MAX + 1];
	struct el_report_visit visit;
};
struct el_report_place {
	el_epoch epoch;
	struct el_report_visit visit;
};
struct el_report_failure {
	el_epoch epoch;
	uint32_t venue, minute;
	char reason[EL_REASON_MAX + 1];
};

struct el_report_count {
	el_epoch epoch;
	uint32_t count;
};

struct el_report {
	struct el_hash deployment, order;
	enum el_order_kind kind;
	int64_t created;
	struct el_sighting *sightings;
	struct el_report_place *places;
	struct el_report_failure *failures;
	struct el_report_count delivered[EL_ORDER_DAYS_MAX]; /* notices, by day */
	size_t n_sightings, n_places, n_failures, n_delivered;
	size_t room_sightings, room_places, room_failures;
	bool sorted;
};

/* Sort by phone, name, minute, venue; drop what stands twice. */
void el_report_sort(struct el_report *);
/* One past the last sighting of the person that begins at i. */
size_t el_report_person_end(const struct el_report *, size_t i);
/* Distinct names of sightings i..end, the second after " / ". */
void el_report_person_name(const struct el_report *, size_t i, size_t end, char out[EL_REPORT_NAME_MAX + 1]);
/* Add to the notices delivered of a day.  EL_ELIMIT. */
EL_MUST_USE int el_report_count_delivered(struct el_report *, el_epoch, uint32_t count);
/* people, places, unverifiable and delivered of one day, or of all where epoch is -1; NULL: no memory. */
json_t *el_report_body(struct el_report *, int epoch);

#endif
