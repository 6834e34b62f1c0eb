#ifndef EL_TEST_POWER_LOG_H
#define EL_TEST_POWER_LOG_H

#include "trial.h"

/* The folder of a public log, whose entry i is a text of i, growing over the borders of tiles. */
extern const struct subject public_log;

#endif
