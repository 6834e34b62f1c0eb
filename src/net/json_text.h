#ifndef EL_NET_JSON_TEXT_H
#define EL_NET_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * JSON written from front to back, for answers whose shape is known: byte for byte what jansson's compact form of the
 * same values is, without the tree.  Commas are put by themselves; that brackets match and that every value of an
 * object follows its key is the caller's care.  Errors are the buffer's, sticky, and looked at once at the end.
 */
struct el_json_text {
	struct el_buf *out;
	bool comma; /* before the next value */
};

struct el_json_text el_json_text_init(struct el_buf *out);
void el_json_text_open(struct el_json_text *, char bracket); /* '{' or '[' */
void el_json_text_close(struct el_json_text *, char bracket); /* '}' or ']' */
/* A key and its colon; the name is a constant of ours that needs no escapes. */
void el_json_text_key(struct el_json_text *, const char *name);
void el_json_text_uint(struct el_json_text *, uint64_t);
/* Valid UTF-8; quotes, backslashes and control characters are escaped. */
void el_json_text_string(struct el_json_text *, const char *text);
void el_json_text_bytes(struct el_json_text *, const void *in, size_t len); /* base64url */

#endif
