#include "authority/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "log/checkpoint.h"
#include "order/log_proof.h"

#define STATE_PATH 600

struct seen {
	struct el_checkpoint c;
	size_t len; /* 0: there is none */
	uint8_t note[EL_NOTE_MAX];
};

/* One check of one party's log. */
struct check {
	struct el_witness *w;
	const char *party;
	const struct el_sign_pk *log_key;
	char origin[EL_LOG_ORIGIN_MAX + 1], state[STATE_PATH];
	int64_t now_s;
	struct el_log_reader reader;
	struct seen last, current, given;
};

static enum el_code
refuse(const struct check *k, const char *why)
{
	snprintf(k->w->message, sizeof k->w->message, "%s: %s", k->party, why);
	return EL_CODE_PROOF_MISSING;
}

static enum el_code
fail(const struct check *k, const char *what, int r)
{
	snprintf(k->w->message, sizeof k->w->message, "%s: %s: %s", k->party, what, el_strerror(r));
	return EL_CODE_INTERNAL;
}

/* ---- What was seen ---- */

/* The signature is not verified again: the file is our own, and the log's key may have been replaced since. */
static enum el_code
read_last(struct check *k)
{
	uint8_t *note = NULL;
	size_t len;
	int r;

	if ((r = el_file_read_private(k->state, EL_NOTE_MAX, &note, &len)) == EL_ENOTFOUND)
		return EL_CODE_OK;
	if (r == EL_OK && (r = el_checkpoint_parse(note, len, &k->last.c)) == EL_OK &&
	    strcmp(k->last.c.origin, k->origin) != 0)
		r = EL_EFORMAT;
	if (r == EL_OK) {
		memcpy(k->last.note, note, len);
		k->last.len = len;
	}
	free(note);
	return r == EL_OK ? EL_CODE_OK : fail(k, "the file of the checkpoint last seen is damaged", r);
}

static enum el_code
read_history(struct check *k)
{
	struct el_history *const h = k->w->history;
	char path[STATE_PATH + 16];
	uint8_t *text = NULL;
	size_t len;
	int r;

	snprintf(path, sizeof path, "%s.seen", k->state);
	if ((r = el_file_read_private(path, EL_HISTORY_BYTES_MAX, &text, &len)) == EL_ENOTFOUND)
		return EL_CODE_OK;
	if (r == EL_OK)
		r = el_history_get(text, len, h);
	free(text);
	if (r != EL_OK)
		return fail(k, "the file of when it was seen how large is damaged", r);
	if (h->n > 0 && h->at[h->n - 1].time_s > k->now_s + EL_WITNESS_BACK_S) {
		(void)refuse(k, "it was seen at a later time than it is now: set the clock right or, if it was wrong then, "
				"remove the file .seen beside the checkpoint last seen");
		return EL_CODE_INTERNAL;
	}
	return EL_CODE_OK;
}

/* Only what the log itself gives out now: of a checkpoint that came with a proof, nobody knows how old it is. */
static enum el_code
observe(struct check *k)
{
	char path[STATE_PATH + 16];
	struct el_buf text;
	int r;

	if (!el_history_add(k->w->history, k->now_s, k->current.c.size))
		return EL_CODE_OK;
	snprintf(path, sizeof path, "%s.seen", k->state);
	el_buf_init(&text, EL_HISTORY_BYTES_MAX);
	el_history_put(&text, k->w->history);
	if ((r = text.err) == EL_OK)
		r = el_file_replace(path, 0600, text.p, text.len);
	el_buf_wipe(&text);
	return r == EL_OK ? EL_CODE_OK : fail(k, "when it was seen how large cannot be kept", r);
}

static enum el_code
remember(struct check *k, const struct seen *s)
{
	int r;

	if (k->last.len != 0 && k->last.c.size >= s->c.size)
		return EL_CODE_OK;
	if ((r = el_file_replace(k->state, 0600, s->note, s->len)) != EL_OK)
		return fail(k, "the checkpoint seen cannot be kept", r);
	return EL_CODE_OK;
}

/* ---- Evidence ---- */

static int
keep_beside(const struct check *k, const char *suffix, const struct seen *s)
{
	char path[STATE_PATH + 16];
	int r;

	snprintf(path, sizeof path, "%s%s", k->state, suffix);
	r = el_file_create(path, 0600, s->note, s->len);
	return r == EL_EEXIST ? EL_OK : r;
}

/* A shorter log proves less than two that differ: the one kind of evidence must not stand in the other's way. */
static enum el_code
accuse(struct check *k, const struct seen *seen, const struct seen *found, bool cut)
{
	int r;

	k->w->forked = true;
	refuse(k, cut ? "the log was forked or cut: keep both checkpoints (the files .cut-seen and .cut-found beside the "
			"one last seen) and report them" :
			"the log was forked or cut: keep both checkpoints (the files .fork-seen and .fork-found beside the "
			"one last seen) and report them");
	if ((r = keep_beside(k, cut ? ".cut-seen" : ".fork-seen", seen)) != EL_OK ||
	    (r = keep_beside(k, cut ? ".cut-found" : ".fork-found", found)) != EL_OK)
		snprintf(k->w->message, sizeof k->w->message,
		    "%s: the log was forked or cut, and the checkpoints that prove it cannot be kept: %s", k->party, el_strerror(r));
	return EL_CODE_PROOF_MISSING;
}

/* ---- Checks ---- */

static int
take(const struct check *k, const uint8_t *note, size_t len, struct seen *out)
{
	int r;

	if (len == 0 || len > EL_NOTE_MAX)
		return EL_EFORMAT;
	if ((r = el_checkpoint_open(note, len, k->origin, k->log_key, &out->c)) == EL_OK) {
		if (out->note != note)
			memcpy(out->note, note, len);
		out->len = len;
	}
	return r;
}

static bool
same(const struct seen *a, const struct seen *b)
{
	return a->c.size == b->c.size && el_hash_eq(&a->c.root, &b->c.root);
}

/* EL_EPERM: older is no beginning of newer.  Else what kept it from being told. */
static int
is_beginning(struct check *k, const struct seen *older, const struct seen *newer)
{
	const struct el_tile_source source = el_log_reader_source(&k->reader);
	struct el_consistency proof;
	int r;

	if (same(older, newer))
		return EL_OK;
	if (older->c.size >= newer->c.size)
		return EL_EPERM;
	if ((r = el_tiles_consistency(&source, older->c.size, newer->c.size, &proof)) != EL_OK)
		return r;
	r = el_consistency_check(&proof, &older->c.root, &newer->c.root);
	return r == EL_OK ? EL_OK : EL_EPERM;
}

/*
 * Fetch the current checkpoint and hold the one last seen against it.  EL_CODE_LOG_UNAVAILABLE: it cannot be told.
 */
static enum el_code
look(struct check *k)
{
	enum el_code code;
	size_t len;
	int r;

	if (k->w->fetch == NULL || el_log_reader_note(&k->reader, k->current.note, &len) != EL_OK)
		return EL_CODE_LOG_UNAVAILABLE;
	if ((r = take(k, k->current.note, len, &k->current)) == EL_ENOMEM)
		return fail(k, "its checkpoint", r);
	if (r != EL_OK)
		return refuse(k, "what its log gives out is not a checkpoint under the directory's key");
	if (k->last.len == 0 || (r = is_beginning(k, &k->last, &k->current)) == EL_OK)
		return (code = remember(k, &k->current)) == EL_CODE_OK ? observe(k) : code;
	if (r != EL_EPERM)
		return EL_CODE_LOG_UNAVAILABLE;
	return accuse(k, &k->last, &k->current, k->last.c.size > k->current.c.size);
}

/* The log cannot be reached: others have to vouch. */
static enum el_code
judge_offline(struct check *k)
{
	unsigned others[EL_TRUSTEES_MAX];

	if (k->last.len != 0 && same(&k->last, &k->given))
		return EL_CODE_OK;
	if (k->last.len != 0 && k->last.c.size == k->given.c.size)
		return accuse(k, &k->last, &k->given, false);
	if (k->last.len != 0 && k->given.c.size < k->last.c.size)
		return refuse(k, "its checkpoint is older than the one last seen, and the log cannot be reached: "
				 "open the request where it can");
	if (el_witnesses_of(k->w->policy, k->given.note, k->given.len, k->w->trustee, others) < EL_WITNESS_OTHERS)
		return refuse(k, "the log cannot be reached, and fewer than two other witnesses have cosigned its "
				 "checkpoint");
	/* What comes between is not known: what was verified stays, so that a later look starts from there. */
	return k->last.len == 0 ? remember(k, &k->given) : EL_CODE_OK;
}

static enum el_code
judge_given(struct check *k, bool *continues)
{
	enum el_code code;
	int r;

	if ((code = look(k)) == EL_CODE_OK) {
		r = is_beginning(k, &k->given, &k->current);
		if (r == EL_EPERM)
			return k->given.c.size > k->current.c.size ? accuse(k, &k->given, &k->current, true) :
								     accuse(k, &k->current, &k->given, false);
		*continues = r == EL_OK;
		if (*continues)
			return EL_CODE_OK;
	} else if (code != EL_CODE_LOG_UNAVAILABLE)
		return code;
	*continues = k->last.len != 0 && same(&k->last, &k->given);
	return judge_offline(k);
}

static enum el_code
cosign(struct check *k, const struct seen *s, struct el_buf *line)
{
	char name[EL_LOG_ORIGIN_MAX + 1];
	int r;

	if (k->w->key == NULL)
		return EL_CODE_OK;
	if ((r = el_log_witness_name(&k->w->policy->deployment, k->w->trustee, name)) != EL_OK ||
	    (r = el_checkpoint_cosign(s->note, s->len, name, k->w->key, k->now_s, line)) != EL_OK)
		return fail(k, "cannot be cosigned", r);
	return EL_CODE_OK;
}

static enum el_code
begin(struct el_witness *w, const char *party, int64_t now_s, struct check **out)
{
	struct check *const k = calloc(1, sizeof *k); /* large */
	enum el_code code;

	w->message[0] = '\0';
	w->forked = false;
	w->history->n = 0;
	if ((*out = k) == NULL) {
		snprintf(w->message, sizeof w->message, "%s: %s", party, el_strerror(EL_ENOMEM));
		return EL_CODE_INTERNAL;
	}
	k->w = w;
	k->party = party;
	k->now_s = now_s;
	el_log_reader_init(&k->reader, w->fetch, w->fetch_ctx, party, EL_WITNESS_CALLS_MAX, EL_WITNESS_BYTES_MAX);
	if ((k->log_key = el_log_party_key(w->directory, party)) == NULL ||
	    el_log_origin(&w->policy->deployment, party, k->origin) != EL_OK)
		return refuse(k, "the directory names no key of its public log");
	if (snprintf(k->state, sizeof k->state, "%s-%s", w->prefix, party) >= (int)sizeof k->state - 16)
		return fail(k, w->prefix, EL_ELIMIT);
	for (char *p = k->state + strlen(w->prefix); *p != '\0'; p++)
		if (*p == ':')
			*p = '-';
	return (code = read_last(k)) == EL_CODE_OK ? read_history(k) : code;
}

enum el_code
el_witness_vouch(
    struct el_witness *w, const char *party, const uint8_t *note, size_t len, int64_t now_s, struct el_buf *line)
{
	bool continues = false;
	struct check *k;
	enum el_code code;
	int r;

	if ((code = begin(w, party, now_s, &k)) != EL_CODE_OK)
		goto out;
	if ((r = take(k, note, len, &k->given)) != EL_OK)
		code = r == EL_ENOMEM ? fail(k, "its checkpoint", r) : refuse(k, "its checkpoint is not under the directory's key");
	else if ((code = judge_given(k, &continues)) == EL_CODE_OK && continues)
		code = cosign(k, &k->given, line);
out:
	free(k);
	return code;
}

enum el_code
el_witness_look(struct el_witness *w, const char *party, int64_t now_s, struct el_buf *note)
{
	char name[EL_LOG_ORIGIN_MAX + 1];
	struct check *k;
	struct el_buf line;
	enum el_code code;

	el_buf_init(&line, EL_NOTE_LINE_MAX);
	if ((code = begin(w, party, now_s, &k)) != EL_CODE_OK)
		goto out;
	if ((code = look(k)) == EL_CODE_LOG_UNAVAILABLE)
		(void)refuse(k, "its log cannot be reached");
	if (code != EL_CODE_OK || w->key == NULL)
		goto out;
	if (el_log_witness_name(&w->policy->deployment, w->trustee, name) == EL_OK &&
	    el_note_verify(k->current.note, k->current.len, name, EL_NOTE_COSIGNATURE, el_sign_key_pk(w->key), NULL) == EL_OK)
		goto out;
	if ((code = cosign(k, &k->current, &line)) != EL_CODE_OK)
		goto out;
	el_buf_put(note, k->current.note, k->current.len);
	if (note->err != EL_OK || el_note_add_line(note, line.p, line.len) != EL_OK) {
		el_buf_clear(note, 0);
		code = fail(k, "its checkpoint has no room for a cosignature", EL_ELIMIT);
	}
out:
	el_buf_wipe(&line);
	free(k);
	return code;
}

size_t
el_witnesses_of(
    const struct el_policy *policy, const uint8_t *note, size_t len, unsigned but, unsigned out[EL_TRUSTEES_MAX])
{
	char name[EL_LOG_ORIGIN_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < policy->n_witnesses; i++) {
		const struct el_policy_witness *const x = &policy->witnesses[i];

		if (x->trustee != but && el_log_witness_name(&policy->deployment, x->trustee, name) == EL_OK &&
		    el_note_verify(note, len, name, EL_NOTE_COSIGNATURE, &x->key, NULL) == EL_OK)
			out[n++] = x->trustee;
	}
	return n;
}
