#ifndef EL_NET_PROXY_H
#define EL_NET_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "entrylog/error.h"
#include "net/address.h"

/*
 * The proxies in front of a daemon that are believed when they say, in X-Forwarded-For, who their client is.  Addresses
 * are 16 bytes, IPv4 mapped into IPv6.
 */
struct el_proxies {
	size_t n;
	uint8_t at[EL_CONF_LIST_MAX][EL_ADDRESS_LEN];
};

/* From the configuration: plain IPv4 or IPv6 addresses, one an item.  EL_ECONFIG; then *out has none. */
EL_MUST_USE int el_proxies_read(const struct el_conf_list *, struct el_proxies *out);
bool el_proxies_has(const struct el_proxies *, const uint8_t a[EL_ADDRESS_LEN]);

/*
 * The last element of a header's value, which is what the proxy itself wrote or appended: an address without a port,
 * brackets or a zone.  What stands before it anybody may have sent, and it is not looked at.  EL_EFORMAT; then out is
 * not touched.
 */
EL_MUST_USE int el_proxy_client(const char *value, uint8_t out[EL_ADDRESS_LEN]);

#endif
