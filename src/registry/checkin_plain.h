#ifndef EL_REGISTRY_CHECKIN_PLAIN_H
#define EL_REGISTRY_CHECKIN_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/checkin.h"

/*
 * Check-ins in the plain form in which scanners write them: JSON objects whose strings have no escapes, read
 * straight from the body.  What is accepted here is read alike by checkin_json.c (a fuzz target compares the two);
 * whatever is not, malformed or merely unusual, is false and theirs to judge, and nothing of *out counts then.
 */
bool el_checkin_plain(const uint8_t *body, size_t len, struct el_checkin *out);
/* A batch without sealed items; at most max items, and *n of them. */
bool el_checkin_plain_batch(const uint8_t *body, size_t len, struct el_checkin *out, size_t max, size_t *n);

#endif
