#include "registry/messages.h"

#include <stdlib.h>
#include <string.h>

#include "base/field_codec.h"
#include "base/secret.h"
#include "token/leaf.h"

/* ---- The fields of each message, in their order ---- */

static void
item(struct el_field_codec *c, struct el_checkin *x)
{
	x->verdict = el_codec_enum(c, x->verdict, EL_CODE_MAX);
	el_codec_bytes(c, x->token, sizeof x->token);
	el_codec_bytes(c, x->attempt.b, sizeof x->attempt.b);
	el_codec_bool(c, &x->has_scanned_at);
	el_codec_i64(c, &x->scanned_at);
}

static void
checkins(struct el_field_codec *c, struct el_msg_checkins *m)
{
	el_codec_bytes(c, m->key.b, sizeof m->key.b);
	el_codec_bool(c, &m->is_batch);
	m->verdict = el_codec_enum(c, m->verdict, EL_CODE_MAX);
	el_codec_count(c, &m->n, EL_BATCH_MAX);
	for (size_t i = 0; i < m->n; i++)
		item(c, &m->items[i]);
}

static void
results(struct el_field_codec *c, struct el_msg_results *m)
{
	el_codec_bool(c, &m->is_batch);
	el_codec_count(c, &m->n, EL_BATCH_MAX);
	for (size_t i = 0; i < m->n; i++) {
		struct el_checkin_result *const x = &m->items[i];

		x->code = el_codec_enum(c, x->code, EL_CODE_MAX);
		x->flags = (uint8_t)el_codec_enum(c, x->flags, (EL_FLAG_LATE | EL_FLAG_DUPLICATE) + 1);
		el_codec_bool(c, &x->repeated);
	}
}

static void
who(struct el_field_codec *c, struct el_msg_who *m)
{
	el_codec_bytes(c, m->key.b, sizeof m->key.b);
	el_codec_count(c, &m->n, EL_BATCH_MAX);
}

static void
scanner(struct el_field_codec *c, struct el_msg_scanner *m)
{
	el_codec_u32(c, &m->id);
	el_codec_u32(c, &m->venue);
	el_codec_text(c, m->name, sizeof m->name);
	el_codec_bool(c, &m->active);
}

static void
venue_new(struct el_field_codec *c, struct el_msg_venue_new *m)
{
	el_codec_text(c, m->name, sizeof m->name);
	el_codec_text(c, m->business_number, sizeof m->business_number);
	el_codec_bytes(c, m->address, sizeof m->address);
}

static void
venue(struct el_field_codec *c, struct el_msg_venue *m)
{
	el_codec_bytes(c, m->key, sizeof m->key);
	el_codec_u32(c, &m->venue);
	m->action = el_codec_enum(c, m->action, EL_VENUE_COUNTS + 1);
	el_codec_bool(c, &m->change.has_approved);
	el_codec_bool(c, &m->change.approved);
	el_codec_bool(c, &m->change.has_active);
	el_codec_bool(c, &m->change.active);
	el_codec_u32(c, &m->scanner);
	el_codec_bool(c, &m->has_name);
	el_codec_text(c, m->name, sizeof m->name);
}

static void
venue_is(struct el_field_codec *c, struct el_msg_venue_is *m)
{
	el_codec_u32(c, &m->venue.id);
	el_codec_text(c, m->venue.name, sizeof m->venue.name);
	el_codec_text(c, m->venue.business_number, sizeof m->venue.business_number);
	el_codec_bool(c, &m->venue.approved);
	el_codec_bool(c, &m->venue.active);
	el_codec_bool(c, &m->is_new);
	el_codec_bytes(c, m->owner_key, sizeof m->owner_key);
}

static void
scanner_new(struct el_field_codec *c, struct el_msg_scanner_new *m)
{
	el_codec_u32(c, &m->id);
	el_codec_text(c, m->code, sizeof m->code);
	el_codec_i64(c, &m->expires_s);
}

static void
scanners(struct el_field_codec *c, struct el_msg_scanners *m)
{
	el_codec_bool(c, &m->is_list);
	el_codec_count(c, &m->list.n, EL_SCANNERS_PER_VENUE);
	for (size_t i = 0; i < m->list.n; i++) {
		struct el_scanner_row *const x = &m->list.items[i];

		el_codec_u32(c, &x->id);
		el_codec_text(c, x->name, sizeof x->name);
		el_codec_bool(c, &x->active);
		el_codec_bool(c, &x->has_key);
		el_codec_i64(c, &x->expires_s);
	}
}

static void
counts(struct el_field_codec *c, struct el_msg_counts *m)
{
	el_codec_u16(c, &m->epoch);
	el_codec_i64(c, &m->since_s);
	for (size_t i = 0; i < EL_COUNT_HOURS; i++)
		el_codec_u32(c, &m->hours[i]);
}

static void
enrol(struct el_field_codec *c, struct el_msg_enrol *m)
{
	el_codec_text(c, m->code, sizeof m->code);
	el_codec_bytes(c, m->address, sizeof m->address);
}

static void
enrolled(struct el_field_codec *c, struct el_msg_enrolled *m)
{
	el_codec_u32(c, &m->id);
	el_codec_bytes(c, m->key, sizeof m->key);
}

static void
refused(struct el_field_codec *c, struct el_msg_refused *m)
{
	m->code = el_codec_enum(c, m->code, EL_CODE_MAX);
	el_codec_u32(c, &m->retry_after_s);
}

static void
secrets(struct el_field_codec *c, struct el_visits_call *m)
{
	el_codec_count(c, &m->n_secrets, EL_ORDER_SECRETS_MAX);
	if (c->rd != NULL && m->n_secrets > 0 && (m->secrets = calloc(m->n_secrets, sizeof *m->secrets)) == NULL) {
		m->n_secrets = 0;
		el_codec_fail(c, EL_ENOMEM);
	}
	for (size_t i = 0; i < m->n_secrets; i++) {
		el_codec_u16(c, &m->secrets[i].epoch);
		el_codec_bytes(c, m->secrets[i].secret, sizeof m->secrets[i].secret);
	}
}

static void
order(struct el_field_codec *c, struct el_visits_call *m)
{
	el_codec_bytes(c, m->body.b, sizeof m->body.b);
	el_codec_bytes(c, m->key.b, sizeof m->key.b);
	el_codec_u64(c, &m->time_s);
	el_codec_bytes(c, m->nonce, sizeof m->nonce);
	el_codec_bytes(c, m->sig.b, sizeof m->sig.b);
	el_document_code(c, &m->order);
	el_codec_text(c, m->scope.party, sizeof m->scope.party);
	el_codec_bytes(c, m->scope.salt, sizeof m->scope.salt);
	el_codec_count(c, &m->scope.len, EL_SCOPE_MAX);
	el_codec_bytes(c, m->scope.scope, m->scope.len);
	el_codec_bool(c, &m->is_trace);
	if (!m->is_trace)
		return;
	el_document_code(c, &m->statement);
	secrets(c, m);
}

static void
day(struct el_field_codec *c, struct el_msg_day *m)
{
	el_codec_u32(c, &m->day_offset);
	el_codec_u32(c, &m->late_limit);
	el_codec_u32(c, &m->skew);
	el_codec_count(c, &m->n_keys, EL_QUEUE_KEYS_MAX);
	for (size_t i = 0; i < m->n_keys; i++) {
		el_codec_u16(c, &m->keys[i].epoch);
		el_codec_bytes(c, m->keys[i].secret.b, sizeof m->keys[i].secret.b);
	}
	el_codec_blob(c, &m->directory, &m->directory_len, 2 * EL_DOCUMENT_MAX);
}

void
el_msg_day_wipe(struct el_msg_day *m)
{
	free(m->directory);
	el_secret_wipe(m, sizeof *m);
}

/* ---- Both directions of each ---- */

int
el_msg_checkins_encode(struct el_msg_checkins *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	checkins(&c, m);
	return out->err;
}

int
el_msg_checkins_parse(const uint8_t *in, size_t len, struct el_msg_checkins *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	m->n = 0; /* large: only what is there is written */
	checkins(&c, m);
	return el_rd_end(&rd);
}

bool
el_msg_checkins_key(const uint8_t *in, size_t len, struct el_hash *key)
{
	struct el_rd rd = el_rd_init(in, len);

	el_rd_bytes(&rd, key->b, sizeof key->b);
	return rd.err == EL_OK;
}

int
el_msg_results_encode(struct el_msg_results *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	results(&c, m);
	return out->err;
}

int
el_msg_results_parse(const uint8_t *in, size_t len, struct el_msg_results *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	m->n = 0; /* large: only what is there is written */
	results(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_who_encode(struct el_msg_who *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	who(&c, m);
	return out->err;
}

int
el_msg_who_parse(const uint8_t *in, size_t len, struct el_msg_who *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	who(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_scanner_encode(struct el_msg_scanner *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	scanner(&c, m);
	return out->err;
}

int
el_msg_scanner_parse(const uint8_t *in, size_t len, struct el_msg_scanner *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	scanner(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_venue_new_encode(struct el_msg_venue_new *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	venue_new(&c, m);
	return out->err;
}

int
el_msg_venue_new_parse(const uint8_t *in, size_t len, struct el_msg_venue_new *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	venue_new(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_venue_encode(struct el_msg_venue *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	venue(&c, m);
	return out->err;
}

int
el_msg_venue_parse(const uint8_t *in, size_t len, struct el_msg_venue *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	venue(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_venue_is_encode(struct el_msg_venue_is *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	venue_is(&c, m);
	return out->err;
}

int
el_msg_venue_is_parse(const uint8_t *in, size_t len, struct el_msg_venue_is *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	venue_is(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_scanner_new_encode(struct el_msg_scanner_new *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	scanner_new(&c, m);
	return out->err;
}

int
el_msg_scanner_new_parse(const uint8_t *in, size_t len, struct el_msg_scanner_new *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	scanner_new(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_scanners_encode(struct el_msg_scanners *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	scanners(&c, m);
	return out->err;
}

int
el_msg_scanners_parse(const uint8_t *in, size_t len, struct el_msg_scanners *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	scanners(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_counts_encode(struct el_msg_counts *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	counts(&c, m);
	return out->err;
}

int
el_msg_counts_parse(const uint8_t *in, size_t len, struct el_msg_counts *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	counts(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_enrol_encode(struct el_msg_enrol *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	enrol(&c, m);
	return out->err;
}

int
el_msg_enrol_parse(const uint8_t *in, size_t len, struct el_msg_enrol *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	enrol(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_enrolled_encode(struct el_msg_enrolled *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	enrolled(&c, m);
	return out->err;
}

int
el_msg_enrolled_parse(const uint8_t *in, size_t len, struct el_msg_enrolled *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	enrolled(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_refused_encode(struct el_msg_refused *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	refused(&c, m);
	return out->err;
}

int
el_msg_refused_parse(const uint8_t *in, size_t len, struct el_msg_refused *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	refused(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_order_encode(struct el_visits_call *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	order(&c, m);
	return out->err;
}

int
el_msg_order_parse(const uint8_t *in, size_t len, struct el_visits_call *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	order(&c, m);
	return el_rd_end(&rd);
}

int
el_msg_day_encode(struct el_msg_day *m, struct el_buf *out)
{
	struct el_field_codec c = { NULL, out };

	day(&c, m);
	return out->err;
}

int
el_msg_day_parse(const uint8_t *in, size_t len, struct el_msg_day *m)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(m, 0, sizeof *m);
	day(&c, m);
	return el_rd_end(&rd);
}
