#include "publog/messages.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"

static void
fail(struct el_rd *rd, int err)
{
	if (rd->err == EL_OK)
		rd->err = err;
}

static bool
read_bool(struct el_rd *rd)
{
	const uint8_t b = el_rd_u8(rd);

	if (b > 1)
		fail(rd, EL_EFORMAT);
	return b == 1;
}

static int
read_result(struct el_rd *rd)
{
	const int32_t result = (int32_t)el_rd_u32(rd);

	if (result <= EL_OK && result >= EL_ESPACE)
		return result;
	fail(rd, EL_EFORMAT);
	return EL_OK;
}

/* ---- APPEND ---- */

void
el_log_append_wipe(struct el_log_append *m)
{
	free(m->roots);
	memset(m, 0, sizeof *m);
}

int
el_log_append_encode(const struct el_log_append *m, struct el_buf *out)
{
	el_buf_put_u8(out, m->proof);
	el_buf_put_blob(out, m->entry, m->len);
	el_buf_put_u32(out, (uint32_t)m->n_roots);
	for (size_t i = 0; i < m->n_roots; i++)
		el_buf_put_u64(out, m->roots[i]);
	return out->err;
}

static void
read_roots(struct el_rd *rd, struct el_log_append *out)
{
	const uint32_t n = el_rd_u32(rd);

	if (n > EL_LOG_ROOTS_MAX)
		fail(rd, EL_ELIMIT);
	if (n > 0 && !out->proof)
		fail(rd, EL_EFORMAT);
	if (rd->err != EL_OK || n == 0)
		return;
	if ((out->roots = calloc(n, sizeof *out->roots)) == NULL) {
		fail(rd, EL_ENOMEM);
		return;
	}
	out->n_roots = n;
	for (size_t i = 0; i < n; i++)
		out->roots[i] = el_rd_u64(rd);
}

int
el_log_append_parse(const uint8_t *in, size_t len, struct el_log_append *out)
{
	struct el_rd rd = el_rd_init(in, len);
	const uint8_t *entry;
	int r;

	memset(out, 0, sizeof *out);
	out->proof = read_bool(&rd);
	entry = el_rd_blob(&rd, EL_ENTRY_MAX, &out->len);
	if (rd.err == EL_OK && out->len > 0)
		memcpy(out->entry, entry, out->len);
	else
		fail(&rd, EL_EFORMAT);
	read_roots(&rd, out);
	if ((r = el_rd_end(&rd)) != EL_OK)
		el_log_append_wipe(out);
	return r;
}

/* ---- APPENDED ---- */

void
el_log_appended_wipe(struct el_log_appended *m)
{
	el_log_proof_wipe(&m->proof);
	memset(m, 0, sizeof *m);
}

int
el_log_appended_encode(const struct el_log_appended *m, struct el_buf *out)
{
	el_buf_put_u32(out, (uint32_t)m->result);
	if (m->result != EL_OK)
		return out->err;
	el_buf_put_u64(out, m->index);
	el_buf_put_u8(out, m->has_proof);
	if (m->has_proof)
		el_log_proof_put(out, &m->proof);
	return out->err;
}

int
el_log_appended_parse(const uint8_t *in, size_t len, struct el_log_appended *out)
{
	struct el_rd rd = el_rd_init(in, len);
	const uint8_t *proof;
	size_t n;
	int r;

	memset(out, 0, sizeof *out);
	out->result = read_result(&rd);
	if (rd.err == EL_OK && out->result == EL_OK) {
		out->index = el_rd_u64(&rd);
		out->has_proof = read_bool(&rd);
		n = rd.left;
		if (out->has_proof && (proof = el_rd_view(&rd, n)) != NULL)
			fail(&rd, el_log_proof_get(proof, n, &out->proof));
	}
	if ((r = el_rd_end(&rd)) != EL_OK)
		el_log_appended_wipe(out);
	return r;
}

/* ---- WITNESSES ---- */

int
el_log_witnesses_encode(const struct el_log_witnesses *m, struct el_buf *out)
{
	el_buf_put_u8(out, (uint8_t)m->n);
	for (size_t i = 0; i < m->n; i++) {
		el_buf_put_blob(out, m->list[i].name, strlen(m->list[i].name));
		el_buf_put(out, m->list[i].key.b, sizeof m->list[i].key.b);
	}
	return out->err;
}

static void
read_witness(struct el_rd *rd, struct el_log_witness *out)
{
	uint8_t key[sizeof out->key.b];
	const uint8_t *name;
	size_t n;

	name = el_rd_blob(rd, EL_NOTE_NAME_MAX, &n);
	el_rd_bytes(rd, key, sizeof key);
	if (rd->err != EL_OK)
		return;
	if (n == 0 || memchr(name, '\0', n) != NULL)
		fail(rd, EL_EFORMAT);
	else
		fail(rd, el_sign_pk_parse(key, &out->key));
	if (rd->err == EL_OK)
		memcpy(out->name, name, n);
}

int
el_log_witnesses_parse(const uint8_t *in, size_t len, struct el_log_witnesses *out)
{
	struct el_rd rd = el_rd_init(in, len);
	const size_t n = el_rd_u8(&rd);
	int r;

	memset(out, 0, sizeof *out);
	if (n > EL_TRUSTEES_MAX)
		fail(&rd, EL_ELIMIT);
	for (; rd.err == EL_OK && out->n < n; out->n++)
		read_witness(&rd, &out->list[out->n]);
	if ((r = el_rd_end(&rd)) != EL_OK)
		memset(out, 0, sizeof *out);
	return r;
}

/* ---- STATE, COSIGNED ---- */

int
el_log_state_encode(const struct el_log_state *m, struct el_buf *out)
{
	el_buf_put_u32(out, (uint32_t)m->result);
	el_buf_put_u64(out, m->size);
	return out->err;
}

int
el_log_state_parse(const uint8_t *in, size_t len, struct el_log_state *out)
{
	struct el_rd rd = el_rd_init(in, len);
	int r;

	out->result = read_result(&rd);
	out->size = el_rd_u64(&rd);
	if ((r = el_rd_end(&rd)) != EL_OK)
		memset(out, 0, sizeof *out);
	return r;
}

int
el_log_cosigned_parse(const uint8_t *in, size_t len, enum el_code *out)
{
	struct el_rd rd = el_rd_init(in, len);
	const uint16_t code = el_rd_u16(&rd);

	*out = EL_CODE_INTERNAL;
	if (el_rd_end(&rd) != EL_OK || code >= EL_CODE_MAX)
		return EL_EFORMAT;
	*out = (enum el_code)code;
	return EL_OK;
}
