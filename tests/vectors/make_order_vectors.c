/* Writes the vectors of restricted JSON and of the documents; see make_vectors.c. */
#include "vectors.h"

int
main(int argc, char **argv)
{
	static vec_make_fn *const files[] = { make_rjson, make_documents, NULL };

	return vec_main(argc, argv, files);
}
