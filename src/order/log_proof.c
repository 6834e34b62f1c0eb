#include "order/log_proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "order/order_internal.h"
#include "order/release.h"

int
el_log_witness_name(const struct el_hash *deployment, unsigned trustee, char out[EL_LOG_ORIGIN_MAX + 1])
{
	char party[EL_PARTY_NAME_MAX + 1];

	out[0] = '\0';
	if (trustee < 1 || trustee > EL_TRUSTEES_MAX)
		return EL_ELIMIT;
	(void)snprintf(party, sizeof party, "trustee:%u", trustee);
	return el_log_origin(deployment, party, out);
}

void
el_log_proof_wipe(struct el_log_proof *p)
{
	free(p->checkpoint);
	free(p->roots);
	memset(p, 0, sizeof *p);
}

/* ---- JSON ---- */

static void
take_logged(struct el_fields *f, struct el_logged *out)
{
	uint8_t *entry = el_fields_blob(f, "entry", EL_ENTRY_MAX, &out->len);
	const json_t *path = el_fields_object(f, "path");

	if (f->err == EL_OK) {
		memcpy(out->entry, entry, out->len);
		f->err = el_path_from_json(path, &out->path);
	}
	free(entry);
}

int
el_log_proof_from_json(const json_t *json, struct el_log_proof *out)
{
	struct el_fields f = el_fields_init(json), one;
	const json_t *answer, *roots;
	int r;

	memset(out, 0, sizeof *out);
	out->checkpoint = el_fields_blob(&f, "checkpoint", EL_NOTE_MAX, &out->checkpoint_len);
	answer = el_fields_object(&f, "answer");
	roots = el_fields_array(&f, "roots", 0, EL_LOG_ROOTS_MAX);
	if ((r = el_fields_end(&f)) != EL_OK)
		goto out;
	one = el_fields_init(answer);
	take_logged(&one, &out->answer);
	if ((r = el_fields_end(&one)) != EL_OK)
		goto out;
	if ((out->roots = calloc(json_array_size(roots) + 1, sizeof *out->roots)) == NULL) {
		r = EL_ENOMEM;
		goto out;
	}
	for (; out->n_roots < json_array_size(roots); out->n_roots++) {
		one = el_fields_init(json_array_get(roots, out->n_roots));
		take_logged(&one, &out->roots[out->n_roots]);
		if ((r = el_fields_end(&one)) != EL_OK)
			goto out;
	}
out:
	if (r != EL_OK)
		el_log_proof_wipe(out);
	return r;
}

static struct el_object
logged_object(const struct el_logged *l)
{
	struct el_object o = el_object_init();

	el_object_bytes(&o, "entry", l->entry, l->len);
	el_object_json(&o, "path", el_path_to_json(&l->path));
	return o;
}

json_t *
el_log_proof_to_json(const struct el_log_proof *p)
{
	struct el_object o = el_object_init(), one = logged_object(&p->answer);
	json_t *roots;

	el_object_bytes(&o, "checkpoint", p->checkpoint, p->checkpoint_len);
	el_object_nest(&o, "answer", &one);
	roots = el_object_array(&o, "roots");
	for (size_t i = 0; i < p->n_roots; i++) {
		one = logged_object(&p->roots[i]);
		el_object_append_object(&o, roots, &one);
	}
	return el_object_end(&o);
}

/* ---- Bytes ---- */

static void
put_logged(struct el_buf *out, const struct el_logged *l)
{
	el_buf_put_blob(out, l->entry, l->len);
	el_buf_put_u64(out, l->path.index);
	el_buf_put_u64(out, l->path.size);
	el_buf_put_blob(out, l->path.hashes, l->path.n * sizeof l->path.hashes[0]);
}

static void
get_logged(struct el_rd *rd, struct el_logged *l)
{
	const uint8_t *p = el_rd_blob(rd, EL_ENTRY_MAX, &l->len);
	size_t n = 0;

	if (p != NULL)
		memcpy(l->entry, p, l->len);
	l->path.index = el_rd_u64(rd);
	l->path.size = el_rd_u64(rd);
	p = el_rd_blob(rd, sizeof l->path.hashes, &n);
	if (p == NULL || n % EL_HASH_LEN != 0) {
		rd->err = rd->err != EL_OK ? rd->err : EL_EFORMAT;
		return;
	}
	memcpy(l->path.hashes, p, n);
	l->path.n = n / EL_HASH_LEN;
}

void
el_log_proof_put(struct el_buf *out, const struct el_log_proof *p)
{
	el_buf_put_blob(out, p->checkpoint, p->checkpoint_len);
	put_logged(out, &p->answer);
	el_buf_put_u32(out, (uint32_t)p->n_roots);
	for (size_t i = 0; i < p->n_roots; i++)
		put_logged(out, &p->roots[i]);
}

int
el_log_proof_get(const uint8_t *in, size_t len, struct el_log_proof *out)
{
	struct el_rd rd = el_rd_init(in, len);
	const uint8_t *p;
	size_t n;
	int r;

	memset(out, 0, sizeof *out);
	if ((p = el_rd_blob(&rd, EL_NOTE_MAX, &out->checkpoint_len)) != NULL) {
		if ((out->checkpoint = malloc(out->checkpoint_len + 1)) == NULL)
			return EL_ENOMEM;
		memcpy(out->checkpoint, p, out->checkpoint_len);
	}
	get_logged(&rd, &out->answer);
	if ((n = el_rd_u32(&rd)) > EL_LOG_ROOTS_MAX)
		rd.err = EL_ELIMIT;
	if (rd.err == EL_OK && (out->roots = calloc(n + 1, sizeof *out->roots)) == NULL)
		rd.err = EL_ENOMEM;
	for (; rd.err == EL_OK && out->n_roots < n; out->n_roots++)
		get_logged(&rd, &out->roots[out->n_roots]);
	if ((r = el_rd_end(&rd)) != EL_OK)
		el_log_proof_wipe(out);
	return r;
}

/* ---- Checking ---- */

static int
check_logged(const struct el_logged *l, const struct el_checkpoint *c, struct el_log_entry *out)
{
	struct el_hash leaf;
	int r;

	if (l->path.size != c->size)
		return EL_ECRYPTO;
	el_entry_leaf(l->entry, l->len, &leaf);
	if ((r = el_tree_check(&leaf, &l->path, &c->root)) != EL_OK)
		return r;
	r = el_log_entry_parse(l->entry, l->len, out);
	out->index = l->path.index;
	return r;
}

static int
compare_roots(const void *a, const void *b)
{
	const struct el_log_entry *const x = a, *const y = b;

	if (x->epoch != y->epoch)
		return x->epoch > y->epoch ? 1 : -1;
	return (x->segment > y->segment) - (x->segment < y->segment);
}

static int
check_roots(const struct el_log_proof *p, const struct el_checkpoint *c, enum el_entry_type type, struct el_log_entry **out)
{
	struct el_log_entry *roots = calloc(p->n_roots + 1, sizeof *roots);
	int r = roots != NULL ? EL_OK : EL_ENOMEM;

	for (size_t i = 0; r == EL_OK && i < p->n_roots; i++)
		if ((r = check_logged(&p->roots[i], c, &roots[i])) == EL_OK && roots[i].type != type)
			r = EL_EFORMAT;
	if (r == EL_OK)
		qsort(roots, p->n_roots, sizeof *roots, compare_roots);
	/* Of two roots of one segment nobody could say which is the true one. */
	for (size_t i = 1; r == EL_OK && i < p->n_roots; i++)
		if (compare_roots(&roots[i - 1], &roots[i]) == 0)
			r = EL_EFORMAT;
	if (r == EL_OK && out != NULL) {
		*out = roots;
		roots = NULL;
	}
	free(roots);
	return r;
}

int
el_log_proof_check(const struct el_log_proof *p, const char *origin, const struct el_sign_pk *log_key,
    const struct el_hash *order, const struct el_hash *answer, enum el_entry_type root_type, struct el_checkpoint *checkpoint,
    struct el_log_entry **roots)
{
	struct el_log_entry entry;
	int r;

	if (roots != NULL)
		*roots = NULL;
	if ((r = el_checkpoint_open(p->checkpoint, p->checkpoint_len, origin, log_key, checkpoint)) != EL_OK ||
	    (r = check_logged(&p->answer, checkpoint, &entry)) != EL_OK)
		return r;
	if (entry.type != EL_ENTRY_ORDER || !el_hash_eq(&entry.order, order) || !el_hash_eq(&entry.answer, answer))
		return EL_EFORMAT;
	return check_roots(p, checkpoint, root_type, roots);
}

const struct el_log_entry *
el_log_roots_find(const struct el_log_entry *roots, size_t n, el_epoch e, uint32_t segment)
{
	const struct el_log_entry key = { .epoch = e, .segment = segment };

	return n > 0 ? bsearch(&key, roots, n, sizeof *roots, compare_roots) : NULL;
}
