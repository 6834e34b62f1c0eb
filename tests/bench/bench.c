#include "bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "entrylog/error.h"

static int64_t
clock_ns(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
bench_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t
bench_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void
bench_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	exit(1);
}

void
bench_ok(int r, const char *what)
{
	if (r != EL_OK)
		bench_die("%s: %s", what, el_strerror(r));
}

void *
bench_alloc(size_t n, size_t size)
{
	void *const p = calloc(n > 0 ? n : 1, size);

	if (p == NULL)
		bench_die("no memory");
	return p;
}

static _Noreturn void
usage(const char *program, const struct bench_option *table)
{
	(void)fprintf(stderr, "usage: %s", program);
	for (; table->name != NULL; table++)
		(void)fprintf(stderr, " [--%s%s]", table->name, table->type == BENCH_FLAG ? "" : " VALUE");
	(void)fputc('\n', stderr);
	exit(64);
}

static bool
take(const struct bench_option *o, const char *text)
{
	struct bench_list *const list = o->value;
	char *end;
	uint64_t n;

	switch (o->type) {
	case BENCH_FLAG:
		*(bool *)o->value = true;
		return true;
	case BENCH_STR:
		*(const char **)o->value = text;
		return true;
	case BENCH_LIST:
		if (list->n == BENCH_LIST_MAX)
			return false;
		list->item[list->n++] = text;
		return true;
	case BENCH_UINT:
		break;
	}
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' || n < o->min || n > o->max)
		return false;
	*(uint64_t *)o->value = n;
	return true;
}

void
bench_options(int argc, char **argv, const struct bench_option *table)
{
	for (int i = 1; i < argc; i++) {
		const struct bench_option *o = table;

		while (o->name != NULL && (strncmp(argv[i], "--", 2) != 0 || strcmp(argv[i] + 2, o->name) != 0))
			o++;
		if (o->name == NULL || (o->type != BENCH_FLAG && ++i == argc) || !take(o, argv[i]))
			usage(argv[0], table);
	}
}

char *
bench_lines(const char *path, size_t len, size_t *n)
{
	uint8_t *text;
	size_t size;

	bench_ok(el_file_read(path, (size_t)64 << 20, &text, &size), path);
	if (size == 0 || size % (len + 1) != 0)
		bench_die("%s: not lines of %zu characters", path, len);
	*n = size / (len + 1);
	for (size_t i = 0; i < *n; i++) {
		if (text[i * (len + 1) + len] != '\n')
			bench_die("%s: not lines of %zu characters", path, len);
		text[i * (len + 1) + len] = '\0';
	}
	return (char *)text;
}

void
bench_write(const char *path, const void *in, size_t len)
{
	bench_ok(el_file_replace(path, 0600, in, len), path);
}

/* Not inlined, since the instrument knows it by its name. */
__attribute__((noinline)) void
bench_measured(void (*fn)(void *ctx), void *ctx)
{
	fn(ctx);
}
