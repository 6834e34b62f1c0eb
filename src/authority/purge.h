#ifndef EL_AUTHORITY_PURGE_H
#define EL_AUTHORITY_PURGE_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * The files of the authority that go with their days (protocol section 9), apart from keys of its keyring:
 * data_dir/reports, data_dir/orders (an order with everything beside it, requests, partials), and the demo
 * trustees' shares data_dir/trustees/NAME/share.
 */
struct el_purge_count {
	size_t reports, orders, other; /* files due */
	size_t shares;		       /* share files with due days */
	uint8_t due[65536 / 8];	       /* the days they belong to, one bit each; a file counts under its last day */
};

/* Count what is due; nothing is changed.  Large: keep it on the heap. */
EL_MUST_USE int el_authority_purge_count(const char *data_dir, int64_t now_s, uint32_t day_offset_s,
    struct el_purge_count *out);
/* Destroy it.  A file that cannot be destroyed does not keep the others; the first error is returned. */
EL_MUST_USE int el_authority_purge_files(const char *data_dir, int64_t now_s, uint32_t day_offset_s, size_t *n_gone);

#endif
