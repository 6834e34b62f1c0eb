#include "entrylog/epoch.h"

#include "base/limits.h"

el_epoch
el_epoch_of(int64_t t_s, uint32_t day_offset_s)
{
	int64_t e;

	if (t_s < 0)
		return 0;
	if (t_s >= (int64_t)UINT16_MAX * EL_DAY_S) /* before the sum, which could overflow */
		return UINT16_MAX;
	e = (t_s + day_offset_s) / EL_DAY_S;
	return e > UINT16_MAX ? UINT16_MAX : (el_epoch)e;
}

int64_t
el_epoch_start(el_epoch e, uint32_t day_offset_s)
{
	return (int64_t)e * EL_DAY_S - day_offset_s;
}

int64_t
el_epoch_end(el_epoch e, uint32_t day_offset_s)
{
	return el_epoch_start(e, day_offset_s) + EL_DAY_S;
}

int64_t
el_epoch_destroy_at(el_epoch e, uint32_t day_offset_s)
{
	return el_epoch_end(e, day_offset_s) + EL_TOKEN_GRACE_S + EL_RETENTION_S;
}

bool
el_epoch_admits(el_epoch e, int64_t shown_at_s, uint32_t day_offset_s)
{
	return shown_at_s >= el_epoch_start(e, day_offset_s) &&
	    shown_at_s < el_epoch_end(e, day_offset_s) + EL_TOKEN_GRACE_S;
}
