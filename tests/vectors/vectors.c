#include "vectors.h"

#include <sodium.h>
#include <string.h>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"

static uint8_t queue[16384];
static size_t queued, drawn;
static bool started;

void
vec_die(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	exit(1);
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
		memset(out, 0x5a, n); /* libsodium's own start: canaries */
		return;
	}
	VEC_CHECK(n <= queued - drawn);
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
vec_init(void)
{
	static struct randombytes_implementation source = {
		.implementation_name = source_name, .random = source_random, .buf = source_buf
	};

	VEC_OK(randombytes_set_implementation(&source));
	VEC_OK(el_crypto_init());
	started = true;
}

void
vec_derive(const char *label, void *out, size_t n)
{
	static const char prefix[] = "entrylog vectors";
	uint8_t *p = out, block[4];
	struct el_sha256 state;
	struct el_hash h;

	for (uint32_t i = 0; n > 0; i++) {
		const size_t take = n < sizeof h.b ? n : sizeof h.b;

		el_put_u32(block, i);
		el_sha256_init(&state);
		el_sha256_update(&state, prefix, sizeof prefix);
		el_sha256_update(&state, label, strlen(label) + 1);
		el_sha256_update(&state, block, sizeof block);
		el_sha256_final(&state, &h);
		memcpy(p, h.b, take);
		p += take;
		n -= take;
	}
}

void
vec_feed(const void *bytes, size_t n)
{
	if (drawn == queued)
		drawn = queued = 0;
	VEC_CHECK(n <= sizeof queue - queued);
	memcpy(queue + queued, bytes, n);
	queued += n;
}

void
vec_fed(void)
{
	VEC_CHECK(drawn == queued);
}

json_t *
vec_file(const char *name)
{
	json_t *file = json_object();

	vec_text(file, "file", name);
	vec_put(file, "cases", json_array());
	return file;
}

json_t *
vec_case(json_t *file, const char *name, bool valid)
{
	json_t *cases = json_object_get(file, "cases"), *c = json_object(), *other;
	size_t i;

	json_array_foreach(cases, i, other) if (strcmp(json_string_value(json_object_get(other, "name")), name) == 0)
	    vec_die(__FILE__, __LINE__, name);
	vec_text(c, "name", name);
	vec_put(c, "valid", json_boolean(valid));
	VEC_OK(json_array_append_new(cases, c));
	return c;
}

json_t *
vec_hex_json(const void *bytes, size_t n)
{
	char *text = malloc(2 * n + 1);
	json_t *j;

	VEC_CHECK(text != NULL);
	sodium_bin2hex(text, 2 * n + 1, bytes, n);
	j = json_string(text);
	free(text);
	return j;
}

void
vec_put(json_t *to, const char *key, json_t *v)
{
	VEC_CHECK(v != NULL && json_object_get(to, key) == NULL);
	VEC_OK(json_object_set_new(to, key, v));
}

void
vec_hex(json_t *to, const char *key, const void *bytes, size_t n)
{
	vec_put(to, key, vec_hex_json(bytes, n));
}

void
vec_text(json_t *to, const char *key, const char *text)
{
	vec_put(to, key, json_string(text));
}

void
vec_text_n(json_t *to, const char *key, const char *text, size_t n)
{
	vec_put(to, key, json_stringn(text, n));
}

void
vec_int(json_t *to, const char *key, int64_t v)
{
	vec_put(to, key, json_integer(v));
}

void
vec_u64(json_t *to, const char *key, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)v);
	vec_text(to, key, text);
}

static bool
write_or_compare(const char *dir, const char *name, const char *text, size_t len, bool check)
{
	char path[4096];
	uint8_t *old = NULL;
	size_t old_len = 0;
	bool same;

	VEC_CHECK((size_t)snprintf(path, sizeof path, "%s/%s.json", dir, name) < sizeof path);
	if (!check) {
		FILE *f = fopen(path, "w");

		VEC_CHECK(f != NULL && fwrite(text, 1, len, f) == len && fclose(f) == 0);
		return true;
	}
	if (el_file_read(path, 16 << 20, &old, &old_len) != EL_OK) {
		printf("%s: cannot be read\n", path);
		return false;
	}
	same = old_len == len && memcmp(old, text, len) == 0;
	printf("%s %s.json\n", same ? "same" : "DIFFERS", name);
	free(old);
	return same;
}

int
vec_main(int argc, char **argv, vec_make_fn *const *files)
{
	const bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
	bool good = true;

	if (argc != 2 && !check) {
		fprintf(stderr, "usage: %s [--check] DIR\n", argv[0]);
		return 2;
	}
	vec_init();
	for (; *files != NULL; files++) {
		json_t *file = (*files)();
		char *body = json_dumps(file, JSON_INDENT(1)), *text;
		size_t n;

		vec_fed();
		VEC_CHECK(body != NULL);
		n = strlen(body);
		VEC_CHECK((text = malloc(n + 2)) != NULL);
		memcpy(text, body, n);
		memcpy(text + n, "\n", 2);
		good = write_or_compare(
			   argv[argc - 1], json_string_value(json_object_get(file, "file")), text, n + 1, check) &&
		       good;
		free(text);
		free(body);
		json_decref(file);
	}
	return good ? 0 : 1;
}
