#include "authority/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/report_internal.h"
#include "base/limits.h"
#include "base/secret.h"
#include "order/rjson.h"

#define ENTRIES_MAX (8 * EL_ORDER_ROWS_MAX) /* a body is released once, but may be listed at several places */

int
el_report_new(const struct el_hash *deployment, const struct el_hash *order, enum el_order_kind kind, int64_t created_s,
    struct el_report **out)
{
	struct el_report *r = calloc(1, sizeof *r);

	if ((*out = r) == NULL)
		return EL_ENOMEM;
	r->deployment = *deployment;
	r->order = *order;
	r->kind = kind;
	r->created = created_s;
	return EL_OK;
}

static void
wipe_free(void *p, size_t len)
{
	if (p != NULL && len > 0)
		el_secret_wipe(p, len);
	free(p);
}

void
el_report_free(struct el_report *r)
{
	if (r == NULL)
		return;
	wipe_free(r->sightings, r->room_sightings * sizeof *r->sightings);
	wipe_free(r->places, r->room_places * sizeof *r->places);
	wipe_free(r->failures, r->room_failures * sizeof *r->failures);
	free(r);
}

int64_t
el_report_created(const struct el_report *r)
{
	return r->created;
}

enum el_order_kind
el_report_kind(const struct el_report *r)
{
	return r->kind;
}

const struct el_hash *
el_report_order(const struct el_report *r)
{
	return &r->order;
}

/* A zeroed entry at the end of a list that grows; what it leaves behind is wiped. */
static void *
append(void **list, size_t *n, size_t *room, size_t size)
{
	size_t bigger;
	void *p;

	if (*n >= ENTRIES_MAX)
		return NULL;
	if (*n == *room) {
		bigger = *room == 0 ? 64 : *room * 2;
		if ((p = calloc(bigger, size)) == NULL)
			return NULL;
		if (*list != NULL)
			memcpy(p, *list, *n * size);
		wipe_free(*list, *room * size);
		*list = p;
		*room = bigger;
	}
	return (char *)*list + (*n)++ * size;
}

int
el_report_add_person(struct el_report *r, el_epoch epoch, uint8_t issuer, const char *name, const char *phone,
    const struct el_report_visit *v)
{
	struct el_sighting *s;

	if (strlen(name) > EL_NAME_MAX || strlen(phone) > EL_PHONE_MAX)
		return EL_ELIMIT;
	if ((s = append((void **)&r->sightings, &r->n_sightings, &r->room_sightings, sizeof *s)) == NULL)
		return EL_ENOMEM;
	s->epoch = epoch;
	s->issuer = issuer;
	memcpy(s->name, name, strlen(name) + 1);
	memcpy(s->phone, phone, strlen(phone) + 1);
	s->visit = *v;
	r->sorted = false;
	return EL_OK;
}

int
el_report_add_place(struct el_report *r, el_epoch epoch, const struct el_report_visit *v)
{
	struct el_report_place *p = append((void **)&r->places, &r->n_places, &r->room_places, sizeof *p);

	if (p == NULL)
		return EL_ENOMEM;
	p->epoch = epoch;
	p->visit = *v;
	r->sorted = false;
	return EL_OK;
}

int
el_report_count_delivered(struct el_report *r, el_epoch epoch, uint32_t count)
{
	size_t i = 0;

	while (i < r->n_delivered && r->delivered[i].epoch != epoch)
		i++;
	if (i == EL_ORDER_DAYS_MAX)
		return EL_ELIMIT;
	if (i == r->n_delivered)
		r->delivered[r->n_delivered++] = (struct el_report_count){ epoch, 0 };
	r->delivered[i].count += count;
	return EL_OK;
}

int
el_report_add_delivered(struct el_report *r, el_epoch epoch)
{
	return el_report_count_delivered(r, epoch, 1);
}

int
el_report_add_unverifiable(struct el_report *r, el_epoch epoch, uint32_t venue, uint32_t minute, const char *reason)
{
	struct el_report_failure *f = append((void **)&r->failures, &r->n_failures, &r->room_failures, sizeof *f);

	if (f == NULL)
		return EL_ENOMEM;
	f->epoch = epoch;
	f->venue = venue;
	f->minute = minute;
	snprintf(f->reason, sizeof f->reason, "%s", el_reason_is_valid(reason) ? reason : "other");
	return EL_OK;
}

static int
compare_visits(const struct el_report_visit *a, const struct el_report_visit *b)
{
	if (a->minute != b->minute)
		return a->minute < b->minute ? -1 : 1;
	if (a->venue != b->venue)
		return a->venue < b->venue ? -1 : 1;
	return (int)a->flags - (int)b->flags;
}

static int
compare_sightings(const void *a, const void *b)
{
	const struct el_sighting *x = a, *y = b;
	int c;

	if ((c = strcmp(x->phone, y->phone)) != 0 || (c = strcmp(x->name, y->name)) != 0 ||
	    (c = compare_visits(&x->visit, &y->visit)) != 0)
		return c;
	return (int)x->issuer - (int)y->issuer;
}

static int
compare_places(const void *a, const void *b)
{
	return compare_visits(&((const struct el_report_place *)a)->visit, &((const struct el_report_place *)b)->visit);
}

void
el_report_sort(struct el_report *r)
{
	size_t kept = 0;

	if (r->sorted)
		return;
	if (r->n_sightings > 0)
		qsort(r->sightings, r->n_sightings, sizeof *r->sightings, compare_sightings);
	if (r->n_places > 0)
		qsort(r->places, r->n_places, sizeof *r->places, compare_places);
	for (size_t i = 0; i < r->n_sightings; i++)
		if (kept == 0 || compare_sightings(&r->sightings[kept - 1], &r->sightings[i]) != 0)
			r->sightings[kept++] = r->sightings[i];
	r->n_sightings = kept;
	kept = 0;
	for (size_t i = 0; i < r->n_places; i++)
		if (kept == 0 || compare_places(&r->places[kept - 1], &r->places[i]) != 0)
			r->places[kept++] = r->places[i];
	r->n_places = kept;
	r->sorted = true;
}

size_t
el_report_person_end(const struct el_report *r, size_t i)
{
	size_t end = i + 1;

	while (end < r->n_sightings && strcmp(r->sightings[end].phone, r->sightings[i].phone) == 0)
		end++;
	return end;
}

/* One past the last sighting under the same phone and name. */
static size_t
name_end(const struct el_report *r, size_t i)
{
	size_t end = i + 1;

	while (end < r->n_sightings && strcmp(r->sightings[end].phone, r->sightings[i].phone) == 0 &&
	    strcmp(r->sightings[end].name, r->sightings[i].name) == 0)
		end++;
	return end;
}

void
el_report_person_name(const struct el_report *r, size_t i, size_t end, char out[EL_REPORT_NAME_MAX + 1])
{
	const char *first = r->sightings[i].name;

	snprintf(out, EL_REPORT_NAME_MAX + 1, "%s", first);
	for (size_t k = i + 1; k < end; k++)
		if (strcmp(r->sightings[k].name, first) != 0) {
			snprintf(out, EL_REPORT_NAME_MAX + 1, "%s / %s", first, r->sightings[k].name);
			return;
		}
}

static json_t *
visit_json(const struct el_report_visit *v)
{
	return json_pack("{s:I, s:I, s:i}", "venue", (json_int_t)v->venue, "minute", (json_int_t)v->minute, "flags",
	    (int)v->flags);
}

/* One person's visits of a day (or all); NULL where there are none. */
static json_t *
person_json(const struct el_report *r, size_t i, size_t end, int epoch)
{
	json_t *issuers = json_array(), *visits = json_array();
	bool seen[UINT8_MAX + 1] = { false };
	char name[EL_REPORT_NAME_MAX + 1];
	const struct el_report_visit *last = NULL;

	for (size_t k = i; k < end; k++) {
		const struct el_sighting *s = &r->sightings[k];

		if (epoch >= 0 && s->epoch != epoch)
			continue;
		seen[s->issuer] = true;
		/* Two issuers may both have named the person at one visit. */
		if (last == NULL || compare_visits(last, &s->visit) != 0)
			json_array_append_new(visits, visit_json(&s->visit));
		last = &s->visit;
	}
	for (unsigned n = 0; n <= UINT8_MAX; n++)
		if (seen[n])
			json_array_append_new(issuers, json_integer((json_int_t)n));
	if (last == NULL) {
		json_decref(issuers);
		json_decref(visits);
		return NULL;
	}
	el_report_person_name(r, i, end, name);
	return json_pack("{s:s, s:s, s:o, s:o}", "name", name, "phone", r->sightings[i].phone, "issuers", issuers, "visits",
	    visits);
}

json_t *
el_report_body(struct el_report *r, int epoch)
{
	json_t *people = json_array(), *places = json_array(), *failures = json_array(), *one;
	json_int_t delivered = 0;

	el_report_sort(r);
	for (size_t i = 0, end; i < r->n_sightings; i = end) {
		/* In a day's section names stand apart, so that nothing is lost when the days are put together. */
		end = epoch < 0 ? el_report_person_end(r, i) : name_end(r, i);
		if ((one = person_json(r, i, end, epoch)) != NULL)
			json_array_append_new(people, one);
	}
	for (size_t i = 0; i < r->n_places; i++)
		if (epoch < 0 || r->places[i].epoch == epoch)
			json_array_append_new(places, visit_json(&r->places[i].visit));
	for (size_t i = 0; i < r->n_failures; i++)
		if (epoch < 0 || r->failures[i].epoch == epoch)
			json_array_append_new(failures, json_pack("{s:I, s:I, s:s}", "venue", (json_int_t)r->failures[i].venue,
			    "minute", (json_int_t)r->failures[i].minute, "reason", r->failures[i].reason));
	for (size_t i = 0; i < r->n_delivered; i++)
		if (epoch < 0 || r->delivered[i].epoch == epoch)
			delivered += r->delivered[i].count;
	return json_pack("{s:o, s:o, s:o, s:I}", "people", people, "places", places, "unverifiable", failures, "delivered",
	    delivered);
}

json_t *
el_report_to_json(struct el_report *r)
{
	json_t *body = el_report_body(r, -1), *j;

	j = json_pack("{s:i, s:o, s:o, s:s, s:I}", "version", 1, "deployment", el_json_bytes(r->deployment.b, EL_HASH_LEN),
	    "order", el_json_bytes(r->order.b, EL_HASH_LEN), "kind", el_order_kind_name(r->kind), "created",
	    (json_int_t)r->created);
	if (body == NULL || j == NULL || json_object_update(j, body) != 0) {
		json_decref(j);
		j = NULL;
	}
	json_decref(body);
	return j;
}
