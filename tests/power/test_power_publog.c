#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/secret.h"
#include "log.h"
#include "soak.h"

/* Each opening reads the whole log and compares it with its checkpoint: no checkpoint is ever without its tiles. */
static struct soak soak = { .points = 200, .seeds = 2, .first_seed = 1, .point = SIZE_MAX };

static void
a_checkpoint_survives_a_loss_of_power_with_all_of_its_tiles(void **state)
{
	soak_run(&soak, &public_log, *state);
}

static void
what_is_read_after_a_kill_is_not_lost(void **state)
{
	soak_run_after_kill(&soak, &public_log, *state);
}

static void
notices_a_disk_that_lies_about_syncs_of_files(void **state)
{
	struct trial t = { .subject = &public_log, .dir = *state, .lies = { .file_syncs_lie = true } };

	soak_must_fail(&t);
}

static void
notices_a_disk_that_lies_about_syncs_of_folders(void **state)
{
	struct trial t = { .subject = &public_log, .dir = *state, .lies = { .folder_syncs_lie = true } };

	soak_must_fail(&t);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, soak_setup, soak_teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(a_checkpoint_survives_a_loss_of_power_with_all_of_its_tiles),
		CASE(what_is_read_after_a_kill_is_not_lost),
		CASE(notices_a_disk_that_lies_about_syncs_of_files),
		CASE(notices_a_disk_that_lies_about_syncs_of_folders),
	};

	if (el_secret_init() != EL_OK)
		return 1;
	soak_options(&soak, argc, argv);
	return cmocka_run_group_tests_name("power publog", cases, NULL, NULL);
}
