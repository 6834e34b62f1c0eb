#ifndef EL_TEST_DAYBOOK_CONFORMANCE_H
#define EL_TEST_DAYBOOK_CONFORMANCE_H

#include "daybook_rows.h"

/* Opens or creates a daybook that lives in folder dir, so that the same dir is the same daybook. */
typedef int daybook_opener(const char *dir, const struct el_daybook_options *, struct el_daybook **out);

/* Run what every daybook must do against one backend; returns the number of failures, for main(). */
int daybook_conformance(const char *backend, daybook_opener *open, daybook_worker *worker);

#endif
