#ifndef EL_AUTHORITY_ROLES_H
#define EL_AUTHORITY_ROLES_H

#include "authority/authority_conf.h"
#include "proc/family.h"
#include "service/service.h"

/* The kinds of processes of the authority, and their lives. */
enum el_authority_kind { EL_AUTHORITY_CORE, EL_AUTHORITY_NET, EL_AUTHORITY_CLOCK, EL_AUTHORITY_WITNESS, EL_AUTHORITY_KINDS };

int el_authority_core_run(struct el_child *, void *conf);
int el_authority_net_run(struct el_child *, void *conf);
/*
 * A trustee's only process that calls others: it looks at public logs, has the witness' key and what was seen
 * (data_dir/witness), and no share.
 */
int el_authority_witness_run(struct el_child *, void *conf);

/*
 * Messages between them.
 *	DOCUMENTS  core -> net: policy, bundle, directory as JSON text, each a blob
 *	PARTIALS   net -> core: key 32, nonce 16, sig 64, time u64, then the body as it came
 *	ANSWER     core -> net: the partials as JSON text
 *	REFUSED    core -> net: u16 enum el_code
 *	VOUCH      core -> witness: u8 trustee, the party and the checkpoint's note, each a blob
 *	VOUCHED    witness -> core: u16 enum el_code, the cosignature line or nothing as a blob, then the log's history
 */
enum el_authority_msg { EL_AM_DOCUMENTS = EL_MSG_ROLE, EL_AM_PARTIALS, EL_AM_ANSWER, EL_AM_REFUSED,
	EL_AM_VOUCH, EL_AM_VOUCHED };

#endif
