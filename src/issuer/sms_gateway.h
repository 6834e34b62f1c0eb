#ifndef EL_ISSUER_SMS_GATEWAY_H
#define EL_ISSUER_SMS_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "entrylog/error.h"
#include "issuer/issuer_conf.h"
#include "issuer/issuer_limits.h"

/*
 * Hands messages to the SMS gateway, each by a process of its own, so that a slow gateway stops nobody.  Driver
 * command: a program gets one line of JSON {"to", "text"} on its standard input (never as an argument or in its
 * environment).  Driver webhook: the same object is posted to a URL.  At most EL_SMS_AT_ONCE run; one that takes
 * longer than EL_SMS_LIMIT_MS is killed.
 */
struct el_sms_gateway;

EL_MUST_USE int el_sms_gateway_new(const struct el_issuer_conf *, struct el_sms_gateway **out);
void el_sms_gateway_free(struct el_sms_gateway *); /* those that run are left to end */
/* Queue one.  EL_EBUSY: the queue is full; EL_ENOMEM. */
EL_MUST_USE int el_sms_gateway_send(struct el_sms_gateway *, const struct el_phone *to, const char *text);
/* Start what may start, reap what has ended, kill what takes too long: after every turn. */
void el_sms_gateway_step(struct el_sms_gateway *, int64_t mono_ms);
/* Descriptors that become readable when a process ends; at most EL_SMS_AT_ONCE. */
size_t el_sms_gateway_fds(const struct el_sms_gateway *, int out[EL_SMS_AT_ONCE]);
/* Messages that wait or are being handed over. */
size_t el_sms_gateway_pending(const struct el_sms_gateway *);

#endif
