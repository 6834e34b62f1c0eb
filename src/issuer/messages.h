#ifndef EL_ISSUER_MESSAGES_H
#define EL_ISSUER_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"
#include "base/limits.h"
#include "base/text.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "issuer/draw.h"
#include "issuer/identities.h"
#include "issuer/notices.h"
#include "issuer/registration.h"
#include "issuer/tickets.h"
#include "issuer/traces.h"
#include "service/service.h"

/*
 * What passes between the issuer's processes.  One function a message describes both directions, so that
 * encoding and parsing cannot differ; exactly one encoding is valid.  encode: EL_ELIMIT, EL_ENOMEM (and a full
 * buffer's sticky error).  parse: EL_EFORMAT, EL_ELIMIT, EL_ENOMEM; what it allocates is the caller's to wipe,
 * also after a failure.
 */
enum el_issuer_msg_type {
	/* net -> sms; each is answered with its id */
	EL_IM_REGISTER = EL_MSG_ROLE, /* answered REGISTERED */
	EL_IM_VERIFY,		      /* answered ADMITTED */
	/* sms -> core */
	EL_IM_ADMIT, /* answered ADMITTED */
	/* net -> core */
	EL_IM_DAY,	  /* answered TICKET */
	EL_IM_VISITOR,	  /* answered ME, NOTICES or DONE */
	EL_IM_IDENTITIES, /* answered SEALED */
	EL_IM_TRACES,	  /* answered SEALED */
	/* net -> signer */
	EL_IM_DRAW, /* answered DRAWN */
	/* answers */
	EL_IM_REFUSED,
	EL_IM_REGISTERED,
	EL_IM_ADMITTED,
	EL_IM_TICKET,
	EL_IM_ME,
	EL_IM_NOTICES,
	EL_IM_DONE, /* no body */
	EL_IM_SEALED, /* the sealed bytes */
	EL_IM_DRAWN,
	/* unasked */
	EL_IM_PUBLIC, /* core -> net */
	EL_IM_DAYS    /* core -> signer: struct el_signer_days */
};

struct el_msg_refused {
	enum el_code code;
	uint32_t retry_after_s;
};

struct el_msg_register {
	uint8_t address[16];
	char name[EL_NAME_MAX + 1];
	struct el_phone phone;
	uint16_t consent;
};
struct el_msg_registered {
	uint8_t id[EL_REGISTRATION_ID_LEN];
	int64_t expires_s;
};
struct el_msg_verify {
	uint8_t id[EL_REGISTRATION_ID_LEN];
	char code[EL_CODE_DIGITS + 1];
};
struct el_msg_admit {
	char name[EL_NAME_MAX + 1];
	struct el_phone phone;
	uint16_t consent;
};
struct el_msg_admitted {
	uint8_t credential[EL_KEY_LEN];
	int64_t verified_until_s;
};

struct el_msg_day {
	uint8_t credential[EL_KEY_LEN];
	bool tomorrow;
};
enum el_visitor_action { EL_VISITOR_GET, EL_VISITOR_NOTICES, EL_VISITOR_WITHDRAW, EL_VISITOR_CONFIRM };
struct el_msg_visitor {
	uint8_t credential[EL_KEY_LEN];
	enum el_visitor_action action;
};

/* What every net process is told. */
struct el_msg_public {
	uint32_t day_offset;
	uint16_t consent;
	uint8_t *directory; /* JSON text of the signed document, malloc'ed */
	size_t directory_len;
};
void el_msg_public_wipe(struct el_msg_public *);

#define EL_ISSUER_MESSAGE(name, type)                                                                                  \
	EL_MUST_USE int el_msg_##name##_encode(type *, struct el_buf *);                                               \
	EL_MUST_USE int el_msg_##name##_parse(const uint8_t *in, size_t len, type *)

EL_ISSUER_MESSAGE(refused, struct el_msg_refused);
EL_ISSUER_MESSAGE(register, struct el_msg_register);
EL_ISSUER_MESSAGE(registered, struct el_msg_registered);
EL_ISSUER_MESSAGE(verify, struct el_msg_verify);
EL_ISSUER_MESSAGE(admit, struct el_msg_admit);
EL_ISSUER_MESSAGE(admitted, struct el_msg_admitted);
EL_ISSUER_MESSAGE(day, struct el_msg_day);
EL_ISSUER_MESSAGE(ticket, struct el_day_ticket);
EL_ISSUER_MESSAGE(visitor, struct el_msg_visitor);
EL_ISSUER_MESSAGE(me, struct el_me);
EL_ISSUER_MESSAGE(notices, struct el_notices);
EL_ISSUER_MESSAGE(identities, struct el_identities_call);
EL_ISSUER_MESSAGE(traces, struct el_traces_call);
EL_ISSUER_MESSAGE(draw, struct el_draw_request);
EL_ISSUER_MESSAGE(drawn, struct el_draw_result);
EL_ISSUER_MESSAGE(public, struct el_msg_public);
EL_ISSUER_MESSAGE(days, struct el_signer_days);

#undef EL_ISSUER_MESSAGE

#endif
