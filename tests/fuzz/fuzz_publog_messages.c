#include <stdlib.h>
#include <string.h>

#include "publog/messages.h"

/*
 * Messages of the log process: the first byte chooses one, the rest is its body.  What parses must be encoded to the same
 * bytes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_same(struct el_buf *again, const uint8_t *data, size_t len)
{
	if (again->err != EL_OK || again->len != len || (len > 0 && memcmp(again->p, data, len) != 0))
		abort(); /* two encodings of one message */
	el_buf_wipe(again);
}

static void
try_append(const uint8_t *data, size_t len, struct el_buf *again)
{
	struct el_log_append m;

	if (el_log_append_parse(data, len, &m) != EL_OK)
		return;
	if (m.len == 0 || m.len > EL_ENTRY_MAX || m.n_roots > EL_LOG_ROOTS_MAX || (m.n_roots > 0 && !m.proof) ||
	    el_log_append_encode(&m, again) != EL_OK)
		abort();
	check_same(again, data, len);
	el_log_append_wipe(&m);
}

static void
try_appended(const uint8_t *data, size_t len, struct el_buf *again)
{
	struct el_log_appended m;

	if (el_log_appended_parse(data, len, &m) != EL_OK)
		return;
	if (el_log_appended_encode(&m, again) != EL_OK)
		abort();
	check_same(again, data, len);
	el_log_appended_wipe(&m);
}

static void
try_witnesses(const uint8_t *data, size_t len, struct el_buf *again)
{
	struct el_log_witnesses m;

	if (el_log_witnesses_parse(data, len, &m) != EL_OK)
		return;
	if (m.n > EL_TRUSTEES_MAX || el_log_witnesses_encode(&m, again) != EL_OK)
		abort();
	check_same(again, data, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct el_log_state state;
	struct el_buf again;
	enum el_code code;

	if (len == 0)
		return 0;
	el_buf_init(&again, EL_MSG_MAX);
	switch (data[0]) {
	case 0:
		try_append(data + 1, len - 1, &again);
		break;
	case 1:
		try_appended(data + 1, len - 1, &again);
		break;
	case 2:
		try_witnesses(data + 1, len - 1, &again);
		break;
	case 3:
		if (el_log_cosigned_parse(data + 1, len - 1, &code) == EL_OK && (len != 3 || code >= EL_CODE_MAX))
			abort();
		break;
	case 4:
		if (el_log_state_parse(data + 1, len - 1, &state) != EL_OK)
			break;
		if (el_log_state_encode(&state, &again) != EL_OK)
			abort();
		check_same(&again, data + 1, len - 1);
		break;
	default:
		break;
	}
	el_buf_wipe(&again);
	return 0;
}
