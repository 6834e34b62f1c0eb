#include "entrylog/qr.h"

#include <errno.h>
#include <png.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define QR_VERSION 8
#define QUIET 4
#define PICTURE_MAX (4 * 1024 * 1024)
#define SCALE_MAX 32

static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/* QR_MODE_8 as the hint lets libqrencode choose alphanumeric by itself; QR_MODE_AN as the hint returns NULL. */
static int
encode(const char *text, QRcode **out)
{
	*out = NULL;
	if (text[strspn(text, alphanumeric)] != '\0')
		return EL_EFORMAT;
	errno = 0;
	if ((*out = QRcode_encodeString(text, QR_VERSION, QR_ECLEVEL_M, QR_MODE_8, 1)) == NULL)
		return errno == ENOMEM ? EL_ENOMEM : EL_EFORMAT;
	if ((*out)->version != QR_VERSION) {
		QRcode_free(*out);
		*out = NULL;
		return EL_EFORMAT;
	}
	return EL_OK;
}

int
el_qr_matrix(const char *text, uint8_t **modules, size_t *size)
{
	QRcode *qr;
	size_t n;
	int r;

	*modules = NULL;
	if ((r = encode(text, &qr)) != EL_OK)
		return r;
	n = (size_t)qr->width;
	if ((*modules = malloc(n * n)) == NULL) {
		r = EL_ENOMEM;
	} else {
		for (size_t i = 0; i < n * n; i++)
			(*modules)[i] = qr->data[i] & 1;
		*size = n;
	}
	QRcode_free(qr);
	return r;
}

/* One path of horizontal runs: small, and sharp at every size. */
static void
put_svg(struct el_buf *b, const uint8_t *m, size_t n)
{
	const size_t side = n + 2 * QUIET;
	char piece[200];

	snprintf(piece, sizeof piece,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %zu %zu\" shape-rendering=\"crispEdges\">"
	    "<path fill=\"#fff\" d=\"M0 0h%zuv%zuH0z\"/><path fill=\"#000\" d=\"",
	    side, side, side, side);
	el_buf_put_text(b, piece);
	for (size_t y = 0; y < n; y++)
		for (size_t x = 0, run; x < n; x += run) {
			for (run = 1; x + run < n && m[y * n + x + run] == m[y * n + x]; run++)
				;
			if (m[y * n + x] == 0)
				continue;
			snprintf(piece, sizeof piece, "M%zu %zuh%zuv1H%zuz", x + QUIET, y + QUIET, run, x + QUIET);
			el_buf_put_text(b, piece);
		}
	el_buf_put_text(b, "\"/></svg>");
}

static int
put_png(struct el_buf *b, const uint8_t *m, size_t n, unsigned scale)
{
	const size_t side = (n + 2 * QUIET) * scale;
	png_image image = { .version = PNG_IMAGE_VERSION, .width = (png_uint_32)side, .height = (png_uint_32)side,
		.format = PNG_FORMAT_GRAY };
	png_alloc_size_t len = 0;
	uint8_t *pixels, *p;
	int r = EL_ENOMEM;

	if ((pixels = malloc(side * side)) == NULL)
		return EL_ENOMEM;
	memset(pixels, 0xff, side * side);
	for (size_t y = 0; y < n * scale; y++)
		for (size_t x = 0; x < n * scale; x++)
			if (m[y / scale * n + x / scale] != 0)
				pixels[(y + QUIET * scale) * side + x + QUIET * scale] = 0;
	if (png_image_write_to_memory(&image, NULL, &len, 0, pixels, 0, NULL) && (p = el_buf_reserve(b, len)) != NULL &&
	    png_image_write_to_memory(&image, p, &len, 0, pixels, 0, NULL)) {
		el_buf_advance(b, len);
		r = EL_OK;
	}
	png_image_free(&image);
	free(pixels);
	return r;
}

int
el_qr_draw(const char *text, enum el_qr_form form, unsigned scale, uint8_t **out, size_t *len)
{
	uint8_t *m = NULL;
	struct el_buf b;
	size_t n;
	int r;

	*out = NULL;
	*len = 0;
	if (form == EL_QR_PNG && (scale < 1 || scale > SCALE_MAX))
		return EL_ELIMIT;
	el_buf_init(&b, PICTURE_MAX);
	if ((r = el_qr_matrix(text, &m, &n)) != EL_OK)
		return r;
	if (form == EL_QR_SVG)
		put_svg(&b, m, n);
	else
		r = put_png(&b, m, n, scale);
	if (r == EL_OK)
		r = b.err;
	if (r == EL_OK) {
		*out = b.p; /* now the caller's */
		*len = b.len;
		b.p = NULL;
	}
	el_buf_wipe(&b);
	free(m);
	return r;
}
