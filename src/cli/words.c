#include "cli/words.h"

#include <string.h>

#include "cli/cli.h"
#include "crypto/sign.h"
#include "order/check.h"

static const char *
purpose_in_words(enum el_order_kind k)
{
	switch (k) {
	case EL_ORDER_CONTACTS:
		return "contacts: name the people who were at these places in this window";
	case EL_ORDER_TRACE:
		return "trace: find the places where these people were in this window";
	case EL_ORDER_NOTICE:
		return "notice: tell the people who were at these places in this window, and name nobody";
	default:
		return "recovery: restore a backup";
	}
}

static void
print_window(FILE *out, const struct el_scope *s)
{
	char from[EL_CLI_TIME_LEN], to[EL_CLI_TIME_LEN];

	el_cli_format_time(s->from, from);
	el_cli_format_time(s->to, to);
	fprintf(out, "from %s to %s", from, to);
}

static void
print_notice(FILE *out, const struct el_policy *p, const struct el_scope *s)
{
	const struct el_policy_template *t = el_policy_template(p, s->template);
	char day[EL_CLI_TIME_LEN];

	el_cli_format_day(s->day, p->day_offset, day);
	fprintf(out, "notice %u about %s to those behind the links opened under this order; nobody is named",
	    (unsigned)s->template, day);
	if (t != NULL)
		fprintf(out, "\n    \"%s\"\n    \"%s\"", t->ko, t->en);
	else
		fputs("\n    THE POLICY HAS NO SUCH TEXT", out);
}

static void
print_scope(FILE *out, const struct el_policy *p, const struct el_audience *a, const struct el_scope *s)
{
	fprintf(out, "  %-12s at most %u: ", a->party, (unsigned)a->items);
	switch (s->form) {
	case EL_SCOPE_VENUES:
		fprintf(out, "visits at venue%s", s->n_venues > 1 ? "s" : "");
		for (size_t i = 0; i < s->n_venues; i++)
			fprintf(out, "%s %u", i > 0 ? "," : "", (unsigned)s->venues[i]);
		fputc(' ', out);
		print_window(out, s);
		break;
	case EL_SCOPE_LINKS:
		fputs("names and numbers behind the links opened under this order", out);
		break;
	case EL_SCOPE_NOTICE:
		print_notice(out, p, s);
		break;
	case EL_SCOPE_SECRETS:
		fputs("visits of the secrets opened under this order ", out);
		print_window(out, s);
		break;
	case EL_SCOPE_PHONES:
		fprintf(out, "trace boxes of %zu phone number%s:", s->n_phones, s->n_phones > 1 ? "s" : "");
		for (size_t i = 0; i < s->n_phones; i++)
			fprintf(out, " %s", s->phones[i].s);
		break;
	}
	fputc('\n', out);
}

static const char *
signature_in_words(const struct el_document *d, const struct el_policy *p, size_t i, const struct el_policy_officer **who)
{
	for (size_t k = 0; k < p->n_officers; k++)
		if (el_sign_pk_eq(&p->officers[k].key, &d->signatures[i].key)) {
			*who = &p->officers[k];
			return el_document_verify(d, &(*who)->key, "EL1-order") == EL_OK ? "signed" : "SIGNATURE DOES NOT VERIFY";
		}
	*who = NULL;
	return "a key that is no officer's: does not count";
}

void
el_order_words(FILE *out, const struct el_order *o, const struct el_order_file *f, const struct el_policy *p,
    int64_t now_s)
{
	char created[EL_CLI_TIME_LEN], expires[EL_CLI_TIME_LEN], missing[256];
	const struct el_policy_officer *who;
	const struct el_disclosed *d;
	struct el_scope s;

	el_cli_format_time(o->created, created);
	el_cli_format_time(o->expires, expires);
	fprintf(out, "Order for %s.\n", purpose_in_words(o->kind));
	if (p->lab)
		fputs("  (LAB MODE: a deployment for development)\n", out);
	fprintf(out, "  made %s, valid until %s%s; days %u to %u\n", created, expires,
	    now_s >= o->expires ? " (EXPIRED)" : "", o->first_epoch, o->last_epoch);
	fputs("Who is asked for what:\n", out);
	for (size_t i = 0; i < o->n_audience; i++) {
		if ((d = el_order_file_scope(f, o->audience[i].party)) == NULL)
			fprintf(out, "  %-12s at most %u: not disclosed here\n", o->audience[i].party, (unsigned)o->audience[i].items);
		else if (el_order_check_scope(o, o->audience[i].party, d, &s) != EL_CODE_OK)
			fprintf(out, "  %-12s THE DISCLOSED SCOPE IS NOT THE ONE IN THE ORDER\n", o->audience[i].party);
		else {
			print_scope(out, p, &o->audience[i], &s);
			el_scope_wipe(&s);
		}
	}
	fputs("Signatures:\n", out);
	for (size_t i = 0; i < f->document.n_signatures; i++) {
		const char *verdict = signature_in_words(&f->document, p, i, &who);

		fprintf(out, "  %s (%s): %s\n", who != NULL ? who->name : "?", who != NULL ? who->group : "?", verdict);
	}
	if (el_order_missing(&f->document, p, o->kind, now_s, missing, sizeof missing) > 0)
		fprintf(out, "  still missing: %s\n", missing);
	else
		fputs("  the quorum is complete\n", out);
}

static json_t *
scope_json(const struct el_scope *s)
{
	json_t *j = json_object(), *list = json_array();

	if (s->form == EL_SCOPE_VENUES || s->form == EL_SCOPE_SECRETS) {
		json_object_set_new(j, "from", json_integer(s->from));
		json_object_set_new(j, "to", json_integer(s->to));
	}
	for (size_t i = 0; i < s->n_venues; i++)
		json_array_append_new(list, json_integer(s->venues[i]));
	for (size_t i = 0; i < s->n_phones; i++)
		json_array_append_new(list, json_string(s->phones[i].s));
	if (s->form == EL_SCOPE_VENUES || s->form == EL_SCOPE_PHONES)
		json_object_set(j, s->form == EL_SCOPE_VENUES ? "venues" : "phones", list);
	else
		json_object_set_new(j, "opened", json_string(s->form == EL_SCOPE_SECRETS ? "secrets" : "links"));
	if (s->form == EL_SCOPE_NOTICE) {
		json_object_set_new(j, "template", json_integer(s->template));
		json_object_set_new(j, "day", json_integer(s->day));
	}
	json_decref(list);
	return j;
}

json_t *
el_order_words_json(const struct el_order *o, const struct el_order_file *f, const struct el_policy *p, int64_t now_s)
{
	json_t *audience = json_array(), *signatures = json_array();
	const struct el_policy_officer *who;
	const struct el_disclosed *d;
	struct el_scope s;
	char missing[256];
	unsigned n_missing;

	for (size_t i = 0; i < o->n_audience; i++) {
		json_t *scope = NULL;

		if ((d = el_order_file_scope(f, o->audience[i].party)) != NULL &&
		    el_order_check_scope(o, o->audience[i].party, d, &s) == EL_CODE_OK) {
			scope = scope_json(&s);
			el_scope_wipe(&s);
		}
		json_array_append_new(audience, json_pack("{s:s, s:i, s:o}", "party", o->audience[i].party, "items",
		    (int)o->audience[i].items, "scope", scope != NULL ? scope : json_null()));
	}
	for (size_t i = 0; i < f->document.n_signatures; i++) {
		const char *verdict = signature_in_words(&f->document, p, i, &who);

		json_array_append_new(signatures, json_pack("{s:s?, s:s?, s:b}", "name", who != NULL ? who->name : NULL,
		    "group", who != NULL ? who->group : NULL, "verified", (int)(strcmp(verdict, "signed") == 0)));
	}
	n_missing = el_order_missing(&f->document, p, o->kind, now_s, missing, sizeof missing);
	return json_pack("{s:o, s:s, s:I, s:I, s:i, s:i, s:o, s:o, s:i, s:s, s:b}", "order",
	    el_cli_b64(o->hash.b, EL_HASH_LEN), "kind", el_order_kind_name(o->kind), "created", (json_int_t)o->created,
	    "expires", (json_int_t)o->expires, "first_epoch", (int)o->first_epoch, "last_epoch", (int)o->last_epoch,
	    "audience", audience, "signatures", signatures, "signatures_missing", (int)n_missing, "missing", missing, "lab",
	    (int)p->lab);
}
