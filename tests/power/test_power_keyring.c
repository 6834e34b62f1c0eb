#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ring.h"
#include "soak.h"

static struct soak soak = { .points = 1000, .seeds = 3, .first_seed = 1, .point = SIZE_MAX };

static void
keys_survive_a_loss_of_power_and_dead_ones_stay_dead(void **state)
{
	soak_run(&soak, &keyring, *state);
}

static void
what_is_read_after_a_kill_is_not_lost(void **state)
{
	soak_run_after_kill(&soak, &keyring, *state);
}

static void
notices_a_disk_that_lies_about_syncs_of_files(void **state)
{
	struct trial t = { .subject = &keyring, .dir = *state, .lies = { .file_syncs_lie = true } };

	soak_must_fail(&t);
}

static void
notices_a_disk_that_lies_about_syncs_of_folders(void **state)
{
	struct trial t = { .subject = &keyring, .dir = *state, .lies = { .folder_syncs_lie = true } };

	soak_must_fail(&t);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, soak_setup, soak_teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(keys_survive_a_loss_of_power_and_dead_ones_stay_dead),
		CASE(what_is_read_after_a_kill_is_not_lost),
		CASE(notices_a_disk_that_lies_about_syncs_of_files),
		CASE(notices_a_disk_that_lies_about_syncs_of_folders),
	};

	ring_use_seeded_random();
	soak_options(&soak, argc, argv);
	return cmocka_run_group_tests_name("power keyring", cases, NULL, NULL);
}
