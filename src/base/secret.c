#include "base/secret.h"

#include <sodium.h>
#include <string.h>

int
el_secret_new(size_t len, uint8_t **out)
{
	if ((*out = sodium_malloc(len)) == NULL)
		return EL_ENOMEM;
	memset(*out, 0, len);
	return EL_OK;
}

void
el_secret_free(uint8_t *p)
{
	sodium_free(p);
}

void
el_secret_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}

int
el_secret_init(void)
{
	return sodium_init() < 0 ? EL_ESTATE : EL_OK;
}
