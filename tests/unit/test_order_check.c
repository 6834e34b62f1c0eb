#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "entrylog/epoch.h"
#include "order/check.h"
#include "test_order_world.h"

/* Whoever is asked asks this of an order.  Each case begins with an order that would be obeyed. */
struct fixture {
	struct el_policy *policy;
	struct el_order order, out;
	struct el_document doc;
	struct el_disclosed scope;
	struct el_scope parsed;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->policy = world_opened_policy();
	world_order(f->policy, &f->order);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	el_document_wipe(&f->doc);
	free(f->policy);
	free(f);
	return 0;
}

/* Encode the order anew, unsigned. */
static void
issue(struct fixture *f)
{
	el_document_wipe(&f->doc);
	world_order_document(&f->order, &f->doc);
}

/* The same, with the signatures of health and court. */
static void
issue_signed(struct fixture *f)
{
	issue(f);
	world_sign(&f->doc, KEY_HEALTH_1, "EL1-order");
	world_sign(&f->doc, KEY_COURT_1, "EL1-order");
}

static void
assert_code(struct fixture *f, int64_t now_s, enum el_code code)
{
	static const struct el_order zero;

	assert_string_equal(el_code_name(el_order_check(&f->doc, f->policy, now_s, &f->out)), el_code_name(code));
	/* What comes after the quorum is told with the order, so that its refusal can be logged. */
	if (code == EL_CODE_OK || code == EL_CODE_POLICY_OUTDATED || code == EL_CODE_ORDER_EXPIRED)
		assert_memory_equal(&f->out.hash, &f->doc.hash, sizeof f->out.hash);
	if (code == EL_CODE_OK)
		assert_memory_equal(&f->out, &f->order, sizeof f->out);
	else if (code != EL_CODE_POLICY_OUTDATED && code != EL_CODE_ORDER_EXPIRED)
		assert_memory_equal(&f->out, &zero, sizeof zero);
}

static void
assert_missing(struct fixture *f, unsigned n, const char *words)
{
	char text[100];

	assert_int_equal(el_order_missing(&f->doc, f->policy, f->order.kind, NOW, text, sizeof text), n);
	assert_string_equal(text, words);
	assert_int_equal(el_order_missing(&f->doc, f->policy, f->order.kind, NOW, NULL, 0), n);
}

/* --- the quorum --- */

static void
accepts_order_with_its_quorum(void **state)
{
	struct fixture *f = *state;

	issue_signed(f);
	assert_code(f, NOW, EL_CODE_OK);
	assert_missing(f, 0, "");
}

static void
refuses_order_one_signature_short(void **state)
{
	struct fixture *f = *state;

	issue(f);
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
	assert_missing(f, 2, "1 of health, 1 of court");
	world_sign(&f->doc, KEY_HEALTH_1, "EL1-order");
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
	assert_missing(f, 1, "1 of court");
	world_sign(&f->doc, KEY_COURT_2, "EL1-order");
	assert_code(f, NOW, EL_CODE_OK);
}

static void
refuses_the_same_officer_twice(void **state)
{
	struct fixture *f = *state;

	f->order.kind = EL_ORDER_TRACE;
	issue(f);
	world_sign(&f->doc, KEY_COURT_1, "EL1-order");
	world_sign(&f->doc, KEY_COURT_1, "EL1-order");
	assert_missing(f, 1, "1 of court");
	/* Even where someone built the document by hand. */
	f->doc.signatures[f->doc.n_signatures] = f->doc.signatures[0];
	f->doc.n_signatures++;
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
	f->doc.n_signatures--;
	world_sign(&f->doc, KEY_COURT_2, "EL1-order");
	assert_code(f, NOW, EL_CODE_OK);
}

static void
refuses_officers_of_the_wrong_group(void **state)
{
	struct fixture *f = *state;

	issue(f);
	world_sign(&f->doc, KEY_HEALTH_1, "EL1-order");
	world_sign(&f->doc, KEY_HEALTH_2, "EL1-order");
	world_sign(&f->doc, KEY_PRIVACY, "EL1-order");
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
	assert_missing(f, 1, "1 of court");
}

static void
asks_each_kind_for_its_own_quorum(void **state)
{
	struct fixture *f = *state;

	f->order.kind = EL_ORDER_TRACE;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
	f->order.kind = EL_ORDER_NOTICE;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
	world_sign(&f->doc, KEY_PRIVACY, "EL1-order");
	assert_code(f, NOW, EL_CODE_OK);
}

static void
refuses_a_revoked_officer(void **state)
{
	struct fixture *f = *state;

	issue_signed(f);
	f->policy->revoked[f->policy->n_revoked++] = *world_pk(KEY_COURT_1);
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
	world_sign(&f->doc, KEY_COURT_2, "EL1-order");
	assert_code(f, NOW, EL_CODE_OK);
}

static void
counts_officers_from_their_first_second_and_not_in_their_last(void **state)
{
	struct fixture *f = *state;
	struct el_policy_officer *court = &f->policy->officers[2];

	issue_signed(f);
	court->from = NOW + 1;
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
	assert_code(f, NOW + 1, EL_CODE_OK);
	court->from = NOW - DAY;
	court->to = NOW;
	assert_code(f, NOW - 1, EL_CODE_OK);
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
}

static void
ignores_signatures_of_strangers(void **state)
{
	struct fixture *f = *state;

	issue_signed(f);
	world_sign(&f->doc, KEY_STRANGER, "EL1-order");
	assert_code(f, NOW, EL_CODE_OK);
	/* Also one that does not verify: who it is nobody can say. */
	f->doc.signatures[2].sig.b[0] ^= 1;
	assert_code(f, NOW, EL_CODE_OK);
	f->doc.signatures[1] = f->doc.signatures[2];
	f->doc.n_signatures = 2;
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
}

/* --- form, signatures, policy, time --- */

static void
refuses_a_wrong_signature_of_a_known_officer(void **state)
{
	struct fixture *f = *state;

	issue_signed(f);
	/* One more than the quorum needs, and wrong. */
	world_sign(&f->doc, KEY_COURT_2, "EL1-order");
	f->doc.signatures[2].sig.b[40] ^= 1;
	assert_code(f, NOW, EL_CODE_SIGNATURE_INVALID);
	assert_missing(f, 0, "");
	/* Of a revoked officer too: the order was tampered with. */
	f->policy->revoked[f->policy->n_revoked++] = *world_pk(KEY_COURT_2);
	assert_code(f, NOW, EL_CODE_SIGNATURE_INVALID);
}

static void
refuses_signatures_made_for_something_else(void **state)
{
	struct fixture *f = *state;

	issue(f);
	world_sign(&f->doc, KEY_HEALTH_1, "EL1-order");
	world_sign(&f->doc, KEY_COURT_1, "EL1-policy");
	assert_code(f, NOW, EL_CODE_SIGNATURE_INVALID);
}

static void
refuses_a_document_with_any_byte_changed(void **state)
{
	struct fixture *f = *state;

	issue_signed(f);
	for (size_t i = 0; i < f->doc.len; i++) {
		enum el_code code;

		f->doc.doc[i] ^= 1;
		code = el_order_check(&f->doc, f->policy, NOW, &f->out);
		if (code != EL_CODE_MALFORMED_ORDER && code != EL_CODE_SIGNATURE_INVALID)
			fail_msg("byte %zu: %s", i, el_code_name(code));
		f->doc.doc[i] ^= 1;
	}
	assert_code(f, NOW, EL_CODE_OK);
}

static void
refuses_an_order_of_another_deployment(void **state)
{
	struct fixture *f = *state;

	f->order.deployment.b[0] ^= 1;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_SIGNATURE_INVALID);
}

static void
refuses_an_order_made_under_another_policy(void **state)
{
	struct fixture *f = *state;

	f->order.policy.b[31] ^= 1;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_POLICY_OUTDATED);
}

static void
refuses_orders_when_the_policy_itself_has_expired(void **state)
{
	struct fixture *f = *state;

	issue_signed(f);
	f->policy->not_after = NOW + 1;
	assert_code(f, NOW, EL_CODE_OK);
	f->policy->not_after = NOW;
	assert_code(f, NOW, EL_CODE_POLICY_OUTDATED);
}

static void
refuses_an_order_from_the_second_it_expires(void **state)
{
	struct fixture *f = *state;

	issue_signed(f);
	assert_code(f, f->order.expires - 1, EL_CODE_OK);
	assert_code(f, f->order.expires, EL_CODE_ORDER_EXPIRED);
}

static void
refuses_an_order_more_than_five_minutes_ahead(void **state)
{
	struct fixture *f = *state;

	f->order.created = NOW + 300;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_OK);
	f->order.created = NOW + 301;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_ORDER_EXPIRED);
}

static void
refuses_an_order_that_lives_longer_than_fourteen_days(void **state)
{
	struct fixture *f = *state;

	f->order.expires = f->order.created + EL_ORDER_LIFE_MAX_S;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_OK);
	f->order.expires++;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_ORDER_EXPIRED);
}

/* Each defect hides those that are asked about later. */
static void
asks_in_the_order_of_the_protocol(void **state)
{
	struct fixture *f = *state;

	f->order.expires = NOW - 1;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_ORDER_EXPIRED);
	f->order.policy.b[0] ^= 1;
	issue_signed(f);
	assert_code(f, NOW, EL_CODE_POLICY_OUTDATED);
	f->doc.n_signatures = 1;
	assert_code(f, NOW, EL_CODE_QUORUM_MISSING);
	f->doc.signatures[0].sig.b[3] ^= 1;
	assert_code(f, NOW, EL_CODE_SIGNATURE_INVALID);
	f->doc.doc[0] = '[';
	assert_code(f, NOW, EL_CODE_MALFORMED_ORDER);
}

/* --- the scope --- */

static void
assert_scope(struct fixture *f, const char *party, enum el_code code)
{
	static const struct el_scope zero;

	assert_string_equal(
	    el_code_name(el_order_check_scope(&f->order, party, &f->scope, &f->parsed)), el_code_name(code));
	if (code != EL_CODE_OK)
		assert_memory_equal(&f->parsed, &zero, sizeof zero);
}

/* Let the order hold whatever f->scope says for this party. */
static void
commit(struct fixture *f, size_t audience)
{
	snprintf(f->order.audience[audience].party, sizeof f->order.audience[audience].party, "%s", f->scope.party);
	el_scope_hash(&f->scope, &f->order.audience[audience].scope);
}

static void
accepts_the_scope_that_was_signed(void **state)
{
	struct fixture *f = *state;

	world_scope("registry", &f->scope);
	assert_scope(f, "registry", EL_CODE_OK);
	assert_int_equal(f->parsed.form, EL_SCOPE_VENUES);
	assert_int_equal(f->parsed.n_venues, 2);
	world_scope("issuer:7", &f->scope);
	assert_scope(f, "issuer:7", EL_CODE_OK);
	assert_int_equal(f->parsed.form, EL_SCOPE_LINKS);
}

static void
refuses_swapped_and_changed_scopes(void **state)
{
	struct fixture *f = *state;

	world_scope("registry", &f->scope);
	assert_scope(f, "issuer:7", EL_CODE_SCOPE_MISMATCH);
	strcpy(f->scope.party, "issuer:7");
	assert_scope(f, "issuer:7", EL_CODE_SCOPE_MISMATCH);
	world_scope("issuer:8", &f->scope);
	assert_scope(f, "issuer:8", EL_CODE_SCOPE_MISMATCH); /* not in the audience */
	world_scope("registry", &f->scope);
	f->scope.salt[31] ^= 1;
	assert_scope(f, "registry", EL_CODE_SCOPE_MISMATCH);
	world_scope("registry", &f->scope);
	f->scope.scope[11] ^= 1; /* another venue */
	assert_scope(f, "registry", EL_CODE_SCOPE_MISMATCH);
	world_scope("registry", &f->scope);
	f->scope.scope[f->scope.len++] = ' ';
	assert_scope(f, "registry", EL_CODE_SCOPE_MISMATCH);
}

static void
refuses_a_signed_scope_that_does_not_parse(void **state)
{
	struct fixture *f = *state;

	world_scope("registry", &f->scope);
	memcpy(f->scope.scope, "{\"venues\":[]}", 13);
	f->scope.len = 13;
	commit(f, 0);
	assert_scope(f, "registry", EL_CODE_MALFORMED_ORDER);
}

static void
asks_that_form_kind_and_party_fit(void **state)
{
	static const char *const text[] = { [EL_SCOPE_VENUES] = "{\"venues\":[1],\"from\":1,\"to\":2}",
		[EL_SCOPE_LINKS] = "{\"opened\":\"links\"}",
		[EL_SCOPE_SECRETS] = "{\"opened\":\"secrets\",\"from\":1,\"to\":2}",
		[EL_SCOPE_PHONES] = "{\"phones\":[\"+821012345678\"]}",
		[EL_SCOPE_NOTICE] = "{\"opened\":\"links\",\"template\":7,\"day\":20700}" };
	static const int fitting[EL_ORDER_KINDS][2] = { { EL_SCOPE_VENUES, EL_SCOPE_LINKS },
		{ EL_SCOPE_SECRETS, EL_SCOPE_PHONES }, { EL_SCOPE_VENUES, EL_SCOPE_NOTICE }, { -1, -1 } };
	struct fixture *f = *state;

	f->order.first_epoch = 20700;
	f->order.last_epoch = 20700;
	for (unsigned kind = 0; kind < EL_ORDER_KINDS; kind++)
		for (size_t party = 0; party < 2; party++)
			for (int form = EL_SCOPE_VENUES; form <= EL_SCOPE_NOTICE; form++) {
				f->order.kind = (enum el_order_kind)kind;
				strcpy(f->scope.party, party == 0 ? "registry" : "issuer:7");
				f->scope.len = strlen(text[form]);
				memcpy(f->scope.scope, text[form], f->scope.len);
				commit(f, party);
				assert_scope(f, f->scope.party,
				    form == fitting[kind][party] ? EL_CODE_OK : EL_CODE_SCOPE_MISMATCH);
			}
}

static void
asks_that_a_notice_speaks_of_a_day_of_the_order_with_a_template_of_the_policy(void **state)
{
	struct fixture *f = *state;

	f->order.kind = EL_ORDER_NOTICE;
	f->order.first_epoch = 20699;
	f->order.last_epoch = 20701;
	strcpy(f->scope.party, "issuer:7");
	for (unsigned day = 20698; day <= 20702; day++) {
		f->scope.len = (size_t)snprintf((char *)f->scope.scope, sizeof f->scope.scope,
		    "{\"opened\":\"links\",\"template\":7,\"day\":%u}", day);
		commit(f, 1);
		assert_scope(f, "issuer:7", day == 20698 || day == 20702 ? EL_CODE_SCOPE_MISMATCH : EL_CODE_OK);
	}
	f->parsed.form = EL_SCOPE_NOTICE;
	for (unsigned i = 0; i < 10; i++) {
		f->parsed.template = (uint16_t)i;
		assert_int_equal(el_order_check_template(f->policy, &f->parsed),
		    i == 1 || i == 7 ? EL_CODE_OK : EL_CODE_SCOPE_MISMATCH);
	}
}

/* --- retention --- */

static void
assert_retention(struct fixture *f, int64_t now_s, enum el_code code)
{
	assert_string_equal(
	    el_code_name(el_order_check_retention(&f->order, &f->parsed, now_s, DAY_OFFSET)), el_code_name(code));
}

static void
window(struct fixture *f, int64_t from, int64_t to)
{
	memset(&f->parsed, 0, sizeof f->parsed);
	f->parsed.form = EL_SCOPE_VENUES;
	f->parsed.from = from;
	f->parsed.to = to;
	f->order.first_epoch = el_epoch_of(from - 2 * 3600, DAY_OFFSET);
	f->order.last_epoch = el_epoch_of(to, DAY_OFFSET);
}

static void
refuses_a_window_older_than_28_days_to_the_minute(void **state)
{
	const int64_t from = NOW - NOW % MINUTE;
	struct fixture *f = *state;

	window(f, from, from + 3600);
	assert_retention(f, from, EL_CODE_OK);
	assert_retention(f, from + EL_RETENTION_S, EL_CODE_OK);
	assert_retention(f, from + EL_RETENTION_S + 1, EL_CODE_OUT_OF_RETENTION);
	assert_retention(f, from + EL_RETENTION_S + MINUTE, EL_CODE_OUT_OF_RETENTION);
	f->parsed.form = EL_SCOPE_SECRETS;
	assert_retention(f, from + EL_RETENTION_S, EL_CODE_OK);
	assert_retention(f, from + EL_RETENTION_S + 1, EL_CODE_OUT_OF_RETENTION);
}

/* Wherever in the day the window begins, its day is still there as long as the minute may be asked for. */
static void
keeps_every_minute_of_retention_answerable(void **state)
{
	const int64_t start = el_epoch_start(20700, DAY_OFFSET);
	struct fixture *f = *state;

	for (int64_t from = start; from < start + DAY; from += 600) {
		window(f, from, from + MINUTE);
		assert_retention(f, from + EL_RETENTION_S, EL_CODE_OK);
		assert_retention(f, from + EL_RETENTION_S + 1, EL_CODE_OUT_OF_RETENTION);
	}
}

static void
refuses_epochs_that_do_not_fit_the_window(void **state)
{
	const int64_t start = el_epoch_start(20700, DAY_OFFSET);
	struct fixture *f = *state;

	/* Just after the day boundary, tokens of the day before still arrive. */
	window(f, start + 2 * 3600 - 1, start + 3 * 3600);
	assert_int_equal(f->order.first_epoch, 20699);
	assert_retention(f, start + DAY, EL_CODE_OK);
	f->order.first_epoch = 20700;
	assert_retention(f, start + DAY, EL_CODE_SCOPE_MISMATCH);
	window(f, start + 2 * 3600, start + 3 * 3600);
	assert_int_equal(f->order.first_epoch, 20700);
	f->order.first_epoch = 20699;
	assert_retention(f, start + DAY, EL_CODE_SCOPE_MISMATCH);
	window(f, start + 2 * 3600, start + 3 * 3600);
	f->order.last_epoch = 20701;
	assert_retention(f, start + DAY, EL_CODE_SCOPE_MISMATCH);
	/* A mismatch is said even where the window is too old. */
	assert_retention(f, start + 100 * DAY, EL_CODE_SCOPE_MISMATCH);
}

static void
refuses_scopes_without_window_once_their_first_day_is_destroyed(void **state)
{
	struct fixture *f = *state;
	const int64_t gone = el_epoch_destroy_at(20700, DAY_OFFSET);

	memset(&f->parsed, 0, sizeof f->parsed);
	f->order.first_epoch = 20700;
	f->order.last_epoch = 20701;
	for (unsigned i = 0; i < 3; i++) {
		f->parsed.form = i == 0 ? EL_SCOPE_PHONES : i == 1 ? EL_SCOPE_LINKS : EL_SCOPE_NOTICE;
		assert_retention(f, gone - 1, EL_CODE_OK);
		assert_retention(f, gone, EL_CODE_OUT_OF_RETENTION);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(accepts_order_with_its_quorum),
		CASE(refuses_order_one_signature_short),
		CASE(refuses_the_same_officer_twice),
		CASE(refuses_officers_of_the_wrong_group),
		CASE(asks_each_kind_for_its_own_quorum),
		CASE(refuses_a_revoked_officer),
		CASE(counts_officers_from_their_first_second_and_not_in_their_last),
		CASE(ignores_signatures_of_strangers),
		CASE(refuses_a_wrong_signature_of_a_known_officer),
		CASE(refuses_signatures_made_for_something_else),
		CASE(refuses_a_document_with_any_byte_changed),
		CASE(refuses_an_order_of_another_deployment),
		CASE(refuses_an_order_made_under_another_policy),
		CASE(refuses_orders_when_the_policy_itself_has_expired),
		CASE(refuses_an_order_from_the_second_it_expires),
		CASE(refuses_an_order_more_than_five_minutes_ahead),
		CASE(refuses_an_order_that_lives_longer_than_fourteen_days),
		CASE(asks_in_the_order_of_the_protocol),
		CASE(accepts_the_scope_that_was_signed),
		CASE(refuses_swapped_and_changed_scopes),
		CASE(refuses_a_signed_scope_that_does_not_parse),
		CASE(asks_that_form_kind_and_party_fit),
		CASE(asks_that_a_notice_speaks_of_a_day_of_the_order_with_a_template_of_the_policy),
		CASE(refuses_a_window_older_than_28_days_to_the_minute),
		CASE(keeps_every_minute_of_retention_answerable),
		CASE(refuses_epochs_that_do_not_fit_the_window),
		CASE(refuses_scopes_without_window_once_their_first_day_is_destroyed),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
