#include "order/proven.h"

#include <string.h>

#include "base/limits.h"
#include "entrylog/epoch.h"
#include "token/leaf.h"

static bool
leads(const struct el_hash *leaf, const struct el_path *path, const struct el_log_entry *root)
{
	return path->size == root->count && el_tree_check(leaf, path, &root->root) == EL_OK;
}

const char *
el_proven_row(const struct el_roots *roots, const struct el_released *row)
{
	const struct el_log_entry *root = el_log_roots_find(roots->sorted, roots->n, row->epoch, row->segment);
	const int64_t last_s = el_epoch_end(row->epoch, roots->day_offset_s) + EL_TOKEN_GRACE_S + EL_LATE_LIMIT_MAX_S;
	struct el_hash c, leaf;
	bool is_young;

	if (root == NULL)
		return "segment_not_logged";
	el_released_leaf(row, &c, &leaf);
	if (!leads(&leaf, &row->proof, root))
		return "not_in_segment";
	if (root->time_s > last_s + EL_ROOT_WITHIN_S)
		return "segment_too_late";
	if (root->time_s < (int64_t)row->minute - EL_ROOT_WITHIN_S)
		return "logged_too_early";
	/* The minute is rounded down. */
	is_young = root->time_s <= (int64_t)row->minute + 60 + EL_ROOT_WITHIN_S;
	if (!is_young && root->time_s >= roots->order_created_s)
		return "logged_too_late";
	return is_young || (row->flags & EL_FLAG_LATE) != 0 ? NULL : "late_not_flagged";
}

const char *
el_proven_box(const struct el_roots *roots, const struct el_trace_row *row, const struct el_commitment *c,
    const struct el_phone *phones, size_t n_phones, int64_t now_s)
{
	const struct el_log_entry *root = el_log_roots_find(roots->sorted, roots->n, row->epoch, 0);
	struct el_hash leaf;

	if (!c->is_there)
		return now_s < el_epoch_end(row->epoch, roots->day_offset_s) + EL_UNCOMMITTED_S ? NULL : "box_not_logged";
	if (root == NULL)
		return "box_not_logged";
	el_commitment_leaf(c, row, &leaf);
	if (!leads(&leaf, &c->path, root))
		return "not_in_segment";
	if (root->time_s >= roots->order_created_s &&
	    root->time_s > el_epoch_end(row->epoch, roots->day_offset_s) + EL_UNCOMMITTED_S)
		return "logged_too_late";
	for (size_t i = 0; i < n_phones; i++)
		if (strcmp(phones[i].s, c->phone.s) == 0)
			return NULL;
	return "other_phone";
}
