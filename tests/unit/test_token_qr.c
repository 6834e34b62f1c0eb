#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <png.h>

#include "entrylog/qr.h"
#include "entrylog/token.h"

#define SIDE 57 /* 49 and the quiet zone of 4 on both sides */

static char text[EL_TOKEN_TEXT_LEN + 1];

static void
a_token_is_a_matrix_of_49_with_its_three_finders(void **state)
{
	static const uint8_t finder[7] = { 1, 1, 1, 1, 1, 1, 1 };
	uint8_t *m;
	size_t n = 0;

	(void)state;
	assert_int_equal(el_qr_matrix(text, &m, &n), EL_OK);
	assert_int_equal(n, 49);
	for (size_t i = 0; i < n * n; i++)
		assert_true(m[i] <= 1);
	assert_memory_equal(m, finder, 7);
	assert_memory_equal(m + 42, finder, 7);
	assert_memory_equal(m + 48 * 49, finder, 7);
	assert_int_equal(m[7], 0); /* the separator */
	assert_int_equal(m[49 * 41 + 8], 1); /* the dark module of every version 8 code: (4 * 8 + 9, 8) */
	free(m);
}

static void
a_short_text_is_a_version_8_code_too(void **state)
{
	uint8_t *m;
	size_t n = 0;

	(void)state;
	assert_int_equal(el_qr_matrix("EL1:", &m, &n), EL_OK);
	assert_int_equal(n, 49);
	free(m);
}

static void
texts_that_do_not_fit_are_refused(void **state)
{
	static char longer[9000];
	uint8_t *m;
	size_t n;

	(void)state;
	memset(longer, 'A', 221);
	assert_int_equal(el_qr_matrix(longer, &m, &n), EL_OK); /* full to one character: 221 fit */
	free(m);
	longer[221] = 'A';
	assert_int_equal(el_qr_matrix(longer, &m, &n), EL_EFORMAT);
	assert_null(m);
	memset(longer, 'A', sizeof longer - 1);
	assert_int_equal(el_qr_matrix(longer, &m, &n), EL_EFORMAT);
	assert_int_equal(el_qr_draw(longer, EL_QR_PNG, 1, &m, &n), EL_EFORMAT);
	assert_null(m);
	assert_int_equal(n, 0);
	assert_int_equal(el_qr_matrix("el1:abc", &m, &n), EL_EFORMAT);
	assert_int_equal(el_qr_matrix("EL1:\xc3\xa9", &m, &n), EL_EFORMAT);
	assert_int_equal(el_qr_matrix("", &m, &n), EL_EFORMAT);
}

/* Whether the picture of SIDE * SIDE modules shows the matrix, dark on white. */
static void
assert_shows(const uint8_t *m, bool (*is_dark)(const void *picture, size_t x, size_t y), const void *picture)
{
	for (size_t y = 0; y < SIDE; y++)
		for (size_t x = 0; x < SIDE; x++) {
			const bool inside = x >= 4 && x < 53 && y >= 4 && y < 53;

			assert_int_equal(is_dark(picture, x, y), inside && m[(y - 4) * 49 + x - 4] != 0);
		}
}

struct pixels {
	uint8_t *gray;
	size_t scale;
};

static bool
pixel_is_dark(const void *picture, size_t x, size_t y)
{
	const struct pixels *p = picture;
	const size_t side = SIDE * p->scale;
	const uint8_t v = p->gray[y * p->scale * side + x * p->scale];

	/* A module is one colour, black or white. */
	for (size_t i = 0; i < p->scale * p->scale; i++)
		assert_int_equal(p->gray[(y * p->scale + i / p->scale) * side + x * p->scale + i % p->scale], v);
	assert_true(v == 0 || v == 255);
	return v == 0;
}

static void
a_png_shows_the_matrix_at_every_scale(void **state)
{
	uint8_t *m, *png;
	size_t n, len;

	(void)state;
	assert_int_equal(el_qr_matrix(text, &m, &n), EL_OK);
	for (unsigned scale = 1; scale <= 32; scale = scale < 4 ? scale + 1 : scale * 2) {
		png_image image = { .version = PNG_IMAGE_VERSION };
		struct pixels p = { .scale = scale };

		assert_int_equal(el_qr_draw(text, EL_QR_PNG, scale, &png, &len), EL_OK);
		assert_true(len > 8);
		assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
		assert_true(png_image_begin_read_from_memory(&image, png, len) != 0);
		assert_int_equal(image.width, SIDE * scale);
		assert_int_equal(image.height, SIDE * scale);
		image.format = PNG_FORMAT_GRAY;
		p.gray = malloc(PNG_IMAGE_SIZE(image));
		assert_non_null(p.gray);
		assert_true(png_image_finish_read(&image, NULL, p.gray, 0, NULL) != 0);
		assert_shows(m, pixel_is_dark, &p);
		free(p.gray);
		free(png);
	}
	free(m);
}

static bool
run_is_dark(const void *picture, size_t x, size_t y)
{
	const uint8_t *grid = picture;

	return grid[y * SIDE + x] != 0;
}

static void
an_svg_shows_the_matrix(void **state)
{
	static const char head[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 57 57\"";
	uint8_t grid[SIDE * SIDE] = { 0 }, *m, *out;
	const char *at;
	char *svg;
	size_t n, len;

	(void)state;
	assert_int_equal(el_qr_matrix(text, &m, &n), EL_OK);
	assert_int_equal(el_qr_draw(text, EL_QR_SVG, 0, &out, &len), EL_OK);
	assert_memory_equal(out, head, sizeof head - 1);
	assert_non_null(svg = strndup((const char *)out, len));
	assert_int_equal(strlen(svg), len);
	assert_string_equal(svg + len - 9, "\"/></svg>");
	assert_non_null(at = strstr(svg, "<path fill=\"#000\" d=\""));
	for (at += strlen("<path fill=\"#000\" d=\""); *at == 'M';) {
		unsigned x, y, w, back;
		int used = 0;

		assert_int_equal(sscanf(at, "M%u %uh%uv1H%uz%n", &x, &y, &w, &back, &used), 4);
		assert_true(used > 0 && back == x && x + w <= SIDE && y < SIDE);
		memset(grid + y * SIDE + x, 1, w);
		at += used;
	}
	assert_int_equal(*at, '"');
	assert_shows(m, run_is_dark, grid);
	free(svg);
	free(out);
	free(m);
}

static void
scales_out_of_range_are_refused(void **state)
{
	uint8_t *out;
	size_t len;

	(void)state;
	assert_int_equal(el_qr_draw(text, EL_QR_PNG, 0, &out, &len), EL_ELIMIT);
	assert_int_equal(el_qr_draw(text, EL_QR_PNG, 33, &out, &len), EL_ELIMIT);
	assert_null(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_a_matrix_of_49_with_its_three_finders),
		cmocka_unit_test(a_short_text_is_a_version_8_code_too),
		cmocka_unit_test(texts_that_do_not_fit_are_refused),
		cmocka_unit_test(a_png_shows_the_matrix_at_every_scale),
		cmocka_unit_test(an_svg_shows_the_matrix),
		cmocka_unit_test(scales_out_of_range_are_refused),
	};
	struct el_token t;

	memset(&t, 0xa5, sizeof t);
	el_token_text(&t, text);
	return cmocka_run_group_tests_name("token_qr", tests, NULL, NULL);
}
