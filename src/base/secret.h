#ifndef EL_BASE_SECRET_H
#define EL_BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"

/* Long-lived secrets: guarded pages (sodium_malloc), locked, out of core dumps, wiped when freed. */
EL_MUST_USE int el_secret_new(size_t len, uint8_t **out); /* zeroed; EL_ENOMEM */
void el_secret_free(uint8_t *);				  /* NULL is fine */
void el_secret_wipe(void *, size_t len);		  /* short-lived secrets on the stack */

/* Call once at start of every program: libsodium and its self-checks.  EL_ESTATE: unfit library. */
EL_MUST_USE int el_secret_init(void);

#endif
