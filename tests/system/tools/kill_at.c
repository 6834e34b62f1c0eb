/*
 * Kills processes of a daemon at a moment that shows in its files: when the n-th name that matches is made in (or,
 * with '-' before the pattern, removed from) one of the folders, and so many microseconds later.
 *
 *	kill_at NTH MICROSECONDS WHO PATTERN FOLDER...
 *
 * WHO is "all" or the name of a child ("el-core").  Folders of epochs below FOLDER are watched too.  It says
 * "armed", reads the parent's pid from its input (which need not be there before the daemon was started), and says
 * "fired NAME" after the deed.  The end of its input before that ends it.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define WATCHES_MAX 256

struct watched {
	int wd;
	char *path;
};

static struct watched watches[WATCHES_MAX];
static size_t n_watches;
static int fd;
static bool on_removal;
static regex_t pattern;

static void
watch(const char *path, bool deep)
{
	const uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_DELETE;
	const int wd = inotify_add_watch(fd, path, mask);
	struct dirent *e;
	DIR *dir;
	char sub[PATH_MAX];

	if (wd < 0 || n_watches == WATCHES_MAX)
		return;
	watches[n_watches++] = (struct watched){ wd, strdup(path) };
	if (!deep || (dir = opendir(path)) == NULL)
		return;
	while ((e = readdir(dir)) != NULL)
		if (isdigit((unsigned char)e->d_name[0]) && e->d_type == DT_DIR &&
		    (size_t)snprintf(sub, sizeof sub, "%s/%s", path, e->d_name) < sizeof sub)
			watch(sub, false);
	closedir(dir);
}

/* An epoch's folder may be new; what was made in it before it was watched is missed, as by any killer. */
static void
watch_new(const struct inotify_event *e)
{
	char sub[PATH_MAX];

	for (size_t i = 0; i < n_watches; i++)
		if (watches[i].wd == e->wd && (e->mask & IN_ISDIR) != 0 && (e->mask & IN_CREATE) != 0 &&
		    (size_t)snprintf(sub, sizeof sub, "%s/%s", watches[i].path, e->name) < sizeof sub) {
			watch(sub, false);
			return;
		}
}

static bool
is_match(const struct inotify_event *e)
{
	if (e->len == 0 || ((e->mask & IN_DELETE) != 0) != on_removal)
		return false;
	return regexec(&pattern, e->name, 0, NULL, 0) == 0;
}

static void
spin(long micros)
{
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - from.tv_sec) * 1000000 + (now.tv_nsec - from.tv_nsec) / 1000 < micros);
}

static bool
is_named(long pid, const char *who)
{
	char path[64], name[32] = "";
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%ld/comm", pid);
	if ((f = fopen(path, "r")) == NULL)
		return false;
	if (fgets(name, sizeof name, f) != NULL)
		name[strcspn(name, "\n")] = '\0';
	fclose(f);
	return strcmp(name, who) == 0;
}

static void
kill_them(long parent, const char *who)
{
	const bool all = strcmp(who, "all") == 0;
	char path[64];
	long pid[64];
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", parent, parent);
	if ((f = fopen(path, "r")) != NULL) {
		while (n < 64 && fscanf(f, "%ld", &pid[n]) == 1)
			n++;
		fclose(f);
	}
	if (all)
		kill((pid_t)parent, SIGKILL);
	for (size_t i = 0; i < n; i++)
		if (all || is_named(pid[i], who))
			kill((pid_t)pid[i], SIGKILL);
}

/* The next pid on our input; 0: it has ended. */
static long
read_pid(void)
{
	char line[32];

	return fgets(line, sizeof line, stdin) != NULL ? strtol(line, NULL, 10) : 0;
}

/* One read's worth of events; true: the deed was done, or cannot be. */
static bool
look(const char *events, ssize_t len, long *nth, long micros, long *parent, const char *who)
{
	for (const char *at = events; at < events + len;) {
		const struct inotify_event *const e = (const struct inotify_event *)(const void *)at;

		watch_new(e);
		if (is_match(e) && --*nth == 0) {
			spin(micros);
			if (*parent == 0 && (*parent = read_pid()) == 0)
				return true;
			kill_them(*parent, who);
			printf("fired %s\n", e->name);
			return true;
		}
		at += sizeof *e + e->len;
	}
	return false;
}

int
main(int argc, char **argv)
{
	static _Alignas(struct inotify_event) char events[65536];
	struct pollfd p[2] = { { .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	long nth, micros, parent = 0;
	ssize_t len;

	if (argc < 6)
		return 64;
	nth = strtol(argv[1], NULL, 10);
	micros = strtol(argv[2], NULL, 10);
	on_removal = argv[4][0] == '-';
	setvbuf(stdin, NULL, _IONBF, 0);
	if (regcomp(&pattern, argv[4] + on_removal, REG_EXTENDED | REG_NOSUB) != 0 ||
	    (p[0].fd = fd = inotify_init1(IN_CLOEXEC)) < 0)
		return 70;
	for (int i = 5; i < argc; i++)
		watch(argv[i], true);
	puts("armed");
	fflush(stdout);
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return 70;
		if (p[0].revents != 0 && (len = read(fd, events, sizeof events)) > 0) {
			if (look(events, len, &nth, micros, &parent, argv[3]))
				return 0;
		} else if (p[1].revents != 0 && (parent = read_pid()) == 0)
			return 0;
	}
}
