#ifndef EL_TESTS_PUBLOG_WORLD_H
#define EL_TESTS_PUBLOG_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/sign.h"
#include "order/log_entry.h"
#include "order/log_proof.h"

/* What the tests of the public log share: a folder with subfolders, keys from small seeds, entries by number. */
#define PUBLOG_ORIGIN "entrylog/0123456789abcdef/registry"

/* cmocka setup and teardown; the state is the folder's name, which is removed with all that is in it. */
int publog_setup(void **state);
int publog_teardown(void **state);
void publog_remove(const char *dir);
#define with_folder(f) cmocka_unit_test_setup_teardown(f, publog_setup, publog_teardown)

/* dir/name; valid until sixteen more have been asked for. */
const char *publog_path(const char *dir, const char *name);

struct el_sign_key *publog_key(uint8_t seed); /* the caller's */

/* A valid entry; its length.  Its root is of a segment. */
size_t publog_segment_entry(el_epoch, uint32_t segment, uint8_t out[EL_ENTRY_MAX]);
/* That an order of this number was answered; its hash is publog_hash(n), its answer's publog_hash(n + 1000). */
size_t publog_order_entry(unsigned n, uint8_t out[EL_ENTRY_MAX]);
struct el_hash publog_hash(unsigned n);

#endif
