#include "order/log_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order/order_internal.h"

#define COUNT_TEXT_MAX 16
#define RANGE "1-9"

static const char *const types[] = { "order", "refused", "segment", "identities", "destroyed", "document", "checkpoint" };
static const char *const documents[] = { "policy", "bundle", "directory" };
#define N_TYPES (sizeof types / sizeof types[0])
#define N_DOCUMENTS (sizeof documents / sizeof documents[0])

/* ---- Writing ---- */

/* How many people or visits an order was about is told coarsely where few are few enough to be guessed. */
static void
put_range(struct el_object *o, uint64_t count)
{
	char text[COUNT_TEXT_MAX + 1];

	if (count >= 1 && count <= 9)
		(void)snprintf(text, sizeof text, RANGE);
	else
		(void)snprintf(text, sizeof text, "%llu", (unsigned long long)count);
	el_object_text(o, "count", text);
}

static void
put_fields(struct el_object *o, const struct el_log_entry *e)
{
	switch (e->type) {
	case EL_ENTRY_ORDER:
		el_object_hash(o, "order", &e->order);
		el_object_text(o, "kind", el_order_kind_name(e->kind));
		el_object_hash(o, "answer", &e->answer);
		put_range(o, e->count);
		break;
	case EL_ENTRY_REFUSED:
		el_object_hash(o, "order", &e->order);
		el_object_text(o, "kind", el_order_kind_name(e->kind));
		el_object_text(o, "code", el_code_name(e->code));
		break;
	case EL_ENTRY_SEGMENT:
		el_object_uint(o, "epoch", e->epoch);
		el_object_uint(o, "segment", e->segment);
		el_object_uint(o, "count", e->count);
		el_object_hash(o, "root", &e->root);
		break;
	case EL_ENTRY_IDENTITIES:
		el_object_uint(o, "epoch", e->epoch);
		el_object_uint(o, "count", e->count);
		el_object_hash(o, "root", &e->root);
		break;
	case EL_ENTRY_DESTROYED:
		el_object_uint(o, "epoch", e->epoch);
		el_object_uint(o, "count", e->count);
		break;
	case EL_ENTRY_DOCUMENT:
		el_object_text(o, "document", documents[e->document]);
		el_object_uint(o, "serial", e->serial);
		el_object_hash(o, "hash", &e->root);
		break;
	case EL_ENTRY_CHECKPOINT:
		el_object_text(o, "party", e->party);
		el_object_uint(o, "size", e->count);
		el_object_hash(o, "root", &e->root);
		break;
	}
}

int
el_log_entry_encode(const struct el_log_entry *e, uint8_t out[EL_ENTRY_MAX], size_t *len)
{
	struct el_object o = el_object_init();
	uint8_t *text;
	int r;

	*len = 0;
	el_object_uint(&o, "version", 1);
	el_object_text(&o, "type", types[e->type]);
	el_object_uint(&o, "time", (uint64_t)e->time_s);
	put_fields(&o, e);
	if ((r = el_object_encode(&o, &text, len)) != EL_OK)
		return r == EL_EFORMAT ? EL_ELIMIT : r; /* all but numbers is ours */
	if (*len <= EL_ENTRY_MAX)
		memcpy(out, text, *len);
	else
		r = EL_ELIMIT;
	free(text);
	return r;
}

/* ---- Reading ---- */

static unsigned
take_word(struct el_fields *f, const char *key, const char *const *words, size_t n)
{
	const char *const word = el_fields_text(f, key, 1, 31);

	for (unsigned i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	el_fields_fail(f, EL_EFORMAT);
	return 0;
}

static uint64_t
take_range(struct el_fields *f)
{
	const char *const text = el_fields_text(f, "count", 1, COUNT_TEXT_MAX);
	uint64_t v = 0;

	if (strcmp(text, RANGE) == 0)
		return 1;
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] < '0' || text[i] > '9') {
			el_fields_fail(f, EL_EFORMAT);
			return 0;
		}
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	/* One spelling for each: no leading zero, no number that the range stands for. */
	if ((text[0] == '0' && text[1] != '\0') || (v >= 1 && v <= 9) || v > EL_RJSON_INT_MAX)
		el_fields_fail(f, EL_EFORMAT);
	return v;
}

static enum el_code
take_code(struct el_fields *f)
{
	const char *const name = el_fields_text(f, "code", 1, 63);

	for (unsigned c = EL_CODE_OK + 1; c < EL_CODE_MAX; c++)
		if (strcmp(name, el_code_name((enum el_code)c)) == 0)
			return (enum el_code)c;
	el_fields_fail(f, EL_EFORMAT);
	return EL_CODE_OK;
}

static enum el_order_kind
take_kind(struct el_fields *f)
{
	const enum el_order_kind kind = el_fields_kind(f);

	return f->err == EL_OK ? kind : EL_ORDER_CONTACTS;
}

static void
take_fields(struct el_fields *f, struct el_log_entry *e)
{
	switch (e->type) {
	case EL_ENTRY_ORDER:
		el_fields_hash(f, "order", &e->order);
		e->kind = take_kind(f);
		el_fields_hash(f, "answer", &e->answer);
		e->count = take_range(f);
		break;
	case EL_ENTRY_REFUSED:
		el_fields_hash(f, "order", &e->order);
		e->kind = take_kind(f);
		e->code = take_code(f);
		break;
	case EL_ENTRY_SEGMENT:
		e->segment = (uint32_t)el_fields_uint(f, "segment", UINT32_MAX);
		/* fallthrough */
	case EL_ENTRY_IDENTITIES:
		el_fields_hash(f, "root", &e->root);
		/* fallthrough */
	case EL_ENTRY_DESTROYED:
		e->epoch = el_fields_epoch(f, "epoch");
		e->count = el_fields_uint(f, "count", EL_RJSON_INT_MAX);
		break;
	case EL_ENTRY_DOCUMENT:
		e->document = (enum el_entry_document)take_word(f, "document", documents, N_DOCUMENTS);
		e->serial = el_fields_uint(f, "serial", EL_RJSON_INT_MAX);
		el_fields_hash(f, "hash", &e->root);
		break;
	case EL_ENTRY_CHECKPOINT:
		el_fields_copy(f, "party", e->party, sizeof e->party);
		e->count = el_fields_uint(f, "size", EL_RJSON_INT_MAX);
		el_fields_hash(f, "root", &e->root);
		break;
	}
}

int
el_log_entry_parse(const uint8_t *in, size_t len, struct el_log_entry *out)
{
	struct el_fields f;
	json_t *json;
	int r;

	memset(out, 0, sizeof *out);
	if (len > EL_ENTRY_MAX)
		return EL_ELIMIT;
	if ((r = el_rjson_parse(in, len, &json)) != EL_OK)
		return r;
	f = el_fields_init(json);
	el_fields_version(&f);
	out->type = (enum el_entry_type)take_word(&f, "type", types, N_TYPES);
	out->time_s = el_fields_time(&f, "time");
	take_fields(&f, out);
	if ((r = el_fields_end(&f)) != EL_OK)
		memset(out, 0, sizeof *out);
	json_decref(json);
	return r;
}
