#ifndef EL_PROC_HARDEN_H
#define EL_PROC_HARDEN_H

#include "entrylog/error.h"

/* No core files, no tracing by others, no new privileges; each checked.  Call before any key is read. */
EL_MUST_USE int el_harden(void);

#endif
