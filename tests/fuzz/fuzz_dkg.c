#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authority/dkg_file.h"
#include "crypto/group.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Two of three for two days, which the committed files speak of. */
static const struct el_dkg_plan *
plan(void)
{
	static struct el_dkg_plan p;
	struct el_scalar s;

	if (p.n != 0)
		return &p;
	p = (struct el_dkg_plan){ .threshold = 2, .n = 3, .first = 20000, .days = 2 };
	for (uint32_t i = 0; i < p.n; i++) {
		el_scalar_from_u32(i + 1, &s);
		if (el_point_base(&p.box_keys[i], &s) != EL_OK)
			abort();
	}
	return &p;
}

/* Encoded again, a second time round must give the same bytes. */
static void
same(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	if (a_len != b_len || memcmp(a, b, a_len) != 0)
		abort();
}

#define TRY(type, parse, encode, wipe) \
	do { \
		uint8_t *one = NULL, *two = NULL; \
		size_t one_len, two_len; \
		type x, y; \
		if (parse(data, len, &x) == EL_OK) { \
			if (encode(&x, &one, &one_len) != EL_OK || parse(one, one_len, &y) != EL_OK || \
			    encode(&y, &two, &two_len) != EL_OK) \
				abort(); \
			same(one, one_len, two, two_len); \
			wipe(&x); \
			wipe(&y); \
			free(one); \
			free(two); \
		} \
	} while (0)

#define NOTHING(x) (void)(x)
#define FREE_BOX(x) free((x)->box)
#define P_REVEAL(in, n, out) el_dkg_reveal_parse(plan(), in, n, out)
#define E_REVEAL(x, out, n) el_dkg_reveal_encode(plan(), x, out, n)
#define P_COMMITMENTS(in, n, out) el_dkg_commitments_parse(plan(), in, n, out)
#define E_COMMITMENTS(x, out, n) el_dkg_commitments_encode(plan(), x, out, n)
#define P_SEALED(in, n, out) el_dkg_sealed_parse(plan(), in, n, out)
#define P_COMPLAINT(in, n, out) el_dkg_list_parse(plan(), false, in, n, out)
#define P_ANSWER(in, n, out) el_dkg_list_parse(plan(), true, in, n, out)
#define E_LIST(x, out, n) el_dkg_list_encode(plan(), x, out, n)
#define P_RESULT(in, n, out) el_dkg_result_parse(plan(), in, n, out)
#define E_RESULT(x, out, n) el_dkg_result_encode(plan(), x, out, n)

/* Files of a distributed ceremony come back as they were read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	TRY(struct el_dkg_plan, el_dkg_plan_parse, el_dkg_plan_encode, NOTHING);
	TRY(struct el_dkg_file, el_dkg_file_parse, el_dkg_file_encode, el_dkg_file_wipe);
	TRY(struct el_dkg_state, el_dkg_state_parse, el_dkg_state_encode, NOTHING);
	TRY(struct el_hash, el_dkg_hash_parse, el_dkg_hash_encode, NOTHING);
	TRY(struct el_dkg_reveal, P_REVEAL, E_REVEAL, el_dkg_reveal_wipe);
	TRY(struct el_dkg_commitments, P_COMMITMENTS, E_COMMITMENTS, el_dkg_commitments_wipe);
	TRY(struct el_dkg_sealed, P_SEALED, el_dkg_sealed_encode, FREE_BOX);
	TRY(struct el_dkg_list, P_COMPLAINT, E_LIST, el_dkg_list_wipe);
	TRY(struct el_dkg_list, P_ANSWER, E_LIST, el_dkg_list_wipe);
	TRY(struct el_dkg_result, P_RESULT, E_RESULT, el_dkg_result_wipe);
	return 0;
}
