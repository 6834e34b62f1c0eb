#include "issuer/issuer.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "crypto/keyfile.h"
#include "issuer/roles.h"
#include "publog/publish.h"

#define PATH_SIZE 512

static int
load_answer_key(struct el_issuer *s)
{
	uint8_t *seed = NULL;
	int r = el_keyfile_read(s->conf->answer_key_file, EL_PURPOSE_ANSWER, NULL, NULL, &seed, NULL);

	if (r == EL_OK)
		r = el_sign_key_new(seed, &s->answer_key);
	el_secret_free(seed);
	return r;
}

/* Statements under a key that the directory does not name would be refused by everyone. */
static int
check_directory(const struct el_issuer *s)
{
	const struct el_issuer_entry *const e = el_directory_issuer(s->trust.directory, s->number);

	return e != NULL && el_sign_pk_eq(&e->answer_key, el_sign_key_pk(s->answer_key)) ? EL_OK : EL_ECONFIG;
}

static int
open_stores(struct el_issuer *s)
{
	const struct el_service_conf *const c = &s->conf->service;
	const struct el_daybook_options options = { .hourly = false };
	char keyring[PATH_SIZE], identities[PATH_SIZE], db[PATH_SIZE];
	int r;

	if ((r = el_dir_make(c->data_dir)) != EL_OK ||
	    (r = el_path_join(keyring, sizeof keyring, c->data_dir, "keyring")) != EL_OK ||
	    (r = el_path_join(identities, sizeof identities, c->data_dir, "identities")) != EL_OK ||
	    (r = el_path_join(db, sizeof db, c->data_dir, "issuer.db")) != EL_OK ||
	    (r = el_keyring_open(keyring, c->kek_file, EL_PARTY_ISSUER, &s->keyring)) != EL_OK ||
	    (r = el_daybook_sqlite_open(identities, &options, &s->daybook)) != EL_OK ||
	    (r = el_issuer_db_open(db, &s->db)) != EL_OK)
		return r;
	el_keyring_reserve(s->keyring);
	el_issuer_keys_init(&s->keys, s->conf, s->keyring, s->daybook, el_issuer_day_offset(s));
	return EL_OK;
}

int
el_issuer_open(const struct el_issuer_conf *conf, int64_t now_s, struct el_issuer **out)
{
	struct el_issuer *s;
	unsigned accepted;
	int r;

	*out = NULL;
	if ((s = calloc(1, sizeof *s)) == NULL)
		return EL_ENOMEM;
	s->conf = conf;
	s->number = (uint8_t)conf->issuer;
	el_issuer_conf_party(conf, s->party);
	if ((r = el_service_trust(&conf->service, now_s, &s->trust)) != EL_OK || (r = load_answer_key(s)) != EL_OK ||
	    (r = check_directory(s)) != EL_OK || (r = open_stores(s)) != EL_OK ||
	    (r = el_publog_open(conf->service.data_dir, EL_ISSUER_LOG, &s->publog)) != EL_OK ||
	    (r = el_service_accept(&conf->service, &s->trust, &accepted)) != EL_OK || (r = el_drawn_new(&s->drawn)) != EL_OK ||
	    (r = el_nonces_new(&s->nonces)) != EL_OK) {
		el_issuer_close(s);
		return r;
	}
	el_publog_say_documents(s->publog, &s->trust, accepted, now_s);
	*out = s;
	return EL_OK;
}

void
el_issuer_close(struct el_issuer *s)
{
	if (s == NULL)
		return;
	el_nonces_free(s->nonces);
	el_drawn_free(s->drawn);
	el_identity_group_wipe(&s->group);
	el_publog_close(s->publog);
	el_issuer_db_close(s->db);
	el_daybook_close(s->daybook);
	el_keyring_close(s->keyring);
	el_sign_key_free(s->answer_key);
	el_trust_wipe(&s->trust);
	free(s);
}

int
el_issuer_reload(struct el_issuer *s, int64_t now_s)
{
	const uint32_t day_offset = el_issuer_day_offset(s);
	unsigned accepted;
	int r;

	if ((r = el_service_trust(&s->conf->service, now_s, &s->trust)) != EL_OK)
		return r;
	/* The days of a deployment never move: what is stored would be filed under another one. */
	if (el_issuer_day_offset(s) != day_offset)
		return EL_ESTATE;
	if ((r = el_service_accept(&s->conf->service, &s->trust, &accepted)) == EL_OK)
		el_publog_say_documents(s->publog, &s->trust, accepted, now_s);
	return r;
}

static void
ticket_refused(void *ctx, el_epoch epoch, const uint8_t who[EL_AUTHENTICATOR_LEN])
{
	struct el_issuer *const s = ctx;

	el_drawn_give(s->drawn, who, epoch);
	s->counters.tickets--;
	s->counters.tickets_refused++;
}

int
el_issuer_commit(struct el_issuer *s)
{
	const int r = el_identity_group_commit(&s->group, s->daybook, ticket_refused, s);

	if (r != EL_ESPACE)
		return r;
	s->is_full = s->was_full = true;
	return EL_OK;
}
