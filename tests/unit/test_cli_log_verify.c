/* entrylog log verify, over folders that the services' own writer has written (P-8, P-12.10). */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "crypto/hash.h"
#include "log/checkpoint.h"
#include "order/log_proof.h"
#include "order/order_internal.h"
#include "publog/writer.h"
#include "scratch.h"
#include "test_order_world.h"

#define FAR 4000000000 /* the documents of this test do not expire */
#define MAX 400

/* A log to be written. */
struct made {
	struct el_log_entry entries[MAX];
	size_t n;
	const char *party;
	enum world_key key;
};

static struct el_policy *policy;
static struct el_directory *directory;
static char docs[200], registry[200], issuer[200], other[200];

/* ---- Documents and logs ---- */

static void
write_documents(void)
{
	static struct el_cli cli = { .name = "test" };
	uint8_t seed[32], *bytes;
	char path[300];
	size_t len;

	memset(seed, KEY_ROOT, sizeof seed);
	snprintf(path, sizeof path, "%s/root", docs);
	assert_int_equal(el_keyfile_create(path, EL_PURPOSE_ROOT, seed, 0, NULL), EL_OK);
	policy = world_policy();
	policy->not_after = FAR;
	assert_int_equal(el_policy_encode(policy, &bytes, &len), EL_OK);
	assert_int_equal(el_cli_write_signed(&cli, world_key(KEY_ROOT), EL_LABEL_POLICY, docs, "policy.json", bytes, len, NULL),
	    EL_OK);
	directory = world_directory();
	directory->not_after = FAR;
	directory->registry.has_log_key = true;
	directory->registry.log_key = *world_pk(KEY_LOG);
	assert_int_equal(el_directory_encode(directory, &bytes, &len), EL_OK);
	assert_int_equal(
	    el_cli_write_signed(&cli, world_key(KEY_ROOT), EL_LABEL_DIRECTORY, docs, "directory.json", bytes, len, NULL), EL_OK);
}

static int
setup(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	snprintf(docs, sizeof docs, "%s", scratch_path(state, "docs"));
	snprintf(registry, sizeof registry, "%s", scratch_path(state, "registry"));
	snprintf(issuer, sizeof issuer, "%s", scratch_path(state, "issuer"));
	snprintf(other, sizeof other, "%s", scratch_path(state, "other"));
	if (mkdir(docs, 0700) != 0)
		return -1;
	write_documents();
	return 0;
}

static int
remove_each(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	const int r = nftw(*state, remove_each, 8, FTW_DEPTH | FTW_PHYS);

	free(policy);
	free(directory);
	free(*state);
	return r;
}

static struct el_hash
number(unsigned n)
{
	struct el_hash h;

	el_sha256(&n, sizeof n, &h);
	return h;
}

static void
begin(struct made *m, const char *party)
{
	memset(m, 0, sizeof *m);
	m->party = party;
	m->key = KEY_LOG;
}

static void
add_order(struct made *m, enum el_order_kind kind, unsigned order, unsigned answer, int64_t time_s)
{
	m->entries[m->n++] = (struct el_log_entry){ .type = EL_ENTRY_ORDER, .time_s = time_s, .order = number(order),
		.kind = kind, .answer = number(answer), .count = 1 };
}

static void
add_segments(struct made *m, size_t n)
{
	for (size_t i = 0; i < n; i++, m->n++)
		m->entries[m->n] = (struct el_log_entry){ .type = EL_ENTRY_SEGMENT, .time_s = NOW + (int64_t)m->n, .epoch = 20700,
			.segment = (uint32_t)m->n, .count = 10, .root = number((unsigned)m->n) };
}

/* Append all entries to the log in dir; the note is the new checkpoint's. */
static void
write_log(const struct made *m, const char *dir, uint8_t *note, size_t *len)
{
	static uint8_t bytes[MAX][EL_ENTRY_MAX];
	static struct el_log_item items[MAX];
	char origin[EL_LOG_ORIGIN_MAX + 1];
	struct el_log_writer *w;
	const uint8_t *p;

	assert_int_equal(el_log_origin(&policy->deployment, m->party, origin), EL_OK);
	assert_int_equal(el_log_writer_open(dir, origin, world_key(m->key), &w), EL_OK);
	for (size_t i = 0; i < m->n; i++) {
		memset(&items[i], 0, sizeof items[i]);
		assert_int_equal(el_log_entry_encode(&m->entries[i], bytes[i], &items[i].len), EL_OK);
		items[i].entry = bytes[i];
	}
	if (m->n > 0)
		assert_int_equal(el_log_writer_append(w, items, m->n), EL_OK);
	p = el_log_writer_note(w, len);
	memcpy(note, p, *len);
	el_log_writer_close(w);
}

static void
write_only(const struct made *m, const char *dir)
{
	static uint8_t note[EL_NOTE_MAX];
	size_t len;

	write_log(m, dir, note, &len);
}

static void
cosign(const struct made *m, const char *dir, unsigned trustee, enum world_key key)
{
	char origin[EL_LOG_ORIGIN_MAX + 1], name[EL_LOG_ORIGIN_MAX + 1];
	struct el_log_writer *w;
	struct el_buf line;
	const uint8_t *note;
	size_t len;

	assert_int_equal(el_log_origin(&policy->deployment, m->party, origin), EL_OK);
	assert_int_equal(el_log_writer_open(dir, origin, world_key(m->key), &w), EL_OK);
	note = el_log_writer_note(w, &len);
	el_buf_init(&line, EL_NOTE_LINE_MAX);
	assert_int_equal(el_log_witness_name(&policy->deployment, trustee, name), EL_OK);
	assert_int_equal(el_checkpoint_cosign(note, len, name, world_key(key), NOW, &line), EL_OK);
	assert_int_equal(el_log_writer_cosign(w, line.p, line.len), EL_OK);
	el_buf_wipe(&line);
	el_log_writer_close(w);
}

/* Change the last byte that equals `from` in a file of the log. */
static void
alter(const char *dir, const char *name, char from, char to)
{
	uint8_t *bytes;
	char path[400];
	size_t len, at;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(el_file_read(path, 1 << 20, &bytes, &len), EL_OK);
	for (at = len; at > 0 && bytes[at - 1] != (uint8_t)from; at--)
		;
	assert_true(at > 0);
	bytes[at - 1] = (uint8_t)to;
	scratch_write(path, 0600, bytes, len);
	free(bytes);
}

/* ---- The command ---- */

static int
verify_with(const char *const *words, const char *out_path)
{
	static struct el_cli cli;
	const struct el_command *cmd = el_commands;
	char *argv[16] = { NULL };
	int argc = 0, saved = -1, status, fd;

	while (strcmp(cmd->first, "log") != 0)
		cmd++;
	memset(&cli, 0, sizeof cli);
	cli.name = "log verify";
	cli.usage = cmd->usage;
	for (; words[argc] != NULL; argc++)
		assert_non_null(argv[argc] = strdup(words[argc]));
	assert_non_null(argv[argc++] = strdup("--dir"));
	argv[argc++] = docs;
	assert_int_equal(el_args_parse(&cli.args, cmd->options, argc, argv), EL_OK);
	cli.json = el_args_has(&cli.args, "json");
	fflush(stdout);
	if (out_path != NULL) {
		saved = dup(STDOUT_FILENO);
		fd = open(out_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_true(saved >= 0 && fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
		close(fd);
	}
	status = cmd->run(&cli);
	fflush(stdout);
	if (saved >= 0) {
		assert_true(dup2(saved, STDOUT_FILENO) >= 0);
		close(saved);
	}
	for (int i = 0; i + 1 < argc; i++)
		free(argv[i]);
	return status;
}

#define verify(...) verify_with((const char *const[]){ __VA_ARGS__, NULL }, NULL)

static void
verifies_log_as_it_was_written(void **state)
{
	const char *const out = scratch_path(state, "out");
	static struct made m;
	json_t *json, *log;

	begin(&m, "registry");
	add_segments(&m, 300);
	add_order(&m, EL_ORDER_CONTACTS, 1, 101, NOW + 400);
	write_only(&m, registry);
	cosign(&m, registry, 2, KEY_WITNESS_2);
	assert_int_equal(verify(registry), EL_EXIT_OK);
	assert_int_equal(verify_with((const char *const[]){ registry, "--json", NULL }, out), EL_EXIT_OK);
	assert_non_null(json = json_load_file(out, 0, NULL));
	assert_true(json_is_true(json_object_get(json, "ok")));
	log = json_array_get(json_object_get(json, "logs"), 0);
	assert_string_equal(json_string_value(json_object_get(log, "party")), "registry");
	assert_int_equal(json_integer_value(json_object_get(log, "size")), 301);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(log, "entries"), "segment")), 300);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(log, "entries"), "order")), 1);
	log = json_array_get(json_object_get(log, "cosigned"), 0);
	assert_int_equal(json_integer_value(json_object_get(log, "trustee")), 2);
	assert_int_equal(json_integer_value(json_object_get(log, "time")), NOW);
	json_decref(json);
}

static void
verifies_empty_log(void **state)
{
	static struct made m;

	(void)state;
	begin(&m, "issuer:7");
	write_only(&m, issuer);
	assert_int_equal(verify(issuer), EL_EXIT_OK);
}

static void
refuses_altered_entry(void **state)
{
	static struct made m;

	(void)state;
	begin(&m, "registry");
	add_segments(&m, 300);
	write_only(&m, registry);
	alter(registry, "tile/entries/000", '0', '1');
	assert_int_equal(verify(registry), EL_EXIT_DATA);
}

static void
refuses_altered_tile(void **state)
{
	static struct made m;
	uint8_t *tile;
	char path[400];
	size_t len;

	(void)state;
	begin(&m, "registry");
	add_segments(&m, 300);
	write_only(&m, registry);
	snprintf(path, sizeof path, "%s/tile/0/000", registry);
	assert_int_equal(el_file_read(path, 1 << 20, &tile, &len), EL_OK);
	tile[100] ^= 1;
	scratch_write(path, 0600, tile, len);
	free(tile);
	assert_int_equal(verify(registry), EL_EXIT_DATA);
}

static void
refuses_log_without_its_last_entries(void **state)
{
	static struct made m;
	char path[400];

	(void)state;
	begin(&m, "registry");
	add_segments(&m, 300);
	write_only(&m, registry);
	snprintf(path, sizeof path, "%s/tile/entries/001.p/44", registry);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(verify(registry), EL_EXIT_NOINPUT);
}

static void
refuses_log_shorter_than_older_checkpoint(void **state)
{
	static uint8_t note[EL_NOTE_MAX];
	const char *const since = scratch_path(state, "since");
	static struct made m;
	size_t len;

	begin(&m, "registry");
	add_segments(&m, 10);
	write_log(&m, registry, note, &len);
	scratch_write(since, 0600, note, len);
	assert_int_equal(verify(registry, "--since", since), EL_EXIT_OK);
	begin(&m, "registry");
	add_segments(&m, 9);
	write_only(&m, other);
	assert_int_equal(verify(other), EL_EXIT_OK);
	assert_int_equal(verify(other, "--since", since), EL_EXIT_DATA);
}

static void
refuses_log_that_left_older_checkpoint(void **state)
{
	static uint8_t note[EL_NOTE_MAX];
	const char *const since = scratch_path(state, "since");
	static struct made m;
	size_t len;

	begin(&m, "registry");
	add_segments(&m, 10);
	write_log(&m, registry, note, &len);
	scratch_write(since, 0600, note, len);
	add_segments(&m, 30);
	write_only(&m, registry);
	assert_int_equal(verify(registry, "--since", since), EL_EXIT_OK);
	m.entries[3].count++;
	write_only(&m, other);
	assert_int_equal(verify(other), EL_EXIT_OK);
	assert_int_equal(verify(other, "--since", since), EL_EXIT_DATA);
}

static void
refuses_older_checkpoint_of_no_log_given(void **state)
{
	static uint8_t note[EL_NOTE_MAX];
	const char *const since = scratch_path(state, "since");
	static struct made m;
	size_t len;

	begin(&m, "issuer:7");
	write_log(&m, issuer, note, &len);
	scratch_write(since, 0600, note, len);
	begin(&m, "registry");
	write_only(&m, registry);
	assert_int_equal(verify(registry, "--since", since), EL_EXIT_DATA);
	assert_int_equal(verify(registry, issuer, "--since", since), EL_EXIT_OK);
}

static void
refuses_log_under_another_key_or_origin(void **state)
{
	static struct made m;

	(void)state;
	begin(&m, "registry");
	add_segments(&m, 3);
	m.key = KEY_STRANGER;
	write_only(&m, registry);
	assert_int_equal(verify(registry), EL_EXIT_DATA);
	m.key = KEY_LOG;
	m.party = "issuer:8"; /* nobody in the directory */
	write_only(&m, issuer);
	assert_int_equal(verify(issuer), EL_EXIT_DATA);
}

static void
refuses_times_that_fall(void **state)
{
	static struct made m;

	(void)state;
	begin(&m, "registry");
	add_order(&m, EL_ORDER_CONTACTS, 1, 101, NOW);
	add_order(&m, EL_ORDER_CONTACTS, 2, 102, NOW - 300); /* a clock that was set */
	write_only(&m, registry);
	assert_int_equal(verify(registry), EL_EXIT_OK);
	add_order(&m, EL_ORDER_CONTACTS, 3, 103, NOW - 3000);
	write_only(&m, other);
	assert_int_equal(verify(other), EL_EXIT_DATA);
}

static void
refuses_what_is_no_entry(void **state)
{
	const char word[] = "a name that does not belong here";
	struct el_log_item item = { .entry = (const uint8_t *)word, .len = sizeof word - 1 };
	char origin[EL_LOG_ORIGIN_MAX + 1];
	struct el_log_writer *w;

	(void)state;
	assert_int_equal(el_log_origin(&policy->deployment, "registry", origin), EL_OK);
	assert_int_equal(el_log_writer_open(registry, origin, world_key(KEY_LOG), &w), EL_OK);
	assert_int_equal(el_log_writer_append(w, &item, 1), EL_OK);
	el_log_writer_close(w);
	assert_int_equal(verify(registry), EL_EXIT_DATA);
}

static void
refuses_same_log_twice(void **state)
{
	static struct made m;

	(void)state;
	begin(&m, "registry");
	add_segments(&m, 3);
	write_only(&m, registry);
	assert_int_equal(verify(registry, registry), EL_EXIT_DATA);
}

/* ---- Against each other ---- */

static void
agrees_where_both_answered(void **state)
{
	static struct made r, i;

	(void)state;
	begin(&r, "registry");
	begin(&i, "issuer:7");
	add_order(&r, EL_ORDER_CONTACTS, 1, 101, NOW);
	add_order(&i, EL_ORDER_CONTACTS, 1, 101, NOW + 60);
	add_order(&r, EL_ORDER_NOTICE, 2, 102, NOW + 70);
	add_order(&i, EL_ORDER_NOTICE, 2, 102, NOW + 80);
	add_order(&i, EL_ORDER_TRACE, 3, 103, NOW + 90);
	add_order(&r, EL_ORDER_TRACE, 3, 203, NOW + 99);
	add_order(&i, EL_ORDER_TRACE, 4, 104, NOW + 99); /* the registry need not be asked */
	write_only(&r, registry);
	write_only(&i, issuer);
	assert_int_equal(verify(registry, issuer, "--strict"), EL_EXIT_OK);
}

static void
refuses_answer_that_registry_did_not_log(void **state)
{
	static struct made r, i;

	(void)state;
	begin(&r, "registry");
	begin(&i, "issuer:7");
	add_order(&r, EL_ORDER_CONTACTS, 1, 101, NOW);
	add_order(&i, EL_ORDER_CONTACTS, 2, 101, NOW + 60);
	write_only(&r, registry);
	write_only(&i, issuer);
	assert_int_equal(verify(registry, issuer), EL_EXIT_DATA);
}

static void
refuses_answer_with_another_release(void **state)
{
	static struct made r, i;

	(void)state;
	begin(&r, "registry");
	begin(&i, "issuer:7");
	add_order(&r, EL_ORDER_CONTACTS, 1, 101, NOW);
	add_order(&i, EL_ORDER_CONTACTS, 1, 102, NOW + 60);
	write_only(&r, registry);
	write_only(&i, issuer);
	assert_int_equal(verify(registry, issuer), EL_EXIT_DATA);
}

static void
refuses_answer_before_the_registry_had_answered(void **state)
{
	static struct made r, i;

	(void)state;
	begin(&r, "registry");
	begin(&i, "issuer:7");
	add_order(&r, EL_ORDER_CONTACTS, 1, 101, NOW + 5000);
	add_order(&i, EL_ORDER_CONTACTS, 1, 101, NOW);
	write_only(&r, registry);
	write_only(&i, issuer);
	assert_int_equal(verify(registry, issuer), EL_EXIT_DATA);
}

static void
refuses_trace_that_no_issuer_logged(void **state)
{
	static struct made r, i;

	(void)state;
	begin(&r, "registry");
	begin(&i, "issuer:7");
	add_order(&r, EL_ORDER_TRACE, 1, 101, NOW);
	write_only(&r, registry);
	write_only(&i, issuer);
	assert_int_equal(verify(registry, issuer), EL_EXIT_DATA);
}

static void
leaves_open_what_no_issuer_was_asked_about(void **state)
{
	const char *const out = scratch_path(state, "out");
	static struct made r, i;
	json_t *json;

	begin(&r, "registry");
	begin(&i, "issuer:7");
	add_order(&r, EL_ORDER_CONTACTS, 1, 101, NOW);
	write_only(&r, registry);
	write_only(&i, issuer);
	assert_int_equal(verify(registry, issuer), EL_EXIT_OK);
	assert_int_equal(verify(registry, issuer, "--strict"), EL_EXIT_DATA);
	assert_int_equal(verify_with((const char *const[]){ registry, issuer, "--json", NULL }, out), EL_EXIT_OK);
	assert_non_null(json = json_load_file(out, 0, NULL));
	assert_int_equal(json_array_size(json_object_get(json, "open")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "errors")), 0);
	json_decref(json);
}

#define each(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		each(verifies_log_as_it_was_written),
		each(verifies_empty_log),
		each(refuses_altered_entry),
		each(refuses_altered_tile),
		each(refuses_log_without_its_last_entries),
		each(refuses_log_shorter_than_older_checkpoint),
		each(refuses_log_that_left_older_checkpoint),
		each(refuses_older_checkpoint_of_no_log_given),
		each(refuses_log_under_another_key_or_origin),
		each(refuses_times_that_fall),
		each(refuses_what_is_no_entry),
		each(refuses_same_log_twice),
		each(agrees_where_both_answered),
		each(refuses_answer_that_registry_did_not_log),
		each(refuses_answer_with_another_release),
		each(refuses_answer_before_the_registry_had_answered),
		each(refuses_trace_that_no_issuer_logged),
		each(leaves_open_what_no_issuer_was_asked_about),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
