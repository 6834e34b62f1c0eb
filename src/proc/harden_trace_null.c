#include "proc/harden_internal.h"

int
el_harden_trace(void)
{
	return EL_OK;
}
