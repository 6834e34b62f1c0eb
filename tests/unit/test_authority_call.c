/* Who may call a trustee's service (P-7.1), before it looks at what is to be opened. */
#include <stdlib.h>
#include <string.h>

#include "authority/authority.h"
#include "authority/share_file.h"
#include "crypto/hash.h"
#include "join_world.h"
#include "scratch.h"

static int
up(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	jw_begin(state, EL_ORDER_CONTACTS);
	return 0;
}

static int
down(void **state)
{
	jw_end();
	return scratch_teardown(state);
}

/* Trustee 1's service, with its share in the scratch folder. */
static struct el_authority a; /* large */
static struct el_authority_conf conf;

static void
begin_service(void **state)
{
	const struct el_share_info info = { .trustee = 1, .day_offset = DAY_OFFSET, .root = "root", .dir = "dir" };
	struct el_share_file *share;

	a.conf = &conf;
	a.trust = &jw.trust;
	strcpy(conf.role, "trustee");
	strcpy(conf.share_file, scratch_path(state, "share"));
	assert_int_equal(el_share_file_create(conf.share_file, &info, &share), EL_OK);
	el_share_file_close(share);
	assert_int_equal(el_nonces_new(&a.nonces), EL_OK);
}

/* A call with this request, signed by this key; what the service says. */
static enum el_code
call_service(const struct el_request *q, enum world_key key)
{
	json_t *const json = el_request_to_json(q, "registry", 0, q->n_rows);
	char *const text = json_dumps(json, JSON_COMPACT);
	struct el_partials_call call = { .time_s = NOW, .body = (const uint8_t *)text, .len = strlen(text) };
	struct el_call to_sign = { .method = "POST", .path = "/v1/partials", .party = "trustee:1", .time_s = NOW };
	struct el_partials_asked asked;
	struct el_sig sig;
	enum el_code code;

	el_sha256(call.body, call.len, &to_sign.body);
	assert_int_equal(el_call_sign(&to_sign, world_key(key), &sig), EL_OK);
	memcpy(call.key, world_pk(key)->b, sizeof call.key);
	memcpy(call.sig, sig.b, sizeof call.sig);
	code = el_authority_partials_ask(&a, &call, NOW, &asked);
	el_partials_asked_wipe(&asked);
	free(text);
	json_decref(json);
	return code;
}

static void
strangers_with_an_order_of_their_own_use_up_no_nonces(void **state)
{
	struct el_request *const q = jw_request(0, 0, JW_ROWS), *const own = jw_request(0, 0, JW_ROWS);
	struct el_order order;
	uint8_t *doc;
	size_t len;

	begin_service(state);
	assert_int_equal(el_order_parse(own->order->document.doc, own->order->document.len, &order), EL_OK);
	order.executor = *world_pk(KEY_STRANGER);
	assert_int_equal(el_order_encode(&order, &doc, &len), EL_OK);
	el_document_wipe(&own->order->document);
	el_document_init(&own->order->document, doc, len);
	assert_int_equal(call_service(own, KEY_STRANGER), EL_CODE_QUORUM_MISSING);
	assert_int_equal(call_service(q, KEY_STRANGER), EL_CODE_EXECUTOR_MISMATCH);
	/* The executor's call has the same nonce, and is the first to have one. */
	assert_int_equal(call_service(q, KEY_EXECUTOR), EL_CODE_OK);
	assert_int_equal(call_service(q, KEY_EXECUTOR), EL_CODE_EXECUTOR_MISMATCH);
	el_request_free(q);
	el_request_free(own);
	el_nonces_free(a.nonces);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(strangers_with_an_order_of_their_own_use_up_no_nonces, up, down),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
