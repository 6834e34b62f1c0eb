#ifndef EL_PROC_HARDEN_H
#define EL_PROC_HARDEN_H

#include "entrylog/error.h"

/*
 * Have every function of every library bound before main, by a start anew of this program with LD_BIND_NOW, once: the
 * dynamic linker binds what is called later at its first call, and saves the vector registers on the stack for it, with
 * whatever was copied last (a name, a token).  Link options say it for our own calls only, not for a library's.
 * Call first of all: it returns in the second life, or with EL_ENOMEM or EL_ESTATE where that one cannot begin.
 */
EL_MUST_USE int el_harden_bind(char *const argv[]);

/* No core files, no tracing by others, no new privileges; each checked.  Call before any key is read. */
EL_MUST_USE int el_harden(void);

#endif
