#include <string.h>

#include "authority/log_audit.h"
#include "authority/order_file.h"
#include "crypto/hash.h"

/* The registry's log against those of issuers (protocol 12.10: what one party answered the other did, too). */

static void
say_error(struct el_reconcile *c, const char *party, const struct el_audit_order *o, const char *what)
{
	c->errors++;
	c->say(c->ctx, true, party, o, what);
}

static void
say_open(struct el_reconcile *c, const char *party, const struct el_audit_order *o, const char *what)
{
	if (c->strict) {
		say_error(c, party, o, what);
		return;
	}
	c->open++;
	c->say(c->ctx, false, party, o, what);
}

static bool
is_registry(const struct el_log_audit *a)
{
	return strcmp(a->party, "registry") == 0;
}

static const struct el_log_audit *
registry_of(const struct el_reconcile *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_registry(&c->audits[i]))
			return &c->audits[i];
	return NULL;
}

static bool
has_all_issuers(const struct el_reconcile *c)
{
	size_t have = 0;

	for (size_t i = 0; i < c->directory->n_issuers; i++)
		for (size_t k = 0; k < c->n; k++)
			if (el_party_issuer(c->audits[k].party) == c->directory->issuers[i].issuer) {
				have++;
				break;
			}
	return have == c->directory->n_issuers;
}

/* P-7.2 step 3: an issuer is asked for people with a release, which is logged before it is given. */
static void
check_issuer_order(
    struct el_reconcile *c, const struct el_log_audit *registry, const char *party, const struct el_audit_order *o)
{
	bool has_order = false, has_answer = false;

	for (size_t i = 0; i < registry->n_orders; i++) {
		const struct el_audit_order *const r = &registry->orders[i];

		if (!el_hash_eq(&r->order, &o->order))
			continue;
		has_order = true;
		if (r->kind != o->kind || !el_hash_eq(&r->answer, &o->answer))
			continue;
		has_answer = true;
		if (r->time_s <= o->time_s + EL_AUDIT_CLOCK_S)
			return;
	}
	say_error(c, party, o, !has_order ? "answered an order that is not in the registry's log: report it" :
	    !has_answer ? "answered with another release than the registry's log has: report it" :
			  "answered before the registry did: report it");
}

static bool
issuer_has(const struct el_reconcile *c, const struct el_audit_order *o)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; !is_registry(&c->audits[i]) && k < c->audits[i].n_orders; k++)
			if (el_hash_eq(&c->audits[i].orders[k].order, &o->order) && c->audits[i].orders[k].kind == o->kind)
				return true;
	return false;
}

static void
check_registry_order(struct el_reconcile *c, const struct el_audit_order *o, bool all)
{
	if (issuer_has(c, o))
		return;
	if (o->kind == EL_ORDER_TRACE && all)
		say_error(c, "registry", o, "answered a trace that is in no issuer's log: report it");
	else if (o->kind == EL_ORDER_TRACE)
		say_open(c, "registry", o, "answered a trace that is in none of these issuers' logs: give the other logs, too");
	else
		say_open(c, "registry", o, all ? "released rows, and no issuer was asked about them (yet)" :
						 "released rows, and none of these issuers was asked about them (yet)");
}

void
el_reconcile(struct el_reconcile *c)
{
	const struct el_log_audit *const registry = registry_of(c);
	const bool all = has_all_issuers(c);

	c->errors = c->open = 0;
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; !is_registry(&c->audits[i]) && k < c->audits[i].n_orders; k++) {
			const struct el_audit_order *const o = &c->audits[i].orders[k];

			if (o->kind == EL_ORDER_TRACE)
				continue; /* an issuer answers first; the registry need not be asked */
			if (registry != NULL)
				check_issuer_order(c, registry, c->audits[i].party, o);
			else
				say_open(c, c->audits[i].party, o, "is to be held against the registry's log: give it, too");
		}
	for (size_t k = 0; registry != NULL && k < registry->n_orders; k++)
		check_registry_order(c, &registry->orders[k], all);
}
