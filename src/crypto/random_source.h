#ifndef EL_CRYPTO_RANDOM_SOURCE_H
#define EL_CRYPTO_RANDOM_SOURCE_H

/*
 * Where libsodium's random bytes come from in a daemon.  Every row, tag and ticket wants a nonce or a salt, and a
 * system call for each costs more than sealing what it is for.  So requests of at most EL_RANDOM_SMALL bytes are
 * served from a pool of the kernel's bytes, each of which is wiped as it is handed out; longer ones (keys, scalars)
 * go straight to the kernel.  No byte comes from anywhere but getrandom(2).
 *
 * A child never sees what its parent has left: the kernel empties the pool when a process forks, so none has to
 * ask who it is.  Where the kernel cannot (MADV_WIPEONFORK, Linux 4.14), nothing is pooled.  A process that shares
 * its memory with another one must not use this.
 */
#define EL_RANDOM_SMALL 24

/*
 * Make it libsodium's source: before el_crypto_init(), once, and before the first fork.  Without this call
 * libsodium asks the kernel each time.  As with libsodium's own source the process ends by abort() when the kernel
 * gives no random bytes.
 */
void el_random_source_install(void);

#endif
