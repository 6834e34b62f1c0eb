#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "authority/answer.h"
#include "authority/report.h"
#include "base/limits.h"
#include "token/leaf.h"

/* Reports (protocol 12.7): what a spreadsheet is given, how people are put together, what a notice's report holds. */

#define E 20000
#define MINUTE 1728000000u
#define HEAD "\"row\",\"name\",\"phone\",\"issuers\",\"venue\",\"time\",\"flags\",\"reason\",\"count\"\r\n"

static struct el_report *
report(enum el_order_kind kind)
{
	const struct el_hash deployment = { { 1 } }, order = { { 2 } };
	struct el_report *r;

	assert_int_equal(el_report_new(&deployment, &order, kind, MINUTE, &r), EL_OK);
	return r;
}

static void
add(struct el_report *r, uint8_t issuer, const char *name, const char *phone, uint32_t minute)
{
	const struct el_report_visit v = { 7, minute, 0 };

	assert_int_equal(el_report_add_person(r, E, issuer, name, phone, &v), EL_OK);
}

/* The CSV as text; the caller's. */
static char *
csv(struct el_report *r, bool bom)
{
	struct el_buf out;
	char *text;

	el_buf_init(&out, EL_FILE_MAX);
	assert_int_equal(el_report_to_csv(r, bom, &out), EL_OK);
	text = strndup((const char *)out.p, out.len);
	assert_int_equal(strlen(text), out.len);
	el_buf_wipe(&out);
	return text;
}

/* The cell of a name, as it stands between its commas; the caller's. */
static char *
cell_of(const char *name)
{
	struct el_report *const r = report(EL_ORDER_CONTACTS);
	static const char front[] = HEAD "\"person\",", behind[] = ",\"15550100\",\"1\",7,";
	char *text, *end, *cell;

	add(r, 1, name, "15550100", MINUTE);
	text = csv(r, false);
	assert_memory_equal(text, front, sizeof front - 1);
	end = strstr(text, behind);
	assert_non_null(end);
	cell = strndup(text + sizeof front - 1, (size_t)(end - text) - (sizeof front - 1));
	assert_int_equal(el_report_rows(r), 1);
	free(text);
	el_report_free(r);
	return cell;
}

static void
assert_cell(const char *name, const char *expected)
{
	char *const cell = cell_of(name);

	assert_string_equal(cell, expected);
	free(cell);
}

static void
begins_no_cell_like_a_formula(void **state)
{
	(void)state;
	assert_cell("=1+1", "\"'=1+1\"");
	assert_cell("+1", "\"'+1\"");
	assert_cell("-1", "\"'-1\"");
	assert_cell("@SUM(A1)", "\"'@SUM(A1)\"");
	assert_cell("\t=1", "\"' =1\"");
	assert_cell("\r=1", "\"' =1\"");
	assert_cell("\n=1", "\"' =1\"");
	assert_cell("\tHong", "\"' Hong\"");
	assert_cell("\xEF\xBC\x9D" "1", "\"'\xEF\xBC\x9D" "1\""); /* full-width */
	assert_cell("\xEF\xBC\x8B" "1", "\"'\xEF\xBC\x8B" "1\"");
	assert_cell("\xEF\xBC\x8D" "1", "\"'\xEF\xBC\x8D" "1\"");
	assert_cell("\xEF\xBC\xA0" "1", "\"'\xEF\xBC\xA0" "1\"");
}

static void
begins_no_cell_like_a_formula_behind_quotes_or_spaces_either(void **state)
{
	static const char triggers[] = "=+-@";
	char name[16], expected[24];

	(void)state;
	for (size_t i = 0; i < sizeof triggers - 1; i++) {
		(void)snprintf(name, sizeof name, "\"%c1", triggers[i]);
		(void)snprintf(expected, sizeof expected, "\"'\"\"%c1\"", triggers[i]);
		assert_cell(name, expected);
		(void)snprintf(name, sizeof name, "  %c1", triggers[i]);
		(void)snprintf(expected, sizeof expected, "\"'  %c1\"", triggers[i]);
		assert_cell(name, expected);
		(void)snprintf(name, sizeof name, "\",%c1", triggers[i]); /* would be a cell of its own, were quotes not doubled */
		(void)snprintf(expected, sizeof expected, "\"\"\",%c1\"", triggers[i]);
		assert_cell(name, expected);
	}
}

static void
leaves_the_same_characters_alone_inside_a_name(void **state)
{
	(void)state;
	assert_cell("A=1", "\"A=1\"");
	assert_cell("A-B +C @D", "\"A-B +C @D\"");
	assert_cell("'=1", "\"'=1\""); /* is text already */
	assert_cell("\xea\xb0\x80", "\"\xea\xb0\x80\"");
}

static void
begins_no_line_in_the_middle_of_a_cell(void **state)
{
	static const char breaks[] = "\r\n\t\v\f\x01\x7f";
	char name[8], expected[16];

	(void)state;
	for (size_t i = 0; i < sizeof breaks - 1; i++) {
		(void)snprintf(name, sizeof name, "A%c=1", breaks[i]);
		(void)snprintf(expected, sizeof expected, "\"A =1\"");
		assert_cell(name, expected);
	}
	assert_cell("A\r\n=1", "\"A  =1\"");
}

static void
doubles_every_quote(void **state)
{
	(void)state;
	assert_cell("\"", "\"\"\"\"");
	assert_cell("A \"B\" C", "\"A \"\"B\"\" C\"");
	assert_cell("A,B;C", "\"A,B;C\"");
}

static void
begins_with_a_mark_of_utf_8_only_when_asked(void **state)
{
	struct el_report *const r = report(EL_ORDER_TRACE);
	char *plain = csv(r, false), *marked = csv(r, true);

	(void)state;
	assert_string_equal(plain, HEAD);
	assert_string_equal(marked, "\xEF\xBB\xBF" HEAD);
	assert_int_equal(el_report_rows(r), 0);
	free(plain);
	free(marked);
	el_report_free(r);
}

static void
puts_a_person_together_across_issuers_and_visits(void **state)
{
	struct el_report *const r = report(EL_ORDER_CONTACTS);
	json_t *j, *one;
	char *text;

	(void)state;
	add(r, 2, "A", "+15550100", MINUTE);
	add(r, 1, "A", "+15550100", MINUTE); /* both issuers know the visit */
	add(r, 1, "B", "+15550100", MINUTE + 60); /* one number, another name */
	add(r, 1, "A", "+15550101", MINUTE);
	assert_non_null(j = el_report_to_json(r));
	assert_int_equal(json_array_size(json_object_get(j, "people")), 2);
	one = json_array_get(json_object_get(j, "people"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "name")), "A / B");
	assert_int_equal(json_array_size(json_object_get(one, "issuers")), 2);
	assert_int_equal(json_array_size(json_object_get(one, "visits")), 2);
	assert_int_equal(el_report_rows(r), 3);
	text = csv(r, false);
	assert_non_null(strstr(text, "\"person\",\"A / B\",\"'+15550100\",\"1 2\",7,"));
	free(text);
	json_decref(j);
	el_report_free(r);
}

static void
shows_what_is_unverifiable_with_place_time_and_reason(void **state)
{
	struct el_report *const r = report(EL_ORDER_CONTACTS);
	char *text;

	(void)state;
	setenv("TZ", "<+0900>-9", 1);
	tzset();
	assert_int_equal(el_report_add_unverifiable(r, E, 7, 1728000000 + 60, "bad_signature"), EL_OK);
	assert_int_equal(el_report_add_unverifiable(r, E, 0, 0, "not a reason"), EL_OK);
	text = csv(r, false);
	assert_string_equal(text, HEAD
	    "\"unverifiable\",\"\",\"\",\"\",7,\"2024-10-04 09:01\",\"\",\"bad_signature\",\r\n"
	    "\"unverifiable\",\"\",\"\",\"\",0,\"\",\"\",\"other\",\r\n");
	free(text);
	setenv("TZ", "<-0530>5:30", 1);
	tzset();
	text = csv(r, false);
	assert_non_null(strstr(text, "\"2024-10-03 18:31\""));
	free(text);
	assert_int_equal(el_report_rows(r), 2);
	el_report_free(r);
}

static int
copy(void *ctx, const struct el_hash *order, el_epoch e, const void *in, size_t len, struct el_buf *out)
{
	(void)ctx;
	(void)order;
	if (e == E + 9)
		return EL_ENOTFOUND;
	el_buf_put(out, in, len);
	return out->err;
}

static void
holds_of_a_notice_counts_and_what_is_unverifiable_alone(void **state)
{
	struct el_report *r = report(EL_ORDER_NOTICE);
	size_t gone;
	json_t *j;
	char *text;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(el_report_add_delivered(r, i < 3 ? E : E + 1), EL_OK);
	assert_int_equal(el_report_add_delivered(r, E + 9), EL_OK);
	assert_int_equal(el_report_add_unverifiable(r, E, 7, MINUTE, "not_found"), EL_OK);
	assert_int_equal(el_report_file_encode(r, copy, NULL, &text), EL_ENOTFOUND);
	el_report_free(r);

	r = report(EL_ORDER_NOTICE);
	for (int i = 0; i < 5; i++)
		assert_int_equal(el_report_add_delivered(r, i < 3 ? E : E + 1), EL_OK);
	assert_int_equal(el_report_add_unverifiable(r, E, 7, MINUTE, "not_found"), EL_OK);
	assert_int_equal(el_report_file_encode(r, copy, NULL, &text), EL_OK);
	el_report_free(r);
	assert_int_equal(el_report_file_parse((const uint8_t *)text, strlen(text), copy, NULL, &r, &gone), EL_OK);
	assert_int_equal(gone, 0);
	assert_non_null(j = el_report_to_json(r));
	assert_int_equal(json_integer_value(json_object_get(j, "delivered")), 5);
	assert_int_equal(json_array_size(json_object_get(j, "people")), 0);
	assert_int_equal(json_array_size(json_object_get(j, "unverifiable")), 1);
	assert_int_equal(el_report_rows(r), 3);
	json_decref(j);
	free(text);
	text = csv(r, false);
	assert_non_null(strstr(text, "\"delivered\",\"\",\"\",\"\",,\"day 20000\",\"\",\"\",3\r\n"));
	assert_non_null(strstr(text, "\"delivered\",\"\",\"\",\"\",,\"day 20001\",\"\",\"\",2\r\n"));
	free(text);
	el_report_free(r);
}

static void
takes_a_count_of_notices_only_with_the_others_named(void **state)
{
	static const struct {
		const char *text;
		bool taken;
	} cases[] = {
		{ "{\"delivered\":3,\"missing\":[]}", true },
		{ "{\"delivered\":2,\"missing\":[{\"index\":1,\"reason\":\"not_found\"}]}", true },
		{ "{\"delivered\":0,\"missing\":[{\"index\":2,\"reason\":\"a\"},{\"index\":0,\"reason\":\"b\"},"
		  "{\"index\":1,\"reason\":\"c\"}]}", true },
		{ "{\"delivered\":2,\"missing\":[]}", false },
		{ "{\"delivered\":3,\"missing\":[{\"index\":1,\"reason\":\"not_found\"}]}", false },
		{ "{\"delivered\":1,\"missing\":[{\"index\":1,\"reason\":\"a\"},{\"index\":1,\"reason\":\"a\"}]}", false },
		{ "{\"delivered\":2,\"missing\":[{\"index\":3,\"reason\":\"a\"}]}", false },
		{ "{\"delivered\":2,\"missing\":[{\"index\":1,\"reason\":\"\"}]}", false },
		{ "{\"delivered\":2,\"missing\":[{\"index\":1,\"reason\":\"a\",\"name\":\"b\"}]}", false },
		{ "{\"delivered\":3,\"missing\":[],\"people\":[]}", false },
		{ "{\"delivered\":-1,\"missing\":[]}", false },
		{ "{\"missing\":[]}", false },
		{ "{\"delivered\":3}", false },
		{ "{\"delivered\":3,\"missing\":[]} ", true },
		{ "{\"delivered\":3,\"missing\":[]}x", false },
	};
	static struct el_person out[3];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if ((el_delivered_answer_parse((const uint8_t *)cases[i].text, strlen(cases[i].text), out, 3) == EL_OK) !=
		    cases[i].taken)
			fail_msg("%s: %s", cases[i].taken ? "refused" : "taken", cases[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_no_cell_like_a_formula),
		cmocka_unit_test(begins_no_cell_like_a_formula_behind_quotes_or_spaces_either),
		cmocka_unit_test(leaves_the_same_characters_alone_inside_a_name),
		cmocka_unit_test(begins_no_line_in_the_middle_of_a_cell),
		cmocka_unit_test(doubles_every_quote),
		cmocka_unit_test(begins_with_a_mark_of_utf_8_only_when_asked),
		cmocka_unit_test(puts_a_person_together_across_issuers_and_visits),
		cmocka_unit_test(shows_what_is_unverifiable_with_place_time_and_reason),
		cmocka_unit_test(holds_of_a_notice_counts_and_what_is_unverifiable_alone),
		cmocka_unit_test(takes_a_count_of_notices_only_with_the_others_named),
	};

	return cmocka_run_group_tests_name("authority_report", tests, NULL, NULL);
}
