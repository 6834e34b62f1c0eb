#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service/outbox.h"

/* Answers of one turn. */

#define SENT_MAX 8

static struct {
	unsigned kind, index;
	uint16_t type;
	uint64_t id;
	char body[32];
} sent[SENT_MAX];
static size_t n_sent;

int __wrap_el_worker_put(
    struct el_worker *, unsigned kind, unsigned index, uint16_t type, uint64_t id, const void *body, size_t len);

int
__wrap_el_worker_put(
    struct el_worker *w, unsigned kind, unsigned index, uint16_t type, uint64_t id, const void *body, size_t len)
{
	assert_null(w);
	assert_true(n_sent < SENT_MAX && len < sizeof sent->body);
	sent[n_sent].kind = kind;
	sent[n_sent].index = index;
	sent[n_sent].type = type;
	sent[n_sent].id = id;
	memset(sent[n_sent].body, 0, sizeof sent->body);
	if (len > 0)
		memcpy(sent[n_sent].body, body, len);
	return ++n_sent % 2 == 0 ? EL_EBUSY : EL_OK; /* who does not read keeps nobody else from theirs */
}

static int
begin(void **state)
{
	static struct el_outbox o;

	n_sent = 0;
	el_outbox_init(&o);
	*state = &o;
	return 0;
}

static int
end(void **state)
{
	el_outbox_wipe(*state);
	return 0;
}

static int
put(struct el_outbox *o, uint16_t type, uint64_t id, const char *text)
{
	el_buf_put_text(&o->bytes, text);
	return el_outbox_end(o, 2, 1, type, id);
}

static void
sends_each_answer_to_whom_it_is_for(void **state)
{
	struct el_outbox *const o = *state;

	assert_int_equal(put(o, 5, 10, "one"), EL_OK);
	assert_int_equal(put(o, 6, 11, ""), EL_OK);
	assert_int_equal(put(o, 7, 12, "three"), EL_OK);
	el_outbox_send(o, NULL);
	assert_int_equal(n_sent, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(sent[i].kind, 2);
		assert_int_equal(sent[i].index, 1);
		assert_int_equal(sent[i].type, 5 + i);
		assert_int_equal(sent[i].id, 10 + i);
	}
	assert_string_equal(sent[0].body, "one");
	assert_string_equal(sent[1].body, "");
	assert_string_equal(sent[2].body, "three");
	el_outbox_send(o, NULL);
	assert_int_equal(n_sent, 3);
}

static void
drops_an_answer_that_failed_and_no_other(void **state)
{
	struct el_outbox *const o = *state;

	assert_int_equal(put(o, 5, 10, "one"), EL_OK);
	el_buf_put_text(&o->bytes, "secret");
	o->bytes.err = EL_ELIMIT;
	assert_int_equal(el_outbox_end(o, 2, 1, 6, 11), EL_ELIMIT);
	assert_memory_equal(o->bytes.p + 3, "\0\0\0\0\0\0", 6);
	assert_int_equal(put(o, 7, 12, "three"), EL_OK);
	el_outbox_send(o, NULL);
	assert_int_equal(n_sent, 2);
	assert_string_equal(sent[0].body, "one");
	assert_string_equal(sent[1].body, "three");
}

static void
replaces_the_answers_of_one_type(void **state)
{
	struct el_outbox *const o = *state;

	assert_int_equal(put(o, 5, 10, "one"), EL_OK);
	assert_int_equal(put(o, 6, 11, "two"), EL_OK);
	assert_int_equal(put(o, 5, 12, "three"), EL_OK);
	el_outbox_replace(o, 5, 9, "no", 2);
	el_outbox_send(o, NULL);
	assert_int_equal(n_sent, 3);
	assert_int_equal(sent[0].type, 9);
	assert_string_equal(sent[0].body, "no");
	assert_int_equal(sent[1].type, 6);
	assert_string_equal(sent[1].body, "two");
	assert_int_equal(sent[2].type, 9);
	assert_string_equal(sent[2].body, "no");
}

/* The memory stays for the next turn, which may be hours away; the answers do not. */
static void
leaves_nothing_of_what_was_sent(void **state)
{
	struct el_outbox *const o = *state;

	assert_int_equal(put(o, 5, 10, "a name and a number"), EL_OK);
	el_outbox_replace(o, 5, 9, "no", 2);
	el_outbox_send(o, NULL);
	assert_true(o->bytes.size >= 19);
	for (size_t i = 0; i < 19; i++)
		assert_int_equal(o->bytes.p[i], 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sends_each_answer_to_whom_it_is_for),
		CASE(drops_an_answer_that_failed_and_no_other),
		CASE(replaces_the_answers_of_one_type),
		CASE(leaves_nothing_of_what_was_sent),
	};

	return cmocka_run_group_tests_name("service outbox", tests, NULL, NULL);
}
