#ifndef ENTRYLOG_QR_H
#define ENTRYLOG_QR_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"

/*
 * A token's text as a QR code: alphanumeric, level M, version 8 (49 x 49 modules), quiet zone of 4
 * modules, dark on white.
 */
enum el_qr_form { EL_QR_SVG, EL_QR_PNG };

/*
 * Draw; *out is malloc'ed and the caller's, *len its size.  scale: pixels a module for PNG (1..32), ignored
 * for SVG.  EL_EFORMAT: the text is not what an alphanumeric version 8 code holds; EL_ELIMIT: the scale;
 * EL_ENOMEM.
 */
EL_MUST_USE int el_qr_draw(const char *text, enum el_qr_form, unsigned scale, uint8_t **out, size_t *len);

/* The bare matrix: size * size bytes, 1 is dark, without the quiet zone; malloc'ed, the caller's. */
EL_MUST_USE int el_qr_matrix(const char *text, uint8_t **modules, size_t *size);

#endif
