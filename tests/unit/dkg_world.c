#include "dkg_world.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/box.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"

struct dkg_world w;

void
dkg_make_plan(unsigned t, size_t n)
{
	uint8_t *text;
	size_t len;

	w.plan = (struct el_dkg_plan){ .threshold = t, .n = n, .first = FIRST, .days = DAYS };
	memset(w.plan.deployment.b, 7, EL_HASH_LEN);
	el_random(w.plan.nonce, sizeof w.plan.nonce);
	for (size_t i = 0; i < n; i++) {
		el_keyfile_draw(EL_PURPOSE_TRUSTEE, w.keys[i]);
		assert_int_equal(el_keyfile_public(EL_PURPOSE_TRUSTEE, w.keys[i], w.plan.box_keys[i].b), EL_OK);
	}
	assert_int_equal(el_dkg_plan_encode(&w.plan, &text, &len), EL_OK);
	assert_int_equal(el_dkg_plan_parse(text, len, &w.plan), EL_OK);
	free(text);
}

int
dkg_world_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < N; i++) {
		el_dkg_party_free(w.parties[i]);
		for (size_t k = 0; k < EL_DKG_KINDS; k++)
			el_dkg_file_wipe(&w.said[k][i]);
		for (size_t k = 0; k < N; k++)
			el_dkg_file_wipe(&w.shares[i][k]);
	}
	memset(&w, 0, sizeof w);
	return 0;
}

/* Through its text, as it travels. */
static void
travel(struct el_dkg_file *f)
{
	struct el_dkg_file back;
	uint8_t *text;
	size_t len;

	assert_int_equal(el_dkg_file_encode(f, &text, &len), EL_OK);
	assert_int_equal(el_dkg_file_parse(text, len, &back), EL_OK);
	free(text);
	el_dkg_file_wipe(f);
	*f = back;
}

/* All that has been said so far, taken by one who gets it first to last, or last to first. */
struct el_dkg *
dkg_heard(bool backwards)
{
	struct el_dkg *d;

	assert_int_equal(el_dkg_new(&w.plan, &d), EL_OK);
	for (size_t k = 0; k <= EL_DKG_ANSWER; k++)
		for (size_t i = 0; i < w.plan.n; i++) {
			const size_t kind = backwards ? EL_DKG_ANSWER - k : k, j = backwards ? w.plan.n - 1 - i : i;

			if (kind != EL_DKG_SHARES && w.said[kind][j].doc != NULL)
				assert_int_equal(el_dkg_take(d, &w.said[kind][j]), EL_OK);
		}
	return d;
}

struct el_dkg *
dkg_judged(bool with_answers)
{
	struct el_dkg *d = dkg_heard(false);

	assert_int_equal(el_dkg_judge(d, with_answers), EL_OK);
	return d;
}

/* Round 1, first half. */
void
dkg_commit_all(void)
{
	for (size_t i = 0; i < w.plan.n; i++) {
		assert_int_equal(el_dkg_party_new(&w.plan, w.keys[i], &w.parties[i]), EL_OK);
		assert_int_equal(el_dkg_party_index(w.parties[i]), i + 1);
		assert_int_equal(el_dkg_party_hash(w.parties[i], &w.said[EL_DKG_HASH][i]), EL_OK);
		travel(&w.said[EL_DKG_HASH][i]);
	}
}

void
dkg_reveal_all(void)
{
	struct el_dkg *d = dkg_heard(false);

	for (size_t i = 0; i < w.plan.n; i++) {
		if (w.said[EL_DKG_REVEAL][i].doc != NULL || w.said[EL_DKG_HASH][i].doc == NULL)
			continue;
		assert_int_equal(el_dkg_party_reveal(w.parties[i], d, &w.said[EL_DKG_REVEAL][i]), EL_OK);
		travel(&w.said[EL_DKG_REVEAL][i]);
	}
	el_dkg_free(d);
}

void
dkg_deal_all(void)
{
	struct el_dkg *d = dkg_judged(false);

	for (size_t i = 0; i < w.plan.n; i++)
		for (unsigned j = 1; j <= w.plan.n; j++)
			if (j != i + 1 && el_dkg_takes_part(d, j)) {
				assert_int_equal(el_dkg_party_shares(w.parties[i], d, j, &w.shares[i][j - 1]), EL_OK);
				travel(&w.shares[i][j - 1]);
			}
	el_dkg_free(d);
}

/* Each trustee checks what it got; returns how many keys were complained of. */
size_t
dkg_check_all(void)
{
	struct el_dkg *d = dkg_judged(false);
	size_t all = 0, n, by[EL_TRUSTEES_MAX];

	for (size_t j = 0; j < w.plan.n; j++) {
		for (size_t i = 0; i < w.plan.n; i++)
			if (w.shares[i][j].doc != NULL)
				assert_int_equal(el_dkg_party_receive(w.parties[j], &w.shares[i][j]), EL_OK);
		if (w.said[EL_DKG_COMPLAINT][j].doc != NULL)
			continue;
		assert_int_equal(el_dkg_party_complaint(w.parties[j], d, &w.said[EL_DKG_COMPLAINT][j], &n, by), EL_OK);
		travel(&w.said[EL_DKG_COMPLAINT][j]);
		all += n;
	}
	el_dkg_free(d);
	return all;
}

void
dkg_answer(size_t i)
{
	struct el_dkg *d = dkg_judged(false);
	size_t n;

	assert_int_equal(el_dkg_party_answer(w.parties[i], d, &w.said[EL_DKG_ANSWER][i], &n), EL_OK);
	assert_true(n > 0);
	travel(&w.said[EL_DKG_ANSWER][i]);
	el_dkg_free(d);
}

void
dkg_up_to_dealt(unsigned t, size_t n)
{
	dkg_make_plan(t, n);
	dkg_commit_all();
	dkg_reveal_all();
	dkg_deal_all();
}

/* Say something else in the place of what was said, with the trustee's own key. */
void
dkg_say_instead(struct el_dkg_file *f, enum el_dkg_kind kind, size_t i, uint8_t *doc, size_t len)
{
	struct el_scalar key;

	el_dkg_file_wipe(f);
	*f = (struct el_dkg_file){ .kind = kind, .plan = w.plan.hash, .trustee = (unsigned)i + 1, .doc = doc,
		.len = len };
	assert_int_equal(el_scalar_parse(w.keys[i], &key), EL_OK);
	assert_int_equal(el_dkg_file_prove(f, &key), EL_OK);
}

/* What a trustee revealed. */
void
dkg_reveal_of(size_t i, struct el_dkg_reveal *v)
{
	const struct el_dkg_file *f = &w.said[EL_DKG_REVEAL][i];

	assert_int_equal(el_dkg_reveal_parse(&w.plan, f->doc, f->len, v), EL_OK);
}

static void
revealed(size_t i, struct el_dkg_commitments *c)
{
	struct el_dkg_reveal v;

	dkg_reveal_of(i, &v);
	assert_int_equal(el_dkg_commitments_parse(&w.plan, v.commitments, v.len, c), EL_OK);
	el_dkg_reveal_wipe(&v);
}

/* Trustee i deals j shares of nothing. */
void
dkg_deal_wrong(size_t i, size_t j)
{
	uint8_t plain[KEYS * EL_SCALAR_LEN], box[sizeof plain + EL_BOX_OVERHEAD], ad[11 + EL_HASH_LEN + 2], *doc;
	struct el_dkg_sealed s = { .to = (unsigned)j + 1, .box = box, .len = sizeof box };
	struct el_dkg_commitments c;
	struct el_scalar one;
	size_t len;

	for (size_t k = 0; k < KEYS; k++) {
		el_scalar_random(&one);
		memcpy(plain + k * EL_SCALAR_LEN, one.b, EL_SCALAR_LEN);
	}
	memcpy(ad, "EL1-box-dkg", 11);
	memcpy(ad + 11, w.plan.hash.b, EL_HASH_LEN);
	ad[11 + EL_HASH_LEN] = (uint8_t)(i + 1);
	ad[12 + EL_HASH_LEN] = (uint8_t)(j + 1);
	revealed(j, &c);
	assert_int_equal(el_box_seal(&c.box_key, plain, sizeof plain, ad, sizeof ad, box), EL_OK);
	el_dkg_commitments_wipe(&c);
	assert_int_equal(el_dkg_sealed_encode(&s, &doc, &len), EL_OK);
	dkg_say_instead(&w.shares[i][j], EL_DKG_SHARES, i, doc, len);
}

/* Trustee j complains of every key of i, with reason or without. */
void
dkg_complain(size_t j, size_t i)
{
	struct el_dkg_list l;
	uint8_t *doc;
	size_t len;

	assert_int_equal(el_dkg_list_new(&w.plan, false, &l), EL_OK);
	for (size_t k = 0; k < KEYS; k++)
		l.named[i * KEYS + k] = true;
	assert_int_equal(el_dkg_list_encode(&w.plan, &l, &doc, &len), EL_OK);
	el_dkg_list_wipe(&l);
	dkg_say_instead(&w.said[EL_DKG_COMPLAINT][j], EL_DKG_COMPLAINT, j, doc, len);
}

/* Trustee i answers all that j complained of with shares of nothing. */
void
dkg_answer_wrong(size_t i, size_t j)
{
	struct el_dkg_list l;
	uint8_t *doc;
	size_t len;

	assert_int_equal(el_dkg_list_new(&w.plan, true, &l), EL_OK);
	for (size_t k = 0; k < KEYS; k++) {
		l.named[j * KEYS + k] = true;
		el_scalar_random(&l.shares[j * KEYS + k]);
	}
	assert_int_equal(el_dkg_list_encode(&w.plan, &l, &doc, &len), EL_OK);
	el_dkg_list_wipe(&l);
	dkg_say_instead(&w.said[EL_DKG_ANSWER][i], EL_DKG_ANSWER, i, doc, len);
}
