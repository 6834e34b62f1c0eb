#ifndef EL_NET_ADDRESS_H
#define EL_NET_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "entrylog/error.h"

/* How many connections each client address holds.  Addresses are 16 bytes, IPv4 mapped into IPv6. */
#define EL_ADDRESS_LEN 16

struct el_addresses;

EL_MUST_USE int el_addresses_new(struct el_addresses **out); /* EL_ENOMEM, EL_EIO */
void el_addresses_free(struct el_addresses *);

/* Count one more connection of an address (of an IPv6 /64).  EL_EBUSY: it has max already; EL_ENOMEM. */
EL_MUST_USE int el_addresses_take(struct el_addresses *, const uint8_t a[EL_ADDRESS_LEN], unsigned max);
void el_addresses_give(struct el_addresses *, const uint8_t a[EL_ADDRESS_LEN]);

/* The 16 bytes of a socket address; zeros for what is no internet address. */
void el_address_of(const struct sockaddr_storage *, uint8_t out[EL_ADDRESS_LEN]);

#endif
