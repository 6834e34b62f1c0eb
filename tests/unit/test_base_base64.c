#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

static void
encodes_and_decodes_the_examples_of_rfc_4648(void **state)
{
	static const char *const texts[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char text[EL_BASE64_LEN(6) + 1];
		uint8_t bytes[6];
		size_t n;

		el_base64_encode((const uint8_t *)"foobar", i, text);
		assert_string_equal(text, texts[i]);
		assert_int_equal(strlen(text), EL_BASE64_LEN(i));
		assert_int_equal(el_base64_decode(text, strlen(text), bytes, i, &n), EL_OK);
		assert_int_equal(n, i);
		assert_memory_equal(bytes, "foobar", i);
		assert_int_equal(el_base64_decode(text, strlen(text), NULL, i, &n), EL_OK);
		assert_int_equal(n, i);
		if (i > 0)
			assert_int_equal(el_base64_decode(text, strlen(text), bytes, i - 1, &n), EL_ELIMIT);
	}
}

static void
every_byte_comes_back(void **state)
{
	uint8_t all[256], back[256];
	char text[EL_BASE64_LEN(256) + 1];
	size_t n;

	(void)state;
	for (size_t i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	for (size_t from = 0; from < 4; from++) {
		el_base64_encode(all + from, 256 - from, text);
		assert_int_equal(el_base64_decode(text, strlen(text), back, sizeof back, &n), EL_OK);
		assert_int_equal(n, 256 - from);
		assert_memory_equal(back, all + from, n);
	}
}

static void
refuses_every_other_spelling(void **state)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "Zg======", "Zm8", "Zm8==", "=",
		"==", "===", "====", "Z===", "Zg==Zg==", "Zm8=Zm8=", "Z=g=", "=Zg=", "Zh==", "Zm9=", "Zm9v\n",
		"Zm9v====", " Zm9", "Zm9 ", "Zm\n9", "Zm9-", "Zm9_", "Zm9.", "Zm9\x80", "\xc3\xa9\xc3\xa9",
		"\xff\xff\xff\xff" };
	uint8_t bytes[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		n = 1;
		if (el_base64_decode(bad[i], strlen(bad[i]), bytes, sizeof bytes, &n) != EL_EFORMAT || n != 0)
			fail_msg("accepted \"%s\"", bad[i]);
	}
	assert_int_equal(el_base64_decode("Zm\0v", 4, bytes, sizeof bytes, &n), EL_EFORMAT);
}

static void
a_last_letter_has_one_spelling(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned one = 0, two = 0;
	uint8_t bytes[3];
	size_t n;

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		const char short_text[4] = { 'A', letters[i], '=', '=' }, long_text[4] = { 'A', 'A', letters[i], '=' };

		one += el_base64_decode(short_text, 4, bytes, 3, &n) == EL_OK;
		two += el_base64_decode(long_text, 4, bytes, 3, &n) == EL_OK;
	}
	assert_int_equal(one, 4);
	assert_int_equal(two, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_and_decodes_the_examples_of_rfc_4648),
		cmocka_unit_test(every_byte_comes_back),
		cmocka_unit_test(refuses_every_other_spelling),
		cmocka_unit_test(a_last_letter_has_one_spelling),
	};

	return cmocka_run_group_tests_name("base_base64", tests, NULL, NULL);
}
