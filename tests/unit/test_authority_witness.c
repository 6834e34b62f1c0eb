/* A trustee as witness: what it takes for the log that everybody sees (P-7.2 step 2, P-12.10). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "authority/witness.h"
#include "crypto/hash.h"
#include "log/checkpoint.h"
#include "order/log_proof.h"
#include "scratch.h"
#include "test_order_world.h"

#define LEAVES 700 /* more than two tiles */

/* A party's log, as it is served. */
struct served {
	struct el_hash leaves[LEAVES];
	uint64_t size;
	uint8_t note[EL_NOTE_MAX];
	size_t len; /* 0: nobody answers */
	bool no_partial, no_tiles;
	unsigned calls;
};

static struct served log_;
static struct el_policy *policy;
static struct el_directory *directory;
static char prefix[300];
static struct el_history history;

static void
leaf(uint64_t i, const char *what, struct el_hash *out)
{
	char text[64];

	const int n = snprintf(text, sizeof text, "%s %u", what, (unsigned)i);
	el_sha256(text, (size_t)n, out);
}

static int
hash_tile(const struct el_tile *t, uint8_t *out)
{
	uint64_t each = 1;

	for (unsigned i = 0; i < t->level; i++)
		each *= EL_TILE_WIDTH;
	for (uint64_t k = 0; k < t->width; k++) {
		const uint64_t first = (t->index * EL_TILE_WIDTH + k) * each;
		struct el_hash h;

		if (first + each > log_.size)
			return EL_ENOTFOUND;
		el_tree_root(&log_.leaves[first], (size_t)each, &h);
		memcpy(out + k * EL_HASH_LEN, h.b, EL_HASH_LEN);
	}
	return EL_OK;
}

static int
fetch(void *ctx, const char *party, const char *path, uint8_t *out, size_t max, size_t *len)
{
	struct el_tile t;
	int r;

	assert_ptr_equal(ctx, &log_);
	assert_string_equal(party, "registry");
	log_.calls++;
	if (log_.len == 0)
		return EL_ECLOSED;
	if (strcmp(path, "/log/checkpoint") == 0) {
		assert_true(log_.len <= max);
		memcpy(out, log_.note, log_.len);
		*len = log_.len;
		return EL_OK;
	}
	assert_int_equal(el_tile_parse(path + strlen("/log/"), &t), EL_OK);
	if (log_.no_tiles || (log_.no_partial && t.width < EL_TILE_WIDTH))
		return log_.no_tiles ? EL_ECLOSED : EL_ENOTFOUND;
	assert_true((size_t)t.width * EL_HASH_LEN <= max);
	if ((r = hash_tile(&t, out)) == EL_OK)
		*len = (size_t)t.width * EL_HASH_LEN;
	return r;
}

/* The checkpoint of the first `size` leaves as the log has them now, under a key and the origin of a party. */
static void
sign(uint64_t size, enum world_key key, const char *party, struct el_buf *note)
{
	struct el_checkpoint c = { .size = size };

	assert_int_equal(el_log_origin(&policy->deployment, party, c.origin), EL_OK);
	el_tree_root(log_.leaves, (size_t)size, &c.root);
	el_buf_wipe(note);
	el_buf_init(note, EL_NOTE_MAX);
	assert_int_equal(el_checkpoint_sign(&c, world_key(key), note), EL_OK);
}

static void
cosign(struct el_buf *note, unsigned trustee, enum world_key key)
{
	char name[EL_LOG_ORIGIN_MAX + 1];
	struct el_buf line;

	el_buf_init(&line, EL_NOTE_LINE_MAX);
	assert_int_equal(el_log_witness_name(&policy->deployment, trustee, name), EL_OK);
	assert_int_equal(el_checkpoint_cosign(note->p, note->len, name, world_key(key), NOW, &line), EL_OK);
	assert_int_equal(el_note_add_line(note, line.p, line.len), EL_OK);
	el_buf_wipe(&line);
}

/* From now on this is what the log serves. */
static void
serve(uint64_t size)
{
	struct el_buf note;

	el_buf_init(&note, EL_NOTE_MAX);
	sign(size, KEY_LOG, "registry", &note);
	log_.size = size;
	memcpy(log_.note, note.p, note.len);
	log_.len = note.len;
	el_buf_wipe(&note);
}

static void
grow_other(uint64_t from)
{
	for (uint64_t i = from; i < LEAVES; i++)
		leaf(i, "another entry", &log_.leaves[i]);
}

static struct el_witness
witness(unsigned trustee)
{
	struct el_witness w = { .prefix = prefix, .trustee = trustee, .fetch = fetch, .fetch_ctx = &log_,
		.policy = policy, .directory = directory, .history = &history };

	w.key = trustee == 1 ? world_key(KEY_WITNESS_1) : trustee == 2 ? world_key(KEY_WITNESS_2) : NULL;
	return w;
}

static bool
is_there(const char *suffix)
{
	char path[400];
	struct stat st;

	snprintf(path, sizeof path, "%s-registry%s", prefix, suffix);
	return stat(path, &st) == 0;
}

/* Whether the state file is the checkpoint of this size. */
static bool
remembers(uint64_t size)
{
	static uint8_t note[EL_NOTE_MAX];
	struct el_checkpoint c;
	char path[400];

	snprintf(path, sizeof path, "%s-registry", prefix);
	assert_int_equal(el_checkpoint_parse(note, scratch_read(path, note, sizeof note), &c), EL_OK);
	return c.size == size;
}

static enum el_code
vouch_line(struct el_witness *w, const struct el_buf *note, struct el_buf *line)
{
	el_buf_init(line, EL_NOTE_LINE_MAX);
	return el_witness_vouch(w, "registry", note->p, note->len, NOW, line);
}

/* The code alone; a refusal says why and cosigns nothing. */
static enum el_code
vouch(struct el_witness *w, const struct el_buf *note)
{
	struct el_buf line;
	const enum el_code code = vouch_line(w, note, &line);

	assert_int_equal(code == EL_CODE_OK, w->message[0] == '\0');
	if (code != EL_CODE_OK)
		assert_int_equal(line.len, 0);
	el_buf_wipe(&line);
	return code;
}

static void
assert_caught(const struct el_witness *w)
{
	assert_true(w->forked);
	assert_non_null(strstr(w->message, "registry: the log was forked or cut: keep both checkpoints"));
	assert_true(is_there(".fork-seen"));
	assert_true(is_there(".fork-found"));
	assert_false(is_there(".cut-seen"));
}

static int
setup(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	policy = world_policy();
	directory = world_directory();
	/* A third witness, so that others are enough for the third trustee, too. */
	policy->witnesses[2] = (struct el_policy_witness){ 3, *world_pk(KEY_STRANGER) };
	policy->n_witnesses = 3;
	directory->registry.has_log_key = true;
	directory->registry.log_key = *world_pk(KEY_LOG);
	snprintf(prefix, sizeof prefix, "%s", scratch_path(state, "share.log"));
	memset(&log_, 0, sizeof log_);
	for (uint64_t i = 0; i < LEAVES; i++)
		leaf(i, "entry", &log_.leaves[i]);
	return 0;
}

static int
teardown(void **state)
{
	free(policy);
	free(directory);
	return scratch_teardown(state);
}

static void
cosigns_log_that_grows_honestly(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 }, line;
	unsigned who[EL_TRUSTEES_MAX];

	(void)state;
	for (uint64_t size = 1; size <= LEAVES; size += 233) {
		serve(size);
		sign(size, KEY_LOG, "registry", &note);
		assert_int_equal(vouch_line(&w, &note, &line), EL_CODE_OK);
		assert_int_equal(el_note_add_line(&note, line.p, line.len), EL_OK);
		assert_int_equal(el_witnesses_of(policy, note.p, note.len, 0, who), 1);
		assert_int_equal(who[0], 1);
		assert_true(remembers(size));
		el_buf_wipe(&line);
	}
	el_buf_wipe(&note);
}

static void
takes_proof_that_is_older_than_what_was_seen(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(600);
	sign(600, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	sign(257, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	assert_true(remembers(600));
	el_buf_wipe(&note);
}

static void
reads_full_tile_where_partial_one_is_gone(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(512);
	log_.no_partial = true;
	sign(300, KEY_LOG, "registry", &note);
	/* The tile of level 1 is partial and there is no full one: it cannot be told. */
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_false(w.forked);
	log_.no_partial = false;
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	el_buf_wipe(&note);
}

static void
catches_log_that_was_cut(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(500);
	sign(500, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	serve(499);
	sign(499, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_true(w.forked);
	assert_non_null(strstr(w.message, "registry: the log was forked or cut: keep both checkpoints"));
	assert_true(is_there(".cut-seen") && is_there(".cut-found"));
	assert_false(is_there(".fork-seen"));
	assert_true(remembers(500));
	el_buf_wipe(&note);
}

static void
catches_proof_of_more_than_the_log_shows(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	sign(500, KEY_LOG, "registry", &note);
	serve(400);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_true(w.forked);
	assert_true(is_there(".cut-seen") && is_there(".cut-found"));
	el_buf_wipe(&note);
}

static void
catches_log_that_was_forked(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(500);
	sign(500, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	grow_other(499);
	serve(600);
	sign(600, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_caught(&w);
	assert_true(remembers(500));
	el_buf_wipe(&note);
}

static void
catches_entry_altered_in_place(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(500);
	sign(500, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	leaf(3, "something else", &log_.leaves[3]);
	serve(500);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_caught(&w);
	el_buf_wipe(&note);
}

static void
catches_proof_of_log_that_is_shown_to_nobody_else(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(500);
	grow_other(400);
	sign(450, KEY_LOG, "registry", &note);
	for (uint64_t i = 400; i < LEAVES; i++)
		leaf(i, "entry", &log_.leaves[i]);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_caught(&w);
	el_buf_wipe(&note);
}

static void
keeps_first_evidence(void **state)
{
	static uint8_t first[EL_NOTE_MAX], again[EL_NOTE_MAX];
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };
	char path[400];
	size_t n;

	(void)state;
	serve(500);
	sign(500, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	serve(400);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	snprintf(path, sizeof path, "%s-registry.cut-found", prefix);
	n = scratch_read(path, first, sizeof first);
	serve(300);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_int_equal(scratch_read(path, again, sizeof again), n);
	assert_memory_equal(first, again, n);
	el_buf_wipe(&note);
}

static void
refuses_checkpoint_of_another_key(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(500);
	sign(500, KEY_STRANGER, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_false(w.forked);
	/* The same from the log itself. */
	memcpy(log_.note, note.p, note.len);
	log_.len = note.len;
	sign(500, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_false(w.forked);
	assert_false(is_there(""));
	el_buf_wipe(&note);
}

static void
refuses_checkpoint_of_another_origin(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(500);
	sign(500, KEY_LOG, "issuer:7", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_false(w.forked);
	el_buf_wipe(&note);
}

static void
refuses_party_without_log_key(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(5);
	sign(5, KEY_LOG, "registry", &note);
	directory->registry.has_log_key = false;
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	el_buf_wipe(&note);
}

static void
offline_needs_two_others(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	w.fetch = NULL;
	sign(500, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	cosign(&note, 2, KEY_WITNESS_2);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	cosign(&note, 1, KEY_WITNESS_1); /* its own does not count */
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_false(is_there(""));
	cosign(&note, 3, KEY_STRANGER);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	assert_true(remembers(500));
	assert_int_equal(log_.calls, 0);
	el_buf_wipe(&note);
}

static void
offline_does_not_count_cosignature_of_wrong_key(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	w.fetch = NULL;
	sign(500, KEY_LOG, "registry", &note);
	cosign(&note, 2, KEY_WITNESS_2);
	cosign(&note, 3, KEY_EXECUTOR);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	el_buf_wipe(&note);
}

static void
log_that_does_not_answer_is_as_offline(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(400);
	sign(400, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	sign(500, KEY_LOG, "registry", &note);
	log_.len = 0;
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	serve(500);
	log_.no_tiles = true;
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	cosign(&note, 2, KEY_WITNESS_2);
	cosign(&note, 3, KEY_STRANGER);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	assert_true(remembers(400)); /* what comes between was not seen */
	el_buf_wipe(&note);
}

static void
offline_cosigns_only_what_it_has_seen(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 }, line;

	(void)state;
	serve(400);
	sign(400, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	w.fetch = NULL;
	assert_int_equal(vouch_line(&w, &note, &line), EL_CODE_OK);
	assert_true(line.len > 0);
	el_buf_wipe(&line);
	sign(500, KEY_LOG, "registry", &note);
	cosign(&note, 2, KEY_WITNESS_2);
	cosign(&note, 3, KEY_STRANGER);
	assert_int_equal(vouch_line(&w, &note, &line), EL_CODE_OK);
	assert_int_equal(line.len, 0);
	el_buf_wipe(&line);
	el_buf_wipe(&note);
}

static void
offline_refuses_what_is_older_or_of_one_size_with_another_root(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(400);
	sign(400, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	w.fetch = NULL;
	sign(399, KEY_LOG, "registry", &note);
	cosign(&note, 2, KEY_WITNESS_2);
	cosign(&note, 3, KEY_STRANGER);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_false(w.forked);
	grow_other(399);
	sign(400, KEY_LOG, "registry", &note);
	cosign(&note, 2, KEY_WITNESS_2);
	cosign(&note, 3, KEY_STRANGER);
	assert_int_equal(vouch(&w, &note), EL_CODE_PROOF_MISSING);
	assert_caught(&w);
	el_buf_wipe(&note);
}

static void
remembers_across_restarts(void **state)
{
	struct el_witness w = witness(1), again = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(500);
	sign(500, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	grow_other(100);
	serve(500);
	sign(500, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&again, &note), EL_CODE_PROOF_MISSING);
	assert_caught(&again);
	el_buf_wipe(&note);
}

static void
vouches_for_nothing_when_its_memory_is_damaged(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };
	char path[400];

	(void)state;
	serve(500);
	sign(500, KEY_LOG, "registry", &note);
	snprintf(path, sizeof path, "%s-registry", prefix);
	scratch_write(path, 0600, "no note", 7);
	assert_int_equal(vouch(&w, &note), EL_CODE_INTERNAL);
	el_buf_wipe(&note);
}

static void
look_hands_out_cosigned_checkpoint_once(void **state)
{
	struct el_witness w = witness(2);
	unsigned who[EL_TRUSTEES_MAX];
	struct el_buf note;

	(void)state;
	el_buf_init(&note, EL_NOTE_MAX);
	serve(500);
	assert_int_equal(el_witness_look(&w, "registry", NOW, &note), EL_CODE_OK);
	assert_int_equal(el_witnesses_of(policy, note.p, note.len, 0, who), 1);
	assert_int_equal(who[0], 2);
	assert_true(remembers(500));
	memcpy(log_.note, note.p, note.len);
	log_.len = note.len;
	el_buf_clear(&note, 0);
	assert_int_equal(el_witness_look(&w, "registry", NOW + 60, &note), EL_CODE_OK);
	assert_int_equal(note.len, 0);
	log_.len = 0;
	assert_int_equal(el_witness_look(&w, "registry", NOW + 120, &note), EL_CODE_LOG_UNAVAILABLE);
	el_buf_wipe(&note);
}

static void
look_notices_fork_without_any_order(void **state)
{
	struct el_witness w = witness(3);
	struct el_buf note;

	(void)state;
	w.key = NULL;
	el_buf_init(&note, EL_NOTE_MAX);
	serve(500);
	assert_int_equal(el_witness_look(&w, "registry", NOW, &note), EL_CODE_OK);
	assert_int_equal(note.len, 0);
	grow_other(20);
	serve(501);
	assert_int_equal(el_witness_look(&w, "registry", NOW + 60, &note), EL_CODE_PROOF_MISSING);
	assert_caught(&w);
	el_buf_wipe(&note);
}

static void
fetches_a_bounded_number_of_files(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	serve(LEAVES);
	sign(1, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	assert_true(log_.calls <= 16);
	el_buf_wipe(&note);
}

/* ---- When it was seen how large ---- */

static enum el_code
look_at(uint64_t size, int64_t now_s)
{
	struct el_witness w = witness(3);
	struct el_buf note;
	enum el_code code;

	w.key = NULL;
	el_buf_init(&note, EL_NOTE_MAX);
	serve(size);
	code = el_witness_look(&w, "registry", now_s, &note);
	el_buf_wipe(&note);
	return code;
}

static void
remembers_when_it_saw_the_log_how_large(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	assert_int_equal(look_at(100, NOW - 7200), EL_CODE_OK);
	assert_int_equal(look_at(100, NOW - 3600), EL_CODE_OK);
	assert_int_equal(look_at(150, NOW - 600), EL_CODE_OK);
	/* Of the log as it is, not as far as the proof goes. */
	serve(300);
	sign(200, KEY_LOG, "registry", &note);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	assert_int_equal(el_history_not_before(&history, 99), 0);
	assert_int_equal(el_history_not_before(&history, 100), NOW - 3600);
	assert_int_equal(el_history_not_before(&history, 149), NOW - 3600);
	assert_int_equal(el_history_not_before(&history, 150), NOW - 600);
	assert_int_equal(el_history_not_before(&history, 299), NOW - 600);
	assert_int_equal(el_history_not_before(&history, 300), NOW);
	el_buf_wipe(&note);
}

static void
observes_nothing_offline_but_knows_what_it_saw(void **state)
{
	struct el_witness w = witness(1);
	struct el_buf note = { 0 };

	(void)state;
	assert_int_equal(look_at(400, NOW - 600), EL_CODE_OK);
	w.fetch = NULL;
	sign(500, KEY_LOG, "registry", &note);
	cosign(&note, 2, KEY_WITNESS_2);
	cosign(&note, 3, KEY_STRANGER);
	assert_int_equal(vouch(&w, &note), EL_CODE_OK);
	assert_int_equal(history.n, 1);
	assert_int_equal(el_history_not_before(&history, 450), NOW - 600);
	el_buf_wipe(&note);
}

static void
clock_set_back_takes_nothing_away(void **state)
{
	(void)state;
	assert_int_equal(look_at(100, NOW), EL_CODE_OK);
	assert_int_equal(look_at(200, NOW - EL_WITNESS_BACK_S), EL_CODE_OK);
	assert_int_equal(history.n, 1);
	assert_int_equal(el_history_not_before(&history, 100), NOW);
	/* Further back, one of the two clocks was wrong: nothing is vouched for. */
	assert_int_equal(look_at(200, NOW - EL_WITNESS_BACK_S - 1), EL_CODE_INTERNAL);
	assert_int_equal(look_at(200, NOW + 60), EL_CODE_OK);
	assert_int_equal(el_history_not_before(&history, 100), NOW);
	assert_int_equal(el_history_not_before(&history, 200), NOW + 60);
}

static void
vouches_for_nothing_when_its_history_is_damaged(void **state)
{
	char path[400];

	(void)state;
	assert_int_equal(look_at(100, NOW), EL_CODE_OK);
	snprintf(path, sizeof path, "%s-registry.seen", prefix);
	scratch_write(path, 0600, "sixteen bytes..", 15);
	assert_int_equal(look_at(100, NOW + 60), EL_CODE_INTERNAL);
}

static void
history_is_bounded_and_keeps_its_newest(void **state)
{
	static struct el_history h;
	const uint64_t n = 3 * EL_HISTORY_MAX;

	(void)state;
	memset(&h, 0, sizeof h);
	for (uint64_t i = 0; i < n; i++)
		assert_true(el_history_add(&h, NOW + 60 * (int64_t)i, i + 1));
	assert_int_equal(h.n, EL_HISTORY_MAX);
	assert_int_equal(h.at[0].time_s, NOW);
	for (uint64_t i = n - EL_HISTORY_MAX / 2; i < n; i++)
		assert_int_equal(el_history_not_before(&h, i + 1), NOW + 60 * (int64_t)i);
	/* The older half lies wider apart, and evenly: five of six of its looks are gone. */
	for (size_t i = 1; i < h.n / 2; i++)
		assert_true(h.at[i].time_s - h.at[i - 1].time_s <= 60 * 12);
	/* What no row can be of any more goes. */
	assert_true(el_history_add(&h, NOW + 60 * (int64_t)n + EL_HISTORY_KEEP_S, n + 1));
	assert_int_equal(h.n, 1);
}

static void
history_has_each_size_once_and_starts_anew_with_the_log(void **state)
{
	static struct el_history h;

	(void)state;
	memset(&h, 0, sizeof h);
	assert_true(el_history_add(&h, NOW, 5));
	assert_false(el_history_add(&h, NOW + EL_HISTORY_EVERY_S - 1, 5)); /* too soon */
	assert_true(el_history_add(&h, NOW + EL_HISTORY_EVERY_S, 5));
	assert_int_equal(h.n, 1);
	assert_true(el_history_add(&h, NOW + EL_HISTORY_EVERY_S + 1, 6));
	assert_false(el_history_add(&h, NOW + EL_HISTORY_EVERY_S + 1, 7));
	assert_int_equal(h.n, 2);
	assert_true(el_history_add(&h, NOW + 3600, 3));
	assert_int_equal(h.n, 1);
	assert_int_equal(el_history_not_before(&h, 5), NOW + 3600);
}

static void
history_is_read_strictly(void **state)
{
	static const uint8_t wrong[][32] = {
		{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },				/* no time */
		{ 0xff, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1 },				/* no such time */
		{ 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2 },
		{ 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2 },
	};
	static uint8_t bytes[EL_HISTORY_BYTES_MAX + 16];
	static struct el_history h, again;
	struct el_buf out;

	(void)state;
	memset(&h, 0, sizeof h);
	for (uint64_t i = 0; i < EL_HISTORY_MAX; i++)
		assert_true(el_history_add(&h, NOW + (int64_t)i, i));
	el_buf_init(&out, EL_HISTORY_BYTES_MAX);
	el_history_put(&out, &h);
	assert_int_equal(out.len, EL_HISTORY_BYTES_MAX);
	assert_int_equal(el_history_get(out.p, out.len, &again), EL_OK);
	assert_int_equal(again.n, h.n);
	assert_memory_equal(again.at, h.at, sizeof h.at);
	assert_int_equal(el_history_get(out.p, out.len - 1, &again), EL_EFORMAT);
	assert_int_equal(again.n, 0);
	assert_int_equal(el_history_get(bytes, sizeof bytes, &again), EL_ELIMIT);
	assert_int_equal(el_history_get(bytes, 0, &again), EL_OK);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(el_history_get(wrong[i], sizeof wrong[i], &again), EL_EFORMAT);
	el_buf_wipe(&out);
}

#define each(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		each(cosigns_log_that_grows_honestly),
		each(takes_proof_that_is_older_than_what_was_seen),
		each(reads_full_tile_where_partial_one_is_gone),
		each(catches_log_that_was_cut),
		each(catches_proof_of_more_than_the_log_shows),
		each(catches_log_that_was_forked),
		each(catches_entry_altered_in_place),
		each(catches_proof_of_log_that_is_shown_to_nobody_else),
		each(keeps_first_evidence),
		each(refuses_checkpoint_of_another_key),
		each(refuses_checkpoint_of_another_origin),
		each(refuses_party_without_log_key),
		each(offline_needs_two_others),
		each(offline_does_not_count_cosignature_of_wrong_key),
		each(log_that_does_not_answer_is_as_offline),
		each(offline_cosigns_only_what_it_has_seen),
		each(offline_refuses_what_is_older_or_of_one_size_with_another_root),
		each(remembers_across_restarts),
		each(vouches_for_nothing_when_its_memory_is_damaged),
		each(look_hands_out_cosigned_checkpoint_once),
		each(look_notices_fork_without_any_order),
		each(fetches_a_bounded_number_of_files),
		each(remembers_when_it_saw_the_log_how_large),
		each(observes_nothing_offline_but_knows_what_it_saw),
		each(clock_set_back_takes_nothing_away),
		each(vouches_for_nothing_when_its_history_is_damaged),
		cmocka_unit_test(history_is_bounded_and_keeps_its_newest),
		cmocka_unit_test(history_has_each_size_once_and_starts_anew_with_the_log),
		cmocka_unit_test(history_is_read_strictly),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
