#ifndef EL_BASE_CLOCK_H
#define EL_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "entrylog/error.h"

/*
 * Time for the outermost layer; domain code takes `now` as an argument.  In lab mode only, a signed
 * offset shifts the wall clock (docs/architecture.md, lab mode).
 */
struct el_clock {
	int64_t offset_s;
};

int64_t el_clock_now(const struct el_clock *); /* Unix seconds, shifted */
int64_t el_clock_monotonic_ms(void);	       /* never shifted */

/* Read a lab clock file: one signed number of seconds, at most 20 characters.  EL_EIO, EL_EFORMAT. */
EL_MUST_USE int el_clock_read_file(const char *path, int64_t *offset_s);

/*
 * Watches the wall clock against the monotonic one.  After a jump of more than an hour `jumped` stays
 * set until el_clock_watch_reset(), and nothing may be destroyed (protocol section 9).
 */
struct el_clock_watch {
	int64_t wall_s, mono_ms;
	bool started, jumped;
};
void el_clock_watch_step(struct el_clock_watch *, int64_t wall_s, int64_t mono_ms);
void el_clock_watch_reset(struct el_clock_watch *);

#endif
