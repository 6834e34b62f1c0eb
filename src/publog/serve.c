#include "publog/serve.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/event_log.h"
#include "log/checkpoint.h"
#include "order/rjson.h"
#include "publog/folder.h"
#include "publog/messages.h"

/* A request that waits for the log process, which may answer no other. */
#define NOTE_COSIGNATURE UINT64_C(0x434f5349474e)
#define FOR_EVER "Cache-Control: public, max-age=31536000, immutable\r\n"

/* The newest one, never a cached one: whoever asks compares it with a proof that may be a second old. */
void
el_publog_checkpoint_get(struct el_http_request *req, void *ctx)
{
	const struct el_publog_net *const n = ctx;
	uint8_t *const note = malloc(EL_NOTE_MAX);
	size_t len;

	if (note == NULL || el_log_folder_note(n->dir, EL_LOG_CHECKPOINT, note, &len) != EL_OK)
		el_http_problem(req, EL_CODE_LOG_UNAVAILABLE, 5);
	else
		el_http_reply(req, 200, "text/plain; charset=utf-8", NULL, note, len);
	free(note);
}

/* Parsed from the path that was asked for, and under the published checkpoint.  EL_ENOTFOUND: no such tile. */
static int
find_tile(const struct el_publog_net *n, const char *path, uint8_t note[EL_NOTE_MAX], struct el_tile *out)
{
	char name[EL_TILE_PATH_MAX];
	struct el_checkpoint c;
	size_t len;
	int printed, r;

	printed = snprintf(name, sizeof name, "tile/%s", path);
	if (printed < 0 || (size_t)printed >= sizeof name || el_tile_parse(name, out) != EL_OK)
		return EL_ENOTFOUND;
	if ((r = el_log_folder_note(n->dir, EL_LOG_CHECKPOINT, note, &len)) != EL_OK ||
	    (r = el_checkpoint_parse(note, len, &c)) != EL_OK)
		return r == EL_ENOTFOUND ? r : EL_EIO;
	return el_tile_of(out->level, out->index, c.size).width >= out->width ? EL_OK : EL_ENOTFOUND;
}

void
el_publog_tile_get(struct el_http_request *req, void *ctx)
{
	const struct el_publog_net *const n = ctx;
	uint8_t *const bytes = malloc(EL_LOG_BUNDLE_MAX); /* first for the note, which is shorter */
	struct el_tile t;
	size_t len;
	int r;

	if (bytes == NULL) {
		el_http_problem(req, EL_CODE_BUSY, 1);
		return;
	}
	r = find_tile(n, el_http_param(req, "path"), bytes, &t);
	if (r == EL_OK)
		r = el_log_folder_read(n->dir, &t, bytes, EL_LOG_BUNDLE_MAX, &len);
	if (r == EL_OK)
		el_http_reply(
		    req, 200, "application/octet-stream", t.width == EL_TILE_WIDTH ? FOR_EVER : NULL, bytes, len);
	else
		el_http_problem(req, r == EL_ENOTFOUND ? EL_CODE_NOT_FOUND : EL_CODE_LOG_UNAVAILABLE, 0);
	free(bytes);
}

void
el_publog_cosignatures_post(struct el_http_request *req, void *ctx)
{
	const struct el_publog_net *const n = ctx;
	json_t *const json = el_http_json(req);
	struct el_fields f;
	uint8_t *note;
	size_t len;

	if (json == NULL)
		return;
	f = el_fields_init(json);
	note = el_fields_blob(&f, "checkpoint", EL_NOTE_MAX, &len);
	el_http_set_note(req, NOTE_COSIGNATURE);
	if (el_fields_end(&f) == EL_OK)
		el_net_forward(req, n->log_kind, 0, EL_MSG_LOG_COSIGNATURE, note, len);
	else
		el_http_problem(req, EL_CODE_MALFORMED_REQUEST, 0);
	free(note);
	json_decref(json);
}

void
el_publog_net_answer(struct el_net *net, const struct el_msg *m)
{
	struct el_http_request *const req = el_http_find(el_net_server(net), m->id);
	enum el_code code;

	if (m->type != EL_MSG_LOG_COSIGNED || el_log_cosigned_parse(m->body, m->len, &code) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		code = EL_CODE_INTERNAL;
	}
	if (req == NULL)
		return;
	if (el_http_note(req) != NOTE_COSIGNATURE) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EPERM, m->type);
		return;
	}
	if (code == EL_CODE_OK)
		el_http_reply(req, 204, NULL, NULL, NULL, 0);
	else
		el_http_problem(req, code, code == EL_CODE_BUSY ? 1 : 0);
}
