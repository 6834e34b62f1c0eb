/*
 * What a proxy says of its client.  An address that is read is read again from its one canonical text, what stands in
 * front of the last comma and the spaces around the element change nothing, and a refused value leaves the address
 * alone.  The text lies at the very end of its memory, so that a byte too far is seen.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "net/proxy.h"

#define CHECK(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
read_in(const char *before, const void *bytes, size_t len, const char *after, uint8_t out[EL_ADDRESS_LEN])
{
	const size_t b = strlen(before), a = strlen(after);
	char *const text = malloc(b + len + a + 1);
	int r;

	CHECK(text != NULL);
	memcpy(text, before, b);
	if (len > 0)
		memcpy(text + b, bytes, len);
	memcpy(text + b + len, after, a + 1);
	r = el_proxy_client(text, out);
	free(text);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t untouched[EL_ADDRESS_LEN] = { 1, 2, 3 };
	uint8_t one[EL_ADDRESS_LEN], two[EL_ADDRESS_LEN];
	char text[INET6_ADDRSTRLEN];
	int r;

	/* A header's value has no NUL: the server refuses it. */
	if (len > 4096 || memchr(data, '\0', len) != NULL)
		return 0;
	memcpy(one, untouched, sizeof one);
	memcpy(two, untouched, sizeof two);
	r = read_in("", data, len, "", one);
	CHECK(read_in("192.0.2.1, \t", data, len, " \t", two) == r);
	CHECK(memcmp(one, two, sizeof one) == 0);
	CHECK(read_in("", data, len, ",", two) == EL_EFORMAT);
	if (r != EL_OK) {
		CHECK(memcmp(one, untouched, sizeof one) == 0);
		return 0;
	}
	CHECK(inet_ntop(AF_INET6, one, text, sizeof text) != NULL);
	CHECK(read_in("", text, strlen(text), "", two) == EL_OK);
	CHECK(memcmp(one, two, sizeof one) == 0);
	return 0;
}
