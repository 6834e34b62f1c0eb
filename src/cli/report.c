#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/report_io.h"
#include "crypto/hash.h"

/* entrylog report show and export: the days of a report whose keys still live. */

static void
print_visit(const json_t *v)
{
	char at[EL_CLI_TIME_LEN], flags[EL_REPORT_FLAGS_LEN];

	el_cli_format_time(json_integer_value(json_object_get(v, "minute")), at);
	el_report_flags((uint8_t)json_integer_value(json_object_get(v, "flags")), flags);
	printf("  venue %lld  %s%s%s\n", (long long)json_integer_value(json_object_get(v, "venue")), at, flags[0] != '\0' ? "  " : "",
	    flags);
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
		printf("unverifiable: %s\n", json_string_value(json_object_get(one, "reason")));
		if (json_integer_value(json_object_get(one, "minute")) > 0)
			print_visit(one);
	}
}

static void
say_gone(const struct el_cli *c, size_t n_gone)
{
	if (n_gone > 0)
		el_cli_fail(c, 0, "%zu day%s of this report %s past retention: the key is destroyed and nobody can read it", n_gone,
		    n_gone > 1 ? "s" : "", n_gone > 1 ? "are" : "is");
}

/* Times are shown in the zone of this machine (TZ), or as far east of UTC as the option says.  EL_ECONFIG: said. */
static int
take_zone(const struct el_cli *c)
{
	const char *offset = el_args_value(&c->args, "utc-offset", NULL);
	char zone[32];
	unsigned hours, minutes;

	if (offset == NULL)
		return EL_OK;
	if (strlen(offset) != 6 || strchr("+-", offset[0]) == NULL || offset[3] != ':' ||
	    strspn(offset + 1, "0123456789") != 2 || strspn(offset + 4, "0123456789") != 2 ||
	    sscanf(offset + 1, "%2u:%2u", &hours, &minutes) != 2 || hours > 14 || minutes > 59) {
		el_cli_usage(c, "--utc-offset is like +09:00, west of Greenwich --utc-offset=-05:00");
		return EL_ECONFIG;
	}
	/* POSIX counts to the west, and wants a name. */
	snprintf(zone, sizeof zone, "<%.3s%.2s>%c%02u:%02u", offset, offset + 4, offset[0] == '+' ? '-' : '+', hours, minutes);
	if (setenv("TZ", zone, 1) != 0)
		return EL_ENOMEM;
	tzset();
	return EL_OK;
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
	if ((r = take_zone(c)) != EL_OK)
		return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
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

/* What the export holds and what it is, so that a copy can be told from another and counted. */
static json_t *
manifest(const struct el_cli *c, struct el_report *report, const struct el_buf *out, size_t n_gone)
{
	char hex[2 * EL_HASH_LEN + 1], created[EL_CLI_TIME_LEN];
	struct el_hash hash;

	el_sha256(out->p, out->len, &hash);
	for (size_t i = 0; i < sizeof hash.b; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash.b[i]);
	el_cli_format_time(el_report_created(report), created);
	return json_pack("{s:i, s:s, s:o, s:s, s:s, s:I, s:I, s:s, s:I}", "version", 1, "format", c->json ? "json" : "csv",
	    "order", el_cli_b64(el_report_order(report)->b, EL_HASH_LEN), "kind", el_order_kind_name(el_report_kind(report)),
	    "created", created, "rows", (json_int_t)el_report_rows(report), "bytes", (json_int_t)out->len, "sha256", hex,
	    "days_destroyed", (json_int_t)n_gone);
}

/* Beside the output as FILE.manifest, and with --json on standard output; where that is the output itself, a note. */
static int
write_manifest(const struct el_cli *c, const char *to, json_t *j)
{
	char path[EL_CLI_PATH], *text;
	int r = EL_ELIMIT;

	if (j == NULL)
		return EL_ENOMEM;
	if (to == NULL) {
		el_cli_note(c, "%lld rows, SHA-256 %s", (long long)json_integer_value(json_object_get(j, "rows")),
		    json_string_value(json_object_get(j, "sha256")));
		return EL_OK;
	}
	if ((text = json_dumps(j, JSON_INDENT(2))) == NULL)
		return EL_ENOMEM;
	if (snprintf(path, sizeof path, "%s.manifest", to) < (int)sizeof path)
		r = el_file_replace(path, 0600, text, strlen(text));
	free(text);
	if (r == EL_OK && c->json)
		el_cli_json(json_incref(j));
	return r;
}

int
el_cli_report_export(struct el_cli *c)
{
	const char *path = el_args_at(&c->args, NULL, 0), *to = el_args_value(&c->args, "output", NULL);
	struct el_report *report = NULL;
	struct el_cli_conf conf;
	json_t *j = NULL;
	struct el_buf out;
	size_t gone = 0;
	int r;

	if (to != NULL && strcmp(to, "-") == 0)
		to = NULL;
	if (path == NULL || el_args_count(&c->args, NULL) != 1 || (c->json && el_args_has(&c->args, "csv")))
		return el_cli_usage(c, "one REPORT is needed, and one of --csv and --json");
	if ((r = take_zone(c)) != EL_OK)
		return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
	if ((r = el_cli_report_load(c, path, &conf, &report, &gone)) != EL_OK)
		return r == EL_ECONFIG ? EL_EXIT_USAGE : el_cli_status(r);
	el_buf_init(&out, EL_FILE_MAX);
	if ((r = export_text(report, c->json, el_args_has(&c->args, "bom"), &out)) == EL_OK) {
		j = manifest(c, report, &out, gone);
		if (to == NULL)
			r = fwrite(out.p, 1, out.len, stdout) == out.len && fflush(stdout) == 0 ? EL_OK : EL_EIO;
		else
			r = el_file_replace(to, 0600, out.p, out.len);
		if (r == EL_OK)
			r = write_manifest(c, to, j);
	}
	if (r != EL_OK)
		el_cli_error(c, r, to != NULL ? to : "standard output");
	else if (to != NULL)
		el_cli_note(c, "%s: this copy is in nobody's purge; destroy it when it has served", to);
	json_decref(j);
	el_buf_wipe(&out);
	el_report_free(report);
	say_gone(c, gone);
	return el_cli_status(r);
}
