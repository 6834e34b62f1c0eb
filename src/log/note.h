#ifndef EL_LOG_NOTE_H
#define EL_LOG_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/sign.h"
#include "entrylog/error.h"

/*
 * Signed notes (C2SP signed-note): a text that ends with a line end, an empty line, and signature lines "<em dash>
 * <name> <base64(key id 4 || signature)>".  The key id is the first four bytes of SHA-256(name || 0x0a || algorithm
 * || public key).  All of it is UTF-8 without control characters but the line end, and every signature line has this
 * form; lines of unknown names or ids are otherwise skipped, whatever they sign with, as the specification asks.
 */
#define EL_NOTE_MAX 16384 /* bytes of a whole note */
#define EL_NOTE_NAME_MAX 100 /* bytes of a name that we sign by; no space, no plus, no control character */
#define EL_NOTE_SIGNATURES_MAX 64
#define EL_NOTE_LINE_MAX 256 /* bytes of a line that we sign, more than enough */

enum el_note_algorithm {
	EL_NOTE_ED25519 = 0x01, /* over the text */
	EL_NOTE_COSIGNATURE = 0x04 /* C2SP tlog-cosignature: over "cosignature/v1\ntime <t>\n" || the text */
};

void el_note_key_id(const char *name, enum el_note_algorithm, const struct el_sign_pk *, uint8_t out[4]);
/*
 * Length of the signed text, its last line end included; 0 on failure.  The form of the whole note is checked, and no
 * signature.  EL_EFORMAT: not a note; EL_ELIMIT: over EL_NOTE_MAX or EL_NOTE_SIGNATURES_MAX.
 */
EL_MUST_USE int el_note_text(const uint8_t *note, size_t len, size_t *text_len);
/*
 * A signature of this key by this name.  *time_s, unless NULL: that of a cosignature (of several the latest), else 0.
 * EL_ENOTFOUND: there is none; EL_ECRYPTO: one of this name and key id does not verify; EL_EFORMAT, EL_ELIMIT,
 * EL_ENOMEM.
 */
EL_MUST_USE int el_note_verify(const uint8_t *note, size_t len, const char *name, enum el_note_algorithm,
    const struct el_sign_pk *, uint64_t *time_s);
/*
 * Append one signature line over text (which ends with a line end) to *out; time_s only for a cosignature.  On failure
 * nothing is appended.  EL_EFORMAT: a name, text or time that no note can have, or a plain signature over what would
 * read as a cosignature's message; EL_ELIMIT, EL_ECRYPTO, EL_ENOMEM.
 */
EL_MUST_USE int el_note_sign_line(const uint8_t *text, size_t len, const char *name, enum el_note_algorithm,
    const struct el_sign_key *, uint64_t time_s, struct el_buf *out);
/*
 * Put a further signature line (as el_note_sign_line() made it, with its line end) behind a note, once: one that is
 * there already by its name and key id is left, and so is the note on failure.  EL_EFORMAT: not a note, or not one
 * line of that form; EL_ELIMIT, EL_ENOMEM.
 */
EL_MUST_USE int el_note_add_line(struct el_buf *note, const uint8_t *line, size_t len);

#endif
