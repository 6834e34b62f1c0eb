#include "entrylog/error.h"

const char *
el_strerror(int err)
{
	static const char *const text[] = {
		"ok",
		"not in the required form",
		"beyond a limit",
		"out of memory",
		"a file, database or socket failed",
		"a signature, seal or proof does not verify",
		"not found",
		"already exists",
		"not permitted",
		"busy",
		"bad configuration",
		"not at this moment",
		"the other side is gone",
		"the disk is full",
	};
	const int n = (int)(sizeof text / sizeof text[0]);

	return err <= 0 && -err < n ? text[-err] : "unknown error";
}
