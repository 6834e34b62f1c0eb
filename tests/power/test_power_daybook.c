#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "book.h"
#include "daybook_rows.h"
#include "soak.h"

static struct soak soak = { .points = 130, .seeds = 2, .first_seed = 1, .point = SIZE_MAX };

static void
visits_survive_a_loss_of_power_at_any_point(void **state)
{
	soak_run(&soak, &book_of_visits, *state);
}

static void
identities_survive_a_loss_of_power_at_any_point(void **state)
{
	soak_run(&soak, &book_of_identities, *state);
}

static void
what_visits_read_after_a_kill_is_not_lost(void **state)
{
	soak_run_after_kill(&soak, &book_of_visits, *state);
}

static void
what_identities_read_after_a_kill_is_not_lost(void **state)
{
	soak_run_after_kill(&soak, &book_of_identities, *state);
}

static void
notices_a_disk_that_lies_about_syncs_of_files(void **state)
{
	struct trial t = { .subject = &book_of_visits, .dir = *state, .lies = { .file_syncs_lie = true } };

	soak_must_fail(&t);
}

static void
notices_a_disk_that_lies_about_syncs_of_folders(void **state)
{
	struct trial t = { .subject = &book_of_visits, .dir = *state, .lies = { .folder_syncs_lie = true } };

	soak_must_fail(&t);
}

static void
notices_a_program_that_acknowledges_before_the_sync(void **state)
{
	struct trial t = { .subject = &book_of_identities, .dir = *state, .hasty = true };

	soak_must_fail(&t);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, soak_setup, soak_teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(visits_survive_a_loss_of_power_at_any_point),
		CASE(identities_survive_a_loss_of_power_at_any_point),
		CASE(what_visits_read_after_a_kill_is_not_lost),
		CASE(what_identities_read_after_a_kill_is_not_lost),
		CASE(notices_a_disk_that_lies_about_syncs_of_files),
		CASE(notices_a_disk_that_lies_about_syncs_of_folders),
		CASE(notices_a_program_that_acknowledges_before_the_sync),
	};

	soak_options(&soak, argc, argv);
	return cmocka_run_group_tests_name("power daybook", cases, NULL, NULL);
}
