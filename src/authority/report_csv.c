#include <stdio.h>
#include <string.h>
#include <time.h>

#include "authority/report_internal.h"

/*
 * A report as CSV.  Names are as given by visitors, and a name has run as a spreadsheet's formula before: no
 * text that begins like one leaves here without an apostrophe in front.
 */

static bool
runs_as_formula(const char *text)
{
	/* Full-width = + - @, which some locales take for the same. */
	static const char *const wide[] = { "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0" };

	if (*text != '\0' && strchr("\t\r\n", *text) != NULL)
		return true;
	text += strspn(text, " \"\t\r\n"); /* spaces and quotes in front do not hide it from every reader */
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
		if (strncmp(text, wide[i], strlen(wide[i])) == 0)
			return true;
	return *text != '\0' && strchr("=+-@", *text) != NULL;
}

/*
 * A quoted text; the first of a row has no comma before it.  A control character would let a line begin inside a
 * cell for readers that split lines before they look at quotes.
 */
static void
put_text(struct el_buf *out, bool first, const char *text)
{
	el_buf_put_text(out, first ? "\"" : ",\"");
	if (runs_as_formula(text))
		el_buf_put_text(out, "'");
	for (; *text != '\0'; text++) {
		if (*text == '"')
			el_buf_put_text(out, "\"");
		el_buf_put_u8(out, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : (uint8_t)*text);
	}
	el_buf_put_text(out, "\"");
}

static void
put_number(struct el_buf *out, uint32_t v)
{
	char text[16];

	snprintf(text, sizeof text, ",%u", (unsigned)v);
	el_buf_put_text(out, text);
}

static void
put_minute(struct el_buf *out, uint32_t minute)
{
	const time_t t = (time_t)minute;
	char text[32] = "";
	struct tm tm;

	if (minute != 0 && localtime_r(&t, &tm) != NULL)
		strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
	put_text(out, false, text);
}

void
el_report_flags(uint8_t flags, char out[EL_REPORT_FLAGS_LEN])
{
	static const char *const words[] = { "late", "duplicate", "uncommitted" }; /* by bit */
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if ((flags >> i & 1) != 0)
			at += (size_t)snprintf(out + at, EL_REPORT_FLAGS_LEN - at, "%s%s", at > 0 ? " " : "", words[i]);
}

static void
put_flags(struct el_buf *out, uint8_t flags)
{
	char text[EL_REPORT_FLAGS_LEN];

	el_report_flags(flags, text);
	put_text(out, false, text);
}

static void
put_row(struct el_buf *out, const char *kind, const char *name, const char *phone, const char *issuers,
    const struct el_report_visit *v, const char *reason)
{
	put_text(out, true, kind);
	put_text(out, false, name);
	put_text(out, false, phone);
	put_text(out, false, issuers);
	put_number(out, v->venue);
	put_minute(out, v->minute);
	put_flags(out, v->flags);
	put_text(out, false, reason);
	el_buf_put_text(out, ",\r\n");
}

/* A count of a day of the deployment, which has no date but its number. */
static void
put_delivered(struct el_buf *out, const struct el_report_count *d)
{
	static const char kind[] = "delivered";
	char day[32];

	(void)snprintf(day, sizeof day, "day %u", (unsigned)d->epoch);
	put_text(out, true, kind);
	for (int i = 0; i < 3; i++)
		put_text(out, false, "");
	el_buf_put_text(out, ",");
	put_text(out, false, day);
	for (int i = 0; i < 2; i++)
		put_text(out, false, "");
	put_number(out, d->count);
	el_buf_put_text(out, "\r\n");
}

/* "1 2": the issuers that named the person. */
static void
issuers_text(const struct el_report *r, size_t i, size_t end, char *out, size_t size)
{
	bool seen[UINT8_MAX + 1] = { false };
	size_t n = 0;

	out[0] = '\0';
	for (size_t k = i; k < end; k++) {
		const uint8_t issuer = r->sightings[k].issuer;

		if (!seen[issuer] && n + 5 < size)
			n += (size_t)snprintf(out + n, size - n, "%s%u", n > 0 ? " " : "", (unsigned)issuer);
		seen[issuer] = true;
	}
}

/* Two issuers may both have named the person at one visit. */
static bool
is_another(const struct el_report_visit *last, const struct el_report_visit *v)
{
	return last == NULL || last->venue != v->venue || last->minute != v->minute || last->flags != v->flags;
}

static void
put_person(struct el_report *r, size_t i, size_t end, struct el_buf *out)
{
	char name[EL_REPORT_NAME_MAX + 1], issuers[80];
	const struct el_report_visit *last = NULL;

	el_report_person_name(r, i, end, name);
	issuers_text(r, i, end, issuers, sizeof issuers);
	for (size_t k = i; k < end; k++) {
		const struct el_report_visit *v = &r->sightings[k].visit;

		if (is_another(last, v))
			put_row(out, "person", name, r->sightings[k].phone, issuers, v, "");
		last = v;
	}
}

size_t
el_report_rows(struct el_report *r)
{
	size_t n = r->n_failures + r->n_delivered;

	el_report_sort(r);
	for (size_t i = 0, end; i < r->n_sightings; i = end) {
		const struct el_report_visit *last = NULL;

		end = el_report_person_end(r, i);
		for (size_t k = i; k < end; last = &r->sightings[k++].visit)
			n += is_another(last, &r->sightings[k].visit);
	}
	return n + r->n_places;
}

int
el_report_to_csv(struct el_report *r, bool bom, struct el_buf *out)
{
	if (bom)
		el_buf_put_text(out, "\xEF\xBB\xBF");
	el_buf_put_text(out, "\"row\",\"name\",\"phone\",\"issuers\",\"venue\",\"time\",\"flags\",\"reason\",\"count\"\r\n");
	el_report_sort(r);
	for (size_t i = 0, end; i < r->n_sightings; i = end) {
		end = el_report_person_end(r, i);
		put_person(r, i, end, out);
	}
	for (size_t i = 0; i < r->n_places; i++)
		put_row(out, "place", "", "", "", &r->places[i].visit, "");
	for (size_t i = 0; i < r->n_failures; i++) {
		const struct el_report_visit v = { r->failures[i].venue, r->failures[i].minute, 0 };

		put_row(out, "unverifiable", "", "", "", &v, r->failures[i].reason);
	}
	for (size_t i = 0; i < r->n_delivered; i++)
		put_delivered(out, &r->delivered[i]);
	return out->err;
}
