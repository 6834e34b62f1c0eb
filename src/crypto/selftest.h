#ifndef EL_CRYPTO_SELFTEST_H
#define EL_CRYPTO_SELFTEST_H

#include "entrylog/error.h"

/*
 * Start libsodium and show that it is one we can trust: it must refuse an Ed25519 key of mixed order
 * (CVE-2025-69277; Debian's fix keeps the version number, so only trying tells).  EL_ESTATE otherwise.
 * Every program calls this first.
 */
EL_MUST_USE int el_crypto_init(void);

#endif
