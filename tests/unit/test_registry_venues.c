#include "registry_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/hash.h"

/* Venues, enrolment and the tables they stand in. */

#define NOON day_at(FIXTURE_EPOCH, 8 * 3600)

struct state {
	struct fixture f;
	struct el_venue venue;
	uint8_t owner[EL_KEY_LEN];
};

static const uint8_t here[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 }, there[16] = { [10] = 0xff, 0xff, 192, 0, 2, 2 };

static enum el_code
create(struct fixture *f, const char *name, const char *number, struct el_venue *out, uint8_t key[EL_KEY_LEN])
{
	unsigned retry;

	return el_venues_create(&f->g->venues, name, number, here, NOON, out, key, &retry);
}

static int
begin(void **state)
{
	static struct state s;

	memset(&s, 0, sizeof s);
	fixture_make(&s.f);
	fixture_open(&s.f, NOON);
	assert_int_equal(create(&s.f, "  Cafe Example ", "1234567891", &s.venue, s.owner), EL_CODE_OK);
	*state = &s;
	return 0;
}

static int
end(void **state)
{
	fixture_free(&((struct state *)*state)->f);
	return 0;
}

#define S struct state *const s = *state
#define V (&s->f.g->venues)

static void
knows_business_numbers_by_their_check_digit(void **state)
{
	static const char *const good[] = { "1234567891", "123-45-67891", "1111111119" }, *const bad[] = { "",
		"1234567890", "123456789", "12345678911", "123-4567891", "12-345-67891", "123-45-6789a",
		"123-45-67891 ", "-123456789-" };
	char out[EL_BUSINESS_NUMBER_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(el_business_number_parse(good[i], out), EL_OK);
		assert_int_equal(strlen(out), EL_BUSINESS_NUMBER_LEN);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(el_business_number_parse(bad[i], out), EL_EFORMAT);
}

static void
begins_a_venue_that_waits_for_approval(void **state)
{
	S;
	uint8_t key[EL_KEY_LEN];
	struct el_venue v;

	assert_string_equal(s->venue.name, "Cafe Example");
	assert_false(s->venue.approved);
	assert_true(s->venue.active);
	assert_int_equal(create(&s->f, "", "1234567891", &v, key), EL_CODE_INVALID_NAME);
	assert_int_equal(create(&s->f, "x", "1234567892", &v, key), EL_CODE_INVALID_BUSINESS_NUMBER);
	assert_int_equal(create(&s->f, "x", "1234567891", &v, key), EL_CODE_OK);
	assert_int_equal(v.id, s->venue.id + 1);
}

static void
limits_how_many_venues_an_address_begins(void **state)
{
	S;
	uint8_t key[EL_KEY_LEN];
	struct el_venue v;
	unsigned retry;

	for (unsigned i = 0; i < EL_VENUES_PER_ADDRESS; i++)
		el_tries_count(V->begun, here, NOON);
	assert_int_equal(create(&s->f, "x", "1234567891", &v, key), EL_CODE_RATE_LIMITED);
	assert_int_equal(create(&s->f, "", "1234567891", &v, key), EL_CODE_INVALID_NAME);
	assert_int_equal(el_venues_create(V, "x", "1234567891", there, NOON, &v, key, &retry), EL_CODE_OK);
	for (unsigned i = 0; i < EL_VENUES_AT_ONCE; i++)
		el_tries_count(V->begun_by_all, (const uint8_t[16]){ 0 }, NOON);
	assert_int_equal(el_venues_create(V, "x", "1234567891", there, NOON, &v, key, &retry), EL_CODE_RATE_LIMITED);
	assert_int_equal(retry, EL_VENUES_AT_ONCE_S);
	assert_int_equal(el_venues_create(V, "x", "1234567891", there, NOON + 25, &v, key, &retry), EL_CODE_OK);
}

static enum el_code
spend(struct state *s, uint32_t venue, int64_t now_s, unsigned *retry)
{
	return el_venues_spend_change(V, venue, now_s, retry);
}

static void
gives_an_owner_200_changes_and_then_one_in_10_seconds(void **state)
{
	S;
	struct fixture_door door, other;
	unsigned retry;

	fixture_door(&s->f, NOON, &door);
	fixture_door(&s->f, NOON, &other);
	for (int i = 0; i < EL_CHANGES_BURST; i++)
		assert_int_equal(spend(s, door.venue, NOON, &retry), EL_CODE_OK);
	assert_int_equal(spend(s, door.venue, NOON + 3, &retry), EL_CODE_RATE_LIMITED);
	assert_int_equal(retry, 7);
	assert_int_equal(spend(s, other.venue, NOON + 3, &retry), EL_CODE_OK);
	assert_int_equal(retry, 0);
	assert_int_equal(spend(s, door.venue, NOON + 10, &retry), EL_CODE_OK);
	assert_int_equal(spend(s, door.venue, NOON + 19, &retry), EL_CODE_RATE_LIMITED); /* asking costs no time */
	assert_int_equal(retry, 1);
	assert_int_equal(spend(s, door.venue, NOON + 20, &retry), EL_CODE_OK);
	for (int i = 0; i < EL_CHANGES_BURST; i++)
		assert_int_equal(spend(s, door.venue, NOON + 20 + 10 * EL_CHANGES_BURST, &retry), EL_CODE_OK);
	assert_int_equal(spend(s, door.venue, NOON + 20 + 10 * EL_CHANGES_BURST, &retry), EL_CODE_RATE_LIMITED);
	assert_int_equal(spend(s, door.venue, NOON, &retry), EL_CODE_OK); /* a clock that was set back */
}

static void
gives_a_venue_that_waits_for_approval_20_changes_and_then_one_in_a_minute(void **state)
{
	S;
	const struct el_venue_change yes = { .has_approved = true, .approved = true };
	unsigned retry;

	for (int i = 0; i < EL_CHANGES_WAITING_BURST; i++)
		assert_int_equal(spend(s, s->venue.id, NOON, &retry), EL_CODE_OK);
	assert_int_equal(spend(s, s->venue.id, NOON, &retry), EL_CODE_RATE_LIMITED);
	assert_int_equal(retry, EL_CHANGES_WAITING_EACH_S);
	assert_int_equal(spend(s, s->venue.id, NOON + 60, &retry), EL_CODE_OK);
	assert_int_equal(spend(s, s->venue.id, NOON + 61, &retry), EL_CODE_RATE_LIMITED);
	assert_int_equal(el_venues_change(V, &s->venue, EL_CALLER_OPERATOR, &yes), EL_CODE_OK);
	assert_int_equal(spend(s, s->venue.id, NOON + 70, &retry), EL_CODE_OK);
}

static void
limits_the_changes_of_all_that_wait_for_approval_together(void **state)
{
	S;
	struct fixture_door door;
	unsigned retry;

	fixture_door(&s->f, NOON, &door);
	for (unsigned i = 1; i < EL_CHANGES_WAITING_AT_ONCE; i++)
		el_tries_count(V->changed_waiting, (const uint8_t[16]){ 0 }, NOON);
	assert_int_equal(spend(s, door.venue, NOON, &retry), EL_CODE_OK); /* approved: costs the others nothing */
	assert_int_equal(spend(s, s->venue.id, NOON, &retry), EL_CODE_OK);
	for (int i = 0; i < 2 * EL_CHANGES_WAITING_BURST; i++) { /* a refusal costs the venue nothing */
		assert_int_equal(spend(s, s->venue.id, NOON + 1, &retry), EL_CODE_RATE_LIMITED);
		assert_int_equal(retry, EL_CHANGES_WAITING_AT_ONCE_S - 1);
	}
	assert_int_equal(spend(s, door.venue, NOON + 1, &retry), EL_CODE_OK);
	assert_int_equal(spend(s, s->venue.id, NOON + 25, &retry), EL_CODE_OK);
}

static void
shows_a_venue_to_its_owner_and_the_operator_only(void **state)
{
	S;
	uint8_t other[EL_KEY_LEN] = { 1 };
	enum el_venue_caller caller;
	struct el_venue v;

	assert_int_equal(el_venues_get(V, s->venue.id, s->owner, false, &v, &caller), EL_CODE_OK);
	assert_int_equal(caller, EL_CALLER_OWNER);
	assert_int_equal(el_venues_get(V, s->venue.id, other, false, &v, &caller), EL_CODE_UNAUTHORIZED);
	assert_int_equal(el_venues_get(V, s->venue.id + 1, s->owner, false, &v, &caller), EL_CODE_UNAUTHORIZED);
	assert_int_equal(el_venues_get(V, s->venue.id, other, true, &v, &caller), EL_CODE_OK);
	assert_int_equal(caller, EL_CALLER_OPERATOR);
	assert_int_equal(el_venues_get(V, s->venue.id + 1, other, true, &v, &caller), EL_CODE_NOT_FOUND);
}

static void
takes_an_enrolment_code_once_and_for_15_minutes(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1], second[EL_ENROL_CODE_LEN + 1], spaced[32];
	uint8_t key[EL_KEY_LEN];
	uint32_t scanner, made;
	unsigned retry;
	int64_t expires;

	assert_int_equal(el_venues_add_scanner(V, s->venue.id, "", NOON, &made, code, &expires), EL_CODE_OK);
	assert_int_equal(expires, NOON + 900);
	(void)snprintf(spaced, sizeof spaced, "%.4s-%.4s %.4s", code, code + 4, code + 8);
	assert_int_equal(el_venues_enrol(V, spaced, here, NOON + 899, &scanner, key, &retry), EL_CODE_OK);
	assert_int_equal(scanner, made);
	assert_int_equal(el_venues_enrol(V, code, here, NOON + 899, &scanner, key, &retry), EL_CODE_INVALID_ENROLMENT);
	assert_true(el_is_zero(key, sizeof key));
	assert_int_equal(el_venues_add_scanner(V, s->venue.id, "", NOON, &made, second, &expires), EL_CODE_OK);
	assert_int_equal(
	    el_venues_enrol(V, second, here, NOON + 900, &scanner, key, &retry), EL_CODE_INVALID_ENROLMENT);
}

static void
refuses_the_code_of_a_scanner_that_was_deleted(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1];
	uint8_t key[EL_KEY_LEN];
	uint32_t scanner, made;
	unsigned retry;
	int64_t expires;

	assert_int_equal(el_venues_add_scanner(V, s->venue.id, "", NOON, &made, code, &expires), EL_CODE_OK);
	assert_int_equal(el_venues_revoke_scanner(V, s->venue.id + 1, made), EL_CODE_NOT_FOUND);
	assert_int_equal(el_venues_revoke_scanner(V, s->venue.id, made), EL_CODE_OK);
	assert_int_equal(el_venues_revoke_scanner(V, s->venue.id, made), EL_CODE_NOT_FOUND);
	assert_int_equal(el_venues_enrol(V, code, here, NOON, &scanner, key, &retry), EL_CODE_INVALID_ENROLMENT);
}

static void
gives_an_address_five_wrong_codes(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1];
	uint8_t key[EL_KEY_LEN];
	uint32_t scanner;
	unsigned retry;
	int64_t expires;

	assert_int_equal(el_venues_add_scanner(V, s->venue.id, "", NOON, &scanner, code, &expires), EL_CODE_OK);
	for (int i = 0; i < 5; i++)
		assert_int_equal(
		    el_venues_enrol(V, i % 2 == 0 ? "ABCDEFGHJKMN" : "?", here, NOON + i, &scanner, key, &retry),
		    EL_CODE_INVALID_ENROLMENT);
	assert_int_equal(el_venues_enrol(V, code, here, NOON + 5, &scanner, key, &retry), EL_CODE_RATE_LIMITED);
	assert_int_equal(retry, EL_ENROL_TRIES_S - 5);
	assert_int_equal(el_venues_enrol(V, code, there, NOON + 5, &scanner, key, &retry), EL_CODE_OK);
	assert_int_equal(el_venues_enrol(V, code, here, NOON + 900, &scanner, key, &retry), EL_CODE_INVALID_ENROLMENT);
}

static void
counts_an_ipv6_network_as_one_address(void **state)
{
	struct el_tries *t;
	uint8_t a[16] = { 0x20, 1, 0xd, 0xb8 }, b[16] = { 0x20, 1, 0xd, 0xb8 };
	unsigned retry;

	(void)state;
	b[15] = 1;
	assert_int_equal(el_tries_new(1, 60, &t), EL_OK);
	el_tries_count(t, a, 100);
	assert_int_equal(el_tries_check(t, b, 100, &retry), EL_CODE_RATE_LIMITED);
	b[7] = 1;
	assert_int_equal(el_tries_check(t, b, 100, &retry), EL_CODE_OK);
	for (unsigned i = 0; i < 5000; i++) { /* the table is full at 4096 */
		b[0] = (uint8_t)(i >> 8), b[1] = (uint8_t)i;
		el_tries_count(t, b, 101);
		assert_int_equal(el_tries_check(t, b, 101, &retry), EL_CODE_RATE_LIMITED);
	}
	el_tries_free(t);
}

static void
keeps_keys_and_codes_as_hashes_only(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1], path[EL_CONF_STR_MAX + 32];
	uint8_t key[EL_KEY_LEN], *bytes;
	uint32_t scanner;
	unsigned retry;
	int64_t expires;
	size_t n;

	assert_int_equal(el_venues_add_scanner(V, s->venue.id, "", NOON, &scanner, code, &expires), EL_CODE_OK);
	assert_int_equal(el_venues_enrol(V, code, here, NOON, &scanner, key, &retry), EL_CODE_OK);
	fixture_close(&s->f);
	(void)snprintf(path, sizeof path, "%s/registry.db", s->f.conf.service.data_dir);
	assert_int_equal(el_file_read(path, EL_FILE_MAX, &bytes, &n), EL_OK);
	assert_null(memmem(bytes, n, key, sizeof key));
	assert_null(memmem(bytes, n, s->owner, sizeof s->owner));
	assert_null(memmem(bytes, n, code, EL_ENROL_CODE_LEN));
	assert_non_null(memmem(bytes, n, "Cafe Example", 12));
	free(bytes);
}

static void
forgets_an_enrolment_code_on_the_disk(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1], path[EL_CONF_STR_MAX + 32];
	uint8_t key[EL_KEY_LEN], *bytes;
	struct el_hash hash;
	uint32_t scanner;
	unsigned retry;
	int64_t expires;
	size_t n;

	assert_int_equal(el_venues_add_scanner(V, s->venue.id, "", NOON, &scanner, code, &expires), EL_CODE_OK);
	el_sha256(code, EL_ENROL_CODE_LEN, &hash);
	assert_int_equal(el_venues_enrol(V, code, here, NOON, &scanner, key, &retry), EL_CODE_OK);
	fixture_close(&s->f);
	(void)snprintf(path, sizeof path, "%s/registry.db", s->f.conf.service.data_dir);
	assert_int_equal(el_file_read(path, EL_FILE_MAX, &bytes, &n), EL_OK);
	assert_null(memmem(bytes, n, hash.b, sizeof hash.b));
	free(bytes);
}

static void
counts_todays_visits_by_the_hour(void **state)
{
	S;
	struct fixture_door door;
	uint32_t hours[EL_COUNT_HOURS];
	struct el_checkin in;

	fixture_door(&s->f, NOON, &door);
	for (uint16_t i = 0; i < 3; i++) {
		fixture_token(&s->f, FIXTURE_EPOCH, i, NOON + i * 1800, &in);
		assert_int_equal(fixture_post(&s->f, &door, &in, NOON + i * 1800).code, EL_CODE_OK);
	}
	el_scanners_counts(s->f.g->scanners, door.venue, FIXTURE_EPOCH, hours);
	assert_int_equal(hours[8], 2);
	assert_int_equal(hours[9], 1);
	el_scanners_counts(s->f.g->scanners, door.venue, FIXTURE_EPOCH + 1, hours);
	assert_int_equal(hours[8], 0);
	el_scanners_counts(s->f.g->scanners, s->venue.id, FIXTURE_EPOCH, hours);
	assert_int_equal(hours[8], 0);
}

static void
checks_its_configuration(void **state)
{
	S;
	char message[EL_CONF_STR_MAX + 1];
	struct el_registry_conf *const c = &s->f.conf;

	assert_int_equal(el_registry_conf_check(c, message), EL_OK);
	(void)snprintf(c->issuers.item[0], sizeof c->issuers.item[0], "0 /pair");
	assert_int_equal(el_registry_conf_check(c, message), EL_ECONFIG);
	(void)snprintf(c->issuers.item[0], sizeof c->issuers.item[0], "256 /pair");
	assert_int_equal(el_registry_conf_check(c, message), EL_ECONFIG);
	(void)snprintf(c->issuers.item[0], sizeof c->issuers.item[0], "7 pair");
	assert_int_equal(el_registry_conf_check(c, message), EL_ECONFIG);
	(void)snprintf(c->issuers.item[0], sizeof c->issuers.item[0], "7 /nowhere");
	assert_int_equal(el_registry_conf_check(c, message), EL_OK); /* imported already */
	(void)snprintf(c->service.data_dir, sizeof c->service.data_dir, "/nowhere");
	assert_int_equal(el_registry_conf_check(c, message), EL_ECONFIG); /* neither file nor keyring */
	c->issuers.n = 2;
	(void)snprintf(c->issuers.item[1], sizeof c->issuers.item[1], "7 /elsewhere");
	assert_int_equal(el_registry_conf_check(c, message), EL_ECONFIG);
	c->issuers.n = 0;
	assert_int_equal(el_registry_conf_check(c, message), EL_ECONFIG);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(knows_business_numbers_by_their_check_digit),
		T(begins_a_venue_that_waits_for_approval),
		T(limits_how_many_venues_an_address_begins),
		T(gives_an_owner_200_changes_and_then_one_in_10_seconds),
		T(gives_a_venue_that_waits_for_approval_20_changes_and_then_one_in_a_minute),
		T(limits_the_changes_of_all_that_wait_for_approval_together),
		T(shows_a_venue_to_its_owner_and_the_operator_only),
		T(takes_an_enrolment_code_once_and_for_15_minutes),
		T(refuses_the_code_of_a_scanner_that_was_deleted),
		T(gives_an_address_five_wrong_codes),
		T(counts_an_ipv6_network_as_one_address),
		T(keeps_keys_and_codes_as_hashes_only),
		T(forgets_an_enrolment_code_on_the_disk),
		T(counts_todays_visits_by_the_hour),
		T(checks_its_configuration),
	};

	return cmocka_run_group_tests_name("registry_venues", tests, NULL, NULL);
}
