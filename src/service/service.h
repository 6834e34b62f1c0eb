#ifndef EL_SERVICE_SERVICE_H
#define EL_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/limits.h"
#include "entrylog/error.h"
#include "net/net.h"
#include "net/pages.h"
#include "order/policy.h"
#include "proc/family.h"

/*
 * What the three daemons have in common and no role owns: options and configuration, the trust documents
 * and their serials, readiness, the clock rules of protocol section 9.
 */

/* ---- Configuration and main ---- */

/* The keys that every daemon knows; a role's configuration struct embeds this first. */
struct el_service_conf {
	char listen[EL_CONF_STR_MAX + 1];
	char operator_listen[EL_CONF_STR_MAX + 1];   /* "": none */
	char data_dir[EL_CONF_STR_MAX + 1];
	char kek_file[EL_CONF_STR_MAX + 1];
	char root_key_file[EL_CONF_STR_MAX + 1];     /* the root's public key file */
	char policy_file[EL_CONF_STR_MAX + 1];
	char bundle_file[EL_CONF_STR_MAX + 1];
	char directory_file[EL_CONF_STR_MAX + 1];
	char operator_key_file[EL_CONF_STR_MAX + 1]; /* SHA-256 of the operator's bearer key, base64url; "": none */
	uint64_t net_processes;
	struct el_conf_list time_peers;
	struct el_conf_list trusted_proxies; /* addresses that may say who their client is */
	bool lab;
	char lab_clock[EL_CONF_STR_MAX + 1];
};

/* Rows of the configuration table for them; type is the role's struct, in which `service` is first. */
#define EL_SERVICE_KEYS(type)                                                                                          \
	{ "listen", EL_CONF_STR, offsetof(type, service.listen), 1, 63, NULL },                                        \
	{ "operator_listen", EL_CONF_STR, offsetof(type, service.operator_listen), 1, 63, "" },                        \
	{ "data_dir", EL_CONF_PATH, offsetof(type, service.data_dir), 1, 200, NULL },                                  \
	{ "kek_file", EL_CONF_PATH, offsetof(type, service.kek_file), 1, 200, NULL },                                  \
	{ "root_key_file", EL_CONF_PATH, offsetof(type, service.root_key_file), 1, 200, NULL },                        \
	{ "policy_file", EL_CONF_PATH, offsetof(type, service.policy_file), 1, 200, NULL },                            \
	{ "bundle_file", EL_CONF_PATH, offsetof(type, service.bundle_file), 1, 200, NULL },                            \
	{ "directory_file", EL_CONF_PATH, offsetof(type, service.directory_file), 1, 200, NULL },                      \
	{ "operator_key_file", EL_CONF_PATH, offsetof(type, service.operator_key_file), 1, 200, "" },                  \
	{ "net_processes", EL_CONF_UINT, offsetof(type, service.net_processes), 1, EL_FAMILY_COUNT_MAX, "2" },         \
	{ "time_peer", EL_CONF_LIST, offsetof(type, service.time_peers), 1, EL_CONF_STR_MAX, NULL },                   \
	{ "trusted_proxy", EL_CONF_LIST, offsetof(type, service.trusted_proxies), 2, 45, NULL },                       \
	{ "lab", EL_CONF_BOOL, offsetof(type, service.lab), 0, 0, "no" },                                              \
	{ "lab_clock", EL_CONF_PATH, offsetof(type, service.lab_clock), 1, 200, "" }

struct el_service_role {
	const char *name;			/* "registry" */
	const struct el_conf_key *conf_keys;
	size_t conf_size;
	/*
	 * Further checks of -t and of the start (key files readable and of their purpose, paths): EL_ECONFIG with
	 * one line in message.
	 */
	int (*check)(const void *conf, char message[EL_CONF_STR_MAX + 1]);
	/* Fill kinds and links of the family from the configuration (counts); both arrays are the role's. */
	void (*family)(const void *conf, struct el_family *);
};

/*
 * The whole of a daemon's main: --config FILE, -t, -T, --version; el_harden_bind() (all of main runs twice until then),
 * el_random_source_install(), el_crypto_init(), el_harden(), listening sockets, the family.  Returns the exit status
 * (sysexits: 64 usage, 78 configuration).  In lab mode every output says so.  family.ctx is the configuration.
 */
int el_service_main(int argc, char **argv, const struct el_service_role *);

/* Load root key, policy, bundle, directory by the configuration; checks lab against the policy. */
EL_MUST_USE int el_service_trust(const struct el_service_conf *, int64_t now_s, struct el_trust *);
/*
 * Refuse a document whose serial is lower than one accepted before (data_dir/accepted), else remember it,
 * durably, and log its acceptance.  core only.  EL_EPERM; EL_EIO.  *accepted, unless NULL: the documents of a higher
 * serial than before, one bit each (policy 1, bundle 2, directory 4).
 */
EL_MUST_USE int el_service_accept(const struct el_service_conf *, const struct el_trust *, unsigned *accepted);
/* Whether a bearer key (32 bytes) is the operator's: constant time against the hash in operator_key_file. */
bool el_service_is_operator(const struct el_service_conf *, const uint8_t *key, size_t len);

/* ---- Messages that every family knows; a role's own types begin at EL_MSG_ROLE ---- */
#define EL_MSG_STATE 1	   /* core -> net: struct el_service_state */
#define EL_MSG_PEER_TIME 2 /* clock -> core: i64 time of a peer */
#define EL_MSG_ROLE 16

/* What /readyz tells; `serving` false means: nothing but /healthz, /readyz and /v1/time. */
struct el_service_state {
	bool serving, store_ok, clock_ok, keys_ok, purge_on_time;
	uint16_t key_days; /* days of epoch keys left in the bundle, today included */
	uint64_t counters[16]; /* for /metrics; the role names them */
};
void el_service_push_state(struct el_worker *, unsigned net_kind, const struct el_service_state *);
EL_MUST_USE int el_service_parse_state(const struct el_msg *, struct el_service_state *out);

/* ---- In the net process ---- */
/*
 * The routes /healthz, /readyz and /v1/time: put EL_SERVICE_ROUTES in the role's table.  The role's net
 * context embeds struct el_service_net first; its gate goes into el_net_role.gate and answers `not_ready`
 * to everything else until core says that it serves.
 */
struct el_service_net {
	struct el_service_state state;
	bool has_state;
	bool lab;
	const struct el_page *pages; /* of the role; set where the net process starts */
};
el_http_handler el_service_healthz, el_service_readyz, el_service_time;
el_http_handler el_service_page; /* of a role's routes to its pages, which are served whatever core says */
#define EL_SERVICE_ROUTES                                                                                              \
	{ "GET", "/healthz", EL_AUTH_PUBLIC, 0, el_service_healthz },                                                  \
	{ "GET", "/readyz", EL_AUTH_PUBLIC, 0, el_service_readyz },                                                    \
	{ "GET", "/v1/time", EL_AUTH_PUBLIC, 0, el_service_time }
bool el_service_gate(void *ctx, struct el_http_request *); /* true: answered, the route is not called */

/* ---- The clock process: asks time_peers for /v1/time while core waits for a second opinion ---- */
int el_service_clock_run(struct el_child *, void *conf, unsigned core_kind);

/* ---- Clock rules (protocol section 9), pure ---- */
/*
 * Whether epochs may be destroyed now.  While running, a wall-clock jump of over an hour against the
 * monotonic clock stops destruction until the operator's word or a restart; at start, destroying more than
 * one epoch needs a second opinion (a peer within 5 minutes) or the operator's word, and until then
 * nothing is served.
 */
enum el_guard { EL_GUARD_ALLOW, EL_GUARD_JUMPED, EL_GUARD_UNCONFIRMED };
struct el_clock_guard {
	struct el_clock_watch watch;
	bool started, confirmed, logged;
};
/* Once a tick; due: epochs that would be destroyed now. */
enum el_guard el_clock_guard_step(struct el_clock_guard *, int64_t wall_s, int64_t mono_ms, size_t due);
void el_clock_guard_peer(struct el_clock_guard *, int64_t wall_s, int64_t peer_s); /* a second opinion */
void el_clock_guard_confirm(struct el_clock_guard *);				    /* the operator's word */

#endif
