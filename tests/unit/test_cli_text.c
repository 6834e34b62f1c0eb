/* What the command line prints of values that come from others' files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "cli/cli.h"

static void
times_are_told_with_their_zone(void **state)
{
	char text[EL_CLI_TIME_LEN];

	(void)state;
	el_cli_format_time(1788500000, text);
	assert_string_equal(text, "2026-09-04T14:33:20+09:00");
}

static void
times_that_no_calendar_has_are_told_as_seconds(void **state)
{
	char text[EL_CLI_TIME_LEN];

	(void)state;
	el_cli_format_time(253402214400, text);
	assert_string_equal(text, "9999-12-31T09:00:00+09:00");
	el_cli_format_time(253402214401, text);
	assert_string_equal(text, "second 253402214401");
	el_cli_format_time(INT64_MAX, text); /* a witness may write this beside its cosignature */
	assert_string_equal(text, "second 9223372036854775807");
	el_cli_format_time(INT64_MIN, text);
	assert_string_equal(text, "second -9223372036854775808");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_told_with_their_zone),
		cmocka_unit_test(times_that_no_calendar_has_are_told_as_seconds),
	};

	setenv("TZ", "UTC-9", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
