#include "net/json_text.h"

#include <string.h>

#include "base/base64url.h"

struct el_json_text
el_json_text_init(struct el_buf *out)
{
	return (struct el_json_text){ out, false };
}

/* Whatever comes next is a value. */
static void
begin_value(struct el_json_text *t)
{
	if (t->comma)
		el_buf_put_u8(t->out, ',');
	t->comma = true;
}

void
el_json_text_open(struct el_json_text *t, char bracket)
{
	begin_value(t);
	el_buf_put_u8(t->out, (uint8_t)bracket);
	t->comma = false;
}

void
el_json_text_close(struct el_json_text *t, char bracket)
{
	el_buf_put_u8(t->out, (uint8_t)bracket);
	t->comma = true;
}

void
el_json_text_key(struct el_json_text *t, const char *name)
{
	begin_value(t);
	el_buf_put_u8(t->out, '"');
	el_buf_put_text(t->out, name);
	el_buf_put(t->out, "\":", 2);
	t->comma = false;
}

void
el_json_text_uint(struct el_json_text *t, uint64_t v)
{
	char digits[20];
	size_t n = sizeof digits;

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	begin_value(t);
	el_buf_put(t->out, digits + n, sizeof digits - n);
}

static void
put_escaped(struct el_buf *out, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF", shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	for (size_t i = 0; i < sizeof shorts - 1; i += 2)
		if ((unsigned char)shorts[i] == c) {
			text[1] = shorts[i + 1];
			el_buf_put(out, text, 2);
			return;
		}
	el_buf_put(out, text, sizeof text);
}

void
el_json_text_string(struct el_json_text *t, const char *text)
{
	const char *from = text, *p;

	begin_value(t);
	el_buf_put_u8(t->out, '"');
	for (p = text; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')
			continue;
		el_buf_put(t->out, from, (size_t)(p - from));
		put_escaped(t->out, (unsigned char)*p);
		from = p + 1;
	}
	el_buf_put(t->out, from, (size_t)(p - from));
	el_buf_put_u8(t->out, '"');
}

void
el_json_text_bytes(struct el_json_text *t, const void *in, size_t len)
{
	const size_t text_len = EL_BASE64URL_LEN(len);
	uint8_t *p;

	begin_value(t);
	el_buf_put_u8(t->out, '"');
	/* One more: the encoder ends with a NUL, which the quote then takes the place of. */
	if ((p = el_buf_reserve(t->out, text_len + 1)) != NULL) {
		el_base64url_encode(in, len, (char *)p);
		el_buf_advance(t->out, text_len);
	}
	el_buf_put_u8(t->out, '"');
}
