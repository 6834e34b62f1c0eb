#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "order/rjson.h"

static int
check(const char *text)
{
	const int r = el_rjson_check((const uint8_t *)text, strlen(text));
	json_t *json;

	/* The parser's verdict is the scanner's. */
	assert_int_equal(el_rjson_parse((const uint8_t *)text, strlen(text), &json), r);
	json_decref(json);
	return r;
}

static void
accepts_what_the_protocol_allows(void **state)
{
	static const char *const good[] = { "{}", " { } ", "{\"a\":1}", "{\"a\" : [ 1 , 2 ] , \"b_9\":{}}",
		"{\"a\":true,\"b\":false,\"c\":null}", "{\"a\":\"\\\"\\\\\"}", "{\"a\":0}", "{\"a\":9007199254740991}",
		"{\"a\":\"\xea\xb0\x80\"}", "{\"a\":\"/ \xf0\x9f\x98\x80\"}", "{\"a\":[]}", "{\"a\":\"\"}",
		"{\"_\":{\"_\":1}}" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (check(good[i]) != EL_OK)
			fail_msg("refused %s", good[i]);
}

static void
refuses_what_parsers_disagree_about(void **state)
{
	static const char *const bad[] = { "", " ", "1", "[]", "\"a\"", "null", "{", "}", "{}}", "{}{}", "{} x", "{]",
		/* white space but the space */
		"{\n}", "{\t}", "{}\n", "\r{}", "{\"a\":\v1}", "{\"a\":\"\t\"}",
		/* keys */
		"{\"A\":1}", "{\"\":1}", "{\"a b\":1}", "{\"a-b\":1}", "{\"\xc3\xa9\":1}", "{\"\\\"\":1}", "{a:1}",
		"{'a':1}", "{\"a\":1,\"a\":1}", "{\"a\":{\"b\":1,\"c\":2,\"b\":3}}", "{\"a\" 1}", "{\"a\"}", "{\"a\":}",
		"{\"a\":1,}", "{,}", "{\"a\":1 \"b\":2}", "{\"a\"::1}",
		/* numbers */
		"{\"a\":-1}", "{\"a\":-0}", "{\"a\":+1}", "{\"a\":1.0}", "{\"a\":.5}", "{\"a\":1.}", "{\"a\":1e3}",
		"{\"a\":1E3}", "{\"a\":01}", "{\"a\":00}", "{\"a\":0x1}", "{\"a\":9007199254740992}",
		"{\"a\":10000000000000000}", "{\"a\":99999999999999999999999}", "{\"a\":1 2}", "{\"a\":NaN}",
		"{\"a\":Infinity}",
		/* words */
		"{\"a\":True}", "{\"a\":tru}", "{\"a\":nul", "{\"a\":undefined}", "{\"a\":nullx}",
		/* strings */
		"{\"a\":\"}", "{\"a\":\"\\n\"}", "{\"a\":\"\\/\"}", "{\"a\":\"\\u0041\"}", "{\"a\":\"\\u0000\"}",
		"{\"a\":\"\\", "{\"a\":\"\\\"}", "{\"a\":\"\x01\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\x7f\"}",
		"{\"a\":\"\xc2\x80\"}", "{\"a\":\"\xc2\x9f\"}", "{\"a\":'b'}",
		/* encoding: byte order mark, cut short, overlong, surrogate, beyond U+10FFFF, not in NFC */
		"\xef\xbb\xbf{}", "{\"a\":\"\xea\xb0\"}", "{\"a\":\"\x80\"}", "{\"a\":\"\xc0\xaf\"}",
		"{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xff\"}", "{\"a\":\"e\xcc\x81\"}",
		"{\"a\":\"\xe1\x84\x80\xe1\x85\xa1\"}",
		/* arrays */
		"{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1}", "{\"a\":[1 2]}", "{\"a\":[1]]}", "{\"a\":[" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (check(bad[i]) != EL_EFORMAT)
			fail_msg("accepted %s", bad[i]);
}

static void
refuses_a_nul_anywhere(void **state)
{
	static const char text[] = "{\"ab\":\"cd\"}";
	uint8_t in[sizeof text];

	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		memcpy(in, text, sizeof text);
		in[i] = 0;
		assert_int_equal(el_rjson_check(in, sizeof text - 1), EL_EFORMAT);
	}
	/* Also behind the document, where a C string would have ended. */
	assert_int_equal(el_rjson_check((const uint8_t *)text, sizeof text), EL_EFORMAT);
}

/* {"a":[[[...]]]} with n arrays. */
static void
nested(char *out, unsigned n)
{
	strcpy(out, "{\"a\":");
	memset(out + 5, '[', n);
	memset(out + 5 + n, ']', n);
	strcpy(out + 5 + 2 * n, "}");
}

static void
stops_at_the_depth_of_eight(void **state)
{
	char text[512], *big;

	(void)state;
	nested(text, EL_RJSON_DEPTH_MAX - 1);
	assert_int_equal(check(text), EL_OK);
	nested(text, EL_RJSON_DEPTH_MAX);
	assert_int_equal(check(text), EL_ELIMIT);
	nested(text, 200);
	assert_int_equal(check(text), EL_ELIMIT);
	big = malloc(EL_DOCUMENT_MAX);
	assert_non_null(big);
	memset(big, '[', EL_DOCUMENT_MAX);
	memcpy(big, "{\"a\":", 5);
	assert_int_equal(el_rjson_check((const uint8_t *)big, EL_DOCUMENT_MAX), EL_ELIMIT);
	free(big);
}

static void
stops_at_the_ceilings_of_size_and_keys(void **state)
{
	char *big = malloc(EL_DOCUMENT_MAX + 2), text[1024] = "{";

	(void)state;
	assert_non_null(big);
	memset(big, ' ', EL_DOCUMENT_MAX + 2);
	memcpy(big, "{}", 2);
	assert_int_equal(el_rjson_check((const uint8_t *)big, EL_DOCUMENT_MAX), EL_OK);
	assert_int_equal(el_rjson_check((const uint8_t *)big, EL_DOCUMENT_MAX + 1), EL_ELIMIT);
	free(big);
	for (unsigned i = 0; i <= EL_RJSON_KEYS_MAX; i++) {
		const size_t n = strlen(text);

		if (i == EL_RJSON_KEYS_MAX) {
			strcpy(text + n - 1, "}");
			assert_int_equal(check(text), EL_OK);
			text[n - 1] = ',';
		}
		snprintf(text + n, sizeof text - n, "\"k%u\":1%s", i, i == EL_RJSON_KEYS_MAX ? "}" : ",");
	}
	assert_int_equal(check(text), EL_ELIMIT);
}

static void
encodes_compactly_in_the_order_of_insertion(void **state)
{
	json_t *json = json_pack("{s:i, s:[i,b,n], s:s}", "z", 1, "m", 2, 1, "a", "\"\\/\xea\xb0\x80");
	uint8_t *out;
	size_t len;

	(void)state;
	assert_int_equal(el_rjson_encode(json, &out, &len), EL_OK);
	assert_int_equal(len, strlen("{\"z\":1,\"m\":[2,true,null],\"a\":\"\\\"\\\\/\xea\xb0\x80\"}"));
	assert_memory_equal(out, "{\"z\":1,\"m\":[2,true,null],\"a\":\"\\\"\\\\/\xea\xb0\x80\"}", len);
	free(out);
	json_decref(json);
}

static void
encodes_nothing_that_it_would_not_read(void **state)
{
	json_t *const bad[] = { json_pack("{s:i}", "a", -1), json_pack("{s:f}", "a", 1.0), json_pack("{s:i}", "A", 1),
		json_pack("{s:s}", "a", "\n"), json_pack("{s:s}", "a", "e\xcc\x81"), json_pack("[i]", 1),
		json_pack("{s:I}", "a", (json_int_t)EL_RJSON_INT_MAX + 1), NULL };
	uint8_t *out;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(el_rjson_encode(bad[i], &out, &len), EL_EFORMAT);
		assert_null(out);
		assert_int_equal(len, 0);
		json_decref(bad[i]);
	}
}

/* --- readers --- */

static void
a_reader_takes_every_type(void **state)
{
	json_t *json = json_pack("{s:I, s:b, s:s, s:s, s:[i,i], s:{}, s:n}", "uint", (json_int_t)EL_RJSON_INT_MAX,
	    "bool", 1, "text", "abc", "bytes", "AAEC", "array", 1, 2, "object", "null");
	struct el_fields f = el_fields_init(json);
	uint8_t bytes[3], *blob;
	size_t len;

	(void)state;
	assert_true(el_fields_uint(&f, "uint", EL_RJSON_INT_MAX) == EL_RJSON_INT_MAX);
	assert_true(el_fields_bool(&f, "bool"));
	assert_string_equal(el_fields_text(&f, "text", 1, 3), "abc");
	el_fields_bytes(&f, "bytes", bytes, sizeof bytes);
	assert_memory_equal(bytes, "\0\1\2", 3);
	assert_int_equal(json_array_size(el_fields_array(&f, "array", 2, 2)), 2);
	assert_non_null(el_fields_object(&f, "object"));
	assert_true(el_fields_has(&f, "text"));
	assert_false(el_fields_has(&f, "null"));
	assert_false(el_fields_has(&f, "absent"));
	assert_int_equal(el_fields_end(&f), EL_EFORMAT); /* "null" is left over */
	el_fields_null(&f, "null");
	assert_int_equal(el_fields_end(&f), EL_OK);
	f = el_fields_init(json);
	blob = el_fields_blob(&f, "bytes", 3, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(blob, "\0\1\2", 3);
	free(blob);
	json_decref(json);
}

static void
a_reader_refuses_and_stays_refused(void **state)
{
	json_t *json = json_pack("{s:i, s:i, s:f, s:s, s:[], s:s, s:s}", "seven", 7, "minus", -7, "real", 7.0, "text",
	    "abc", "array", "padded", "AAE=", "bits", "AAF");
	struct el_fields f;
	uint8_t two[2];
	size_t len;

	(void)state;
#define REFUSES(err_, call) \
	f = el_fields_init(json); \
	(void)(call); \
	assert_int_equal(f.err, err_); \
	(void)el_fields_uint(&f, "seven", 7); \
	assert_int_equal(el_fields_end(&f), err_)
	REFUSES(EL_EFORMAT, el_fields_uint(&f, "seven", 6));
	REFUSES(EL_EFORMAT, el_fields_uint(&f, "minus", 7));
	REFUSES(EL_EFORMAT, el_fields_uint(&f, "real", 7));
	REFUSES(EL_EFORMAT, el_fields_uint(&f, "text", 7));
	REFUSES(EL_EFORMAT, el_fields_uint(&f, "absent", 7));
	REFUSES(EL_EFORMAT, el_fields_bool(&f, "seven"));
	REFUSES(EL_EFORMAT, el_fields_text(&f, "seven", 0, 9));
	REFUSES(EL_EFORMAT, el_fields_text(&f, "text", 4, 9));
	REFUSES(EL_ELIMIT, el_fields_text(&f, "text", 0, 2));
	REFUSES(EL_EFORMAT, el_fields_array(&f, "array", 1, 9));
	REFUSES(EL_EFORMAT, el_fields_array(&f, "text", 0, 9));
	REFUSES(EL_EFORMAT, el_fields_object(&f, "array"));
	REFUSES(EL_EFORMAT, el_fields_blob(&f, "padded", 9, &len));
	REFUSES(EL_EFORMAT, el_fields_blob(&f, "bits", 9, &len));
	REFUSES(EL_ELIMIT, el_fields_blob(&f, "text", 1, &len));
	REFUSES(EL_EFORMAT, (el_fields_bytes(&f, "text", two, 1), 0));
	REFUSES(EL_EFORMAT, (el_fields_bytes(&f, "bits", two, 2), 0));
	REFUSES(EL_EFORMAT, (el_fields_null(&f, "seven"), 0));
#undef REFUSES
	json_decref(json);
	f = el_fields_init(NULL);
	assert_int_equal(el_fields_end(&f), EL_EFORMAT);
}

static void
a_reader_refuses_points_and_keys_that_are_none(void **state)
{
	/* All zeros: the identity of ristretto255, and of small order on the curve; then bit 255. */
	json_t *json = json_pack("{s:s, s:s}", "zero", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "high",
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA");
	static const char *const names[] = { "zero", "high" };
	struct el_sign_pk pk;
	struct el_point p;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct el_fields f = el_fields_init(json), g = el_fields_init(json);

		el_fields_point(&f, names[i], &p);
		assert_int_equal(f.err, EL_EFORMAT);
		el_fields_sign_pk(&g, names[i], &pk);
		assert_int_equal(g.err, EL_EFORMAT);
	}
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_what_the_protocol_allows),
		cmocka_unit_test(refuses_what_parsers_disagree_about),
		cmocka_unit_test(refuses_a_nul_anywhere),
		cmocka_unit_test(stops_at_the_depth_of_eight),
		cmocka_unit_test(stops_at_the_ceilings_of_size_and_keys),
		cmocka_unit_test(encodes_compactly_in_the_order_of_insertion),
		cmocka_unit_test(encodes_nothing_that_it_would_not_read),
		cmocka_unit_test(a_reader_takes_every_type),
		cmocka_unit_test(a_reader_refuses_and_stays_refused),
		cmocka_unit_test(a_reader_refuses_points_and_keys_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
