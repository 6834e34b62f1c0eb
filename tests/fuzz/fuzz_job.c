#include <stdlib.h>
#include <string.h>

#include "indexer/jobs.h"

/* A job as core sends it to the indexer: what parses is within its limits and has exactly this one encoding. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t again[EL_JOB_MSG_MAX];
	const uint8_t *secret;
	struct el_job job;
	size_t n;

	if (el_job_parse(data, len, &job, &secret, &n) != EL_OK)
		return 0;
	if (n > EL_JOB_SECRET_MAX || secret < data || secret + n != data + len || job.kind > EL_JOB_REMOVE)
		abort();
	if (el_job_encode(&job, secret, n, again) != len || memcmp(again, data, len) != 0)
		abort();
	return 0;
}
