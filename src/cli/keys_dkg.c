#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/file.h"
#include "base/secret.h"
#include "cli/dkg_folder.h"
#include "cli/keys_dkg.h"
#include "cli/share_store.h"
#include "crypto/hash.h"

/*
 * entrylog keys dkg: the ceremony without a dealer (protocol 12.9), a trustee's steps.  Each reads the folder, says
 * one thing in it, and leaves the trustee's secret where it was: in --state, sealed to the trustee's key.
 */

#define STATE_MAX 4096

struct step {
	struct el_cli *cli;
	const char *folder, *state_path;
	struct el_dkg_plan plan;
	struct el_dkg *dkg;
	struct el_dkg_party *party;
	unsigned self;
};

static void
hash_text(const struct el_hash *h, char out[EL_BASE64URL_LEN(EL_HASH_LEN) + 1])
{
	el_base64url_encode(h->b, EL_HASH_LEN, out);
}

static int
read_key(struct step *s, uint8_t **key)
{
	const char *path = el_args_value(&s->cli->args, "key", NULL);
	int r;

	if ((r = el_keyfile_read(path, EL_PURPOSE_TRUSTEE, el_cli_passphrase, s->cli, key, NULL)) != EL_OK)
		el_cli_key_error(s->cli, r, path, EL_PURPOSE_TRUSTEE);
	return r;
}

/* Take this trustee's secret up again. */
static int
go_on(struct step *s)
{
	uint8_t *key = NULL, *text = NULL;
	size_t len;
	int r;

	if ((r = read_key(s, &key)) != EL_OK)
		return r;
	if ((r = el_file_read_private(s->state_path, STATE_MAX, &text, &len)) != EL_OK)
		el_cli_fail(s->cli, 0, "%s: %s", s->state_path,
		    r == EL_ENOTFOUND ? "not there: commit makes it, and accept destroys it" : el_strerror(r));
	else if ((r = el_dkg_party_open(&s->plan, key, text, len, &s->party)) != EL_OK)
		el_cli_fail(s->cli, 0, "%s: %s", s->state_path,
		    r == EL_EPERM ? "of another ceremony, or of another trustee" : el_strerror(r));
	else
		s->self = el_dkg_party_index(s->party);
	free(text);
	el_secret_free(key);
	return r;
}

/* A file that is not there yet: this trustee's own is a step that was left out, and nothing to go on without. */
static int
wait_for(const struct step *s, enum el_dkg_kind kind, unsigned trustee, unsigned to, const char *otherwise)
{
	static const char *const step_of[EL_DKG_KINDS] = { [EL_DKG_HASH] = "commit", [EL_DKG_REVEAL] = "reveal",
		[EL_DKG_SHARES] = "deal", [EL_DKG_COMPLAINT] = "check", [EL_DKG_ANSWER] = "answer",
		[EL_DKG_EPOCHS] = "finish" };

	if (trustee != s->self)
		return el_cli_dkg_wait(s->cli, kind, trustee, to, otherwise);
	el_cli_fail(s->cli, 0, "%s-%u.json, of trustee %u itself, is not in %s: %s first", el_dkg_kind_name(kind), trustee,
	    trustee, s->folder, step_of[kind]);
	return EL_EBUSY;
}

/* Whether to go on without a file of this trustee. */
static bool
without(const struct step *s, unsigned trustee)
{
	return trustee != s->self && el_cli_dkg_without(s->cli, trustee);
}

/* Take public files in and judge what they say; this trustee's own commitments must be among those that count. */
static int
judge(struct step *s, bool with_answers)
{
	int r;

	for (unsigned j = 1; j <= s->plan.n; j++)
		if (!el_dkg_has(s->dkg, EL_DKG_REVEAL, j) && !without(s, j))
			return wait_for(s, EL_DKG_REVEAL, j, 0, "it is disqualified");
	if ((r = el_dkg_judge(s->dkg, with_answers)) != EL_OK) {
		el_cli_fail(s->cli, 0, "%s",
		    r == EL_ESTATE ? "too few have revealed with the same hashes: begin anew, with another plan"
				   : el_strerror(r));
		return r;
	}
	if (!el_dkg_takes_part(s->dkg, s->self)) {
		el_cli_fail(s->cli, 0, "trustee %u, this one, does not take part: %s; compare folders with the others",
		    s->self, el_dkg_fault_text(el_dkg_fault(s->dkg, s->self)));
		return EL_ESTATE;
	}
	return EL_OK;
}

static int
receive(struct step *s, const char *otherwise)
{
	int r = EL_OK;

	for (unsigned i = 1; r == EL_OK && i <= s->plan.n; i++) {
		struct el_dkg_file f;

		if (i == s->self ||
		    (el_dkg_fault(s->dkg, i) != EL_DKG_GOOD && el_dkg_fault(s->dkg, i) != EL_DKG_ACCUSED))
			continue;
		if ((r = el_cli_dkg_read(s->cli, s->folder, EL_DKG_SHARES, i, s->self, &f)) == EL_ENOTFOUND) {
			r = without(s, i) ? EL_OK : wait_for(s, EL_DKG_SHARES, i, s->self, otherwise);
			continue;
		}
		if (r != EL_OK)
			break;
		if ((r = el_dkg_party_receive(s->party, &f)) != EL_OK)
			(void)el_cli_dkg_refuse(s->cli, EL_DKG_SHARES, i, s->self, r);
		el_dkg_file_wipe(&f);
	}
	return r;
}

/* --- the steps --- */

static int
step_commit(struct step *s)
{
	const char *dir = el_args_value(&s->cli->args, "dir", NULL);
	char plan[EL_BASE64URL_LEN(EL_HASH_LEN) + 1];
	struct el_trust *trust = NULL;
	uint8_t *key = NULL, *text = NULL;
	struct el_dkg_file f;
	size_t len;
	int r;

	if ((r = el_cli_trust(s->cli, dir, false, false, 0, &trust)) != EL_OK)
		return r;
	if ((r = el_dkg_plan_check(&s->plan, trust->policy)) != EL_OK) {
		el_cli_fail(s->cli, 0,
		    "%s/plan.json: REFUSED, it is not about the deployment, threshold and trustees of %s/policy.json",
		    s->folder, dir);
		goto out;
	}
	if ((r = read_key(s, &key)) != EL_OK)
		goto out;
	if ((r = el_dkg_party_new(&s->plan, key, &s->party)) != EL_OK) {
		el_cli_fail(s->cli, 0, "%s", r == EL_EPERM ? "this key is of no trustee of the plan" : el_strerror(r));
		goto out;
	}
	s->self = el_dkg_party_index(s->party);
	/* The secret is on the disk before anything is said that depends on it. */
	if ((r = el_dkg_party_save(s->party, &text, &len)) == EL_OK)
		r = el_file_create(s->state_path, 0600, text, len);
	if (r != EL_OK)
		el_cli_fail(s->cli, 0, "%s: %s; a state is never overwritten: if hash-%u.json has not been made, remove it and "
		    "commit again", s->state_path, el_strerror(r), s->self);
	else if ((r = el_dkg_party_hash(s->party, &f)) == EL_OK)
		r = el_cli_dkg_write(s->cli, s->folder, &f, 0);
	if (r != EL_OK)
		goto out;
	hash_text(&s->plan.hash, plan);
	if (s->cli->json)
		el_cli_json(json_pack("{s:i, s:s}", "trustee", (int)s->self, "plan", plan));
	else
		printf("Trustee %u has committed itself. Plan %s: days %u to %u, %u of %zu open.\n"
		       "All trustees read the plan's hash to each other; then exchange hash-N.json.\n"
		       "Only when all of them are there: reveal.\n",
		    s->self, plan, s->plan.first, s->plan.first + s->plan.days - 1, s->plan.threshold, s->plan.n);
out:
	free(text);
	el_secret_free(key);
	el_cli_trust_free(trust);
	return r;
}

static int
step_reveal(struct step *s)
{
	struct el_dkg_file f;
	int r;

	if ((r = el_cli_dkg_take(s->cli, s->folder, EL_DKG_HASH, s->dkg)) != EL_OK)
		return r;
	/* Whoever has not committed itself now could choose in view of what is revealed. */
	for (unsigned j = 1; j <= s->plan.n; j++)
		if (!el_dkg_has(s->dkg, EL_DKG_HASH, j) && !without(s, j))
			return wait_for(s, EL_DKG_HASH, j, 0, "it takes no part then, also if its hash comes later");
	if ((r = el_dkg_party_reveal(s->party, s->dkg, &f)) != EL_OK) {
		el_cli_fail(s->cli, 0, "%s", r == EL_ESTATE ? "this trustee's own hash file is not that of its state" :
		    el_strerror(r));
		return r;
	}
	if ((r = el_cli_dkg_write(s->cli, s->folder, &f, 0)) == EL_OK && !s->cli->json)
		printf("Trustee %u has revealed its commitments.\nExchange reveal-N.json; when all are there: deal.\n",
		    s->self);
	return r;
}

static int
step_deal(struct step *s)
{
	unsigned n = 0;
	int r;

	if ((r = judge(s, false)) != EL_OK)
		return r;
	for (unsigned j = 1; r == EL_OK && j <= s->plan.n; j++) {
		struct el_dkg_file f;

		if (j == s->self)
			continue;
		if (!el_dkg_takes_part(s->dkg, j)) {
			el_cli_note(
			    s->cli, "trustee %u gets no shares: %s", j, el_dkg_fault_text(el_dkg_fault(s->dkg, j)));
			continue;
		}
		if ((r = el_dkg_party_shares(s->party, s->dkg, j, &f)) != EL_OK)
			el_cli_error(s->cli, r, "shares");
		else if ((r = el_cli_dkg_write(s->cli, s->folder, &f, j)) == EL_OK)
			n++;
	}
	if (r == EL_OK && !s->cli->json)
		printf("Trustee %u has dealt to %u others.\n"
		       "Send each its shares-%u-to-N.json; when those for you are there: check.\n",
		    s->self, n, s->self);
	return r;
}

static int
step_check(struct step *s)
{
	size_t n, by[EL_TRUSTEES_MAX];
	struct el_dkg_file f;
	int r;

	if ((r = judge(s, false)) != EL_OK || (r = receive(s, "you complain, and it must publish your shares of its "
	    "polynomials; do so only if it refuses")) != EL_OK)
		return r;
	if ((r = el_dkg_party_complaint(s->party, s->dkg, &f, &n, by)) != EL_OK) {
		el_cli_error(s->cli, r, "complaint");
		return r;
	}
	if ((r = el_cli_dkg_write(s->cli, s->folder, &f, 0)) != EL_OK)
		return r;
	if (s->cli->json) {
		el_cli_json(json_pack("{s:i, s:I}", "trustee", (int)s->self, "complaints", (json_int_t)n));
		return EL_OK;
	}
	for (unsigned i = 1; i <= s->plan.n; i++)
		if (by[i - 1] != 0)
			printf("Trustee %u: %zu of %zu shares do NOT fit its commitments.\n", i, by[i - 1],
			    el_dkg_plan_keys(&s->plan));
	printf("%s\n"
	       "Exchange complaint-N.json, of those without a complaint, too; when all are there: answer, then finish.\n",
	    n == 0 ? "Every share fits its commitments: no complaint." : "They are named in the complaint.");
	return EL_OK;
}

/* The complaints of all who take part, and answers where somebody is accused. */
static int
take_complaints(struct step *s)
{
	int r;

	if ((r = el_cli_dkg_take(s->cli, s->folder, EL_DKG_COMPLAINT, s->dkg)) != EL_OK ||
	    (r = el_cli_dkg_take(s->cli, s->folder, EL_DKG_ANSWER, s->dkg)) != EL_OK || (r = judge(s, false)) != EL_OK)
		return r;
	for (unsigned j = 1; j <= s->plan.n; j++)
		if (el_dkg_takes_part(s->dkg, j) && !el_dkg_has(s->dkg, EL_DKG_COMPLAINT, j) && !without(s, j))
			return wait_for(s, EL_DKG_COMPLAINT, j, 0, "it complains of nothing then");
	return EL_OK;
}

static int
step_answer(struct step *s)
{
	struct el_dkg_file f;
	size_t n;
	int r;

	if ((r = take_complaints(s)) != EL_OK)
		return r;
	r = el_dkg_party_answer(s->party, s->dkg, &f, &n);
	if (r == EL_ENOTFOUND) {
		if (!s->cli->json)
			printf("Nobody complains of trustee %u: nothing to answer.\n", s->self);
		return EL_OK;
	}
	if (r == EL_ESTATE)
		el_cli_fail(s->cli, 0,
		    "%u trustees or more complain of trustee %u: to answer would give its polynomials away, and "
		    "it is disqualified",
		    s->plan.threshold, s->self);
	else if (r != EL_OK)
		el_cli_error(s->cli, r, "answer");
	if (r == EL_OK && (r = el_cli_dkg_write(s->cli, s->folder, &f, 0)) == EL_OK && !s->cli->json)
		printf("Trustee %u publishes %zu shares that were complained of.\nSend answer-%u.json to all.\n",
		    s->self, n, s->self);
	return r;
}

/* Judge everything; the sum, and this trustee's shares of it. */
static int
conclude(struct step *s, struct el_dkg_result *q, struct el_shares *shares)
{
	int r;

	memset(shares, 0, sizeof *shares);
	memset(q, 0, sizeof *q);
	if ((r = take_complaints(s)) != EL_OK)
		return r;
	for (unsigned i = 1; i <= s->plan.n; i++)
		for (unsigned j = 1; j <= s->plan.n; j++)
			if (el_dkg_fault(s->dkg, i) == EL_DKG_GOOD && el_dkg_complains(s->dkg, j, i) &&
			    !el_dkg_has(s->dkg, EL_DKG_ANSWER, i) && !without(s, i))
				return wait_for(s, EL_DKG_ANSWER, i, 0, "it is disqualified");
	if ((r = receive(s, "you have complained of it")) != EL_OK || (r = judge(s, true)) != EL_OK)
		return r;
	if ((r = el_dkg_sum(s->dkg, q)) != EL_OK)
		el_cli_fail(s->cli, 0, "%s",
		    r == EL_ESTATE ? "fewer trustees are qualified than open a box: the ceremony has failed, "
				     "begin anew with another plan"
				   : el_strerror(r));
	else if ((r = el_dkg_party_sum(s->party, s->dkg, q, shares)) != EL_OK)
		el_cli_fail(s->cli, 0, "%s",
		    r == EL_ECRYPTO ? "a share does not fit its commitments, and no answer to a complaint "
				      "holds another: check before finish"
				    : el_strerror(r));
	if (r != EL_OK)
		el_dkg_result_wipe(q);
	return r;
}

static int
step_finish(struct step *s)
{
	char text[EL_BASE64URL_LEN(EL_HASH_LEN) + 1];
	struct el_dkg_result q;
	struct el_shares shares;
	struct el_dkg_file f;
	struct el_hash hash;
	json_t *bad;
	int r;

	if ((r = conclude(s, &q, &shares)) != EL_OK)
		return r;
	el_shares_wipe(&shares);
	r = el_dkg_party_epochs(s->party, &q, &f);
	el_dkg_result_wipe(&q);
	if (r != EL_OK) {
		el_cli_error(s->cli, r, "epochs");
		return r;
	}
	el_sha256(f.doc, f.len, &hash);
	hash_text(&hash, text);
	if ((r = el_cli_dkg_write(s->cli, s->folder, &f, 0)) != EL_OK)
		return r;
	bad = json_array();
	for (unsigned i = 1; i <= s->plan.n; i++)
		if (el_dkg_fault(s->dkg, i) != EL_DKG_GOOD) {
			json_array_append_new(bad, json_integer((json_int_t)i));
			if (!s->cli->json)
				printf("Trustee %u is disqualified: %s.\n", i,
				    el_dkg_fault_text(el_dkg_fault(s->dkg, i)));
		}
	if (s->cli->json)
		el_cli_json(json_pack("{s:i, s:s, s:O}", "trustee", (int)s->self, "epochs", text, "disqualified", bad));
	else
		printf("Epochs %s\n"
		       "Every trustee must have this very hash: read it aloud. With any other, stop: not all have had the "
		       "same files.\n"
		       "Send epochs-%u.json to the root; when its bundle comes back: accept.\n",
		    text, s->self);
	json_decref(bad);
	return EL_OK;
}

/* The bundle as it came back from the root, this trustee's own sum, and only then the end of its state. */
static int
step_accept(struct step *s)
{
	const char *dir = el_args_value(&s->cli->args, "dir", NULL),
		   *share = el_args_value(&s->cli->args, "output", NULL);
	struct el_trust *trust = NULL;
	struct el_dkg_result q;
	struct el_shares shares;
	size_t n_added = 0;
	int64_t now;
	int r;

	if ((r = el_cli_trust_now(s->cli, dir, true, false, &trust, &now)) != EL_OK)
		return r;
	if ((r = conclude(s, &q, &shares)) != EL_OK)
		goto out;
	if ((r = el_dkg_plan_check(&s->plan, trust->policy)) != EL_OK ||
	    (r = el_dkg_check_bundle(&s->plan, &q, trust->bundle)) != EL_OK)
		el_cli_fail(s->cli, 0, "%s/bundle.json: REFUSED, %s: tell the other trustees", dir,
		    r == EL_ENOTFOUND ? "it lacks days of this ceremony"
				      : "its keys are not those that this ceremony made");
	else if ((r = el_cli_store_shares(s->cli, trust, dir, share, &shares, now, &n_added)) == EL_OK &&
	    (r = el_file_destroy(s->state_path)) != EL_OK)
		el_cli_error(s->cli, r, s->state_path);
	if (r == EL_OK && s->cli->json)
		el_cli_json(json_pack("{s:i, s:I, s:i, s:i, s:s}", "trustee", (int)s->self, "days", (json_int_t)n_added,
		    "first_epoch", (int)s->plan.first, "last_epoch", (int)(s->plan.first + s->plan.days - 1), "share",
		    share));
	else if (r == EL_OK)
		printf("Trustee %u holds its shares: %zu days stored in %s.\n"
		       "They fit the bundle, and nobody has held a whole key.\n"
		       "%s is destroyed, and with it all that was sealed to this trustee.\n"
		       "Next: run entrylog trustee purge %s every day.\n",
		    s->self, n_added, share, s->state_path, share);
out:
	el_shares_wipe(&shares);
	el_dkg_result_wipe(&q);
	el_cli_trust_free(trust);
	return r;
}

static const struct {
	const char *name;
	int (*run)(struct step *);
	bool begins, dir, output;
} steps[] = {
	{ "commit", step_commit, true, true, false },
	{ "reveal", step_reveal, false, false, false },
	{ "deal", step_deal, false, false, false },
	{ "check", step_check, false, false, false },
	{ "answer", step_answer, false, false, false },
	{ "finish", step_finish, false, false, false },
	{ "accept", step_accept, false, true, true },
};

static int
run_step(struct step *s, size_t i)
{
	int r;

	if ((r = el_cli_dkg_plan(s->cli, s->folder, &s->plan)) != EL_OK)
		return r;
	if ((r = el_dkg_new(&s->plan, &s->dkg)) == EL_OK && !steps[i].begins &&
	    ((r = go_on(s)) != EL_OK || (r = el_cli_dkg_take(s->cli, s->folder, EL_DKG_REVEAL, s->dkg)) != EL_OK))
		return r;
	if (r == EL_OK)
		r = steps[i].run(s);
	return r;
}

int
el_cli_keys_dkg(struct el_cli *c)
{
	struct step s = { .cli = c, .folder = el_args_at(&c->args, NULL, 1),
		.state_path = el_args_value(&c->args, "state", NULL) };
	const char *word = el_args_at(&c->args, NULL, 0);
	size_t i = 0;
	int r;

	while (word != NULL && i < sizeof steps / sizeof steps[0] && strcmp(steps[i].name, word) != 0)
		i++;
	if (i == sizeof steps / sizeof steps[0] && strcmp(word, "plan") != 0 && strcmp(word, "bundle") != 0) {
		el_cli_fail(c, 0, "%s: no step of the ceremony; they are plan, commit, reveal, deal, check, answer, finish, "
		    "bundle, accept", word);
		return el_cli_usage(c, NULL);
	}
	if (s.folder == NULL || el_args_count(&c->args, NULL) != 2)
		return el_cli_usage(c, "a step and the folder of the ceremony are needed");
	if (strcmp(word, "plan") == 0)
		return el_cli_keys_dkg_plan(c, s.folder);
	if (strcmp(word, "bundle") == 0)
		return el_cli_keys_dkg_bundle(c, s.folder);
	if (el_args_value(&c->args, "key", NULL) == NULL || s.state_path == NULL ||
	    (steps[i].dir && el_args_value(&c->args, "dir", NULL) == NULL) ||
	    (steps[i].output && el_args_value(&c->args, "output", NULL) == NULL))
		return el_cli_usage(c, "--key and --state are needed; for commit --dir, for accept --dir and -o SHARE");
	r = run_step(&s, i);
	el_dkg_party_free(s.party);
	el_dkg_free(s.dkg);
	return r == EL_EBUSY ? EL_EXIT_TEMPFAIL : el_cli_status(r);
}
