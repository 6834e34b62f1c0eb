#ifndef EL_TESTS_SCRATCH_H
#define EL_TESTS_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A folder of one test's own, as cmocka setup and teardown; the state is the folder's name. */
int scratch_setup(void **state);
int scratch_teardown(void **state); /* removes the files in it */

/* A name in the folder; valid until sixteen more have been asked for. */
const char *scratch_path(void **state, const char *name);
void scratch_write(const char *path, unsigned mode, const void *bytes, size_t len);
size_t scratch_read(const char *path, void *bytes, size_t max);
/* Whether any file of the folder holds these bytes / has a name with this ending. */
bool scratch_contains(void **state, const void *bytes, size_t len);
bool scratch_has_ending(void **state, const char *ending);

#define with_scratch(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

#endif
