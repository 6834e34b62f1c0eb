#include "issuer_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "issuer/issuer_limits.h"
#include "issuer/registration.h"
#include "issuer/sms_gateway.h"

/* Registration, master rows and the SMS gateway (protocol 4.1). */

#define E FIXTURE_EPOCH
#define NOON day_at(E, 8 * 3600)
#define PHONE "+821000000001"

static const uint8_t address_v4[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };

static struct el_phone
phone_of(unsigned n)
{
	struct el_phone p;

	(void)snprintf(p.s, sizeof p.s, "+8210%08u", n);
	return p;
}

/* ---- Pending registrations ---- */

static int
begin_registrations(void **state)
{
	return el_registrations_new((struct el_registrations **)state);
}

static int
end_registrations(void **state)
{
	el_registrations_free(*state);
	return 0;
}

static enum el_code
start(struct el_registrations *g, unsigned n, const uint8_t *address, int64_t now_s, struct el_registration *out)
{
	const struct el_phone phone = phone_of(n);
	unsigned retry;

	return el_registrations_begin(g, address, "Name", &phone, 3, now_s, out, &retry);
}

static void
admits_the_right_code_once(void **state)
{
	struct el_registration r, out;

	assert_int_equal(start(*state, 1, address_v4, NOON, &r), EL_CODE_OK);
	assert_int_equal(strlen(r.code), 6);
	assert_int_equal(r.expires_s, NOON + 180);
	assert_int_equal(el_registrations_verify(*state, r.id, r.code, NOON + 179, &out), EL_CODE_OK);
	assert_string_equal(out.name, "Name");
	assert_string_equal(out.phone.s, "+821000000001");
	assert_int_equal(el_registrations_verify(*state, r.id, r.code, NOON + 1, &out), EL_CODE_UNKNOWN_REGISTRATION);
	el_registrations_again(*state, r.id); /* core could not */
	assert_int_equal(el_registrations_verify(*state, r.id, r.code, NOON + 1, &out), EL_CODE_OK);
	el_registrations_done(*state, r.id);
	assert_int_equal(el_registrations_verify(*state, r.id, r.code, NOON + 1, &out), EL_CODE_UNKNOWN_REGISTRATION);
}

static void
forgets_a_registration_after_five_wrong_codes(void **state)
{
	struct el_registration r, out;
	char wrong[7];

	assert_int_equal(start(*state, 1, address_v4, NOON, &r), EL_CODE_OK);
	memcpy(wrong, r.code, sizeof wrong);
	wrong[5] = wrong[5] == '0' ? '1' : '0';
	for (int i = 0; i < 5; i++)
		assert_int_equal(el_registrations_verify(*state, r.id, wrong, NOON, &out), EL_CODE_WRONG_CODE);
	assert_int_equal(el_registrations_verify(*state, r.id, r.code, NOON, &out), EL_CODE_UNKNOWN_REGISTRATION);
	assert_int_equal(el_registrations_pending(*state), 0);
}

static void
forgets_a_registration_after_three_minutes(void **state)
{
	struct el_registration r, out;

	assert_int_equal(start(*state, 1, address_v4, NOON, &r), EL_CODE_OK);
	assert_int_equal(el_registrations_verify(*state, r.id, r.code, NOON + 180, &out), EL_CODE_UNKNOWN_REGISTRATION);
	el_registrations_expire(*state, NOON + 179);
	assert_int_equal(el_registrations_pending(*state), 1);
	el_registrations_expire(*state, NOON + 180);
	assert_int_equal(el_registrations_pending(*state), 0);
}

static void
limits_codes_by_number_and_day(void **state)
{
	struct el_registration r;

	for (int i = 0; i < 5; i++)
		assert_int_equal(start(*state, 1, address_v4, NOON + i * 600, &r), EL_CODE_OK);
	assert_int_equal(start(*state, 1, address_v4, NOON + 86399, &r), EL_CODE_RATE_LIMITED);
	assert_int_equal(start(*state, 2, address_v4, NOON + 86399, &r), EL_CODE_OK);
	assert_int_equal(start(*state, 1, address_v4, NOON + 86400, &r), EL_CODE_OK);
}

static void
limits_codes_by_address_and_hour(void **state)
{
	uint8_t address[16] = { 0x20, 0x01, 0x0d, 0xb8 }, neighbour[16] = { 0x20, 0x01, 0x0d, 0xb8, [7] = 1 };
	struct el_registration r;

	for (unsigned i = 0; i < 100; i++) {
		address[15] = (uint8_t)i; /* one /64 counts as one */
		assert_int_equal(start(*state, 100 + i, address, NOON, &r), EL_CODE_OK);
	}
	assert_int_equal(start(*state, 300, address, NOON + 3599, &r), EL_CODE_RATE_LIMITED);
	assert_int_equal(start(*state, 300, neighbour, NOON, &r), EL_CODE_OK);
	assert_int_equal(start(*state, 301, address, NOON + 3600, &r), EL_CODE_OK);
}

/* ---- Master rows ---- */

static int
begin_issuer(void **state)
{
	static struct fixture f;

	fixture_make(&f);
	fixture_open(&f, NOON);
	*state = &f;
	return 0;
}

static int
end_issuer(void **state)
{
	fixture_free(*state);
	return 0;
}

static void
finds_a_visitor_by_the_credential_until_the_registration_ends(void **state)
{
	struct fixture *const f = *state;
	uint8_t credential[EL_KEY_LEN], other[EL_KEY_LEN];
	struct el_visitor v;

	fixture_admit(f, "Hong Gil", PHONE, NOON, credential);
	assert_int_equal(el_visitors_find(f->s->db, credential, NOON, &v), EL_OK);
	assert_string_equal(v.name, "Hong Gil");
	assert_string_equal(v.phone.s, PHONE);
	assert_int_equal(v.consent, 3);
	assert_int_equal(v.verified_until_s, el_epoch_end(E + 30, FIXTURE_OFFSET));
	assert_int_equal(el_visitors_find(f->s->db, credential, v.verified_until_s - 1, &v), EL_OK);
	assert_int_equal(el_visitors_find(f->s->db, credential, v.verified_until_s, &v), EL_ENOTFOUND);
	el_random(other, sizeof other);
	assert_int_equal(el_visitors_find(f->s->db, other, NOON, &v), EL_ENOTFOUND);
	fixture_restart(f, NOON);
	assert_int_equal(el_visitors_find(f->s->db, credential, NOON, &v), EL_OK);
}

static void
keeps_nothing_of_a_visitor_in_clear(void **state)
{
	struct fixture *const f = *state;
	uint8_t credential[EL_KEY_LEN];
	struct el_day_ticket t;

	fixture_admit(f, "Hong Gil", PHONE, NOON, credential);
	fixture_ticket(f, credential, NOON, &t);
	fixture_close(f);
	assert_false(fixture_holds(f, "Hong Gil", 8));
	assert_false(fixture_holds(f, "1000000001", 10));
	assert_false(fixture_holds(f, credential, sizeof credential));
}

static void
leaves_no_master_row_of_who_withdrew(void **state)
{
	struct fixture *const f = *state;
	uint8_t credential[EL_KEY_LEN], authenticator[EL_AUTHENTICATOR_LEN];
	struct el_master_row row;
	struct el_day_ticket t;
	int err;

	fixture_admit(f, "Hong Gil", PHONE, NOON, credential);
	el_visitors_authenticator(credential, authenticator);
	assert_int_equal(el_issuer_db_get_visitor(f->s->db, authenticator, &row), EL_OK);
	assert_true(fixture_holds(f, authenticator, sizeof authenticator));
	assert_int_equal(el_visitors_withdraw(f->s->db, credential, NOON), EL_OK);
	assert_false(fixture_holds(f, authenticator, sizeof authenticator)); /* at once, without a restart */
	assert_false(fixture_holds(f, row.identity, 32));
	assert_int_equal(el_tickets_draw(f->s, credential, false, NOON, &t, &err), EL_CODE_UNAUTHORIZED);
	assert_int_equal(el_visitors_withdraw(f->s->db, credential, NOON), EL_ENOTFOUND);
}

static void
destroys_master_rows_thirty_days_after_their_end(void **state)
{
	struct fixture *const f = *state;
	const int64_t due = el_epoch_end(E + 30, FIXTURE_OFFSET) + 30 * 86400;
	uint8_t credential[EL_KEY_LEN], authenticator[EL_AUTHENTICATOR_LEN];
	struct el_master_row row;

	fixture_admit(f, "Hong Gil", PHONE, NOON, credential);
	el_visitors_authenticator(credential, authenticator);
	fixture_tick(f, due - 1);
	assert_int_equal(el_issuer_db_get_visitor(f->s->db, authenticator, &row), EL_OK);
	fixture_tick(f, due);
	assert_int_equal(el_issuer_db_get_visitor(f->s->db, authenticator, &row), EL_ENOTFOUND);
	assert_false(fixture_holds(f, authenticator, sizeof authenticator));
}

/* ---- The gateway ---- */

static void
write_program(const struct fixture *f, const char *name, const char *text, char *path)
{
	(void)snprintf(path, EL_CONF_STR_MAX + 1, "%s/%s", f->dir, name);
	assert_int_equal(el_file_replace(path, 0700, text, strlen(text)), EL_OK);
}

static void
wait_for_gateway(struct el_sms_gateway *g)
{
	const int64_t limit = el_clock_monotonic_ms() + 60000;

	while (el_sms_gateway_pending(g) > 0) {
		int fds[EL_SMS_AT_ONCE];
		struct pollfd p[EL_SMS_AT_ONCE];
		size_t n;

		el_sms_gateway_step(g, el_clock_monotonic_ms());
		n = el_sms_gateway_fds(g, fds);
		for (size_t i = 0; i < n; i++)
			p[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		(void)poll(p, (nfds_t)n, n > 0 ? 1000 : 0);
		assert_true(el_clock_monotonic_ms() < limit);
	}
}

static void
hands_each_message_over_as_one_line(void **state)
{
	struct fixture *const f = *state;
	struct el_sms_gateway *g;
	const struct el_phone to = phone_of(7);
	char text[512], out[128];
	uint8_t *lines;
	size_t len, n = 0;

	(void)snprintf(out, sizeof out, "%s/outbox", f->dir);
	(void)snprintf(text, sizeof text, "#!/bin/sh\n[ -z \"$HOME$*\" ] || exit 1\nexec cat >>'%s'\n", out);
	write_program(f, "gateway", text, f->conf.sms_target);
	(void)snprintf(f->conf.sms_driver, sizeof f->conf.sms_driver, "command");
	assert_int_equal(el_sms_gateway_new(&f->conf, &g), EL_OK);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(el_sms_gateway_send(g, &to, "code \"1\""), EL_OK);
	wait_for_gateway(g);
	assert_int_equal(el_file_read(out, 65536, &lines, &len), EL_OK);
	for (size_t i = 0; i < len; i++)
		n += lines[i] == '\n';
	assert_int_equal(n, 20);
	assert_memory_equal(lines, "{\"to\":\"+821000000007\",\"text\":\"code \\\"1\\\"\"}\n", 43);
	free(lines);
	el_sms_gateway_free(g);
}

static void
kills_a_gateway_that_hangs_and_goes_on(void **state)
{
	struct fixture *const f = *state;
	const struct el_phone to = phone_of(7);
	struct el_sms_gateway *g;
	const int64_t start_ms = el_clock_monotonic_ms();

	write_program(f, "hangs", "#!/bin/sh\nsleep 600\n", f->conf.sms_target);
	(void)snprintf(f->conf.sms_driver, sizeof f->conf.sms_driver, "command");
	assert_int_equal(el_sms_gateway_new(&f->conf, &g), EL_OK);
	for (unsigned i = 0; i < EL_SMS_AT_ONCE + 3; i++)
		assert_int_equal(el_sms_gateway_send(g, &to, "x"), EL_OK);
	el_sms_gateway_step(g, start_ms);
	assert_int_equal(el_sms_gateway_pending(g), EL_SMS_AT_ONCE + 3);
	for (int64_t ms = start_ms; el_sms_gateway_pending(g) > 0; ms += EL_SMS_LIMIT_MS)
		el_sms_gateway_step(g, ms);
	el_sms_gateway_free(g);
}

static void
queues_no_more_than_it_may(void **state)
{
	struct fixture *const f = *state;
	const struct el_phone to = phone_of(7);
	struct el_sms_gateway *g;

	(void)snprintf(f->conf.sms_driver, sizeof f->conf.sms_driver, "command");
	assert_int_equal(el_sms_gateway_new(&f->conf, &g), EL_OK);
	for (unsigned i = 0; i < EL_SMS_QUEUE_MAX; i++)
		assert_int_equal(el_sms_gateway_send(g, &to, "x"), EL_OK);
	assert_int_equal(el_sms_gateway_send(g, &to, "x"), EL_EBUSY);
	el_sms_gateway_free(g);
}

#define with_registrations(t) cmocka_unit_test_setup_teardown(t, begin_registrations, end_registrations)
#define with_issuer(t) cmocka_unit_test_setup_teardown(t, begin_issuer, end_issuer)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_registrations(admits_the_right_code_once),
		with_registrations(forgets_a_registration_after_five_wrong_codes),
		with_registrations(forgets_a_registration_after_three_minutes),
		with_registrations(limits_codes_by_number_and_day),
		with_registrations(limits_codes_by_address_and_hour),
		with_issuer(finds_a_visitor_by_the_credential_until_the_registration_ends),
		with_issuer(keeps_nothing_of_a_visitor_in_clear),
		with_issuer(leaves_no_master_row_of_who_withdrew),
		with_issuer(destroys_master_rows_thirty_days_after_their_end),
		with_issuer(hands_each_message_over_as_one_line),
		with_issuer(kills_a_gateway_that_hangs_and_goes_on),
		with_issuer(queues_no_more_than_it_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
