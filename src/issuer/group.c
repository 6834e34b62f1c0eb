#include "issuer/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#define FIRST_ROWS 64

void
el_identity_group_wipe(struct el_identity_group *g)
{
	for (size_t i = 0; i < EL_IDENTITY_PARTS_MAX; i++) {
		free(g->parts[i].rows);
		free(g->parts[i].sealed);
		free(g->parts[i].who);
	}
	memset(g, 0, sizeof *g);
}

static int
part_of(struct el_identity_group *g, struct el_daybook *book, el_epoch epoch, int64_t now_s,
    struct el_identity_part **out)
{
	struct el_identity_part *p;
	int r;

	for (size_t i = 0; i < g->n; i++)
		if (g->parts[i].epoch == epoch) {
			*out = &g->parts[i];
			return EL_OK;
		}
	if (g->n == EL_IDENTITY_PARTS_MAX)
		return EL_ELIMIT;
	p = &g->parts[g->n];
	if ((r = book->ops->live(book, epoch, now_s, &p->segment)) != EL_OK)
		return r;
	p->epoch = epoch;
	p->n = 0;
	g->n++;
	*out = p;
	return EL_OK;
}

static int
grow(struct el_identity_part *p)
{
	const size_t size = p->size != 0 ? p->size * 2 : FIRST_ROWS;
	uint8_t(*who)[EL_AUTHENTICATOR_LEN];
	struct el_row *rows;
	uint8_t *sealed;

	if ((who = realloc(p->who, size * sizeof *who)) == NULL)
		return EL_ENOMEM;
	p->who = who;
	if ((rows = realloc(p->rows, size * sizeof *rows)) == NULL)
		return EL_ENOMEM;
	p->rows = rows;
	if ((sealed = realloc(p->sealed, size * EL_IDENTITY_SEALED_LEN)) == NULL)
		return EL_ENOMEM;
	p->sealed = sealed;
	p->size = size;
	for (size_t i = 0; i < p->n; i++)
		rows[i].sealed = sealed + i * EL_IDENTITY_SEALED_LEN;
	return EL_OK;
}

int
el_identity_group_add(struct el_identity_group *g, struct el_daybook *book, el_epoch epoch, int64_t now_s,
    const struct el_identity *v, const struct el_identity_keys *keys, const uint8_t who[EL_AUTHENTICATOR_LEN])
{
	struct el_identity_part *p;
	int r;

	if ((r = part_of(g, book, epoch, now_s, &p)) != EL_OK || (p->n == p->size && (r = grow(p)) != EL_OK))
		return r;
	el_identity_seal(v, keys, epoch, p->segment, p->sealed + p->n * EL_IDENTITY_SEALED_LEN, &p->rows[p->n]);
	memcpy(p->who[p->n], who, sizeof p->who[p->n]);
	p->n++;
	return EL_OK;
}

int
el_identity_group_commit(struct el_identity_group *g, struct el_daybook *book,
    void (*refused)(void *ctx, el_epoch, const uint8_t who[EL_AUTHENTICATOR_LEN]), void *ctx)
{
	uint32_t first;
	int r, result = EL_OK;

	for (size_t i = 0; (result == EL_OK || result == EL_ESPACE) && i < g->n; i++) {
		struct el_identity_part *const p = &g->parts[i];

		r = p->n > 0 ? book->ops->append(book, p->epoch, p->segment, p->rows, p->n, &first) : EL_OK;
		for (size_t j = 0; r == EL_ESPACE && j < p->n; j++)
			refused(ctx, p->epoch, p->who[j]);
		if (r != EL_OK)
			result = r;
		el_secret_wipe(p->who, p->n * sizeof p->who[0]);
		p->n = 0;
	}
	g->n = 0;
	return result;
}
