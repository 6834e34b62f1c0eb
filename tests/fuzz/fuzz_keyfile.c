/* A key file that is read is one that we would write: the secret or public half comes back byte for byte. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/keyfile.h"
#include "crypto/selftest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char path[64];

static void
begin(void)
{
	const int fd = memfd_create("keyfile", MFD_CLOEXEC);

	if (fd < 0 || el_crypto_init() != EL_OK)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
}

static void
put(const uint8_t *data, size_t len)
{
	const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0600) != 0 || el_fd_write(fd, data, len) != EL_OK)
		abort();
	close(fd);
}

/* A sealed file costs a second of Argon2; the shape before that is what is under test. */
static int
no_passphrase(void *ctx, char *out, size_t size)
{
	(void)ctx;
	(void)out;
	(void)size;
	return EL_ENOTFOUND;
}

static void
check_secret(const uint8_t *data, size_t len, enum el_purpose p)
{
	char text[200], b64[EL_BASE64URL_LEN(32) + 1], line[24] = "";
	uint8_t *secret, pub[32];
	el_epoch epoch = 0;

	if (el_keyfile_read(path, p, no_passphrase, NULL, &secret, &epoch) != EL_OK) {
		if (secret != NULL)
			abort();
		return;
	}
	if (p == EL_PURPOSE_PAIR)
		snprintf(line, sizeof line, "epoch %u\n", (unsigned)epoch);
	else if (el_keyfile_public(p, secret, pub) != EL_OK)
		abort(); /* a secret that has no public half */
	el_base64url_encode(secret, 32, b64);
	snprintf(text, sizeof text, "entrylog-key 1\npurpose %s\n%ssecret %s\n", el_purpose_name(p), line, b64);
	/* Leading zeros of an epoch are the one liberty. */
	if (p != EL_PURPOSE_PAIR && (strlen(text) != len || memcmp(text, data, len) != 0))
		abort();
	el_secret_free(secret);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t pub[32];

	if (path[0] == '\0')
		begin();
	if (len > 2000)
		return 0;
	put(data, len);
	for (enum el_purpose p = EL_PURPOSE_ROOT; p <= EL_PURPOSE_PAIR; p++) {
		check_secret(data, len, p);
		if (el_keyfile_read_public(path, p, pub) == EL_OK && len < 60)
			abort();
	}
	return 0;
}
