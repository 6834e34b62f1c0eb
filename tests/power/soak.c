#include "soak.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daybook_rows.h"

#define MUST_FAIL_POINTS 60
#define MUST_FAIL_SEEDS 3

static const struct option options[] = {
	{ "points", required_argument, NULL, 'n' },
	{ "seeds", required_argument, NULL, 'm' },
	{ "seed", required_argument, NULL, 's' },
	{ "point", required_argument, NULL, 'k' },
	{ "calm", no_argument, NULL, 'c' },
	{ "verbose", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

void
soak_options(struct soak *s, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'n':
			s->points = strtoul(optarg, NULL, 10);
			break;
		case 'm':
			s->seeds = strtoul(optarg, NULL, 10);
			break;
		case 's':
			s->first_seed = strtoul(optarg, NULL, 10);
			break;
		case 'k':
			s->point = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			s->calm = true;
			break;
		case 'v':
			s->say = true;
			break;
		default:
			exit(64);
		}
	/* One point is of one first life. */
	if (s->point != SIZE_MAX)
		s->seeds = 1;
}

int
soak_setup(void **state)
{
	char *const dir = calloc(1, 64);

	assert_non_null(dir);
	/* In memory where there is such a folder: thousands of disks are made and removed. */
	strcpy(dir, "/dev/shm/el-power-XXXXXX");
	if (mkdtemp(dir) == NULL)
		folder_new(dir);
	*state = dir;
	return 0;
}

int
soak_teardown(void **state)
{
	folder_remove(*state);
	free(*state);
	return 0;
}

static void
run(const struct soak *s, struct trial *t)
{
	t->say = s->say;
	t->calm = s->calm;
	for (size_t i = 0; i < s->seeds; i++) {
		t->seed = s->first_seed + i;
		/* After a kill little is drawn by lot. */
		trial_run(t, t->after_kill ? s->points / 2 : s->points, s->point, false);
	}
	printf("# %s: %zu losses at %zu points, %zu violations\n", t->subject->name, t->n_trials, t->n_points,
	    t->n_failed);
	assert_int_equal(t->n_failed, 0);
	assert_true(t->n_trials > 0);
}

void
soak_run(const struct soak *s, const struct subject *subject, const char *dir)
{
	struct trial t = { .subject = subject, .dir = dir };

	run(s, &t);
}

void
soak_run_after_kill(const struct soak *s, const struct subject *subject, const char *dir)
{
	struct trial t = { .subject = subject, .dir = dir, .after_kill = true };

	run(s, &t);
}

void
soak_must_fail(struct trial *t)
{
	for (t->seed = 1; t->seed <= MUST_FAIL_SEEDS && t->n_failed == 0; t->seed++)
		trial_run(t, MUST_FAIL_POINTS, SIZE_MAX, true);
	printf("# noticed after %zu losses\n", t->n_trials);
	assert_true(t->n_failed > 0);
}
