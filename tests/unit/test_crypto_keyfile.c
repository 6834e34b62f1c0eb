#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "crypto/selftest.h"
#include "crypto/sign.h"
#include "scratch.h"

static int
answer(void *ctx, char *out, size_t size)
{
	if (ctx == NULL)
		return EL_ENOTFOUND;
	snprintf(out, size, "%s", (const char *)ctx);
	return EL_OK;
}

static int
read_as(const char *path, enum el_purpose p, char *passphrase)
{
	uint8_t *secret;
	const int r = el_keyfile_read(path, p, answer, passphrase, &secret, NULL);

	assert_true((r == EL_OK) == (secret != NULL));
	el_secret_free(secret);
	return r;
}

static void
writes_and_reads_every_purpose(void **state)
{
	for (enum el_purpose p = EL_PURPOSE_ROOT; p <= EL_PURPOSE_PAIR; p++) {
		const char *path = scratch_path(state, el_purpose_name(p));
		uint8_t drawn[32], pub[32], pub_read[32], *secret;
		char pub_path[300];
		el_epoch epoch = 1;
		enum el_purpose again;
		struct stat st;

		assert_int_equal(el_purpose_parse(el_purpose_name(p), &again), EL_OK);
		assert_int_equal(again, p);
		el_keyfile_draw(p, drawn);
		assert_int_equal(el_keyfile_create(path, p, drawn, 20700, NULL), EL_OK);
		assert_int_equal(el_keyfile_create(path, p, drawn, 20700, NULL), EL_EEXIST);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(el_keyfile_read(path, p, NULL, NULL, &secret, &epoch), EL_OK);
		assert_memory_equal(secret, drawn, 32);
		el_secret_free(secret);
		snprintf(pub_path, sizeof pub_path, "%s.pub", path);
		if (p == EL_PURPOSE_PAIR) {
			assert_int_equal(epoch, 20700);
			assert_int_equal(el_keyfile_public(p, drawn, pub), EL_EPERM);
			assert_int_equal(access(pub_path, F_OK), -1);
			continue;
		}
		assert_int_equal(epoch, 1);
		assert_int_equal(el_keyfile_public(p, drawn, pub), EL_OK);
		assert_int_equal(el_keyfile_read_public(pub_path, p, pub_read), EL_OK);
		assert_memory_equal(pub, pub_read, 32);
	}
	assert_int_equal(el_purpose_parse("rootx", &(enum el_purpose){ 0 }), EL_EFORMAT);
	assert_int_equal(el_purpose_parse("", &(enum el_purpose){ 0 }), EL_EFORMAT);
}

static void
public_halves_are_of_the_right_group(void **state)
{
	uint8_t secret[32], pub[32];
	struct el_sign_key *key;
	struct el_scalar s;
	struct el_point p;

	(void)state;
	el_keyfile_draw(EL_PURPOSE_OFFICER, secret);
	assert_int_equal(el_keyfile_public(EL_PURPOSE_OFFICER, secret, pub), EL_OK);
	assert_int_equal(el_sign_key_new(secret, &key), EL_OK);
	assert_memory_equal(el_sign_key_pk(key)->b, pub, 32);
	el_sign_key_free(key);
	el_keyfile_draw(EL_PURPOSE_TRUSTEE, secret);
	assert_int_equal(el_keyfile_public(EL_PURPOSE_TRUSTEE, secret, pub), EL_OK);
	assert_int_equal(el_scalar_parse(secret, &s), EL_OK);
	assert_int_equal(el_point_base(&p, &s), EL_OK);
	assert_memory_equal(p.b, pub, 32);
	memset(secret, 0xff, sizeof secret);
	assert_int_equal(el_keyfile_public(EL_PURPOSE_TRUSTEE, secret, pub), EL_EFORMAT);
}

static void
refuses_a_key_of_another_purpose(void **state)
{
	const char *path = scratch_path(state, "key");
	uint8_t secret[32], pub[32];

	el_keyfile_draw(EL_PURPOSE_OFFICER, secret);
	assert_int_equal(el_keyfile_create(path, EL_PURPOSE_OFFICER, secret, 0, NULL), EL_OK);
	assert_int_equal(read_as(path, EL_PURPOSE_OFFICER, NULL), EL_OK);
	assert_int_equal(read_as(path, EL_PURPOSE_ROOT, NULL), EL_EPERM);
	assert_int_equal(read_as(path, EL_PURPOSE_PAIR, NULL), EL_EPERM);
	assert_int_equal(el_keyfile_read_public(scratch_path(state, "key.pub"), EL_PURPOSE_ROOT, pub), EL_EPERM);
	/* A public file is no secret one, nor the reverse. */
	assert_int_equal(chmod(scratch_path(state, "key.pub"), 0600), 0);
	assert_int_equal(read_as(scratch_path(state, "key.pub"), EL_PURPOSE_OFFICER, NULL), EL_EFORMAT);
	assert_int_equal(el_keyfile_read_public(path, EL_PURPOSE_OFFICER, pub), EL_EFORMAT);
}

static void
refuses_a_key_that_others_may_read(void **state)
{
	static const mode_t wide[] = { 0640, 0604, 0660, 0610, 0601, 0777 };
	const char *path = scratch_path(state, "key");
	uint8_t secret[32];

	el_keyfile_draw(EL_PURPOSE_ROOT, secret);
	assert_int_equal(el_keyfile_create(path, EL_PURPOSE_ROOT, secret, 0, NULL), EL_OK);
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
		assert_int_equal(chmod(path, wide[i]), 0);
		assert_int_equal(read_as(path, EL_PURPOSE_ROOT, NULL), EL_EPERM);
	}
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(read_as(path, EL_PURPOSE_ROOT, NULL), EL_OK);
	assert_int_equal(read_as(scratch_path(state, "none"), EL_PURPOSE_ROOT, NULL), EL_ENOTFOUND);
}

static void
opens_a_sealed_key_with_its_passphrase_only(void **state)
{
	const char *path = scratch_path(state, "key");
	char right[] = "correct horse", wrong[] = "correct horsf";
	uint8_t secret[32], *read;

	el_keyfile_draw(EL_PURPOSE_ROOT, secret);
	assert_int_equal(el_keyfile_create(path, EL_PURPOSE_ROOT, secret, 0, right), EL_OK);
	assert_int_equal(el_keyfile_read(path, EL_PURPOSE_ROOT, answer, right, &read, NULL), EL_OK);
	assert_memory_equal(secret, read, 32);
	el_secret_free(read);
	assert_int_equal(read_as(path, EL_PURPOSE_ROOT, wrong), EL_ECRYPTO);
	assert_int_equal(read_as(path, EL_PURPOSE_ROOT, NULL), EL_ENOTFOUND);
	assert_int_equal(el_keyfile_read(path, EL_PURPOSE_ROOT, NULL, NULL, &read, NULL), EL_ECRYPTO);
	assert_null(read);
}

static void
a_sealed_key_holds_its_purpose_inside_the_seal(void **state)
{
	const char *path = scratch_path(state, "key");
	char right[] = "x", text[1100], *at;
	uint8_t secret[32];
	size_t n;

	el_keyfile_draw(EL_PURPOSE_ROOT, secret);
	assert_int_equal(el_keyfile_create(path, EL_PURPOSE_ROOT, secret, 0, right), EL_OK);
	n = scratch_read(path, text, sizeof text - 1);
	text[n] = '\0';
	assert_non_null(at = strstr(text, "root"));
	memcpy(at, "log", 3);
	memmove(at + 3, at + 4, strlen(at + 4) + 1);
	scratch_write(path, 0600, text, strlen(text));
	assert_int_equal(read_as(path, EL_PURPOSE_LOG, right), EL_ECRYPTO);
}

static void
refuses_a_key_file_cut_off_anywhere(void **state)
{
	const char *path = scratch_path(state, "key"), *cut = scratch_path(state, "cut");
	char text[1100];
	uint8_t secret[32];
	size_t n;

	el_keyfile_draw(EL_PURPOSE_PAIR, secret);
	assert_int_equal(el_keyfile_create(path, EL_PURPOSE_PAIR, secret, 20700, NULL), EL_OK);
	n = scratch_read(path, text, sizeof text);
	for (size_t i = 0; i < n; i++) {
		scratch_write(cut, 0600, text, i);
		assert_int_not_equal(read_as(cut, EL_PURPOSE_PAIR, NULL), EL_OK);
	}
	scratch_write(cut, 0600, text, n);
	assert_int_equal(read_as(cut, EL_PURPOSE_PAIR, NULL), EL_OK);
}

static void
refuses_any_other_form(void **state)
{
#define S43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define ROW(purpose, text) \
	{ \
		EL_PURPOSE_##purpose, text, sizeof text - 1 \
	}
	static const struct {
		enum el_purpose p;
		const char *text;
		size_t n;
	} bad[] = {
		ROW(ROOT, "entrylog-key 2\npurpose root\nsecret " S43 "\n"),
		ROW(ROOT, "entrylog-key 1\nsecret " S43 "\n"),
		ROW(ROOT, "entrylog-key 1\npurpose root\nsecret " S43 "\n\n"),
		ROW(ROOT, "entrylog-key 1\npurpose root\nsecret " S43 "\n\0more"),
		ROW(ROOT, "entrylog-key 1\npurpose root\nsecret " S43 "\0\n"),
		ROW(ROOT, "entrylog-key 1\npurpose root\nsecret  " S43 "\n"),
		ROW(ROOT, "entrylog-key 1\npurpose root\nsecret " S43 "=\n"),
		ROW(ROOT, "entrylog-key 1\npurpose root\nsecret A" S43 "\n"),
		ROW(ROOT, "entrylog-key 1\r\npurpose root\r\nsecret " S43 "\r\n"),
		ROW(ROOT, "entrylog-key 1\npurpose root\nepoch 1\nsecret " S43 "\n"),
		ROW(ROOT, "entrylog-key 1\npurpose root\nsealed " S43 "\n"),
		ROW(PAIR, "entrylog-key 1\npurpose pair\nsecret " S43 "\n"),
		ROW(PAIR, "entrylog-key 1\npurpose pair\nepoch 65536\nsecret " S43 "\n"),
		ROW(PAIR, "entrylog-key 1\npurpose pair\nepoch -1\nsecret " S43 "\n"),
		ROW(PAIR, "entrylog-key 1\npurpose pair\nepoch 1x\nsecret " S43 "\n"),
		ROW(TRUSTEE, "entrylog-key 1\npurpose trustee\nsecret " S43 "\n"), /* the scalar 0 */
		ROW(ORDER, "entrylog-key 1\npurpose order\nsecret _____________________________________________w8\n"),
		ROW(ORDER,
		    "entrylog-key 1\npurpose order\nsecret 7dP1XBpjEljWnPei3vneFAAAAAAAAAAAAAAAAAAAABA\n"), /* L */
	};
	const char *path = scratch_path(state, "key");
	static const char good[] = "entrylog-key 1\npurpose root\nsecret " S43 "\n";

	scratch_write(path, 0600, good, sizeof good - 1);
	assert_int_equal(read_as(path, EL_PURPOSE_ROOT, NULL), EL_OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		scratch_write(path, 0600, bad[i].text, bad[i].n);
		if (read_as(path, bad[i].p, NULL) != EL_EFORMAT)
			fail_msg("accepted form %zu", i);
	}
}

static void
refuses_a_file_that_is_too_long(void **state)
{
	static char text[4000];
	const char *path = scratch_path(state, "key");

	memset(text, 'a', sizeof text);
	scratch_write(path, 0600, text, sizeof text);
	assert_int_equal(read_as(path, EL_PURPOSE_ROOT, NULL), EL_ELIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_scratch(writes_and_reads_every_purpose),
		cmocka_unit_test(public_halves_are_of_the_right_group),
		with_scratch(refuses_a_key_of_another_purpose),
		with_scratch(refuses_a_key_that_others_may_read),
		with_scratch(opens_a_sealed_key_with_its_passphrase_only),
		with_scratch(a_sealed_key_holds_its_purpose_inside_the_seal),
		with_scratch(refuses_a_key_file_cut_off_anywhere),
		with_scratch(refuses_any_other_form),
		with_scratch(refuses_a_file_that_is_too_long),
	};

	if (el_crypto_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("crypto_keyfile", tests, NULL, NULL);
}
