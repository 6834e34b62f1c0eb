#include "order/policy.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/group.h"
#include "crypto/hash.h"
#include "order/order_internal.h"

/* --- parsing (P-12.1) --- */

static void
read_trustees(struct el_fields *f, struct el_policy *p)
{
	const json_t *list = el_fields_array(f, "trustees", 1, EL_TRUSTEES_MAX);

	p->n_trustees = json_array_size(list);
	for (size_t i = 0; i < p->n_trustees; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));
		struct el_policy_trustee *t = &p->trustees[i];

		t->index = (unsigned)el_fields_uint(&one, "index", EL_TRUSTEES_MAX);
		el_fields_copy(&one, "name", t->name, sizeof t->name);
		el_fields_copy(&one, "group", t->group, sizeof t->group);
		el_fields_point(&one, "box_key", &t->box_key);
		el_fields_merge(f, &one);
	}
}

static void
read_officers(struct el_fields *f, struct el_policy *p)
{
	const json_t *list = el_fields_array(f, "officers", 0, EL_OFFICERS_MAX);

	p->n_officers = json_array_size(list);
	for (size_t i = 0; i < p->n_officers; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));
		struct el_policy_officer *o = &p->officers[i];

		el_fields_sign_pk(&one, "key", &o->key);
		el_fields_copy(&one, "name", o->name, sizeof o->name);
		el_fields_copy(&one, "group", o->group, sizeof o->group);
		o->from = el_fields_time(&one, "from");
		o->to = el_fields_time(&one, "to");
		el_fields_merge(f, &one);
	}
}

static void
read_revoked(struct el_fields *f, struct el_policy *p)
{
	const json_t *list = el_fields_array(f, "revoked", 0, EL_OFFICERS_MAX);

	p->n_revoked = json_array_size(list);
	for (size_t i = 0; i < p->n_revoked && f->err == EL_OK; i++)
		f->err = el_json_sign_pk(json_array_get(list, i), &p->revoked[i]);
}

static void
read_quorum(struct el_fields *f, struct el_quorum *q)
{
	const json_t *list = el_fields_array(f, "groups", 1, EL_QUORUM_GROUPS_MAX);

	q->n_groups = json_array_size(list);
	for (size_t i = 0; i < q->n_groups; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));

		el_fields_copy(&one, "group", q->groups[i].group, sizeof q->groups[i].group);
		q->groups[i].count = (unsigned)el_fields_uint(&one, "count", EL_OFFICERS_MAX);
		el_fields_merge(f, &one);
	}
}

static void
read_quorums(struct el_fields *f, struct el_policy *p)
{
	const json_t *list = el_fields_array(f, "quorums", EL_ORDER_KINDS, EL_ORDER_KINDS);

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));
		enum el_order_kind kind = el_fields_kind(&one);

		/* As many entries as kinds, and none twice: each stands there once. */
		if (kind == EL_ORDER_KINDS || p->quorums[kind].n_groups != 0) {
			el_fields_fail(f, one.err != EL_OK ? one.err : EL_EFORMAT);
			return;
		}
		read_quorum(&one, &p->quorums[kind]);
		el_fields_merge(f, &one);
	}
}

static void
read_templates(struct el_fields *f, struct el_policy *p)
{
	const json_t *list = el_fields_array(f, "templates", 0, EL_TEMPLATES_MAX);

	p->n_templates = json_array_size(list);
	for (size_t i = 0; i < p->n_templates; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));
		struct el_policy_template *t = &p->templates[i];

		t->number = (uint16_t)el_fields_uint(&one, "number", UINT16_MAX);
		el_fields_copy(&one, "ko", t->ko, sizeof t->ko);
		el_fields_copy(&one, "en", t->en, sizeof t->en);
		el_fields_merge(f, &one);
	}
}

static void
read_witnesses(struct el_fields *f, struct el_policy *p)
{
	const json_t *list = el_fields_array(f, "witnesses", 0, EL_TRUSTEES_MAX);

	p->n_witnesses = json_array_size(list);
	for (size_t i = 0; i < p->n_witnesses; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));

		p->witnesses[i].trustee = (unsigned)el_fields_uint(&one, "trustee", EL_TRUSTEES_MAX);
		el_fields_sign_pk(&one, "key", &p->witnesses[i].key);
		el_fields_merge(f, &one);
	}
}

static void
read_caps(struct el_fields *f, struct el_policy *p)
{
	struct el_fields one;

	if (!el_fields_has(f, "caps")) {
		el_fields_null(f, "caps");
		return;
	}
	one = el_fields_init(el_fields_object(f, "caps"));
	p->cap_items = (uint32_t)el_fields_uint(&one, "items", EL_CAP_MAX);
	if (p->cap_items == 0)
		el_fields_fail(&one, EL_EFORMAT);
	el_fields_merge(f, &one);
}

/* --- the rules --- */

static bool
is_threshold_ok(const struct el_policy *p)
{
	if (p->lab && p->threshold == 1 && p->n_trustees == 1)
		return true;
	return p->threshold >= 2 && p->threshold <= p->n_trustees && 2 * p->threshold > p->n_trustees;
}

/*
 * Indices 1..n in order; nobody holds two shares; the health authority alone must not reach the threshold
 * (a lab may, and its services say so).
 */
static bool
are_trustees_ok(const struct el_policy *p)
{
	unsigned n_health = 0;

	for (size_t i = 0; i < p->n_trustees; i++) {
		if (p->trustees[i].index != i + 1)
			return false;
		for (size_t j = 0; j < i; j++)
			if (el_point_eq(&p->trustees[i].box_key, &p->trustees[j].box_key))
				return false;
		n_health += strcmp(p->trustees[i].group, p->health_group) == 0;
	}
	return p->lab || n_health < p->threshold;
}

static bool
are_officers_ok(const struct el_policy *p)
{
	for (size_t i = 0; i < p->n_officers; i++) {
		if (p->officers[i].from >= p->officers[i].to)
			return false;
		for (size_t j = 0; j < i; j++)
			if (el_sign_pk_eq(&p->officers[i].key, &p->officers[j].key))
				return false;
	}
	for (size_t i = 0; i < p->n_revoked; i++)
		for (size_t j = 0; j < i; j++)
			if (el_sign_pk_eq(&p->revoked[i], &p->revoked[j]))
				return false;
	return true;
}

/* Whether enough officers exist is not asked: a new policy may come before they are named. */
static bool
is_quorum_ok(const struct el_quorum *q, const char *health_group)
{
	bool outside = false;

	for (size_t i = 0; i < q->n_groups; i++) {
		if (q->groups[i].count == 0)
			return false;
		for (size_t j = 0; j < i; j++)
			if (strcmp(q->groups[i].group, q->groups[j].group) == 0)
				return false;
		outside = outside || strcmp(q->groups[i].group, health_group) != 0;
	}
	return outside;
}

static bool
are_templates_ok(const struct el_policy *p)
{
	for (size_t i = 0; i < p->n_templates; i++)
		if (p->templates[i].number <= (i > 0 ? p->templates[i - 1].number : 0))
			return false;
	return true;
}

/* Each of another trustee and with another key: t cosignatures are those of t trustees. */
static bool
are_witnesses_ok(const struct el_policy *p)
{
	for (size_t i = 0; i < p->n_witnesses; i++) {
		const unsigned trustee = p->witnesses[i].trustee;

		if (trustee <= (i > 0 ? p->witnesses[i - 1].trustee : 0) || trustee > p->n_trustees)
			return false;
		for (size_t j = 0; j < i; j++)
			if (el_sign_pk_eq(&p->witnesses[i].key, &p->witnesses[j].key))
				return false;
	}
	return true;
}

static int
check_rules(const struct el_policy *p)
{
	if (!is_threshold_ok(p) || !are_trustees_ok(p) || !are_officers_ok(p) || !are_templates_ok(p) ||
	    !are_witnesses_ok(p))
		return EL_EFORMAT;
	for (size_t i = 0; i < EL_ORDER_KINDS; i++)
		if (!is_quorum_ok(&p->quorums[i], p->health_group))
			return EL_EFORMAT;
	return EL_OK;
}

static int
parse(const json_t *json, struct el_policy *p)
{
	struct el_fields f = el_fields_init(json);
	int r;

	memset(p, 0, sizeof *p);
	el_fields_head(&f, &p->deployment, &p->serial, &p->not_after);
	p->day_offset = (uint32_t)el_fields_uint(&f, "day_offset", EL_DAY_S - 1);
	p->lab = el_fields_bool(&f, "lab");
	p->threshold = (unsigned)el_fields_uint(&f, "threshold", EL_TRUSTEES_MAX);
	read_trustees(&f, p);
	read_officers(&f, p);
	read_revoked(&f, p);
	el_fields_copy(&f, "health_group", p->health_group, sizeof p->health_group);
	read_quorums(&f, p);
	p->consent = (uint16_t)el_fields_uint(&f, "consent", UINT16_MAX);
	read_templates(&f, p);
	read_witnesses(&f, p);
	read_caps(&f, p);
	if ((r = el_fields_end(&f)) == EL_OK)
		r = check_rules(p);
	return r;
}

int
el_policy_open(const struct el_document *d, const struct el_sign_pk *root, struct el_policy *out)
{
	json_t *json;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_document_open(d, root, EL_LABEL_POLICY, &json)) == EL_OK && (r = parse(json, out)) == EL_OK &&
	    (r = el_deployment_check(&out->deployment, root)) == EL_OK)
		out->hash = d->hash;
	if (r != EL_OK)
		memset(out, 0, sizeof *out);
	json_decref(json);
	return r;
}

const struct el_policy_template *
el_policy_template(const struct el_policy *p, uint64_t number)
{
	for (size_t i = 0; i < p->n_templates; i++)
		if (p->templates[i].number == number)
			return &p->templates[i];
	return NULL;
}

uint64_t
el_policy_cap(const struct el_policy *p, uint64_t own)
{
	return p->cap_items != 0 && p->cap_items < own ? p->cap_items : own;
}

const struct el_sign_pk *
el_policy_witness(const struct el_policy *p, unsigned trustee)
{
	for (size_t i = 0; i < p->n_witnesses; i++)
		if (p->witnesses[i].trustee == trustee)
			return &p->witnesses[i].key;
	return NULL;
}

/* --- encoding --- */

static void
write_trustees(struct el_object *o, const struct el_policy *p)
{
	json_t *list = el_object_array(o, "trustees");

	for (size_t i = 0; i < p->n_trustees; i++) {
		const struct el_policy_trustee *t = &p->trustees[i];
		struct el_object one = el_object_init();

		el_object_uint(&one, "index", t->index);
		el_object_text(&one, "name", t->name);
		el_object_text(&one, "group", t->group);
		el_object_bytes(&one, "box_key", t->box_key.b, sizeof t->box_key.b);
		el_object_append_object(o, list, &one);
	}
}

static void
write_officers(struct el_object *o, const struct el_policy *p)
{
	json_t *list = el_object_array(o, "officers");

	for (size_t i = 0; i < p->n_officers; i++) {
		const struct el_policy_officer *of = &p->officers[i];
		struct el_object one = el_object_init();

		el_object_bytes(&one, "key", of->key.b, sizeof of->key.b);
		el_object_text(&one, "name", of->name);
		el_object_text(&one, "group", of->group);
		el_object_uint(&one, "from", (uint64_t)of->from);
		el_object_uint(&one, "to", (uint64_t)of->to);
		el_object_append_object(o, list, &one);
	}
	list = el_object_array(o, "revoked");
	for (size_t i = 0; i < p->n_revoked; i++)
		el_object_append(o, list, el_json_bytes(p->revoked[i].b, sizeof p->revoked[i].b));
}

static void
write_quorums(struct el_object *o, const struct el_policy *p)
{
	json_t *list = el_object_array(o, "quorums");

	for (unsigned kind = 0; kind < EL_ORDER_KINDS; kind++) {
		const struct el_quorum *q = &p->quorums[kind];
		struct el_object one = el_object_init();
		json_t *groups;

		el_object_text(&one, "kind", el_order_kind_name((enum el_order_kind)kind));
		groups = el_object_array(&one, "groups");
		for (size_t i = 0; i < q->n_groups; i++) {
			struct el_object group = el_object_init();

			el_object_text(&group, "group", q->groups[i].group);
			el_object_uint(&group, "count", q->groups[i].count);
			el_object_append_object(&one, groups, &group);
		}
		el_object_append_object(o, list, &one);
	}
}

static void
write_rest(struct el_object *o, const struct el_policy *p)
{
	json_t *list = el_object_array(o, "templates");

	for (size_t i = 0; i < p->n_templates; i++) {
		struct el_object one = el_object_init();

		el_object_uint(&one, "number", p->templates[i].number);
		el_object_text(&one, "ko", p->templates[i].ko);
		el_object_text(&one, "en", p->templates[i].en);
		el_object_append_object(o, list, &one);
	}
	list = el_object_array(o, "witnesses");
	for (size_t i = 0; i < p->n_witnesses; i++) {
		struct el_object one = el_object_init();

		el_object_uint(&one, "trustee", p->witnesses[i].trustee);
		el_object_bytes(&one, "key", p->witnesses[i].key.b, sizeof p->witnesses[i].key.b);
		el_object_append_object(o, list, &one);
	}
	if (p->cap_items == 0) {
		el_object_null(o, "caps");
	} else {
		struct el_object caps = el_object_init();

		el_object_uint(&caps, "items", p->cap_items);
		el_object_nest(o, "caps", &caps);
	}
}

int
el_policy_encode(const struct el_policy *p, uint8_t **out, size_t *len)
{
	struct el_object o = el_object_init();
	struct el_policy *again = NULL;
	json_t *json;
	int r;

	*out = NULL;
	*len = 0;
	el_object_head(&o, &p->deployment, p->serial, p->not_after);
	el_object_uint(&o, "day_offset", p->day_offset);
	el_object_bool(&o, "lab", p->lab);
	el_object_uint(&o, "threshold", p->threshold);
	write_trustees(&o, p);
	write_officers(&o, p);
	el_object_text(&o, "health_group", p->health_group);
	write_quorums(&o, p);
	el_object_uint(&o, "consent", p->consent);
	write_rest(&o, p);
	json = el_object_end(&o);
	/* Read back what will be signed: then no rule can stand here and not there. */
	if ((r = o.err) == EL_OK && (r = (again = malloc(sizeof *again)) == NULL ? EL_ENOMEM : EL_OK) == EL_OK &&
	    (r = parse(json, again)) == EL_OK)
		r = el_rjson_encode(json, out, len);
	free(again);
	json_decref(json);
	return r;
}
