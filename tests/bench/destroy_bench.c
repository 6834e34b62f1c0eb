#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "bench.h"
#include "entrylog/epoch.h"
#include "stock.h"

/*
 * Makes an epoch of a running registry due by its lab clock and takes the time until its key is gone: until the
 * fresh KEK has taken the old one's name, which is the last step of a destruction (protocol section 3).  With
 * --approach SECONDS it only sets the clock to that long before.
 *
 * The last shift must be short, since a code that was shown before it must still be fresh after it.
 */
struct watch {
	int fd, data, kek; /* inotify and its watches */
	int64_t keyring_ns, kek_ns; /* when each was replaced, 0: not yet */
};

static void
shift_to(const struct stock *s, int64_t to_s, pid_t pid)
{
	char text[32];
	const int len = snprintf(text, sizeof text, "%lld\n", (long long)(to_s - (int64_t)time(NULL)));

	bench_write(s->conf.service.lab_clock, text, (size_t)len);
	if (kill(pid, SIGHUP) != 0)
		bench_die("the daemon: %s", strerror(errno));
}

static int
watch_folder_of(int fd, const char *path)
{
	char dir[512];
	char *slash;
	int w;

	(void)snprintf(dir, sizeof dir, "%s", path);
	if ((slash = strrchr(dir, '/')) != NULL)
		*slash = '\0';
	if ((w = inotify_add_watch(fd, dir, IN_MOVED_TO)) < 0)
		bench_die("%s: %s", dir, strerror(errno));
	return w;
}

static void
note(struct watch *w, const struct inotify_event *e, const char *kek_name)
{
	if (e->len == 0)
		return;
	if (e->wd == w->data && strcmp(e->name, "keyring") == 0)
		w->keyring_ns = bench_now_ns();
	if (e->wd == w->kek && strcmp(e->name, kek_name) == 0 && w->keyring_ns != 0)
		w->kek_ns = bench_now_ns();
}

static void
await_key(struct watch *w, const char *kek_name, int64_t until_ns)
{
	_Alignas(struct inotify_event) char events[4096];
	struct pollfd p = { .fd = w->fd, .events = POLLIN };

	while (w->kek_ns == 0) {
		const struct inotify_event *e;
		ssize_t n;

		if (bench_now_ns() > until_ns)
			bench_die("the key is still there");
		if (poll(&p, 1, 1000) <= 0)
			continue;
		if ((n = read(w->fd, events, sizeof events)) <= 0)
			bench_die("inotify: %s", strerror(errno));
		for (const char *at = events; at < events + n; at += sizeof *e + e->len) {
			e = (const struct inotify_event *)(const void *)at;
			note(w, e, kek_name);
		}
	}
}

/* The engine keeps an epoch in a folder of its number; until that is gone too. */
static int64_t
await_files(const struct stock *s, el_epoch epoch, int64_t until_ns)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	char visits[512], name[32], dir[512];
	struct stat st;

	(void)snprintf(name, sizeof name, "%05u", (unsigned)epoch);
	bench_ok(el_path_join(visits, sizeof visits, s->conf.service.data_dir, "visits"), "visits");
	bench_ok(el_path_join(dir, sizeof dir, visits, name), "visits");
	while (stat(dir, &st) == 0) {
		if (bench_now_ns() > until_ns)
			bench_die("the files are still there");
		(void)nanosleep(&pause, NULL);
	}
	return bench_now_ns();
}

static void
destroy(const struct stock *s, el_epoch epoch, int64_t due_s, pid_t pid, int64_t most_ns)
{
	const char *const kek = s->conf.service.kek_file, *const slash = strrchr(kek, '/');
	char keyring[512];
	struct watch w = { .fd = inotify_init1(IN_CLOEXEC) };
	int64_t from, files;

	bench_ok(el_path_join(keyring, sizeof keyring, s->conf.service.data_dir, "keyring"), "keyring");
	w.data = watch_folder_of(w.fd, keyring);
	w.kek = watch_folder_of(w.fd, kek);
	from = bench_now_ns();
	shift_to(s, due_s + 1, pid);
	await_key(&w, slash != NULL ? slash + 1 : kek, from + most_ns);
	files = await_files(s, epoch, from + most_ns);
	printf("{\"epoch\":%u,\"key_gone_ms\":%.3f,\"files_gone_ms\":%.3f}\n", epoch, (double)(w.kek_ns - from) / 1e6,
	    (double)(files - from) / 1e6);
	(void)close(w.fd);
}

int
main(int argc, char **argv)
{
	const char *conf = NULL;
	uint64_t epoch = 0, pid = 0, approach = 0, offset = 18000, seconds = 120;
	static struct stock s; /* large */
	const struct bench_option options[] = {
		{ "conf", BENCH_STR, &conf, 0, 0 },
		{ "epoch", BENCH_UINT, &epoch, 1, 65000 },
		{ "pid", BENCH_UINT, &pid, 2, 1 << 30 },
		{ "approach", BENCH_UINT, &approach, 1, 3600 },
		{ "day-offset", BENCH_UINT, &offset, 0, 86399 },
		{ "seconds", BENCH_UINT, &seconds, 1, 600 },
		{ 0 },
	};
	int64_t due_s;

	bench_options(argc, argv, options);
	if (epoch == 0 || pid == 0)
		bench_die("--conf, --epoch and --pid are needed");
	stock_load(&s, conf);
	due_s = el_epoch_destroy_at((el_epoch)epoch, (uint32_t)offset);
	if (approach > 0)
		shift_to(&s, due_s - (int64_t)approach, (pid_t)pid);
	else
		destroy(&s, (el_epoch)epoch, due_s, (pid_t)pid, (int64_t)seconds * 1000000000);
	return 0;
}
