#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench.h"
#include "crypto/selftest.h"
#include "histogram.h"
#include "requests.h"
#include "schedule.h"

/*
 * A load on a daemon of this machine, one process and one thread.  Closed model: each connection sends its next
 * request when it has its answer.  Open model (--rate): arrivals at a fixed rate (schedule.h).  One line of JSON
 * on standard output; status 2 when anything was refused, closed or left unanswered.
 */
#define SECOND 1000000000LL
#define ERRORS_MAX 32
#define CODE_MAX 32
#define DRAIN_S 10
#define EVENTS 256

struct refusal {
	unsigned status;
	char code[CODE_MAX];
	uint64_t n;
};

/* What a part of the run brought. */
struct tally {
	uint64_t requests, items;
	struct histogram latency;
};

struct load {
	struct requests requests;
	struct http_conn *conns;
	int64_t *due_ns; /* of each connection's request */
	uint32_t *idle;
	size_t n_conns, n_idle, n_busy;
	uint16_t port;
	int epoll;
	bool is_open;
	struct schedule schedule;
	const char *clock_path;
	struct el_clock clock;
	int64_t now_s, clock_read_ns;
	int64_t measure_ns, stop_ns; /* the counted part: from, to */
	int64_t base_cpu_ns, used_cpu_ns, last_ns;
	bool measuring, measured;
	struct tally tally;
	uint64_t all_items; /* taken in the whole run: what the processes' CPU is shared among */
	uint64_t reconnects;
	struct refusal refusals[ERRORS_MAX];
	size_t n_refusals;
	uint64_t n_refused;
};

static void
refuse(struct load *l, unsigned status, const char *code, uint64_t n)
{
	size_t i = 0;

	while (i < l->n_refusals && (l->refusals[i].status != status || strcmp(l->refusals[i].code, code) != 0))
		i++;
	l->n_refused += n;
	if (i == ERRORS_MAX)
		return;
	if (i == l->n_refusals) {
		l->refusals[l->n_refusals++].status = status;
		(void)snprintf(l->refusals[i].code, CODE_MAX, "%s", code);
	}
	l->refusals[i].n += n;
}

/* The clock of the deployment, which a test may shift while we run. */
static void
read_clock(struct load *l, int64_t now_ns)
{
	int64_t offset;

	if (l->clock_path != NULL && now_ns - l->clock_read_ns > SECOND / 10) {
		l->clock_read_ns = now_ns;
		if (el_clock_read_file(l->clock_path, &offset) == EL_OK)
			l->clock.offset_s = offset;
	}
	l->now_s = el_clock_now(&l->clock);
}

static void
watch(struct load *l, size_t i, int op, uint32_t events)
{
	struct epoll_event e = { .events = events, .data = { .u64 = i } };

	if (epoll_ctl(l->epoll, op, l->conns[i].fd, &e) != 0)
		bench_die("epoll: %s", strerror(errno));
}

static void
open_conn(struct load *l, size_t i)
{
	if (!http_connect(&l->conns[i], l->port))
		bench_die("127.0.0.1:%u: %s", (unsigned)l->port, strerror(errno));
	watch(l, i, EPOLL_CTL_ADD, EPOLLIN);
}

static void
lose(struct load *l, size_t i)
{
	if (l->conns[i].busy) {
		refuse(l, 0, "closed", requests_items(&l->requests));
		l->n_busy--;
		l->idle[l->n_idle++] = (uint32_t)i;
	}
	http_close(&l->conns[i]);
	l->reconnects++;
	open_conn(l, i);
}

static void
write_more(struct load *l, size_t i)
{
	switch (http_write(&l->conns[i])) {
	case HTTP_DONE:
		break;
	case HTTP_AGAIN:
		watch(l, i, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
		break;
	case HTTP_CLOSED:
		lose(l, i);
		break;
	}
}

/* Send the next request on every idle connection for which there is one. */
static void
send_due(struct load *l, int64_t now_ns)
{
	int64_t due = now_ns;

	while (l->n_idle > 0 && (l->is_open ? schedule_take(&l->schedule, now_ns, &due) : now_ns < l->stop_ns)) {
		const size_t i = l->idle[--l->n_idle];

		requests_next(&l->requests, &l->conns[i], l->now_s);
		l->due_ns[i] = due;
		l->n_busy++;
		write_more(l, i);
	}
}

static void
count(struct load *l, size_t i, int64_t now_ns)
{
	static const char code[] = "\"code\":";
	const struct http_conn *const c = &l->conns[i];
	uint64_t items = requests_items(&l->requests), refused = 0;
	char name[CODE_MAX];
	size_t len;
	const char *p = http_body(c, &len), *const end = p + len;

	http_problem_code(c, name, sizeof name);
	if (c->status < 200 || c->status > 299)
		refused = items;
	else if (l->requests.batch > 0)
		for (; (p = memmem(p, (size_t)(end - p), code, sizeof code - 1)) != NULL; p++)
			refused++;
	if (refused > 0)
		refuse(l, c->status, name, refused);
	items -= refused < items ? refused : items;
	l->all_items += items;
	/* The open model counts each arrival of the counted part, the closed one what was answered in it. */
	if (l->is_open ? l->due_ns[i] < l->measure_ns : !l->measuring)
		return;
	l->tally.requests++;
	l->tally.items += items;
	histogram_add(&l->tally.latency, (uint64_t)(now_ns - l->due_ns[i]));
}

static void
on_event(struct load *l, size_t i, uint32_t events, int64_t now_ns)
{
	struct http_conn *const c = &l->conns[i];

	if ((events & EPOLLOUT) != 0) {
		watch(l, i, EPOLL_CTL_MOD, EPOLLIN);
		write_more(l, i);
	}
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
		return;
	switch (http_read(c)) {
	case HTTP_AGAIN:
		break;
	case HTTP_CLOSED:
		lose(l, i);
		break;
	case HTTP_DONE:
		c->busy = false;
		l->n_busy--;
		l->idle[l->n_idle++] = (uint32_t)i;
		count(l, i, now_ns);
		break;
	}
}

static void
enter_part(struct load *l, int64_t now_ns)
{
	if (!l->measuring && !l->measured && now_ns >= l->measure_ns) {
		l->measuring = true;
		l->measure_ns = now_ns;
		l->base_cpu_ns = bench_cpu_ns();
	}
	if (l->measuring && now_ns >= l->stop_ns) {
		l->measuring = false;
		l->measured = true;
		l->last_ns = now_ns;
		l->used_cpu_ns = bench_cpu_ns() - l->base_cpu_ns;
	}
}

static bool
is_over(const struct load *l, int64_t now_ns)
{
	if (now_ns < l->stop_ns || !l->measured)
		return false;
	return now_ns > l->stop_ns + DRAIN_S * SECOND ||
	       (l->n_busy == 0 && (!l->is_open || schedule_next(&l->schedule) == INT64_MAX));
}

static void
run(struct load *l)
{
	struct epoll_event events[EVENTS];

	for (int64_t now = bench_now_ns(); !is_over(l, now); now = bench_now_ns()) {
		const int64_t due = l->is_open ? schedule_next(&l->schedule) : INT64_MAX;
		int64_t wait = SECOND / 20;
		struct timespec t;
		int n;

		if (l->n_idle > 0 && due != INT64_MAX && due - now < wait)
			wait = due > now ? due - now : 0;
		t = (struct timespec){ .tv_sec = 0, .tv_nsec = wait };
		n = epoll_pwait2(l->epoll, events, EVENTS, &t, NULL);
		if (n < 0 && errno != EINTR)
			bench_die("epoll: %s", strerror(errno));
		now = bench_now_ns();
		enter_part(l, now);
		read_clock(l, now);
		for (int i = 0; i < n; i++)
			on_event(l, (size_t)events[i].data.u64, events[i].events, now);
		send_due(l, now);
	}
	for (size_t i = 0; i < l->n_conns; i++)
		if (l->conns[i].busy)
			refuse(l, 0, "unanswered", requests_items(&l->requests));
	if (l->is_open && l->schedule.n > l->schedule.next)
		refuse(l, 0, "never_sent", (l->schedule.n - l->schedule.next) * requests_items(&l->requests));
}

static void
print(const struct load *l, const char *kind)
{
	const double s = (double)(l->last_ns - l->measure_ns) / 1e9;
	const char *const model = l->is_open ? "open" : "closed";
	const struct histogram *const h = &l->tally.latency;

	printf("{\"kind\":\"%s\",\"model\":\"%s\",\"connections\":%zu,\"batch\":%u,\"rate\":%llu,\"seconds\":%.3f,"
	       "\"requests\":%llu,\"items\":%llu,\"all_items\":%llu,\"items_per_s\":%.1f",
	    kind, model, l->n_conns, l->requests.batch, (unsigned long long)l->schedule.rate, s,
	    (unsigned long long)l->tally.requests, (unsigned long long)l->tally.items, (unsigned long long)l->all_items,
	    (double)l->tally.items / s);
	printf(",\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f",
	    (double)histogram_quantile(h, 0.5) / 1e3, (double)histogram_quantile(h, 0.99) / 1e3,
	    (double)histogram_quantile(h, 0.999) / 1e3, (double)h->max / 1e3);
	printf(",\"cpu_ns\":%lld,\"reconnects\":%llu,\"request_bytes\":%zu,\"refused\":%llu,\"refusals\":[",
	    (long long)l->used_cpu_ns, (unsigned long long)l->reconnects, l->requests.len,
	    (unsigned long long)l->n_refused);
	for (size_t i = 0; i < l->n_refusals; i++)
		printf("%s{\"status\":%u,\"code\":\"%s\",\"n\":%llu}", i > 0 ? "," : "", l->refusals[i].status,
		    l->refusals[i].code, (unsigned long long)l->refusals[i].n);
	puts("]}");
}

static void
allow_files(size_t n)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < n + 64) {
		r.rlim_cur = n + 64 < r.rlim_max ? n + 64 : r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void
begin(struct load *l, size_t n, uint64_t rate, uint64_t warm_s, uint64_t seconds)
{
	int64_t now;

	allow_files(n);
	l->n_conns = n;
	l->conns = bench_alloc(n, sizeof *l->conns);
	l->due_ns = bench_alloc(n, sizeof *l->due_ns);
	l->idle = bench_alloc(n, sizeof *l->idle);
	if ((l->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		bench_die("epoll: %s", strerror(errno));
	for (size_t i = 0; i < n; i++) {
		requests_attach(&l->requests, &l->conns[i]);
		open_conn(l, i);
		l->idle[l->n_idle++] = (uint32_t)i;
	}
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* arrivals are tens of microseconds apart */
	now = bench_now_ns();
	read_clock(l, now);
	l->measure_ns = now + (int64_t)warm_s * SECOND;
	l->stop_ns = l->measure_ns + (int64_t)seconds * SECOND;
	l->is_open = rate > 0;
	if (l->is_open)
		schedule_init(&l->schedule, now, rate, l->stop_ns - now);
}

static enum request_kind
kind_of(const char *name)
{
	static const char *const names[] = { [REQUEST_CHECKIN] = "checkin",
		[REQUEST_EMPTY] = "empty",
		[REQUEST_TOKEN] = "token",
		[REQUEST_WALLET] = "wallet" };

	for (unsigned i = 0; name != NULL && i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	(void)fprintf(stderr, "--kind: checkin, empty, token or wallet\n");
	exit(64);
}

int
main(int argc, char **argv)
{
	static struct load l;
	const char *kind = NULL, *folder = NULL;
	uint64_t port = 0, batch = 0, connections = 256, rate = 0, seconds = 10, warm = 2, ahead = 0;
	const struct bench_option options[] = {
		{ "port", BENCH_UINT, &port, 1, 65535 },
		{ "kind", BENCH_STR, &kind, 0, 0 },
		{ "batch", BENCH_UINT, &batch, 1, REQUEST_BATCH_MAX },
		{ "folder", BENCH_STR, &folder, 0, 0 },
		{ "clock", BENCH_STR, &l.clock_path, 0, 0 },
		{ "connections", BENCH_UINT, &connections, 1, 4000 },
		{ "rate", BENCH_UINT, &rate, 1, 100000 },
		{ "seconds", BENCH_UINT, &seconds, 1, 600 },
		{ "warm", BENCH_UINT, &warm, 0, 60 },
		{ "ahead", BENCH_UINT, &ahead, 0, 20000000 },
		{ 0 },
	};

	bench_options(argc, argv, options);
	if (port == 0 || folder == NULL)
		bench_die("--port, --kind and --folder are needed");
	bench_ok(el_crypto_init(), "libsodium");
	l.port = (uint16_t)port;
	if (rate > 0)
		ahead = rate * (seconds + warm) * (batch > 0 ? batch : 1);
	requests_init(&l.requests, kind_of(kind), (unsigned)batch, folder, l.port, (size_t)ahead);
	begin(&l, (size_t)connections, rate, warm, seconds);
	run(&l);
	print(&l, kind);
	return l.n_refused > 0 ? 2 : 0;
}
