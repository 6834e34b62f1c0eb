#ifndef EL_REGISTRY_NET_INTERNAL_H
#define EL_REGISTRY_NET_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>

#include "net/net.h"
#include "publog/serve.h"
#include "registry/messages.h"
#include "registry/registry_conf.h"
#include "service/service.h"

/*
 * A net process of the registry: HTTP and JSON to messages and back.  It holds the queue keys and nothing else
 * that is secret; what it found wrong with a check-in it forwards as a verdict, since only core knows whether
 * the caller may hear it.
 */
struct el_registry_net {
	struct el_publog_net log; /* first */
	const struct el_registry_conf *conf;
	bool has_day;
	struct el_msg_day day;
	struct el_point points[EL_QUEUE_KEYS_MAX]; /* of day.keys */
	json_t *directory;
	struct el_msg_checkins *checkins; /* scratch */
	struct el_msg_results *results; /* scratch */
};

/* What a deferred request still needs when the scanner is known. */
enum el_registry_note { EL_NOTE_NONE, EL_NOTE_SEALED_ITEMS };

extern const struct el_route el_registry_routes[];
extern const struct el_route el_registry_operator_routes[];
extern const struct el_page el_registry_pages[]; /* made by src/web/pages.mjs */

/* False, and answered with not_ready, while a core that has just begun has not said what day it is. */
bool el_registry_has_day(const struct el_registry_net *, struct el_http_request *);
/* One plain item; what is wrong with it becomes its verdict. */
void el_registry_read_item(const json_t *, bool needs_time, struct el_checkin *out);
/*
 * A batch's items from its body, with the sealed ones opened for this scanner; scanner 0: *is_sealed tells
 * whether there is one that needs it.
 */
void el_registry_read_batch(struct el_registry_net *, const json_t *body, uint32_t scanner, bool *is_sealed);

/* An answer of core becomes the answer of the request. */
void el_registry_answer(struct el_registry_net *, struct el_net *, const struct el_msg *);

#endif
