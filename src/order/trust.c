#include <stdlib.h>
#include <string.h>

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "order/order_internal.h"
#include "order/policy.h"

/* What all three documents have, to judge a new one against the one held. */
struct edition {
	uint64_t serial;
	int64_t not_after;
	const struct el_hash *hash;
};

static int
check_edition(const struct edition *new, const struct edition *held, int64_t now_s)
{
	if (now_s >= new->not_after)
		return EL_ESTATE;
	if (held == NULL)
		return EL_OK;
	/* Two documents with one serial: root has said two things, and which is newer nobody knows. */
	if (new->serial < held->serial || (new->serial == held->serial && !el_hash_eq(new->hash, held->hash)))
		return EL_ESTATE;
	return EL_OK;
}

#define EDITION(d) (&(struct edition){ (d)->serial, (d)->not_after, &(d)->hash })

static int
load_policy(const struct el_trust *held, struct el_trust *t, const char *path, int64_t now_s)
{
	int r;

	if ((t->policy = calloc(1, sizeof *t->policy)) == NULL)
		return EL_ENOMEM;
	if ((r = el_document_read(path, &t->policy_doc)) != EL_OK ||
	    (r = el_policy_open(&t->policy_doc, &t->root, t->policy)) != EL_OK)
		return r;
	return check_edition(EDITION(t->policy), held->policy != NULL ? EDITION(held->policy) : NULL, now_s);
}

static int
load_bundle(const struct el_trust *held, struct el_trust *t, const char *path, int64_t now_s)
{
	int r;

	if ((t->bundle = calloc(1, sizeof *t->bundle)) == NULL)
		return EL_ENOMEM;
	if ((r = el_document_read(path, &t->bundle_doc)) != EL_OK ||
	    (r = el_bundle_open(&t->bundle_doc, &t->root, t->bundle)) != EL_OK)
		return r;
	return check_edition(EDITION(t->bundle), held->bundle != NULL ? EDITION(held->bundle) : NULL, now_s);
}

static int
load_directory(const struct el_trust *held, struct el_trust *t, const char *path, int64_t now_s)
{
	int r;

	if ((t->directory = calloc(1, sizeof *t->directory)) == NULL)
		return EL_ENOMEM;
	if ((r = el_document_read(path, &t->directory_doc)) != EL_OK ||
	    (r = el_directory_open(&t->directory_doc, &t->root, t->directory)) != EL_OK)
		return r;
	return check_edition(EDITION(t->directory), held->directory != NULL ? EDITION(held->directory) : NULL, now_s);
}

/*
 * The policy's rules about trustees (how many, how many of the health authority) mean nothing for a bundle
 * whose shares went to others.
 */
static int
check_trustees(const struct el_policy *p, const struct el_bundle *b)
{
	if (p == NULL || b == NULL)
		return EL_OK;
	if (p->threshold != b->threshold || p->n_trustees != b->n_trustees)
		return EL_ECONFIG;
	for (size_t i = 0; i < p->n_trustees; i++)
		if (!el_point_eq(&p->trustees[i].box_key, &b->trustees[i].box_key))
			return EL_ECONFIG;
	return EL_OK;
}

static int
load_root(const struct el_trust *held, struct el_trust *t, const char *path)
{
	uint8_t b[32];
	int r;

	if ((r = el_keyfile_read_public(path, EL_PURPOSE_ROOT, b)) != EL_OK ||
	    (r = el_sign_pk_parse(b, &t->root)) != EL_OK)
		return r;
	el_sha256(t->root.b, sizeof t->root.b, &t->deployment);
	/* Serials are one root's; a zeroed struct holds none yet. */
	if (!el_is_zero(held->root.b, sizeof held->root.b) && !el_sign_pk_eq(&held->root, &t->root))
		return EL_ESTATE;
	return EL_OK;
}

static void
move_document(struct el_document *to, struct el_document *from)
{
	el_document_wipe(to);
	*to = *from;
	memset(from, 0, sizeof *from);
}

/* Move what was loaded to where it is held; nothing can fail any more. */
static void
move_parts(struct el_trust *to, struct el_trust *from)
{
	to->root = from->root;
	to->deployment = from->deployment;
	if (from->policy != NULL) {
		free(to->policy);
		to->policy = from->policy;
		from->policy = NULL;
		move_document(&to->policy_doc, &from->policy_doc);
	}
	if (from->bundle != NULL) {
		free(to->bundle);
		to->bundle = from->bundle;
		from->bundle = NULL;
		move_document(&to->bundle_doc, &from->bundle_doc);
	}
	if (from->directory != NULL) {
		free(to->directory);
		to->directory = from->directory;
		from->directory = NULL;
		move_document(&to->directory_doc, &from->directory_doc);
	}
}

int
el_trust_load(struct el_trust *out, const char *root_pub_path, const char *policy_path, const char *bundle_path,
    const char *directory_path, int64_t now_s)
{
	struct el_trust *t = calloc(1, sizeof *t);
	int r;

	if (t == NULL)
		return EL_ENOMEM;
	if ((r = load_root(out, t, root_pub_path)) != EL_OK ||
	    (policy_path != NULL && (r = load_policy(out, t, policy_path, now_s)) != EL_OK) ||
	    (bundle_path != NULL && (r = load_bundle(out, t, bundle_path, now_s)) != EL_OK) ||
	    (directory_path != NULL && (r = load_directory(out, t, directory_path, now_s)) != EL_OK) ||
	    (r = check_trustees(
		 t->policy != NULL ? t->policy : out->policy, t->bundle != NULL ? t->bundle : out->bundle)) != EL_OK)
		goto out;
	move_parts(out, t);
out:
	el_trust_wipe(t);
	free(t);
	return r;
}

void
el_trust_wipe(struct el_trust *t)
{
	free(t->policy);
	free(t->bundle);
	free(t->directory);
	el_document_wipe(&t->policy_doc);
	el_document_wipe(&t->bundle_doc);
	el_document_wipe(&t->directory_doc);
	memset(t, 0, sizeof *t);
}
