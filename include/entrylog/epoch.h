#ifndef ENTRYLOG_EPOCH_H
#define ENTRYLOG_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

#include "entrylog/types.h"

/*
 * Epoch arithmetic (protocol section 2): e = floor((t + day_offset) / 86400).  day_offset is signed in the
 * policy; times are Unix seconds, from 0 to the end of epoch 65535.  Later times give epoch 65535.
 */
el_epoch el_epoch_of(int64_t t_s, uint32_t day_offset_s);
int64_t el_epoch_start(el_epoch, uint32_t day_offset_s);
int64_t el_epoch_end(el_epoch, uint32_t day_offset_s); /* first second of the next epoch */
/* When the epoch must be destroyed: end(e) + 2 h + 28 d (section 9). */
int64_t el_epoch_destroy_at(el_epoch, uint32_t day_offset_s);

/* Whether a token of this epoch may be shown at shown_at: that day, or the first 2 h of the next. */
bool el_epoch_admits(el_epoch, int64_t shown_at_s, uint32_t day_offset_s);

#endif
