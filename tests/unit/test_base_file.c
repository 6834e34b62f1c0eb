#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/file.h"
#include "base/secret.h"
#include "scratch.h"

static void
reads_a_file_up_to_its_limit(void **state)
{
	const char *path = scratch_path(state, "f");
	uint8_t *out;
	size_t len;

	scratch_write(path, 0644, "12345", 5);
	assert_int_equal(el_file_read(path, 5, &out, &len), EL_OK);
	assert_int_equal(len, 5);
	assert_string_equal((char *)out, "12345");
	free(out);
	assert_int_equal(el_file_read(path, 4, &out, &len), EL_ELIMIT);
	assert_null(out);
	assert_int_equal(el_file_read(scratch_path(state, "none"), 5, &out, &len), EL_ENOTFOUND);
	assert_int_equal(el_file_read(*state, 5, &out, &len), EL_EIO); /* a folder */
	scratch_write(path, 0644, "", 0);
	assert_int_equal(el_file_read(path, 0, &out, &len), EL_OK);
	assert_int_equal(len, 0);
	free(out);
}

static void
reads_a_large_file_whole(void **state)
{
	static uint8_t bytes[50000];
	const char *path = scratch_path(state, "f");
	uint8_t *out;
	size_t len;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 >> 3);
	scratch_write(path, 0644, bytes, sizeof bytes);
	assert_int_equal(el_file_read(path, sizeof bytes, &out, &len), EL_OK);
	assert_int_equal(len, sizeof bytes);
	assert_memory_equal(out, bytes, sizeof bytes);
	free(out);
	assert_int_equal(el_file_read(path, sizeof bytes - 1, &out, &len), EL_ELIMIT);
}

static void
refuses_a_private_file_that_others_may_read(void **state)
{
	const char *path = scratch_path(state, "f");
	uint8_t *out;
	size_t len;

	scratch_write(path, 0600, "x", 1);
	assert_int_equal(el_file_read_private(path, 5, &out, &len), EL_OK);
	free(out);
	for (unsigned bit = 1; bit <= 040; bit <<= 1) {
		assert_int_equal(chmod(path, 0600 | bit), 0);
		assert_int_equal(el_file_read_private(path, 5, &out, &len), EL_EPERM);
		assert_null(out);
	}
	if (geteuid() != 0)
		return; /* another owner: only root can make one */
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
	assert_int_equal(el_file_read_private(path, 5, &out, &len), EL_EPERM);
}

static void
replaces_a_file_with_its_mode_and_leaves_nothing_else(void **state)
{
	const char *path = scratch_path(state, "f");
	char text[10];
	struct stat st;

	scratch_write(path, 0644, "old", 3);
	scratch_write(scratch_path(state, "f.tmp"), 0666, "an older attempt", 16);
	assert_int_equal(el_file_replace(path, 0600, "new", 3), EL_OK);
	assert_int_equal(scratch_read(path, text, sizeof text), 3);
	assert_memory_equal(text, "new", 3);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(scratch_has_ending(state, ".tmp"));
	assert_int_equal(el_file_replace(scratch_path(state, "no/f"), 0600, "x", 1), EL_EIO);
	/* A folder stands in the way: the text must not stay behind under another name. */
	assert_int_equal(mkdir(scratch_path(state, "dir"), 0700), 0);
	scratch_write(scratch_path(state, "dir/x"), 0600, "x", 1);
	assert_int_equal(el_file_replace(scratch_path(state, "dir"), 0600, "new", 3), EL_EIO);
	assert_false(scratch_has_ending(state, ".tmp"));
	assert_int_equal(unlink(scratch_path(state, "dir/x")), 0);
}

static void
creates_a_file_once_and_follows_no_link(void **state)
{
	const char *path = scratch_path(state, "f");
	char text[10];

	assert_int_equal(el_file_create(path, 0600, "one", 3), EL_OK);
	assert_int_equal(el_file_create(path, 0600, "two", 3), EL_EEXIST);
	assert_int_equal(scratch_read(path, text, sizeof text), 3);
	assert_memory_equal(text, "one", 3);
	assert_int_equal(symlink(path, scratch_path(state, "link")), 0);
	assert_int_equal(el_file_create(scratch_path(state, "link"), 0600, "two", 3), EL_EEXIST);
	assert_int_equal(symlink(path, scratch_path(state, "g.tmp")), 0);
	assert_int_equal(el_file_replace(scratch_path(state, "g"), 0600, "two", 3), EL_EIO);
	scratch_read(path, text, sizeof text);
	assert_memory_equal(text, "one", 3);
}

static void
a_full_disk_leaves_no_half_file(void **state)
{
	char text[4096];
	struct stat st;

	(void)state;
	if (stat("/dev/full", &st) != 0)
		skip();
	memset(text, 'x', sizeof text);
	const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(el_fd_write(fd, text, sizeof text), EL_ESPACE);
	close(fd);
}

static void
destroys_a_file_by_overwriting_it(void **state)
{
	const char *path = scratch_path(state, "f");
	static uint8_t bytes[5000], after[5000];
	int fd;

	memset(bytes, 0x42, sizeof bytes);
	scratch_write(path, 0600, bytes, sizeof bytes);
	fd = open(path, O_RDONLY | O_CLOEXEC); /* what the disk block holds after the name is gone */
	assert_int_equal(el_file_destroy(path), EL_OK);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(read(fd, after, sizeof after), (ssize_t)sizeof after);
	close(fd);
	for (size_t i = 0; i + 32 <= sizeof after; i += 32)
		assert_memory_not_equal(after + i, bytes, 32);
	assert_int_equal(el_file_destroy(path), EL_OK); /* none there */
}

static void
makes_private_folders_and_joins_paths(void **state)
{
	const char *path = scratch_path(state, "d");
	char out[8];
	struct stat st;

	assert_int_equal(el_dir_make(path), EL_OK);
	assert_int_equal(el_dir_make(path), EL_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(el_dir_make(scratch_path(state, "no/d")), EL_EIO);
	assert_int_equal(el_dir_sync(path), EL_OK);
	assert_int_equal(el_dir_sync(scratch_path(state, "none")), EL_EIO);
	assert_int_equal(el_path_join(out, sizeof out, "abc", "def"), EL_OK);
	assert_string_equal(out, "abc/def");
	assert_int_equal(el_path_join(out, sizeof out, "abc", "defg"), EL_ELIMIT);
}

struct conf {
	char name[EL_CONF_STR_MAX + 1], path[EL_CONF_STR_MAX + 1], optional[EL_CONF_STR_MAX + 1];
	uint64_t number;
	bool flag;
	struct el_conf_list list;
};
static const struct el_conf_key table[] = {
	{ "name", EL_CONF_STR, offsetof(struct conf, name), 1, 10, NULL },
	{ "path", EL_CONF_PATH, offsetof(struct conf, path), 1, 255, "data" },
	{ "optional", EL_CONF_STR, offsetof(struct conf, optional), 0, 63, "" },
	{ "number", EL_CONF_UINT, offsetof(struct conf, number), 5, 100, "7" },
	{ "flag", EL_CONF_BOOL, offsetof(struct conf, flag), 0, 0, "no" },
	{ "list", EL_CONF_LIST, offsetof(struct conf, list), 1, 20, NULL },
	{ NULL, EL_CONF_STR, 0, 0, 0, NULL },
};

static int
parse(const char *text, struct conf *c, char message[EL_CONF_STR_MAX + 1])
{
	memset(c, 0, sizeof *c);
	return el_conf_parse(table, text, strlen(text), "/etc/el", c, message);
}

static void
a_configuration_has_defaults_comments_lists_and_relative_paths(void **state)
{
	struct conf c;
	char message[EL_CONF_STR_MAX + 1];

	(void)state;
	assert_int_equal(parse("# a comment = x\n\n  name =  a b \nlist = 1\r\nlist=2\n  # end", &c, message), EL_OK);
	assert_string_equal(message, "");
	assert_string_equal(c.name, "a b");
	assert_string_equal(c.path, "/etc/el/data");
	assert_string_equal(c.optional, "");
	assert_int_equal(c.number, 7);
	assert_false(c.flag);
	assert_int_equal(c.list.n, 2);
	assert_string_equal(c.list.item[0], "1");
	assert_string_equal(c.list.item[1], "2");
	assert_int_equal(parse("name=x\npath=/abs\nnumber=100\nflag=yes\noptional=a=b", &c, message), EL_OK);
	assert_string_equal(c.path, "/abs");
	assert_string_equal(c.optional, "a=b");
	assert_int_equal(c.number, 100);
	assert_true(c.flag);
}

static void
a_wrong_configuration_names_line_and_key_but_never_the_value(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "name = ok\nnmae = SECRET\n", "line 2: nmae: unknown key" },
		{ "name = ok\n\n# x\nname = SECRET\n", "line 4: name: given twice" },
		{ "name = SECRETSECRET\n", "line 1: name: wrong length" },
		{ "name =\n", "line 1: name: wrong length" },
		{ "name = x\nnumber = 4SECRET\n", "line 2: number: not a number" },
		{ "name = x\nnumber = -6\n", "line 2: number: not a number" },
		{ "name = x\nnumber = 0x10\n", "line 2: number: not a number" },
		{ "name = x\nnumber =\n", "line 2: number: not a number" },
		{ "name = x\nnumber = 99999999999999999999999\n", "line 2: number: not a number" },
		{ "name = x\nnumber = 4\n", "line 2: number: out of range" },
		{ "name = x\nnumber = 101\n", "line 2: number: out of range" },
		{ "name = x\nflag = SECRET\n", "line 2: flag: neither yes nor no" },
		{ "name = x\nflag = YES\n", "line 2: flag: neither yes nor no" },
		{ "name = x\nSECRET\n", "line 2: line: no '='" },
		{ "number = 7\n", "name: missing" },
		{ "Name = x\n", "line 1: Name: unknown key" },
		{ "= SECRET\n", "line 1: : unknown key" },
	};
	struct conf c;
	char message[EL_CONF_STR_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(parse(rows[i].text, &c, message), EL_ECONFIG);
		assert_string_equal(message, rows[i].message);
		assert_null(strstr(message, "SECRET"));
	}
}

static void
a_configuration_is_bounded(void **state)
{
	char text[2000], message[EL_CONF_STR_MAX + 1];
	struct conf c;
	size_t n = 0;

	(void)state;
	for (int i = 0; i <= EL_CONF_LIST_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "list = %d\n", i);
	assert_int_equal(parse(text, &c, message), EL_ECONFIG);
	assert_string_equal(message, "line 17: list: repeated too often");
	memset(text, 'a', sizeof text);
	memcpy(text, "name=", 5);
	text[sizeof text - 1] = '\0';
	assert_int_equal(parse(text, &c, message), EL_ECONFIG);
	text[0] = 'a';
	text[4] = 'a';
	assert_int_equal(parse(text, &c, message), EL_ECONFIG);
	assert_int_equal(el_conf_parse(table, "name=a\0b", 8, NULL, &c, message), EL_ECONFIG);
	memset(&c, 0, sizeof c);
	memset(text, 'd', 255);
	text[255] = '\0';
	assert_int_equal(el_conf_parse(table, "name=a", 6, text, &c, message), EL_ECONFIG);
	assert_string_equal(message, "path: path too long");
}

static void
a_configuration_file_is_read_and_printed(void **state)
{
	static const char text[] = "name = x\nlist = 1\nlist = 2\nflag = yes\n";
	char message[EL_CONF_STR_MAX + 1], want[400], printed[400] = "", deep[600];
	const char *path = scratch_path(state, "conf");
	struct conf c;
	FILE *f;

	memset(&c, 0, sizeof c);
	scratch_write(path, 0644, text, sizeof text - 1);
	assert_int_equal(el_conf_load(table, path, &c, message), EL_OK);
	f = fmemopen(printed, sizeof printed, "w");
	el_conf_print(table, &c, f);
	fclose(f);
	snprintf(want, sizeof want, "name = x\npath = %s/data\nnumber = 7\nflag = yes\nlist = 1\nlist = 2\n",
	    (const char *)*state);
	assert_string_equal(printed, want);
	assert_int_equal(el_conf_load(table, scratch_path(state, "none"), &c, message), EL_ENOTFOUND);
	assert_non_null(strstr(message, "cannot read"));
	/* A folder name that no relative path could follow. */
	snprintf(deep, sizeof deep, "%s/%0300d/../conf", (const char *)*state, 0);
	assert_int_not_equal(el_conf_load(table, deep, &c, message), EL_OK);
	memset(deep, '/', 300);
	snprintf(deep + 300, sizeof deep - 300, "%s", path);
	assert_int_equal(el_conf_load(table, deep, &c, message), EL_ECONFIG);
}

static void
a_clock_jump_stays_noticed_until_reset(void **state)
{
	struct el_clock_watch w = { 0 };

	(void)state;
	el_clock_watch_step(&w, 1000000, 50000);
	assert_false(w.jumped);
	el_clock_watch_step(&w, 1000000 + 60, 50000 + 60000);
	assert_false(w.jumped);
	el_clock_watch_step(&w, 1000060 + 86400, 110000 + 86400000LL); /* a day asleep is no jump */
	assert_false(w.jumped);
	el_clock_watch_step(&w, 1086460 + 3600, 86510000); /* an hour exactly is none */
	assert_false(w.jumped);
	el_clock_watch_step(&w, 1090060 + 3601, 86510000);
	assert_true(w.jumped);
	el_clock_watch_step(&w, 1093661, 86510000);
	assert_true(w.jumped);
	el_clock_watch_reset(&w);
	assert_false(w.jumped);
	el_clock_watch_step(&w, 5, 86510000); /* the first step after a reset has nothing to compare with */
	assert_false(w.jumped);
	el_clock_watch_step(&w, 5 + 4000, 86510000);
	assert_true(w.jumped);
	el_clock_watch_reset(&w);
	el_clock_watch_step(&w, 10000, 0);
	el_clock_watch_step(&w, 10000 - 3601, 0); /* backwards */
	assert_true(w.jumped);
}

static void
a_lab_clock_file_is_one_signed_number(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t offset;
	} rows[] = {
		{ "0\n", EL_OK, 0 },
		{ "86400", EL_OK, 86400 },
		{ "-3600\n", EL_OK, -3600 },
		{ "", EL_EFORMAT, 0 },
		{ "\n", EL_EFORMAT, 0 },
		{ "12x\n", EL_EFORMAT, 0 },
		{ "1 2", EL_EFORMAT, 0 },
		{ "999999999999", EL_EFORMAT, 0 },
		{ "99999999999999999999", EL_EFORMAT, 0 },
		{ "000000000000000000000000000001", EL_ELIMIT, 0 },
	};
	const char *path = scratch_path(state, "clock");
	const struct el_clock here = { 0 }, later = { 1000 };
	int64_t offset, now;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scratch_write(path, 0600, rows[i].text, strlen(rows[i].text));
		assert_int_equal(el_clock_read_file(path, &offset), rows[i].r);
		assert_true(offset == rows[i].offset);
	}
	assert_int_equal(el_clock_read_file(scratch_path(state, "none"), &offset), EL_ENOTFOUND);
	now = el_clock_now(&here);
	assert_true(el_clock_now(&later) - now >= 1000);
	assert_true(el_clock_monotonic_ms() > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_scratch(reads_a_file_up_to_its_limit),
		with_scratch(reads_a_large_file_whole),
		with_scratch(refuses_a_private_file_that_others_may_read),
		with_scratch(replaces_a_file_with_its_mode_and_leaves_nothing_else),
		with_scratch(creates_a_file_once_and_follows_no_link),
		cmocka_unit_test(a_full_disk_leaves_no_half_file),
		with_scratch(destroys_a_file_by_overwriting_it),
		with_scratch(makes_private_folders_and_joins_paths),
		cmocka_unit_test(a_configuration_has_defaults_comments_lists_and_relative_paths),
		cmocka_unit_test(a_wrong_configuration_names_line_and_key_but_never_the_value),
		cmocka_unit_test(a_configuration_is_bounded),
		with_scratch(a_configuration_file_is_read_and_printed),
		cmocka_unit_test(a_clock_jump_stays_noticed_until_reset),
		with_scratch(a_lab_clock_file_is_one_signed_number),
	};

	if (el_secret_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("base_file", tests, NULL, NULL);
}
