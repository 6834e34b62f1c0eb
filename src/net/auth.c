#include "net/auth.h"

#include <string.h>
#include <strings.h>

#include "base/base64url.h"
#include "base/secret.h"

#define BEARER_LEN 32
#define TICKET_LEN 90

_Static_assert(TICKET_LEN <= EL_CREDENTIAL_MAX, "a ticket fits");

static int
parse_bearer(const char *p, size_t len, struct el_credential *out)
{
	if (strncasecmp(p, "Bearer ", 7) != 0)
		return EL_EFORMAT;
	out->len = len;
	return el_base64url_exact(p + 7, out->b, len);
}

/* A field `name=` of exactly len bytes in base64url, followed by end. */
static int
field_bytes(const char **p, const char *name, uint8_t *out, size_t len, char end)
{
	const size_t name_len = strlen(name), text_len = EL_BASE64URL_LEN(len);
	size_t n;

	if (strncmp(*p, name, name_len) != 0)
		return EL_EFORMAT;
	*p += name_len;
	if (strnlen(*p, text_len + 1) < text_len || (*p)[text_len] != end)
		return EL_EFORMAT;
	if (el_base64url_decode(*p, text_len, out, len, &n) != EL_OK || n != len)
		return EL_EFORMAT;
	*p += text_len + (end != '\0' ? 1 : 0);
	return EL_OK;
}

/* Decimal without sign or leading zero, at most 18 digits. */
static int
field_time(const char **p, uint64_t *out)
{
	size_t n;

	*out = 0;
	if (strncmp(*p, "time=", 5) != 0)
		return EL_EFORMAT;
	*p += 5;
	if (**p == '0')
		return EL_EFORMAT;
	for (n = 0; n < 18 && **p >= '0' && **p <= '9'; n++)
		*out = *out * 10 + (uint64_t)(*(*p)++ - '0');
	if (n == 0 || **p != ',')
		return EL_EFORMAT;
	(*p)++;
	return EL_OK;
}

static int
parse_executor(const char *p, struct el_credential *out)
{
	int r;

	if (strncmp(p, "EL1 ", 4) != 0)
		return EL_EFORMAT;
	p += 4;
	if ((r = field_bytes(&p, "key=", out->key, sizeof out->key, ',')) != EL_OK ||
	    (r = field_time(&p, &out->time_s)) != EL_OK ||
	    (r = field_bytes(&p, "nonce=", out->nonce, sizeof out->nonce, ',')) != EL_OK ||
	    (r = field_bytes(&p, "sig=", out->sig, sizeof out->sig, '\0')) != EL_OK)
		return r;
	return EL_OK;
}

enum el_code
el_auth_parse(enum el_auth auth, const char *authorization, struct el_credential *out)
{
	int r = EL_EFORMAT;

	if (auth == EL_AUTH_PUBLIC)
		return EL_CODE_OK;
	if (authorization != NULL) {
		switch (auth) {
		case EL_AUTH_VISITOR:
		case EL_AUTH_SCANNER:
		case EL_AUTH_OWNER:
		case EL_AUTH_OPERATOR:
			r = parse_bearer(authorization, BEARER_LEN, out);
			break;
		case EL_AUTH_TICKET:
			r = parse_bearer(authorization, TICKET_LEN, out);
			break;
		case EL_AUTH_EXECUTOR:
			r = parse_executor(authorization, out);
			break;
		case EL_AUTH_UNSET:
		case EL_AUTH_PUBLIC:
			break;
		}
	}
	if (r == EL_OK)
		return EL_CODE_OK;
	el_secret_wipe(out, sizeof *out);
	return auth == EL_AUTH_TICKET ? EL_CODE_TICKET_INVALID : EL_CODE_UNAUTHORIZED;
}
