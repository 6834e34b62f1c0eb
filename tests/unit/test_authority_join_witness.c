/* Cosignatures on their way from trustees over the executor to issuers (P-7.2 step 3, P-12.6, P-12.10). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/witness.h"
#include "join_world.h"
#include "scratch.h"

/* The policy names three witnesses, as many as issuers then ask for. */
static int
up(void **state)
{
	const enum world_key keys[] = { KEY_WITNESS_1, KEY_WITNESS_2, KEY_STRANGER };

	if (scratch_setup(state) != 0)
		return -1;
	jw_begin(state, EL_ORDER_CONTACTS);
	jw.trust.policy->n_witnesses = 3;
	for (unsigned i = 0; i < 3; i++)
		jw.trust.policy->witnesses[i] = (struct el_policy_witness){ i + 1, *world_pk(keys[i]) };
	return 0;
}

static int
down(void **state)
{
	jw_end();
	return scratch_teardown(state);
}

/* What trustee j answers, with its cosignature by this key over the note. */
static void
answer(unsigned j, enum world_key key, const uint8_t *note, size_t len, struct el_partials *out)
{
	char name[EL_LOG_ORIGIN_MAX + 1];
	struct el_buf line;

	jw_answer(0, j, out);
	el_buf_init(&line, EL_COSIGNATURE_MAX);
	assert_int_equal(el_log_witness_name(&jw.trust.policy->deployment, j, name), EL_OK);
	assert_int_equal(el_checkpoint_cosign(note, len, name, world_key(key), NOW, &line), EL_OK);
	el_partials_set_cosignature(out, line.p, line.len);
	assert_int_equal(out->cosignature_len, line.len);
	el_buf_wipe(&line);
}

/* The same from its JSON, taken. */
static void
take(unsigned j, enum world_key key, const uint8_t *note, size_t len)
{
	struct el_partials p, read;
	char *text;

	answer(j, key, note, len, &p);
	assert_int_equal(el_partials_encode(&p, &text), EL_OK);
	assert_int_equal(el_partials_parse((const uint8_t *)text, strlen(text), &read), EL_OK);
	assert_int_equal(jw_take(SIZE_MAX, &read), EL_OK);
	free(text);
	el_partials_wipe(&p);
	el_partials_wipe(&read);
}

static size_t
cosigners(unsigned out[EL_TRUSTEES_MAX])
{
	return el_join_cosigners(jw.join, 0, out);
}

static void
cosignatures_go_behind_the_checkpoint(void **state)
{
	unsigned who[EL_TRUSTEES_MAX];
	struct jw_report report;
	struct el_request *q;

	(void)state;
	assert_true(el_join_needs_cosigners(jw.join));
	take(1, KEY_WITNESS_1, jw.proof.checkpoint, jw.proof.checkpoint_len);
	take(3, KEY_STRANGER, jw.proof.checkpoint, jw.proof.checkpoint_len);
	assert_int_equal(cosigners(who), 2);
	assert_int_equal(who[0], 1);
	assert_int_equal(who[1], 3);
	take(2, KEY_WITNESS_2, jw.proof.checkpoint, jw.proof.checkpoint_len);
	/* The next trustee's request has them, too. */
	q = jw_request(0, 0, 1);
	assert_int_equal(el_witnesses_of(jw.trust.policy, q->proof.checkpoint, q->proof.checkpoint_len, 0, who), 3);
	el_request_free(q);
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS);
}

static void
issuers_are_not_asked_without_enough_of_them(void **state)
{
	struct jw_report report;
	struct el_partials p;

	(void)state;
	take(1, KEY_WITNESS_1, jw.proof.checkpoint, jw.proof.checkpoint_len);
	take(2, KEY_WITNESS_2, jw.proof.checkpoint, jw.proof.checkpoint_len);
	jw_answer(0, 4, &p);
	assert_int_equal(jw_take(SIZE_MAX, &p), EL_OK);
	el_partials_wipe(&p);
	assert_int_equal(jw_finish(&report), EL_EPERM);
	assert_non_null(strstr(jw.message, "cosigned by 2 of the 3 trustees"));
	take(3, KEY_STRANGER, jw.proof.checkpoint, jw.proof.checkpoint_len);
	assert_int_equal(jw_finish(&report), EL_OK);
}

static void
wrong_cosignatures_do_their_partials_no_harm(void **state)
{
	unsigned who[EL_TRUSTEES_MAX];
	struct el_checkpoint c;
	struct el_buf note;

	(void)state;
	take(1, KEY_EXECUTOR, jw.proof.checkpoint, jw.proof.checkpoint_len); /* not its key */
	assert_int_equal(el_checkpoint_parse(jw.proof.checkpoint, jw.proof.checkpoint_len, &c), EL_OK);
	c.size++;
	el_buf_init(&note, EL_NOTE_MAX);
	assert_int_equal(el_checkpoint_sign(&c, world_key(KEY_LOG), &note), EL_OK);
	take(2, KEY_WITNESS_2, note.p, note.len); /* not this checkpoint */
	el_buf_wipe(&note);
	take(4, KEY_WITNESS_1, jw.proof.checkpoint, jw.proof.checkpoint_len); /* no witness */
	assert_int_equal(el_join_answered(jw.join), 3);
	assert_int_equal(cosigners(who), 0);
}

static void
a_policy_without_so_many_witnesses_asks_for_none(void **state)
{
	struct jw_report report;
	struct el_partials p;

	(void)state;
	jw.trust.policy->n_witnesses = 2;
	assert_false(el_join_needs_cosigners(jw.join));
	for (unsigned j = 1; j <= 3; j++) {
		jw_answer(0, j, &p);
		assert_int_equal(jw_take(SIZE_MAX, &p), EL_OK);
		el_partials_wipe(&p);
	}
	assert_int_equal(jw_finish(&report), EL_OK);
	assert_int_equal(report.people, JW_ROWS);
}

static enum el_code
refuse(void *ctx, const char *party, const uint8_t *note, size_t len)
{
	(void)note, (void)len;
	assert_string_equal(party, "registry");
	*(bool *)ctx = true;
	return EL_CODE_PROOF_MISSING;
}

static void
a_trustee_opens_nothing_of_a_log_that_nobody_vouches_for(void **state)
{
	bool asked = false;
	const struct el_trustee t = { .index = 1, .shares = jw.rings[0], .policy = jw.trust.policy, .bundle = jw.trust.bundle,
		.directory = jw.trust.directory, .vouch = refuse, .vouch_ctx = &asked };
	struct el_request *const q = jw_request(0, 0, JW_ROWS);
	struct el_partials p;

	(void)state;
	assert_int_equal(el_trustee_open(&t, q, NOW, &p), EL_CODE_PROOF_MISSING);
	assert_true(asked);
	assert_int_equal(p.n + p.n_refused, 0);
	el_partials_wipe(&p);
	el_request_free(q);
}

static enum el_code
vouch(void *ctx, const char *party, const uint8_t *note, size_t len)
{
	(void)ctx, (void)party, (void)note, (void)len;
	return EL_CODE_OK;
}

/* What was seen before the order was made, and in its second. */
static int64_t
not_before(void *ctx, const char *party, uint64_t index)
{
	assert_string_equal(party, "registry");
	return el_history_not_before(ctx, index);
}

/* The log holds the answer, the root of the older day, that of the newer: 0, 1, 2. */
static void
a_backdated_root_is_held_to_what_was_seen_of_the_log(void **state)
{
	static struct el_history seen;
	struct el_trustee t = { .index = 1, .shares = jw.rings[0], .policy = jw.trust.policy, .bundle = jw.trust.bundle,
		.directory = jw.trust.directory, .vouch = vouch, .not_before = not_before, .vouch_ctx = &seen };
	const int64_t created = el_join_order(jw.join)->created;
	struct el_request *const q = jw_request(0, 0, JW_ROWS);
	struct el_partials p;

	(void)state;
	/* Both roots say that they are of the time of their rows.  Without a history that is believed. */
	seen.n = 0;
	assert_int_equal(el_trustee_open(&t, q, NOW, &p), EL_CODE_OK);
	assert_int_equal(p.n, JW_ROWS);
	el_partials_wipe(&p);
	/* The log ended before both at a moment after the order: the older day's is too late, the newer's is young. */
	assert_true(el_history_add(&seen, created, 1));
	assert_int_equal(el_trustee_open(&t, q, NOW, &p), EL_CODE_OK);
	assert_int_equal(p.n, JW_ROWS - JW_EARLY);
	assert_int_equal(p.n_refused, JW_EARLY);
	for (size_t i = 0; i < JW_EARLY; i++)
		assert_string_equal(p.refused[i].reason, "logged_too_late");
	el_partials_wipe(&p);
	/* At that moment the older day's was there. */
	seen.at[0].size = 2;
	assert_int_equal(el_trustee_open(&t, q, NOW, &p), EL_CODE_OK);
	assert_int_equal(p.n, JW_ROWS);
	el_partials_wipe(&p);
	el_request_free(q);
}

#define contacts(f) cmocka_unit_test_setup_teardown(f, up, down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		contacts(cosignatures_go_behind_the_checkpoint),
		contacts(issuers_are_not_asked_without_enough_of_them),
		contacts(wrong_cosignatures_do_their_partials_no_harm),
		contacts(a_policy_without_so_many_witnesses_asks_for_none),
		contacts(a_trustee_opens_nothing_of_a_log_that_nobody_vouches_for),
		contacts(a_backdated_root_is_held_to_what_was_seen_of_the_log),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
