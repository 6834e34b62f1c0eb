#include "issuer/sms_gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/event_log.h"
#include "base/file.h"
#include "base/secret.h"
#include "net/client.h"

#define LINE_MAX_LEN 2048 /* below PIPE_BUF: an empty pipe takes it at once */
#define FDS_MAX 1024

struct message {
	struct message *next;
	size_t len;
	char line[];
};

struct runner {
	pid_t pid; /* 0: free */
	int fd;	   /* readable when it has ended; -1: the kernel has none */
	int64_t until_ms;
};

struct el_sms_gateway {
	const struct el_issuer_conf *conf;
	enum el_sms_driver driver;
	struct message *first, **last;
	size_t n_queued, n_running;
	uint64_t n_failed;
	struct runner runners[EL_SMS_AT_ONCE];
};

int
el_sms_gateway_new(const struct el_issuer_conf *conf, struct el_sms_gateway **out)
{
	struct el_sms_gateway *const g = calloc(1, sizeof *g);

	*out = NULL;
	if (g == NULL)
		return EL_ENOMEM;
	g->conf = conf;
	g->last = &g->first;
	if (el_issuer_conf_driver(conf, &g->driver) != EL_OK) {
		free(g);
		return EL_ECONFIG;
	}
	*out = g;
	return EL_OK;
}

static void
message_free(struct message *m)
{
	el_secret_wipe(m->line, m->len);
	free(m);
}

static struct message *
take_first(struct el_sms_gateway *g)
{
	struct message *const m = g->first;

	if ((g->first = m->next) == NULL)
		g->last = &g->first;
	g->n_queued--;
	return m;
}

void
el_sms_gateway_free(struct el_sms_gateway *g)
{
	if (g == NULL)
		return;
	while (g->first != NULL)
		message_free(take_first(g));
	for (size_t i = 0; i < EL_SMS_AT_ONCE; i++)
		if (g->runners[i].pid != 0 && g->runners[i].fd >= 0)
			close(g->runners[i].fd);
	free(g);
}

int
el_sms_gateway_send(struct el_sms_gateway *g, const struct el_phone *to, const char *text)
{
	struct message *m = NULL;
	json_t *json;
	char *line;
	size_t len;

	if (g->n_queued >= EL_SMS_QUEUE_MAX)
		return EL_EBUSY;
	json = json_pack("{s:s, s:s}", "to", to->s, "text", text);
	line = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (line == NULL)
		return EL_ENOMEM;
	len = strlen(line);
	if (len < LINE_MAX_LEN && (m = malloc(sizeof *m + len + 1)) != NULL) {
		memcpy(m->line, line, len);
		m->line[len] = '\n';
		m->len = len + 1;
		m->next = NULL;
		*g->last = m;
		g->last = &m->next;
		g->n_queued++;
	}
	el_secret_wipe(line, len);
	free(line);
	return m != NULL ? EL_OK : EL_ENOMEM;
}

/* ---- In the process of one message ---- */

static void
close_all(void)
{
	for (int fd = 3; fd < FDS_MAX; fd++)
		close(fd);
}

/* The program gets nothing of ours: no descriptor, no environment but a path, no ignored signal. */
static _Noreturn void
run_command(const struct el_sms_gateway *g, int in)
{
	static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	char *const environment[] = { path, NULL };
	char target[EL_CONF_STR_MAX + 1];
	char *const argv[] = { target, NULL };
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	memcpy(target, g->conf->sms_target, sizeof target);
	(void)setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (dup2(in, 0) < 0 || null < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	close_all();
	execve(target, argv, environment);
	_exit(127);
}

static _Noreturn void
run_webhook(const struct el_sms_gateway *g, const struct message *m)
{
	const struct el_client_call call = { .method = "POST", .url = g->conf->sms_target, .body = m->line,
		.body_len = m->len - 1, .timeout_s = EL_SMS_LIMIT_MS / 1000 };
	struct el_buf answer;
	long status = 0;
	int r;

	(void)setpgid(0, 0);
	close_all();
	el_buf_init(&answer, LINE_MAX_LEN);
	r = el_client_call(&call, &status, &answer);
	/* What it says is not read; an answer that is too long is one, too. */
	_exit((r == EL_OK || r == EL_ELIMIT) && status >= 200 && status < 300 ? 0 : 1);
}

/* ---- Starting and ending them ---- */

static int
start(struct el_sms_gateway *g, const struct message *m, struct runner *out, int64_t mono_ms)
{
	int pipe_fds[2];
	pid_t pid;
	int r;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		return EL_EIO;
	if ((pid = fork()) == 0) {
		close(pipe_fds[1]);
		if (g->driver == EL_SMS_COMMAND)
			run_command(g, pipe_fds[0]);
		run_webhook(g, m);
	}
	close(pipe_fds[0]);
	/* One write into an empty pipe; a program that ended at once is met when it is reaped. */
	r = pid > 0 ? EL_OK : EL_EIO;
	if (pid > 0 && g->driver == EL_SMS_COMMAND)
		(void)!write(pipe_fds[1], m->line, m->len);
	close(pipe_fds[1]);
	if (r != EL_OK)
		return r;
	*out = (struct runner){ pid, (int)syscall(SYS_pidfd_open, pid, 0), mono_ms + EL_SMS_LIMIT_MS };
	g->n_running++;
	return EL_OK;
}

static void
note_failure(struct el_sms_gateway *g, int err)
{
	el_log(EL_EV_SMS_FAILED, err, ++g->n_failed);
}

static void
reap(struct el_sms_gateway *g, struct runner *x, int64_t mono_ms)
{
	int status;

	if (mono_ms >= x->until_ms) {
		(void)kill(-x->pid, SIGKILL); /* with what it started */
		(void)kill(x->pid, SIGKILL);
	}
	if (waitpid(x->pid, &status, WNOHANG) == 0)
		return;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		note_failure(g, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
	if (x->fd >= 0)
		close(x->fd);
	x->pid = 0;
	g->n_running--;
}

void
el_sms_gateway_step(struct el_sms_gateway *g, int64_t mono_ms)
{
	for (size_t i = 0; i < EL_SMS_AT_ONCE; i++) {
		struct runner *const x = &g->runners[i];
		struct message *m;

		if (x->pid != 0)
			reap(g, x, mono_ms);
		if (x->pid != 0 || g->first == NULL)
			continue;
		m = take_first(g);
		if (start(g, m, x, mono_ms) != EL_OK)
			note_failure(g, EL_EIO);
		message_free(m);
	}
}

size_t
el_sms_gateway_fds(const struct el_sms_gateway *g, int out[EL_SMS_AT_ONCE])
{
	size_t n = 0;

	for (size_t i = 0; i < EL_SMS_AT_ONCE; i++)
		if (g->runners[i].pid != 0 && g->runners[i].fd >= 0)
			out[n++] = g->runners[i].fd;
	return n;
}

size_t
el_sms_gateway_pending(const struct el_sms_gateway *g)
{
	return g->n_queued + g->n_running;
}
