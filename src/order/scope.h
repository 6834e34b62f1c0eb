#ifndef EL_ORDER_SCOPE_H
#define EL_ORDER_SCOPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "entrylog/types.h"

/* Scopes (protocol 12.4): what a party may look for, disclosed only to those who must see it. */
#define EL_SCOPE_VENUES_MAX 100
#define EL_SCOPE_PHONES_MAX 100
#define EL_SCOPE_MAX 8192 /* bytes of one scope */

enum el_scope_form {
	EL_SCOPE_VENUES,  /* contacts, registry: venues, from, to */
	EL_SCOPE_LINKS,	  /* contacts, issuer: the links opened under this order */
	EL_SCOPE_SECRETS, /* trace, registry: secrets opened under this order, from, to */
	EL_SCOPE_PHONES,  /* trace, issuer: phones */
	EL_SCOPE_NOTICE	  /* notice, issuer: the links opened under this order, template, day */
};

struct el_scope {
	enum el_scope_form form;
	uint32_t venues[EL_SCOPE_VENUES_MAX];
	size_t n_venues;
	int64_t from, to; /* 0 where the form has none */
	struct el_phone phones[EL_SCOPE_PHONES_MAX];
	size_t n_phones;
	uint16_t template; /* 0 where the form has none */
	el_epoch day;	   /* that the template's text speaks of */
};

/* {"party", "salt", "scope"} as it travels. */
struct el_disclosed {
	char party[EL_PARTY_NAME_MAX + 1];
	uint8_t salt[32];
	uint8_t scope[EL_SCOPE_MAX];
	size_t len;
};

/*
 * Every rule of 12.4; venues too stand there once each.  EL_EFORMAT, EL_ELIMIT, EL_ENOMEM; *out is zeroed then.
 * Phone numbers are personal data: el_scope_wipe().
 */
EL_MUST_USE int el_scope_parse(const uint8_t *in, size_t len, struct el_scope *out);
/* The rules are checked on the way.  EL_ELIMIT also: out is too small. */
EL_MUST_USE int el_scope_encode(const struct el_scope *, uint8_t *out, size_t size, size_t *len);
void el_scope_wipe(struct el_scope *);
/* SHA-256(u8 length || party || salt || scope). */
void el_scope_hash(const struct el_disclosed *, struct el_hash *out);
/* The scope's bytes are not parsed here.  EL_EFORMAT, EL_ELIMIT, EL_ENOMEM; *out is zeroed then. */
EL_MUST_USE int el_disclosed_from_json(const json_t *, struct el_disclosed *out);
json_t *el_disclosed_to_json(const struct el_disclosed *); /* NULL: no memory */
/*
 * Whether a visit lies inside the window, from rounded down to its minute (and, for EL_SCOPE_VENUES, at one of
 * the venues).  Nothing lies inside a scope without a window.
 */
bool el_scope_covers(const struct el_scope *, uint32_t venue, uint32_t minute);

#endif
