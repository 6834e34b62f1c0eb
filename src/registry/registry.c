#include "registry/registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "crypto/keyfile.h"
#include "publog/publish.h"
#include "registry/group.h"
#include "registry/roles.h"

#define PATH_SIZE 512

static int
load_answer_key(struct el_registry *g)
{
	uint8_t *seed = NULL;
	int r = el_keyfile_read(g->conf->answer_key_file, EL_PURPOSE_ANSWER, NULL, NULL, &seed, NULL);

	if (r == EL_OK)
		r = el_sign_key_new(seed, &g->answer_key);
	el_secret_free(seed);
	return r;
}

static int
open_stores(struct el_registry *g)
{
	const struct el_service_conf *const c = &g->conf->service;
	const struct el_daybook_options options = { .hourly = true, .segment_rows = (uint32_t)g->conf->lab_segment_rows };
	char keyring[PATH_SIZE], visits[PATH_SIZE], db[PATH_SIZE];
	int r;

	if ((r = el_dir_make(c->data_dir)) != EL_OK ||
	    (r = el_path_join(keyring, sizeof keyring, c->data_dir, "keyring")) != EL_OK ||
	    (r = el_path_join(visits, sizeof visits, c->data_dir, "visits")) != EL_OK ||
	    (r = el_path_join(db, sizeof db, c->data_dir, "registry.db")) != EL_OK ||
	    (r = el_keyring_open(keyring, c->kek_file, EL_PARTY_REGISTRY, &g->keyring)) != EL_OK ||
	    (r = el_daybook_sqlite_open(visits, &options, &g->daybook)) != EL_OK ||
	    (r = el_registry_db_open(db, &g->db)) != EL_OK)
		return r;
	el_keyring_reserve(g->keyring);
	return EL_OK;
}

static int
open_memory(struct el_registry *g)
{
	int r;

	if ((r = el_scanners_new(&g->scanners)) != EL_OK || (r = el_scanners_load(g->scanners, g->db)) != EL_OK ||
	    (r = el_venues_init(&g->venues, g->db, g->scanners)) != EL_OK || (r = el_seen_new(&g->seen)) != EL_OK ||
	    (r = el_days_new(g->conf, g->keyring, el_registry_day_offset(g), &g->days)) != EL_OK ||
	    (r = el_group_new(&g->group)) != EL_OK)
		return r;
	return el_nonces_new(&g->nonces);
}

int
el_registry_open(const struct el_registry_conf *conf, int64_t now_s, struct el_registry **out)
{
	struct el_registry *g;
	unsigned accepted;
	int r;

	*out = NULL;
	if ((g = calloc(1, sizeof *g)) == NULL)
		return EL_ENOMEM;
	g->conf = conf;
	if ((r = el_service_trust(&conf->service, now_s, &g->trust)) != EL_OK)
		goto out;
	g->day_offset = g->trust.policy->day_offset;
	if ((r = load_answer_key(g)) != EL_OK || (r = open_stores(g)) != EL_OK ||
	    (r = el_publog_open(conf->service.data_dir, EL_REGISTRY_LOG, &g->publog)) != EL_OK ||
	    (r = el_service_accept(&conf->service, &g->trust, &accepted)) != EL_OK || (r = open_memory(g)) != EL_OK)
		goto out;
	el_publog_say_documents(g->publog, &g->trust, accepted, now_s);
	*out = g;
	g = NULL; /* now the caller's */
out:
	el_registry_close(g);
	return r;
}

void
el_registry_close(struct el_registry *g)
{
	if (g == NULL)
		return;
	el_nonces_free(g->nonces);
	el_group_free(g->group);
	el_days_free(g->days);
	el_seen_free(g->seen);
	el_venues_wipe(&g->venues);
	el_scanners_free(g->scanners);
	el_publog_close(g->publog);
	el_registry_db_close(g->db);
	el_daybook_close(g->daybook);
	el_keyring_close(g->keyring);
	el_sign_key_free(g->answer_key);
	el_trust_wipe(&g->trust);
	free(g);
}

int
el_registry_reload(struct el_registry *g, int64_t now_s)
{
	unsigned accepted;
	int r;

	if ((r = el_service_trust(&g->conf->service, now_s, &g->trust)) != EL_OK)
		return r;
	/* What is stored would be filed under another day; this process goes on with the days it began with. */
	if (g->trust.policy->day_offset != g->day_offset)
		return EL_ESTATE;
	if ((r = el_service_accept(&g->conf->service, &g->trust, &accepted)) == EL_OK)
		el_publog_say_documents(g->publog, &g->trust, accepted, now_s);
	return r;
}
