#ifndef EL_BASE_FILE_H
#define EL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "entrylog/error.h"

/*
 * Read a whole regular file of at most max bytes.  *out is malloc'ed (one byte longer, NUL-terminated)
 * and the caller's.  "-" reads standard input.  EL_ENOTFOUND, EL_EIO, EL_ELIMIT, EL_ENOMEM.
 */
EL_MUST_USE int el_file_read(const char *path, size_t max, uint8_t **out, size_t *len);

/* As el_file_read, but refuses (EL_EPERM) a file that others may read or that is not ours or root's. */
EL_MUST_USE int el_file_read_private(const char *path, size_t max, uint8_t **out, size_t *len);

/*
 * Replace path atomically and durably: write path.tmp, fsync, rename, fsync the folder.  EL_ESPACE: the old file is
 * as it was; EL_EIO: which of the two a crash would leave is unknown.
 */
EL_MUST_USE int el_file_replace(const char *path, mode_t mode, const void *in, size_t len);

/*
 * Create path (EL_EEXIST if there is one), write and fsync it, fsync the folder; nothing is left on failure.
 * EL_ESPACE, EL_EIO.
 */
EL_MUST_USE int el_file_create(const char *path, mode_t mode, const void *in, size_t len);

/* Make a folder with mode 0700 if it is not there; durable on return either way.  EL_ESPACE, EL_EIO, EL_ELIMIT. */
EL_MUST_USE int el_dir_make(const char *path);
EL_MUST_USE int el_dir_sync(const char *path);
/* fsync the folder that contains path. */
EL_MUST_USE int el_dir_sync_parent(const char *path);

/* Overwrite with random bytes, fdatasync, unlink, fsync the folder.  A missing file is EL_OK. */
EL_MUST_USE int el_file_destroy(const char *path);

/* Join two path parts into out; EL_ELIMIT when it does not fit. */
EL_MUST_USE int el_path_join(char *out, size_t size, const char *dir, const char *name);

/* Write all of it to a descriptor, resuming after signals.  EL_ESPACE or EL_EIO: a part may have been written. */
EL_MUST_USE int el_fd_write(int fd, const void *in, size_t len);

#endif
