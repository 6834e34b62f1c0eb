/* One token has one encoding and one text; the checks survive whatever parses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "entrylog/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_bytes(const uint8_t *data, size_t len)
{
	static const struct el_sign_pk pk = { { 1 } };
	static const uint8_t day_key[EL_KEY_LEN];
	uint8_t again[EL_TOKEN_LEN];
	char text[EL_TOKEN_TEXT_LEN + 1];
	struct el_token t, back;
	struct el_body body;

	if (el_token_parse(data, len, &t) != EL_OK) {
		if (len == EL_TOKEN_LEN)
			abort(); /* every 144 bytes are a token's shape */
		return;
	}
	el_token_encode(&t, again);
	if (len != sizeof again || memcmp(data, again, len) != 0)
		abort(); /* two encodings of one token */
	el_token_text(&t, text);
	if (strlen(text) != EL_TOKEN_TEXT_LEN || el_token_parse_text(text, strlen(text), &back) != EL_OK ||
	    memcmp(&t, &back, sizeof t) != 0)
		abort();
	el_token_body(&t, &body);
	if (memcmp(body.b, data, EL_BODY_LEN) != 0 || el_token_parse_body(body.b, EL_BODY_LEN, &back) != EL_OK)
		abort();
	if (el_token_check_signature(&t, &pk) == EL_OK)
		abort(); /* pk is of order 1: nothing verifies under it */
	(void)el_token_check_tag(&t, day_key);
}

static void
check_text(const uint8_t *data, size_t len)
{
	char text[EL_TOKEN_TEXT_LEN + 1];
	struct el_token t;

	if (el_token_parse_text((const char *)data, len, &t) != EL_OK)
		return;
	el_token_text(&t, text);
	if (len != EL_TOKEN_TEXT_LEN || memcmp(text, data, len) != 0)
		abort(); /* two texts of one token */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_bytes(data, len);
	check_text(data, len);
	return 0;
}
