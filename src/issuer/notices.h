#ifndef EL_ISSUER_NOTICES_H
#define EL_ISSUER_NOTICES_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/text.h"
#include "entrylog/error.h"
#include "issuer/issuer.h"
#include "order/policy.h"

/*
 * Exposure notices (protocol 7.4).  A row for a person and a day holds the number, a template and the day that it
 * speaks of: no order, no place, no time.  Rows wait, sealed, until the next day begins and are then shown all at
 * once, so that nothing tells later when an order came; they go with the day of the visit or when confirmed.
 */
#define EL_NOTICES_PATH "/v1/orders/notices"
#define EL_NOTICES_MAX 64 /* that one visitor is shown */

/* Somebody to be told, for one day of theirs. */
struct el_notice_to {
	el_epoch epoch;
	struct el_phone phone;
};

/* What an order lets be told, held back until the public log has it. */
struct el_notice_batch {
	uint16_t template;
	el_epoch day;
	size_t n;
	struct el_notice_to to[];
};
struct el_notice_batch *el_notice_batch_new(size_t max); /* NULL: no memory */
void el_notice_batch_free(struct el_notice_batch *);	   /* wipes; NULL is fine */

/*
 * Keep the notice for each of them, durably, once: a row that is there, shown or waiting, is left alone.  Destroyed
 * days are passed over.  EL_ESPACE: none was kept; EL_ENOMEM; EL_EIO is final.
 */
EL_MUST_USE int el_notices_add(struct el_issuer *, const struct el_notice_batch *, int64_t now_s);

/* Show what waits since yesterday; once a day and after the start.  EL_ESPACE: the next call tries again. */
EL_MUST_USE int el_notices_show(struct el_issuer *, int64_t now_s);
/* Drop the rows of destroyed days.  EL_ESPACE as above. */
EL_MUST_USE int el_notices_purge(struct el_issuer *, int64_t now_s);

/* GET /v1/me/notices: texts of the policy, each with the day once, by day. */
struct el_notice_text {
	uint16_t template;
	el_epoch day;
	char ko[EL_TEMPLATE_TEXT_MAX + 1], en[EL_TEMPLATE_TEXT_MAX + 1];
};
struct el_notices {
	struct el_notice_text list[EL_NOTICES_MAX];
	size_t n;
};
/*
 * unauthorized: nobody's credential; *err other than EL_OK is final, but for EL_ESPACE of the second.  A template that
 * the policy no longer has is not shown.  Confirming removes all that are shown to this visitor's number.
 */
enum el_code el_notices_list(struct el_issuer *, const uint8_t credential[EL_KEY_LEN], int64_t now_s,
    struct el_notices *out, int *err);
enum el_code el_notices_confirm(struct el_issuer *, const uint8_t credential[EL_KEY_LEN], int64_t now_s, int *err);

#endif
