#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash.h"
#include "order/check.h"
#include "order/release.h"
#include "test_order_world.h"

/*
 * The n-th allocation fails, for n = 0, 1, 2 ... until a run meets no fault: every run before that says that
 * there was no memory, hands nothing out and leaks nothing.  The linker sends our allocations here (order.cmake),
 * jansson's come by json_set_alloc_funcs().
 */
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void __real_free(void *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void __wrap_free(void *);

static long until_fault = -1; /* negative: none is planned */
static bool met;
static long live;

static bool
fails_now(void)
{
	if (until_fault < 0 || until_fault-- > 0)
		return false;
	met = true;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	if (fails_now())
		return NULL;
	live++;
	return __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	if (fails_now())
		return NULL;
	live++;
	return __real_calloc(n, size);
}

void
__wrap_free(void *p)
{
	if (p != NULL)
		live--;
	__real_free(p);
}

/* What the operations below work on, made before any fault. */
static struct {
	struct el_policy *policy;
	struct el_bundle *bundle;
	struct el_directory *directory;
	struct el_order order;
	struct el_document policy_doc, bundle_doc, directory_doc, order_doc, statement_doc;
	struct el_disclosed disclosed;
	json_t *document_json, *disclosed_json, *row_json;
	struct el_released row;
	struct el_trace_statement statement;
} w;

static int
make(void **state)
{
	struct el_policy *p;

	if (world_up(state) != 0)
		return -1;
	json_set_alloc_funcs(__wrap_malloc, __wrap_free);
	w.policy = world_opened_policy();
	w.bundle = world_bundle();
	w.directory = world_directory();
	world_policy_document(&w.policy_doc);
	world_bundle_document(&w.bundle_doc);
	world_directory_document(&w.directory_doc);
	world_order(w.policy, &w.order);
	world_order_document(&w.order, &w.order_doc);
	world_sign(&w.order_doc, KEY_HEALTH_1, "EL1-order");
	world_sign(&w.order_doc, KEY_COURT_1, "EL1-order");
	world_scope("registry", &w.disclosed);
	w.document_json = el_document_to_json(&w.order_doc);
	w.disclosed_json = el_disclosed_to_json(&w.disclosed);
	w.row.path.size = 2;
	w.row.path.n = 1;
	w.row_json = el_released_to_json(&w.row);
	w.statement.issuer = 7;
	w.statement.rows = calloc(2, sizeof *w.statement.rows);
	w.statement.n_rows = 2;
	p = w.policy;
	return p == NULL ||
	       el_trace_statement_sign(&w.statement, world_key(KEY_ISSUER_ANSWER), &w.statement_doc) != EL_OK;
}

static int
drop(void **state)
{
	free(w.policy);
	free(w.bundle);
	free(w.directory);
	el_document_wipe(&w.policy_doc);
	el_document_wipe(&w.bundle_doc);
	el_document_wipe(&w.directory_doc);
	el_document_wipe(&w.order_doc);
	el_document_wipe(&w.statement_doc);
	json_decref(w.document_json);
	json_decref(w.disclosed_json);
	json_decref(w.row_json);
	el_trace_statement_wipe(&w.statement);
	json_set_alloc_funcs(malloc, free);
	return world_down(state);
}

/* An operation returns the code of what it calls, and frees what came out. */
typedef int operation(void);

static void
fail_each(operation *run)
{
	for (long n = 0;; n++) {
		const long before = live;
		int r;

		until_fault = n;
		met = false;
		r = run();
		until_fault = -1;
		assert_int_equal(live, before);
		if (!met) {
			assert_int_equal(r, EL_OK);
			assert_true(n > 0);
			return;
		}
		if (r != EL_ENOMEM)
			fail_msg("allocation %ld: %d", n, r);
	}
}

static int
bytes_made(int r, uint8_t *out, size_t len)
{
	assert_true((r == EL_OK) == (out != NULL && len > 0));
	free(out);
	return r;
}

static int
json_made(json_t *json)
{
	const int r = json != NULL ? EL_OK : EL_ENOMEM;

	json_decref(json);
	return r;
}

/* Each encoder and each reader. */
#define ENCODES(name, call) \
	static int encode_##name(void) \
	{ \
		uint8_t *out; \
		size_t len; \
		const int r = call; \
\
		return bytes_made(r, out, len); \
	}
ENCODES(policy, el_policy_encode(w.policy, &out, &len))
ENCODES(bundle, el_bundle_encode(w.bundle, &out, &len))
ENCODES(directory, el_directory_encode(w.directory, &out, &len))
ENCODES(order, el_order_encode(&w.order, &out, &len))
ENCODES(answer, el_answer_seal(&w.order.box_key, &w.order.hash, "registry", "x", 1, &out, &len))

static int
encode_scope(void)
{
	static const struct el_scope s = { .form = EL_SCOPE_PHONES, .n_phones = 1, .phones = { { "+821012345678" } } };
	static uint8_t out[EL_SCOPE_MAX];
	size_t len;

	return el_scope_encode(&s, out, sizeof out, &len);
}

static int
open_policy(void)
{
	static struct el_policy p;

	return el_policy_open(&w.policy_doc, world_pk(KEY_ROOT), &p);
}

static int
open_bundle(void)
{
	static struct el_bundle b;

	return el_bundle_open(&w.bundle_doc, world_pk(KEY_ROOT), &b);
}

static int
open_directory(void)
{
	static struct el_directory d;

	return el_directory_open(&w.directory_doc, world_pk(KEY_ROOT), &d);
}

/* Out of memory must never look like a lawful refusal, nor like consent. */
static int
check_order(void)
{
	static struct el_order o;
	const enum el_code code = el_order_check(&w.order_doc, w.policy, NOW, &o);

	return code == EL_CODE_OK ? EL_OK : code == EL_CODE_INTERNAL ? EL_ENOMEM : EL_EFORMAT;
}

static int
check_scope(void)
{
	static struct el_scope s;
	const enum el_code code = el_order_check_scope(&w.order, "registry", &w.disclosed, &s);

	el_scope_wipe(&s);
	return code == EL_CODE_OK ? EL_OK : code == EL_CODE_INTERNAL ? EL_ENOMEM : EL_EFORMAT;
}

static int
sign_statement(void)
{
	static struct el_document d;
	const int r = el_trace_statement_sign(&w.statement, world_key(KEY_ISSUER_ANSWER), &d);

	el_document_wipe(&d);
	return r;
}

static int
open_statement(void)
{
	struct el_trace_statement s;
	const int r = el_trace_statement_open(&w.statement_doc, world_pk(KEY_ISSUER_ANSWER), &s);

	el_trace_statement_wipe(&s);
	return r;
}

static int
sign_release(void)
{
	static const struct el_release rel = { .count = 1 };
	static struct el_document d;
	const int r = el_release_sign(&rel, world_key(KEY_REGISTRY_ANSWER), &d);

	el_document_wipe(&d);
	return r;
}

static int
read_document(void)
{
	static struct el_document d;
	const int r = el_document_from_json(w.document_json, &d);

	el_document_wipe(&d);
	return r;
}

static int
read_disclosed(void)
{
	static struct el_disclosed d;

	return el_disclosed_from_json(w.disclosed_json, &d);
}

static int
write_document(void)
{
	return json_made(el_document_to_json(&w.order_doc));
}

static int
write_disclosed(void)
{
	return json_made(el_disclosed_to_json(&w.disclosed));
}

static int
write_row(void)
{
	return json_made(el_released_to_json(&w.row));
}

static void
encoders_without_memory_say_so_and_leak_nothing(void **state)
{
	static operation *const all[] = { encode_policy, encode_bundle, encode_directory, encode_order, encode_answer,
		encode_scope, sign_statement, sign_release, write_document, write_disclosed, write_row };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		fail_each(all[i]);
}

static void
readers_without_memory_say_so_and_leak_nothing(void **state)
{
	static operation *const all[] = { open_policy, open_bundle, open_directory, open_statement, read_document,
		read_disclosed };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		fail_each(all[i]);
}

static void
check_without_memory_is_neither_consent_nor_refusal(void **state)
{
	(void)state;
	fail_each(check_order);
	fail_each(check_scope);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoders_without_memory_say_so_and_leak_nothing),
		cmocka_unit_test(readers_without_memory_say_so_and_leak_nothing),
		cmocka_unit_test(check_without_memory_is_neither_consent_nor_refusal),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
