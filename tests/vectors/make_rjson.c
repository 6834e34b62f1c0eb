#include <stdio.h>
#include <string.h>

#include "order/rjson.h"
#include "vectors.h"

#define ROW(name, text) \
	{ \
		name, text, sizeof text - 1 \
	}
struct row {
	const char *name, *text;
	size_t len;
};

static const struct row good[] = {
	ROW("an empty object", "{}"),
	ROW("spaces wherever JSON has white space", " { \"a\" : [ 1 , 2 ] , \"b\" : { } } "),
	ROW("every kind of value", "{\"a\":\"x\",\"b\":0,\"c\":true,\"d\":false,\"e\":null,\"f\":[],\"g\":{}}"),
	ROW("keys in any order", "{\"z\":1,\"a\":2,\"_\":3,\"0\":4,\"a_0\":5}"),
	ROW("the same key in two objects", "{\"a\":{\"a\":1},\"b\":{\"a\":2}}"),
	ROW("the largest integer", "{\"a\":9007199254740991}"),
	ROW("the two escapes", "{\"a\":\"\\\"\\\\\"}"),
	ROW("a slash unescaped", "{\"a\":\"/\"}"),
	ROW("an empty string", "{\"a\":\"\"}"),
	ROW("Hangul, composed", "{\"a\":\"\xed\x99\x8d\xea\xb8\xb8\xeb\x8f\x99\"}"),
	ROW("a letter beyond the basic plane", "{\"a\":\"\xf0\x9d\x84\x9e\"}"),
	ROW("the last letter of Unicode", "{\"a\":\"\xf4\x8f\xbf\xbd\"}"),
	ROW("the first character after the C1 controls", "{\"a\":\"\xc2\xa0\"}"),
	ROW("depth 8", "{\"a\":[[[[[[[]]]]]]]}"),
	ROW("braces inside strings", "{\"a\":\"}]\\\"{[\"}"),
};

static const struct row bad[] = {
	ROW("nothing", ""),
	ROW("spaces only", "  "),
	ROW("an array outside", "[]"),
	ROW("a string outside", "\"a\""),
	ROW("a number outside", "1"),
	ROW("a key twice", "{\"a\":1,\"a\":1}"),
	ROW("a key twice, deep", "{\"b\":[{\"a\":1,\"c\":2,\"a\":1}]}"),
	ROW("a key in capitals", "{\"A\":1}"),
	ROW("an empty key", "{\"\":1}"),
	ROW("a key with a hyphen", "{\"a-b\":1}"),
	ROW("a key with a space", "{\"a b\":1}"),
	ROW("an escape in a key", "{\"a\\\\\":1}"),
	ROW("a letter beyond ASCII in a key", "{\"\xc3\xa9\":1}"),
	ROW("a key without quotes", "{a:1}"),
	ROW("single quotes", "{'a':1}"),
	ROW("a tab between tokens", "{\t\"a\":1}"),
	ROW("a line end between tokens", "{\n\"a\":1}"),
	ROW("a line end behind", "{}\n"),
	ROW("a carriage return", "{}\r"),
	ROW("text behind", "{} x"),
	ROW("a second object behind", "{}{}"),
	ROW("a NUL behind", "{}\0"),
	ROW("a byte order mark", "\xef\xbb\xbf{}"),
	ROW("a comment", "{/**/}"),
	ROW("a comma at the end of an object", "{\"a\":1,}"),
	ROW("a comma at the end of an array", "{\"a\":[1,]}"),
	ROW("a comma in front", "{,\"a\":1}"),
	ROW("no comma", "{\"a\":1 \"b\":2}"),
	ROW("no colon", "{\"a\" 1}"),
	ROW("no value", "{\"a\":}"),
	ROW("not closed", "{\"a\":1"),
	ROW("an array not closed", "{\"a\":[1}"),
	ROW("a string not closed", "{\"a\":\"b}"),
	ROW("2^53", "{\"a\":9007199254740992}"),
	ROW("2^53 + 1", "{\"a\":9007199254740993}"),
	ROW("17 digits", "{\"a\":10000000000000000}"),
	ROW("2^64", "{\"a\":18446744073709551616}"),
	ROW("a negative number", "{\"a\":-1}"),
	ROW("minus zero", "{\"a\":-0}"),
	ROW("a plus sign", "{\"a\":+1}"),
	ROW("a leading zero", "{\"a\":01}"),
	ROW("a fraction", "{\"a\":1.0}"),
	ROW("an exponent", "{\"a\":1e2}"),
	ROW("an exponent in capitals", "{\"a\":1E2}"),
	ROW("hexadecimal", "{\"a\":0x1}"),
	ROW("NaN", "{\"a\":NaN}"),
	ROW("True", "{\"a\":True}"),
	ROW("truth", "{\"a\":truth}"),
	ROW("nul", "{\"a\":nul}"),
	ROW("the escape \\n", "{\"a\":\"\\n\"}"),
	ROW("the escape \\/", "{\"a\":\"\\/\"}"),
	ROW("the escape \\u0041", "{\"a\":\"\\u0041\"}"),
	ROW("the escape \\u0000", "{\"a\":\"\\u0000\"}"),
	ROW("the escape \\u001f", "{\"a\":\"\\u001f\"}"),
	ROW("a lone surrogate as an escape", "{\"a\":\"\\ud800\"}"),
	ROW("an unknown escape", "{\"a\":\"\\x\"}"),
	ROW("a backslash at the end", "{\"a\":\"\\"),
	ROW("a tab in a string", "{\"a\":\"\t\"}"),
	ROW("a line end in a string", "{\"a\":\"\n\"}"),
	ROW("a NUL in a string", "{\"a\":\"\0\"}"),
	ROW("DEL in a string", "{\"a\":\"\x7f\"}"),
	ROW("the first C1 control (U+0080)", "{\"a\":\"\xc2\x80\"}"),
	ROW("NEL (U+0085)", "{\"a\":\"\xc2\x85\"}"),
	ROW("the last C1 control (U+009F)", "{\"a\":\"\xc2\x9f\"}"),
	ROW("Hangul, decomposed: not NFC", "{\"a\":\"\xe1\x84\x80\xe1\x85\xa1\"}"),
	ROW("e and a combining accent: not NFC", "{\"a\":\"e\xcc\x81\"}"),
	ROW("the angstrom sign: not NFC", "{\"a\":\"\xe2\x84\xab\"}"),
	ROW("a lone continuation byte", "{\"a\":\"\x80\"}"),
	ROW("a letter cut off", "{\"a\":\"\xc3\"}"),
	ROW("an overlong slash", "{\"a\":\"\xc0\xaf\"}"),
	ROW("a surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}"),
	ROW("beyond U+10FFFF", "{\"a\":\"\xf4\x90\x80\x80\"}"),
	ROW("byte ff", "{\"a\":\"\xff\"}"),
	ROW("depth 9", "{\"a\":[[[[[[[[]]]]]]]]}"),
	ROW("depth 9 in objects", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}"),
};

json_t *
make_rjson(void)
{
	json_t *file = vec_file("rjson");

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		if (el_rjson_check((const uint8_t *)good[i].text, good[i].len) != EL_OK)
			vec_die(__FILE__, __LINE__, good[i].name);
		vec_hex(vec_case(file, good[i].name, true), "bytes", good[i].text, good[i].len);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const int r = el_rjson_check((const uint8_t *)bad[i].text, bad[i].len);
		json_t *c = vec_case(file, bad[i].name, false);

		if (r != EL_EFORMAT && r != EL_ELIMIT)
			vec_die(__FILE__, __LINE__, bad[i].name);
		vec_hex(c, "bytes", bad[i].text, bad[i].len);
		vec_text(c, "error", r == EL_EFORMAT ? "format" : "limit");
	}
	return file;
}
