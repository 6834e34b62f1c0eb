#ifndef EL_TEST_POWER_CALLS_H
#define EL_TEST_POWER_CALLS_H

#include "disk.h"

/*
 * A program that contains calls.c has its own open, write, pwrite, ftruncate, fsync, fdatasync, rename, unlink, mkdir,
 * rmdir and close.  They stand before the C library's for the code under test and for SQLite's unix VFS alike, below
 * which they are: what SQLite asks for, and in which order, is seen and not guessed.  They do what is asked, but no
 * sync ever reaches the machine's disk.
 *
 * Between begin and end they also tell disk of everything below the folder root (absolute, without symbolic links),
 * which holds what disk->now says.  One at a time.
 */
void calls_begin(struct disk *disk, const char *root);
/* Ends the test unless root still holds what disk->now says: a call was not seen. */
void calls_end(void);

#endif
