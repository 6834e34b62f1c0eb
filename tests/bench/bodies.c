#include "bodies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "base/file.h"
#include "bench.h"
#include "crypto/hash.h"
#include "entrylog/base45.h"

static void
set_tid(struct bodies *b, uint64_t i)
{
	el_put_u64(b->body.b + 4, b->salt);
	el_put_u64(b->body.b + 12, i);
}

void
bodies_init(struct bodies *b, const char *day_path, size_t n)
{
	struct el_token t;
	unsigned epoch, issuer;
	char key[EL_BASE64URL_LEN(EL_KEY_LEN) + 1];
	uint8_t *text;
	size_t len;

	memset(b, 0, sizeof *b);
	bench_ok(el_file_read_private(day_path, 256, &text, &len), day_path);
	if (sscanf((const char *)text, "%u %u %43s", &epoch, &issuer, key) != 3 ||
	    el_base64url_exact(key, b->day_key, sizeof b->day_key) != EL_OK)
		bench_die("%s: not a day file", day_path);
	free(text);
	el_random(&b->body, sizeof b->body);
	el_random(&b->salt, sizeof b->salt);
	b->body.b[0] = EL_TOKEN_VERSION;
	b->body.b[1] = (uint8_t)issuer;
	el_put_u16(b->body.b + 2, (uint16_t)epoch);
	bench_ok(el_token_parse_body(b->body.b, sizeof b->body.b, &t), "body");
	el_token_text(&t, b->text);
	b->show = bench_alloc(n, sizeof *b->show);
	for (; b->n < n; b->n++) {
		set_tid(b, b->n);
		el_token_show_key(b->day_key, &b->body, b->show[b->n]);
	}
}

void
bodies_free(struct bodies *b)
{
	free(b->show);
	memset(b, 0, sizeof *b);
}

const char *
bodies_text(const struct bodies *b)
{
	return b->text;
}

/* The next body and its stamp. */
static uint64_t
next(struct bodies *b, uint32_t shown_at, uint8_t stamp[12])
{
	const uint64_t i = b->next++;
	uint8_t late[EL_KEY_LEN];
	const uint8_t *show = late;
	struct el_tag tag;

	set_tid(b, i);
	if (i < b->n)
		show = b->show[i];
	else
		el_token_show_key(b->day_key, &b->body, late);
	el_token_tag(show, shown_at, &tag);
	el_put_u32(stamp, shown_at);
	memcpy(stamp + 4, tag.b, sizeof tag.b);
	return i;
}

uint64_t
bodies_show(struct bodies *b, uint32_t shown_at, char *text)
{
	char part[BODY_TID_CHARS + 1];
	uint8_t stamp[12];
	const uint64_t i = next(b, shown_at, stamp);

	el_base45_encode(b->body.b + 4, EL_TID_LEN, part);
	memcpy(text + BODY_TID_AT, part, BODY_TID_CHARS);
	el_base45_encode(stamp, sizeof stamp, part);
	memcpy(text + BODY_STAMP_AT, part, BODY_STAMP_CHARS);
	return i;
}

uint64_t
bodies_token(struct bodies *b, uint32_t shown_at, uint8_t out[EL_TOKEN_LEN])
{
	const uint64_t i = next(b, shown_at, out + EL_BODY_LEN);

	memcpy(out, b->body.b, EL_BODY_LEN);
	return i;
}
