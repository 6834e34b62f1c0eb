/* Writes the vectors of restricted JSON, of the documents and of the public log's entries; see make_vectors.c. */
#include "vectors.h"

int
main(int argc, char **argv)
{
	static vec_make_fn *const files[] = { make_rjson, make_documents, make_publog, NULL };

	return vec_main(argc, argv, files);
}
