#include <stdio.h>
#include <string.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "crypto/kdf.h"
#include "entrylog/base45.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "vectors.h"

#include <sodium.h>

static void
base45_good(json_t *file, const char *name, const void *bytes, size_t n)
{
	json_t *c = vec_case(file, name, true);
	char text[512];

	VEC_CHECK(EL_BASE45_LEN(n) < sizeof text);
	el_base45_encode(bytes, n, text);
	vec_hex(c, "bytes", bytes, n);
	vec_text(c, "text", text);
}

json_t *
make_base45(void)
{
	static const struct {
		const char *name, *text;
	} bad[] = {
		{ "one character is no group", "A" },
		{ "four characters leave one over", "QED8" },
		{ "a group of three above 65535 (65536)", "GGW" },
		{ "the largest group of three", ":::" },
		{ "a group above 65535 after a good one", "QED:::" },
		{ "a last pair above 255 (256)", "V5" },
		{ "the largest pair", "::" },
		{ "lower case", "qed8wex0" },
		{ "one lower case letter", "QED8WEx0" },
		{ "a character outside the alphabet (=)", "QED8WE=0" },
		{ "a comma", "AB," },
		{ "a tab instead of a space", "AB\t" },
		{ "a line end behind", "QED8WEX0\n" },
		{ "a NUL written as an escape is no character", "AB\\0" },
		{ "a letter beyond ASCII", "\xc3\x84"
					   "B" },
	};
	json_t *file = vec_file("base45");
	uint8_t all[256];
	size_t n;

	base45_good(file, "nothing", "", 0);
	base45_good(file, "RFC 9285: AB", "AB", 2);
	base45_good(file, "RFC 9285: Hello!!", "Hello!!", 7);
	base45_good(file, "RFC 9285: base-45", "base-45", 7);
	base45_good(file, "RFC 9285: ietf!", "ietf!", 5);
	base45_good(file, "one zero byte", "\0", 1);
	base45_good(file, "one byte 255", "\xff", 1);
	base45_good(file, "two bytes 255: the largest group", "\xff\xff", 2);
	base45_good(file, "three zero bytes", "\0\0\0", 3);
	base45_good(file, "two spaces at the end of a group", "\x06\x54", 2);
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)i;
	base45_good(file, "every byte once", all, sizeof all);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		VEC_CHECK(el_base45_decode(bad[i].text, strlen(bad[i].text), all, sizeof all, &n) == EL_EFORMAT);
		vec_text(vec_case(file, bad[i].name, false), "text", bad[i].text);
	}
	return file;
}

json_t *
make_base64url(void)
{
	static const struct {
		const char *name, *text;
	} bad[] = {
		{ "one character", "A" },
		{ "five characters", "Zm9vY" },
		{ "padding of one", "Zm9vYmE=" },
		{ "padding of two", "Zg==" },
		{ "trailing bits of two characters not zero", "Zh" },
		{ "trailing bits of three characters not zero", "Zm9" },
		{ "plus and slash of plain base64", "+/8A" },
		{ "a space inside", "Zm 9v" },
		{ "a line end inside", "Zm9v\nYmFy" },
		{ "a line end behind", "Zm9v\n" },
		{ "a letter beyond ASCII (bytes c3 a9, which libsodium alone accepts)", "Zm\xc3\xa9" },
		{ "a control character beyond ASCII (bytes c2 80)", "\xc2\x80"
								    "Zm" },
		{ "two letters beyond ASCII, all bits set", "\xc3\xbf\xc3\xbf" },
	};
	static const struct {
		const char *name, *bytes;
		size_t n;
	} good[] = {
		{ "nothing", "", 0 },
		{ "RFC 4648: f", "f", 1 },
		{ "RFC 4648: fo", "fo", 2 },
		{ "RFC 4648: foo", "foo", 3 },
		{ "RFC 4648: foob", "foob", 4 },
		{ "RFC 4648: fooba", "fooba", 5 },
		{ "RFC 4648: foobar", "foobar", 6 },
		{ "the two characters that differ from base64", "\xfb\xff\xbf", 3 },
		{ "one zero byte", "\0", 1 },
	};
	json_t *file = vec_file("base64url");
	uint8_t out[64];
	char text[64];
	size_t n;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		json_t *c = vec_case(file, good[i].name, true);

		el_base64url_encode((const uint8_t *)good[i].bytes, good[i].n, text);
		vec_hex(c, "bytes", good[i].bytes, good[i].n);
		vec_text(c, "text", text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		VEC_CHECK(el_base64url_decode(bad[i].text, strlen(bad[i].text), out, sizeof out, &n) == EL_EFORMAT);
		vec_text(vec_case(file, bad[i].name, false), "text", bad[i].text);
	}
	return file;
}

static void
kdf_case(json_t *file, const char *name, const char *label, const uint8_t *data, size_t n)
{
	json_t *c = vec_case(file, name, true);
	uint8_t key[EL_KEY_LEN], out[EL_KEY_LEN], prf16[16], personal[16] = { 0 }, shorter[8];
	struct el_tag prf8;

	vec_derive("kdf/key", key, sizeof key);
	memcpy(personal, label, strlen(label));
	el_kdf(out, key, label, data, n);
	el_prf8(&prf8, key, label, data, n);
	el_prf16(prf16, key, label, data, n);
	VEC_OK(crypto_generichash_blake2b_salt_personal(
	    shorter, sizeof shorter, data, n, key, sizeof key, NULL, personal));
	vec_hex(c, "key", key, sizeof key);
	vec_text(c, "label", label);
	vec_hex(c, "personal", personal, sizeof personal);
	vec_hex(c, "data", data, n);
	vec_hex(c, "kdf", out, sizeof out);
	vec_hex(c, "prf8", prf8.b, sizeof prf8.b);
	vec_hex(c, "prf16", prf16, sizeof prf16);
	vec_hex(c, "not_prf8", shorter, sizeof shorter);
}

json_t *
make_kdf(void)
{
	static const size_t lengths[] = { 1, 31, 32, 64, 127, 128, 129, 132, 200, 256 };
	static const char *const plain[] = { "EL1-tags", "EL1-rows", "EL1-next", "EL1-auth", "EL1-id", "EL1-com" };
	json_t *file = vec_file("kdf");
	uint8_t data[256];
	char name[80];

	vec_derive("kdf/data", data, sizeof data);
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
		snprintf(name, sizeof name, "%s over nothing", plain[i]);
		kdf_case(file, name, plain[i], NULL, 0);
	}
	kdf_case(file, "EL1-kek over the content of a KEK file", "EL1-kek", data, 32);
	kdf_case(file, "a label of one character", "E", data, 16);
	kdf_case(file, "a label of all 16 characters", "EL1-0123456789AB", data, 16);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		snprintf(name, sizeof name, "%zu bytes of data", lengths[i]);
		kdf_case(file, name, "EL1-show", data, lengths[i]);
	}
	return file;
}

static void
epoch_days(json_t *file, uint32_t offset)
{
	static const struct {
		const char *what;
		int64_t t;
	} times[] = {
		{ "at 0", 0 },
		{ "one second before the boundary", 20700LL * 86400 - 1 },
		{ "at the boundary", 20700LL * 86400 },
		{ "one second after it", 20700LL * 86400 + 1 },
		{ "at noon", 20700LL * 86400 + 43200 },
		{ "the first second of the last epoch", 65535LL * 86400 },
		{ "the last second of the last epoch", 65536LL * 86400 - 1 },
	};
	char name[120];

	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		const int64_t t = times[i].t == 0 ? 0 : times[i].t - offset;
		json_t *c;

		snprintf(name, sizeof name, "day of a time, offset %u: %s", offset, times[i].what);
		c = vec_case(file, name, true);
		vec_text(c, "kind", "day");
		vec_int(c, "day_offset", offset);
		vec_int(c, "time", t);
		vec_int(c, "epoch", el_epoch_of(t, offset));
	}
}

static void
epoch_bounds(json_t *file, uint32_t offset, el_epoch e)
{
	static const struct {
		const char *what;
		int from_end;
		int64_t by;
	} shown[] = {
		{ "the second before its start", 0, -1 },
		{ "its first second", 0, 0 },
		{ "its last second", 1, -1 },
		{ "its end", 1, 0 },
		{ "the last second of the two hours after", 1, 7199 },
		{ "two hours after its end", 1, 7200 },
	};
	char name[120];
	json_t *c;

	snprintf(name, sizeof name, "bounds of epoch %u, offset %u", e, offset);
	c = vec_case(file, name, true);
	vec_text(c, "kind", "bounds");
	vec_int(c, "day_offset", offset);
	vec_int(c, "epoch", e);
	vec_int(c, "start", el_epoch_start(e, offset));
	vec_int(c, "end", el_epoch_end(e, offset));
	vec_int(c, "destroy_at", el_epoch_destroy_at(e, offset));
	for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
		const int64_t t =
		    (shown[i].from_end ? el_epoch_end(e, offset) : el_epoch_start(e, offset)) + shown[i].by;

		snprintf(name, sizeof name, "a token of epoch %u, offset %u, shown at %s", e, offset, shown[i].what);
		c = vec_case(file, name, el_epoch_admits(e, t, offset));
		vec_text(c, "kind", "admits");
		vec_int(c, "day_offset", offset);
		vec_int(c, "epoch", e);
		vec_int(c, "shown_at", t);
	}
}

static void
freshness(json_t *file, uint32_t skew, int age)
{
	static const char *const verdict[] = {
		[EL_FRESH] = "fresh", [EL_STALE] = "stale", [EL_FROM_FUTURE] = "from_future"
	};
	const uint32_t shown = 1788500000;
	const enum el_freshness f = el_token_freshness(shown, (int64_t)shown + age, skew);
	char name[80];
	json_t *c;

	snprintf(name, sizeof name, "scanned %d s after it was shown, skew %u", age, skew);
	c = vec_case(file, name, f == EL_FRESH);
	vec_text(c, "kind", "freshness");
	vec_int(c, "shown_at", shown);
	vec_int(c, "scanned_at", (int64_t)shown + age);
	vec_int(c, "skew", skew);
	vec_text(c, "verdict", verdict[f]);
}

json_t *
make_epoch(void)
{
	static const int ages[] = { -31, -6, -5, -1, 0, 1, 14, 15, 16, 20, 21, 45, 46, 3600 };
	json_t *file = vec_file("epoch");

	epoch_days(file, 0);
	epoch_days(file, 18000);
	epoch_days(file, 86399);
	epoch_bounds(file, 18000, 20700);
	epoch_bounds(file, 0, 1);
	for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
		freshness(file, 0, ages[i]);
		freshness(file, 5, ages[i]);
		freshness(file, 30, ages[i]);
	}
	return file;
}
