#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base32.h"
#include "base/code.h"
#include "base/secret.h"
#include "base/text.h"

static void
accepts_phones_in_the_one_form_only(void **state)
{
	static const char *const good[] = { "+821000000000", "+1000000", "+999000000000000", "+10000000" };
	static const char *const bad[] = { "", "+", "821000000000", "+0821000000", "+82010000000", "+820",
		"+8201000000000", "+100000", "+9990000000000000", "+82 1000000000", "+82-1000000000", "+82100000000a",
		" +821000000000", "+821000000000 ", "+821000000000\n", "++821000000000", "+82100000000\xd9\xa0",
		"0100000000" };
	struct el_phone p;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(el_phone_parse(good[i], &p), EL_OK);
		assert_string_equal(p.s, good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (el_phone_parse(bad[i], &p) != EL_EFORMAT)
			fail_msg("accepted '%s'", bad[i]);
}

static void
brings_typed_phones_into_the_one_form(void **state)
{
	static const struct {
		const char *in, *country, *out;
	} rows[] = {
		{ "010-0000-0000", "82", "+821000000000" },
		{ " 010 0000 0000 ", "82", "+821000000000" },
		{ "(02) 000.0000", "82", "+8220000000" },
		{ "+82 10-0000-0000", "82", "+821000000000" },
		{ "0082 10 0000 0000", "82", "+821000000000" },
		{ "+1 (555) 000-0000", "82", "+15550000000" },
		{ "0555 000 0000", "1", "+15550000000" },
		{ "+82 010-0000-0000", "82", NULL },
		{ "0082010 0000 0000", "82", NULL },
		{ "82 10 0000 0000", "82", NULL },
		{ "1000000000", "82", NULL },
		{ "010-0000-000x", "82", NULL },
		{ "010+00000000", "82", NULL },
		{ "00", "82", NULL },
		{ "0", "82", NULL },
		{ "", "82", NULL },
		{ "01000000000000000000000000000000000000000000000000000000000000", "82", NULL },
	};
	struct el_phone p;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const int r = el_phone_from_input(rows[i].in, rows[i].country, &p);

		if ((r == EL_OK) != (rows[i].out != NULL))
			fail_msg("'%s' gave %d", rows[i].in, r);
		if (rows[i].out != NULL)
			assert_string_equal(p.s, rows[i].out);
		else
			assert_int_equal(r, EL_EFORMAT);
	}
}

#define GA "\xea\xb0\x80" /* U+AC00, composed */
#define GA_JAMO "\xe1\x84\x80\xe1\x85\xa1" /* the same decomposed */

static void
names_are_composed_trimmed_and_kept(void **state)
{
	char out[EL_NAME_MAX + 1], again[EL_NAME_MAX + 1], name[101];

	(void)state;
	assert_int_equal(el_text_name("  " GA_JAMO " A  ", out), EL_OK);
	assert_string_equal(out, GA " A");
	assert_int_equal(el_text_name(out, again), EL_OK);
	assert_string_equal(out, again);
	memset(name, 'a', 100);
	name[100] = '\0';
	assert_int_equal(el_text_name(name, out), EL_OK);
	assert_string_equal(out, name);
}

static void
names_that_are_empty_long_or_hide_something_are_refused(void **state)
{
	static const char *const bad[] = { "", "   ", "a\nb", "a\tb", "\x7f",
		"a\xc2\x85"
		"b" /* NEL */,
		"a\xe2\x80\xae"
		"b" /* right-to-left override */,
		"a\xe2\x80\x8b"
		"b" /* zero width space */,
		"\xef\xbb\xbf"
		"a" /* BOM */,
		"a\xe2\x80\xa8"
		"b" /* line separator */,
		"\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80" /* a surrogate */,
		"\xf4\x90\x80\x80" /* beyond U+10FFFF */ };
	char out[EL_NAME_MAX + 1], name[600];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (el_text_name(bad[i], out) != EL_EFORMAT)
			fail_msg("accepted name %zu", i);
	memset(name, 'a', sizeof name);
	name[101] = '\0';
	assert_int_equal(el_text_name(name, out), EL_ELIMIT);
	name[101] = 'a';
	name[599] = '\0';
	assert_int_equal(el_text_name(name, out), EL_ELIMIT);
}

static void
nfc_is_recognised(void **state)
{
	(void)state;
	assert_true(el_text_is_nfc("", 0));
	assert_true(el_text_is_nfc("plain", 5));
	assert_true(el_text_is_nfc(GA, 3));
	assert_false(el_text_is_nfc(GA_JAMO, 6));
	assert_false(el_text_is_nfc("e\xcc\x81", 3));
	assert_true(el_text_is_nfc("\xc3\xa9", 2));
	assert_false(el_text_is_nfc("\xe2\x84\xab", 3)); /* the angstrom sign becomes a letter */
	assert_false(el_text_is_nfc("a\0b", 3));
	assert_false(el_text_is_nfc("a\x1f", 2));
	assert_false(el_text_is_nfc("\x7f", 1));
	assert_false(el_text_is_nfc("\xff", 1));
	assert_false(el_text_is_nfc(GA, 2));
}

static void
enrolment_codes_are_drawn_and_read_back(void **state)
{
	char code[EL_ENROL_CODE_LEN + 1], typed[40], back[EL_ENROL_CODE_LEN + 1];

	(void)state;
	for (int i = 0; i < 50; i++) {
		el_base32_code(code);
		assert_int_equal(strlen(code), EL_ENROL_CODE_LEN);
		assert_int_equal(strspn(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), EL_ENROL_CODE_LEN);
		snprintf(typed, sizeof typed, " %.4s-%.4s %.4s ", code, code + 4, code + 8);
		for (char *p = typed; *p != '\0'; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p - 'A' + 'a');
		assert_int_equal(el_base32_code_parse(typed, back), EL_OK);
		assert_string_equal(code, back);
	}
	assert_int_equal(el_base32_code_parse("OoIiLl000000", back), EL_OK);
	assert_string_equal(back, "001111000000");
}

static void
enrolment_codes_of_another_form_are_refused(void **state)
{
	static const char *const bad[] = { "", "00000000000", "0000000000000", "00000000000U", "00000000000u",
		"00000000000*", "0000_00000000", "00000000000\xc3\xa9" };
	char out[EL_ENROL_CODE_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(el_base32_code_parse(bad[i], out), EL_EFORMAT);
}

static void
every_code_has_a_name_of_its_own_a_status_and_titles(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EL_CODE_MAX; i++) {
		const enum el_code c = (enum el_code)i;
		const char *name = el_code_name(c);

		assert_non_null(name);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		assert_true(el_code_status(c) == 200 || (el_code_status(c) >= 400 && el_code_status(c) < 600));
		assert_non_null(el_code_title(c, EL_LANGUAGE_KO));
		assert_non_null(el_code_title(c, EL_LANGUAGE_EN));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name, el_code_name((enum el_code)k));
	}
	assert_string_equal(el_code_name((enum el_code)EL_CODE_MAX), "internal");
	assert_int_equal(el_code_status((enum el_code) - 1), 500);
}

static void
every_error_has_a_text(void **state)
{
	(void)state;
	for (int e = 0; e >= EL_ESPACE; e--) {
		assert_string_not_equal(el_strerror(e), "unknown error");
		for (int k = 0; k > e; k--)
			assert_string_not_equal(el_strerror(e), el_strerror(k));
	}
	assert_string_equal(el_strerror(EL_ESPACE - 1), "unknown error");
	assert_string_equal(el_strerror(1), "unknown error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_phones_in_the_one_form_only),
		cmocka_unit_test(brings_typed_phones_into_the_one_form),
		cmocka_unit_test(names_are_composed_trimmed_and_kept),
		cmocka_unit_test(names_that_are_empty_long_or_hide_something_are_refused),
		cmocka_unit_test(nfc_is_recognised),
		cmocka_unit_test(enrolment_codes_are_drawn_and_read_back),
		cmocka_unit_test(enrolment_codes_of_another_form_are_refused),
		cmocka_unit_test(every_code_has_a_name_of_its_own_a_status_and_titles),
		cmocka_unit_test(every_error_has_a_text),
	};

	if (el_secret_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("base_text", tests, NULL, NULL);
}
