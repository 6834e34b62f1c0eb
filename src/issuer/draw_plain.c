#include "issuer/draw_plain.h"

#include <string.h>

bool
el_draw_plain(const uint8_t *body, size_t len, uint32_t *index)
{
	static const char head[] = "{\"index\":";
	const size_t head_len = sizeof head - 1;
	uint32_t value = 0;
	size_t at = head_len;

	if (len < head_len + 2 || len > head_len + 6 || memcmp(body, head, head_len) != 0 || body[len - 1] != '}')
		return false;
	if (body[at] == '0' && at + 2 != len)
		return false; /* a leading zero */
	for (; at + 1 < len; at++) {
		if (body[at] < '0' || body[at] > '9')
			return false;
		value = value * 10 + (uint32_t)(body[at] - '0');
	}
	*index = value;
	return value <= UINT16_MAX;
}
