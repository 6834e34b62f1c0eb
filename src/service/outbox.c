#include "service/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/secret.h"

#define BYTES_MAX (EL_MSG_MAX + 16u * 1024 * 1024)
#define BYTES_KEPT (4u * 1024 * 1024)

void
el_outbox_init(struct el_outbox *o)
{
	*o = (struct el_outbox){ .n = 0 };
	el_buf_init(&o->bytes, BYTES_MAX);
}

void
el_outbox_wipe(struct el_outbox *o)
{
	el_buf_wipe(&o->bytes);
	free(o->answers);
	o->answers = NULL;
	o->n = o->size = 0;
}

static size_t
end_of(const struct el_outbox *o)
{
	return o->n > 0 ? o->answers[o->n - 1].at + o->answers[o->n - 1].len : 0;
}

int
el_outbox_end(struct el_outbox *o, unsigned peer_kind, unsigned peer_index, uint16_t type, uint64_t id)
{
	const size_t at = end_of(o);
	struct el_answer *more;
	int r = o->bytes.err;

	if (r == EL_OK && o->n == o->size) {
		const size_t size = o->size != 0 ? o->size * 2 : 256;

		if ((more = realloc(o->answers, size * sizeof *more)) != NULL) {
			o->answers = more;
			o->size = size;
		} else {
			r = EL_ENOMEM;
		}
	}
	if (r != EL_OK) { /* what was put of this one goes; those before it stay */
		if (o->bytes.len > at)
			el_secret_wipe(o->bytes.p + at, o->bytes.len - at);
		o->bytes.len = at;
		o->bytes.err = EL_OK;
		return r;
	}
	o->answers[o->n++] = (struct el_answer){ peer_kind, peer_index, type, id, at, o->bytes.len - at };
	return EL_OK;
}

void
el_outbox_replace(struct el_outbox *o, uint16_t from, uint16_t to, const void *body, size_t len)
{
	for (size_t i = 0; i < o->n; i++) {
		struct el_answer *const a = &o->answers[i];

		if (a->type != from)
			continue;
		assert(len <= a->len);
		memcpy(o->bytes.p + a->at, body, len);
		a->type = to;
		a->len = len;
	}
}

void
el_outbox_send(struct el_outbox *o, struct el_worker *w)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct el_answer *const a = &o->answers[i];
		const int r = el_worker_put(
		    w, a->peer_kind, a->peer_index, a->type, a->id, a->len > 0 ? o->bytes.p + a->at : NULL, a->len);

		(void)r; /* the client asks again: the same attempt has the same answer */
	}
	o->n = 0;
	el_buf_clear(&o->bytes, BYTES_KEPT); /* names and keys were among them */
}
