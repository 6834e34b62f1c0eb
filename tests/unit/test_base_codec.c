#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64url.h"
#include "base/buf.h"
#include "base/codec.h"
#include "base/field_codec.h"
#include "base/secret.h"
#include "entrylog/base45.h"

static void
a_reader_yields_big_endian_integers_in_order(void **state)
{
	static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 0x80, 9, 10, 11, 12, 13, 14, 15, 'a', 'b' };
	struct el_rd r = el_rd_init(in, sizeof in);
	char text[2];

	(void)state;
	assert_int_equal(el_rd_u8(&r), 1);
	assert_int_equal(el_rd_u16(&r), 0x0203);
	assert_int_equal(el_rd_u32(&r), 0x04050607);
	assert_true(el_rd_u64(&r) == 0x80090a0b0c0d0e0f);
	el_rd_bytes(&r, text, sizeof text);
	assert_memory_equal(text, "ab", 2);
	assert_int_equal(el_rd_end(&r), EL_OK);
}

static void
a_reader_that_failed_yields_zeros_and_keeps_its_error(void **state)
{
	static const uint8_t in[] = { 1, 2, 3 };
	struct el_rd r = el_rd_init(in, sizeof in);
	uint8_t out[2] = { 9, 9 };

	(void)state;
	assert_int_equal(el_rd_u32(&r), 0);
	assert_int_equal(el_rd_end(&r), EL_EFORMAT);
	assert_int_equal(el_rd_u8(&r), 0); /* though one is left */
	el_rd_bytes(&r, out, sizeof out);
	assert_memory_equal(out, "\0\0", 2);
	assert_null(el_rd_view(&r, 0));
	assert_int_equal(el_rd_end(&r), EL_EFORMAT);
}

static void
a_reader_refuses_bytes_left_over(void **state)
{
	static const uint8_t in[] = { 1, 2 };
	struct el_rd r = el_rd_init(in, sizeof in);

	(void)state;
	assert_int_equal(el_rd_u8(&r), 1);
	assert_int_equal(el_rd_end(&r), EL_EFORMAT);
	assert_int_equal(el_rd_u8(&r), 2);
	assert_int_equal(el_rd_end(&r), EL_OK);
}

static void
a_blob_is_bounded_by_its_maximum_and_by_the_input(void **state)
{
	static const uint8_t in[] = { 0, 0, 0, 2, 'a', 'b' }, huge[] = { 0xff, 0xff, 0xff, 0xff, 1 };
	struct el_rd r = el_rd_init(in, sizeof in);
	size_t len;

	(void)state;
	assert_memory_equal(el_rd_blob(&r, 2, &len), "ab", 2);
	assert_int_equal(len, 2);
	assert_int_equal(el_rd_end(&r), EL_OK);
	r = el_rd_init(in, sizeof in);
	assert_null(el_rd_blob(&r, 1, &len));
	assert_int_equal(len, 0);
	assert_int_equal(el_rd_end(&r), EL_ELIMIT);
	r = el_rd_init(in, sizeof in - 1);
	assert_null(el_rd_blob(&r, 2, &len));
	assert_int_equal(len, 0);
	assert_int_equal(el_rd_end(&r), EL_EFORMAT);
	r = el_rd_init(huge, sizeof huge);
	assert_null(el_rd_blob(&r, SIZE_MAX, &len));
	assert_int_equal(el_rd_end(&r), EL_EFORMAT);
}

static void
a_writer_stops_at_its_end_and_keeps_its_error(void **state)
{
	uint8_t out[8] = { 0 };
	struct el_wr w = el_wr_init(out, 7);

	(void)state;
	el_wr_u16(&w, 0x0102);
	el_wr_u32(&w, 0x03040506);
	assert_int_equal(w.len, 6);
	el_wr_u16(&w, 0xffff);
	assert_int_equal(w.err, EL_ELIMIT);
	el_wr_u8(&w, 0xff); /* would fit, but the error sticks */
	assert_int_equal(w.len, 6);
	assert_memory_equal(out, "\1\2\3\4\5\6\0\0", 8);
	w = el_wr_init(out, sizeof out);
	el_wr_u64(&w, 0x8102030405060708);
	assert_int_equal(w.err, EL_OK);
	assert_true(el_get_u64(out) == 0x8102030405060708);
	el_wr_bytes(&w, NULL, 0);
	assert_int_equal(w.err, EL_OK);
}

static void
a_buffer_grows_to_its_ceiling_and_no_further(void **state)
{
	struct el_buf b;
	uint8_t piece[100];

	(void)state;
	memset(piece, 7, sizeof piece);
	el_buf_init(&b, 1000);
	for (int i = 0; i < 10; i++)
		el_buf_put(&b, piece, sizeof piece);
	assert_int_equal(b.err, EL_OK);
	assert_int_equal(b.len, 1000);
	el_buf_put(&b, piece, 0);
	assert_int_equal(b.err, EL_OK);
	el_buf_put_u8(&b, 1);
	assert_int_equal(b.err, EL_ELIMIT);
	assert_int_equal(b.len, 1000);
	assert_null(el_buf_reserve(&b, 0)); /* sticky */
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.p[i], 7);
	el_buf_wipe(&b);
	assert_int_equal(b.err, EL_OK);
	assert_int_equal(b.len, 0);
	el_buf_put_text(&b, "again");
	assert_memory_equal(b.p, "again", 5);
	el_buf_wipe(&b);
}

static void
a_buffer_refuses_lengths_that_would_overflow(void **state)
{
	struct el_buf b;

	(void)state;
	el_buf_init(&b, SIZE_MAX);
	el_buf_put_u8(&b, 1);
	assert_null(el_buf_reserve(&b, SIZE_MAX));
	assert_int_equal(b.err, EL_ELIMIT);
	el_buf_wipe(&b);
	el_buf_init(&b, 3);
	el_buf_put_u32(&b, 1);
	assert_int_equal(b.err, EL_ELIMIT);
	assert_int_equal(b.len, 0);
	el_buf_wipe(&b);
}

static void
a_buffer_encodes_integers_and_blobs_as_the_reader_reads_them(void **state)
{
	struct el_buf b;
	struct el_rd r;
	size_t len;

	(void)state;
	el_buf_init(&b, 100);
	el_buf_put_u8(&b, 1);
	el_buf_put_u16(&b, 2);
	el_buf_put_u32(&b, 3);
	el_buf_put_u64(&b, 4);
	el_buf_put_blob(&b, "xyz", 3);
	r = el_rd_init(b.p, b.len);
	assert_int_equal(el_rd_u8(&r), 1);
	assert_int_equal(el_rd_u16(&r), 2);
	assert_int_equal(el_rd_u32(&r), 3);
	assert_int_equal(el_rd_u64(&r), 4);
	assert_memory_equal(el_rd_blob(&r, 3, &len), "xyz", 3);
	assert_int_equal(el_rd_end(&r), EL_OK);
	el_buf_consume(&b, 15);
	assert_int_equal(b.len, 7);
	assert_memory_equal(b.p, "\0\0\0\3xyz", 7);
	el_buf_consume(&b, 7);
	assert_int_equal(b.len, 0);
	el_buf_wipe(&b);
}

struct fields {
	uint16_t a;
	int64_t b;
	bool c;
	char text[5];
	uint8_t *blob;
	size_t len;
};

static void
walk(struct el_field_codec *c, struct fields *f)
{
	el_codec_u16(c, &f->a);
	el_codec_i64(c, &f->b);
	el_codec_bool(c, &f->c);
	el_codec_text(c, f->text, sizeof f->text);
	el_codec_blob(c, &f->blob, &f->len, 3);
}

static int
read_fields(const uint8_t *in, size_t len, struct fields *out)
{
	struct el_rd rd = el_rd_init(in, len);
	struct el_field_codec c = { &rd, NULL };

	memset(out, 0, sizeof *out);
	walk(&c, out);
	return el_rd_end(&rd);
}

static void
one_walk_over_fields_reads_what_it_wrote(void **state)
{
	struct fields in = { 7, -2, true, "four", (uint8_t[]){ 1, 2, 3 }, 3 }, out;
	struct el_buf b;
	struct el_field_codec c = { NULL, &b };

	(void)state;
	el_buf_init(&b, 64);
	walk(&c, &in);
	assert_int_equal(b.err, EL_OK);
	assert_int_equal(read_fields(b.p, b.len, &out), EL_OK);
	assert_int_equal(out.a, 7);
	assert_true(out.b == -2 && out.c);
	assert_string_equal(out.text, "four");
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.blob, in.blob, 3);
	assert_int_equal(out.blob[3], 0);
	free(out.blob);
	for (size_t len = 0; len < b.len; len++) {
		assert_int_equal(read_fields(b.p, len, &out), EL_EFORMAT);
		assert_null(out.blob);
	}
	el_buf_wipe(&b);
}

static void
a_walk_over_fields_refuses_what_is_out_of_bounds(void **state)
{
	static const uint8_t no_bool[11 + 8] = { [10] = 2 }, long_text[11 + 9 + 4] = { [14] = 5 },
	    nul_inside[11 + 5 + 4] = { [14] = 1 }, long_blob[11 + 8 + 4] = { [18] = 4 };
	struct fields f = { .blob = (uint8_t[4]){ 0 }, .len = 4 };
	struct el_buf b;
	struct el_field_codec c = { NULL, &b };

	(void)state;
	el_buf_init(&b, 64);
	walk(&c, &f);
	assert_int_equal(b.err, EL_ELIMIT);
	el_buf_wipe(&b);
	assert_int_equal(read_fields(no_bool, sizeof no_bool, &f), EL_EFORMAT);
	assert_int_equal(read_fields(long_text, sizeof long_text, &f), EL_ELIMIT);
	assert_int_equal(read_fields(nul_inside, sizeof nul_inside, &f), EL_EFORMAT);
	free(f.blob);
	assert_int_equal(read_fields(long_blob, sizeof long_blob, &f), EL_ELIMIT);
	assert_null(f.blob);
}

static void
base45_refuses_what_does_not_fit_the_output(void **state)
{
	uint8_t out[4];
	size_t n = 9;

	(void)state;
	assert_int_equal(el_base45_decode("BB8BB8", 6, out, 3, &n), EL_ELIMIT);
	assert_int_equal(n, 0);
	assert_int_equal(el_base45_decode("BB8BB8", 6, out, 4, &n), EL_OK);
	assert_int_equal(n, 4);
	assert_int_equal(el_base45_decode("", 0, out, 0, &n), EL_OK);
	assert_int_equal(n, 0);
}

static void
base45_has_one_text_for_all_two_bytes(void **state)
{
	(void)state;
	for (unsigned v = 0; v <= 0xffff; v++) {
		const uint8_t in[2] = { (uint8_t)(v >> 8), (uint8_t)v };
		uint8_t out[2];
		char text[4];
		size_t n;

		el_base45_encode(in, 2, text);
		assert_int_equal(el_base45_decode(text, 3, out, 2, &n), EL_OK);
		assert_memory_equal(in, out, 2);
		assert_true(text[2] != ' '); /* so the last character of a QR text is never a space */
	}
}

static void
base45_accepts_exactly_65536_groups(void **state)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
	unsigned good = 0, pairs = 0;
	uint8_t out[2];
	char text[3];
	size_t n;

	(void)state;
	for (int a = 0; a < 45; a++)
		for (int b = 0; b < 45; b++) {
			text[0] = alphabet[a];
			text[1] = alphabet[b];
			pairs += el_base45_decode(text, 2, out, 2, &n) == EL_OK;
			for (int c = 0; c < 45; c++) {
				text[2] = alphabet[c];
				good += el_base45_decode(text, 3, out, 2, &n) == EL_OK;
			}
		}
	assert_int_equal(good, 65536);
	assert_int_equal(pairs, 256);
}

static void
base64url_decodes_an_exact_length_or_nothing(void **state)
{
	uint8_t out[3];
	size_t n;

	(void)state;
	assert_int_equal(el_base64url_exact("Zm9v", out, 3), EL_OK);
	assert_memory_equal(out, "foo", 3);
	assert_int_equal(el_base64url_exact("Zm8", out, 3), EL_EFORMAT);
	assert_int_equal(el_base64url_exact("Zm9vYg", out, 3), EL_EFORMAT);
	assert_int_equal(el_base64url_exact("", out, 3), EL_EFORMAT);
	assert_int_equal(el_base64url_exact(NULL, out, 3), EL_EFORMAT);
	assert_int_equal(el_base64url_decode("Zm9vYg", 6, out, 3, &n), EL_ELIMIT);
	assert_int_equal(n, 0);
	assert_int_equal(el_base64url_decode("", 0, out, 0, &n), EL_OK);
}

static void
base64url_has_exactly_one_text_for_each_byte(void **state)
{
	unsigned good = 0;
	uint8_t out[1];
	size_t n;

	(void)state;
	for (int a = 1; a < 256; a++)
		for (int b = 1; b < 256; b++) {
			const char text[2] = { (char)a, (char)b };

			good += el_base64url_decode(text, 2, out, 1, &n) == EL_OK;
		}
	assert_int_equal(good, 256);
}

static void
secrets_are_zeroed_at_birth_and_wiped_on_the_stack(void **state)
{
	uint8_t *p, stack[4] = { 1, 2, 3, 4 };

	(void)state;
	assert_int_equal(el_secret_new(40, &p), EL_OK);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(p[i], 0);
	el_secret_free(p);
	el_secret_free(NULL);
	el_secret_wipe(stack, sizeof stack);
	assert_memory_equal(stack, "\0\0\0\0", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_yields_big_endian_integers_in_order),
		cmocka_unit_test(a_reader_that_failed_yields_zeros_and_keeps_its_error),
		cmocka_unit_test(a_reader_refuses_bytes_left_over),
		cmocka_unit_test(a_blob_is_bounded_by_its_maximum_and_by_the_input),
		cmocka_unit_test(a_writer_stops_at_its_end_and_keeps_its_error),
		cmocka_unit_test(a_buffer_grows_to_its_ceiling_and_no_further),
		cmocka_unit_test(a_buffer_refuses_lengths_that_would_overflow),
		cmocka_unit_test(a_buffer_encodes_integers_and_blobs_as_the_reader_reads_them),
		cmocka_unit_test(one_walk_over_fields_reads_what_it_wrote),
		cmocka_unit_test(a_walk_over_fields_refuses_what_is_out_of_bounds),
		cmocka_unit_test(base45_refuses_what_does_not_fit_the_output),
		cmocka_unit_test(base45_has_one_text_for_all_two_bytes),
		cmocka_unit_test(base45_accepts_exactly_65536_groups),
		cmocka_unit_test(base64url_decodes_an_exact_length_or_nothing),
		cmocka_unit_test(base64url_has_exactly_one_text_for_each_byte),
		cmocka_unit_test(secrets_are_zeroed_at_birth_and_wiped_on_the_stack),
	};

	if (el_secret_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("base_codec", tests, NULL, NULL);
}
