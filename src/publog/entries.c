#include "publog/entries.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/event_log.h"
#include "base/file.h"
#include "publog/entries_db.h"

#define WINDOW 64 /* pending entries that are sent at once */
#define RETRY_MS 10000

/* What was sent to the log process and has had no word.  Numbers are ours and never used again. */
struct order {
	enum { FREE, ASKED, FAILED } state;
	uint64_t number;
	uint64_t id; /* the caller's */
};

/* An entry that found no space on the disk. */
struct kept {
	uint8_t entry[EL_ENTRY_MAX];
	size_t len;
};

struct el_publog {
	struct el_publog_db *db;
	unsigned log_kind;
	bool linked, open; /* a process is there; it has said that it can write */
	uint64_t number; /* of the last message */
	uint64_t size; /* the log had this many entries at least, by its words in this life */
	int64_t retry_ms; /* the log failed: nothing is sent before */
	bool said; /* that was logged */
	struct order orders[EL_PUBLOG_ASKED_MAX];
	/* The oldest pending ones, sent together: entry i under first + i.  What is done is written down for all at once. */
	struct el_publog_pending window[WINDOW];
	bool answered[WINDOW];
	uint64_t first;
	size_t n_window, n_words;
	struct kept kept[EL_PUBLOG_KEPT_MAX];
	size_t n_kept;
	struct el_log_witnesses witnesses;
	struct el_publog_counts counts;
};

int
el_publog_open(const char *data_dir, unsigned log_kind, struct el_publog **out)
{
	struct el_publog *p;
	char path[512];
	int r;

	*out = NULL;
	if ((r = el_path_join(path, sizeof path, data_dir, "unpublished.db")) != EL_OK)
		return r;
	if ((p = calloc(1, sizeof *p)) == NULL)
		return EL_ENOMEM;
	p->log_kind = log_kind;
	if ((r = el_publog_db_open(path, &p->db)) != EL_OK ||
	    (r = el_publog_db_count(p->db, &p->counts.pending)) != EL_OK) {
		el_publog_close(p);
		return r;
	}
	*out = p;
	return EL_OK;
}

void
el_publog_close(struct el_publog *p)
{
	if (p != NULL)
		el_publog_db_close(p->db);
	free(p);
}

/* ---- Queued entries ---- */

static int
queue(struct el_publog *p, const uint8_t *entry, size_t len, const struct el_publog_segment *segment)
{
	struct el_log_entry parsed;
	int r;

	/* One that the log would refuse would stand before all others for ever. */
	if ((r = el_log_entry_parse(entry, len, &parsed)) != EL_OK ||
	    (r = el_publog_db_add(p->db, entry, len, segment)) != EL_OK)
		return r;
	p->counts.pending++;
	return EL_OK;
}

int
el_publog_queue(struct el_publog *p, const uint8_t *entry, size_t len)
{
	return queue(p, entry, len, NULL);
}

int
el_publog_keep(struct el_publog *p, const uint8_t *entry, size_t len)
{
	const int r = queue(p, entry, len, NULL);

	if (r != EL_ESPACE || p->n_kept == EL_PUBLOG_KEPT_MAX)
		return r;
	if (p->n_kept == 0)
		el_log(EL_EV_DISK_FULL, r, 0);
	memcpy(p->kept[p->n_kept].entry, entry, len);
	p->kept[p->n_kept++].len = len;
	return EL_OK;
}

static int
write_kept(struct el_publog *p)
{
	size_t n = 0;
	int r = EL_OK;

	while (n < p->n_kept && (r = queue(p, p->kept[n].entry, p->kept[n].len, NULL)) == EL_OK)
		n++;
	if (n > 0)
		memmove(p->kept, p->kept + n, (p->n_kept - n) * sizeof *p->kept);
	p->n_kept -= n;
	return r == EL_ESPACE ? EL_OK : r;
}

int
el_publog_queue_root(struct el_publog *p, el_epoch epoch, uint32_t segment, const uint8_t *entry, size_t len)
{
	const struct el_publog_segment at = { epoch, segment };

	return queue(p, entry, len, &at);
}

int
el_publog_root(struct el_publog *p, el_epoch epoch, uint32_t segment, uint64_t *index)
{
	const struct el_publog_segment at = { epoch, segment };

	return el_publog_db_root(p->db, &at, index);
}

int
el_publog_rooted(struct el_publog *p, el_epoch epoch, uint32_t *next_segment)
{
	return el_publog_db_next_segment(p->db, epoch, next_segment);
}

int
el_publog_forget(struct el_publog *p, el_epoch epoch)
{
	return el_publog_db_forget(p->db, epoch);
}

/* ---- Sending ---- */

static int
send_append(struct el_publog *p, struct el_worker *w, uint64_t number, const struct el_log_append *a)
{
	struct el_buf body;
	int r;

	el_buf_init(&body, EL_MSG_MAX);
	if ((r = el_log_append_encode(a, &body)) == EL_OK)
		r = el_worker_put(w, p->log_kind, 0, EL_MSG_LOG_APPEND, number, body.p, body.len);
	el_buf_wipe(&body);
	return r;
}

static void
send_window(struct el_publog *p, struct el_worker *w)
{
	struct el_log_append a = { .proof = false };
	size_t n;

	p->first = p->number + 1;
	for (n = 0; n < p->n_window; n++) {
		memcpy(a.entry, p->window[n].entry, p->window[n].len);
		a.len = p->window[n].len;
		if (send_append(p, w, p->first + n, &a) != EL_OK)
			break; /* its queue is full: the others have their turn later */
	}
	p->number += n;
	p->n_window = n;
	p->n_words = 0;
	memset(p->answered, 0, sizeof p->answered);
}

bool
el_publog_available(const struct el_publog *p)
{
	return p->open && el_clock_monotonic_ms() >= p->retry_ms;
}

int
el_publog_next(struct el_publog *p, struct el_worker *w)
{
	int r;

	if ((r = write_kept(p)) != EL_OK || p->n_window > 0 || !el_publog_available(p))
		return r;
	if ((r = el_publog_db_oldest(p->db, p->window, WINDOW, &p->n_window)) != EL_OK) {
		p->n_window = 0;
		return r;
	}
	if (p->n_window > 0)
		send_window(p, w);
	return EL_OK;
}

int
el_publog_ask(struct el_publog *p, struct el_worker *w, uint64_t id, const uint8_t *entry, size_t len,
    const uint64_t *root_indices, size_t n)
{
	struct el_log_append a = { .proof = true, .len = len, .n_roots = n };
	struct order *free_one = NULL;
	int r = EL_OK;

	assert(len > 0);
	if (len > EL_ENTRY_MAX || n > EL_LOG_ROOTS_MAX)
		return EL_ELIMIT;
	for (size_t i = 0; free_one == NULL && i < EL_PUBLOG_ASKED_MAX; i++)
		if (p->orders[i].state == FREE)
			free_one = &p->orders[i];
	if (free_one == NULL || !el_publog_available(p))
		return EL_EBUSY;
	memcpy(a.entry, entry, len);
	if (n > 0 && (a.roots = malloc(n * sizeof *a.roots)) == NULL)
		return EL_ENOMEM;
	if (n > 0)
		memcpy(a.roots, root_indices, n * sizeof *a.roots);
	r = send_append(p, w, p->number + 1, &a);
	el_log_append_wipe(&a);
	if (r != EL_OK)
		return r == EL_ENOTFOUND ? EL_EBUSY : r;
	*free_one = (struct order){ ASKED, ++p->number, id };
	return EL_OK;
}

static void
send_witnesses(struct el_publog *p, struct el_worker *w)
{
	struct el_buf body;
	int r;

	el_buf_init(&body, EL_MSG_MAX);
	if ((r = el_log_witnesses_encode(&p->witnesses, &body)) == EL_OK)
		r = el_worker_put(w, p->log_kind, 0, EL_MSG_LOG_WITNESSES, 0, body.p, body.len);
	/* Without them no cosignature is taken until the next link or policy. */
	if (r != EL_OK)
		el_log(EL_EV_LINK_LOST, r, EL_MSG_LOG_WITNESSES);
	el_buf_wipe(&body);
}

void
el_publog_set_witnesses(struct el_publog *p, struct el_worker *w, const struct el_log_witnesses *witnesses)
{
	p->witnesses = *witnesses;
	if (p->linked)
		send_witnesses(p, w);
}

/* ---- Words ---- */

/* What a word says of the log itself. */
static void
note_result(struct el_publog *p, int result, uint64_t index)
{
	if (result == EL_OK) {
		p->size = index >= p->size ? index + 1 : p->size;
		p->counts.logged++;
		p->retry_ms = 0;
		p->said = false;
		return;
	}
	p->counts.failed++;
	if (!p->said)
		el_log(EL_EV_LOG_FAILED, result, p->counts.pending);
	p->said = true;
	p->retry_ms = el_clock_monotonic_ms() + RETRY_MS;
}

/* Write down what of the window is logged; the rest is sent again. */
static int
end_window(struct el_publog *p)
{
	size_t n = 0;
	int r;

	for (size_t i = 0; i < p->n_window; i++)
		n += p->window[i].logged;
	r = n > 0 ? el_publog_db_done(p->db, p->window, p->n_window) : EL_OK;
	if (r == EL_OK)
		p->counts.pending -= n;
	else
		note_result(p, r, 0); /* sent again, they keep their index */
	p->n_window = p->n_words = 0;
	return r == EL_EIO ? r : EL_OK;
}

static int
word_of_pending(struct el_publog *p, uint64_t number, const struct el_log_appended *m)
{
	const size_t i = (size_t)(number - p->first);
	struct el_publog_pending *const one = &p->window[i];

	if (p->answered[i])
		return EL_OK;
	p->answered[i] = true;
	note_result(p, m->result, m->index);
	one->logged = m->result == EL_OK;
	one->index = m->index;
	return ++p->n_words == p->n_window ? end_window(p) : EL_OK;
}

static void
word_of_order(struct el_publog *p, struct order *o, struct el_log_appended *m, struct el_publog_word *out)
{
	if (m->result == EL_OK && !m->has_proof)
		m->result = EL_EFORMAT;
	*out = (struct el_publog_word){ .id = o->id, .result = m->result };
	/* An order that says more than is so is the asker's mistake; a root that is not there is the folder's. */
	if (m->result == EL_ENOTFOUND)
		el_log(EL_EV_LOG_CONTRADICTS, m->result, 0);
	else if (m->result != EL_EFORMAT)
		note_result(p, m->result, m->index);
	if (m->result == EL_OK) {
		out->index = m->index;
		out->proof = m->proof;
		memset(&m->proof, 0, sizeof m->proof);
	}
	o->state = FREE;
}

static struct order *
order_of(struct el_publog *p, uint64_t number)
{
	for (size_t i = 0; i < EL_PUBLOG_ASKED_MAX; i++)
		if (p->orders[i].state == ASKED && p->orders[i].number == number)
			return &p->orders[i];
	return NULL;
}

/* EL_ENOTFOUND: nothing for the caller; EL_EIO. */
static int
on_state(struct el_publog *p, const struct el_msg *msg)
{
	struct el_log_state state;
	uint64_t known;
	int r;

	if ((r = el_log_state_parse(msg->body, msg->len, &state)) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, r, msg->type);
		return EL_ENOTFOUND;
	}
	p->open = false;
	if (state.result != EL_OK) {
		el_log(EL_EV_LOG_FAILED, state.result, p->counts.pending);
		return EL_ENOTFOUND;
	}
	if ((r = el_publog_db_size(p->db, &known)) != EL_OK)
		return r;
	if (known > state.size || p->size > state.size)
		el_log(EL_EV_LOG_CONTRADICTS, EL_ESTATE, state.size);
	else
		p->open = p->linked;
	return EL_ENOTFOUND;
}

int
el_publog_done(struct el_publog *p, const struct el_msg *msg, struct el_publog_word *out)
{
	struct el_log_appended m;
	struct order *o;
	int r;

	memset(out, 0, sizeof *out);
	if (msg->type == EL_MSG_LOG_STATE)
		return on_state(p, msg);
	if (msg->type != EL_MSG_LOG_APPENDED) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, msg->type);
		return EL_ENOTFOUND;
	}
	/* A word that cannot be read is a failure, and comes once like the others. */
	if ((r = el_log_appended_parse(msg->body, msg->len, &m)) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, r, msg->type);
		m.result = r;
	}
	r = EL_ENOTFOUND;
	if ((o = order_of(p, msg->id)) != NULL) {
		word_of_order(p, o, &m, out);
		r = EL_OK;
	} else if (p->n_window > 0 && msg->id >= p->first && msg->id - p->first < p->n_window) {
		r = word_of_pending(p, msg->id, &m);
		r = r == EL_OK ? EL_ENOTFOUND : r;
	}
	el_log_appended_wipe(&m);
	return r;
}

bool
el_publog_take_failed(struct el_publog *p, uint64_t *id)
{
	for (size_t i = 0; i < EL_PUBLOG_ASKED_MAX; i++)
		if (p->orders[i].state == FAILED) {
			*id = p->orders[i].id;
			p->orders[i].state = FREE;
			return true;
		}
	return false;
}

/* ---- The link ---- */

int
el_publog_link_down(struct el_publog *p)
{
	p->linked = p->open = false;
	for (size_t i = 0; i < EL_PUBLOG_ASKED_MAX; i++)
		if (p->orders[i].state == ASKED)
			p->orders[i].state = FAILED;
	return end_window(p);
}

int
el_publog_link_up(struct el_publog *p, struct el_worker *w)
{
	int r;

	if ((r = el_publog_link_down(p)) != EL_OK)
		return r;
	p->linked = true;
	p->retry_ms = 0;
	send_witnesses(p, w);
	return EL_OK;
}

void
el_publog_counts(const struct el_publog *p, struct el_publog_counts *out)
{
	*out = p != NULL ? p->counts : (struct el_publog_counts){ .pending = 0 };
	if (p != NULL)
		out->pending += p->n_kept;
}
