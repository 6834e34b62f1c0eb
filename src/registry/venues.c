#include "registry/venues.h"

#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "crypto/hash.h"

static const uint8_t everyone[16] = { 0 }; /* in place of an address, where all share a limit */

int
el_venues_init(struct el_venues *v, struct el_registry_db *db, struct el_scanners *scanners)
{
	int r;

	*v = (struct el_venues){ .db = db, .scanners = scanners };
	if ((r = el_tries_new(EL_ENROL_TRIES, EL_ENROL_TRIES_S, &v->tries)) != EL_OK ||
	    (r = el_tries_new(EL_VENUES_PER_ADDRESS, EL_VENUES_PER_ADDRESS_S, &v->begun)) != EL_OK)
		return r;
	if ((r = el_tries_new(EL_VENUES_AT_ONCE, EL_VENUES_AT_ONCE_S, &v->begun_by_all)) != EL_OK)
		return r;
	return el_tries_new(EL_CHANGES_WAITING_AT_ONCE, EL_CHANGES_WAITING_AT_ONCE_S, &v->changed_waiting);
}

void
el_venues_wipe(struct el_venues *v)
{
	el_tries_free(v->tries);
	el_tries_free(v->begun);
	el_tries_free(v->begun_by_all);
	el_tries_free(v->changed_waiting);
	v->tries = v->begun = v->begun_by_all = v->changed_waiting = NULL;
}

int
el_business_number_parse(const char *in, char out[EL_BUSINESS_NUMBER_LEN + 1])
{
	static const unsigned weights[EL_BUSINESS_NUMBER_LEN - 1] = { 1, 3, 7, 1, 3, 7, 1, 3, 5 };
	const bool hyphens = strlen(in) == EL_BUSINESS_NUMBER_LEN + 2 && in[3] == '-' && in[6] == '-';
	unsigned sum = 0;
	size_t n = 0;

	memset(out, 0, EL_BUSINESS_NUMBER_LEN + 1);
	for (size_t i = 0; in[i] != '\0'; i++) {
		if (hyphens && (i == 3 || i == 6))
			continue;
		if (in[i] < '0' || in[i] > '9' || n == EL_BUSINESS_NUMBER_LEN)
			return EL_EFORMAT;
		out[n++] = in[i];
	}
	if (n != EL_BUSINESS_NUMBER_LEN)
		return EL_EFORMAT;
	for (size_t i = 0; i < EL_BUSINESS_NUMBER_LEN - 1; i++)
		sum += weights[i] * (unsigned)(out[i] - '0');
	sum += 5 * (unsigned)(out[8] - '0') / 10;
	return (10 - sum % 10) % 10 == (unsigned)(out[9] - '0') ? EL_OK : EL_EFORMAT;
}

/* A table that could not be written: nothing more may be said, unless it was only full. */
static enum el_code
fail(struct el_venues *v, int r)
{
	if (r == EL_ESPACE)
		return EL_CODE_BUSY;
	v->failed = true;
	return EL_CODE_INTERNAL;
}

enum el_code
el_venues_create(struct el_venues *v, const char *name, const char *business_number, const uint8_t address[16],
    int64_t now_s, struct el_venue *out, uint8_t owner_key[EL_KEY_LEN], unsigned *retry_after_s)
{
	int r;

	*retry_after_s = 0;
	memset(out, 0, sizeof *out);
	memset(owner_key, 0, EL_KEY_LEN);
	if (el_text_name(name, out->name) != EL_OK)
		return EL_CODE_INVALID_NAME;
	if (el_business_number_parse(business_number, out->business_number) != EL_OK)
		return EL_CODE_INVALID_BUSINESS_NUMBER;
	if (el_tries_check(v->begun, address, now_s, retry_after_s) != EL_CODE_OK ||
	    el_tries_check(v->begun_by_all, everyone, now_s, retry_after_s) != EL_CODE_OK)
		return EL_CODE_RATE_LIMITED;
	el_tries_count(v->begun, address, now_s);
	el_tries_count(v->begun_by_all, everyone, now_s);
	el_random(owner_key, EL_KEY_LEN);
	el_sha256(owner_key, EL_KEY_LEN, &out->owner_key);
	out->active = true;
	if ((r = el_registry_db_add_venue(v->db, out)) != EL_OK ||
	    (r = el_scanners_set_venue(v->scanners, out->id, out->approved, out->active)) != EL_OK) {
		el_secret_wipe(owner_key, EL_KEY_LEN);
		return fail(v, r);
	}
	return EL_CODE_OK;
}

enum el_code
el_venues_get(struct el_venues *v, uint32_t id, const uint8_t key[EL_KEY_LEN], bool is_operator, struct el_venue *out,
    enum el_venue_caller *caller)
{
	struct el_hash hash;
	const int r = el_registry_db_get_venue(v->db, id, out);

	*caller = EL_CALLER_NONE;
	if (r != EL_OK && r != EL_ENOTFOUND)
		return fail(v, r);
	if (is_operator) {
		*caller = EL_CALLER_OPERATOR;
		return r == EL_OK ? EL_CODE_OK : EL_CODE_NOT_FOUND;
	}
	el_sha256(key, EL_KEY_LEN, &hash);
	if (r != EL_OK || !el_hash_eq(&hash, &out->owner_key))
		return EL_CODE_UNAUTHORIZED;
	*caller = EL_CALLER_OWNER;
	return EL_CODE_OK;
}

enum el_code
el_venues_spend_change(struct el_venues *v, uint32_t venue, int64_t now_s, unsigned *retry_after_s)
{
	const bool waits = !el_scanners_is_approved(v->scanners, venue);
	enum el_code code;

	*retry_after_s = 0;
	if (waits && (code = el_tries_check(v->changed_waiting, everyone, now_s, retry_after_s)) != EL_CODE_OK)
		return code;
	code = el_scanners_spend_change(v->scanners, venue, now_s, retry_after_s);
	if (waits && code == EL_CODE_OK)
		el_tries_count(v->changed_waiting, everyone, now_s);
	return code;
}

enum el_code
el_venues_change(
    struct el_venues *v, struct el_venue *venue, enum el_venue_caller caller, const struct el_venue_change *c)
{
	int r;

	if (c->has_approved && caller != EL_CALLER_OPERATOR)
		return EL_CODE_FORBIDDEN;
	if (c->has_approved)
		venue->approved = c->approved;
	if (c->has_active)
		venue->active = c->active;
	if ((r = el_registry_db_set_venue(v->db, venue->id, venue->approved, venue->active)) != EL_OK ||
	    (r = el_scanners_set_venue(v->scanners, venue->id, venue->approved, venue->active)) != EL_OK)
		return fail(v, r);
	return EL_CODE_OK;
}

/* As a venue's, but there may be none. */
static int
scanner_name(const char *in, char out[EL_NAME_MAX + 1])
{
	out[0] = '\0';
	return in[strspn(in, " ")] != '\0' ? el_text_name(in, out) : EL_OK;
}

enum el_code
el_venues_add_scanner(struct el_venues *v, uint32_t venue, const char *typed, int64_t now_s, uint32_t *scanner,
    char code[EL_ENROL_CODE_LEN + 1], int64_t *expires_s)
{
	char name[EL_NAME_MAX + 1];
	struct el_hash hash;
	int r;

	*scanner = 0;
	*expires_s = 0;
	code[0] = '\0';
	if (scanner_name(typed, name) != EL_OK)
		return EL_CODE_INVALID_NAME;
	el_base32_code(code);
	el_sha256(code, EL_ENROL_CODE_LEN, &hash);
	*expires_s = now_s + EL_ENROL_CODE_S;
	r = el_registry_db_add_scanner(v->db, venue, name, &hash, *expires_s, now_s, scanner);
	if (r == EL_OK)
		return EL_CODE_OK;
	el_secret_wipe(code, EL_ENROL_CODE_LEN + 1);
	return r == EL_ELIMIT ? EL_CODE_LIMIT_EXCEEDED : fail(v, r);
}

enum el_code
el_venues_list_scanners(struct el_venues *v, uint32_t venue, int64_t now_s, struct el_scanner_list *out)
{
	const int r = el_registry_db_list_scanners(v->db, venue, now_s, out->items, EL_SCANNERS_PER_VENUE, &out->n);

	return r == EL_OK ? EL_CODE_OK : fail(v, r);
}

enum el_code
el_venues_change_scanner(struct el_venues *v, uint32_t venue, uint32_t scanner, const struct el_scanner_change *c,
    int64_t now_s, struct el_scanner_row *out)
{
	int r = el_registry_db_get_scanner(v->db, scanner, now_s, out);

	if (r == EL_ENOTFOUND || (r == EL_OK && (out->venue != venue || out->revoked)))
		return EL_CODE_NOT_FOUND;
	if (r != EL_OK)
		return fail(v, r);
	if (c->name != NULL && scanner_name(c->name, out->name) != EL_OK)
		return EL_CODE_INVALID_NAME;
	if (c->has_active)
		out->active = c->active;
	if ((r = el_registry_db_set_scanner(v->db, scanner, out->name, out->active)) != EL_OK)
		return fail(v, r);
	if (out->has_key)
		el_scanners_pause(v->scanners, &out->key, !out->active);
	return EL_CODE_OK;
}

enum el_code
el_venues_revoke_scanner(struct el_venues *v, uint32_t venue, uint32_t scanner)
{
	struct el_scanner_row row;
	int r;

	if ((r = el_registry_db_get_scanner(v->db, scanner, 0, &row)) == EL_OK)
		r = el_registry_db_revoke_scanner(v->db, venue, scanner);
	if (r == EL_ENOTFOUND)
		return EL_CODE_NOT_FOUND;
	if (r != EL_OK)
		return fail(v, r);
	if (row.has_key)
		el_scanners_revoke(v->scanners, &row.key);
	return EL_CODE_OK;
}

enum el_code
el_venues_enrol(struct el_venues *v, const char *typed, const uint8_t address[16], int64_t now_s, uint32_t *scanner,
    uint8_t key[EL_KEY_LEN], unsigned *retry_after_s)
{
	char code[EL_ENROL_CODE_LEN + 1];
	struct el_hash code_hash, key_hash;
	struct el_scanner_row row;
	enum el_code refusal;
	int r;

	*scanner = 0;
	memset(key, 0, EL_KEY_LEN);
	if ((refusal = el_tries_check(v->tries, address, now_s, retry_after_s)) != EL_CODE_OK)
		return refusal;
	el_random(key, EL_KEY_LEN);
	el_sha256(key, EL_KEY_LEN, &key_hash);
	if ((r = el_base32_code_parse(typed, code)) == EL_OK) {
		el_sha256(code, EL_ENROL_CODE_LEN, &code_hash);
		r = el_registry_db_enrol(v->db, &code_hash, now_s, &key_hash, &row);
	}
	el_secret_wipe(code, sizeof code);
	if (r == EL_OK && el_scanners_add(v->scanners, &row) == EL_OK) {
		*scanner = row.id;
		return EL_CODE_OK;
	}
	el_secret_wipe(key, EL_KEY_LEN);
	if (r != EL_ENOTFOUND && r != EL_EFORMAT)
		return fail(v, r);
	el_tries_count(v->tries, address, now_s);
	return EL_CODE_INVALID_ENROLMENT;
}
