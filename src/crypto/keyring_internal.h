#ifndef EL_CRYPTO_KEYRING_INTERNAL_H
#define EL_CRYPTO_KEYRING_INTERNAL_H

/* Tests end the process between two steps of a KEK change here; NULL in production. */
extern void (*el_keyring_step_hook)(int step);

#endif
