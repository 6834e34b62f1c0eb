#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/report_io.h"
#include "token/leaf.h"

/* entrylog report show and export: the days of a report whose keys still live. */

static void
print_visit(const json_t *v)
{
	const json_int_t flags = json_integer_value(json_object_get(v, "flags"));
	char at[EL_CLI_TIME_LEN];

	el_cli_format_time(json_integer_value(json_object_get(v, "minute")), at);
	printf("  venue %lld  %s%s%s\n", (long long)json_integer_value(json_object_get(v, "venue")), at,
	    (flags & EL_FLAG_LATE) != 0 ? "  late" : "", (flags & EL_FLAG_DUPLICATE) != 0 ? "  duplicate" : "");
}

static void
print_report(const json_t *j)
{
	const json_t *people = json_object_get(j, "people"), *places = json_object_get(j, "places");
	const json_t *failures = json_object_get(j, "unverifiable"), *one;
	size_t i, k;
	json_t *v;

	printf("Report of an order for %s: %zu people, %zu places, %zu unverifiable\n",
	    json_string_value(json_object_get(j, "kind")), json_array_size(people), json_array_size(places),
	    json_array_size(failures));
	if (json_integer_value(json_object_get(j, "delivered")) > 0)
		printf("the visitors of %lld visits were told; nobody is named\n",
		    (long long)json_integer_value(json_object_get(j, "delivered")));
	for (i = 0; i < json_array_size(people); i++) {
		one = json_array_get(people, i);
		printf("%s  %s\n", json_string_value(json_object_get(one, "name")),
		    json_string_value(json_object_get(one, "phone")));
		json_array_foreach(json_object_get(one, "visits"), k, v)
			print_visit(v);
	}
	for (i = 0; i < json_array_size(places); i++)
		print_visit(json_array_get(places, i));
	for (i = 0; i < json_array_size(failures); i++) {
		one = json_array_get(failures, i);
		printf("unverifiable: %s (venue %lld)\n", json_string_value(json_object_get(one, "reason")),
		    (long long)json_integer_value(json_object_get(one, "venue")));
	}
}

static void
say_gone(const struct el_cli *c, size_t n_gone)
{
	if (n_gone > 0)
		el_cli_fail(c, 0, "%zu day%s of this report %s past retention: the key is destroyed and nobody can read it", n_gone,
		    n_gone > 1 ? "s" : "", n_gone > 1 ? "are" : "is");
}

int
el_cli_report_show(struct el_cli *c)
{
	const char *path = el_args_at(&c->args, NULL, 0);
	struct el_report *report = NULL;
	struct el_cli_conf conf;
	size_t gone = 0;
	json_t *j;
	int r;

	if (path == NULL || el_args_count(&c->args, NULL) != 1)
		return el_cli_usage(c, "one REPORT is needed");
	if ((r = el_cli_report_load(c, path, &conf, &report, &gone)) != EL_OK)
		return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
	if ((j = el_report_to_json(report)) == NULL)
		r = EL_ENOMEM;
	else if (c->json)
		el_cli_json(json_incref(j));
	else
		print_report(j);
	json_decref(j);
	el_report_free(report);
	say_gone(c, gone);
	return el_cli_status(r);
}

static int
export_text(struct el_report *report, bool as_json, bool bom, struct el_buf *out)
{
	json_t *j;
	char *text;

	if (!as_json)
		return el_report_to_csv(report, bom, out);
	j = el_report_to_json(report);
	if ((text = j != NULL ? json_dumps(j, JSON_INDENT(2)) : NULL) != NULL) {
		el_buf_put_text(out, text);
		el_buf_put_text(out, "\n");
		el_secret_wipe(text, strlen(text));
	}
	json_decref(j);
	if (text == NULL)
		return EL_ENOMEM;
	free(text);
	return out->err;
}

int
el_cli_report_export(struct el_cli *c)
{
	const char *path = el_args_at(&c->args, NULL, 0), *to = el_args_value(&c->args, "output", NULL);
	struct el_report *report = NULL;
	struct el_cli_conf conf;
	struct el_buf out;
	size_t gone = 0;
	int r;

	if (path == NULL || el_args_count(&c->args, NULL) != 1 || (c->json && el_args_has(&c->args, "csv")))
		return el_cli_usage(c, "one REPORT is needed, and one of --csv and --json");
	if ((r = el_cli_report_load(c, path, &conf, &report, &gone)) != EL_OK)
		return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
	el_buf_init(&out, EL_FILE_MAX);
	if ((r = export_text(report, c->json, el_args_has(&c->args, "bom"), &out)) == EL_OK) {
		if (to == NULL || strcmp(to, "-") == 0)
			r = fwrite(out.p, 1, out.len, stdout) == out.len && fflush(stdout) == 0 ? EL_OK : EL_EIO;
		else
			r = el_file_replace(to, 0600, out.p, out.len);
	}
	if (r != EL_OK)
		el_cli_error(c, r, to != NULL ? to : "standard output");
	else if (to != NULL && strcmp(to, "-") != 0)
		el_cli_note(c, "%s: this copy is in nobody's purge; destroy it when it has served", to);
	el_buf_wipe(&out);
	el_report_free(report);
	say_gone(c, gone);
	return el_cli_status(r);
}
