#include "registry_fixture.h"

#include <string.h>

/* What the registry checks of its configuration beyond the table. */

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

static void
closes_segments_early_in_lab_mode_alone(void **state)
{
	struct fixture *const f = *state;
	char message[EL_CONF_STR_MAX + 1];

	f->conf.service.lab = true;
	f->conf.lab_segment_rows = EL_LAB_SEGMENT_ROWS_MIN;
	assert_int_equal(el_registry_conf_check(&f->conf, message), EL_OK);
	f->conf.service.lab = false;
	assert_int_equal(el_registry_conf_check(&f->conf, message), EL_ECONFIG);
	assert_non_null(strstr(message, "lab_segment_rows"));
	f->conf.lab_segment_rows = EL_SEGMENT_ROWS;
	assert_int_equal(el_registry_conf_check(&f->conf, message), EL_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(closes_segments_early_in_lab_mode_alone, begin, end),
	};

	return cmocka_run_group_tests_name("registry_conf", tests, NULL, NULL);
}
