#include <stdlib.h>
#include <string.h>

#include "crypto/group.h"
#include "order/order_internal.h"
#include "order/policy.h"

/* --- parsing (P-12.2) --- */

static void
read_trustees(struct el_fields *f, struct el_bundle *b)
{
	const json_t *list = el_fields_array(f, "trustees", 1, EL_TRUSTEES_MAX);

	b->n_trustees = json_array_size(list);
	for (size_t i = 0; i < b->n_trustees; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));

		b->trustees[i].index = (unsigned)el_fields_uint(&one, "index", EL_TRUSTEES_MAX);
		el_fields_point(&one, "box_key", &b->trustees[i].box_key);
		el_fields_merge(f, &one);
	}
}

/* The commitments of one polynomial: exactly as many as the threshold. */
static void
read_commitments(struct el_fields *f, const char *key, unsigned threshold, struct el_point *out)
{
	const json_t *list = el_fields_array(f, key, threshold, threshold);

	for (size_t i = 0; i < json_array_size(list) && f->err == EL_OK; i++)
		f->err = el_json_point(json_array_get(list, i), &out[i]);
}

static void
read_epochs(struct el_fields *f, struct el_bundle *b)
{
	const json_t *list = el_fields_array(f, "epochs", 1, EL_EPOCHS_AHEAD_MAX);

	b->n_epochs = json_array_size(list);
	for (size_t i = 0; i < b->n_epochs && f->err == EL_OK; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));
		struct el_epoch_keys *e = &b->epochs[i];

		e->epoch = el_fields_epoch(&one, "epoch");
		read_commitments(&one, "links", b->threshold, e->links);
		read_commitments(&one, "traces", b->threshold, e->traces);
		read_commitments(&one, "recovery", b->threshold, e->recovery);
		el_fields_merge(f, &one);
		if (i > 0 && e->epoch <= b->epochs[i - 1].epoch)
			el_fields_fail(f, EL_EFORMAT);
	}
}

/* Whether 1 of 1 is allowed here the policy says; el_trust_load() compares the two. */
static int
check_rules(const struct el_bundle *b)
{
	const bool alone = b->threshold == 1 && b->n_trustees == 1;

	if (!alone && (b->threshold < 2 || b->threshold > b->n_trustees || 2 * b->threshold <= b->n_trustees))
		return EL_EFORMAT;
	for (size_t i = 0; i < b->n_trustees; i++) {
		if (b->trustees[i].index != i + 1)
			return EL_EFORMAT;
		for (size_t j = 0; j < i; j++)
			if (el_point_eq(&b->trustees[i].box_key, &b->trustees[j].box_key))
				return EL_EFORMAT;
	}
	return EL_OK;
}

static int
parse(const json_t *json, struct el_bundle *b)
{
	struct el_fields f = el_fields_init(json);
	int r;

	memset(b, 0, sizeof *b);
	el_fields_head(&f, &b->deployment, &b->serial, &b->not_after);
	b->threshold = (unsigned)el_fields_uint(&f, "threshold", EL_TRUSTEES_MAX);
	read_trustees(&f, b);
	read_epochs(&f, b);
	if ((r = el_fields_end(&f)) == EL_OK)
		r = check_rules(b);
	return r;
}

int
el_bundle_open(const struct el_document *d, const struct el_sign_pk *root, struct el_bundle *out)
{
	json_t *json;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_document_open(d, root, EL_LABEL_BUNDLE, &json)) == EL_OK && (r = parse(json, out)) == EL_OK &&
	    (r = el_deployment_check(&out->deployment, root)) == EL_OK)
		out->hash = d->hash;
	if (r != EL_OK)
		memset(out, 0, sizeof *out);
	json_decref(json);
	return r;
}

/* --- encoding --- */

static void
write_commitments(struct el_object *o, const char *key, unsigned threshold, const struct el_point *in)
{
	json_t *list = el_object_array(o, key);

	for (unsigned i = 0; i < threshold; i++)
		el_object_append(o, list, el_json_bytes(in[i].b, sizeof in[i].b));
}

int
el_bundle_encode(const struct el_bundle *b, uint8_t **out, size_t *len)
{
	struct el_object o = el_object_init();
	struct el_bundle *again = NULL;
	json_t *list, *json;
	int r;

	*out = NULL;
	*len = 0;
	el_object_head(&o, &b->deployment, b->serial, b->not_after);
	el_object_uint(&o, "threshold", b->threshold);
	list = el_object_array(&o, "trustees");
	for (size_t i = 0; i < b->n_trustees; i++) {
		struct el_object one = el_object_init();

		el_object_uint(&one, "index", b->trustees[i].index);
		el_object_bytes(&one, "box_key", b->trustees[i].box_key.b, sizeof b->trustees[i].box_key.b);
		el_object_append_object(&o, list, &one);
	}
	list = el_object_array(&o, "epochs");
	for (size_t i = 0; i < b->n_epochs; i++) {
		struct el_object one = el_object_init();

		el_object_uint(&one, "epoch", b->epochs[i].epoch);
		write_commitments(&one, "links", b->threshold, b->epochs[i].links);
		write_commitments(&one, "traces", b->threshold, b->epochs[i].traces);
		write_commitments(&one, "recovery", b->threshold, b->epochs[i].recovery);
		el_object_append_object(&o, list, &one);
	}
	json = el_object_end(&o);
	/* Read back what will be signed: then no rule can stand here and not there. */
	if ((r = o.err) == EL_OK && (r = (again = malloc(sizeof *again)) == NULL ? EL_ENOMEM : EL_OK) == EL_OK &&
	    (r = parse(json, again)) == EL_OK)
		r = el_rjson_encode(json, out, len);
	free(again);
	json_decref(json);
	return r;
}

const struct el_epoch_keys *
el_bundle_epoch(const struct el_bundle *b, el_epoch epoch)
{
	for (size_t i = 0; i < b->n_epochs; i++)
		if (b->epochs[i].epoch == epoch)
			return &b->epochs[i];
	return NULL;
}
