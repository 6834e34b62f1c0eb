#include "authority/join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authority/order_file.h"
#include "base/file.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/conf.h"
#include "cli/report_io.h"
#include "cli/transport.h"

/*
 * entrylog join: carries an order out.  Where trustees are offline it stops half-way: ORDER.request goes to
 * them, ORDER.state (sealed to the order's key) waits; run again with their partials it writes the report and
 * destroys the order's key, the state and the request.
 */

struct joining {
	struct el_cli *cli;
	struct el_cli_conf conf;
	const char *order_path, *report_path;
	struct el_trust *trust;
	struct el_transport transport;
	struct el_join_ops ops;
	struct el_join *join;
	int64_t now;
	unsigned trustee_timeout_s;
	char message[EL_JOIN_MESSAGE];
};

static void
progress(void *ctx, const char *what, size_t done, size_t total)
{
	const struct el_transport *t = ctx;

	el_cli_note(t->cli, "%s: %zu of %zu", what, done, total);
}

static int
path_with(const struct joining *g, const char *suffix, char out[EL_CLI_PATH])
{
	return snprintf(out, EL_CLI_PATH, "%s%s", g->order_path, suffix) < EL_CLI_PATH ? EL_OK : EL_ELIMIT;
}

/* What a failed step tells; the order, its key and its state are as before. */
static int
explain(struct joining *g, int r)
{
	if (g->message[0] != '\0')
		el_cli_fail(g->cli, 0, "%s%s", g->message,
		    r == EL_ECLOSED || r == EL_EBUSY ? "; nothing is lost, run it again" : "");
	else
		el_cli_error(g->cli, r, g->order_path);
	return r;
}

static int
load_executor(struct joining *g, const struct el_sign_pk *expected)
{
	uint8_t *seed = NULL;
	int r;

	if ((r = el_keyfile_read(g->conf.executor_key_file, EL_PURPOSE_EXECUTOR, el_cli_passphrase, g->cli, &seed, NULL)) ==
	    EL_OK)
		r = el_sign_key_new(seed, &g->transport.key);
	el_secret_free(seed);
	if (r != EL_OK)
		el_cli_fail(g->cli, 0, "%s: %s (executor_key_file in %s)", g->conf.executor_key_file, el_strerror(r), g->conf.path);
	else if (!el_sign_pk_eq(el_sign_key_pk(g->transport.key), expected)) {
		el_cli_fail(g->cli, 0, "%s is not the executor that the order names", g->conf.executor_key_file);
		r = EL_EPERM;
	}
	return r;
}

static int
begin(struct joining *g)
{
	struct el_order_file *file = NULL;
	uint8_t *secret = NULL;
	char path[EL_CLI_PATH];
	int r;

	if ((r = el_cli_conf_load(g->cli, &g->conf)) != EL_OK || (r = el_cli_conf_now(g->cli, &g->conf, &g->now)) != EL_OK ||
	    (r = el_cli_conf_trust(g->cli, &g->conf, g->now, &g->trust)) != EL_OK)
		return r;
	if ((r = el_order_file_read(g->order_path, &file)) != EL_OK) {
		el_cli_fail(g->cli, 0, "%s: %s", g->order_path, r == EL_EFORMAT ? "not an order" : el_strerror(r));
		return r;
	}
	if ((r = path_with(g, ".key", path)) == EL_OK &&
	    (r = el_keyfile_read(path, EL_PURPOSE_ORDER, NULL, NULL, &secret, NULL)) != EL_OK)
		el_cli_fail(g->cli, 0, "%s: %s", path, r == EL_ENOTFOUND ?
		    "not there: the order has been carried out, or it was purged; draft a new one" : el_strerror(r));
	if (r != EL_OK) {
		el_order_file_free(file);
		return r;
	}
	g->transport = (struct el_transport){ .cli = g->cli, .conf = &g->conf, .trust = g->trust,
		.trustee_timeout_s = g->trustee_timeout_s };
	g->ops = (struct el_join_ops){ .call = el_transport_call, .progress = progress, .ctx = &g->transport };
	if ((r = el_join_new(file, g->trust, secret, g->now, &g->join, g->message)) != EL_OK)
		explain(g, r);
	else
		r = load_executor(g, &el_join_order(g->join)->executor);
	el_secret_free(secret);
	return r;
}

/* "" for the only request, else by its issuer. */
static int
request_path(const struct joining *g, size_t i, char out[EL_CLI_PATH])
{
	char suffix[32] = ".request";

	if (el_join_requests(g->join) > 1)
		snprintf(suffix, sizeof suffix, ".request-%u", (unsigned)el_join_request_issuer(g->join, i));
	return path_with(g, suffix, out);
}

static int
write_requests(struct joining *g)
{
	char path[EL_CLI_PATH], *text;
	json_t *j;
	int r = EL_OK;

	for (size_t i = 0; r == EL_OK && i < el_join_requests(g->join); i++) {
		if (el_join_request_items(g->join, i) == 0)
			continue;
		j = el_join_request(g->join, i, 0, el_join_request_items(g->join, i));
		text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
		if (text == NULL)
			r = EL_ENOMEM;
		else if ((r = request_path(g, i, path)) == EL_OK)
			r = el_file_replace(path, 0600, text, strlen(text));
		free(text);
		json_decref(j);
	}
	return r;
}

/* The first step, or its result from a run before. */
static int
ask(struct joining *g)
{
	char path[EL_CLI_PATH];
	uint8_t *state = NULL;
	size_t len;
	int r;

	if ((r = path_with(g, ".state", path)) != EL_OK)
		return r;
	if ((r = el_file_read_private(path, EL_FILE_MAX, &state, &len)) == EL_OK) {
		r = el_join_restore(g->join, state, len);
		free(state);
		if (r == EL_OK)
			return EL_OK;
		el_cli_note(g->cli, "%s cannot be used (%s); asking again", path, el_strerror(r));
	} else if (r != EL_ENOTFOUND)
		return el_cli_error(g->cli, r, path), r;
	if ((r = el_join_ask(g->join, &g->ops, g->message)) != EL_OK)
		return explain(g, r);
	if ((r = el_join_save(g->join, &state, &len)) == EL_OK) {
		r = el_file_replace(path, 0600, state, len);
		free(state);
	}
	if (r == EL_OK)
		r = write_requests(g);
	if (r != EL_OK)
		el_cli_error(g->cli, r, path);
	return r;
}

static int
take_file(struct joining *g, const char *path)
{
	struct el_partials p;
	uint8_t *text = NULL;
	size_t len;
	int r;

	if ((r = el_file_read(path, EL_REQUEST_FILE_MAX, &text, &len)) == EL_OK) {
		if ((r = el_partials_parse(text, len, &p)) == EL_OK)
			r = el_join_take(g->join, &g->ops, SIZE_MAX, &p, g->message);
		el_partials_wipe(&p);
		free(text);
	}
	if (r != EL_OK)
		el_cli_fail(g->cli, 0, "%s: %s", path, r == EL_EPERM ? g->message :
		    r == EL_EEXIST ? "this trustee's partials were given twice" : r == EL_EFORMAT ? "not partials" : el_strerror(r));
	return r;
}

/* "2=http://...": the number, by which the trustee signs and is asked, cannot be left to whoever answers. */
static int
take_url(struct joining *g, const char *arg)
{
	const char *url = strchr(arg, '=');
	char number[8] = "";
	uint64_t trustee;
	int r = EL_OK;

	if (url != NULL && (size_t)(url - arg) < sizeof number)
		memcpy(number, arg, (size_t)(url - arg));
	if (url == NULL || el_cli_parse_uint(number, 1, EL_TRUSTEES_MAX, &trustee) != EL_OK) {
		el_cli_usage(g->cli, "a trustee's address needs its number in front: --trustee 2=https://...");
		return EL_ECONFIG;
	}
	for (size_t i = 0; r == EL_OK && i < el_join_requests(g->join); i++)
		r = el_transport_partials(&g->transport, &g->ops, url + 1, (unsigned)trustee, g->join, i, g->message);
	if (r == EL_EEXIST)
		el_cli_fail(g->cli, 0, "%s: this trustee's partials were given twice", arg);
	else if (r != EL_OK)
		el_cli_fail(g->cli, 0, "%s; going on without it", g->message[0] != '\0' ? g->message : arg);
	return r;
}

/* Who vouches for the logs that answered, so that it can be seen who is missing. */
static void
say_cosigners(const struct joining *g)
{
	char names[EL_TRUSTEES_MAX * 4 + 1], party[EL_PARTY_NAME_MAX + 1];
	unsigned who[EL_TRUSTEES_MAX];

	for (size_t i = 0; i < el_join_requests(g->join) && g->trust->policy->n_witnesses > 0; i++) {
		const uint8_t issuer = el_join_request_issuer(g->join, i);
		const size_t n = el_join_cosigners(g->join, i, who);
		size_t used = 0;

		el_party_of_issuer(issuer, party);
		names[0] = '\0';
		for (size_t k = 0; k < n; k++)
			used += (size_t)snprintf(names + used, sizeof names - used, " %u", who[k]);
		el_cli_note(g->cli, "%s's log: its checkpoint is cosigned by %s%s", issuer != 0 ? party : "registry",
		    n == 0 ? "no trustee" : n == 1 ? "trustee" : "trustees", names);
	}
}

/* One trustee that is away, or lies, does not keep the others from being enough. */
static int
take_all(struct joining *g)
{
	const char *arg;
	size_t i;
	int r;

	for (i = 0; (arg = el_args_at(&g->cli->args, "trustee", i)) != NULL; i++) {
		r = strstr(arg, "://") != NULL ? take_url(g, arg) : take_file(g, arg);
		if (r == EL_ECONFIG || r == EL_ENOMEM)
			return r;
	}
	if (i == 0)
		return EL_OK;
	say_cosigners(g);
	/* A trustee that cannot reach the log goes by the cosignatures of others. */
	if ((r = write_requests(g)) != EL_OK)
		el_cli_error(g->cli, r, g->order_path);
	return r;
}

static int
say_waiting(struct joining *g)
{
	const unsigned t = g->trust->policy->threshold, have = el_join_answered(g->join);
	char path[EL_CLI_PATH];
	json_t *files = json_array();

	for (size_t i = 0; i < el_join_requests(g->join); i++)
		if (el_join_request_items(g->join, i) > 0 && request_path(g, i, path) == EL_OK)
			json_array_append_new(files, json_string(path));
	if (g->cli->json)
		el_cli_json(json_pack("{s:s, s:i, s:i, s:O}", "status", "waiting", "trustees", (int)have, "threshold", (int)t,
		    "requests", files));
	else {
		printf("%u of %u trustees have answered.  Next: send each trustee", have, t);
		for (size_t i = 0; i < json_array_size(files); i++)
			printf("%s %s", i > 0 ? " and" : "", json_string_value(json_array_get(files, i)));
		printf(" (entrylog trustee open),\nthen run this again with --trustee PARTIALS for each.\n");
	}
	json_decref(files);
	return EL_EXIT_TEMPFAIL;
}

/* What only this order's work needed goes with the report; a file that cannot be destroyed is said. */
static int
clean_up(struct joining *g)
{
	static const char *const suffixes[] = { ".key", ".key.pub", ".state" };
	char path[EL_CLI_PATH];
	int r = EL_OK, one;

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
		if ((one = path_with(g, suffixes[i], path)) != EL_OK || (one = el_file_destroy(path)) != EL_OK) {
			el_cli_error(g->cli, one, path);
			r = one;
		}
	for (size_t i = 0; i < el_join_requests(g->join); i++)
		if ((one = request_path(g, i, path)) != EL_OK || (one = el_file_destroy(path)) != EL_OK) {
			el_cli_error(g->cli, one, path);
			r = one;
		}
	return r;
}

static int
finish(struct joining *g)
{
	struct el_report *report = NULL;
	char *text = NULL;
	json_t *j;
	int r;

	if ((r = el_join_finish(g->join, &g->ops, g->now, &report, g->message)) != EL_OK)
		return explain(g, r);
	r = el_report_file_encode(report, el_cli_report_seal, &g->conf, &text);
	if (r == EL_ECLOSED)
		el_cli_fail(g->cli, 0, "the authority's daemon seals reports and is not running (entrylog-authority --config %s); "
		    "start it and run this again", g->conf.path);
	else if (r != EL_OK || (r = el_file_create(g->report_path, 0600, text, strlen(text))) != EL_OK)
		el_cli_error(g->cli, r, g->report_path);
	if (r == EL_OK && (r = clean_up(g)) == EL_OK) {
		if ((j = el_report_to_json(report)) != NULL && g->cli->json)
			el_cli_json(json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "status", "done", "report", g->report_path, "delivered",
			    json_integer_value(json_object_get(j, "delivered")), "people",
			    (json_int_t)json_array_size(json_object_get(j, "people")), "places",
			    (json_int_t)json_array_size(json_object_get(j, "places")), "unverifiable",
			    (json_int_t)json_array_size(json_object_get(j, "unverifiable"))));
		else if (j != NULL && el_join_order(g->join)->kind == EL_ORDER_NOTICE)
			printf("%s: the visitors of %lld visits are told, %zu unverifiable; the order's key is destroyed (entrylog report show)\n",
			    g->report_path, (long long)json_integer_value(json_object_get(j, "delivered")),
			    json_array_size(json_object_get(j, "unverifiable")));
		else if (j != NULL)
			printf("%s: %zu people, %zu places, %zu unverifiable; the order's key is destroyed (entrylog report show)\n",
			    g->report_path, json_array_size(json_object_get(j, "people")),
			    json_array_size(json_object_get(j, "places")), json_array_size(json_object_get(j, "unverifiable")));
		json_decref(j);
	}
	free(text);
	el_report_free(report);
	return r;
}

int
el_cli_join(struct el_cli *c)
{
	static struct joining g;
	uint64_t timeout_s = EL_TRANSPORT_TIMEOUT_S;
	const char *timeout;
	int r, status;

	g.cli = c;
	g.order_path = el_args_at(&c->args, NULL, 0);
	g.report_path = el_args_value(&c->args, "output", NULL);
	if (g.order_path == NULL || g.report_path == NULL || el_args_count(&c->args, NULL) != 1)
		return el_cli_usage(c, "one ORDER, --config FILE and -o REPORT are needed");
	timeout = el_args_value(&c->args, "timeout", NULL);
	if (timeout != NULL && el_cli_parse_uint(timeout, 1, 600, &timeout_s) != EL_OK)
		return el_cli_usage(c, "--timeout: seconds that a trustee may take for an answer, 1 to 600");
	g.trustee_timeout_s = (unsigned)timeout_s;
	if (access(g.report_path, F_OK) == 0)
		return el_cli_fail(c, EL_EXIT_CANTCREAT, "%s: there is a report of that name; choose another", g.report_path);
	if ((r = begin(&g)) == EL_OK && (r = ask(&g)) == EL_OK && (r = take_all(&g)) == EL_OK) {
		if (el_join_answered(g.join) < g.trust->policy->threshold)
			status = say_waiting(&g);
		else
			status = el_cli_status(r = finish(&g));
	} else
		status = r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
	el_join_free(g.join);
	el_sign_key_free(g.transport.key);
	el_cli_trust_free(g.trust);
	return status;
}
