#include "proc/harden.h"

#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proc/harden_internal.h"

#define BIND_NOW "LD_BIND_NOW" /* ld.so(8) */

int
el_harden_bind(char *const argv[])
{
	const char *const bound = getenv(BIND_NOW), *const program = (const char *)getauxval(AT_EXECFN);

	if (bound != NULL && bound[0] != '\0')
		return EL_OK;
	if (setenv(BIND_NOW, "1", 1) != 0)
		return EL_ENOMEM;
	if (program != NULL) /* not /proc/self/exe, of which the process would be named "exe" */
		(void)execv(program, argv);
	return EL_ESTATE;
}

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
