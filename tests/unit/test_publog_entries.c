#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "publog/entries.h"
#include "publog/entries_db.h"
#include "publog_world.h"

/* Core's side of the public log, with a link that keeps what it was given and a clock that stands. */
#define LOG 5
#define SENT_MAX 256

static struct {
	struct {
		uint16_t type;
		uint64_t id;
		struct el_log_append append;
	} list[SENT_MAX];
	size_t n, max;
	int result; /* of those beyond max */
} sent;

static int64_t now_ms;
static bool disk_is_full;

int __wrap_el_worker_put(
    struct el_worker *, unsigned kind, unsigned index, uint16_t type, uint64_t id, const void *body, size_t len);
int64_t __wrap_el_clock_monotonic_ms(void);
int __real_el_publog_db_add(struct el_publog_db *, const uint8_t *entry, size_t len, const struct el_publog_segment *);
int __wrap_el_publog_db_add(struct el_publog_db *, const uint8_t *entry, size_t len, const struct el_publog_segment *);

int
__wrap_el_worker_put(
    struct el_worker *w, unsigned kind, unsigned index, uint16_t type, uint64_t id, const void *body, size_t len)
{
	struct el_log_witnesses witnesses;

	assert_null(w);
	assert_int_equal(kind, LOG);
	assert_int_equal(index, 0);
	if (sent.n == sent.max)
		return sent.result;
	sent.list[sent.n].type = type;
	sent.list[sent.n].id = id;
	if (type == EL_MSG_LOG_APPEND)
		assert_int_equal(el_log_append_parse(body, len, &sent.list[sent.n].append), EL_OK);
	else
		assert_int_equal(el_log_witnesses_parse(body, len, &witnesses), EL_OK);
	sent.n++;
	return EL_OK;
}

int64_t
__wrap_el_clock_monotonic_ms(void)
{
	return now_ms;
}

int
__wrap_el_publog_db_add(
    struct el_publog_db *db, const uint8_t *entry, size_t len, const struct el_publog_segment *segment)
{
	return disk_is_full ? EL_ESPACE : __real_el_publog_db_add(db, entry, len, segment);
}

static void
forget_sent(void)
{
	for (size_t i = 0; i < sent.n; i++)
		if (sent.list[i].type == EL_MSG_LOG_APPEND)
			el_log_append_wipe(&sent.list[i].append);
	sent.n = 0;
}

struct side {
	char *dir;
	struct el_publog *p;
};

static int
begin(void **state)
{
	struct side *const s = calloc(1, sizeof *s);
	void *dir;

	if (s == NULL || publog_setup(&dir) != 0)
		return -1;
	s->dir = dir;
	memset(&sent, 0, sizeof sent);
	sent.max = SENT_MAX;
	now_ms = 1000000;
	disk_is_full = false;
	*state = s;
	return el_publog_open(s->dir, LOG, &s->p);
}

static int
end(void **state)
{
	struct side *const s = *state;
	void *dir = s->dir;

	forget_sent();
	el_publog_close(s->p);
	free(s);
	return publog_teardown(&dir);
}

static void
say_state(struct side *s, int result, uint64_t size)
{
	const struct el_log_state state = { result, size };
	struct el_msg msg = { .type = EL_MSG_LOG_STATE };
	struct el_publog_word word;
	struct el_buf body;

	el_buf_init(&body, 64);
	assert_int_equal(el_log_state_encode(&state, &body), EL_OK);
	msg.body = body.p;
	msg.len = body.len;
	assert_int_equal(el_publog_done(s->p, &msg, &word), EL_ENOTFOUND);
	assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	el_buf_wipe(&body);
}

/* A new log process; what it is told of witnesses is not looked at. */
static void
link_up(struct side *s)
{
	assert_int_equal(el_publog_link_up(s->p, NULL), EL_OK);
	assert_int_equal(sent.n, 1); /* nothing more before it is open */
	assert_int_equal(sent.list[0].type, EL_MSG_LOG_WITNESSES);
	sent.n = 0;
	say_state(s, EL_OK, 1000);
}

static void
restart(struct side *s)
{
	el_publog_close(s->p);
	forget_sent();
	assert_int_equal(el_publog_open(s->dir, LOG, &s->p), EL_OK);
}

static void
queue_roots(struct side *s, el_epoch epoch, uint32_t from, uint32_t to)
{
	uint8_t entry[EL_ENTRY_MAX];

	for (uint32_t i = from; i < to; i++)
		assert_int_equal(
		    el_publog_queue_root(s->p, epoch, i, entry, publog_segment_entry(epoch, i, entry)), EL_OK);
}

static int
ask(struct side *s, uint64_t id)
{
	static const uint64_t roots[] = { 7, 3 };
	uint8_t entry[EL_ENTRY_MAX];

	return el_publog_ask(s->p, NULL, id, entry, publog_order_entry(1, entry), roots, 2);
}

/* The log's word on what was sent under this id. */
static int
say(struct side *s, uint64_t id, const struct el_log_appended *m, struct el_publog_word *word)
{
	struct el_msg msg = { .type = EL_MSG_LOG_APPENDED, .id = id };
	struct el_buf body;
	int r;

	el_buf_init(&body, EL_MSG_MAX);
	assert_int_equal(el_log_appended_encode(m, &body), EL_OK);
	msg.body = body.p;
	msg.len = body.len;
	r = el_publog_done(s->p, &msg, word);
	el_buf_wipe(&body);
	return r;
}

/* A word that is nothing for the caller. */
static void
say_pending(struct side *s, uint64_t id, int result, uint64_t index)
{
	const struct el_log_appended m = { .result = result, .index = index };
	struct el_publog_word word;

	assert_int_equal(say(s, id, &m, &word), EL_ENOTFOUND);
}

static uint64_t
pending_of(const struct side *s)
{
	struct el_publog_counts counts;

	el_publog_counts(s->p, &counts);
	return counts.pending;
}

static void
assert_segment(size_t i, el_epoch epoch, uint32_t segment)
{
	uint8_t entry[EL_ENTRY_MAX];

	assert_true(i < sent.n);
	assert_int_equal(sent.list[i].append.len, publog_segment_entry(epoch, segment, entry));
	assert_memory_equal(sent.list[i].append.entry, entry, sent.list[i].append.len);
	assert_false(sent.list[i].append.proof);
}

static void
keeps_what_waits_over_a_restart(void **state)
{
	struct side *const s = *state;
	uint64_t index;

	queue_roots(s, 100, 0, 3);
	assert_int_equal(sent.n, 0); /* there is no link */
	restart(s);
	assert_int_equal(pending_of(s), 3);
	link_up(s);
	assert_int_equal(sent.n, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_segment(i, 100, i);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(el_publog_root(s->p, 100, i, &index), EL_ENOTFOUND);
		say_pending(s, sent.list[i].id, EL_OK, 40 + i);
	}
	assert_int_equal(pending_of(s), 0);
	restart(s);
	assert_int_equal(pending_of(s), 0);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(el_publog_root(s->p, 100, i, &index), EL_OK);
		assert_int_equal(index, 40 + i);
	}
	link_up(s);
	assert_int_equal(sent.n, 0);
}

static void
sends_the_oldest_first_and_a_bounded_number(void **state)
{
	struct side *const s = *state;
	size_t n;

	queue_roots(s, 100, 0, 150);
	link_up(s);
	n = sent.n;
	assert_true(n > 1 && n < 150);
	assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	assert_int_equal(sent.n, n);
	for (uint32_t done = 0; done < 150;) {
		assert_true(sent.n > 0);
		for (size_t i = 0; i < sent.n; i++, done++) {
			assert_segment(i, 100, done);
			say_pending(s, sent.list[i].id, EL_OK, done);
		}
		forget_sent();
		assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	}
	assert_int_equal(pending_of(s), 0);
	assert_int_equal(sent.n, 0);
}

static void
goes_on_where_a_full_link_stopped_it(void **state)
{
	struct side *const s = *state;

	queue_roots(s, 100, 0, 5);
	sent.max = 2;
	sent.result = EL_EBUSY;
	link_up(s);
	assert_int_equal(sent.n, 2);
	sent.max = SENT_MAX;
	say_pending(s, sent.list[0].id, EL_OK, 0);
	say_pending(s, sent.list[1].id, EL_OK, 1);
	forget_sent();
	assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	assert_int_equal(sent.n, 3);
	assert_segment(0, 100, 2);
}

static void
tries_again_later_what_the_log_could_not_write(void **state)
{
	struct side *const s = *state;
	uint64_t index;

	queue_roots(s, 100, 0, 2);
	link_up(s);
	say_pending(s, sent.list[0].id, EL_OK, 0);
	say_pending(s, sent.list[1].id, EL_ESPACE, 0);
	assert_int_equal(pending_of(s), 1);
	assert_int_equal(el_publog_root(s->p, 100, 0, &index), EL_OK);
	assert_false(el_publog_available(s->p));
	assert_int_equal(ask(s, 1), EL_EBUSY);
	forget_sent();
	assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	assert_int_equal(sent.n, 0);
	now_ms += 60000;
	assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	assert_int_equal(sent.n, 1);
	assert_segment(0, 100, 1);
	say_pending(s, sent.list[0].id, EL_OK, 1);
	assert_true(el_publog_available(s->p));
	assert_int_equal(pending_of(s), 0);
}

static void
counts_a_word_once_and_only_of_this_life(void **state)
{
	struct side *const s = *state;
	uint64_t index, old;

	queue_roots(s, 100, 0, 2);
	link_up(s);
	old = sent.list[1].id;
	say_pending(s, sent.list[0].id, EL_OK, 5);
	say_pending(s, sent.list[0].id, EL_OK, 5); /* not the other's */
	assert_int_equal(pending_of(s), 2);
	forget_sent();
	assert_int_equal(el_publog_link_down(s->p), EL_OK);
	assert_int_equal(pending_of(s), 1);
	assert_int_equal(el_publog_root(s->p, 100, 0, &index), EL_OK);
	link_up(s);
	assert_int_equal(sent.n, 1);
	assert_int_not_equal(sent.list[0].id, old);
	say_pending(s, old, EL_OK, 9);
	assert_int_equal(el_publog_root(s->p, 100, 1, &index), EL_ENOTFOUND);
	say_pending(s, sent.list[0].id, EL_OK, 6);
	assert_int_equal(el_publog_root(s->p, 100, 1, &index), EL_OK);
	assert_int_equal(index, 6);
}

static void
knows_which_segments_have_a_root(void **state)
{
	struct side *const s = *state;
	uint8_t entry[EL_ENTRY_MAX];
	uint32_t next;

	assert_int_equal(el_publog_rooted(s->p, 100, &next), EL_OK);
	assert_int_equal(next, 0);
	queue_roots(s, 100, 0, 2);
	assert_int_equal(el_publog_rooted(s->p, 100, &next), EL_OK);
	assert_int_equal(next, 2);
	assert_int_equal(
	    el_publog_queue_root(s->p, 100, 1, entry, publog_segment_entry(100, 1, entry)), EL_EEXIST);
	link_up(s);
	say_pending(s, sent.list[0].id, EL_OK, 0);
	say_pending(s, sent.list[1].id, EL_OK, 1);
	assert_int_equal(
	    el_publog_queue_root(s->p, 100, 1, entry, publog_segment_entry(100, 1, entry)), EL_EEXIST);
	queue_roots(s, 100, 4, 5);
	assert_int_equal(el_publog_rooted(s->p, 100, &next), EL_OK);
	assert_int_equal(next, 5);
	assert_int_equal(el_publog_rooted(s->p, 101, &next), EL_OK);
	assert_int_equal(next, 0);
}

static void
logs_the_roots_of_a_day_that_is_forgotten(void **state)
{
	struct side *const s = *state;
	uint64_t index;
	uint32_t next;

	queue_roots(s, 100, 0, 1);
	queue_roots(s, 101, 0, 1);
	link_up(s);
	say_pending(s, sent.list[0].id, EL_OK, 0);
	say_pending(s, sent.list[1].id, EL_OK, 1);
	queue_roots(s, 100, 1, 3);
	assert_int_equal(el_publog_forget(s->p, 100), EL_OK);
	assert_int_equal(el_publog_root(s->p, 100, 0, &index), EL_ENOTFOUND);
	assert_int_equal(el_publog_root(s->p, 101, 0, &index), EL_OK);
	assert_int_equal(el_publog_rooted(s->p, 100, &next), EL_OK);
	assert_int_equal(next, 0);
	forget_sent();
	assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	assert_int_equal(sent.n, 2);
	say_pending(s, sent.list[0].id, EL_OK, 2);
	say_pending(s, sent.list[1].id, EL_OK, 3);
	assert_int_equal(pending_of(s), 0);
	assert_int_equal(el_publog_root(s->p, 100, 1, &index), EL_ENOTFOUND);
}

static void
queues_nothing_that_is_no_entry(void **state)
{
	struct side *const s = *state;
	uint8_t entry[EL_ENTRY_MAX];
	const size_t len = publog_order_entry(1, entry);

	assert_int_equal(el_publog_queue(s->p, (const uint8_t *)"{}", 2), EL_EFORMAT);
	assert_int_equal(el_publog_queue(s->p, entry, len - 1), EL_EFORMAT);
	assert_int_equal(pending_of(s), 0);
	assert_int_equal(el_publog_queue(s->p, entry, len), EL_OK);
	assert_int_equal(pending_of(s), 1);
}

static void
keeps_in_memory_what_finds_no_space_and_writes_it_later(void **state)
{
	struct side *const s = *state;
	uint8_t entry[EL_ENTRY_MAX];
	unsigned n;

	link_up(s);
	disk_is_full = true;
	assert_int_equal(el_publog_queue(s->p, entry, publog_order_entry(1, entry)), EL_ESPACE);
	for (n = 0; n < EL_PUBLOG_KEPT_MAX; n++)
		assert_int_equal(el_publog_keep(s->p, entry, publog_order_entry(n, entry)), EL_OK);
	assert_int_equal(el_publog_keep(s->p, entry, publog_order_entry(n, entry)), EL_ESPACE);
	assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	assert_int_equal(pending_of(s), EL_PUBLOG_KEPT_MAX);
	assert_int_equal(sent.n, 0);
	disk_is_full = false;
	assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	assert_int_equal(pending_of(s), EL_PUBLOG_KEPT_MAX);
	assert_int_equal(sent.n, EL_PUBLOG_KEPT_MAX);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(sent.list[i].append.len, publog_order_entry(i, entry));
		assert_memory_equal(sent.list[i].append.entry, entry, sent.list[i].append.len);
	}
	assert_int_equal(el_publog_next(s->p, NULL), EL_OK);
	restart(s);
	assert_int_equal(pending_of(s), EL_PUBLOG_KEPT_MAX); /* once each, on the disk */
}

static void
gives_an_order_its_word_and_proof(void **state)
{
	struct side *const s = *state;
	struct el_log_appended m = { .index = 12, .has_proof = true };
	struct el_publog_word word;
	uint64_t id;

	assert_int_equal(ask(s, 77), EL_EBUSY); /* there is no link */
	link_up(s);
	assert_int_equal(ask(s, 77), EL_OK);
	assert_int_equal(sent.n, 1);
	assert_true(sent.list[0].append.proof);
	assert_int_equal(sent.list[0].append.n_roots, 2);
	assert_int_equal(sent.list[0].append.roots[0], 7);
	assert_int_equal(sent.list[0].append.roots[1], 3);
	id = sent.list[0].id;
	m.proof.checkpoint = (uint8_t *)strdup("note\n");
	m.proof.checkpoint_len = 5;
	assert_int_equal(say(s, id, &m, &word), EL_OK);
	assert_int_equal(word.id, 77);
	assert_int_equal(word.result, EL_OK);
	assert_int_equal(word.index, 12);
	assert_memory_equal(word.proof.checkpoint, "note\n", 5);
	el_log_proof_wipe(&word.proof);
	assert_int_equal(say(s, id, &m, &word), EL_ENOTFOUND);
	el_log_appended_wipe(&m);
}

static void
fails_what_was_asked_when_the_link_dies(void **state)
{
	struct side *const s = *state;
	const struct el_log_appended m = { .result = EL_OK };
	struct el_publog_word word;
	uint64_t id, old;
	unsigned seen = 0;

	link_up(s);
	assert_int_equal(ask(s, 1), EL_OK);
	assert_int_equal(ask(s, 2), EL_OK);
	old = sent.list[0].id;
	assert_false(el_publog_take_failed(s->p, &id));
	assert_int_equal(el_publog_link_down(s->p), EL_OK);
	assert_false(el_publog_available(s->p));
	assert_int_equal(ask(s, 3), EL_EBUSY);
	forget_sent();
	link_up(s);
	assert_int_equal(sent.n, 0); /* whoever asked asks again */
	while (el_publog_take_failed(s->p, &id))
		seen |= 1u << id;
	assert_int_equal(seen, 6);
	assert_int_equal(say(s, old, &m, &word), EL_ENOTFOUND);
	assert_int_equal(ask(s, 4), EL_OK);
}

static void
fails_an_order_whose_word_is_no_proof(void **state)
{
	struct side *const s = *state;
	struct el_log_appended m = { .result = EL_OK };
	const struct el_msg garbage = { .type = EL_MSG_LOG_APPENDED, .body = (const uint8_t *)"?", .len = 1 };
	struct el_msg msg = garbage;
	struct el_publog_word word;

	link_up(s);
	assert_int_equal(ask(s, 1), EL_OK);
	assert_int_equal(say(s, sent.list[0].id, &m, &word), EL_OK);
	assert_int_equal(word.id, 1);
	assert_int_equal(word.result, EL_EFORMAT);
	assert_int_equal(ask(s, 2), EL_OK);
	msg.id = sent.list[1].id;
	assert_int_equal(el_publog_done(s->p, &msg, &word), EL_OK);
	assert_int_equal(word.id, 2);
	assert_int_equal(word.result, EL_EFORMAT);
	m.result = EL_ESPACE;
	assert_int_equal(ask(s, 3), EL_OK);
	assert_int_equal(say(s, sent.list[2].id, &m, &word), EL_OK);
	assert_int_equal(word.result, EL_ESPACE);
	assert_int_equal(ask(s, 4), EL_EBUSY);
	now_ms += 60000;
	assert_int_equal(ask(s, 4), EL_OK);
}

static void
bounds_how_many_wait_for_their_word(void **state)
{
	struct side *const s = *state;
	uint64_t id;

	link_up(s);
	for (unsigned i = 0; i < EL_PUBLOG_ASKED_MAX; i++)
		assert_int_equal(ask(s, i), EL_OK);
	assert_int_equal(ask(s, 1000), EL_EBUSY);
	assert_int_equal(el_publog_link_down(s->p), EL_OK);
	for (unsigned i = 0; i < EL_PUBLOG_ASKED_MAX; i++)
		assert_true(el_publog_take_failed(s->p, &id));
	assert_false(el_publog_take_failed(s->p, &id));
}

static void
sends_nothing_to_a_log_that_is_not_open_or_too_short(void **state)
{
	struct side *const s = *state;

	queue_roots(s, 100, 0, 1);
	link_up(s);
	say_pending(s, sent.list[0].id, EL_OK, 20);
	queue_roots(s, 100, 1, 2);
	forget_sent();
	assert_int_equal(el_publog_link_up(s->p, NULL), EL_OK);
	forget_sent();
	say_state(s, EL_ECRYPTO, 0);
	assert_false(el_publog_available(s->p));
	assert_int_equal(sent.n, 0);
	/* An older copy of the folder: our root is not in it. */
	say_state(s, EL_OK, 20);
	assert_false(el_publog_available(s->p));
	assert_int_equal(ask(s, 1), EL_EBUSY);
	assert_int_equal(sent.n, 0);
	say_state(s, EL_OK, 21);
	assert_true(el_publog_available(s->p));
	assert_int_equal(sent.n, 1);
}

static void
sends_nothing_to_a_log_without_an_order_it_gave_its_word_on(void **state)
{
	struct side *const s = *state;
	struct el_log_appended m = { .index = 30, .has_proof = true };
	struct el_publog_word word;

	link_up(s);
	assert_int_equal(ask(s, 1), EL_OK);
	m.proof.checkpoint = (uint8_t *)strdup("note\n");
	m.proof.checkpoint_len = 5;
	assert_int_equal(say(s, sent.list[0].id, &m, &word), EL_OK);
	el_log_proof_wipe(&word.proof);
	el_log_appended_wipe(&m);
	assert_int_equal(el_publog_link_up(s->p, NULL), EL_OK);
	say_state(s, EL_OK, 30);
	assert_false(el_publog_available(s->p));
	say_state(s, EL_OK, 31);
	assert_true(el_publog_available(s->p));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keeps_what_waits_over_a_restart),
		CASE(sends_the_oldest_first_and_a_bounded_number),
		CASE(goes_on_where_a_full_link_stopped_it),
		CASE(tries_again_later_what_the_log_could_not_write),
		CASE(counts_a_word_once_and_only_of_this_life),
		CASE(knows_which_segments_have_a_root),
		CASE(logs_the_roots_of_a_day_that_is_forgotten),
		CASE(queues_nothing_that_is_no_entry),
		CASE(keeps_in_memory_what_finds_no_space_and_writes_it_later),
		CASE(gives_an_order_its_word_and_proof),
		CASE(fails_what_was_asked_when_the_link_dies),
		CASE(fails_an_order_whose_word_is_no_proof),
		CASE(bounds_how_many_wait_for_their_word),
		CASE(sends_nothing_to_a_log_that_is_not_open_or_too_short),
		CASE(sends_nothing_to_a_log_without_an_order_it_gave_its_word_on),
	};

	return cmocka_run_group_tests_name("publog entries", tests, NULL, NULL);
}
