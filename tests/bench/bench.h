#ifndef EL_TESTS_BENCH_BENCH_H
#define EL_TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the benchmark programs have in common.  They are instruments, not services: a failure ends the
 * program with a line on stderr and status 1, wrong options with 64.
 */

int64_t bench_now_ns(void); /* monotonic */
int64_t bench_cpu_ns(void); /* used by this process, user and system */

_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Dies unless r is EL_OK. */
void bench_ok(int r, const char *what);
void *bench_alloc(size_t n, size_t size); /* zeroed, never NULL */

/* Options are `--name VALUE`, but for flags. */
enum bench_option_type { BENCH_STR, BENCH_UINT, BENCH_FLAG, BENCH_LIST };

#define BENCH_LIST_MAX 8
struct bench_list {
	const char *item[BENCH_LIST_MAX];
	size_t n;
};

struct bench_option {
	const char *name; /* NULL ends the table */
	enum bench_option_type type;
	void *value; /* const char *, uint64_t, bool, struct bench_list: as it stands, until the option is given */
	uint64_t min, max; /* BENCH_UINT */
};
void bench_options(int argc, char **argv, const struct bench_option *);

/* The lines of a text file, each exactly len characters; line i stands at i * (len + 1), NUL-terminated. */
char *bench_lines(const char *path, size_t len, size_t *n);
/* Write a private file (0600), replacing what was there. */
void bench_write(const char *path, const void *in, size_t len);

/*
 * What an instrument of instructions collects (valgrind --toggle-collect=bench_measured): fn alone, neither
 * what was made ready before nor the program's start.
 */
void bench_measured(void (*fn)(void *ctx), void *ctx);

#endif
