#include "registry/group.h"

#include <stdlib.h>
#include <string.h>

int
el_group_new(struct el_group **out)
{
	*out = calloc(1, sizeof **out);
	return *out != NULL ? EL_OK : EL_ENOMEM;
}

void
el_group_free(struct el_group *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; i < EL_GROUP_PARTS_MAX; i++) {
		free(g->parts[i].rows);
		free(g->parts[i].sealed);
		free(g->parts[i].notes);
	}
	free(g);
}

const struct el_group_part *
el_group_find(const struct el_group *g, el_epoch epoch)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->parts[i].epoch == epoch)
			return &g->parts[i];
	return NULL;
}

int
el_group_part(struct el_group *g, struct el_daybook *daybook, el_epoch epoch, int64_t now_s, struct el_group_part **out)
{
	struct el_group_part *p;
	int r;

	*out = NULL;
	for (size_t i = 0; i < g->n; i++)
		if (g->parts[i].epoch == epoch) {
			*out = &g->parts[i];
			return EL_OK;
		}
	if (g->n == EL_GROUP_PARTS_MAX)
		return EL_ELIMIT;
	p = &g->parts[g->n];
	if ((r = daybook->ops->live(daybook, epoch, now_s, &p->segment)) != EL_OK ||
	    (r = daybook->ops->next_row(daybook, epoch, p->segment, &p->first)) != EL_OK)
		return r;
	p->epoch = epoch;
	p->n = 0;
	g->n++;
	*out = p;
	return EL_OK;
}

static int
grow(struct el_group_part *p)
{
	const size_t size = p->size != 0 ? p->size * 2 : 64;
	struct el_group_note *notes;
	struct el_row *rows;
	uint8_t *sealed;

	if ((notes = realloc(p->notes, size * sizeof *notes)) == NULL)
		return EL_ENOMEM;
	p->notes = notes;
	if ((rows = realloc(p->rows, size * sizeof *rows)) == NULL)
		return EL_ENOMEM;
	p->rows = rows;
	if ((sealed = realloc(p->sealed, size * EL_VISIT_SEALED_LEN)) == NULL)
		return EL_ENOMEM;
	p->sealed = sealed;
	p->size = size;
	for (size_t i = 0; i < p->n; i++)
		rows[i].sealed = sealed + i * EL_VISIT_SEALED_LEN;
	return EL_OK;
}

int
el_group_add(struct el_group_part *p, const struct el_visit *v, const uint8_t rows_key[EL_KEY_LEN], uint64_t tag_a,
    uint64_t tag_b, const struct el_group_note *note, uint32_t *row)
{
	uint8_t *sealed;
	int r;

	if (p->n == p->size && (r = grow(p)) != EL_OK)
		return r;
	sealed = p->sealed + p->n * EL_VISIT_SEALED_LEN;
	el_visit_seal(v, rows_key, p->epoch, p->segment, tag_a, tag_b, sealed);
	p->rows[p->n] = (struct el_row){ tag_a, tag_b, sealed, EL_VISIT_SEALED_LEN };
	p->notes[p->n] = *note;
	*row = p->first + (uint32_t)p->n++;
	return EL_OK;
}

void
el_group_clear(struct el_group *g)
{
	for (size_t i = 0; i < g->n; i++)
		g->parts[i].n = 0;
	g->n = 0;
}
