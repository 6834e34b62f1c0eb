/*
 * Parties that answer an order wrongly (docs/threat-model.md, claim N): what trustees refuse, what the executor refuses even
 * where trustees do not look, and that the rest of the join goes on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/share.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "join_world.h"
#include "order/proven.h"
#include "scratch.h"
#include "token/issue.h"
#include "token/link.h"

static int
contacts_up(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	jw_begin(state, EL_ORDER_CONTACTS);
	return 0;
}

static int
trace_up(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	jw_begin(state, EL_ORDER_TRACE);
	return 0;
}

static int
down(void **state)
{
	jw_end();
	return scratch_teardown(state);
}

/* Three trustees answer every request; reason, unless NULL, is what each of them says of item `index` of request i. */
static void
open_honestly(size_t i, uint32_t index, const char *reason)
{
	struct el_partials p;
	const char *why;

	for (unsigned j = 1; j <= JW_THRESHOLD; j++)
		for (size_t k = 0; k < el_join_requests(jw.join); k++) {
			jw_answer(k, j, &p);
			if (k == i) {
				why = el_partials_reason(&p, index);
				assert_int_equal(why == NULL, reason == NULL);
				if (reason != NULL)
					assert_string_equal(why, reason);
			}
			assert_int_equal(p.n_refused, k == i && reason != NULL);
			assert_int_equal(jw_take(k, &p), EL_OK);
			el_partials_wipe(&p);
		}
}

/* Three trustees that open whatever they get. */
static void
open_blindly(void)
{
	struct el_partials p;

	for (unsigned j = 1; j <= JW_THRESHOLD; j++)
		for (size_t k = 0; k < el_join_requests(jw.join); k++) {
			jw_answer_blindly(k, j, &p);
			assert_int_equal(jw_take(k, &p), EL_OK);
			el_partials_wipe(&p);
		}
}

static void
ask_again(void)
{
	if (jw_ask_again() != EL_OK)
		fail_msg("%s", jw.message);
}

/* The report holds all rows but one, and says why that one is missing. */
static void
assert_all_but_one(const char *reason)
{
	struct jw_report report;

	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS - 1);
	assert_int_equal(report.unverifiable, 1);
	assert_string_equal(report.reason, reason);
}

/* Row `index` is refused by each trustee, and by the executor without them; the others are found. */
static void
assert_row_refused(uint32_t index, const char *reason)
{
	jw_publish();
	ask_again();
	open_honestly(0, index, reason);
	assert_all_but_one(reason);
	ask_again();
	open_blindly();
	assert_all_but_one(reason);
}

/* ---- The registry plants, moves, deletes a visit ---- */

/* A visit of the last visitor that nobody recorded, in the place of one of the day: the root is older. */
static void
a_row_planted_after_its_segment_was_logged_is_refused(void **state)
{
	const struct el_day_secret secret = { .s = { 99 }, .h = { { JW_ROWS } } };

	(void)state;
	assert_int_equal(el_issue_body(world_key(KEY_ISSUER_NEXT), 7, jw_epoch(1), &jw.trust.bundle->epochs[1].links[0],
	    &secret, 9, &jw.rows[JW_ROWS - 1].body), EL_OK);
	assert_row_refused(JW_ROWS - 1, "not_in_segment");
}

static void
a_row_of_a_segment_that_was_never_logged_is_refused(void **state)
{
	(void)state;
	jw.rows[1].segment = 5;
	assert_row_refused(1, "segment_not_logged");
}

static void
a_row_moved_to_another_minute_is_refused(void **state)
{
	(void)state;
	jw.rows[4].minute += 60;
	assert_row_refused(4, "not_in_segment");
}

/* A visit at another venue, shown as one at the venue that the order asks about. */
static void
a_row_moved_to_the_venue_of_the_order_is_refused(void **state)
{
	struct el_released *const row = &jw.rows[2];

	(void)state;
	row->venue = 40;
	jw_root_day(0);
	row->venue = 41;
	assert_row_refused(2, "not_in_segment");
}

static void
a_row_with_altered_flags_is_refused(void **state)
{
	(void)state;
	jw.rows[0].flags ^= EL_FLAG_DUPLICATE;
	assert_row_refused(0, "not_in_segment");
}

/* A body put where another was: the place is as logged, the person is not. */
static void
a_row_with_the_body_of_another_visit_is_refused(void **state)
{
	(void)state;
	jw.rows[5].body = jw.rows[6].body;
	jw.rows[5].body.b[131] ^= 1;
	jw_publish();
	ask_again();
	open_blindly();
	assert_all_but_one("not_in_segment");
}

static void
a_segment_rooted_after_the_order_was_made_counts_for_the_last_two_hours_only(void **state)
{
	struct jw_report report;

	(void)state;
	/* The newer day's: every row of it is younger than two hours. */
	jw.roots[1].time_s = el_join_order(jw.join)->created + 1;
	jw_publish();
	ask_again();
	open_honestly(SIZE_MAX, 0, NULL);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS);
	/* The older day's: to a second, for the first row. */
	for (size_t i = 0; i < JW_EARLY; i++)
		jw.rows[i].flags = EL_FLAG_LATE;
	jw_root_day(0);
	jw.roots[0].time_s = el_join_order(jw.join)->created;
	jw_publish();
	ask_again();
	open_blindly();
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS - JW_EARLY);
	assert_int_equal(report.unverifiable, JW_EARLY);
	assert_string_equal(report.reason, "logged_too_late");
	jw.roots[0].time_s--;
	jw_publish();
	ask_again();
	open_honestly(SIZE_MAX, 0, NULL);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS);
}

/* Planted before the order was made, long after its minute: it would have to say so. */
static void
a_row_that_hides_that_it_came_late_is_refused(void **state)
{
	(void)state;
	jw.roots[0].time_s = jw.rows[0].minute + 60 + EL_ROOT_WITHIN_S + 1; /* of the others it is within two hours */
	assert_row_refused(0, "late_not_flagged");
}

/* A further visit of row 2's visitor, as the registry says; with the path of another. */
static void
list(uint32_t venue)
{
	const struct el_released *const row = &jw.rows[0];

	jw.listed = (struct el_listed){ .index = 2, .segment = row->segment, .venue = venue, .minute = row->minute + 60,
		.salt = row->salt, .proof = row->proof };
	jw.has_listed = true;
}

/* The day's segment holds one more visit with row 2's body; its leaf is the second of two. */
static void
log_further_visit(void)
{
	struct el_released further = jw.rows[2];
	struct el_hash leaves[JW_EARLY + 1], c;

	further.segment = jw.listed.segment;
	further.venue = jw.listed.venue;
	further.minute = jw.listed.minute;
	further.flags = jw.listed.flags;
	further.salt = jw.listed.salt;
	for (size_t i = 0; i < JW_EARLY; i++)
		el_released_leaf(&jw.rows[i], &c, &leaves[i]);
	el_released_leaf(&further, &c, &leaves[JW_EARLY]);
	for (size_t i = 0; i < JW_EARLY; i++)
		el_tree_path(leaves, JW_EARLY + 1, i, &jw.rows[i].proof);
	el_tree_path(leaves, JW_EARLY + 1, JW_EARLY, &jw.listed.proof);
	jw.roots[0].count = JW_EARLY + 1;
	el_tree_root(leaves, JW_EARLY + 1, &jw.roots[0].root);
}

/* That a row of the segment is not in the release cannot be seen (a limit): segments hold other venues' rows, too. */
static void
a_row_left_out_of_the_release_is_missed_by_nobody(void **state)
{
	struct jw_report report;

	(void)state;
	/* A segment of one row more, of which the release knows nothing. */
	list(41);
	log_further_visit();
	jw.has_listed = false;
	jw_publish();
	ask_again();
	open_honestly(SIZE_MAX, 0, NULL);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS);
	assert_int_equal(report.unverifiable, 0);
}

static void
a_row_left_out_of_the_answer_but_not_of_the_release_is_noticed(void **state)
{
	struct el_released last = jw.rows[JW_ROWS - 1];
	struct el_path path;

	(void)state;
	path = jw.rows[3].path;
	jw.rows[3] = last; /* shown twice, in the place of another */
	jw.rows[3].path = path;
	assert_int_equal(jw_ask_again(), EL_EPERM);
	assert_string_equal(jw.message, "registry: its rows are not the ones that it signed");
}

/* ---- Through "listed": no trustee sees those ---- */

static void
assert_listed(const char *reason)
{
	struct jw_report report;

	jw_publish();
	ask_again();
	open_honestly(SIZE_MAX, 0, NULL);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS);
	assert_int_equal(report.visits, JW_ROWS + (reason == NULL));
	assert_int_equal(report.unverifiable, reason != NULL);
	if (reason != NULL)
		assert_string_equal(report.reason, reason);
}

static void
a_further_visit_that_was_not_logged_is_refused(void **state)
{
	(void)state;
	list(41);
	assert_listed("not_in_segment");
	jw.listed.segment = 3;
	assert_listed("segment_not_logged");
}

static void
a_further_visit_that_was_logged_counts(void **state)
{
	(void)state;
	list(41);
	log_further_visit();
	assert_listed(NULL);
}

/* A true visit, at a place or time that the order does not cover. */
static void
a_further_visit_outside_the_scope_is_refused(void **state)
{
	(void)state;
	list(40);
	log_further_visit();
	assert_listed("outside_scope");
	list(41);
	jw.listed.minute -= 6 * 3600;
	jw.listed.flags = EL_FLAG_LATE;
	log_further_visit();
	assert_listed("outside_scope");
}

/* ---- The log's word ---- */

/* The answer as a whole does not count, for a trustee and for the executor. */
static void
assert_answer_refused(const char *message)
{
	struct el_request *const q = jw_request(0, 0, JW_ROWS);
	struct el_partials p;
	json_t *const proof = el_log_proof_to_json(&jw.proof);

	el_log_proof_wipe(&q->proof);
	assert_int_equal(el_log_proof_from_json(proof, &q->proof), EL_OK);
	assert_int_equal(jw_open(1, q, NOW, &p), EL_CODE_PROOF_MISSING);
	assert_int_equal(p.n + p.n_refused, 0);
	assert_int_equal(jw_ask_again(), EL_EPERM);
	assert_string_equal(jw.message, message);
	json_decref(proof);
	el_request_free(q);
}

#define NOT_LOGGED "registry: its answer is not in its public log"

static void
two_roots_of_one_segment_are_refused(void **state)
{
	(void)state;
	jw.roots[1] = jw.roots[0];
	jw.roots[1].root.b[0] ^= 1;
	jw_publish();
	assert_answer_refused(NOT_LOGGED);
}

static void
the_log_of_another_party_or_key_is_refused(void **state)
{
	(void)state;
	jw_publish_as("issuer:7", KEY_LOG);
	assert_answer_refused(NOT_LOGGED);
	jw_publish();
	ask_again();
	jw_publish_as("registry", KEY_STRANGER);
	assert_answer_refused(NOT_LOGGED);
}

static void
the_proof_of_another_release_is_refused(void **state)
{
	struct el_log_proof *const other = malloc(sizeof *other);

	(void)state;
	assert_non_null(other);
	*other = jw.proof;
	memset(&jw.proof, 0, sizeof jw.proof);
	jw.rows[6].salt.b[0] ^= 1;
	jw_root_day(1);
	jw_publish();
	ask_again();
	el_log_proof_wipe(&jw.proof);
	jw.proof = *other;
	free(other);
	assert_answer_refused(NOT_LOGGED);
}

/* The entry names the release, under another order. */
static void
an_entry_of_another_order_is_refused(void **state)
{
	struct el_order other = *el_join_order(jw.join);
	static struct log_fixture log;

	(void)state;
	other.hash.b[0] ^= 1;
	log.n = 0;
	log_fixture_add_answer(&log, &other, &jw.release.hash);
	log_fixture_add_entry(&log, &jw.roots[0]);
	log_fixture_add_entry(&log, &jw.roots[1]);
	el_log_proof_wipe(&jw.proof);
	log_fixture_prove(&log, &other.deployment, "registry", world_key(KEY_LOG), &jw.proof);
	assert_answer_refused(NOT_LOGGED);
}

static void
an_entry_altered_under_its_checkpoint_is_refused(void **state)
{
	(void)state;
	jw.proof.roots[0].entry[jw.proof.roots[0].len - 3] ^= 1;
	assert_answer_refused(NOT_LOGGED);
}

static void
a_registry_without_a_log_key_is_refused(void **state)
{
	(void)state;
	jw.trust.directory->registry.has_log_key = false;
	assert_answer_refused("registry: the directory names no key of its public log");
}

/* ---- Trustees ---- */

/* t - 1 of them, and the executor, put together what they have: it opens no link. */
static void
trustees_colluding_with_t_minus_2_others_open_nothing(void **state)
{
	struct el_partials p[JW_THRESHOLD - 1];
	struct el_point points[JW_THRESHOLD - 1], s;
	const unsigned index[] = { 1, 2 };
	struct jw_report report;
	struct el_token token;
	struct el_handle h, want;

	(void)state;
	for (unsigned j = 0; j < JW_THRESHOLD - 1; j++) {
		jw_answer(0, j + 1, &p[j]);
		assert_int_equal(jw_take(0, &p[j]), EL_OK);
	}
	assert_int_equal(jw_finish(&report), EL_EBUSY);
	for (uint32_t i = 0; i < JW_ROWS; i++) {
		for (unsigned j = 0; j < JW_THRESHOLD - 1; j++)
			points[j] = el_partials_find(&p[j], i)->point;
		assert_int_equal(el_share_combine(index, points, JW_THRESHOLD - 1, &s), EL_OK);
		assert_int_equal(el_token_parse_body(jw.rows[i].body.b, EL_BODY_LEN, &token), EL_OK);
		el_link_mask(&s, token.r, &jw.trust.bundle->epochs[i < JW_EARLY ? 0 : 1].links[0], token.link.b, h.b);
		memset(want.b, (int)i + 1, sizeof want.b);
		assert_memory_not_equal(h.b, want.b, sizeof h.b);
	}
	/* A third answer of their own making, under the number of one who stays away. */
	p[0].trustee = 4;
	assert_int_equal(jw_take(0, &p[0]), EL_EPERM);
	assert_int_equal(jw_finish(&report), EL_EBUSY);
	for (unsigned j = 0; j < JW_THRESHOLD - 1; j++)
		el_partials_wipe(&p[j]);
}

static void
a_share_of_another_day_is_named_as_wrong(void **state)
{
	struct el_scalar *const share = &jw.shares[0][0][1];
	const struct el_scalar right = *share;
	struct el_partials p;

	(void)state;
	*share = jw.shares[0][1][1];
	jw_answer_blindly(0, 2, &p);
	*share = right;
	assert_int_equal(jw_take(0, &p), EL_EPERM);
	assert_string_equal(jw.message, "trustee 2: wrong partials (proof does not verify)");
	el_partials_wipe(&p);
	open_honestly(SIZE_MAX, 0, NULL);
}

/* ---- The issuer answers with another person ---- */

/* Its answer to contacts looks like any other (a limit); the named person's own token ids say otherwise. */
static void
an_issuer_that_names_another_person_is_found_out_by_a_trace_of_that_person(void **state)
{
	struct jw_report report;

	jw.swapped = 2;
	open_honestly(SIZE_MAX, 0, NULL);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS - 1);
	assert_int_equal(report.visits, JW_ROWS); /* visitor 0 is said to have been there twice */
	assert_int_equal(report.unverifiable, 0);
	assert_int_equal(down(state), 0);
	assert_int_equal(trace_up(state), 0);
	jw.boxes[0][0] = 1; /* visitor 0's secret of yesterday */
	ask_again();
	open_honestly(SIZE_MAX, 0, NULL);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.places, 1);
	assert_int_equal(report.uncommitted, 1); /* the day was not rewritten yet */
	assert_int_equal(report.unverifiable, 0);
}

/* ---- A trace: another person's box ---- */

static void
assert_box_refused(uint32_t index, const char *reason)
{
	struct jw_report report;

	jw.n_secrets = 0;
	ask_again();
	open_honestly(0, index, reason);
	for (int blind = 0; blind < 2; blind++) {
		assert_int_equal(jw_finish(&report), EL_OK);
		assert_int_equal(jw.n_secrets, (size_t)(blind + 1) * (2 * JW_BOXES - 1));
		assert_int_equal(report.unverifiable, 1);
		assert_string_equal(report.reason, reason);
		ask_again();
		open_blindly();
	}
}

static void
boxes_of_a_day_that_was_rewritten_are_opened_with_their_commitment(void **state)
{
	struct jw_report report;

	(void)state;
	jw.is_rewritten = true;
	jw.boxes[0][0] = 1; /* visitor 0's secret, of that day */
	ask_again();
	open_honestly(SIZE_MAX, 0, NULL);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(jw.n_secrets, 2 * JW_BOXES);
	assert_int_equal(report.places, 1);
	assert_int_equal(report.uncommitted, 0);
	assert_int_equal(report.unverifiable, 0);
}

static void
another_persons_box_under_a_lawful_trace_is_not_opened(void **state)
{
	(void)state;
	jw.is_rewritten = true;
	strcpy(jw.box_phone, "+821000000001");
	assert_box_refused(0, "other_phone");
}

/* Without a commitment nobody can say whose box it is; that excuse ends when the day must have been rewritten. */
static void
a_box_without_commitment_of_a_day_long_over_is_not_opened(void **state)
{
	const int64_t until = el_epoch_end(jw_epoch(0), DAY_OFFSET) + EL_UNCOMMITTED_S;
	struct el_request *const q = jw_request(0, 0, JW_BOXES);
	struct el_partials p;

	(void)state;
	assert_int_equal(jw_open(1, q, until - 1, &p), EL_CODE_OK);
	assert_int_equal(p.n, JW_BOXES);
	el_partials_wipe(&p);
	assert_int_equal(jw_open(1, q, until, &p), EL_CODE_OK);
	assert_int_equal(p.n, JW_BOXES - 1);
	assert_string_equal(el_partials_reason(&p, 0), "box_not_logged");
	el_partials_wipe(&p);
	el_request_free(q);
}

static void
a_registry_that_answers_a_trace_with_visits_of_others_is_not_believed(void **state)
{
	struct jw_report report;

	(void)state;
	jw.boxes[0][0] = 1; /* visitor 0 */
	jw.shows_others = true;
	ask_again();
	open_honestly(SIZE_MAX, 0, NULL);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.places, 1);
	/* Each issuer's part of the trace is answered alike. */
	assert_int_equal(report.unverifiable, 2 * JW_ROWS - 1);
}

#define contacts(f) cmocka_unit_test_setup_teardown(f, contacts_up, down)
#define trace(f) cmocka_unit_test_setup_teardown(f, trace_up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		contacts(a_row_planted_after_its_segment_was_logged_is_refused),
		contacts(a_row_of_a_segment_that_was_never_logged_is_refused),
		contacts(a_row_moved_to_another_minute_is_refused),
		contacts(a_row_moved_to_the_venue_of_the_order_is_refused),
		contacts(a_row_with_altered_flags_is_refused),
		contacts(a_row_with_the_body_of_another_visit_is_refused),
		contacts(a_segment_rooted_after_the_order_was_made_counts_for_the_last_two_hours_only),
		contacts(a_row_that_hides_that_it_came_late_is_refused),
		contacts(a_row_left_out_of_the_release_is_missed_by_nobody),
		contacts(a_row_left_out_of_the_answer_but_not_of_the_release_is_noticed),
		contacts(a_further_visit_that_was_not_logged_is_refused),
		contacts(a_further_visit_that_was_logged_counts),
		contacts(a_further_visit_outside_the_scope_is_refused),
		contacts(two_roots_of_one_segment_are_refused),
		contacts(the_log_of_another_party_or_key_is_refused),
		contacts(the_proof_of_another_release_is_refused),
		contacts(an_entry_of_another_order_is_refused),
		contacts(an_entry_altered_under_its_checkpoint_is_refused),
		contacts(a_registry_without_a_log_key_is_refused),
		contacts(trustees_colluding_with_t_minus_2_others_open_nothing),
		contacts(a_share_of_another_day_is_named_as_wrong),
		contacts(an_issuer_that_names_another_person_is_found_out_by_a_trace_of_that_person),
		trace(boxes_of_a_day_that_was_rewritten_are_opened_with_their_commitment),
		trace(another_persons_box_under_a_lawful_trace_is_not_opened),
		trace(a_box_without_commitment_of_a_day_long_over_is_not_opened),
		trace(a_registry_that_answers_a_trace_with_visits_of_others_is_not_believed),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
