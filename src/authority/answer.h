#ifndef EL_AUTHORITY_ANSWER_H
#define EL_AUTHORITY_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "entrylog/error.h"
#include "order/document.h"
#include "order/log_proof.h"
#include "order/release.h"

/*
 * What parties answer to an executor's calls (protocol 12.5), after unsealing.  Parsers are strict and
 * verify no signature.
 */

/* {"sealed": b}; *out malloc'ed. */
EL_MUST_USE int el_answer_unwrap(const uint8_t *in, size_t len, uint8_t **out, size_t *out_len);

/* A further visit with the body of a released row, in the same day; proven like it, by its own path in its segment. */
struct el_listed {
	uint32_t index, segment, venue, minute;
	uint8_t flags;
	struct el_salt salt;
	struct el_path proof;
};
struct el_release_answer {
	struct el_document release;
	struct el_released *rows;
	size_t n_rows;
	struct el_listed *listed;
	size_t n_listed;
	struct el_log_proof proof;
};
EL_MUST_USE int el_release_answer_parse(const uint8_t *in, size_t len, struct el_release_answer *out);
void el_release_answer_wipe(struct el_release_answer *);
EL_MUST_USE int el_listed_from_json(const json_t *, struct el_listed *out);
json_t *el_listed_to_json(const struct el_listed *);

struct el_boxes_answer {
	struct el_document statement;
	uint8_t (*boxes)[EL_TRACE_BOX_LEN];
	struct el_commitment *commitments; /* n, too */
	size_t n;
	struct el_log_proof proof;
};
EL_MUST_USE int el_boxes_answer_parse(const uint8_t *in, size_t len, struct el_boxes_answer *out);
void el_boxes_answer_wipe(struct el_boxes_answer *);

/* One item of an identities answer: a person, or why not. */
struct el_person {
	char name[EL_NAME_MAX + 1];
	struct el_phone phone;
	char missing[64]; /* "": name and phone are there */
};
/* Exactly n people, each index 0..n-1 once, into out[index].  EL_EFORMAT otherwise. */
EL_MUST_USE int el_people_answer_parse(const uint8_t *in, size_t len, struct el_person *out, size_t n);
/*
 * A notices answer about n items: nobody's name, out[index].missing of those that reached nobody.  EL_EFORMAT also
 * when the count is not that of the others.
 */
EL_MUST_USE int el_delivered_answer_parse(const uint8_t *in, size_t len, struct el_person *out, size_t n);

#endif
