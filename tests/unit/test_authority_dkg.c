#include <stdlib.h>
#include <string.h>

#include "crypto/box.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "crypto/share.h"
#include "dkg_world.h"

/* The judgement of a distributed ceremony (P-12.9): whoever is honest ends with the same keys, whoever is not alone. */

/* S = f(0) R by three partials, and by three others; with the key known in none of the places. */
static void
assert_opens(const struct el_shares *shares, struct el_epoch_keys *epochs, const unsigned *who, size_t t)
{
	struct el_point partials[N], r, s, expected;
	struct el_scalar one, secret;

	el_scalar_random(&secret);
	assert_int_equal(el_point_base(&r, &secret), EL_OK);
	for (size_t key = 0; key < KEYS; key++) {
		for (size_t i = 0; i < t; i++) {
			memcpy(one.b, shares[who[i] - 1].secret + key * EL_SCALAR_LEN, EL_SCALAR_LEN);
			assert_int_equal(el_share_partial(&one, &r, &partials[i]), EL_OK);
		}
		assert_int_equal(el_share_combine(who, partials, t, &s), EL_OK);
		/* r Y = f(0) R */
		assert_int_equal(el_point_mul(&expected, &secret, &el_dkg_of_key(epochs, key)[0]), EL_OK);
		assert_true(el_point_eq(&s, &expected));
	}
}

/* All trustees finish, each from files that came in another order, and open together. */
static void
assert_finishes(const bool qualified[N])
{
	struct el_shares shares[N];
	struct el_dkg_result first, q;
	struct el_dkg_file file;
	struct el_hash hashes[N];
	struct el_dkg *d;

	for (size_t i = 0; i < w.plan.n; i++) {
		d = dkg_heard(i % 2 == 1);
		assert_int_equal(el_dkg_judge(d, true), EL_OK);
		assert_int_equal(el_dkg_sum(d, i == 0 ? &first : &q), EL_OK);
		for (size_t k = 0; k < w.plan.n; k++)
			assert_int_equal((i == 0 ? &first : &q)->qualified[k], qualified[k]);
		assert_int_equal(el_dkg_party_epochs(w.parties[i], i == 0 ? &first : &q, &file), EL_OK);
		el_sha256(file.doc, file.len, &hashes[i]);
		assert_true(el_hash_eq(&hashes[i], &hashes[0]));
		el_dkg_file_wipe(&file);
		assert_int_equal(el_dkg_party_sum(w.parties[i], d, &first, &shares[i]), EL_OK);
		assert_int_equal(shares[i].trustee, i + 1);
		assert_int_equal(shares[i].n, DAYS);
		assert_int_equal(shares[i].epochs[1], FIRST + 1);
		if (i > 0)
			el_dkg_result_wipe(&q);
		el_dkg_free(d);
	}
	for (unsigned a = 1; a <= w.plan.n; a++)
		for (unsigned b = a + 1; b <= w.plan.n; b++)
			for (unsigned c = b + 1; c <= w.plan.n; c++)
				assert_opens(shares, first.epochs, (const unsigned[]){ c, a, b }, 3);
	for (size_t i = 0; i < w.plan.n; i++)
		el_shares_wipe(&shares[i]);
	el_dkg_result_wipe(&first);
}

static void
assert_fault(unsigned trustee, enum el_dkg_fault fault)
{
	struct el_dkg *d = dkg_judged(true);

	assert_int_equal(el_dkg_fault(d, trustee), fault);
	el_dkg_free(d);
}

static const bool all_good[N] = { true, true, true, true, true };
static const bool without_second[N] = { true, false, true, true, true };

/* --- cases --- */

static void
makes_keys_that_any_three_of_five_open(void **state)
{
	(void)state;
	dkg_up_to_dealt(3, 5);
	assert_int_equal(dkg_check_all(), 0);
	assert_finishes(all_good);
}

static void
one_trustee_makes_keys_alone_in_lab_mode_only(void **state)
{
	struct el_dkg_result q;
	struct el_shares s;
	struct el_dkg *d;
	uint8_t *text;
	size_t len;

	(void)state;
	dkg_make_plan(2, 3);
	w.plan.threshold = 1;
	w.plan.n = 1;
	assert_int_equal(el_dkg_plan_encode(&w.plan, &text, &len), EL_EFORMAT);
	w.plan.lab = true;
	assert_int_equal(el_dkg_plan_encode(&w.plan, &text, &len), EL_OK);
	assert_int_equal(el_dkg_plan_parse(text, len, &w.plan), EL_OK);
	free(text);
	dkg_commit_all();
	dkg_reveal_all();
	assert_int_equal(dkg_check_all(), 0);
	d = dkg_judged(true);
	assert_int_equal(el_dkg_sum(d, &q), EL_OK);
	assert_int_equal(el_dkg_party_sum(w.parties[0], d, &q, &s), EL_OK);
	el_shares_wipe(&s);
	el_dkg_result_wipe(&q);
	el_dkg_free(d);
}

static void
uses_share_of_honest_answer(void **state)
{
	(void)state;
	dkg_up_to_dealt(3, 5);
	dkg_deal_wrong(1, 3);
	assert_int_equal(dkg_check_all(), KEYS);
	assert_fault(2, EL_DKG_UNANSWERED);
	dkg_answer(1);
	assert_finishes(all_good);
}

static void
disqualifies_trustee_of_wrong_answer(void **state)
{
	(void)state;
	dkg_up_to_dealt(3, 5);
	dkg_deal_wrong(1, 3);
	assert_int_equal(dkg_check_all(), KEYS);
	dkg_answer_wrong(1, 3);
	assert_fault(2, EL_DKG_WRONG_ANSWER);
	assert_finishes(without_second);
}

static void
disqualifies_trustee_that_does_not_answer(void **state)
{
	(void)state;
	dkg_up_to_dealt(3, 5);
	el_dkg_file_wipe(&w.shares[1][0]); /* nothing came */
	assert_int_equal(dkg_check_all(), KEYS);
	assert_fault(2, EL_DKG_UNANSWERED);
	assert_finishes(without_second);
}

static void
keeps_trustee_that_is_accused_without_reason(void **state)
{
	(void)state;
	dkg_up_to_dealt(3, 5);
	dkg_complain(4, 1);
	assert_int_equal(dkg_check_all(), 0);
	dkg_answer(1);
	assert_finishes(all_good);
}

static void
disqualifies_trustee_that_as_many_accuse_as_open(void **state)
{
	struct el_dkg_file f;
	struct el_dkg *d;
	size_t n;

	(void)state;
	dkg_up_to_dealt(3, 5);
	for (size_t j = 2; j < 5; j++)
		dkg_deal_wrong(1, j);
	assert_int_equal(dkg_check_all(), 3 * KEYS);
	/* An answer to three would give the polynomials away. */
	d = dkg_judged(false);
	assert_int_equal(el_dkg_party_answer(w.parties[1], d, &f, &n), EL_ESTATE);
	assert_int_equal(el_dkg_party_answer(w.parties[0], d, &f, &n), EL_ENOTFOUND);
	el_dkg_free(d);
	assert_fault(2, EL_DKG_ACCUSED);
	assert_finishes(without_second);
}

/* What others would see of a trustee that reveals other commitments than it hashed, with the hashes of all. */
static void
reveal_other_commitments(struct el_dkg_party *other, size_t i)
{
	struct el_dkg_file hash, reveal;
	struct el_dkg_reveal v, mine;
	struct el_dkg *d;
	uint8_t *doc;
	size_t len;

	assert_int_equal(el_dkg_party_hash(other, &hash), EL_OK);
	assert_int_equal(el_dkg_new(&w.plan, &d), EL_OK);
	assert_int_equal(el_dkg_take(d, &hash), EL_OK);
	assert_int_equal(el_dkg_party_reveal(other, d, &reveal), EL_OK);
	el_dkg_free(d);
	assert_int_equal(el_dkg_reveal_parse(&w.plan, reveal.doc, reveal.len, &mine), EL_OK);
	dkg_reveal_of(0, &v);
	memcpy(mine.has, v.has, sizeof v.has);
	memcpy(mine.hashes, v.hashes, sizeof v.hashes);
	assert_int_equal(el_dkg_reveal_encode(&w.plan, &mine, &doc, &len), EL_OK);
	dkg_say_instead(&w.said[EL_DKG_REVEAL][i], EL_DKG_REVEAL, i, doc, len);
	el_dkg_reveal_wipe(&v);
	el_dkg_reveal_wipe(&mine);
	el_dkg_file_wipe(&hash);
	el_dkg_file_wipe(&reveal);
}

/* Commit anew behind one's own hash. */
static void
disqualifies_commitments_changed_after_their_hash(void **state)
{
	struct el_dkg_file other;
	struct el_dkg_party *again;
	struct el_dkg_result q;
	struct el_dkg *d;

	(void)state;
	dkg_make_plan(3, 5);
	dkg_commit_all();
	assert_int_equal(el_dkg_party_new(&w.plan, w.keys[1], &again), EL_OK);
	d = dkg_heard(false);
	assert_int_equal(el_dkg_party_reveal(again, d, &other), EL_ESTATE);
	el_dkg_free(d);
	dkg_reveal_all();
	reveal_other_commitments(again, 1);
	el_dkg_party_free(again);
	assert_fault(2, EL_DKG_HASH_DIFFERS);
	dkg_deal_all();
	/* It takes no part any more: nobody deals to it, and what it says of that counts for nothing. */
	assert_int_equal(dkg_check_all(), 4 * KEYS);
	d = dkg_judged(true);
	assert_int_equal(el_dkg_sum(d, &q), EL_OK);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(q.qualified[i], i != 1);
	el_dkg_result_wipe(&q);
	el_dkg_free(d);
}

/* The last trustee repeats the hash of the first, and then its commitments: no logarithm, no key. */
static void
disqualifies_copied_commitments(void **state)
{
	struct el_dkg_reveal v;
	uint8_t *doc;
	size_t len;

	(void)state;
	dkg_make_plan(3, 5);
	dkg_commit_all();
	len = w.said[EL_DKG_HASH][0].len;
	doc = malloc(len);
	assert_non_null(doc);
	memcpy(doc, w.said[EL_DKG_HASH][0].doc, len);
	dkg_say_instead(&w.said[EL_DKG_HASH][4], EL_DKG_HASH, 4, doc, len);
	{
		struct el_dkg *d = dkg_heard(false);

		for (size_t i = 0; i < 4; i++)
			assert_int_equal(el_dkg_party_reveal(w.parties[i], d, &w.said[EL_DKG_REVEAL][i]), EL_OK);
		el_dkg_free(d);
	}
	dkg_reveal_of(0, &v);
	assert_int_equal(el_dkg_reveal_encode(&w.plan, &v, &doc, &len), EL_OK);
	dkg_say_instead(&w.said[EL_DKG_REVEAL][4], EL_DKG_REVEAL, 4, doc, len);
	el_dkg_reveal_wipe(&v);
	assert_fault(5, EL_DKG_NO_KNOWLEDGE);
	assert_fault(1, EL_DKG_GOOD);
}

static void
leaves_out_trustee_whose_hash_came_too_late(void **state)
{
	struct el_dkg_file late;

	(void)state;
	dkg_make_plan(3, 5);
	dkg_commit_all();
	late = w.said[EL_DKG_HASH][4];
	memset(&w.said[EL_DKG_HASH][4], 0, sizeof late);
	dkg_reveal_all();
	w.said[EL_DKG_HASH][4] = late;
	dkg_reveal_all(); /* the last one alone, with its hash among the others */
	assert_fault(5, EL_DKG_NO_HASH);
	assert_fault(1, EL_DKG_GOOD);
}

static void
judges_nothing_when_no_three_saw_the_same_hashes(void **state)
{
	struct el_dkg_file kept[2];
	struct el_dkg *d;

	(void)state;
	dkg_make_plan(3, 5);
	dkg_commit_all();
	/* Two reveal without the last two hashes, two with all but the last, one with all. */
	for (size_t i = 0; i < 2; i++) {
		kept[i] = w.said[EL_DKG_HASH][3 + i];
		memset(&w.said[EL_DKG_HASH][3 + i], 0, sizeof kept[i]);
	}
	d = dkg_heard(false);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(el_dkg_party_reveal(w.parties[i], d, &w.said[EL_DKG_REVEAL][i]), EL_OK);
	el_dkg_free(d);
	w.said[EL_DKG_HASH][3] = kept[0];
	d = dkg_heard(false);
	for (size_t i = 2; i < 4; i++)
		assert_int_equal(el_dkg_party_reveal(w.parties[i], d, &w.said[EL_DKG_REVEAL][i]), EL_OK);
	el_dkg_free(d);
	w.said[EL_DKG_HASH][4] = kept[1];
	dkg_reveal_all();
	d = dkg_heard(false);
	assert_int_equal(el_dkg_judge(d, true), EL_ESTATE);
	el_dkg_free(d);
}

static void
fails_when_fewer_than_three_are_qualified(void **state)
{
	struct el_dkg_result q;
	struct el_dkg *d;

	(void)state;
	dkg_up_to_dealt(3, 5);
	dkg_complain(4, 0);
	dkg_complain(3, 1);
	dkg_complain(0, 2);
	dkg_check_all();
	d = dkg_judged(true);
	assert_int_equal(el_dkg_sum(d, &q), EL_ESTATE);
	assert_null(q.epochs);
	el_dkg_free(d);
}

static void
refuses_file_of_another_plan(void **state)
{
	struct el_dkg_file f;
	struct el_dkg_party *again;
	struct el_dkg_plan old;
	struct el_dkg *d;
	uint8_t *text;
	size_t len;

	(void)state;
	dkg_up_to_dealt(3, 5);
	f = w.shares[0][1];
	old = w.plan;
	assert_int_equal(el_dkg_party_save(w.parties[1], &text, &len), EL_OK);
	w.plan.hash.b[0] ^= 1;
	assert_int_equal(el_dkg_new(&w.plan, &d), EL_OK);
	assert_int_equal(el_dkg_take(d, &w.said[EL_DKG_HASH][0]), EL_EPERM);
	assert_false(el_dkg_has(d, EL_DKG_HASH, 1));
	el_dkg_free(d);
	assert_int_equal(el_dkg_party_open(&w.plan, w.keys[1], text, len, &again), EL_EPERM);
	assert_int_equal(el_dkg_party_new(&w.plan, w.keys[1], &again), EL_OK);
	assert_int_equal(el_dkg_party_receive(again, &f), EL_EPERM);
	el_dkg_party_free(again);
	free(text);
	w.plan = old;
}

static void
refuses_file_in_the_name_of_another(void **state)
{
	struct el_dkg *d;

	(void)state;
	dkg_up_to_dealt(3, 5);
	assert_int_equal(el_dkg_new(&w.plan, &d), EL_OK);
	w.said[EL_DKG_REVEAL][0].trustee = 2;
	assert_int_equal(el_dkg_take(d, &w.said[EL_DKG_REVEAL][0]), EL_ECRYPTO);
	w.said[EL_DKG_REVEAL][0].trustee = 6;
	assert_int_equal(el_dkg_take(d, &w.said[EL_DKG_REVEAL][0]), EL_EPERM);
	w.said[EL_DKG_REVEAL][0].trustee = 1;
	w.said[EL_DKG_REVEAL][0].doc[20] ^= 1;
	assert_int_equal(el_dkg_take(d, &w.said[EL_DKG_REVEAL][0]), EL_ECRYPTO);
	w.shares[0][1].trustee = 3;
	assert_int_equal(el_dkg_party_receive(w.parties[1], &w.shares[0][1]), EL_ECRYPTO);
	assert_false(el_dkg_party_received(w.parties[1], 3));
	/* A whisper is not for all. */
	assert_int_equal(el_dkg_take(d, &w.shares[1][2]), EL_EPERM);
	el_dkg_free(d);
}

static void
refuses_second_word_of_a_trustee(void **state)
{
	struct el_dkg *d;

	(void)state;
	dkg_up_to_dealt(3, 5);
	dkg_check_all();
	d = dkg_heard(false);
	assert_int_equal(el_dkg_take(d, &w.said[EL_DKG_COMPLAINT][2]), EL_OK); /* the same again */
	dkg_complain(2, 0);
	assert_int_equal(el_dkg_take(d, &w.said[EL_DKG_COMPLAINT][2]), EL_EEXIST);
	el_dkg_free(d);
}

static void
shares_for_one_trustee_open_for_no_other_and_not_with_its_lasting_key(void **state)
{
	struct el_dkg_sealed s;
	struct el_scalar key;
	uint8_t plain[KEYS * EL_SCALAR_LEN], ad[11 + EL_HASH_LEN + 2];

	(void)state;
	dkg_up_to_dealt(3, 5);
	assert_int_equal(el_dkg_party_receive(w.parties[2], &w.shares[0][1]), EL_EPERM);
	assert_int_equal(el_dkg_sealed_parse(&w.plan, w.shares[0][1].doc, w.shares[0][1].len, &s), EL_OK);
	memcpy(ad, "EL1-box-dkg", 11);
	memcpy(ad + 11, w.plan.hash.b, EL_HASH_LEN);
	ad[11 + EL_HASH_LEN] = 1;
	ad[12 + EL_HASH_LEN] = 2;
	assert_int_equal(el_scalar_parse(w.keys[1], &key), EL_OK);
	assert_int_equal(el_box_open(&key, &w.plan.box_keys[1], s.box, s.len, ad, sizeof ad, plain), EL_ECRYPTO);
	free(s.box);
}

static void
goes_on_from_its_state_file(void **state)
{
	struct el_dkg_party *again;
	struct el_dkg_file f;
	uint8_t *text;
	size_t len;

	(void)state;
	dkg_make_plan(3, 5);
	dkg_commit_all();
	assert_int_equal(el_dkg_party_save(w.parties[3], &text, &len), EL_OK);
	assert_int_equal(el_dkg_party_open(&w.plan, w.keys[3], text, len, &again), EL_OK);
	assert_int_equal(el_dkg_party_hash(again, &f), EL_OK);
	assert_int_equal(f.len, w.said[EL_DKG_HASH][3].len);
	assert_memory_equal(f.doc, w.said[EL_DKG_HASH][3].doc, f.len);
	el_dkg_file_wipe(&f);
	el_dkg_party_free(again);
	assert_int_equal(el_dkg_party_open(&w.plan, w.keys[2], text, len, &again), EL_EPERM);
	text[len - 20] = text[len - 20] == 'A' ? 'B' : 'A';
	assert_int_equal(el_dkg_party_open(&w.plan, w.keys[3], text, len, &again), EL_ECRYPTO);
	free(text);
}

/* What the root signs, and what a trustee asks of it before it keeps its shares. */
static void
shares_fit_the_bundle_and_no_other(void **state)
{
	struct el_bundle *b = calloc(1, sizeof *b), *back = calloc(1, sizeof *back);
	struct el_sign_key *root;
	struct el_document doc = { 0 };
	struct el_dkg_result q;
	struct el_shares s;
	struct el_scalar one;
	struct el_point zero;
	uint8_t seed[32] = { 1 }, *bytes;
	struct el_dkg *d;
	size_t len;

	(void)state;
	dkg_up_to_dealt(3, 5);
	dkg_check_all();
	d = dkg_judged(true);
	assert_int_equal(el_dkg_sum(d, &q), EL_OK);
	assert_int_equal(el_sign_key_new(seed, &root), EL_OK);
	el_sha256(el_sign_key_pk(root)->b, 32, &b->deployment);
	b->serial = 1;
	b->not_after = 2000000000;
	b->threshold = 3;
	b->n_trustees = 5;
	for (size_t i = 0; i < 5; i++) {
		b->trustees[i].index = (unsigned)i + 1;
		b->trustees[i].box_key = w.plan.box_keys[i];
	}
	assert_int_equal(el_dkg_append_to(&w.plan, &q, b), EL_OK);
	assert_int_equal(el_dkg_append_to(&w.plan, &q, b), EL_EEXIST);
	assert_int_equal(el_bundle_encode(b, &bytes, &len), EL_OK);
	el_document_init(&doc, bytes, len);
	assert_int_equal(el_document_sign(&doc, root, "EL1-bundle"), EL_OK);
	assert_int_equal(el_bundle_open(&doc, el_sign_key_pk(root), back), EL_OK);

	assert_int_equal(el_dkg_check_bundle(&w.plan, &q, back), EL_ECRYPTO); /* another deployment */
	w.plan.deployment = back->deployment;
	assert_int_equal(el_dkg_check_bundle(&w.plan, &q, back), EL_OK);
	assert_int_equal(el_dkg_party_sum(w.parties[4], d, &q, &s), EL_OK);
	for (size_t i = 0; i < KEYS; i++) {
		memcpy(one.b, s.secret + i * EL_SCALAR_LEN, EL_SCALAR_LEN);
		assert_int_equal(el_share_verify(el_dkg_of_key(back->epochs, i), 3, 5, &one), EL_OK);
		assert_int_equal(el_share_verify(el_dkg_of_key(back->epochs, i), 3, 4, &one), EL_ECRYPTO);
	}
	el_shares_wipe(&s);

	/* A root that would rather have a key of its own. */
	el_scalar_random(&one);
	assert_int_equal(el_point_base(&zero, &one), EL_OK);
	back->epochs[1].traces[0] = zero;
	assert_int_equal(el_dkg_check_bundle(&w.plan, &q, back), EL_ECRYPTO);
	back->n_epochs = 1;
	assert_int_equal(el_dkg_check_bundle(&w.plan, &q, back), EL_ENOTFOUND);

	el_document_wipe(&doc);
	el_sign_key_free(root);
	el_dkg_result_wipe(&q);
	el_dkg_free(d);
	free(b);
	free(back);
}

static int
up(void **state)
{
	(void)state;
	return el_crypto_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(makes_keys_that_any_three_of_five_open, dkg_world_end),
		cmocka_unit_test_teardown(one_trustee_makes_keys_alone_in_lab_mode_only, dkg_world_end),
		cmocka_unit_test_teardown(uses_share_of_honest_answer, dkg_world_end),
		cmocka_unit_test_teardown(disqualifies_trustee_of_wrong_answer, dkg_world_end),
		cmocka_unit_test_teardown(disqualifies_trustee_that_does_not_answer, dkg_world_end),
		cmocka_unit_test_teardown(keeps_trustee_that_is_accused_without_reason, dkg_world_end),
		cmocka_unit_test_teardown(disqualifies_trustee_that_as_many_accuse_as_open, dkg_world_end),
		cmocka_unit_test_teardown(disqualifies_commitments_changed_after_their_hash, dkg_world_end),
		cmocka_unit_test_teardown(disqualifies_copied_commitments, dkg_world_end),
		cmocka_unit_test_teardown(leaves_out_trustee_whose_hash_came_too_late, dkg_world_end),
		cmocka_unit_test_teardown(judges_nothing_when_no_three_saw_the_same_hashes, dkg_world_end),
		cmocka_unit_test_teardown(fails_when_fewer_than_three_are_qualified, dkg_world_end),
		cmocka_unit_test_teardown(refuses_file_of_another_plan, dkg_world_end),
		cmocka_unit_test_teardown(refuses_file_in_the_name_of_another, dkg_world_end),
		cmocka_unit_test_teardown(refuses_second_word_of_a_trustee, dkg_world_end),
		cmocka_unit_test_teardown(shares_for_one_trustee_open_for_no_other_and_not_with_its_lasting_key, dkg_world_end),
		cmocka_unit_test_teardown(goes_on_from_its_state_file, dkg_world_end),
		cmocka_unit_test_teardown(shares_fit_the_bundle_and_no_other, dkg_world_end),
	};

	return cmocka_run_group_tests_name("authority dkg", tests, up, NULL);
}
