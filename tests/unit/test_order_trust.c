#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "crypto/keyfile.h"
#include "order/rjson.h"
#include "test_order_world.h"

/* Root's three documents in a folder, as a daemon finds them at start and at every reload. */
struct fixture {
	char dir[32], root[64], pub[64], policy[64], bundle[64], directory[64];
	struct el_trust trust;
	struct el_document doc;
};

static void
write_root(struct fixture *f, enum world_key key)
{
	uint8_t seed[32];

	unlink(f->root);
	unlink(f->pub);
	memset(seed, (int)key, sizeof seed);
	assert_int_equal(el_keyfile_create(f->root, EL_PURPOSE_ROOT, seed, 0, NULL), EL_OK);
}

static void
write_document(struct fixture *f, const char *path, void (*make)(struct el_document *))
{
	make(&f->doc);
	assert_int_equal(el_document_write(path, 0644, &f->doc), EL_OK);
	el_document_wipe(&f->doc);
}

/* Write what make() gives with some fields changed. */
static void
write_edited(struct fixture *f, const char *path, void (*make)(struct el_document *), const char *label,
    const char *field, const char *text)
{
	json_t *json, *edited;

	make(&f->doc);
	json = world_json(&f->doc);
	el_document_wipe(&f->doc);
	edited = world_edit(json, field, text);
	world_document(edited, KEY_ROOT, label, &f->doc);
	assert_int_equal(el_document_write(path, 0644, &f->doc), EL_OK);
	el_document_wipe(&f->doc);
	json_decref(edited);
	json_decref(json);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	strcpy(f->dir, "/tmp/el-trust-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->root, sizeof f->root, "%s/root", f->dir);
	snprintf(f->pub, sizeof f->pub, "%s/root.pub", f->dir);
	snprintf(f->policy, sizeof f->policy, "%s/policy", f->dir);
	snprintf(f->bundle, sizeof f->bundle, "%s/bundle", f->dir);
	snprintf(f->directory, sizeof f->directory, "%s/directory", f->dir);
	write_root(f, KEY_ROOT);
	write_document(f, f->policy, world_policy_document);
	write_document(f, f->bundle, world_bundle_document);
	write_document(f, f->directory, world_directory_document);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	el_trust_wipe(&f->trust);
	unlink(f->root);
	unlink(f->pub);
	unlink(f->policy);
	unlink(f->bundle);
	unlink(f->directory);
	rmdir(f->dir);
	free(f);
	return 0;
}

static int
load(struct fixture *f, int64_t now_s)
{
	return el_trust_load(&f->trust, f->pub, f->policy, f->bundle, f->directory, now_s);
}

/* A reload is refused and what is held stays. */
static void
assert_kept(struct fixture *f, int err)
{
	const struct el_policy *policy = f->trust.policy;
	const struct el_bundle *bundle = f->trust.bundle;
	const struct el_directory *directory = f->trust.directory;
	const uint8_t *doc = f->trust.policy_doc.doc;

	assert_int_equal(load(f, NOW), err);
	assert_ptr_equal(f->trust.policy, policy);
	assert_ptr_equal(f->trust.bundle, bundle);
	assert_ptr_equal(f->trust.directory, directory);
	assert_ptr_equal(f->trust.policy_doc.doc, doc);
	if (policy != NULL)
		assert_int_equal(f->trust.policy->serial, 5);
}

static void
loads_the_three_documents_and_serves_them_as_they_came(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, NOW), EL_OK);
	assert_int_equal(f->trust.policy->serial, 5);
	assert_int_equal(f->trust.bundle->n_epochs, 3);
	assert_int_equal(f->trust.directory->n_issuers, 1);
	assert_memory_equal(&f->trust.root, world_pk(KEY_ROOT), sizeof f->trust.root);
	assert_memory_equal(&f->trust.deployment, &f->trust.policy->deployment, sizeof f->trust.deployment);
	assert_memory_equal(&f->trust.bundle_doc.hash, &f->trust.bundle->hash, sizeof f->trust.bundle->hash);
	/* The same again is no downgrade. */
	assert_int_equal(load(f, NOW), EL_OK);
}

static void
loads_only_the_parts_it_is_given(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(el_trust_load(&f->trust, f->pub, NULL, NULL, f->directory, NOW), EL_OK);
	assert_null(f->trust.policy);
	assert_null(f->trust.bundle);
	assert_non_null(f->trust.directory);
	assert_int_equal(el_trust_load(&f->trust, f->pub, f->policy, NULL, NULL, NOW), EL_OK);
	assert_non_null(f->trust.policy);
	assert_non_null(f->trust.directory);
}

static void
refuses_an_expired_document(void **state)
{
	struct fixture *f = *state;

	/* The bundle is the first to expire. */
	assert_int_equal(load(f, NOW + 60 * DAY), EL_ESTATE);
	assert_null(f->trust.policy);
	assert_null(f->trust.bundle_doc.doc);
	assert_int_equal(load(f, NOW + 60 * DAY - 1), EL_OK);
}

static void
refuses_a_lower_serial_and_keeps_what_it_holds(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, NOW), EL_OK);
	write_edited(f, f->policy, world_policy_document, "EL1-policy", "serial", "4");
	assert_kept(f, EL_ESTATE);
	write_edited(f, f->policy, world_policy_document, "EL1-policy", "serial", "6");
	write_edited(f, f->bundle, world_bundle_document, "EL1-bundle", "serial", "7");
	assert_kept(f, EL_ESTATE); /* all or nothing: the newer policy is not taken either */
	write_document(f, f->bundle, world_bundle_document);
	write_edited(f, f->directory, world_directory_document, "EL1-directory", "serial", "1");
	assert_kept(f, EL_ESTATE);
	write_document(f, f->directory, world_directory_document);
	assert_int_equal(load(f, NOW), EL_OK);
	assert_int_equal(f->trust.policy->serial, 6);
}

static void
refuses_other_content_under_the_same_serial(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, NOW), EL_OK);
	write_edited(f, f->policy, world_policy_document, "EL1-policy", "consent", "4");
	assert_kept(f, EL_ESTATE);
}

static void
refuses_another_root(void **state)
{
	struct fixture *f = *state;

	write_root(f, KEY_STRANGER);
	assert_kept(f, EL_ECRYPTO);
	write_root(f, KEY_ROOT);
	assert_int_equal(load(f, NOW), EL_OK);
	write_root(f, KEY_STRANGER);
	assert_kept(f, EL_ESTATE);
}

static void
refuses_files_that_are_missing_or_something_else(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, NOW), EL_OK);
	assert_int_equal(el_file_replace(f->policy, 0644, "{}", 2), EL_OK);
	assert_kept(f, EL_EFORMAT);
	write_document(f, f->policy, world_directory_document);
	assert_kept(f, EL_ECRYPTO);
	unlink(f->policy);
	assert_kept(f, EL_ENOTFOUND);
	write_document(f, f->policy, world_policy_document);
	unlink(f->pub);
	assert_kept(f, EL_ENOTFOUND);
}

static void
refuses_a_bundle_for_other_trustees_than_the_policys(void **state)
{
	struct fixture *f = *state;
	const struct el_point other = world_point(999);
	json_t *key = NULL;
	char *text;

	write_edited(f, f->bundle, world_bundle_document, "EL1-bundle", "trustees/2", NULL);
	assert_kept(f, EL_ECONFIG);
	write_document(f, f->bundle, world_bundle_document);
	write_edited(f, f->policy, world_policy_document, "EL1-policy", "threshold", "3");
	assert_kept(f, EL_ECONFIG);
	write_document(f, f->policy, world_policy_document);
	key = el_json_bytes(other.b, sizeof other.b);
	text = json_dumps(key, JSON_ENCODE_ANY);
	write_edited(f, f->bundle, world_bundle_document, "EL1-bundle", "trustees/1/box_key", text);
	assert_kept(f, EL_ECONFIG);
	free(text);
	json_decref(key);
	/* Also when only one of the two is loaded anew: it is compared with the one that is held. */
	write_document(f, f->bundle, world_bundle_document);
	assert_int_equal(el_trust_load(&f->trust, f->pub, NULL, f->bundle, NULL, NOW), EL_OK);
	write_edited(f, f->policy, world_policy_document, "EL1-policy", "trustees/2", NULL);
	assert_int_equal(el_trust_load(&f->trust, f->pub, f->policy, NULL, NULL, NOW), EL_ECONFIG);
	assert_null(f->trust.policy);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(loads_the_three_documents_and_serves_them_as_they_came),
		CASE(loads_only_the_parts_it_is_given),
		CASE(refuses_an_expired_document),
		CASE(refuses_a_lower_serial_and_keeps_what_it_holds),
		CASE(refuses_other_content_under_the_same_serial),
		CASE(refuses_another_root),
		CASE(refuses_files_that_are_missing_or_something_else),
		CASE(refuses_a_bundle_for_other_trustees_than_the_policys),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
