#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authority/answer.h"
#include "authority/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ITEMS 3

/* A section as it lies there: what a damaged key would not stop. */
static int
open_plain(void *ctx, const struct el_hash *order, el_epoch e, const void *in, size_t len, struct el_buf *out)
{
	(void)ctx;
	(void)order;
	(void)e;
	el_buf_put(out, in, len);
	return out->err;
}

static void
try_delivered(const uint8_t *data, size_t len)
{
	static struct el_person out[ITEMS];
	size_t missing = 0;

	if (el_delivered_answer_parse(data, len, out, ITEMS) != EL_OK)
		return;
	for (size_t i = 0; i < ITEMS; i++) {
		missing += out[i].missing[0] != '\0';
		if (out[i].name[0] != '\0' || out[i].phone.s[0] != '\0')
			abort(); /* a notice has named somebody */
	}
	if (missing > ITEMS)
		abort();
}

static void
try_people(const uint8_t *data, size_t len)
{
	static struct el_person out[ITEMS];

	if (el_people_answer_parse(data, len, out, ITEMS) != EL_OK)
		return;
	for (size_t i = 0; i < ITEMS; i++)
		if ((out[i].missing[0] == '\0') != (out[i].name[0] != '\0'))
			abort(); /* neither a person nor a reason, or both */
}

static void
try_release(const uint8_t *data, size_t len)
{
	static struct el_release_answer a;

	if (el_release_answer_parse(data, len, &a) != EL_OK)
		return;
	for (size_t i = 0; i < a.n_listed; i++)
		if (a.listed[i].index >= a.n_rows)
			abort();
	el_release_answer_wipe(&a);
}

/* Every line of the CSV is a row, and none of its cells begins like a formula. */
static void
check_csv(struct el_report *r)
{
	const size_t rows = el_report_rows(r);
	struct el_buf out;
	size_t lines = 0;

	el_buf_init(&out, 16u * 1024 * 1024);
	if (el_report_to_csv(r, false, &out) == EL_OK) {
		for (size_t i = 0; i < out.len; i++) {
			lines += out.p[i] == '\n';
			if (out.p[i] == '"' && i + 1 < out.len && (i == 0 || out.p[i - 1] == ',' || out.p[i - 1] == '\n') &&
			    strchr("=+-@\t\r", out.p[i + 1]) != NULL && out.p[i + 1] != '\0')
				abort();
		}
		if (lines != rows + 1)
			abort();
	}
	el_buf_wipe(&out);
}

static void
try_report(const uint8_t *data, size_t len)
{
	struct el_report *r;
	json_t *json;
	size_t gone;

	if (el_report_file_parse(data, len, open_plain, NULL, &r, &gone) != EL_OK)
		return;
	json = el_report_to_json(r);
	json_decref(json);
	check_csv(r);
	el_report_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	switch (data[0]) {
	case 'd':
		try_delivered(data + 1, len - 1);
		break;
	case 'p':
		try_people(data + 1, len - 1);
		break;
	case 'r':
		try_release(data + 1, len - 1);
		break;
	default:
		try_report(data + 1, len - 1);
		break;
	}
	return 0;
}
