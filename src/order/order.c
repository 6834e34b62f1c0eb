#include "entrylog/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/hash.h"
#include "order/order_internal.h"

static const char *const kind_name[EL_ORDER_KINDS] = { "contacts", "trace", "notice", "recovery" };

const char *
el_order_kind_name(enum el_order_kind kind)
{
	return (unsigned)kind < EL_ORDER_KINDS ? kind_name[kind] : "unknown";
}

int
el_party_parse(const char *party, uint8_t *issuer)
{
	static const char front[] = "issuer:";
	const char *digits = party + sizeof front - 1;
	unsigned v = 0;

	*issuer = 0;
	if (strcmp(party, "registry") == 0)
		return EL_OK;
	if (strncmp(party, front, sizeof front - 1) != 0 || *digits == '0' || *digits == '\0' || strlen(digits) > 3)
		return EL_EFORMAT;
	for (; *digits != '\0'; digits++) {
		if (*digits < '0' || *digits > '9')
			return EL_EFORMAT;
		v = v * 10 + (unsigned)(*digits - '0');
	}
	if (v > UINT8_MAX)
		return EL_EFORMAT;
	*issuer = (uint8_t)v;
	return EL_OK;
}

static void
read_executor(struct el_fields *f, struct el_order *o)
{
	struct el_fields one = el_fields_init(el_fields_object(f, "executor"));

	el_fields_sign_pk(&one, "key", &o->executor);
	el_fields_point(&one, "box_key", &o->box_key);
	el_fields_merge(f, &one);
}

static void
read_limits(struct el_fields *f, struct el_audience *a)
{
	struct el_fields one = el_fields_init(el_fields_object(f, "limits"));

	a->items = (uint32_t)el_fields_uint(&one, "items", EL_ORDER_ROWS_MAX);
	if (a->items == 0)
		el_fields_fail(&one, EL_EFORMAT);
	el_fields_merge(f, &one);
}

static void
read_audience(struct el_fields *f, struct el_order *o)
{
	const json_t *list = el_fields_array(f, "audience", 1, EL_ORDER_AUDIENCE_MAX);
	uint8_t issuer;

	o->n_audience = json_array_size(list);
	for (size_t i = 0; i < o->n_audience; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));
		struct el_audience *a = &o->audience[i];

		el_fields_copy(&one, "party", a->party, sizeof a->party);
		el_fields_hash(&one, "scope", &a->scope);
		read_limits(&one, a);
		el_fields_merge(f, &one);
		if (el_party_parse(a->party, &issuer) != EL_OK)
			el_fields_fail(f, EL_EFORMAT);
		for (size_t j = 0; j < i; j++)
			if (strcmp(o->audience[j].party, a->party) == 0)
				el_fields_fail(f, EL_EFORMAT);
	}
}

static int
parse(const json_t *json, struct el_order *o)
{
	struct el_fields f = el_fields_init(json);

	memset(o, 0, sizeof *o);
	el_fields_version(&f);
	el_fields_hash(&f, "deployment", &o->deployment);
	el_fields_hash(&f, "policy", &o->policy);
	el_fields_bytes(&f, "id", o->id, sizeof o->id);
	o->kind = el_fields_kind(&f);
	o->created = el_fields_time(&f, "created");
	o->expires = el_fields_time(&f, "expires");
	o->first_epoch = el_fields_epoch(&f, "first_epoch");
	o->last_epoch = el_fields_epoch(&f, "last_epoch");
	el_fields_hash(&f, "case", &o->case_hash);
	read_executor(&f, o);
	read_audience(&f, o);
	if (o->expires <= o->created || o->last_epoch < o->first_epoch ||
	    o->last_epoch - o->first_epoch >= EL_ORDER_DAYS_MAX)
		el_fields_fail(&f, EL_EFORMAT);
	return el_fields_end(&f);
}

int
el_order_parse(const uint8_t *doc, size_t len, struct el_order *out)
{
	json_t *json;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_rjson_parse(doc, len, &json)) == EL_OK && (r = parse(json, out)) == EL_OK)
		el_sha256(doc, len, &out->hash);
	else
		memset(out, 0, sizeof *out);
	json_decref(json);
	return r;
}

static void
write_parties(struct el_object *o, const struct el_order *in)
{
	struct el_object executor = el_object_init();
	json_t *list;

	el_object_bytes(&executor, "key", in->executor.b, sizeof in->executor.b);
	el_object_bytes(&executor, "box_key", in->box_key.b, sizeof in->box_key.b);
	el_object_nest(o, "executor", &executor);
	list = el_object_array(o, "audience");
	for (size_t i = 0; i < in->n_audience; i++) {
		struct el_object one = el_object_init(), limits = el_object_init();

		el_object_text(&one, "party", in->audience[i].party);
		el_object_hash(&one, "scope", &in->audience[i].scope);
		el_object_uint(&limits, "items", in->audience[i].items);
		el_object_nest(&one, "limits", &limits);
		el_object_append_object(o, list, &one);
	}
}

int
el_order_encode(struct el_order *in, uint8_t **out, size_t *len)
{
	struct el_object o = el_object_init();
	struct el_order *again = NULL;
	json_t *json;
	int r;

	*out = NULL;
	*len = 0;
	el_object_uint(&o, "version", 1);
	el_object_hash(&o, "deployment", &in->deployment);
	el_object_hash(&o, "policy", &in->policy);
	el_object_bytes(&o, "id", in->id, sizeof in->id);
	el_object_text(&o, "kind", el_order_kind_name(in->kind));
	el_object_uint(&o, "created", (uint64_t)in->created);
	el_object_uint(&o, "expires", (uint64_t)in->expires);
	el_object_uint(&o, "first_epoch", in->first_epoch);
	el_object_uint(&o, "last_epoch", in->last_epoch);
	el_object_hash(&o, "case", &in->case_hash);
	write_parties(&o, in);
	json = el_object_end(&o);
	/* Read back what will be signed: then no rule can stand here and not there. */
	if ((r = o.err) == EL_OK && (r = (again = malloc(sizeof *again)) == NULL ? EL_ENOMEM : EL_OK) == EL_OK &&
	    (r = parse(json, again)) == EL_OK && (r = el_rjson_encode(json, out, len)) == EL_OK)
		el_sha256(*out, *len, &in->hash);
	free(again);
	json_decref(json);
	return r;
}

const struct el_audience *
el_order_for(const struct el_order *o, const char *party)
{
	for (size_t i = 0; i < o->n_audience; i++)
		if (strcmp(o->audience[i].party, party) == 0)
			return &o->audience[i];
	return NULL;
}
