#ifndef EL_ORDER_POLICY_H
#define EL_ORDER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "order/document.h"

/* Policy, bundle and directory (protocol 12.1-12.3): what the root key signs. */
#define EL_GROUP_MAX 31
#define EL_TITLE_MAX 100
#define EL_URL_MAX 200
#define EL_QUORUM_GROUPS_MAX 8
#define EL_ISSUER_KEYS_MAX 16
#define EL_TEMPLATES_MAX 32
#define EL_TEMPLATE_TEXT_MAX 400
#define EL_CAP_MAX 1000000

struct el_policy_trustee {
	unsigned index;
	char name[EL_TITLE_MAX + 1], group[EL_GROUP_MAX + 1];
	struct el_point box_key;
};
struct el_policy_officer {
	struct el_sign_pk key;
	char name[EL_TITLE_MAX + 1], group[EL_GROUP_MAX + 1];
	int64_t from, to;
};
struct el_policy_template {
	uint16_t number;
	char ko[EL_TEMPLATE_TEXT_MAX + 1], en[EL_TEMPLATE_TEXT_MAX + 1];
};
struct el_policy_witness {
	unsigned trustee;
	struct el_sign_pk key;
};
struct el_quorum {
	struct {
		char group[EL_GROUP_MAX + 1];
		unsigned count;
	} groups[EL_QUORUM_GROUPS_MAX];
	size_t n_groups;
};
struct el_policy {
	struct el_hash hash, deployment;
	uint64_t serial;
	int64_t not_after;
	uint32_t day_offset;
	bool lab;
	unsigned threshold;
	struct el_policy_trustee trustees[EL_TRUSTEES_MAX];
	size_t n_trustees;
	struct el_policy_officer officers[EL_OFFICERS_MAX];
	size_t n_officers;
	struct el_sign_pk revoked[EL_OFFICERS_MAX];
	size_t n_revoked;
	char health_group[EL_GROUP_MAX + 1];
	struct el_quorum quorums[EL_ORDER_KINDS];
	uint16_t consent;
	struct el_policy_template templates[EL_TEMPLATES_MAX];
	size_t n_templates;
	struct el_policy_witness witnesses[EL_TRUSTEES_MAX];
	size_t n_witnesses;
	uint32_t cap_items; /* items one party answers in a day under all orders; 0: the policy sets no cap */
};

struct el_epoch_keys {
	el_epoch epoch;
	struct el_point links[EL_TRUSTEES_MAX], traces[EL_TRUSTEES_MAX], recovery[EL_TRUSTEES_MAX]; /* [0..threshold) */
};
struct el_bundle {
	struct el_hash hash, deployment;
	uint64_t serial;
	int64_t not_after;
	unsigned threshold;
	struct {
		unsigned index;
		struct el_point box_key;
	} trustees[EL_TRUSTEES_MAX];
	size_t n_trustees;
	struct el_epoch_keys epochs[EL_EPOCHS_AHEAD_MAX];
	size_t n_epochs;
};

struct el_issuer_entry {
	uint8_t issuer;
	char name[EL_TITLE_MAX + 1], url[EL_URL_MAX + 1];
	struct {
		el_epoch from, to;
		struct el_sign_pk key;
	} keys[EL_ISSUER_KEYS_MAX];
	size_t n_keys;
	struct el_sign_pk answer_key;
	bool has_log_key;
	struct el_sign_pk log_key;
};
struct el_directory {
	struct el_hash hash, deployment;
	uint64_t serial;
	int64_t not_after;
	struct el_issuer_entry issuers[EL_ISSUERS_MAX];
	size_t n_issuers;
	struct {
		char name[EL_TITLE_MAX + 1], url[EL_URL_MAX + 1];
		struct el_sign_pk answer_key;
		bool has_log_key;
		struct el_sign_pk log_key;
	} registry;
};

/*
 * From a signed document: verifies the root's signature, then parses; every rule of 12.1-12.3 is checked
 * (threshold, groups outside the health authority, key ranges), and that deployment is root's.  Trustees stand
 * in order, the i-th with index i + 1, each with a box key of its own; an issuer's answer key signs no tokens.
 * EL_ECRYPTO: not signed by root; EL_EFORMAT; EL_ELIMIT; EL_ENOMEM.  *out is zeroed then.  Whether a document
 * has expired is not asked here.  These structs are large (a bundle some 200 KiB): allocate them.
 */
EL_MUST_USE int el_policy_open(const struct el_document *, const struct el_sign_pk *root, struct el_policy *out);
EL_MUST_USE int el_bundle_open(const struct el_document *, const struct el_sign_pk *root, struct el_bundle *out);
EL_MUST_USE int el_directory_open(const struct el_document *, const struct el_sign_pk *root, struct el_directory *out);
/*
 * The document bytes (unsigned) of a filled struct; *out malloc'ed, NULL on failure.  hash is not looked at;
 * the rules are checked on the way.
 */
EL_MUST_USE int el_policy_encode(const struct el_policy *, uint8_t **out, size_t *len);
EL_MUST_USE int el_bundle_encode(const struct el_bundle *, uint8_t **out, size_t *len);
EL_MUST_USE int el_directory_encode(const struct el_directory *, uint8_t **out, size_t *len);

const struct el_policy_template *el_policy_template(const struct el_policy *, uint64_t number); /* NULL: not in it */
/* Items that a party with this cap of its own answers in a day: the lower of the two. */
uint64_t el_policy_cap(const struct el_policy *, uint64_t own);
/* The key under which a trustee cosigns checkpoints; NULL: it is no witness. */
const struct el_sign_pk *el_policy_witness(const struct el_policy *, unsigned trustee);
const struct el_epoch_keys *el_bundle_epoch(const struct el_bundle *, el_epoch); /* NULL: not in it */
const struct el_issuer_entry *el_directory_issuer(const struct el_directory *, uint8_t issuer); /* NULL */
/* The key that signs this issuer's tokens of this epoch; NULL. */
const struct el_sign_pk *el_directory_token_key(const struct el_directory *, uint8_t issuer, el_epoch);

/*
 * The three documents as a daemon or tool holds them.  el_trust_load() reads them and refuses, on the first
 * load and on every later one into the same struct:
 *   EL_ENOTFOUND, EL_EIO, EL_EPERM, EL_ELIMIT, EL_ENOMEM: a file cannot be read or is not what its name says;
 *   EL_ECRYPTO, EL_EFORMAT: not signed by root, or against a rule of 12.1-12.3;
 *   EL_ESTATE: expired; of a lower serial than held, or of the same serial with other content; another root
 *   than held;
 *   EL_ECONFIG: bundle and policy disagree about threshold or trustees.
 * All or nothing: on failure *out is as it was.  On success the documents are new ones, so pointers into the
 * old ones are stale.  A part whose path is NULL stays as it was (NULL at first).
 */
struct el_trust {
	struct el_sign_pk root;
	struct el_hash deployment;
	struct el_policy *policy;
	struct el_bundle *bundle;
	struct el_directory *directory;
	struct el_document policy_doc, bundle_doc, directory_doc; /* to serve as they came */
};
EL_MUST_USE int el_trust_load(struct el_trust *out, const char *root_pub_path, const char *policy_path,
    const char *bundle_path, const char *directory_path, int64_t now_s);
void el_trust_wipe(struct el_trust *); /* a zeroed one is fine */

#endif
