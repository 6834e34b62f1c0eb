#include "crypto/random_source.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define PAGE 4096
#define POOL_LEN (PAGE - 2 * sizeof(size_t))

/* A mapping of its own, since advice to the kernel is for whole pages: all of it is zero after a fork. */
struct pool {
	size_t left; /* bytes not handed out yet: those in front */
	size_t locked; /* whether this process has tried to lock it; locks are not inherited */
	uint8_t bytes[POOL_LEN];
};

_Static_assert(sizeof(struct pool) == PAGE, "the pool is one page");
_Static_assert(EL_RANDOM_SMALL <= POOL_LEN, "a full pool serves any small request");

static struct pool *pool; /* NULL: nothing is pooled */

static void
from_kernel(void *out, size_t len)
{
	uint8_t *p = out;
	ssize_t n;

	while (len > 0) {
		if ((n = getrandom(p, len, 0)) < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			sodium_misuse(); /* does not return */
		p += n;
		len -= (size_t)n;
	}
}

static void
refill(void)
{
	if (pool->locked == 0) {
		pool->locked = 1;
		(void)mlock(pool, sizeof *pool); /* a limit on locked memory is no reason to have no random bytes */
	}
	from_kernel(pool->bytes, sizeof pool->bytes);
	pool->left = sizeof pool->bytes;
}

static void
source_buf(void *const out, const size_t len)
{
	uint8_t *from;

	if (pool == NULL || len > EL_RANDOM_SMALL) {
		from_kernel(out, len);
		return;
	}
	if (pool->left < len)
		refill(); /* over the few bytes left */
	from = pool->bytes + pool->left - len;
	memcpy(out, from, len);
	sodium_memzero(from, len);
	pool->left -= len;
}

static uint32_t
source_random(void)
{
	uint32_t v;

	source_buf(&v, sizeof v);
	return v;
}

static const char *
source_name(void)
{
	return "entrylog";
}

/* NULL: there is no memory that a fork would empty. */
static struct pool *
new_pool(void)
{
	void *const page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	if (madvise(page, PAGE, MADV_WIPEONFORK) != 0) {
		(void)munmap(page, PAGE);
		return NULL;
	}
	(void)madvise(page, PAGE, MADV_DONTDUMP); /* beside el_harden(), which allows no core files at all */
	return page;
}

void
el_random_source_install(void)
{
	static struct randombytes_implementation source = {
		.implementation_name = source_name, .random = source_random, .buf = source_buf
	};

	pool = new_pool();
	(void)randombytes_set_implementation(&source); /* it cannot fail */
}
