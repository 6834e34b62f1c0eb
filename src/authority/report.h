#ifndef EL_AUTHORITY_REPORT_H
#define EL_AUTHORITY_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authority/request.h"
#include "base/buf.h"
#include "base/text.h"
#include "crypto/keyring.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "entrylog/types.h"

/*
 * A report (protocol 7.2 step 4 and 12.7): people by phone number across issuers and days, or places, or of a notice
 * how many visits' visitors were told, and what could not be verified.  It holds no handle, no token id, no point and no secret.  Each day's part is
 * sealed under a key that dies with the day.
 */
struct el_report;

/*
 * flags: those of the visit (token/leaf.h), and for a place whether the issuer's word stands alone, since the day of the
 * trace box was not rewritten and so not logged yet (protocol 7.3 step 2).
 */
#define EL_REPORT_UNCOMMITTED 4
struct el_report_visit {
	uint32_t venue, minute;
	uint8_t flags;
};
/* "late duplicate uncommitted", as far as they are set; "" for none. */
#define EL_REPORT_FLAGS_LEN 32
void el_report_flags(uint8_t flags, char out[EL_REPORT_FLAGS_LEN]);

EL_MUST_USE int el_report_new(const struct el_hash *deployment, const struct el_hash *order, enum el_order_kind,
    int64_t created_s, struct el_report **out);
void el_report_free(struct el_report *); /* wipes; NULL is fine */
const struct el_hash *el_report_order(const struct el_report *);

/* One visit of one person as an issuer named them; epoch is the visit's day.  EL_ENOMEM; EL_ELIMIT. */
EL_MUST_USE int el_report_add_person(struct el_report *, el_epoch, uint8_t issuer, const char *name, const char *phone,
    const struct el_report_visit *);
EL_MUST_USE int el_report_add_place(struct el_report *, el_epoch, const struct el_report_visit *);
/* One more visit of that day whose visitor got the notice.  EL_ELIMIT: more days than an order has. */
EL_MUST_USE int el_report_add_delivered(struct el_report *, el_epoch);
/* venue and minute are 0 where there is no place (a trace box that did not open). */
EL_MUST_USE int el_report_add_unverifiable(struct el_report *, el_epoch, uint32_t venue, uint32_t minute,
    const char *reason);

/* The plain form as JSON: people merged and sorted by phone.  NULL: no memory. */
json_t *el_report_to_json(struct el_report *);
/*
 * CSV for spreadsheets: UTF-8, CRLF, every text quoted, quotes doubled, control characters made spaces, and a text
 * that a spreadsheet would run as a formula (= + - @, also full-width, tab CR LF in front, behind spaces or quotes, too)
 * begun with an apostrophe.  Times are local ones.  bom: begin with U+FEFF.
 */
EL_MUST_USE int el_report_to_csv(struct el_report *, bool bom, struct el_buf *out);

/* Rows that the CSV has below its head: visits of people, places, what is unverifiable, days of notices. */
size_t el_report_rows(struct el_report *);
int64_t el_report_created(const struct el_report *);
enum el_order_kind el_report_kind(const struct el_report *);

/* ---- Report files ---- */
typedef int el_report_seal_fn(void *ctx, const struct el_hash *order, el_epoch, const void *in, size_t len,
    struct el_buf *out);

/*
 * The report file (12.7), malloc'ed text; every section goes through seal().  EL_ENOMEM, or what seal()
 * returned.
 */
EL_MUST_USE int el_report_file_encode(struct el_report *, el_report_seal_fn *seal, void *ctx, char **out);
/*
 * From a report file; every section goes through open(), and the days whose section does not open (their key
 * is destroyed: EL_ENOTFOUND) are counted in *n_gone.  Another failure of open() is returned.  EL_EFORMAT.
 */
EL_MUST_USE int el_report_file_parse(const uint8_t *text, size_t len, el_report_seal_fn *open, void *ctx,
    struct el_report **out, size_t *n_gone);
/* When a report file is due to go: the last of its days (of created, when it has none).  EL_EFORMAT. */
EL_MUST_USE int el_report_file_last(const uint8_t *text, size_t len, uint32_t day_offset_s, el_epoch *last);

/*
 * Sections under the report keys of the authority's keyring (kind 7): ad = "EL1-report" || order hash || epoch.
 * Sealing makes the day's key when there is none.  EL_ENOTFOUND: no key of that day (any more); EL_ECRYPTO.
 */
EL_MUST_USE int el_report_seal(struct el_keyring *, const struct el_hash *order, el_epoch, const void *in, size_t len,
    struct el_buf *out);
EL_MUST_USE int el_report_open(const struct el_keyring *, const struct el_hash *order, el_epoch, const void *in,
    size_t len, struct el_buf *out);

#endif
