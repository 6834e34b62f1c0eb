#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "log/checkpoint.h"
#include "../vectors/log_published.h"

#define TEXT(s) (const uint8_t *)(s), sizeof(s) - 1
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
#define LINE "\u2014 a AAAAAAA=\n"
#define NOW 1788500000

static struct el_sign_key *log_key, *witness;
static const struct el_checkpoint zeroed;

static struct el_sign_pk
key_of(const char *base64)
{
	struct el_sign_pk pk;
	uint8_t in[33];
	size_t n;

	assert_int_equal(el_base64_decode(base64, strlen(base64), in, sizeof in, &n), EL_OK);
	assert_int_equal(el_sign_pk_parse(in + 1, &pk), EL_OK);
	return pk;
}

static void
root_is(const struct el_checkpoint *c, const char *base64)
{
	char text[EL_BASE64_LEN(EL_HASH_LEN) + 1];

	el_base64_encode(c->root.b, sizeof c->root.b, text);
	assert_string_equal(text, base64);
}

static void
origins_name_the_deployment_and_the_party(void **state)
{
	const struct el_hash deployment = { { 0xff, 0x0a, 2, 3, 4, 5, 6, 7, 8 } };
	static const char *const bad[] = { "", "issuer", "issuer:", "issuer:0", "issuer:07", "issuer:256",
		"issuer:1000", "issuer:-1", "issuer:1 ", "issuer: 1", "issuer:1:2", "registry:1", "registry ",
		"authority", "Registry", "trustee", ":1", "issuer-7" };
	char out[EL_LOG_ORIGIN_MAX + 1];

	(void)state;
	assert_int_equal(el_log_origin(&deployment, "registry", out), EL_OK);
	assert_string_equal(out, "entrylog/ff0a020304050607/registry");
	assert_int_equal(el_log_origin(&deployment, "issuer:7", out), EL_OK);
	assert_string_equal(out, "entrylog/ff0a020304050607/issuer-7");
	assert_int_equal(el_log_origin(&deployment, "trustee:255", out), EL_OK);
	assert_string_equal(out, "entrylog/ff0a020304050607/trustee-255");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(el_log_origin(&deployment, bad[i], out), EL_EFORMAT);
		assert_string_equal(out, "");
	}
}

static void
reads_published_checkpoints(void **state)
{
	struct el_checkpoint c;

	(void)state;
	assert_int_equal(el_checkpoint_parse(TEXT(SOFA_NOTE), &c), EL_OK);
	assert_string_equal(c.origin, SOFA_ORIGIN);
	assert_int_equal(c.size, 20852163);
	root_is(&c, ROOT);
	assert_int_equal(el_checkpoint_parse(TEXT(SUMDB_NOTE), &c), EL_OK);
	assert_string_equal(c.origin, "go.sum database tree");
	assert_int_equal(c.size, 20852163);
}

static void
opens_a_published_checkpoint_with_its_logs_key(void **state)
{
	const struct el_sign_pk key = key_of(ARCHE_KEY), other = key_of(REMORA_KEY);
	struct el_checkpoint c;

	(void)state;
	assert_int_equal(el_checkpoint_open(TEXT(ARCHE_NOTE), ARCHE_ORIGIN, &key, &c), EL_OK);
	assert_string_equal(c.origin, ARCHE_ORIGIN);
	assert_int_equal(c.size, ARCHE_SIZE);
	root_is(&c, ARCHE_ROOT);
	assert_int_equal(el_checkpoint_open(TEXT(ARCHE_NOTE), ARCHE_ORIGIN, &other, &c), EL_ECRYPTO);
	assert_memory_equal(&c, &zeroed, sizeof c);
	assert_int_equal(el_checkpoint_open(TEXT(ARCHE_NOTE), "another.example", &key, &c), EL_EFORMAT);
	assert_memory_equal(&c, &zeroed, sizeof c);
}

static void
further_lines_are_allowed_and_empty_ones_not(void **state)
{
	static const struct {
		const char *note;
		int error;
	} cases[] = {
		{ "o\n0\n" ROOT "\n\n" LINE, EL_OK },
		{ "an origin, of many words \u00e8\n1\n" ROOT "\n\n" LINE, EL_OK },
		{ "o\n1099511627776\n" ROOT "\nmore\nand more\n\n" LINE, EL_OK },
		{ "o\n1099511627777\n" ROOT "\n\n" LINE, EL_ELIMIT },
		{ "o\n18446744073709551615\n" ROOT "\n\n" LINE, EL_ELIMIT },
		{ "o\n18446744073709551617\n" ROOT "\n\n" LINE, EL_ELIMIT }, /* 1, if it wrapped */
		{ "o\n100000000000000000000000000000000000000000000000000\n" ROOT "\n\n" LINE, EL_ELIMIT },
		{ "o\n10000000000000000000000000a\n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "o\n00\n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "o\n01\n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "o\n+1\n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "o\n-1\n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "o\n1 \n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "o\n 1\n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "o\n0x1\n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "o\n\n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "\n1\n" ROOT "\n\n" LINE, EL_EFORMAT },
		{ "o\n1\n" ROOT "\n\nmore\n\n" LINE, EL_EFORMAT },
		{ "o\n1\n" ROOT " \n\n" LINE, EL_EFORMAT },
		{ "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2\n\n" LINE, EL_EFORMAT },
		{ "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n\n" LINE, EL_EFORMAT }, /* stray bits */
		{ "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2Ia\n\n" LINE, EL_EFORMAT }, /* 33 bytes */
		{ "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n\n" LINE, EL_EFORMAT }, /* 31 bytes */
		{ "o\n1\n\n" LINE, EL_EFORMAT },
		{ "o\n1\n" ROOT "\n" LINE, EL_EFORMAT },
		{ "o\n1\n" ROOT "\n\n", EL_EFORMAT },
		{ "0123456789012345678901234567890123456789012345678901234567890123\n1\n" ROOT "\n\n" LINE, EL_OK },
		{ "01234567890123456789012345678901234567890123456789012345678901234\n1\n" ROOT "\n\n" LINE,
		    EL_ELIMIT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct el_checkpoint c;

		memset(&c, 1, sizeof c);
		if (el_checkpoint_parse((const uint8_t *)cases[i].note, strlen(cases[i].note), &c) != cases[i].error)
			fail_msg("case %zu: %s", i, cases[i].note);
		if (cases[i].error != EL_OK)
			assert_memory_equal(&c, &zeroed, sizeof c);
		else
			root_is(&c, ROOT);
	}
}

static struct el_checkpoint
some_checkpoint(const char *origin, uint64_t size)
{
	struct el_checkpoint c = { .size = size };

	memcpy(c.origin, origin, strlen(origin));
	memset(c.root.b, 0xa5, sizeof c.root.b);
	return c;
}

static void
what_is_signed_opens_as_it_was(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 9, 10, 256, 1000000007, EL_LOG_SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		const struct el_checkpoint c = some_checkpoint("entrylog/0011223344556677/registry", sizes[i]);
		struct el_checkpoint same;
		struct el_buf note;

		el_buf_init(&note, EL_NOTE_MAX);
		assert_int_equal(el_checkpoint_sign(&c, log_key, &note), EL_OK);
		assert_int_equal(el_checkpoint_open(note.p, note.len, c.origin, el_sign_key_pk(log_key), &same), EL_OK);
		assert_memory_equal(&same, &c, sizeof c);
		assert_int_equal(el_checkpoint_open(note.p, note.len, "entrylog/0011223344556677/issuer-1",
				     el_sign_key_pk(log_key), &same),
		    EL_EFORMAT);
		assert_int_equal(
		    el_checkpoint_open(note.p, note.len, c.origin, el_sign_key_pk(witness), &same), EL_ECRYPTO);
		for (size_t at = 0; at < note.len; at++) {
			note.p[at] ^= 1;
			assert_int_not_equal(
			    el_checkpoint_open(note.p, note.len, c.origin, el_sign_key_pk(log_key), &same), EL_OK);
			assert_memory_equal(&same, &zeroed, sizeof same);
			note.p[at] ^= 1;
		}
		el_buf_wipe(&note);
	}
}

static void
signs_no_origin_or_size_that_no_checkpoint_can_have(void **state)
{
	static const char *const bad[] = { "", "with space", "with+plus", "with\nline", "with\ttab", "\xff" };
	struct el_checkpoint c;
	struct el_buf note;

	(void)state;
	el_buf_init(&note, EL_NOTE_MAX);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		c = some_checkpoint(bad[i], 1);
		assert_int_equal(el_checkpoint_sign(&c, log_key, &note), EL_EFORMAT);
		assert_int_equal(note.len, 0);
	}
	c = some_checkpoint("o", EL_LOG_SIZE_MAX + 1);
	assert_int_equal(el_checkpoint_sign(&c, log_key, &note), EL_ELIMIT);
	assert_int_equal(note.len, 0);
	el_buf_wipe(&note);
	el_buf_init(&note, 100);
	c = some_checkpoint("o", 1);
	assert_int_equal(el_checkpoint_sign(&c, log_key, &note), EL_ELIMIT);
	assert_int_equal(note.len, 0);
	el_buf_wipe(&note);
}

static void
witnesses_cosign_and_their_lines_gather_behind_the_note(void **state)
{
	const struct el_checkpoint c = some_checkpoint("entrylog/0011223344556677/issuer-7", 300);
	static const char name[] = "entrylog/0011223344556677/trustee-1";
	struct el_checkpoint same;
	struct el_buf note, line;
	uint64_t t;
	size_t len;

	(void)state;
	el_buf_init(&note, EL_NOTE_MAX);
	el_buf_init(&line, EL_NOTE_LINE_MAX);
	assert_int_equal(el_checkpoint_sign(&c, log_key, &note), EL_OK);
	assert_int_equal(el_checkpoint_cosign(note.p, note.len, name, witness, NOW, &line), EL_OK);
	assert_int_equal(el_note_add_line(&note, line.p, line.len), EL_OK);
	assert_int_equal(
	    el_note_verify(note.p, note.len, name, EL_NOTE_COSIGNATURE, el_sign_key_pk(witness), &t), EL_OK);
	assert_int_equal(t, NOW);
	assert_int_equal(el_checkpoint_open(note.p, note.len, c.origin, el_sign_key_pk(log_key), &same), EL_OK);
	/* A later line of the same witness is not a second one. */
	len = note.len;
	el_buf_clear(&line, EL_NOTE_LINE_MAX);
	assert_int_equal(el_checkpoint_cosign(note.p, note.len, name, witness, NOW + 1, &line), EL_OK);
	assert_int_equal(el_note_add_line(&note, line.p, line.len), EL_OK);
	assert_int_equal(note.len, len);
	el_buf_clear(&line, EL_NOTE_LINE_MAX);
	assert_int_equal(el_checkpoint_cosign(note.p, note.len, name, witness, -1, &line), EL_EFORMAT);
	assert_int_equal(el_checkpoint_cosign(note.p, note.len, "a name", witness, NOW, &line), EL_EFORMAT);
	assert_int_equal(el_checkpoint_cosign(TEXT(PETER_TEXT "\n" PETER_LINE), name, witness, NOW, &line), EL_EFORMAT);
	assert_int_equal(line.len, 0);
	el_buf_wipe(&line);
	el_buf_wipe(&note);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origins_name_the_deployment_and_the_party),
		cmocka_unit_test(reads_published_checkpoints),
		cmocka_unit_test(opens_a_published_checkpoint_with_its_logs_key),
		cmocka_unit_test(further_lines_are_allowed_and_empty_ones_not),
		cmocka_unit_test(what_is_signed_opens_as_it_was),
		cmocka_unit_test(signs_no_origin_or_size_that_no_checkpoint_can_have),
		cmocka_unit_test(witnesses_cosign_and_their_lines_gather_behind_the_note),
	};
	static const uint8_t seed[2][32] = { { 1 }, { 2 } };
	int r;

	if (el_crypto_init() != EL_OK || el_sign_key_new(seed[0], &log_key) != EL_OK ||
	    el_sign_key_new(seed[1], &witness) != EL_OK)
		return 1;
	r = cmocka_run_group_tests_name("log_checkpoint", tests, NULL, NULL);
	el_sign_key_free(log_key);
	el_sign_key_free(witness);
	return r;
}
