#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/keyring.h"
#include "crypto/keyring_internal.h"
#include "crypto/row.h"
#include "crypto/selftest.h"
#include "scratch.h"

#define ENTRY 76
static const struct el_key_id id_old = { EL_KEY_ID, 0, 20699 }, id_new = { EL_KEY_ID, 0, 20700 };
static const struct el_key_id live = { EL_KEY_LIVE, 0, 20700 };

static struct el_keyring *
open_ring(void **state)
{
	struct el_keyring *k = NULL;

	assert_int_equal(
	    el_keyring_open(scratch_path(state, "keyring"), scratch_path(state, "kek"), EL_PARTY_ISSUER, &k), EL_OK);
	assert_non_null(k);
	return k;
}

static int
try_open(void **state)
{
	struct el_keyring *k;
	const int r = el_keyring_open(scratch_path(state, "keyring"), scratch_path(state, "kek"), EL_PARTY_ISSUER, &k);

	el_keyring_close(k);
	return r;
}

static void
add(struct el_keyring *k, struct el_key_id id, uint8_t fill)
{
	uint8_t key[1][EL_KEY_LEN];

	memset(key, fill, sizeof key);
	assert_int_equal(el_keyring_add(k, &id, (const uint8_t(*)[EL_KEY_LEN])key, 1), EL_OK);
}

static void
assert_key(const struct el_keyring *k, struct el_key_id id, uint8_t fill)
{
	uint8_t key[EL_KEY_LEN], want[EL_KEY_LEN];

	memset(want, fill, sizeof want);
	assert_int_equal(el_keyring_get(k, id, key), EL_OK);
	assert_memory_equal(key, want, sizeof key);
}

/* Due: everything up to the epoch that ctx points to. */
static bool
is_due(void *ctx, struct el_key_id id)
{
	return id.epoch <= *(const el_epoch *)ctx;
}

static size_t
destroy_until(struct el_keyring *k, el_epoch epoch)
{
	size_t n;

	assert_int_equal(el_keyring_destroy(k, is_due, &epoch, &n), EL_OK);
	return n;
}

static void
begins_empty_with_a_kek_of_mode_0600(void **state)
{
	struct el_keyring *k = open_ring(state);
	struct stat st;
	uint8_t key[EL_KEY_LEN];

	assert_false(el_keyring_has(k, id_old));
	memset(key, 1, sizeof key);
	assert_int_equal(el_keyring_get(k, id_old, key), EL_ENOTFOUND);
	assert_true(el_is_zero(key, sizeof key));
	el_keyring_close(k);
	assert_int_equal(stat(scratch_path(state, "kek"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(stat(scratch_path(state, "keyring"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	el_keyring_close(NULL);
}

static void
takes_a_kek_that_the_operator_put_there(void **state)
{
	struct el_keyring *k;
	uint8_t kek[32] = { 5 }, now[64];

	scratch_write(scratch_path(state, "kek"), 0600, kek, sizeof kek);
	k = open_ring(state);
	add(k, id_old, 1);
	el_keyring_close(k);
	assert_int_equal(scratch_read(scratch_path(state, "kek"), now, sizeof now), 32);
	assert_memory_equal(kek, now, sizeof kek);
}

static void
keeps_keys_over_a_restart_in_order(void **state)
{
	struct el_keyring *k = open_ring(state);
	const struct el_key_id many[2] = { { EL_KEY_PAIR, 7, 20700 }, { EL_KEY_PAIR, 8, 20700 } };
	uint8_t keys[2][EL_KEY_LEN];

	memset(keys[0], 3, EL_KEY_LEN);
	memset(keys[1], 4, EL_KEY_LEN);
	add(k, id_old, 1);
	add(k, id_new, 2);
	assert_int_equal(el_keyring_add(k, many, (const uint8_t(*)[EL_KEY_LEN])keys, 2), EL_OK);
	el_keyring_close(k);
	k = open_ring(state);
	assert_key(k, id_old, 1);
	assert_key(k, id_new, 2);
	assert_key(k, many[0], 3);
	assert_key(k, many[1], 4);
	assert_false(el_keyring_has(k, live));
	el_keyring_close(k);
}

static void
refuses_a_key_twice_and_adds_nothing_then(void **state)
{
	struct el_keyring *k = open_ring(state);
	const struct el_key_id both[2] = { live, id_old }, same[2] = { live, live };
	uint8_t keys[2][EL_KEY_LEN] = { { 9 }, { 9 } };

	add(k, id_old, 1);
	assert_int_equal(el_keyring_add(k, both, (const uint8_t(*)[EL_KEY_LEN])keys, 2), EL_EEXIST);
	assert_int_equal(el_keyring_add(k, same, (const uint8_t(*)[EL_KEY_LEN])keys, 2), EL_EEXIST);
	assert_false(el_keyring_has(k, live));
	assert_key(k, id_old, 1);
	el_keyring_close(k);
}

static void
ensures_a_key_once_and_keeps_it(void **state)
{
	struct el_keyring *k = open_ring(state);
	uint8_t first[EL_KEY_LEN], second[EL_KEY_LEN];

	assert_int_equal(el_keyring_ensure(k, live), EL_OK);
	assert_int_equal(el_keyring_get(k, live, first), EL_OK);
	assert_false(el_is_zero(first, sizeof first));
	assert_int_equal(el_keyring_ensure(k, live), EL_OK);
	assert_int_equal(el_keyring_get(k, live, second), EL_OK);
	assert_memory_equal(first, second, sizeof first);
	el_keyring_close(k);
}

static void
writes_no_key_in_the_clear(void **state)
{
	struct el_keyring *k = open_ring(state);
	uint8_t key[EL_KEY_LEN];

	memset(key, 0x77, sizeof key);
	add(k, id_old, 0x77);
	assert_false(scratch_contains(state, key, 8));
	el_keyring_close(k);
}

static void
refuses_wrong_kek_party_mode_and_length(void **state)
{
	struct el_keyring *k = open_ring(state);
	uint8_t kek[33] = { 0 }, ring[2 * ENTRY];

	add(k, id_old, 1);
	el_keyring_close(k);
	assert_int_equal(
	    el_keyring_open(scratch_path(state, "keyring"), scratch_path(state, "kek"), EL_PARTY_REGISTRY, &k),
	    EL_ECRYPTO);
	assert_null(k);
	assert_int_equal(chmod(scratch_path(state, "kek"), 0640), 0);
	assert_int_equal(try_open(state), EL_EPERM);
	assert_int_equal(chmod(scratch_path(state, "kek"), 0600), 0);
	assert_int_equal(chmod(scratch_path(state, "keyring"), 0644), 0);
	assert_int_equal(try_open(state), EL_EPERM);
	assert_int_equal(chmod(scratch_path(state, "keyring"), 0600), 0);
	assert_int_equal(try_open(state), EL_OK);
	assert_int_equal(scratch_read(scratch_path(state, "keyring"), ring, sizeof ring), ENTRY);
	scratch_write(scratch_path(state, "keyring"), 0600, ring, ENTRY - 1);
	assert_int_equal(try_open(state), EL_EFORMAT);
	scratch_write(scratch_path(state, "keyring"), 0600, ring, ENTRY);
	scratch_write(scratch_path(state, "kek"), 0600, kek, 32);
	assert_int_equal(try_open(state), EL_ECRYPTO);
	scratch_write(scratch_path(state, "kek"), 0600, kek, 31);
	assert_int_equal(try_open(state), EL_EFORMAT);
	scratch_write(scratch_path(state, "kek"), 0600, kek, 33);
	assert_int_not_equal(try_open(state), EL_OK);
	assert_int_equal(unlink(scratch_path(state, "kek")), 0);
	assert_int_equal(try_open(state), EL_ENOTFOUND);
	/* Nothing of the above has touched the keyring. */
	assert_int_equal(scratch_read(scratch_path(state, "keyring"), ring, sizeof ring), ENTRY);
}

static void
destroys_what_is_due_and_keeps_the_rest(void **state)
{
	struct el_keyring *k = open_ring(state);
	uint8_t before[32], after[32];

	add(k, id_old, 1);
	add(k, id_new, 2);
	scratch_read(scratch_path(state, "kek"), before, sizeof before);
	assert_int_equal(destroy_until(k, 20698), 0);
	scratch_read(scratch_path(state, "kek"), after, sizeof after);
	assert_memory_equal(before, after, sizeof before); /* nothing due: nothing written */
	assert_int_equal(destroy_until(k, 20699), 1);
	scratch_read(scratch_path(state, "kek"), after, sizeof after);
	assert_memory_not_equal(before, after, sizeof before);
	assert_false(scratch_contains(state, before, sizeof before));
	for (int i = 0; i < 2; i++) {
		assert_false(el_keyring_has(k, id_old));
		assert_key(k, id_new, 2);
		el_keyring_close(k);
		k = open_ring(state);
	}
	add(k, live, 3); /* and goes on under the new KEK */
	el_keyring_close(k);
	k = open_ring(state);
	assert_key(k, live, 3);
	assert_key(k, id_new, 2);
	el_keyring_close(k);
	assert_false(scratch_has_ending(state, ".next"));
}

/* A copy of the keyring, put beside a KEK: what does it open to? */
static int
open_copy(void **state, const uint8_t *ring, size_t len, const uint8_t kek[32], struct el_keyring **k)
{
	scratch_write(scratch_path(state, "copy"), 0600, ring, len);
	scratch_write(scratch_path(state, "copy.kek"), 0600, kek, 32);
	return el_keyring_open(scratch_path(state, "copy"), scratch_path(state, "copy.kek"), EL_PARTY_ISSUER, k);
}

static void
old_keyring_opens_only_under_the_kek_that_died(void **state)
{
	struct el_keyring *k = open_ring(state), *copy;
	uint8_t old_ring[8 * ENTRY], old_kek[32], kek[32];
	size_t len;

	add(k, id_old, 1);
	add(k, id_new, 2);
	len = scratch_read(scratch_path(state, "keyring"), old_ring, sizeof old_ring);
	scratch_read(scratch_path(state, "kek"), old_kek, sizeof old_kek);
	assert_int_equal(destroy_until(k, 20699), 1);
	el_keyring_close(k);
	/* The old KEK is on no file any more, and without it the stale copy is noise. */
	assert_false(scratch_contains(state, old_kek, sizeof old_kek));
	scratch_read(scratch_path(state, "kek"), kek, sizeof kek);
	assert_int_equal(open_copy(state, old_ring, len, kek, &copy), EL_ECRYPTO);
	/* So that this test shows something: with the KEK kept aside, it was all there. */
	assert_int_equal(open_copy(state, old_ring, len, old_kek, &copy), EL_OK);
	assert_key(copy, id_old, 1);
	el_keyring_close(copy);
}

static void
old_backup_opens_nothing_after_two_rotations(void **state)
{
	struct el_keyring *k = open_ring(state), *copy;
	uint8_t backup[8 * ENTRY], kek[32];
	size_t len;

	for (uint16_t e = 1; e <= 4; e++)
		add(k, (struct el_key_id){ EL_KEY_VISIT, 0, e }, (uint8_t)e);
	len = scratch_read(scratch_path(state, "keyring"), backup, sizeof backup);
	assert_int_equal(len, 4 * ENTRY);
	for (el_epoch e = 1; e <= 2; e++) {
		assert_int_equal(destroy_until(k, e), 1);
		scratch_read(scratch_path(state, "kek"), kek, sizeof kek);
		assert_int_equal(open_copy(state, backup, len, kek, &copy), EL_ECRYPTO);
		/* Nor any single entry, the ones that still live included. */
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(open_copy(state, backup + i * ENTRY, ENTRY, kek, &copy), EL_ECRYPTO);
	}
	el_keyring_close(k);
}

static int crash_at;

static void
crash(int step)
{
	if (step == crash_at)
		_exit(7);
}

/* Destroy in a child that ends at a step. */
static void
destroy_and_crash(void **state, el_epoch until, int step)
{
	const pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct el_keyring *k;
		size_t n;

		if (el_keyring_open(scratch_path(state, "keyring"), scratch_path(state, "kek"), EL_PARTY_ISSUER, &k) !=
		    EL_OK)
			_exit(1);
		crash_at = step;
		el_keyring_step_hook = crash;
		if (el_keyring_destroy(k, is_due, &until, &n) != EL_OK)
			_exit(2);
		_exit(3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

/*
 * After the crash: kept keys are there, destroyed ones all there under the old KEK or all gone, no file of
 * the change is left, and where they are gone so is the KEK under which stale copies open.
 */
static void
crash_once(void **state, int step, bool keep_one)
{
	struct el_keyring *k = open_ring(state);
	const struct el_key_id gone[2] = { { EL_KEY_ID, 0, 1 }, { EL_KEY_PAIR, 9, 2 } };
	uint8_t old_ring[8 * ENTRY], old_kek[32], kek[32];
	size_t len;
	bool there;

	add(k, gone[0], 1);
	add(k, gone[1], 2);
	if (keep_one)
		add(k, id_new, 3);
	el_keyring_close(k);
	len = scratch_read(scratch_path(state, "keyring"), old_ring, sizeof old_ring);
	scratch_read(scratch_path(state, "kek"), old_kek, sizeof old_kek);
	destroy_and_crash(state, 2, step);
	k = open_ring(state);
	there = el_keyring_has(k, gone[0]);
	assert_int_equal(el_keyring_has(k, gone[1]), there);
	assert_int_equal(there, step < 3);
	if (there) {
		assert_key(k, gone[0], 1);
		assert_key(k, gone[1], 2);
	}
	if (keep_one)
		assert_key(k, id_new, 3);
	assert_false(scratch_has_ending(state, ".next"));
	scratch_read(scratch_path(state, "kek"), kek, sizeof kek);
	if (there) {
		assert_memory_equal(kek, old_kek, sizeof kek);
		/* and the destruction can be done again */
		assert_int_equal(destroy_until(k, 2), 2);
	}
	el_keyring_close(k);
	if (scratch_contains(state, old_kek, sizeof old_kek))
		fail_msg("the old KEK lives on after a crash at step %d", step);
	scratch_read(scratch_path(state, "kek"), kek, sizeof kek);
	assert_int_equal(open_copy(state, old_ring, len, kek, &k), EL_ECRYPTO);
	unlink(scratch_path(state, "keyring"));
	unlink(scratch_path(state, "kek"));
}

static void
survives_a_crash_between_any_two_steps(void **state)
{
	for (int step = 1; step <= 6; step++)
		crash_once(state, step, true);
}

static void
survives_a_crash_when_every_key_is_destroyed(void **state)
{
	for (int step = 1; step <= 6; step++)
		crash_once(state, step, false);
}

static void
survives_a_crash_during_the_repair_of_a_crash(void **state)
{
	struct el_keyring *k = open_ring(state);
	uint8_t half[32];

	add(k, id_old, 1);
	add(k, id_new, 2);
	el_keyring_close(k);
	destroy_and_crash(state, 20699, 4);
	/* The repair overwrote the old KEK in part when the power went. */
	scratch_read(scratch_path(state, "kek"), half, sizeof half);
	memset(half, 0xaa, 16);
	scratch_write(scratch_path(state, "kek"), 0600, half, sizeof half);
	k = open_ring(state);
	assert_false(el_keyring_has(k, id_old));
	assert_key(k, id_new, 2);
	el_keyring_close(k);
	assert_false(scratch_has_ending(state, ".next"));
}

static void
leftovers_of_interrupted_writes_are_harmless(void **state)
{
	struct el_keyring *k = open_ring(state);

	add(k, id_old, 1);
	el_keyring_close(k);
	scratch_write(scratch_path(state, "kek.next.tmp"), 0600, "half", 4);
	scratch_write(scratch_path(state, "keyring.tmp"), 0600, "half", 4);
	scratch_write(scratch_path(state, "kek.next"), 0600, "half", 4);
	scratch_write(scratch_path(state, "keyring.next"), 0600, "half", 4);
	k = open_ring(state);
	assert_key(k, id_old, 1);
	add(k, id_new, 2);
	assert_int_equal(destroy_until(k, 20699), 1);
	el_keyring_close(k);
	k = open_ring(state);
	assert_key(k, id_new, 2);
	el_keyring_close(k);
	assert_false(scratch_has_ending(state, ".next"));
}

static void
mixes_a_credential_of_the_service_manager_into_the_kek(void **state)
{
	uint8_t credential[32], file[32], kek[32], ring[ENTRY],
	    ad[5] = { EL_PARTY_ISSUER, EL_KEY_ID, 0, 20699 >> 8, 20699 & 0xff };
	uint8_t key[EL_KEY_LEN];
	char dir[256];
	struct el_keyring *k;

	snprintf(dir, sizeof dir, "%s/credentials", (const char *)*state);
	assert_int_equal(mkdir(dir, 0700), 0);
	memset(credential, 6, sizeof credential);
	scratch_write(scratch_path(state, "credentials/kek"), 0400, credential, sizeof credential);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	k = open_ring(state);
	add(k, id_old, 1);
	el_keyring_close(k);
	assert_int_equal(scratch_read(scratch_path(state, "keyring"), ring, sizeof ring), ENTRY);
	scratch_read(scratch_path(state, "kek"), file, sizeof file);
	el_kdf(kek, credential, "EL1-kek", file, sizeof file);
	assert_int_equal(el_aead_open(kek, ring + 4, ENTRY - 4, ad, sizeof ad, key), EL_OK);
	k = open_ring(state); /* rotates under the credential too */
	add(k, id_new, 2);
	assert_int_equal(destroy_until(k, 20699), 1);
	el_keyring_close(k);
	k = open_ring(state);
	assert_key(k, id_new, 2);
	el_keyring_close(k);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(try_open(state), EL_ECRYPTO); /* the disk alone does not open it */
	assert_int_equal(unlink(scratch_path(state, "credentials/kek")), 0);
}

static void
holds_as_many_keys_as_it_promises(void **state)
{
	static struct el_key_id ids[EL_KEYRING_MAX + 1];
	static uint8_t keys[EL_KEYRING_MAX + 1][EL_KEY_LEN];
	struct el_keyring *k = open_ring(state);

	for (size_t i = 0; i <= EL_KEYRING_MAX; i++)
		ids[i] = (struct el_key_id){ EL_KEY_VISIT, 0, (el_epoch)i };
	assert_int_equal(el_keyring_add(k, ids, (const uint8_t(*)[EL_KEY_LEN])keys, EL_KEYRING_MAX + 1), EL_ELIMIT);
	assert_int_equal(el_keyring_add(k, ids, (const uint8_t(*)[EL_KEY_LEN])keys, EL_KEYRING_MAX), EL_OK);
	assert_int_equal(el_keyring_add(k, &live, (const uint8_t(*)[EL_KEY_LEN])keys, 1), EL_ELIMIT);
	el_keyring_close(k);
	assert_int_equal(try_open(state), EL_OK);
}

/* This stands before the C library's: while a disk is full, nothing is written but into the room of that file. */
static const char *full_until_gone;

ssize_t
write(int fd, const void *in, size_t len)
{
	if (full_until_gone != NULL && access(full_until_gone, F_OK) == 0) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_write, fd, in, len);
}

static void
changes_keys_on_a_full_disk_out_of_its_reserve(void **state)
{
	static const char *const reserves[] = { "keyring.reserve", "kek.reserve" };
	struct el_keyring *k = open_ring(state);
	size_t n;

	add(k, id_old, 1);
	add(k, id_new, 2);
	full_until_gone = scratch_path(state, "keyring");
	assert_int_equal(el_keyring_destroy(k, is_due, &(el_epoch){ id_old.epoch }, &n), EL_ESPACE);
	assert_key(k, id_old, 1);
	full_until_gone = NULL;
	for (size_t i = 0; i < 2; i++) {
		el_keyring_reserve(k);
		full_until_gone = scratch_path(state, reserves[i]);
		assert_int_equal(access(full_until_gone, F_OK), 0);
		if (i == 0)
			assert_int_equal(destroy_until(k, id_old.epoch), 1);
		else
			add(k, live, 3);
		/* With room again it is there again, at the latest when it is asked for. */
		el_keyring_reserve(k);
		assert_int_equal(access(full_until_gone, F_OK), 0);
		full_until_gone = NULL;
	}
	el_keyring_close(k);
	k = open_ring(state);
	assert_false(el_keyring_has(k, id_old));
	assert_key(k, id_new, 2);
	assert_key(k, live, 3);
	el_keyring_close(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_scratch(begins_empty_with_a_kek_of_mode_0600),
		with_scratch(takes_a_kek_that_the_operator_put_there),
		with_scratch(keeps_keys_over_a_restart_in_order),
		with_scratch(refuses_a_key_twice_and_adds_nothing_then),
		with_scratch(ensures_a_key_once_and_keeps_it),
		with_scratch(writes_no_key_in_the_clear),
		with_scratch(refuses_wrong_kek_party_mode_and_length),
		with_scratch(destroys_what_is_due_and_keeps_the_rest),
		with_scratch(old_keyring_opens_only_under_the_kek_that_died),
		with_scratch(old_backup_opens_nothing_after_two_rotations),
		with_scratch(survives_a_crash_between_any_two_steps),
		with_scratch(survives_a_crash_when_every_key_is_destroyed),
		with_scratch(survives_a_crash_during_the_repair_of_a_crash),
		with_scratch(leftovers_of_interrupted_writes_are_harmless),
		with_scratch(mixes_a_credential_of_the_service_manager_into_the_kek),
		with_scratch(holds_as_many_keys_as_it_promises),
		with_scratch(changes_keys_on_a_full_disk_out_of_its_reserve),
	};

	if (unsetenv("CREDENTIALS_DIRECTORY") != 0 || el_crypto_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("crypto_keyring", tests, NULL, NULL);
}
