#include "proc/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "proc/harden_internal.h"

static int
no_core_files(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit now;

	if (setrlimit(RLIMIT_CORE, &none) != 0 || getrlimit(RLIMIT_CORE, &now) != 0 || now.rlim_cur != 0 ||
	    now.rlim_max != 0)
		return EL_ESTATE;
	return EL_OK;
}

static int
no_new_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return EL_ESTATE;
	return EL_OK;
}

int
el_harden(void)
{
	int r;

	if ((r = no_core_files()) != EL_OK || (r = el_harden_trace()) != EL_OK || (r = no_new_privileges()) != EL_OK)
		return r;
	return EL_OK;
}
