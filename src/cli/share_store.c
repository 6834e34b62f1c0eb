#include "cli/share_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"

int
el_cli_store_shares(const struct el_cli *c, const struct el_trust *trust, const char *dir, const char *share,
    const struct el_shares *shares, int64_t now_s, size_t *n_added)
{
	struct el_share_info info = { .trustee = shares->trustee, .day_offset = trust->policy->day_offset,
		.lab = trust->policy->lab };
	struct el_share_file *f = NULL;
	char *real;
	int r;

	*n_added = 0;
	el_base64url_encode(trust->root.b, sizeof trust->root.b, info.root);
	if ((real = realpath(dir, NULL)) == NULL || strlen(real) > 200) {
		free(real);
		el_cli_fail(c, 0, "%s: the path is too long", dir);
		return EL_ELIMIT;
	}
	snprintf(info.dir, sizeof info.dir, "%.200s", real);
	free(real);
	if ((r = el_share_file_create(share, &info, &f)) == EL_OK)
		r = el_share_file_add(f, shares, now_s, n_added);
	el_share_file_close(f);
	if (r != EL_OK)
		el_cli_fail(c, 0, "%s: %s", share, r == EL_EPERM ? "it holds shares of another trustee or deployment" :
		    el_strerror(r));
	return r;
}

int
el_cli_share_error(const struct el_cli *c, int err, const char *share)
{
	return el_cli_fail(c, el_cli_status(err), "%s: %s", share,
	    err == EL_EBUSY ? "in use by another program; try again" :
	    err == EL_ENOTFOUND ? "no share; entrylog trustee accept or keys dkg accept makes one" : el_strerror(err));
}
