#include "cli/log_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "net/client.h"

#define TIMEOUT_S 20

int
el_cli_fetch_party(void *ctx, const char *party, const char *path, uint8_t *out, size_t max, size_t *len)
{
	const char *const base = el_log_party_url(ctx, party);

	return base != NULL ? el_client_get(base, path, TIMEOUT_S, out, max, len) : EL_ENOTFOUND;
}

/* A folder is what stands under /log: "/log/checkpoint" is its file "checkpoint". */
static int
read_folder(const char *dir, const char *path, uint8_t *out, size_t max, size_t *len)
{
	char name[EL_CLI_PATH];
	uint8_t *bytes = NULL;
	int r;

	*len = 0;
	if ((r = el_path_join(name, sizeof name, dir, path + strlen("/log/"))) != EL_OK)
		return r;
	if ((r = el_file_read(name, max, &bytes, len)) == EL_OK && *len > 0)
		memcpy(out, bytes, *len);
	free(bytes);
	return r;
}

int
el_cli_fetch_at(void *ctx, const char *party, const char *path, uint8_t *out, size_t max, size_t *len)
{
	const char *const at = ctx;

	(void)party;
	return strstr(at, "://") != NULL ? el_client_get(at, path, TIMEOUT_S, out, max, len) :
	    read_folder(at, path, out, max, len);
}
