#include "order/scope.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "order/order_internal.h"

/* --- parsing (P-12.4) --- */

static void
read_window(struct el_fields *f, struct el_scope *s)
{
	s->from = el_fields_time(f, "from");
	s->to = el_fields_time(f, "to");
	if (s->from > s->to)
		el_fields_fail(f, EL_EFORMAT);
}

static void
read_venues(struct el_fields *f, struct el_scope *s)
{
	const json_t *list = el_fields_array(f, "venues", 1, EL_SCOPE_VENUES_MAX);

	s->form = EL_SCOPE_VENUES;
	s->n_venues = json_array_size(list);
	for (size_t i = 0; i < s->n_venues; i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > UINT32_MAX)
			el_fields_fail(f, EL_EFORMAT);
		s->venues[i] = (uint32_t)json_integer_value(v);
		for (size_t j = 0; j < i; j++)
			if (s->venues[j] == s->venues[i])
				el_fields_fail(f, EL_EFORMAT);
	}
	read_window(f, s);
}

static void
read_phones(struct el_fields *f, struct el_scope *s)
{
	const json_t *list = el_fields_array(f, "phones", 1, EL_SCOPE_PHONES_MAX);

	s->form = EL_SCOPE_PHONES;
	s->n_phones = json_array_size(list);
	for (size_t i = 0; i < s->n_phones; i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_string(v) || el_phone_parse(json_string_value(v), &s->phones[i]) != EL_OK)
			el_fields_fail(f, EL_EFORMAT);
		for (size_t j = 0; j < i; j++)
			if (strcmp(s->phones[j].s, s->phones[i].s) == 0)
				el_fields_fail(f, EL_EFORMAT);
	}
}

static void
read_opened(struct el_fields *f, struct el_scope *s)
{
	const char *what = el_fields_text(f, "opened", 1, SIZE_MAX);

	if (strcmp(what, "links") == 0 && el_fields_has(f, "template")) {
		s->form = EL_SCOPE_NOTICE;
		s->template = (uint16_t)el_fields_uint(f, "template", UINT16_MAX);
		s->day = el_fields_epoch(f, "day");
		if (s->template == 0)
			el_fields_fail(f, EL_EFORMAT);
	} else if (strcmp(what, "links") == 0) {
		s->form = EL_SCOPE_LINKS;
	} else if (strcmp(what, "secrets") == 0) {
		s->form = EL_SCOPE_SECRETS;
		read_window(f, s);
	} else {
		el_fields_fail(f, EL_EFORMAT);
	}
}

int
el_scope_parse(const uint8_t *in, size_t len, struct el_scope *out)
{
	struct el_fields f;
	json_t *json;
	int r;

	memset(out, 0, sizeof *out);
	if (len > EL_SCOPE_MAX)
		return EL_ELIMIT;
	if ((r = el_rjson_parse(in, len, &json)) != EL_OK)
		return r;
	f = el_fields_init(json);
	if (el_fields_has(&f, "venues"))
		read_venues(&f, out);
	else if (el_fields_has(&f, "phones"))
		read_phones(&f, out);
	else
		read_opened(&f, out);
	if ((r = el_fields_end(&f)) != EL_OK)
		el_scope_wipe(out);
	json_decref(json);
	return r;
}

/* --- encoding --- */

static void
write_scope(struct el_object *o, const struct el_scope *s)
{
	json_t *list;

	switch (s->form) {
	case EL_SCOPE_VENUES:
		list = el_object_array(o, "venues");
		for (size_t i = 0; i < s->n_venues; i++)
			el_object_append(o, list, json_integer(s->venues[i]));
		break;
	case EL_SCOPE_LINKS:
		el_object_text(o, "opened", "links");
		return;
	case EL_SCOPE_NOTICE:
		el_object_text(o, "opened", "links");
		el_object_uint(o, "template", s->template);
		el_object_uint(o, "day", s->day);
		return;
	case EL_SCOPE_SECRETS:
		el_object_text(o, "opened", "secrets");
		break;
	case EL_SCOPE_PHONES:
		list = el_object_array(o, "phones");
		for (size_t i = 0; i < s->n_phones; i++)
			el_object_append(o, list, json_string(s->phones[i].s));
		return;
	}
	el_object_uint(o, "from", (uint64_t)s->from);
	el_object_uint(o, "to", (uint64_t)s->to);
}

int
el_scope_encode(const struct el_scope *s, uint8_t *out, size_t size, size_t *len)
{
	struct el_object o = el_object_init();
	struct el_scope *again = NULL;
	uint8_t *doc = NULL;
	size_t n = 0;
	int r;

	*len = 0;
	write_scope(&o, s);
	if ((r = el_object_encode(&o, &doc, &n)) != EL_OK)
		goto out;
	if (n > size) {
		r = EL_ELIMIT;
		goto out;
	}
	if ((again = malloc(sizeof *again)) == NULL) {
		r = EL_ENOMEM;
		goto out;
	}
	if ((r = el_scope_parse(doc, n, again)) == EL_OK) {
		memcpy(out, doc, n);
		*len = n;
	}
	el_scope_wipe(again);
out:
	if (doc != NULL)
		el_secret_wipe(doc, n);
	free(doc);
	free(again);
	return r;
}

void
el_scope_wipe(struct el_scope *s)
{
	el_secret_wipe(s, sizeof *s);
}

/* --- disclosure --- */

void
el_scope_hash(const struct el_disclosed *d, struct el_hash *out)
{
	const size_t n = strlen(d->party);
	const uint8_t len = (uint8_t)n;
	struct el_sha256 h;

	el_sha256_init(&h);
	el_sha256_update(&h, &len, 1);
	el_sha256_update(&h, d->party, n);
	el_sha256_update(&h, d->salt, sizeof d->salt);
	el_sha256_update(&h, d->scope, d->len);
	el_sha256_final(&h, out);
}

int
el_disclosed_from_json(const json_t *json, struct el_disclosed *out)
{
	struct el_fields f = el_fields_init(json);
	uint8_t issuer, *scope;
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	el_fields_copy(&f, "party", out->party, sizeof out->party);
	if (f.err == EL_OK)
		f.err = el_party_parse(out->party, &issuer);
	el_fields_bytes(&f, "salt", out->salt, sizeof out->salt);
	if ((scope = el_fields_blob(&f, "scope", EL_SCOPE_MAX, &len)) != NULL) {
		memcpy(out->scope, scope, len);
		out->len = len;
		el_secret_wipe(scope, len);
		free(scope);
	}
	if ((r = el_fields_end(&f)) != EL_OK)
		el_secret_wipe(out, sizeof *out);
	return r;
}

json_t *
el_disclosed_to_json(const struct el_disclosed *d)
{
	struct el_object o = el_object_init();

	el_object_text(&o, "party", d->party);
	el_object_bytes(&o, "salt", d->salt, sizeof d->salt);
	el_object_bytes(&o, "scope", d->scope, d->len);
	return el_object_end(&o);
}

bool
el_scope_covers(const struct el_scope *s, uint32_t venue, uint32_t minute)
{
	if (s->form != EL_SCOPE_VENUES && s->form != EL_SCOPE_SECRETS)
		return false;
	if ((int64_t)minute < s->from - s->from % 60 || (int64_t)minute > s->to)
		return false;
	for (size_t i = 0; i < s->n_venues; i++)
		if (s->venues[i] == venue)
			return true;
	return s->form == EL_SCOPE_SECRETS;
}
