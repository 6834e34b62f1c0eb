#ifndef EL_ISSUER_CLOSE_DAY_H
#define EL_ISSUER_CLOSE_DAY_H

#include <stdbool.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "issuer/issuer.h"

/*
 * The close of a day (protocol section 6): its rows are rewritten sorted by tag under K_id, and only then is
 * K_live destroyed, so that the order of arrival, which could be matched with the registry's minutes, is gone.
 * After a crash between the two the next call goes on.  Days that are due to be destroyed are left alone.
 * *changed: something was closed.  A failure is final.
 */
EL_MUST_USE int el_close_days(struct el_issuer *, int64_t now_s, bool *changed);

#endif
