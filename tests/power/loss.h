#ifndef EL_TEST_POWER_LOSS_H
#define EL_TEST_POWER_LOSS_H

#include "disk.h"

/* Shared by disk.c and loss.c only: carry one operation out. */
void disk_apply(struct tree *, const struct disk_op *);

#endif
