#ifndef EL_ISSUER_REGISTRATION_H
#define EL_ISSUER_REGISTRATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/limits.h"
#include "base/text.h"
#include "entrylog/error.h"
#include "issuer/issuer_limits.h"

/*
 * Registrations that wait for their code (protocol 4.1): numbers, names and codes for three minutes, in the
 * memory of the sms process and nowhere else.  The answer tells nothing about the number.
 */
#define EL_REGISTRATION_ID_LEN 16

struct el_registration {
	uint8_t id[EL_REGISTRATION_ID_LEN];
	char name[EL_NAME_MAX + 1];
	struct el_phone phone;
	uint16_t consent;
	char code[EL_CODE_DIGITS + 1];
	int64_t expires_s;
};

struct el_registrations;

EL_MUST_USE int el_registrations_new(struct el_registrations **out);
void el_registrations_free(struct el_registrations *);

/*
 * Begin one; address: 16 bytes, IPv4-mapped, an IPv6 /64 counts as one.  On EL_CODE_OK *out is a copy, whose
 * code is to be sent and which the caller wipes.  rate_limited sets *retry_after_s; busy: too many are pending.
 */
enum el_code el_registrations_begin(struct el_registrations *, const uint8_t address[16], const char *name,
    const struct el_phone *, uint16_t consent, int64_t now_s, struct el_registration *out, unsigned *retry_after_s);
/*
 * Try a code.  wrong_code; unknown_registration: none, over its time or its tries, or its right code was given
 * before.  On EL_CODE_OK *out is a copy, the caller's to wipe, and the registration waits for one of the two
 * below.
 */
enum el_code el_registrations_verify(struct el_registrations *, const uint8_t id[EL_REGISTRATION_ID_LEN],
    const char *code, int64_t now_s, struct el_registration *out);
/* The visitor was admitted: it is used up. */
void el_registrations_done(struct el_registrations *, const uint8_t id[EL_REGISTRATION_ID_LEN]);
/* The visitor could not be admitted now: the code may be given again. */
void el_registrations_again(struct el_registrations *, const uint8_t id[EL_REGISTRATION_ID_LEN]);
/* Forget those over their time. */
void el_registrations_expire(struct el_registrations *, int64_t now_s);
size_t el_registrations_pending(const struct el_registrations *);

#endif
