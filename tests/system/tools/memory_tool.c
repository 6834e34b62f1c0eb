/*
 * Looks for byte strings in the memory of running processes, as root would who has taken a machine over.
 *
 *	memory_tool PID... < NEEDLES
 *
 * NEEDLES: lines "name hex".  Says "found PID NAME TIMES MAPPING" for each needle in each mapping that has it, and "read PID
 * BYTES" for each process: of every mapping, readable for the process itself or not; "gone PID" where it has ended.  77: this
 * machine forbids it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define NEEDLES_MAX 4096
#define NEEDLE_MAX 512
#define CHUNK (4u << 20)
#define FORBIDDEN 77

struct needle {
	char name[64];
	uint8_t bytes[NEEDLE_MAX];
	size_t len, times; /* in the mapping at work */
};
static struct needle needles[NEEDLES_MAX];
static size_t n_needles;
static uint8_t window[NEEDLE_MAX + CHUNK]; /* the end of the last chunk, and the next */

static int
digit(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
read_needles(void)
{
	char hex[2 * NEEDLE_MAX + 1];

	for (; n_needles < NEEDLES_MAX; n_needles++) {
		struct needle *const n = &needles[n_needles];

		if (scanf("%63s %1024s", n->name, hex) != 2)
			return feof(stdin) ? 0 : -1;
		for (n->len = 0; hex[2 * n->len] != '\0'; n->len++) {
			const int high = digit(hex[2 * n->len]), low = digit(hex[2 * n->len + 1]);

			if (high < 0 || low < 0)
				return -1;
			n->bytes[n->len] = (uint8_t)(high << 4 | low);
		}
		if (n->len < 4)
			return -1; /* would be found anywhere */
	}
	return -1;
}

/* What ends behind the first `old` bytes is new; what lies in them whole was counted with the chunk before. */
static void
count(size_t old, size_t len)
{
	for (size_t i = 0; i < n_needles; i++) {
		struct needle *const n = &needles[i];
		const uint8_t *at = window + (old >= n->len ? old - n->len + 1 : 0), *hit;

		while ((hit = memmem(at, (size_t)(window + len - at), n->bytes, n->len)) != NULL) {
			n->times++;
			at = hit + 1;
		}
	}
}

/* The bytes read of one mapping; a page that cannot be read (of a guard, of a device) ends it. */
static uint64_t
search(int mem, uint64_t from, uint64_t to)
{
	uint64_t at = from;
	size_t old = 0;
	ssize_t got;

	while (at < to) {
		got = pread(mem, window + old, to - at < CHUNK ? (size_t)(to - at) : CHUNK, (off_t)at);
		if (got <= 0)
			break;
		count(old, old + (size_t)got);
		at += (uint64_t)got;
		if (old + (size_t)got <= NEEDLE_MAX)
			old += (size_t)got;
		else {
			memmove(window, window + old + (size_t)got - NEEDLE_MAX, NEEDLE_MAX);
			old = NEEDLE_MAX;
		}
	}
	return at - from;
}

static int
search_process(const char *pid)
{
	char path[64], line[512], name[256];
	uint64_t from, to, total = 0;
	FILE *maps = NULL;
	int mem = -1, r = FORBIDDEN;

	snprintf(path, sizeof path, "/proc/%s/maps", pid);
	if ((maps = fopen(path, "r")) == NULL)
		goto out;
	snprintf(path, sizeof path, "/proc/%s/mem", pid);
	if ((mem = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		goto out;
	while (fgets(line, sizeof line, maps) != NULL) {
		name[0] = '\0';
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %255s", &from, &to, name) < 2)
			continue;
		for (size_t i = 0; i < n_needles; i++)
			needles[i].times = 0;
		/* The kernel's own page lies beyond what an offset can say. */
		if (strcmp(name, "[vsyscall]") != 0)
			total += search(mem, from, to);
		for (size_t i = 0; i < n_needles; i++)
			if (needles[i].times > 0)
				printf("found %s %s %zu %s\n", pid, needles[i].name, needles[i].times, name[0] != '\0' ? name : "anonymous");
	}
	printf("read %s %llu\n", pid, (unsigned long long)total);
	r = total > 0 ? 0 : FORBIDDEN;
out:
	if (r != 0 && (errno == ENOENT || errno == ESRCH)) {
		printf("gone %s\n", pid);
		r = 0;
	} else if (r != 0)
		fprintf(stderr, "memory_tool: %s: %s\n", path, strerror(errno));
	if (mem >= 0)
		close(mem);
	if (maps != NULL)
		fclose(maps);
	return r;
}

int
main(int argc, char **argv)
{
	int r = 0;

	if (read_needles() != 0) {
		fprintf(stderr, "memory_tool: needles are lines of a name and 4 to 512 bytes in hex\n");
		return 64;
	}
	for (int i = 1; r == 0 && i < argc; i++)
		r = search_process(argv[i]);
	return r;
}
