#include "registry_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/keyfile.h"
#include "entrylog/epoch.h"
#include "proc/control.h"

/* The life of the keys (protocol section 3) and the purge (section 9). */

#define E FIXTURE_EPOCH
#define NOON day_at(E, 8 * 3600)

static int
begin(void **state)
{
	static struct fixture f;

	fixture_make(&f);
	*state = &f;
	return 0;
}

static int
end(void **state)
{
	fixture_free(*state);
	return 0;
}

#define F struct fixture *const f = *state

static bool
has(const struct fixture *f, enum el_key_kind kind, el_epoch e)
{
	return el_keyring_has(f->g->keyring, (struct el_key_id){ kind, kind == EL_KEY_PAIR ? FIXTURE_ISSUER : 0, e });
}

static void
assert_pair(const struct fixture *f, el_epoch e)
{
	uint8_t ours[EL_KEY_LEN], theirs[EL_KEY_LEN];

	fixture_pair(f, e, theirs);
	assert_int_equal(
	    el_keyring_get(f->g->keyring, (struct el_key_id){ EL_KEY_PAIR, FIXTURE_ISSUER, e }, ours), EL_OK);
	assert_memory_equal(ours, theirs, EL_KEY_LEN);
}

static void
makes_today_and_tomorrow_at_the_first_start(void **state)
{
	F;

	fixture_open(f, NOON);
	assert_true(has(f, EL_KEY_VISIT, E) && has(f, EL_KEY_VISIT, E + 1) && !has(f, EL_KEY_VISIT, E + 2));
	assert_true(has(f, EL_KEY_QUEUE, E) && has(f, EL_KEY_QUEUE, E + 1) && !has(f, EL_KEY_QUEUE, E + 2));
	assert_pair(f, E);
	assert_pair(f, E + 1);
	assert_false(has(f, EL_KEY_PAIR, E + 2));
}

static void
destroys_the_pair_file_once_it_is_imported(void **state)
{
	F;

	assert_int_equal(access(f->pair_path, F_OK), 0);
	fixture_open(f, NOON);
	assert_int_not_equal(access(f->pair_path, F_OK), 0);
	fixture_restart(f, NOON);
	assert_pair(f, E);
}

static void
refuses_to_start_without_pair_file_and_key(void **state)
{
	bool changed;
	F;

	assert_int_equal(unlink(f->pair_path), 0);
	assert_int_equal(el_registry_open(&f->conf, NOON, &f->g), EL_OK);
	assert_int_equal(el_registry_tick(f->g, NOON, 0, &changed), EL_ECONFIG);
}

static void
finishes_an_import_that_a_crash_cut_short(void **state)
{
	F;

	fixture_open(f, NOON);
	fixture_close(f);
	assert_int_equal(el_keyfile_create(f->pair_path, EL_PURPOSE_PAIR, f->pair, E, NULL), EL_OK);
	fixture_open(f, NOON);
	assert_int_not_equal(access(f->pair_path, F_OK), 0);
	assert_pair(f, E);
}

static void
refuses_a_pair_file_of_another_chain(void **state)
{
	uint8_t other[EL_KEY_LEN];
	bool changed;
	F;

	fixture_open(f, NOON);
	fixture_close(f);
	el_random(other, sizeof other);
	assert_int_equal(el_keyfile_create(f->pair_path, EL_PURPOSE_PAIR, other, E, NULL), EL_OK);
	assert_int_equal(el_registry_open(&f->conf, NOON, &f->g), EL_OK);
	assert_int_equal(el_registry_tick(f->g, NOON, 0, &changed), EL_EEXIST);
	assert_int_equal(access(f->pair_path, F_OK), 0);
}

static void
ratchets_an_old_pair_file_to_the_oldest_day_that_can_arrive(void **state)
{
	F;

	fixture_open(f, day_at(E + 20, 8 * 3600));
	assert_false(has(f, EL_KEY_PAIR, E + 17));
	assert_false(has(f, EL_KEY_PAIR, E + 18)); /* its tokens could arrive until 06:00 of today */
	assert_pair(f, E + 19);
	assert_pair(f, E + 20);
	assert_pair(f, E + 21);
}

static void
ratchets_forward_every_day_and_over_a_gap(void **state)
{
	F;

	fixture_open(f, NOON);
	for (el_epoch e = E + 1; e < E + 5; e++) {
		fixture_tick(f, day_at(e, 60));
		assert_pair(f, e);
		assert_pair(f, (el_epoch)(e + 1));
	}
	fixture_close(f);
	fixture_open(f, day_at(E + 15, 60)); /* ten days off */
	for (el_epoch e = E + 14; e <= E + 16; e++)
		assert_pair(f, e);
	assert_false(has(f, EL_KEY_PAIR, E + 5));
	assert_false(has(f, EL_KEY_PAIR, E + 12));
}

static void
fills_the_gap_behind_a_clock_that_was_wrong(void **state)
{
	bool changed;
	F;

	fixture_open(f, NOON);
	assert_int_equal(el_registry_tick(f->g, day_at(E + 10, 0), f->mono_ms + 1000, &changed), EL_OK);
	assert_int_equal(f->g->guard_said, EL_GUARD_JUMPED); /* nothing is destroyed */
	assert_pair(f, E);
	assert_pair(f, E + 11);
	assert_int_equal(el_registry_tick(f->g, day_at(E + 3, 0), f->mono_ms + 2000, &changed), EL_OK);
	assert_pair(f, E + 3);
	assert_pair(f, E + 4);
	assert_true(has(f, EL_KEY_VISIT, E + 3));
}

static void
keeps_pair_and_queue_keys_until_their_tokens_cannot_arrive(void **state)
{
	const int64_t gone = day_at(E + 1, 0) + EL_TOKEN_GRACE_S + 86400;
	F;

	fixture_open(f, NOON);
	fixture_tick(f, day_at(E + 1, 60));
	fixture_tick(f, gone - 1);
	assert_true(has(f, EL_KEY_PAIR, E) && has(f, EL_KEY_QUEUE, E));
	assert_non_null(el_days_get(f->g->days, E));
	fixture_tick(f, gone);
	assert_false(has(f, EL_KEY_PAIR, E) || has(f, EL_KEY_QUEUE, E));
	assert_true(has(f, EL_KEY_VISIT, E));
	assert_null(el_days_get(f->g->days, E));
	assert_pair(f, E + 1);
}

static void
holds_queue_keys_that_are_scalars(void **state)
{
	struct el_queue_key keys[EL_QUEUE_KEYS_MAX];
	size_t n;
	F;

	fixture_open(f, NOON);
	n = el_days_queue_keys(f->g->days, NOON, keys);
	assert_int_equal(n, 2);
	assert_int_equal(keys[0].epoch, E + 1);
	assert_true(keys[0].secret.b[31] < 0x11 && keys[1].secret.b[31] < 0x11);
}

/* ---- Purge ---- */

static uint64_t
rows(const struct fixture *f, el_epoch e)
{
	uint64_t n;
	bool rewritten;

	assert_int_equal(f->g->daybook->ops->count(f->g->daybook, e, &n, &rewritten), EL_OK);
	return n;
}

static void
fill_day(struct fixture *f, const struct fixture_door *door, el_epoch e, int64_t now)
{
	struct el_checkin in;

	for (uint16_t i = 0; i < 5; i++) {
		fixture_token(f, e, i, now, &in);
		assert_int_equal(fixture_post(f, door, &in, now).code, EL_CODE_OK);
	}
}

static void
destroys_a_day_28_days_after_its_last_token(void **state)
{
	const int64_t due = day_at(E + 1, 0) + EL_TOKEN_GRACE_S + EL_RETENTION_S;
	struct fixture_door door;
	char folder[EL_CONF_STR_MAX + 32];
	uint8_t tags[EL_KEY_LEN], key[EL_KEY_LEN];
	F;

	fixture_open(f, NOON);
	fixture_door(f, NOON, &door);
	fill_day(f, &door, E, NOON);
	for (el_epoch e = E + 1; e <= E + 29; e++)
		fixture_tick(f, day_at(e, 0));
	(void)snprintf(folder, sizeof folder, "%s/visits/%u", f->conf.service.data_dir, E);
	fixture_tick(f, due - 1);
	assert_int_equal(rows(f, E), 5);
	assert_int_equal(access(folder, F_OK), 0);
	fixture_tick(f, due);
	assert_int_equal(rows(f, E), 0);
	assert_false(has(f, EL_KEY_VISIT, E));
	assert_true(has(f, EL_KEY_VISIT, E + 1));
	assert_int_equal(el_days_visit_keys(f->g->days, E, tags, key), EL_ENOTFOUND);
	assert_int_not_equal(access(folder, F_OK), 0);
	fixture_restart(f, due + 60);
	assert_false(has(f, EL_KEY_VISIT, E));
	assert_int_equal(rows(f, E), 0);
}

static void
changes_the_kek_with_every_destruction(void **state)
{
	uint8_t *before, *after;
	size_t n;
	F;

	fixture_open(f, NOON);
	assert_int_equal(el_file_read(f->conf.service.kek_file, 32, &before, &n), EL_OK);
	fixture_tick(f, NOON + 60);
	assert_int_equal(el_file_read(f->conf.service.kek_file, 32, &after, &n), EL_OK);
	assert_memory_equal(before, after, 32);
	free(after);
	fixture_tick(f, day_at(E + 3, 0));
	assert_int_equal(el_file_read(f->conf.service.kek_file, 32, &after, &n), EL_OK);
	assert_memory_not_equal(before, after, 32);
	free(before);
	free(after);
}

static void
catches_up_after_three_days_off(void **state)
{
	const int64_t back = day_at(E + 32, 0); /* E, E + 1 and E + 2 are due */
	struct el_service_state s;
	struct fixture_door door;
	struct el_buf out;
	size_t due;
	F;

	fixture_open(f, NOON);
	fixture_door(f, NOON, &door);
	fill_day(f, &door, E, NOON);
	for (el_epoch e = E + 1; e <= E + 28; e++) {
		fixture_tick(f, day_at(e, 0));
		fill_day(f, &door, e, day_at(e, 0));
	}
	fixture_close(f);
	fixture_open(f, back);
	assert_int_equal(el_purge_due(f->g, back, &due), EL_OK);
	assert_int_equal(due, 3);
	el_registry_state(f->g, back, &s);
	assert_false(s.serving || s.clock_ok || s.keys_ok); /* not before the time is confirmed */
	assert_int_equal(rows(f, E), 5);
	assert_false(has(f, EL_KEY_VISIT, E + 32));

	el_buf_init(&out, 4096);
	assert_int_equal(el_registry_control(f->g, EL_CTL_PURGE, 0, back, f->mono_ms, &out), EL_ESTATE);
	assert_int_equal(rows(f, E), 5);
	el_clock_guard_peer(&f->g->guard, back, back + 301);
	fixture_tick(f, back + 1);
	assert_int_equal(rows(f, E), 5);
	el_clock_guard_peer(&f->g->guard, back, back + 299);
	fixture_tick(f, back + 2);
	el_registry_state(f->g, back, &s);
	assert_true(s.serving && s.clock_ok && s.keys_ok && s.purge_on_time);
	for (el_epoch e = E; e <= E + 3; e++)
		assert_int_equal(rows(f, e), e <= E + 2 ? 0 : 5);
	el_buf_wipe(&out);
}

static void
destroys_nothing_after_a_jump_until_the_operator_confirms(void **state)
{
	const int64_t far = day_at(E + 40, 0);
	struct el_service_state s;
	struct fixture_door door;
	struct el_buf out;
	bool changed;
	F;

	fixture_open(f, NOON);
	fixture_door(f, NOON, &door);
	fill_day(f, &door, E, NOON);
	assert_int_equal(el_registry_tick(f->g, far, f->mono_ms + 1000, &changed), EL_OK);
	assert_int_equal(rows(f, E), 5);
	assert_true(has(f, EL_KEY_PAIR, E));
	el_registry_state(f->g, far, &s);
	assert_true(s.serving);
	assert_false(s.clock_ok || s.purge_on_time);
	el_buf_init(&out, 4096);
	assert_int_equal(el_registry_control(f->g, EL_CTL_STATUS, 0, far, f->mono_ms + 2000, &out), EL_OK);
	assert_int_equal(el_registry_control(f->g, EL_CTL_STATUS, 1, far, f->mono_ms + 2000, &out), EL_EFORMAT);
	assert_int_equal(el_registry_control(f->g, EL_CTL_CONFIRM_CLOCK, 0, far, f->mono_ms + 3000, &out), EL_OK);
	assert_int_equal(out.err, EL_OK);
	assert_int_equal(rows(f, E), 0);
	assert_false(has(f, EL_KEY_VISIT, E) || has(f, EL_KEY_PAIR, E));
	assert_pair(f, E + 40);
	el_buf_wipe(&out);
}

/* ---- What is left on the disk ---- */

static size_t
search_file(const char *path, const void *needle, size_t len)
{
	uint8_t *bytes;
	size_t n, found = 0;

	assert_int_equal(el_file_read(path, EL_FILE_MAX, &bytes, &n), EL_OK);
	for (size_t i = 0; i + len <= n; i++)
		found += memcmp(bytes + i, needle, len) == 0;
	free(bytes);
	return found;
}

static size_t
search_folder(const char *dir, const void *needle, size_t len)
{
	DIR *const d = opendir(dir);
	struct dirent *entry;
	struct stat st;
	char path[512];
	size_t found = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		assert_int_equal(el_path_join(path, sizeof path, dir, entry->d_name), EL_OK);
		assert_int_equal(lstat(path, &st), 0);
		if (S_ISDIR(st.st_mode))
			found += search_folder(path, needle, len);
		else if (S_ISREG(st.st_mode))
			found += search_file(path, needle, len);
	}
	closedir(d);
	return found;
}

static void
leaves_no_readable_trace_of_a_visit_on_the_disk(void **state)
{
	struct fixture_door door;
	struct el_checkin in;
	struct el_body body;
	F;

	fixture_open(f, NOON);
	fixture_door(f, NOON, &door);
	fixture_body(f, E, 0, &body);
	fixture_stamp(f, &body, NOON, &in);
	el_random(in.attempt.b, sizeof in.attempt.b);
	assert_int_equal(fixture_post(f, &door, &in, NOON).code, EL_CODE_OK);
	fixture_close(f);
	assert_int_equal(search_folder(f->conf.service.data_dir, in.attempt.b, sizeof in.attempt.b), 0);
	assert_int_equal(search_folder(f->conf.service.data_dir, body.b + 4, 16), 0); /* T */
	assert_int_equal(search_folder(f->conf.service.data_dir, body.b + 20, 32), 0); /* R */
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(makes_today_and_tomorrow_at_the_first_start),
		T(destroys_the_pair_file_once_it_is_imported),
		T(refuses_to_start_without_pair_file_and_key),
		T(finishes_an_import_that_a_crash_cut_short),
		T(refuses_a_pair_file_of_another_chain),
		T(ratchets_an_old_pair_file_to_the_oldest_day_that_can_arrive),
		T(ratchets_forward_every_day_and_over_a_gap),
		T(fills_the_gap_behind_a_clock_that_was_wrong),
		T(keeps_pair_and_queue_keys_until_their_tokens_cannot_arrive),
		T(holds_queue_keys_that_are_scalars),
		T(destroys_a_day_28_days_after_its_last_token),
		T(changes_the_kek_with_every_destruction),
		T(catches_up_after_three_days_off),
		T(destroys_nothing_after_a_jump_until_the_operator_confirms),
		T(leaves_no_readable_trace_of_a_visit_on_the_disk),
	};

	return cmocka_run_group_tests_name("registry_days", tests, NULL, NULL);
}
