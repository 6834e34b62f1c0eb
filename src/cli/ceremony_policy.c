#include "cli/ceremony_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/group.h"
#include "order/rjson.h"

#define OFFICER_LIFE_S (400 * (int64_t)EL_DAY_S)
#define TEMPLATES_FILE_MAX 65536
#define CLOCKS_APART_S 3600 /* officers count a little before the ceremony, for machines whose clocks lag */

/* Copy len characters into a field; EL_ECONFIG when it is empty or does not fit. */
static int
copy(char *out, size_t size, const char *in, size_t len)
{
	if (len == 0 || len >= size)
		return EL_ECONFIG;
	memcpy(out, in, len);
	out[len] = '\0';
	return EL_OK;
}

/* The name of a key file without folder and ".pub". */
static int
name_from_path(const char *path, char *out, size_t size)
{
	const char *base = strrchr(path, '/');
	size_t n;

	base = base != NULL ? base + 1 : path;
	n = strlen(base);
	if (n > 4 && strcmp(base + n - 4, ".pub") == 0)
		n -= 4;
	return copy(out, size, base, n);
}

/*
 * [NAME:[GROUP:]]PUB or [[NAME:]GROUP:]PUB split at its first colons; group_first says which of the two a
 * single prefix is.
 */
static int
split(const char *arg, bool group_first, char *name, size_t name_size, char *group, size_t group_size, const char **path)
{
	const char *a = strchr(arg, ':'), *b = a != NULL ? strchr(a + 1, ':') : NULL;
	int r;

	name[0] = group[0] = '\0';
	*path = b != NULL ? b + 1 : a != NULL ? a + 1 : arg;
	if (a == NULL)
		return name_from_path(*path, name, name_size);
	if (b != NULL) {
		if ((r = copy(name, name_size, arg, (size_t)(a - arg))) != EL_OK)
			return r;
		return copy(group, group_size, a + 1, (size_t)(b - a - 1));
	}
	if ((r = copy(group_first ? group : name, group_first ? group_size : name_size, arg, (size_t)(a - arg))) != EL_OK)
		return r;
	return group_first ? name_from_path(*path, name, name_size) : EL_OK;
}

static int
take_trustee(const struct el_cli *c, const char *arg, struct el_policy *p)
{
	struct el_policy_trustee *t = &p->trustees[p->n_trustees];
	const char *path;
	uint8_t pub[32];

	if (p->n_trustees == EL_TRUSTEES_MAX ||
	    split(arg, false, t->name, sizeof t->name, t->group, sizeof t->group, &path) != EL_OK ||
	    el_keyfile_read_public(path, EL_PURPOSE_TRUSTEE, pub) != EL_OK || el_point_parse(pub, &t->box_key) != EL_OK) {
		el_cli_fail(c, 0, "--trustee %s: [NAME:GROUP:]PUB, where PUB is the .pub file of a trustee's key", arg);
		return EL_ECONFIG;
	}
	t->index = (unsigned)++p->n_trustees;
	if (t->group[0] == '\0')
		snprintf(t->group, sizeof t->group, "trustee-%u", t->index);
	return EL_OK;
}

static int
take_officer(const struct el_cli *c, const char *arg, int64_t now, struct el_policy *p)
{
	struct el_policy_officer *o = &p->officers[p->n_officers];
	const char *path;
	uint8_t pub[32];

	if (p->n_officers == EL_OFFICERS_MAX ||
	    split(arg, true, o->name, sizeof o->name, o->group, sizeof o->group, &path) != EL_OK || o->group[0] == '\0' ||
	    el_keyfile_read_public(path, EL_PURPOSE_OFFICER, pub) != EL_OK || el_sign_pk_parse(pub, &o->key) != EL_OK) {
		el_cli_fail(c, 0, "--officer %s: [NAME:]GROUP:PUB, where PUB is the .pub file of an officer's key", arg);
		return EL_ECONFIG;
	}
	o->from = now > CLOCKS_APART_S ? now - CLOCKS_APART_S : 0;
	o->to = now + OFFICER_LIFE_S;
	p->n_officers++;
	return EL_OK;
}

/* The i-th belongs to the i-th trustee; the last ones may be without. */
static int
take_witness(const struct el_cli *c, const char *path, struct el_policy *p)
{
	struct el_policy_witness *w = &p->witnesses[p->n_witnesses];
	uint8_t pub[32];

	if (p->n_witnesses == p->n_trustees) {
		el_cli_fail(c, 0, "--witness: more of them than trustees; they are named in the trustees' order");
		return EL_ECONFIG;
	}
	if (el_keyfile_read_public(path, EL_PURPOSE_WITNESS, pub) != EL_OK || el_sign_pk_parse(pub, &w->key) != EL_OK) {
		el_cli_fail(c, 0, "--witness %s: the .pub file of a witness key (entrylog keys new witness)", path);
		return EL_ECONFIG;
	}
	for (size_t i = 0; i < p->n_witnesses; i++)
		if (el_sign_pk_eq(&p->witnesses[i].key, &w->key)) {
			el_cli_fail(c, 0, "--witness %s: each trustee has a key of its own", path);
			return EL_ECONFIG;
		}
	w->trustee = (unsigned)++p->n_witnesses;
	return EL_OK;
}

static int
take_template(const json_t *json, struct el_policy *p)
{
	struct el_policy_template *t = &p->templates[p->n_templates];
	struct el_fields f = el_fields_init(json);
	const char *ko, *en;

	if (p->n_templates == EL_TEMPLATES_MAX)
		return EL_ELIMIT;
	t->number = (uint16_t)el_fields_uint(&f, "number", UINT16_MAX);
	ko = el_fields_text(&f, "ko", 1, EL_TEMPLATE_TEXT_MAX);
	en = el_fields_text(&f, "en", 1, EL_TEMPLATE_TEXT_MAX);
	if (el_fields_end(&f) != EL_OK || !el_text_is_nfc(ko, strlen(ko)) || !el_text_is_nfc(en, strlen(en)) ||
	    t->number <= (p->n_templates > 0 ? p->templates[p->n_templates - 1].number : 0))
		return EL_EFORMAT;
	memcpy(t->ko, ko, strlen(ko));
	memcpy(t->en, en, strlen(en));
	p->n_templates++;
	return EL_OK;
}

static int
take_templates(const struct el_cli *c, const char *path, struct el_policy *p)
{
	uint8_t *text = NULL;
	json_t *list = NULL;
	size_t len;
	int r;

	if ((r = el_file_read(path, TEMPLATES_FILE_MAX, &text, &len)) != EL_OK) {
		el_cli_error(c, r, path);
		return r;
	}
	list = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, NULL);
	r = json_is_array(list) ? EL_OK : EL_EFORMAT;
	for (size_t i = 0; r == EL_OK && i < json_array_size(list); i++)
		r = take_template(json_array_get(list, i), p);
	if (r != EL_OK) {
		el_cli_fail(c, 0, "--template-file %s: [{\"number\": 1..65535, \"ko\": TEXT, \"en\": TEXT}...], at most %d, numbers "
		    "ascending, texts of 1 to %d bytes in one line", path, EL_TEMPLATES_MAX, EL_TEMPLATE_TEXT_MAX);
		r = EL_ECONFIG;
	}
	json_decref(list);
	free(text);
	return r;
}

/* What a policy may be without. */
static int
take_optional(const struct el_cli *c, struct el_policy *p)
{
	const char *templates = el_args_value(&c->args, "template-file", NULL), *arg;
	const char *cap = el_args_value(&c->args, "cap", NULL);
	uint64_t items = 0;
	int r = EL_OK;

	if (cap != NULL && el_cli_parse_uint(cap, 1, EL_CAP_MAX, &items) != EL_OK) {
		el_cli_fail(c, 0, "--cap is 1..%d: what one party answers at most in one day", EL_CAP_MAX);
		return EL_ECONFIG;
	}
	p->cap_items = (uint32_t)items;
	for (size_t i = 0; r == EL_OK && (arg = el_args_at(&c->args, "witness", i)) != NULL; i++)
		r = take_witness(c, arg, p);
	return r == EL_OK && templates != NULL ? take_templates(c, templates, p) : r;
}

static int
quorum_put(struct el_quorum *q, const char *group, size_t len, unsigned count)
{
	if (q->n_groups == EL_QUORUM_GROUPS_MAX ||
	    copy(q->groups[q->n_groups].group, sizeof q->groups[0].group, group, len) != EL_OK)
		return EL_ECONFIG;
	q->groups[q->n_groups++].count = count;
	return EL_OK;
}

/* KIND:GROUP=N,GROUP=N */
static int
take_quorum(const struct el_cli *c, const char *arg, struct el_policy *p)
{
	const char *at = strchr(arg, ':'), *eq;
	struct el_quorum *q = NULL;
	char *end;

	for (unsigned k = 0; at != NULL && k < EL_ORDER_KINDS; k++) {
		const char *name = el_order_kind_name((enum el_order_kind)k);

		if (strlen(name) == (size_t)(at - arg) && strncmp(name, arg, (size_t)(at - arg)) == 0)
			q = &p->quorums[k];
	}
	if (q == NULL)
		goto wrong;
	q->n_groups = 0;
	do {
		at++;
		if ((eq = strchr(at, '=')) == NULL || eq[1] < '1' || eq[1] > '9' ||
		    quorum_put(q, at, (size_t)(eq - at), (unsigned)strtoul(eq + 1, &end, 10)) != EL_OK)
			goto wrong;
		at = end;
	} while (*at == ',');
	if (*at == '\0')
		return EL_OK;
wrong:
	el_cli_fail(c, 0, "--quorum %s: contacts|trace|notice|recovery:GROUP=N,GROUP=N", arg);
	return EL_ECONFIG;
}

/* One of the health group and one of the first other group. */
static int
preset_quorums(const struct el_cli *c, struct el_policy *p)
{
	const char *other = NULL;
	int r = EL_OK;

	for (size_t i = 0; other == NULL && i < p->n_officers; i++)
		if (strcmp(p->officers[i].group, p->health_group) != 0)
			other = p->officers[i].group;
	if (other == NULL) {
		el_cli_fail(c, 0, "every quorum needs an officer from outside \"%s\": name one with --officer GROUP:PUB",
		    p->health_group);
		return EL_ECONFIG;
	}
	for (unsigned k = 0; r == EL_OK && k < EL_ORDER_KINDS; k++)
		if ((r = quorum_put(&p->quorums[k], p->health_group, strlen(p->health_group), 1)) == EL_OK)
			r = quorum_put(&p->quorums[k], other, strlen(other), 1);
	return r;
}

/* A quorum that the officers named cannot reach would make orders impossible; better said now. */
static int
check_reachable(const struct el_cli *c, const struct el_policy *p)
{
	for (unsigned k = 0; k < EL_ORDER_KINDS; k++)
		for (size_t g = 0; g < p->quorums[k].n_groups; g++) {
			unsigned n = 0;

			for (size_t i = 0; i < p->n_officers; i++)
				n += strcmp(p->officers[i].group, p->quorums[k].groups[g].group) == 0;
			if (n < p->quorums[k].groups[g].count) {
				el_cli_fail(c, 0, "the quorum for %s asks for %u officers of \"%s\" and %u were named",
				    el_order_kind_name((enum el_order_kind)k), p->quorums[k].groups[g].count,
				    p->quorums[k].groups[g].group, n);
				return EL_ECONFIG;
			}
		}
	return EL_OK;
}

static int
take_numbers(const struct el_cli *c, struct el_policy *p)
{
	const char *offset = el_args_value(&c->args, "day-offset", NULL), *consent = el_args_value(&c->args, "consent", NULL);
	const char *threshold = el_args_value(&c->args, "threshold", NULL);
	uint64_t day_offset = EL_CLI_DAY_OFFSET, version = EL_CLI_CONSENT, t;

	if (threshold == NULL || el_cli_parse_uint(threshold, 1, EL_TRUSTEES_MAX, &t) != EL_OK ||
	    (offset != NULL && el_cli_parse_uint(offset, 0, EL_DAY_S - 1, &day_offset) != EL_OK) ||
	    (consent != NULL && el_cli_parse_uint(consent, 0, UINT16_MAX, &version) != EL_OK)) {
		el_cli_fail(c, 0, "--threshold T is needed; --day-offset is 0..86399; --consent 0..65535");
		return EL_ECONFIG;
	}
	p->threshold = (unsigned)t;
	p->day_offset = (uint32_t)day_offset;
	p->consent = (uint16_t)version;
	return EL_OK;
}

int
el_ceremony_policy(const struct el_cli *c, int64_t now_s, struct el_policy *out)
{
	const char *health = el_args_value(&c->args, "health-group", "health"), *arg;
	int r;

	memset(out, 0, sizeof *out);
	out->lab = el_args_has(&c->args, "lab");
	if ((r = take_numbers(c, out)) != EL_OK)
		return r;
	if (copy(out->health_group, sizeof out->health_group, health, strlen(health)) != EL_OK) {
		el_cli_fail(c, 0, "--health-group: at most %d characters", EL_GROUP_MAX);
		return EL_ECONFIG;
	}
	for (size_t i = 0; r == EL_OK && (arg = el_args_at(&c->args, "trustee", i)) != NULL; i++)
		r = take_trustee(c, arg, out);
	for (size_t i = 0; r == EL_OK && (arg = el_args_at(&c->args, "officer", i)) != NULL; i++)
		r = take_officer(c, arg, now_s, out);
	if (r == EL_OK && (r = take_optional(c, out)) == EL_OK)
		r = preset_quorums(c, out);
	for (size_t i = 0; r == EL_OK && (arg = el_args_at(&c->args, "quorum", i)) != NULL; i++)
		r = take_quorum(c, arg, out);
	return r == EL_OK ? check_reachable(c, out) : r;
}
