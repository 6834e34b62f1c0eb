#ifndef EL_PROC_HARDEN_INTERNAL_H
#define EL_PROC_HARDEN_INTERNAL_H

#include "entrylog/error.h"

/* Nobody may trace this process or read its memory; checked.  EL_ESTATE.  Does nothing in sanitizer builds. */
EL_MUST_USE int el_harden_trace(void);

#endif
