#include "authority/log_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/order_file.h"
#include "authority/witness.h"
#include "crypto/hash.h"
#include "log/tile_tree.h"
#include "order/log_proof.h"

struct audit {
	struct el_log_reader *reader;
	const struct el_policy *policy;
	const struct el_directory *directory;
	struct el_log_audit *out;
	const struct el_sign_pk *log_key;
	size_t size_orders;
	size_t note_len;
	uint8_t note[EL_NOTE_MAX], bundle[EL_READER_BUNDLE_MAX], tile[EL_READER_TILE_MAX];
};

static int
wrong(struct audit *a, int r, const char *what)
{
	snprintf(a->out->message, sizeof a->out->message, "%s", what);
	return r;
}

/* Something about entry i. */
static int
wrong_entry(struct audit *a, int r, uint64_t i, const char *what)
{
	snprintf(a->out->message, sizeof a->out->message, "entry %" PRIu64 " %s", i, what);
	return r;
}

static int
unreadable(struct audit *a, int r, const char *what)
{
	snprintf(a->out->message, sizeof a->out->message, "%s cannot be read (%s): %s", what, el_strerror(r),
	    r == EL_ENOTFOUND ? "the log is cut, or the copy is not whole; copy it again" :
		r == EL_EFORMAT ? "it has not its length; the log was altered, or the copy is not whole" : "try again");
	return r;
}

/* ---- The checkpoint ---- */

static int
find_party(struct audit *a)
{
	struct el_log_audit *const out = a->out;
	char origin[EL_LOG_ORIGIN_MAX + 1], party[EL_PARTY_NAME_MAX + 1] = "registry";

	for (size_t i = 0; i <= a->directory->n_issuers; i++) {
		if (i > 0)
			el_party_of_issuer(a->directory->issuers[i - 1].issuer, party);
		if (el_log_origin(&a->policy->deployment, party, origin) != EL_OK || strcmp(origin, out->checkpoint.origin) != 0)
			continue;
		if ((a->log_key = el_log_party_key(a->directory, party)) == NULL)
			return wrong(a, EL_ENOTFOUND, "the directory names no key for this log; use the newest documents");
		memcpy(out->party, party, sizeof party);
		a->reader->party = out->party;
		return EL_OK;
	}
	return wrong(a, EL_EFORMAT, "its origin is of another deployment, or of nobody in the directory; "
				    "use the documents of its deployment");
}

static int
open_checkpoint(struct audit *a)
{
	struct el_checkpoint c;
	int r;

	if ((r = el_log_reader_note(a->reader, a->note, &a->note_len)) != EL_OK)
		return unreadable(a, r, "the checkpoint");
	if ((r = el_checkpoint_parse(a->note, a->note_len, &c)) != EL_OK)
		return wrong(a, r, "its checkpoint has not the form of one; the log was altered, or this is no log");
	a->out->checkpoint = c;
	if ((r = find_party(a)) != EL_OK)
		return r;
	if ((r = el_checkpoint_open(a->note, a->note_len, c.origin, a->log_key, &c)) != EL_OK)
		return wrong(a, r, "its checkpoint is not signed by the log key of the directory; keep it and report it");
	return EL_OK;
}

static void
find_cosigners(struct audit *a)
{
	struct el_log_audit *const out = a->out;
	unsigned trustees[EL_TRUSTEES_MAX];
	char name[EL_LOG_ORIGIN_MAX + 1];

	out->n_cosigned = el_witnesses_of(a->policy, a->note, a->note_len, 0, trustees);
	for (size_t i = 0; i < out->n_cosigned; i++) {
		struct el_audit_cosigned *const x = &out->cosigned[i];

		x->trustee = trustees[i];
		if (el_log_witness_name(&a->policy->deployment, x->trustee, name) != EL_OK ||
		    el_note_verify(a->note, a->note_len, name, EL_NOTE_COSIGNATURE, el_policy_witness(a->policy, x->trustee),
			&x->time_s) != EL_OK)
			x->time_s = 0;
	}
}

/* The tiles have been compared with the entries by now, so what they prove is so. */
static int
check_since(struct audit *a, const uint8_t *note, size_t len)
{
	const struct el_tile_source source = el_log_reader_source(a->reader);
	const struct el_checkpoint *const now = &a->out->checkpoint;
	struct el_consistency proof;
	struct el_checkpoint c;
	int r;

	if (el_checkpoint_parse(note, len, &c) != EL_OK || strcmp(c.origin, now->origin) != 0)
		return EL_OK; /* of another log */
	if (el_checkpoint_open(note, len, now->origin, a->log_key, &c) != EL_OK)
		return wrong(a, EL_ECRYPTO, "the older checkpoint is not signed by the log's key; give the one that was kept");
	if (c.size > now->size)
		return wrong(a, EL_ECRYPTO, "the log was cut: it is shorter than the older checkpoint; keep both and report them");
	if ((r = el_tiles_consistency(&source, c.size, now->size, &proof)) != EL_OK)
		return unreadable(a, r, "a tile");
	if ((r = el_consistency_check(&proof, &c.root, &now->root)) != EL_OK)
		return wrong(a, r, "the log was forked: the older checkpoint is no beginning of it; keep both and report them");
	a->out->since = true;
	return EL_OK;
}

/* ---- Entries ---- */

static int
add_order(struct audit *a, const struct el_log_entry *e, uint64_t index)
{
	struct el_log_audit *const out = a->out;

	if (out->n_orders == a->size_orders) {
		const size_t size = a->size_orders == 0 ? 64 : 2 * a->size_orders;
		struct el_audit_order *const bigger = realloc(out->orders, size * sizeof *bigger);

		if (bigger == NULL)
			return EL_ENOMEM;
		out->orders = bigger;
		a->size_orders = size;
	}
	out->orders[out->n_orders++] = (struct el_audit_order){ e->order, e->answer, e->kind, e->time_s, index };
	return EL_OK;
}

static int
take_entry(struct audit *a, const uint8_t *bytes, size_t len, uint64_t index)
{
	struct el_log_audit *const out = a->out;
	struct el_log_entry e;
	int r;

	if ((r = el_log_entry_parse(bytes, len, &e)) == EL_ENOMEM)
		return r;
	if (r != EL_OK)
		return wrong_entry(a, EL_EFORMAT, index, "has not the form of an entry: the log holds what it must not; report it");
	if (e.time_s + EL_AUDIT_CLOCK_S < out->last_s)
		return wrong_entry(a, EL_EFORMAT, index, "is older than one before it: ask the party why, and report it");
	if (index == 0)
		out->first_s = e.time_s;
	if (e.time_s > out->last_s)
		out->last_s = e.time_s;
	out->counts[e.type]++;
	return e.type == EL_ENTRY_ORDER ? add_order(a, &e, index) : EL_OK;
}

/* The log's own tile must hold what the entries come to. */
static int
compare_tile(void *ctx, const struct el_tile *t, const uint8_t *hashes)
{
	struct audit *const a = ctx;
	char path[EL_TILE_PATH_MAX], what[EL_TILE_PATH_MAX + 64];
	size_t len;
	int r;

	el_tile_path(t, path);
	if ((r = el_log_reader_tile(a->reader, t, a->tile, &len)) != EL_OK)
		return unreadable(a, r, path);
	if (memcmp(a->tile, hashes, len) == 0)
		return EL_OK;
	snprintf(what, sizeof what, "%s does not hold the hashes of the entries: the log was altered", path);
	return wrong(a, EL_ECRYPTO, what);
}

static int
read_bundle(struct audit *a, uint64_t number, struct el_tile_maker *maker)
{
	struct el_tile t = el_tile_of(0, number, a->out->checkpoint.size);
	char path[EL_TILE_PATH_MAX];
	struct el_hash leaf;
	const uint8_t *entry;
	size_t len, entry_len;
	int r;

	t.entries = true;
	el_tile_path(&t, path);
	if ((r = el_log_reader_tile(a->reader, &t, a->bundle, &len)) != EL_OK)
		return unreadable(a, r, path);
	for (unsigned k = 0; k < t.width; k++) {
		const uint64_t index = number * EL_TILE_WIDTH + k;

		if (el_bundle_entry(a->bundle, len, k, &entry, &entry_len) != EL_OK)
			return wrong_entry(a, EL_ECRYPTO, index, "is not there: the log was cut or altered, or the copy is not whole");
		if ((r = take_entry(a, entry, entry_len, index)) != EL_OK)
			return r;
		el_entry_leaf(entry, entry_len, &leaf);
		if ((r = el_tile_maker_add(maker, &leaf)) != EL_OK)
			return r;
	}
	return EL_OK;
}

static int
read_entries(struct audit *a)
{
	const struct el_checkpoint *const c = &a->out->checkpoint;
	struct el_tile_maker *maker;
	struct el_hash root;
	int r;

	if (c->size > EL_LOG_SIZE_MAX)
		return wrong(a, EL_EFORMAT, "its checkpoint has a size that no log of ours has");
	if ((r = el_tile_maker_new(compare_tile, a, &maker)) != EL_OK)
		return r;
	for (uint64_t i = 0; r == EL_OK && i * EL_TILE_WIDTH < c->size; i++)
		r = read_bundle(a, i, maker);
	if (r == EL_OK)
		r = el_tile_maker_end(maker, &root);
	el_tile_maker_free(maker);
	if (r == EL_OK && !el_hash_eq(&root, &c->root))
		r = wrong(a, EL_ECRYPTO, "its entries do not make up its signed checkpoint: the log was altered; keep it and "
					 "report it");
	return r;
}

int
el_log_audit(struct el_log_reader *reader, const struct el_policy *policy, const struct el_directory *directory,
    const uint8_t *since, size_t since_len, struct el_log_audit *out)
{
	struct audit *const a = calloc(1, sizeof *a); /* large */
	int r;

	memset(out, 0, sizeof *out);
	if (a == NULL) {
		snprintf(out->message, sizeof out->message, "%s", el_strerror(EL_ENOMEM));
		return EL_ENOMEM;
	}
	a->reader = reader;
	a->policy = policy;
	a->directory = directory;
	a->out = out;
	if ((r = open_checkpoint(a)) == EL_OK && (r = read_entries(a)) == EL_OK && since != NULL)
		r = check_since(a, since, since_len);
	if (r == EL_OK)
		find_cosigners(a);
	else if (out->message[0] == '\0')
		wrong(a, r, el_strerror(r));
	free(a);
	return r;
}

void
el_log_audit_wipe(struct el_log_audit *a)
{
	free(a->orders);
	memset(a, 0, sizeof *a);
}

const char *
el_audit_type_words(enum el_entry_type type)
{
	static const char *const words[EL_ENTRY_TYPES] = {
		[EL_ENTRY_ORDER] = "orders answered",
		[EL_ENTRY_REFUSED] = "orders refused",
		[EL_ENTRY_SEGMENT] = "roots of segments",
		[EL_ENTRY_IDENTITIES] = "roots of days of identities",
		[EL_ENTRY_DESTROYED] = "days destroyed",
		[EL_ENTRY_DOCUMENT] = "documents accepted",
		[EL_ENTRY_CHECKPOINT] = "checkpoints of others",
	};

	return words[type];
}
