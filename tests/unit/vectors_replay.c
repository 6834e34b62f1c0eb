#include "vectors_replay.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/selftest.h"
#include "entrylog/error.h"

const char *vec_name = "";

static uint8_t queue[16384];
static size_t queued, drawn;
static bool started;

static const json_t *
field(const json_t *c, const char *key)
{
	const json_t *v = json_object_get(c, key);

	if (v == NULL)
		fail_msg("%s: no field %s", vec_name, key);
	return v;
}

bool
vec_bool(const json_t *c, const char *key)
{
	REQUIRE(json_is_boolean(field(c, key)));
	return json_is_true(field(c, key));
}

bool
vec_valid(const json_t *c)
{
	return vec_bool(c, "valid");
}

const char *
vec_text(const json_t *c, const char *key)
{
	REQUIRE(json_is_string(field(c, key)));
	return json_string_value(field(c, key));
}

bool
vec_is(const json_t *c, const char *key, const char *text)
{
	return strcmp(vec_text(c, key), text) == 0;
}

int64_t
vec_int(const json_t *c, const char *key)
{
	REQUIRE(json_is_integer(field(c, key)));
	return json_integer_value(field(c, key));
}

uint64_t
vec_u64(const json_t *c, const char *key)
{
	char *end;
	const uint64_t v = strtoull(vec_text(c, key), &end, 10);

	REQUIRE(*end == '\0');
	return v;
}

const json_t *
vec_array(const json_t *c, const char *key)
{
	REQUIRE(json_is_array(field(c, key)));
	return field(c, key);
}

static size_t
from_hex(const char *hex, void *out, size_t max)
{
	const char *end;
	size_t n = 0;

	REQUIRE(hex != NULL && strlen(hex) % 2 == 0 && strspn(hex, "0123456789abcdef") == strlen(hex));
	REQUIRE(sodium_hex2bin(out, max, hex, strlen(hex), NULL, &n, &end) == 0 && *end == '\0');
	return n;
}

size_t
vec_some(const json_t *c, const char *key, void *out, size_t max)
{
	return from_hex(vec_text(c, key), out, max);
}

void
vec_bytes(const json_t *c, const char *key, void *out, size_t len)
{
	const size_t n = vec_some(c, key, out, len);

	if (n != len)
		fail_msg("%s: %s has %zu bytes", vec_name, key, n);
}

void
vec_item(const json_t *array, size_t i, void *out, size_t len)
{
	REQUIRE(from_hex(json_string_value(json_array_get(array, i)), out, len) == len);
}

bool
vec_same(const json_t *c, const char *key, const void *bytes, size_t len)
{
	uint8_t want[4096];

	return vec_some(c, key, want, sizeof want) == len && memcmp(want, bytes, len) == 0;
}

int
vec_error(const json_t *c)
{
	if (vec_valid(c))
		return EL_OK;
	if (vec_is(c, "error", "format"))
		return EL_EFORMAT;
	if (vec_is(c, "error", "crypto"))
		return EL_ECRYPTO;
	REQUIRE(vec_is(c, "error", "limit"));
	return EL_ELIMIT;
}

static const char *
source_name(void)
{
	return "stated";
}

static void
source_buf(void *const out, const size_t n)
{
	if (!started) {
		memset(out, 0x5a, n); /* libsodium's own start */
		return;
	}
	if (n > queued - drawn)
		abort(); /* a draw that no vector states */
	memcpy(out, queue + drawn, n);
	drawn += n;
}

static uint32_t
source_random(void)
{
	uint8_t b[4];

	source_buf(b, sizeof b);
	return el_get_u32(b);
}

void
vec_use_stated_randomness(void)
{
	static struct randombytes_implementation source = {
		.implementation_name = source_name, .random = source_random, .buf = source_buf
	};

	if (randombytes_set_implementation(&source) != 0 || el_crypto_init() != EL_OK)
		abort();
	started = true;
}

void
vec_feed(const void *bytes, size_t n)
{
	if (drawn == queued)
		drawn = queued = 0;
	REQUIRE(n <= sizeof queue - queued);
	memcpy(queue + queued, bytes, n);
	queued += n;
}

void
vec_fed(void)
{
	REQUIRE(drawn == queued);
}

void
vec_replay_file(void **state)
{
	const struct vec_file *f = *state;
	char path[512];
	json_error_t error;
	json_t *file, *c;
	size_t i;

	vec_name = f->name;
	snprintf(path, sizeof path, EL_SOURCE_DIR "/tests/vectors/%s.json", f->name);
	if ((file = json_load_file(path, JSON_REJECT_DUPLICATES, &error)) == NULL)
		fail_msg("%s: %s", path, error.text);
	REQUIRE(vec_is(file, "file", f->name));
	REQUIRE(json_array_size(vec_array(file, "cases")) > 0);
	json_array_foreach(json_object_get(file, "cases"), i, c)
	{
		vec_name = f->name;
		vec_name = vec_text(c, "name");
		f->replay(c);
		vec_fed();
	}
	json_decref(file);
}
