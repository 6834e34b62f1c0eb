/*
 * The public log in a family of its own: a net process that serves it, a core process that has entries for it, and the
 * log process.  What happens in core is told over a pipe; commands go to it over another.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/secret.h"
#include "crypto/keyfile.h"
#include "publog/entries.h"
#include "publog/folder.h"
#include "publog/publog.h"
#include "publog/serve.h"
#include "publog_world.h"
#include "test_net_world.h"

enum { NET, CORE, LOG };

/* Nobody pulls a plug here, and a busy disk makes hundreds of syncs long. */
int __wrap_fsync(int fd);

int
__wrap_fsync(int fd)
{
	(void)fd;
	return 0;
}

#define EPOCH 100
#define WITNESS "entrylog/0123456789abcdef/trustee-1"
#define H " HTTP/1.1\r\nHost: a\r\n\r\n"

/*
 * 'G' the log process begins, 'E' it ends by itself (value: why), 'L' core has a link to it, 'D' no longer, 'W' the word
 * on order `n` (value: its result), 'F' there will be none, 'P' nothing is pending (value: roots that are logged),
 * 'N' order `n` cannot be asked, 'O' orders can be, 'C' they cannot.
 */
struct event {
	char what;
	pid_t pid;
	uint64_t n;
	int64_t value;
};
/* 'r' queue the root of segment n, 'a' ask for order n with all roots that are logged, 'w' name the witness. */
struct command {
	char what;
	uint32_t n;
};

static int events_in, events_out, commands_in, commands_out;
static char data_dir[256], key_file[512];

static void
tell(char what, uint64_t n, int64_t value)
{
	const struct event e = { what, getpid(), n, value };

	if (write(events_out, &e, sizeof e) != (ssize_t)sizeof e)
		_exit(99);
}

static struct event
next_event(void)
{
	struct pollfd p = { events_in, POLLIN, 0 };
	struct event e;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(read(events_in, &e, sizeof e), sizeof e);
	return e;
}

/* The next event of that kind; others are passed over. */
static struct event
await(char what)
{
	struct event e;

	while ((e = next_event()).what != what)
		;
	return e;
}

/* The log process has begun, and core has heard of its log.  Who it is. */
static pid_t
await_log(void)
{
	bool linked = false;
	pid_t pid = 0;

	while (pid == 0 || !linked) {
		const struct event e = next_event();

		if (e.what == 'G')
			pid = e.pid;
		linked |= e.what == 'O' || e.what == 'C';
	}
	return pid;
}

static void
order(char what, uint32_t n)
{
	const struct command c = { what, n };

	assert_int_equal(write(commands_out, &c, sizeof c), sizeof c);
}

/* ---- core ---- */

struct core {
	struct el_publog *publog;
	struct el_sign_key *log_key, *witness_key;
	bool had_pending;
};

static int
core_start(void *ctx, struct el_worker *w)
{
	struct core *const c = ctx;
	int r;

	c->log_key = publog_key(1);
	c->witness_key = publog_key(3);
	r = el_publog_open(data_dir, LOG, &c->publog);
	return r == EL_OK ? el_worker_watch(w, commands_in) : r;
}

static void
must(int r)
{
	if (r != EL_OK)
		_exit(98);
}

static size_t
logged_roots(struct core *c, uint64_t *roots)
{
	uint64_t pending_too;
	uint32_t next;
	size_t n = 0;

	must(el_publog_rooted(c->publog, EPOCH, &next));
	for (uint32_t i = 0; i < next; i++)
		if (el_publog_root(c->publog, EPOCH, i, &pending_too) == EL_OK)
			roots[n++] = pending_too;
	return n;
}

static void
say_pending(struct core *c)
{
	struct el_publog_counts counts;
	uint64_t roots[256];

	el_publog_counts(c->publog, &counts);
	if (c->had_pending && counts.pending == 0)
		tell('P', 0, (int64_t)logged_roots(c, roots));
	c->had_pending = counts.pending > 0;
}

static void
say_failed(struct core *c)
{
	uint64_t id;

	while (el_publog_take_failed(c->publog, &id))
		tell('F', id, 0);
}

static void
core_link_up(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	struct core *const c = ctx;

	(void)index;
	if (kind != LOG)
		return;
	must(el_publog_link_up(c->publog, w));
	say_failed(c);
	tell('L', 0, 0);
}

static void
core_link_down(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	struct core *const c = ctx;

	(void)w;
	(void)index;
	if (kind != LOG)
		return;
	must(el_publog_link_down(c->publog));
	say_failed(c);
	tell('D', 0, 0);
}

/* What a trustee would do with it. */
static int
check_proof(struct core *c, const struct el_publog_word *word)
{
	const struct el_hash hash = publog_hash((unsigned)word->id), answer = publog_hash((unsigned)word->id + 1000);
	uint64_t indices[256];
	struct el_checkpoint checkpoint;
	struct el_log_entry *roots;
	int r;

	r = el_log_proof_check(&word->proof, PUBLOG_ORIGIN, el_sign_key_pk(c->log_key), &hash, &answer,
	    EL_ENTRY_SEGMENT, &checkpoint, &roots);
	if (r == EL_OK && word->proof.n_roots != logged_roots(c, indices))
		r = EL_ESTATE;
	free(roots);
	return r;
}

static void
core_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct core *const c = ctx;
	struct el_publog_word word;
	int r;

	if (kind != LOG || index != 0)
		_exit(97);
	if ((r = el_publog_done(c->publog, m, &word)) == EL_OK) {
		r = word.result == EL_OK ? check_proof(c, &word) : word.result;
		tell('W', word.id, r);
		el_log_proof_wipe(&word.proof);
	} else if (r != EL_ENOTFOUND) {
		_exit(96);
	}
	must(el_publog_next(c->publog, w));
	if (m->type == EL_MSG_LOG_STATE)
		tell(el_publog_available(c->publog) ? 'O' : 'C', 0, 0);
	say_pending(c);
}

static void
core_readable(void *ctx, struct el_worker *w, int fd)
{
	struct core *const c = ctx;
	struct el_log_witnesses witnesses = { .n = 1 };
	uint8_t entry[EL_ENTRY_MAX];
	struct command order_is;
	uint64_t roots[256];

	if (read(fd, &order_is, sizeof order_is) != (ssize_t)sizeof order_is)
		_exit(0);
	switch (order_is.what) {
	case 'r':
		must(el_publog_queue_root(c->publog, EPOCH, order_is.n, entry,
		    publog_segment_entry(EPOCH, order_is.n, entry)));
		c->had_pending = true;
		break;
	case 'a':
		if (el_publog_ask(c->publog, w, order_is.n, entry, publog_order_entry(order_is.n, entry), roots,
			logged_roots(c, roots)) != EL_OK)
			tell('N', order_is.n, 0);
		break;
	default:
		memcpy(witnesses.list[0].name, WITNESS, sizeof WITNESS);
		witnesses.list[0].key = *el_sign_key_pk(c->witness_key);
		el_publog_set_witnesses(c->publog, w, &witnesses);
		break;
	}
	must(el_publog_next(c->publog, w));
}

static void
core_stop(void *ctx)
{
	struct core *const c = ctx;

	el_publog_close(c->publog);
	el_sign_key_free(c->log_key);
	el_sign_key_free(c->witness_key);
}

static int
core_run(struct el_child *child, void *ctx)
{
	static const struct el_worker_ops ops = { .start = core_start,
		.link_up = core_link_up,
		.link_down = core_link_down,
		.message = core_message,
		.readable = core_readable,
		.stop = core_stop };
	struct core c = { NULL, NULL, NULL, false };

	(void)ctx;
	return el_worker_run(child, &ops, &c);
}

/* ---- log and net ---- */

static int
log_run(struct el_child *child, void *ctx)
{
	const struct el_publog_role role = { data_dir, key_file, PUBLOG_ORIGIN, CORE, NET };
	int r;

	(void)ctx;
	tell('G', 0, 0);
	r = el_publog_run(child, &role);
	tell('E', 0, r);
	return r;
}

static void
net_message(void *ctx, struct el_net *n, unsigned kind, unsigned index, const struct el_msg *m)
{
	(void)ctx;
	(void)index;
	if (kind == LOG)
		el_publog_net_answer(n, m);
}

static int
net_run(struct el_child *child, void *ctx)
{
	static const struct el_route routes[] = { EL_PUBLOG_ROUTES, { .method = NULL } };
	struct el_publog_net net = { .log_kind = LOG };
	const struct el_net_role role = { .routes = routes, .message = net_message, .ctx = &net };
	int r;

	(void)ctx;
	r = el_publog_dir(data_dir, net.dir);
	return r == EL_OK ? el_net_run(child, &role) : r;
}

/* ---- The family ---- */

struct family {
	pid_t pid, log;
	struct world world; /* whose port is ours */
	struct el_sign_key *log_key;
};

static void
begin_process(struct family *f)
{
	static const struct el_kind kinds[] = {
		[NET] = { .name = "net", .count = 1, .stop_order = 0, .listens = true, .run = net_run },
		[CORE] = { .name = "core", .count = 1, .stop_order = 1, .run = core_run },
		[LOG] = { .name = "log", .count = 1, .stop_order = 2, .run = log_run },
	};
	static const struct el_family_link links[] = { { CORE, LOG, EL_LINK_ALL }, { NET, LOG, EL_LINK_ALL } };
	struct el_family family = { .name = "test",
		.kinds = kinds,
		.n_kinds = 3,
		.links = links,
		.n_links = 2,
		.n_own_fds = 1,
		.stop_limit_s = 20 };
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	int own, events[2], commands[2], r;

	assert_int_equal(pipe2(events, O_CLOEXEC), 0);
	assert_int_equal(pipe2(commands, O_CLOEXEC), 0);
	events_in = events[0], events_out = events[1];
	commands_in = commands[0], commands_out = commands[1];
	assert_int_equal(el_net_listen_each("127.0.0.1:0", &own, 1), EL_OK);
	assert_int_equal(getsockname(own, (struct sockaddr *)&at, &len), 0);
	f->world.port = ntohs(at.sin_port);
	family.own_fds = &own;
	fflush(NULL);
	assert_true((f->pid = fork()) >= 0);
	if (f->pid == 0) {
		close(events_in);
		close(commands_out);
		r = el_family_run(&family);
		exit(r);
	}
	close(own);
	close(events_out);
	close(commands_in);
}

static void
begin(struct family *f, void **state)
{
	const uint8_t seed[32] = { 1 };

	*f = (struct family){ .log_key = publog_key(1) };
	snprintf(data_dir, sizeof data_dir, "%s", (const char *)*state);
	snprintf(key_file, sizeof key_file, "%s/log.key", data_dir);
	if (access(key_file, F_OK) != 0)
		assert_int_equal(el_keyfile_create(key_file, EL_PURPOSE_LOG, seed, 0, NULL), EL_OK);
	begin_process(f);
	f->log = await_log();
}

static int
status_of(struct family *f)
{
	int status;

	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	close(events_in);
	close(commands_out);
	el_sign_key_free(f->log_key);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
end(struct family *f)
{
	assert_int_equal(kill(f->pid, SIGTERM), 0);
	assert_int_equal(status_of(f), 0);
}

static void
kill_log(struct family *f)
{
	assert_int_equal(kill(f->log, SIGKILL), 0);
	f->log = await_log();
}

/* ---- Its public side ---- */

static const struct answer *
get(const struct family *f, const char *path, int status)
{
	char request[512];

	snprintf(request, sizeof request, "GET %s" H, path);
	return answered(&f->world, request, status);
}

static struct el_checkpoint
fetch_checkpoint(const struct family *f, struct el_buf *note)
{
	const struct answer *const a = get(f, "/log/checkpoint", 200);
	struct el_checkpoint c;

	assert_string_equal(header_in(a, "content-type"), "text/plain; charset=utf-8");
	assert_string_equal(header_in(a, "cache-control"), "no-store");
	assert_int_equal(el_checkpoint_open((const uint8_t *)a->body, a->len, PUBLOG_ORIGIN,
			     el_sign_key_pk(f->log_key), &c),
	    EL_OK);
	if (note != NULL) {
		note->len = 0;
		el_buf_put(note, a->body, a->len);
	}
	return c;
}

static int
fetch_tile(void *ctx, const struct el_tile *t, uint8_t *out)
{
	const struct family *const f = ctx;
	char path[EL_TILE_PATH_MAX], url[EL_TILE_PATH_MAX + 8];
	const struct answer *a;

	el_tile_path(t, path);
	snprintf(url, sizeof url, "/log/%s", path);
	a = get(f, url, 200);
	assert_string_equal(header_in(a, "content-type"), "application/octet-stream");
	assert_string_equal(header_in(a, "cache-control"),
	    t->width == EL_TILE_WIDTH ? "public, max-age=31536000, immutable" : "no-store");
	assert_int_equal(a->len, (size_t)t->width * EL_HASH_LEN);
	memcpy(out, a->body, a->len);
	return EL_OK;
}

/* The whole log as a stranger sees it; its size. */
static uint64_t
verify_from_outside(struct family *f)
{
	const struct el_tile_source source = { fetch_tile, f };
	const struct el_checkpoint c = fetch_checkpoint(f, NULL);
	struct el_hash root;

	assert_int_equal(el_tiles_root(&source, c.size, &root), EL_OK);
	assert_memory_equal(&root, &c.root, sizeof root);
	return c.size;
}

static void
cosign(const struct family *f, const struct el_buf *note, const char *name, uint8_t seed, struct el_buf *out)
{
	struct el_sign_key *const key = publog_key(seed);

	(void)f;
	out->len = 0;
	el_buf_put(out, note->p, note->len);
	assert_int_equal(el_checkpoint_cosign(note->p, note->len, name, key, 1700000000, out), EL_OK);
	el_sign_key_free(key);
}

/* Before the one line behind note_len, one that differs from it in its signature. */
static void
put_false_line_first(struct el_buf *cosigned, size_t note_len)
{
	uint8_t line[EL_NOTE_LINE_MAX];
	const size_t len = cosigned->len - note_len;

	assert_true(len > 10 && len <= sizeof line);
	memcpy(line, cosigned->p + note_len, len);
	cosigned->p[cosigned->len - 10] = line[len - 10] == 'A' ? 'B' : 'A';
	el_buf_put(cosigned, line, len);
}

static const struct answer *
hand_in(const struct family *f, const struct el_buf *note, int status)
{
	static char request[EL_NOTE_MAX * 2], text[EL_BASE64URL_LEN(EL_NOTE_MAX) + 1];

	el_base64url_encode(note->p, note->len, text);
	snprintf(request, sizeof request,
	    "POST /log/cosignatures HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n"
	    "{\"checkpoint\":\"%s\"}",
	    strlen(text) + 17, text);
	return answered(&f->world, request, status);
}

/* ---- Cases ---- */

static void
answers_an_order_with_its_proof(void **state)
{
	struct family f;

	begin(&f, state);
	for (uint32_t i = 0; i < 100; i++)
		order('r', i);
	while (await('P').value != 100)
		;
	order('a', 7);
	assert_int_equal(await('W').value, EL_OK);
	assert_int_equal(verify_from_outside(&f), 101);
	order('a', 7); /* the same order again: the same entry, a proof */
	assert_int_equal(await('W').value, EL_OK);
	assert_int_equal(verify_from_outside(&f), 101);
	for (uint32_t i = 1; i <= 300; i++) {
		order('a', 10000 + i);
		assert_int_equal(await('W').value, EL_OK);
	}
	assert_int_equal(verify_from_outside(&f), 401);
	end(&f);
	begin(&f, state);
	order('a', 8);
	assert_int_equal(await('W').value, EL_OK);
	assert_int_equal(verify_from_outside(&f), 402);
	end(&f);
}

static void
serves_nothing_but_what_is_published(void **state)
{
	static const char *const none[] = { "/log/tile/0/000", "/log/tile/0/000.p/4", "/log/tile/0/001.p/1",
		"/log/tile/1/000.p/1", "/log/tile/0/000.p/03", "/log/tile/0/000.p/0", "/log/tile/entries/000.p/4",
		"/log/tile/0/000.p", "/log/tile/0/0", "/log/tile/../checkpoint", "/log/tile/0/000.p/3/", "/log/tile/",
		"/log/tile/0/000.p/3.tmp", "/log/tile/0/000.p/../../../../log.key", "/log/tile/7/000.p/1" };
	const struct answer *a;
	struct family f;
	int fd;

	begin(&f, state);
	assert_int_equal(verify_from_outside(&f), 0);
	for (uint32_t i = 0; i < 3; i++)
		order('a', i);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(await('W').value, EL_OK);
	assert_int_equal(verify_from_outside(&f), 3);
	a = get(&f, "/log/tile/entries/000.p/3", 200);
	assert_true(a->len > 3);
	/* What a crash may leave. */
	assert_true((fd = open(publog_path(data_dir, "log/tile/0/000.p/4"), O_WRONLY | O_CREAT, 0600)) >= 0);
	assert_int_equal(ftruncate(fd, 128), 0);
	close(fd);
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		(void)get(&f, none[i], 404);
	end(&f);
}

static void
takes_cosignatures_of_witnesses_over_the_newest_checkpoint(void **state)
{
	struct el_buf note, cosigned;
	struct el_sign_key *const witness = publog_key(3);
	struct family f;

	el_buf_init(&note, EL_NOTE_MAX);
	el_buf_init(&cosigned, EL_NOTE_MAX);
	begin(&f, state);
	order('a', 1);
	assert_int_equal(await('W').value, EL_OK);
	(void)fetch_checkpoint(&f, &note);
	cosign(&f, &note, WITNESS, 3, &cosigned);
	assert_member(hand_in(&f, &cosigned, 403), "code", "signature_invalid"); /* nobody is a witness yet */
	order('w', 0);
	order('a', 2); /* behind it */
	assert_int_equal(await('W').value, EL_OK);
	assert_member(hand_in(&f, &cosigned, 409), "code", "stale_checkpoint");
	(void)fetch_checkpoint(&f, &note);
	assert_member(hand_in(&f, &note, 403), "code", "signature_invalid"); /* no line but ours */
	cosign(&f, &note, WITNESS, 4, &cosigned);
	assert_member(hand_in(&f, &cosigned, 403), "code", "signature_invalid");
	cosign(&f, &note, "entrylog/0123456789abcdef/trustee-2", 3, &cosigned);
	assert_member(hand_in(&f, &cosigned, 403), "code", "signature_invalid");
	cosigned.len = 20;
	assert_member(hand_in(&f, &cosigned, 400), "code", "malformed_request");
	cosign(&f, &note, WITNESS, 3, &cosigned);
	put_false_line_first(&cosigned, note.len);
	assert_member(hand_in(&f, &cosigned, 403), "code", "signature_invalid"); /* one line of each is looked at */
	cosign(&f, &note, WITNESS, 3, &cosigned);
	(void)hand_in(&f, &cosigned, 204);
	(void)hand_in(&f, &cosigned, 204);
	kill_log(&f);
	(void)fetch_checkpoint(&f, &note);
	assert_int_equal(note.len, cosigned.len);
	assert_int_equal(
	    el_note_verify(note.p, note.len, WITNESS, EL_NOTE_COSIGNATURE, el_sign_key_pk(witness), NULL), EL_OK);
	/* The new process has been told who the witnesses are. */
	order('a', 3);
	assert_int_equal(await('W').value, EL_OK);
	(void)fetch_checkpoint(&f, &note);
	cosign(&f, &note, WITNESS, 3, &cosigned);
	(void)hand_in(&f, &cosigned, 204);
	end(&f);
	el_sign_key_free(witness);
	el_buf_wipe(&note);
	el_buf_wipe(&cosigned);
}

static void
fails_what_a_dead_log_process_was_asked(void **state)
{
	struct family f;

	begin(&f, state);
	order('a', 1);
	assert_int_equal(await('W').value, EL_OK);
	assert_int_equal(kill(f.log, SIGSTOP), 0);
	order('a', 2);
	order('r', 0); /* in order: the order was asked, too, when this is queued */
	order('a', 3);
	assert_int_equal(kill(f.log, SIGKILL), 0);
	/* Asked before or after its end was seen. */
	for (unsigned seen = 0; seen < 2;) {
		const struct event e = next_event();

		if (e.what != 'F' && e.what != 'N' && e.what != 'W')
			continue;
		assert_true(e.n == 2 || e.n == 3);
		seen++;
	}
	/* Asked again when there is a log process, all goes on. */
	for (struct event e = { .what = 'N' }; e.what != 'W'; e = next_event())
		if (e.what == 'N' || e.what == 'F' || e.what == 'O')
			order('a', 4);
	assert_true(verify_from_outside(&f) >= 2);
	end(&f);
}

static void
publishes_everything_once_over_many_deaths(void **state)
{
	struct family f;

	begin(&f, state);
	for (uint32_t i = 0; i < 200; i++) {
		order('r', i);
		if (i % 50 == 25)
			kill_log(&f);
	}
	while (await('P').value != 200)
		;
	assert_int_equal(verify_from_outside(&f), 200);
	end(&f);
}

static void
appends_nothing_to_a_folder_that_contradicts_itself(void **state)
{
	struct el_checkpoint before;
	struct family f;
	char byte;
	int fd;

	begin(&f, state);
	for (uint32_t i = 0; i < 3; i++)
		order('a', i);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(await('W').value, EL_OK);
	before = fetch_checkpoint(&f, NULL);
	assert_true((fd = open(publog_path(data_dir, "log/tile/entries/000.p/3"), O_RDWR)) >= 0);
	assert_int_equal(pread(fd, &byte, 1, 40), 1);
	assert_int_equal(pwrite(fd, "#", 1, 40), 1);
	/* The others live on, orders are refused, nothing is queued in vain. */
	kill_log(&f);
	order('a', 4);
	assert_int_equal(await('N').n, 4);
	order('r', 0);
	assert_int_equal(fetch_checkpoint(&f, NULL).size, before.size);
	assert_int_equal(pwrite(fd, &byte, 1, 40), 1);
	close(fd);
	kill_log(&f);
	assert_int_equal(await('P').value, 1);
	order('a', 5);
	assert_int_equal(await('W').value, EL_OK);
	assert_int_equal(verify_from_outside(&f), 5);
	end(&f);
}

static void
appends_nothing_to_an_older_copy_of_its_folder(void **state)
{
	struct family f;

	begin(&f, state);
	order('r', 0);
	assert_int_equal(await('P').value, 1);
	end(&f);
	publog_remove(publog_path(data_dir, "log"));
	begin(&f, state);
	order('a', 1);
	assert_int_equal(await('N').n, 1);
	assert_int_equal(fetch_checkpoint(&f, NULL).size, 0);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_folder(answers_an_order_with_its_proof),
		with_folder(serves_nothing_but_what_is_published),
		with_folder(takes_cosignatures_of_witnesses_over_the_newest_checkpoint),
		with_folder(fails_what_a_dead_log_process_was_asked),
		with_folder(publishes_everything_once_over_many_deaths),
		with_folder(appends_nothing_to_a_folder_that_contradicts_itself),
		with_folder(appends_nothing_to_an_older_copy_of_its_folder),
	};

	signal(SIGPIPE, SIG_IGN);
	if (el_secret_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("publog process", tests, NULL, NULL);
}
