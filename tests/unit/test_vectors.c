/*
 * Replays tests/vectors through the normal interfaces.  test_vectors_order.c replays the documents.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "vectors_replay.h"

static struct vec_file files[] = {
	{ "base45", replay_base45 },
	{ "base64url", replay_base64url },
	{ "kdf", replay_kdf },
	{ "point", replay_point },
	{ "scalar", replay_scalar },
	{ "box", replay_box },
	{ "row", replay_row },
	{ "signature", replay_signature },
	{ "share", replay_share },
	{ "keyring", replay_keyring },
	{ "ticket", replay_ticket },
	{ "token", replay_token },
	{ "trace_box", replay_trace_box },
	{ "leaf", replay_leaf },
	{ "tree", replay_tree },
	{ "log", replay_log },
	{ "tags", replay_tags },
	{ "callsig", replay_callsig },
	{ "epoch", replay_epoch },
	{ "dleq", replay_dleq },
};
#define N_FILES (sizeof files / sizeof files[0])

static bool
is_known(const char *name)
{
	static const char *const elsewhere[] = { "rjson", "documents", "publog" }; /* test_vectors_order.c */
	const size_t n = strlen(name) - strlen(".json");

	for (size_t i = 0; i < N_FILES; i++)
		if (strlen(files[i].name) == n && strncmp(files[i].name, name, n) == 0)
			return true;
	for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
		if (strlen(elsewhere[i]) == n && strncmp(elsewhere[i], name, n) == 0)
			return true;
	return false;
}

static void
every_vector_file_is_replayed(void **state)
{
	DIR *dir = opendir(EL_SOURCE_DIR "/tests/vectors");
	struct dirent *e;
	size_t n = 0;

	(void)state;
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		const char *dot = strrchr(e->d_name, '.');

		if (dot == NULL || strcmp(dot, ".json") != 0)
			continue;
		if (!is_known(e->d_name))
			fail_msg("nobody replays %s", e->d_name);
		n++;
	}
	closedir(dir);
	assert_true(n >= N_FILES);
}

int
main(void)
{
	struct CMUnitTest tests[N_FILES + 1] = { cmocka_unit_test(every_vector_file_is_replayed) };
	char names[N_FILES][40];

	vec_use_stated_randomness();
	for (size_t i = 0; i < N_FILES; i++) {
		strcpy(names[i], "replays the vectors of ");
		strncat(names[i], files[i].name, sizeof names[i] - strlen(names[i]) - 1);
		tests[i + 1] = (struct CMUnitTest){ names[i], vec_replay_file, NULL, NULL, &files[i] };
	}
	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
