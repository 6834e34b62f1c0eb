#ifndef EL_TEST_POWER_RING_H
#define EL_TEST_POWER_RING_H

#include "trial.h"

/* A keyring whose KEK is in another folder, and dies with every destruction. */
extern const struct subject keyring;

/* libsodium's random numbers follow from a seed from here on; before anything uses them. */
void ring_use_seeded_random(void);

#endif
