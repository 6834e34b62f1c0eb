#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"

#define JUMP_S 3600
#define OFFSET_MAX_S ((int64_t)200 * 366 * 86400)

int64_t
el_clock_now(const struct el_clock *c)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec + c->offset_s;
}

int64_t
el_clock_monotonic_ms(void)
{
	struct timespec ts;

	/* BOOTTIME also counts suspended time, as the wall clock does. */
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
el_clock_read_file(const char *path, int64_t *offset_s)
{
	uint8_t *text = NULL;
	size_t len;
	char digits[24], *end;
	long long v;
	int r;

	*offset_s = 0;
	if ((r = el_file_read(path, sizeof digits - 1, &text, &len)) != EL_OK)
		return r;
	memcpy(digits, text, len);
	digits[len] = '\0';
	free(text);
	digits[strcspn(digits, "\r\n")] = '\0';
	errno = 0;
	v = strtoll(digits, &end, 10);
	if (end == digits || *end != '\0' || errno != 0 || v > OFFSET_MAX_S || v < -OFFSET_MAX_S)
		return EL_EFORMAT;
	*offset_s = v;
	return EL_OK;
}

void
el_clock_watch_step(struct el_clock_watch *w, int64_t wall_s, int64_t mono_ms)
{
	if (w->started) {
		const int64_t drift = (wall_s - w->wall_s) - (mono_ms - w->mono_ms) / 1000;

		if (drift > JUMP_S || drift < -JUMP_S)
			w->jumped = true;
	}
	w->started = true;
	w->wall_s = wall_s;
	w->mono_ms = mono_ms;
}

void
el_clock_watch_reset(struct el_clock_watch *w)
{
	w->jumped = false;
	w->started = false;
}
