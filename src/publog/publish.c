#include "publog/publish.h"

#include <string.h>

#include "base/event_log.h"
#include "entrylog/epoch.h"

void
el_publog_say(struct el_publog *p, const struct el_log_entry *e)
{
	uint8_t text[EL_ENTRY_MAX];
	size_t len;
	int r;

	if (p == NULL)
		return;
	if ((r = el_log_entry_encode(e, text, &len)) == EL_OK)
		r = el_publog_keep(p, text, len);
	if (r != EL_OK)
		el_log(EL_EV_STORE_FAILED, r, (uint64_t)e->type);
}

void
el_publog_say_refused(struct el_publog *p, struct el_refusals *said, const struct el_order *o, enum el_code code,
    int64_t now_s, uint32_t day_offset_s)
{
	const struct el_log_entry e = { .type = EL_ENTRY_REFUSED, .time_s = now_s, .order = o->hash, .kind = o->kind,
		.code = code };

	if (el_refusals_take(said, o, code, el_epoch_of(now_s, day_offset_s)))
		el_publog_say(p, &e);
}

void
el_publog_say_destroyed(struct el_publog *p, el_epoch epoch, uint64_t n_rows, int64_t now_s)
{
	const struct el_log_entry e = { .type = EL_ENTRY_DESTROYED, .time_s = now_s, .epoch = epoch, .count = n_rows };
	int r;

	el_publog_say(p, &e);
	if (p != NULL && (r = el_publog_forget(p, epoch)) != EL_OK)
		el_log(EL_EV_STORE_FAILED, r, epoch);
}

void
el_publog_say_documents(struct el_publog *p, const struct el_trust *t, unsigned accepted, int64_t now_s)
{
	struct el_log_entry all[] = {
		{ .document = EL_ENTRY_POLICY, .serial = t->policy->serial, .root = t->policy->hash },
		{ .document = EL_ENTRY_BUNDLE, .serial = t->bundle->serial, .root = t->bundle->hash },
		{ .document = EL_ENTRY_DIRECTORY, .serial = t->directory->serial, .root = t->directory->hash },
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		all[i].type = EL_ENTRY_DOCUMENT;
		all[i].time_s = now_s;
		if ((accepted & 1u << all[i].document) != 0)
			el_publog_say(p, &all[i]);
	}
}

int
el_publog_queue_roots(struct el_publog *p, el_epoch e, el_next_root_fn *next, void *ctx, int64_t now_s, unsigned *left)
{
	struct el_log_entry entry;
	uint8_t text[EL_ENTRY_MAX];
	uint32_t from;
	size_t len;
	int r;

	if ((r = el_publog_rooted(p, e, &from)) != EL_OK)
		return r;
	while (*left > 0 && (r = next(ctx, e, from, &entry)) == EL_OK) {
		entry.time_s = now_s;
		if ((r = el_log_entry_encode(&entry, text, &len)) != EL_OK ||
		    (r = el_publog_queue_root(p, e, entry.segment, text, len)) != EL_OK)
			return r;
		from = entry.segment + 1;
		--*left;
	}
	return r == EL_ENOTFOUND ? EL_OK : r;
}

void
el_publog_witnesses_of(const struct el_policy *p, struct el_log_witnesses *out)
{
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < p->n_witnesses; i++) {
		struct el_log_witness *const w = &out->list[out->n];

		if (el_log_witness_name(&p->deployment, p->witnesses[i].trustee, w->name) != EL_OK)
			continue;
		w->key = p->witnesses[i].key;
		out->n++;
	}
}
