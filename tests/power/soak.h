#ifndef EL_TEST_POWER_SOAK_H
#define EL_TEST_POWER_SOAK_H

#include "trial.h"

/* How much is tried: a little by default, for hours when asked on the command line (soak_options). */
struct soak {
	size_t points; /* of each first life */
	size_t seeds; /* first lives */
	uint64_t first_seed;
	size_t point; /* SIZE_MAX: all */
	bool say;
	bool calm;
};

/* --points N --seeds N --seed FIRST --point K --calm --verbose; ends the program at anything else. */
void soak_options(struct soak *, int argc, char **argv);

/* cmocka's setup and teardown: the state is a folder. */
int soak_setup(void **state);
int soak_teardown(void **state);

/* Try one subject; fails the test when any trial failed, after all were made. */
void soak_run(const struct soak *, const struct subject *, const char *dir);
/* The same, but: what a life reads that a killed one had not acknowledged must not be lost after it was read. */
void soak_run_after_kill(const struct soak *, const struct subject *, const char *dir);
/* The same for something that is broken: fails the test when no trial noticed. */
void soak_must_fail(struct trial *);

#endif
