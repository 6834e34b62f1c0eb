#ifndef EL_TEST_POWER_BOOK_H
#define EL_TEST_POWER_BOOK_H

#include "trial.h"

/* The SQLite daybook: as the registry uses it, and as an issuer does. */
extern const struct subject book_of_visits, book_of_identities;

#endif
