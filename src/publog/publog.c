#include "publog/publog.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/event_log.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "publog/messages.h"
#include "publog/writer.h"

#define TURN_MAX 256 /* messages of one link */
#define RETRY_MS 10000

/* An entry of this turn, and whom its word goes to. */
struct asked {
	unsigned index; /* of the core process */
	uint64_t id;
	int result;
	struct el_log_append append;
};

struct process {
	const struct el_publog_role *role;
	char dir[512];
	struct el_sign_key *key;
	struct el_log_writer *writer; /* NULL: the folder cannot be used now */
	int closed; /* why */
	int64_t retry_ms; /* when it is looked at again */
	struct el_log_witnesses witnesses;
	struct asked *asked;
	size_t n_asked, size_asked;
	bool full_said; /* the alarm of a full disk was logged */
	bool lost; /* an entry has no place in memory, and so no word: the next process is asked again */
};

/* ---- Cosignatures ---- */

/* The signature line that begins here, its line end included; NULL: there is none. */
static const uint8_t *
line_end(const uint8_t *line, const uint8_t *end)
{
	const uint8_t *const nl = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;

	return nl != NULL ? nl + 1 : NULL;
}

/*
 * Whether this one line is a cosignature of one of our witnesses over the text.  Only the first line of each is looked
 * at, since anybody may have us verify: looked has one bit for each witness.
 */
static bool
is_cosignature(const struct process *p, const uint8_t *text, size_t text_len, const uint8_t *line, size_t len,
    uint32_t *looked)
{
	struct el_buf note;
	int r = EL_ENOTFOUND;

	el_buf_init(&note, EL_NOTE_MAX);
	el_buf_put(&note, text, text_len);
	el_buf_put_u8(&note, '\n');
	el_buf_put(&note, line, len);
	for (size_t i = 0; r == EL_ENOTFOUND && note.err == EL_OK && i < p->witnesses.n; i++) {
		if ((*looked & UINT32_C(1) << i) != 0)
			continue;
		r = el_note_verify(note.p, note.len, p->witnesses.list[i].name, EL_NOTE_COSIGNATURE,
		    &p->witnesses.list[i].key, NULL);
		if (r != EL_ENOTFOUND)
			*looked |= UINT32_C(1) << i;
	}
	el_buf_wipe(&note);
	return r == EL_OK;
}

/* Put every line that one of our witnesses signed behind the published note. */
static enum el_code
take_lines(struct process *p, const uint8_t *note, size_t text_len, size_t len)
{
	const uint8_t *const end = note + len, *line = note + text_len + 1, *next;
	enum el_code code = EL_CODE_SIGNATURE_INVALID;
	uint32_t looked = 0;
	unsigned n = 0;
	int r;

	_Static_assert(EL_TRUSTEES_MAX <= 32, "a bit for each witness");
	for (; n < EL_NOTE_SIGNATURES_MAX && (next = line_end(line, end)) != NULL; line = next, n++) {
		if (!is_cosignature(p, note, text_len, line, (size_t)(next - line), &looked))
			continue;
		if ((r = el_log_writer_cosign(p->writer, line, (size_t)(next - line))) != EL_OK)
			return r == EL_ELIMIT || r == EL_EFORMAT ? EL_CODE_MALFORMED_REQUEST : EL_CODE_BUSY;
		code = EL_CODE_OK;
	}
	return code;
}

static enum el_code
cosign(struct process *p, const uint8_t *note, size_t len)
{
	const uint8_t *ours;
	size_t text_len, ours_len, ours_text;
	struct el_checkpoint c;

	if (p->writer == NULL)
		return EL_CODE_LOG_UNAVAILABLE;
	if (el_note_text(note, len, &text_len) != EL_OK || el_checkpoint_parse(note, len, &c) != EL_OK)
		return EL_CODE_MALFORMED_REQUEST;
	ours = el_log_writer_note(p->writer, &ours_len);
	if (el_note_text(ours, ours_len, &ours_text) != EL_OK)
		return EL_CODE_INTERNAL;
	if (ours_text != text_len || memcmp(ours, note, text_len) != 0)
		return EL_CODE_STALE_CHECKPOINT;
	return take_lines(p, note, text_len, len);
}

static void
on_cosignature(struct process *p, struct el_worker *w, unsigned index, const struct el_msg *m)
{
	uint8_t body[2];
	int r;

	el_put_u16(body, (uint16_t)(m->len <= EL_NOTE_MAX ? cosign(p, m->body, m->len) : EL_CODE_TOO_LARGE));
	/* A client that waits for a net process that is gone is gone, too. */
	if ((r = el_worker_put(w, p->role->net_kind, index, EL_MSG_LOG_COSIGNED, m->id, body, sizeof body)) != EL_OK)
		el_log(EL_EV_LINK_LOST, r, m->type);
}

/* ---- Entries ---- */

/* What may be published, and proven: what refers to something that is not there yet is refused before it is written. */
static int
check(const struct process *p, const struct el_log_append *a)
{
	struct el_log_entry entry;
	uint64_t size;

	if (p->writer == NULL)
		return EL_ESTATE;
	size = el_log_writer_head(p->writer)->size;
	for (size_t i = 0; i < a->n_roots; i++)
		if (a->roots[i] >= size)
			return EL_ENOTFOUND;
	return el_log_entry_parse(a->entry, a->len, &entry);
}

static void
on_append(struct process *p, unsigned index, const struct el_msg *m)
{
	struct asked *bigger, *a;
	int r;

	if (p->n_asked == p->size_asked) {
		const size_t size = p->size_asked == 0 ? 16 : 2 * p->size_asked;

		/* Without a word the asker would wait until the link is another. */
		if ((bigger = realloc(p->asked, size * sizeof *bigger)) == NULL) {
			p->lost = true;
			return;
		}
		p->asked = bigger;
		p->size_asked = size;
	}
	a = &p->asked[p->n_asked];
	*a = (struct asked){ .index = index, .id = m->id };
	if ((r = el_log_append_parse(m->body, m->len, &a->append)) != EL_OK)
		el_log(EL_EV_PEER_MISBEHAVED, r, m->type);
	a->result = r == EL_OK ? check(p, &a->append) : r;
	p->n_asked++;
}

static int
prove(struct process *p, const struct el_log_append *a, uint64_t index, struct el_log_proof *out)
{
	const uint8_t *note;
	int r;

	note = el_log_writer_note(p->writer, &out->checkpoint_len);
	if ((out->checkpoint = malloc(out->checkpoint_len + 1)) == NULL ||
	    (out->roots = calloc(a->n_roots + 1, sizeof *out->roots)) == NULL)
		return EL_ENOMEM;
	memcpy(out->checkpoint, note, out->checkpoint_len);
	r = el_log_writer_logged(p->writer, index, &out->answer);
	for (; r == EL_OK && out->n_roots < a->n_roots; out->n_roots++)
		r = el_log_writer_logged(p->writer, a->roots[out->n_roots], &out->roots[out->n_roots]);
	return r;
}

/* A folder that was altered under us proves nothing any more: the process ends, and its successor says so. */
static int
send_word(struct process *p, struct el_worker *w, const struct asked *a, uint64_t index)
{
	struct el_log_appended m = { .result = a->result };
	struct el_buf body;
	int r = EL_OK;

	el_buf_init(&body, EL_MSG_MAX);
	if (m.result == EL_OK) {
		m.index = index;
		m.has_proof = a->append.proof;
		if (m.has_proof)
			r = prove(p, &a->append, index, &m.proof);
	}
	if (r == EL_ENOMEM || (r == EL_OK && el_log_appended_encode(&m, &body) != EL_OK)) {
		el_log_appended_wipe(&m);
		el_buf_clear(&body, 0);
		m.result = EL_ENOMEM;
		r = el_log_appended_encode(&m, &body);
	}
	if (r == EL_OK && el_worker_put(w, p->role->core_kind, a->index, EL_MSG_LOG_APPENDED, a->id, body.p,
			      body.len) != EL_OK)
		el_log(EL_EV_LINK_LOST, EL_ENOTFOUND, EL_MSG_LOG_APPENDED); /* it asks again when it is back */
	el_log_appended_wipe(&m);
	el_buf_wipe(&body);
	return r;
}

static void
say_full(struct process *p, int r)
{
	if (r == EL_ESPACE && !p->full_said)
		el_log(EL_EV_DISK_FULL, r, 0);
	p->full_said = r == EL_ESPACE;
}

/* One batch of all that may be published; those that may not have their result already. */
static int
append_all(struct process *p, struct el_log_item *items)
{
	size_t n = 0;
	int r;

	if (p->writer == NULL)
		return EL_OK;
	for (size_t i = 0; i < p->n_asked; i++)
		if (p->asked[i].result == EL_OK)
			items[n++] = (struct el_log_item){ .entry = p->asked[i].append.entry,
				.len = p->asked[i].append.len };
	r = el_log_writer_append(p->writer, items, n);
	say_full(p, r);
	if (r != EL_OK && r != EL_ESPACE && r != EL_ENOMEM)
		return r;
	for (size_t i = 0; i < p->n_asked; i++)
		if (p->asked[i].result == EL_OK)
			p->asked[i].result = r;
	return EL_OK;
}

static int
publog_turn(void *ctx, struct el_worker *w)
{
	struct process *const p = ctx;
	struct el_log_item *items, *item;
	int r;

	if (p->lost)
		return EL_ENOMEM;
	if (p->n_asked == 0)
		return EL_OK;
	if ((items = item = calloc(p->n_asked, sizeof *items)) == NULL)
		return EL_ENOMEM;
	r = append_all(p, items);
	for (size_t i = 0; i < p->n_asked; i++) {
		const struct asked *const a = &p->asked[i];

		if (r == EL_OK)
			r = send_word(p, w, a, a->result == EL_OK ? item++->index : 0);
		el_log_append_wipe(&p->asked[i].append);
	}
	p->n_asked = 0;
	free(items);
	if (r != EL_OK)
		el_log(EL_EV_STORE_FAILED, r, 0);
	return r;
}

static void
publog_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct process *const p = ctx;
	struct el_log_witnesses witnesses;
	int r = EL_EFORMAT;

	if (kind == p->role->core_kind && m->type == EL_MSG_LOG_APPEND) {
		on_append(p, index, m);
		return;
	}
	if (kind == p->role->net_kind && m->type == EL_MSG_LOG_COSIGNATURE) {
		on_cosignature(p, w, index, m);
		return;
	}
	if (kind == p->role->core_kind && m->type == EL_MSG_LOG_WITNESSES &&
	    (r = el_log_witnesses_parse(m->body, m->len, &witnesses)) == EL_OK) {
		p->witnesses = witnesses;
		return;
	}
	el_log(EL_EV_PEER_MISBEHAVED, r, m->type);
}

/* ---- Life ---- */

static void
say_state(const struct process *p, struct el_worker *w, unsigned index)
{
	const struct el_log_state state = { p->closed, p->writer != NULL ? el_log_writer_head(p->writer)->size : 0 };
	struct el_buf body;

	el_buf_init(&body, 64);
	if (el_log_state_encode(&state, &body) != EL_OK ||
	    el_worker_put(w, p->role->core_kind, index, EL_MSG_LOG_STATE, 0, body.p, body.len) != EL_OK)
		el_log(EL_EV_LINK_LOST, EL_ENOTFOUND, EL_MSG_LOG_STATE); /* told with the next link */
	el_buf_wipe(&body);
}

/* An alarm for each reason, not for each time. */
static void
open_folder(struct process *p)
{
	const int before = p->closed;

	p->closed = el_log_writer_open(p->dir, p->role->origin, p->key, &p->writer);
	p->retry_ms = el_clock_monotonic_ms() + RETRY_MS;
	if (p->closed == EL_OK || p->closed == before)
		return;
	if (p->closed == EL_ECRYPTO || p->closed == EL_EFORMAT)
		el_log(EL_EV_LOG_CONTRADICTS, p->closed, 0);
	else
		el_log(p->closed == EL_ESPACE ? EL_EV_DISK_FULL : EL_EV_STORE_FAILED, p->closed, 0);
}

static int
publog_start(void *ctx, struct el_worker *w)
{
	struct process *const p = ctx;
	uint8_t *seed;
	int r;

	(void)w;
	if ((r = el_publog_dir(p->role->data_dir, p->dir)) != EL_OK ||
	    (r = el_keyfile_read(p->role->key_file, EL_PURPOSE_LOG, NULL, NULL, &seed, NULL)) != EL_OK)
		return r;
	r = el_sign_key_new(seed, &p->key);
	el_secret_free(seed);
	if (r == EL_OK)
		open_folder(p);
	return r;
}

static void
publog_link_up(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	const struct process *const p = ctx;

	if (kind == p->role->core_kind)
		say_state(p, w, index);
}

static void
publog_tick(void *ctx, struct el_worker *w)
{
	struct process *const p = ctx;
	const int before = p->closed;

	if (p->writer != NULL || el_clock_monotonic_ms() < p->retry_ms)
		return;
	open_folder(p);
	if (p->closed != before)
		say_state(p, w, 0); /* there is one core */
}

static void
publog_end(struct process *p)
{
	for (size_t i = 0; i < p->n_asked; i++)
		el_log_append_wipe(&p->asked[i].append);
	free(p->asked);
	el_log_writer_close(p->writer);
	el_sign_key_free(p->key);
}

int
el_publog_dir(const char *data_dir, char out[512])
{
	return el_path_join(out, 512, data_dir, "log");
}

int
el_publog_origin(const char *root_key_file, const char *party, char out[EL_LOG_ORIGIN_MAX + 1])
{
	struct el_hash deployment;
	uint8_t root[32];
	int r;

	if ((r = el_keyfile_read_public(root_key_file, EL_PURPOSE_ROOT, root)) != EL_OK)
		return r;
	el_sha256(root, sizeof root, &deployment);
	return el_log_origin(&deployment, party, out);
}

int
el_publog_run(struct el_child *child, const struct el_publog_role *role)
{
	static const struct el_worker_ops ops = { .start = publog_start,
		.link_up = publog_link_up,
		.tick = publog_tick,
		.message = publog_message,
		.turn = publog_turn,
		.messages_max = TURN_MAX };
	struct process p = { .role = role };
	const int r = el_worker_run(child, &ops, &p);

	publog_end(&p);
	return r;
}
