#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "log/note.h"
#include "../vectors/log_published.h"

#define TEXT(s) (const uint8_t *)(s), sizeof(s) - 1
#define WITNESS "entrylog/0011223344556677/trustee-2"

static struct el_sign_key *peter, *witness;
static const char plain_note[] = PETER_TEXT "\n" PETER_LINE ENOCH_LINE;

/* A published key: algorithm || public key. */
static struct el_sign_pk
key_of(const char *base64, uint8_t algorithm)
{
	struct el_sign_pk pk;
	uint8_t in[33];
	size_t n;

	assert_int_equal(el_base64_decode(base64, strlen(base64), in, sizeof in, &n), EL_OK);
	assert_int_equal(n, sizeof in);
	assert_int_equal(in[0], algorithm);
	assert_int_equal(el_sign_pk_parse(in + 1, &pk), EL_OK);
	return pk;
}

static int
verify(const void *note, size_t len, const char *name, const char *key)
{
	const struct el_sign_pk pk = key_of(key, EL_NOTE_ED25519);
	uint64_t t = 7;
	const int r = el_note_verify(note, len, name, EL_NOTE_ED25519, &pk, &t);

	assert_int_equal(t, 0);
	return r;
}

static void
published_keys_have_their_published_ids(void **state)
{
	static const struct {
		const char *name, *id, *key;
		enum el_note_algorithm algorithm;
	} keys[] = {
		{ PETER_NAME, PETER_ID, PETER_KEY, EL_NOTE_ED25519 },
		{ ENOCH_NAME, ENOCH_ID, ENOCH_KEY, EL_NOTE_ED25519 },
		{ SUMDB_NAME, SUMDB_ID, SUMDB_KEY, EL_NOTE_ED25519 },
		{ ARCHE_ORIGIN, ARCHE_ID, ARCHE_KEY, EL_NOTE_ED25519 },
		{ REMORA_NAME, REMORA_ID, REMORA_KEY, EL_NOTE_COSIGNATURE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const struct el_sign_pk pk = key_of(keys[i].key, (uint8_t)keys[i].algorithm);
		uint8_t id[4];
		char hex[9];

		el_note_key_id(keys[i].name, keys[i].algorithm, &pk, id);
		snprintf(hex, sizeof hex, "%02x%02x%02x%02x", id[0], id[1], id[2], id[3]);
		assert_string_equal(hex, keys[i].id);
	}
}

static void
signs_the_published_note_byte_for_byte(void **state)
{
	struct el_buf out;

	(void)state;
	el_buf_init(&out, EL_NOTE_LINE_MAX);
	assert_int_equal(el_note_sign_line(TEXT(PETER_TEXT), PETER_NAME, EL_NOTE_ED25519, peter, 0, &out), EL_OK);
	assert_int_equal(out.len, sizeof PETER_LINE - 1);
	assert_memory_equal(out.p, PETER_LINE, out.len);
	el_buf_wipe(&out);
}

static void
verifies_published_notes(void **state)
{
	(void)state;
	assert_int_equal(verify(TEXT(plain_note), PETER_NAME, PETER_KEY), EL_OK);
	assert_int_equal(verify(TEXT(plain_note), ENOCH_NAME, ENOCH_KEY), EL_OK);
	assert_int_equal(verify(TEXT(SUMDB_NOTE), SUMDB_NAME, SUMDB_KEY), EL_OK);
	/* One of two lines of this name is of an algorithm unknown here; four other lines are witnesses'. */
	assert_int_equal(verify(TEXT(ARCHE_NOTE), ARCHE_ORIGIN, ARCHE_KEY), EL_OK);
}

static void
verifies_the_published_cosignature_of_a_witness(void **state)
{
	const struct el_sign_pk pk = key_of(REMORA_KEY, EL_NOTE_COSIGNATURE);
	char changed[] = ARCHE_NOTE;
	uint64_t t;

	(void)state;
	assert_int_equal(el_note_verify(TEXT(ARCHE_NOTE), REMORA_NAME, EL_NOTE_COSIGNATURE, &pk, &t), EL_OK);
	assert_int_equal(t, REMORA_TIME);
	assert_int_equal(el_note_verify(TEXT(ARCHE_NOTE), REMORA_NAME, EL_NOTE_COSIGNATURE, &pk, NULL), EL_OK);
	changed[sizeof ARCHE_ORIGIN] = '2'; /* the size */
	assert_int_equal(el_note_verify(TEXT(changed), REMORA_NAME, EL_NOTE_COSIGNATURE, &pk, &t), EL_ECRYPTO);
	assert_int_equal(t, 0);
	/* The same key as one of plain signatures has another id. */
	assert_int_equal(el_note_verify(TEXT(ARCHE_NOTE), REMORA_NAME, EL_NOTE_ED25519, &pk, &t), EL_ENOTFOUND);
}

static void
the_text_ends_at_the_last_empty_line(void **state)
{
	static const char poem[] = QUASIMODO_TEXT "\n" QUASIMODO_LINE;
	size_t n;

	(void)state;
	assert_int_equal(el_note_text(TEXT(poem), &n), EL_OK);
	assert_int_equal(n, sizeof QUASIMODO_TEXT - 1);
	assert_int_equal(el_note_text(TEXT(SOFA_NOTE), &n), EL_OK);
	assert_int_equal(n, sizeof SOFA_ORIGIN "\n" SOFA_REST - 1);
	assert_int_equal(el_note_text(TEXT("\n\n" PETER_LINE), &n), EL_OK);
	assert_int_equal(n, 1);
}

static void
refuses_what_is_no_note(void **state)
{
	static const struct {
		const char *note;
		size_t len;
	} bad[] = {
#define BAD(s) { s, sizeof(s) - 1 }
		BAD(""),
		BAD("\n"),
		BAD("\n\n"),
		BAD(PETER_TEXT),
		BAD(PETER_TEXT "\n"),
		BAD(PETER_TEXT PETER_LINE),
		BAD("\n" PETER_LINE),
		BAD(PETER_LINE),
		BAD("no line end" PETER_LINE),
		BAD(PETER_TEXT "\n\u2014 PeterNeumann " PETER_BASE64), /* no line end */
		BAD(PETER_TEXT "\n" PETER_LINE "\n"),
		BAD(PETER_TEXT "\n" PETER_LINE "Unexpected line.\n"),
		BAD(PETER_TEXT "\nUnexpected line.\n" PETER_LINE),
		BAD(PETER_TEXT "\n" PETER_LINE ENOCH_LINE "x"),
		BAD("\x01" PETER_TEXT "\n" PETER_LINE),
		BAD("\0" PETER_TEXT "\n" PETER_LINE),
		BAD("a\r\n\n" PETER_LINE),
		BAD("a\tb\n\n" PETER_LINE),
		BAD("\xff" PETER_TEXT "\n" PETER_LINE),
		BAD("\xc0\xaf\n\n" PETER_LINE), /* overlong */
		BAD("\xed\xa0\x80\n\n" PETER_LINE), /* a surrogate */
		BAD("\xf4\x90\x80\x80\n\n" PETER_LINE), /* above U+10FFFF */
		BAD("a\n\n- PeterNeumann " PETER_BASE64 "\n"),
		BAD("a\n\n\u2013 PeterNeumann " PETER_BASE64 "\n"), /* an en dash */
		BAD("a\n\n\u2014PeterNeumann " PETER_BASE64 "\n"),
		BAD("a\n\n\u2014  " PETER_BASE64 "\n"), /* no name */
		BAD("a\n\n\u2014 " PETER_BASE64 "\n"),
		BAD("a\n\n\u2014 Bad Name " PETER_BASE64 "\n"),
		BAD("a\n\n\u2014 Bad\u00a0Name " PETER_BASE64 "\n"),
		BAD("a\n\n\u2014 Bad\u2028Name " PETER_BASE64 "\n"),
		BAD("a\n\n\u2014 Bad\u3000Name " PETER_BASE64 "\n"),
		BAD("a\n\n\u2014 Bad+Name " PETER_BASE64 "\n"),
		BAD("a\n\n\u2014 a  " PETER_BASE64 "\n"),
		BAD("a\n\n\u2014 a " PETER_BASE64 " \n"),
		BAD("a\n\n\u2014 a \n"),
		BAD("a\n\n\u2014 a\n"),
		BAD("a\n\n\u2014 \n"),
		BAD("a\n\n\u2014 a AAAA\n"), /* three bytes are no key id */
		BAD("a\n\n\u2014 a AAAAAA==\n"), /* a key id and nothing behind it */
		BAD("a\n\n\u2014 a AAAAAAB=\n"), /* stray bits */
		BAD("a\n\n\u2014 a AAAAAAA\n"), /* no padding */
		BAD("a\n\n\u2014 a AAAAAA-_\n"), /* base64url */
		BAD("a\n\n\u2014 a AAAA\u00e9AAA\n"),
#undef BAD
	};
	const struct el_sign_pk pk = key_of(PETER_KEY, EL_NOTE_ED25519);
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		n = 1;
		if (el_note_text((const uint8_t *)bad[i].note, bad[i].len, &n) != EL_EFORMAT || n != 0)
			fail_msg("case %zu: %s", i, bad[i].note);
		assert_int_equal(
		    el_note_verify((const uint8_t *)bad[i].note, bad[i].len, PETER_NAME, EL_NOTE_ED25519, &pk, NULL),
		    EL_EFORMAT);
	}
	assert_int_equal(el_note_text(NULL, 0, &n), EL_EFORMAT);
	assert_int_equal(el_note_text(TEXT("a\n\n\u2014 a AAAAAAA=\n"), &n), EL_OK);
}

static void
a_cut_or_changed_note_never_verifies(void **state)
{
	char copy[sizeof PETER_TEXT "\n" PETER_LINE];
	const size_t len = sizeof copy - 1;

	(void)state;
	for (size_t i = 0; i < len; i++)
		assert_int_not_equal(verify(PETER_TEXT "\n" PETER_LINE, i, PETER_NAME, PETER_KEY), EL_OK);
	for (size_t i = 0; i < len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(copy, PETER_TEXT "\n" PETER_LINE, sizeof copy);
			copy[i] = (char)(copy[i] ^ (1 << bit));
			assert_int_not_equal(verify(copy, len, PETER_NAME, PETER_KEY), EL_OK);
		}
}

static void
only_lines_of_the_name_and_key_count(void **state)
{
	(void)state;
	assert_int_equal(verify(TEXT(PETER_TEXT "\n" ENOCH_LINE), PETER_NAME, PETER_KEY), EL_ENOTFOUND);
	assert_int_equal(verify(TEXT(plain_note), ENOCH_NAME, PETER_KEY), EL_ENOTFOUND);
	assert_int_equal(verify(TEXT(plain_note), "PeterNeuman", PETER_KEY), EL_ENOTFOUND);
	assert_int_equal(verify(TEXT(plain_note), "PeterNeumannn", PETER_KEY), EL_ENOTFOUND);
	assert_int_equal(verify(TEXT(plain_note), "", PETER_KEY), EL_ENOTFOUND);
	/* Unknown lines are skipped whatever they sign with, but one of ours that does not hold spoils the note. */
	assert_int_equal(
	    verify(TEXT(PETER_TEXT "\n\u2014 PeterNeumann AAAAAAA=\n" PETER_LINE), PETER_NAME, PETER_KEY), EL_OK);
	assert_int_equal(
	    verify(TEXT(PETER_TEXT "\n" PETER_LINE "\u2014 PeterNeumann x08gowA=\n"), PETER_NAME, PETER_KEY),
	    EL_ECRYPTO);
	assert_int_equal(verify(TEXT("another text\n\n" PETER_LINE), PETER_NAME, PETER_KEY), EL_ECRYPTO);
	assert_int_equal(verify(TEXT(PETER_TEXT "\n" PETER_LINE PETER_LINE), PETER_NAME, PETER_KEY), EL_OK);
}

static void
notes_have_limits(void **state)
{
	static uint8_t note[EL_NOTE_MAX + 1];
	const size_t rest = sizeof "\n\n" PETER_LINE - 1;
	struct el_buf b;
	size_t n;

	(void)state;
	memset(note, 'a', sizeof note);
	memcpy(note + EL_NOTE_MAX - rest, "\n\n" PETER_LINE, rest);
	assert_int_equal(el_note_text(note, EL_NOTE_MAX, &n), EL_OK);
	assert_int_equal(n, EL_NOTE_MAX - rest + 1);
	assert_int_equal(el_note_text(note, EL_NOTE_MAX + 1, &n), EL_ELIMIT);
	el_buf_init(&b, EL_NOTE_MAX);
	el_buf_put_text(&b, PETER_TEXT "\n");
	for (int i = 0; i < EL_NOTE_SIGNATURES_MAX; i++) {
		el_buf_put_text(&b, PETER_LINE);
		assert_int_equal(el_note_text(b.p, b.len, &n), EL_OK);
	}
	assert_int_equal(el_note_add_line(&b, TEXT(PETER_LINE)), EL_OK); /* is there */
	assert_int_equal(el_note_add_line(&b, TEXT(ENOCH_LINE)), EL_ELIMIT);
	el_buf_put_text(&b, PETER_LINE);
	assert_int_equal(el_note_text(b.p, b.len, &n), EL_ELIMIT);
	el_buf_wipe(&b);
}

static void
cosigns_and_the_latest_time_is_told(void **state)
{
	const struct el_sign_pk *pk = el_sign_key_pk(witness);
	static const uint64_t times[] = { 1788500000, INT64_MAX, 0 };
	struct el_buf b;
	uint64_t t;

	(void)state;
	el_buf_init(&b, EL_NOTE_MAX);
	el_buf_put_text(&b, PETER_TEXT "\n" PETER_LINE);
	assert_int_equal(el_note_verify(b.p, b.len, WITNESS, EL_NOTE_COSIGNATURE, pk, &t), EL_ENOTFOUND);
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		assert_int_equal(
		    el_note_sign_line(TEXT(PETER_TEXT), WITNESS, EL_NOTE_COSIGNATURE, witness, times[i], &b), EL_OK);
		assert_int_equal(el_note_verify(b.p, b.len, WITNESS, EL_NOTE_COSIGNATURE, pk, &t), EL_OK);
		assert_int_equal(t, i == 0 ? times[0] : INT64_MAX);
	}
	assert_int_equal(verify(b.p, b.len, PETER_NAME, PETER_KEY), EL_OK);
	el_buf_wipe(&b);
}

static void
a_cosignature_of_another_time_does_not_hold(void **state)
{
	static const char head[] = PETER_TEXT "\n\u2014 " WITNESS " ";
	uint8_t blob[76];
	char base64[EL_BASE64_LEN(sizeof blob) + 1];
	struct el_buf b;
	size_t n;

	(void)state;
	el_buf_init(&b, EL_NOTE_MAX);
	el_buf_put_text(&b, PETER_TEXT "\n");
	assert_int_equal(
	    el_note_sign_line(TEXT(PETER_TEXT), WITNESS, EL_NOTE_COSIGNATURE, witness, 1788500000, &b), EL_OK);
	assert_int_equal(
	    el_base64_decode((const char *)b.p + sizeof head - 1, b.len - sizeof head, blob, sizeof blob, &n), EL_OK);
	assert_int_equal(n, sizeof blob);
	for (size_t i = 4; i < sizeof blob; i++) {
		blob[i] ^= 0x80; /* of the first byte of the time: a time over 2^63 - 1 */
		el_base64_encode(blob, sizeof blob, base64);
		memcpy(b.p + sizeof head - 1, base64, sizeof base64 - 1);
		assert_int_equal(
		    el_note_verify(b.p, b.len, WITNESS, EL_NOTE_COSIGNATURE, el_sign_key_pk(witness), NULL),
		    EL_ECRYPTO);
		blob[i] ^= 0x80;
	}
	el_buf_wipe(&b);
}

static void
signs_only_what_a_note_can_have(void **state)
{
	static char long_name[EL_NOTE_NAME_MAX + 2];
	static const char *const names[] = { "", "a b", "a+b", "a\tb", "a\nb",
		"a\xc2\xa0"
		"b",
		"\xff", "\x01" };
	static const char *const texts[] = { "", "no line end", "a\tb\n", "\xff\n", "\x7f\xc3\n",
		"cosignature/v1\ntime 1\na\n" };
	struct el_buf b;

	(void)state;
	el_buf_init(&b, EL_NOTE_MAX);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_int_equal(el_note_sign_line(TEXT("a\n"), names[i], EL_NOTE_ED25519, peter, 0, &b), EL_EFORMAT);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(el_note_sign_line((const uint8_t *)texts[i], strlen(texts[i]), PETER_NAME,
				     EL_NOTE_ED25519, peter, 0, &b),
		    EL_EFORMAT);
	assert_int_equal(el_note_sign_line(TEXT("a\0\n"), PETER_NAME, EL_NOTE_ED25519, peter, 0, &b), EL_EFORMAT);
	assert_int_equal(
	    el_note_sign_line(TEXT("a\n"), PETER_NAME, EL_NOTE_COSIGNATURE, peter, UINT64_C(1) << 63, &b), EL_EFORMAT);
	memset(long_name, 'n', EL_NOTE_NAME_MAX + 1);
	assert_int_equal(el_note_sign_line(TEXT("a\n"), long_name, EL_NOTE_COSIGNATURE, peter, 0, &b), EL_ELIMIT);
	assert_int_equal(b.len, 0);
	long_name[EL_NOTE_NAME_MAX] = '\0';
	assert_int_equal(el_note_sign_line(TEXT("a\n"), long_name, EL_NOTE_COSIGNATURE, peter, INT64_MAX, &b), EL_OK);
	el_buf_wipe(&b);
	el_buf_init(&b, 10);
	assert_int_equal(el_note_sign_line(TEXT("a\n"), PETER_NAME, EL_NOTE_ED25519, peter, 0, &b), EL_ELIMIT);
	assert_int_equal(b.len, 0);
	el_buf_wipe(&b);
}

static void
a_line_is_added_once(void **state)
{
	static const char *const bad[] = { "", "\n", "x\n", PETER_LINE ENOCH_LINE, "\u2014 a b\n", ENOCH_LINE "\n",
		"\n" ENOCH_LINE, PETER_TEXT "\n" PETER_LINE, "\u2014 \xff AAAAAAA=\n" };
	struct el_buf b;

	(void)state;
	el_buf_init(&b, EL_NOTE_MAX);
	assert_int_equal(el_note_add_line(&b, TEXT(PETER_LINE)), EL_EFORMAT); /* no note yet */
	el_buf_put_text(&b, PETER_TEXT "\n" PETER_LINE);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(el_note_add_line(&b, (const uint8_t *)bad[i], strlen(bad[i])), EL_EFORMAT);
	assert_int_equal(el_note_add_line(&b, NULL, 0), EL_EFORMAT);
	assert_int_equal(el_note_add_line(&b, TEXT(ENOCH_LINE) - 1), EL_EFORMAT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(el_note_add_line(&b, TEXT(PETER_LINE)), EL_OK);
		assert_int_equal(el_note_add_line(&b, TEXT(ENOCH_LINE)), EL_OK);
		assert_int_equal(b.len, sizeof plain_note - 1);
		assert_memory_equal(b.p, plain_note, b.len);
	}
	/* Another id under a name that is there is another key. */
	assert_int_equal(el_note_add_line(&b, TEXT("\u2014 EnochRoot AAAAAAA=\n")), EL_OK);
	assert_int_equal(b.len, sizeof plain_note - 1 + sizeof "\u2014 EnochRoot AAAAAAA=\n" - 1);
	el_buf_wipe(&b);
}

static void
nothing_signed_under_a_label_is_a_note(void **state)
{
	static const char labelled[] = "EL1-order\0text\n";
	const struct el_sign_pk *pk = el_sign_key_pk(peter);
	struct el_sig sig, zero = { { 0 } };

	(void)state;
	assert_int_equal(el_sign(peter, "EL1-order", "text\n", 5, &sig), EL_OK);
	assert_int_equal(el_verify_note(pk, labelled, sizeof labelled - 1, &sig), EL_EFORMAT);
	assert_int_equal(el_verify_note(pk, "text\n", 5, &sig), EL_ECRYPTO);
	assert_int_equal(el_sign_note(peter, labelled, sizeof labelled - 1, &sig), EL_EFORMAT);
	assert_memory_equal(&sig, &zero, sizeof sig);
	assert_int_equal(el_sign_note(peter, "", 0, &sig), EL_EFORMAT);
	assert_int_equal(el_sign_note(peter, "text\n", 5, &sig), EL_OK);
	assert_int_equal(el_verify_note(pk, "text\n", 5, &sig), EL_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_keys_have_their_published_ids),
		cmocka_unit_test(signs_the_published_note_byte_for_byte),
		cmocka_unit_test(verifies_published_notes),
		cmocka_unit_test(verifies_the_published_cosignature_of_a_witness),
		cmocka_unit_test(the_text_ends_at_the_last_empty_line),
		cmocka_unit_test(refuses_what_is_no_note),
		cmocka_unit_test(a_cut_or_changed_note_never_verifies),
		cmocka_unit_test(only_lines_of_the_name_and_key_count),
		cmocka_unit_test(notes_have_limits),
		cmocka_unit_test(cosigns_and_the_latest_time_is_told),
		cmocka_unit_test(a_cosignature_of_another_time_does_not_hold),
		cmocka_unit_test(signs_only_what_a_note_can_have),
		cmocka_unit_test(a_line_is_added_once),
		cmocka_unit_test(nothing_signed_under_a_label_is_a_note),
	};
	uint8_t seed[33];
	size_t n;
	int r;

	if (el_crypto_init() != EL_OK ||
	    el_base64_decode(PETER_SEED, strlen(PETER_SEED), seed, sizeof seed, &n) != EL_OK ||
	    el_sign_key_new(seed + 1, &peter) != EL_OK || el_sign_key_new(seed, &witness) != EL_OK)
		return 1;
	r = cmocka_run_group_tests_name("log_note", tests, NULL, NULL);
	el_sign_key_free(peter);
	el_sign_key_free(witness);
	return r;
}
