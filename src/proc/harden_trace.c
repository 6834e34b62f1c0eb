#include <sys/prctl.h>

#include "proc/harden_internal.h"

int
el_harden_trace(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return EL_ESTATE;
	return EL_OK;
}
