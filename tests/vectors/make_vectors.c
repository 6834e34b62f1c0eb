/*
 * Writes the vectors of everything below the documents; make_order_vectors.c writes those.  Built with the
 * tests, run by hand (`make_vectors tests/vectors`) when the protocol changes, and by ctest with --check.
 */
#include "vectors.h"

int
main(int argc, char **argv)
{
	static vec_make_fn *const files[] = { make_base45, make_base64url, make_kdf, make_point, make_scalar, make_box,
		make_row, make_signature, make_share, make_keyring, make_ticket, make_token, make_trace_box, make_leaf,
		make_tree, make_public_log, make_tags, make_callsig, make_epoch, make_dleq, NULL };

	return vec_main(argc, argv, files);
}
