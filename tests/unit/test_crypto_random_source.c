/* The daemons' source of random bytes.  The linker puts our getrandom() and madvise() before the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/random_source.h"
#include "crypto/selftest.h"

#define POOL_MAX 4096
#define PIECE EL_RANDOM_SMALL
#define PIECES (8 * POOL_MAX / PIECE)

ssize_t __real_getrandom(void *, size_t, unsigned);
int __real_madvise(void *, size_t, int);
ssize_t __wrap_getrandom(void *, size_t, unsigned);
int __wrap_madvise(void *, size_t, int);

static struct {
	unsigned calls;
	uint8_t *last; /* where the last call wrote */
	size_t last_len;
	unsigned interrupts; /* so many calls are interrupted first */
	size_t at_most; /* bytes given by one call; 0: all */
	bool fails;
} kernel;
static bool cannot_wipe_on_fork;

ssize_t
__wrap_getrandom(void *out, size_t len, unsigned flags)
{
	kernel.calls++;
	if (kernel.fails) {
		errno = ENOSYS;
		return -1;
	}
	if (kernel.interrupts > 0) {
		kernel.interrupts--;
		errno = EINTR;
		return -1;
	}
	kernel.last = out;
	kernel.last_len = len;
	return __real_getrandom(out, kernel.at_most != 0 && len > kernel.at_most ? kernel.at_most : len, flags);
}

int
__wrap_madvise(void *p, size_t len, int advice)
{
	if (advice == MADV_WIPEONFORK && cannot_wipe_on_fork) {
		errno = EINVAL;
		return -1;
	}
	return __real_madvise(p, len, advice);
}

/* A source whose pool is fresh, so that the next small request fills it. */
static int
begin(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof kernel);
	cannot_wipe_on_fork = false;
	el_random_source_install();
	return el_crypto_init();
}

static int
compare_pieces(const void *a, const void *b)
{
	return memcmp(a, b, PIECE);
}

static void
assert_all_different(uint8_t (*pieces)[PIECE], size_t n)
{
	qsort(pieces, n, PIECE, compare_pieces);
	for (size_t i = 1; i < n; i++)
		assert_memory_not_equal(pieces[i - 1], pieces[i], PIECE);
}

/* The pool, once it has been filled: the kernel wrote it. */
static const uint8_t *
pool_of(size_t *len)
{
	uint8_t one[1];

	for (kernel.last = NULL; kernel.last == NULL;)
		el_random(one, sizeof one);
	*len = kernel.last_len;
	return kernel.last;
}

static void
serves_many_nonces_with_one_system_call(void **state)
{
	uint8_t nonce[PIECE];
	size_t len;

	(void)state;
	(void)pool_of(&len);
	assert_in_range(len, 2048, POOL_MAX);
	kernel.calls = 0;
	for (size_t i = 0; i < PIECES; i++)
		el_random(nonce, sizeof nonce);
	assert_in_range(kernel.calls, PIECES * PIECE / POOL_MAX, PIECES * PIECE / len + 1);
}

static void
never_repeats_a_nonce(void **state)
{
	static uint8_t pieces[PIECES][PIECE];

	(void)state;
	for (size_t i = 0; i < PIECES; i++)
		el_random(pieces[i], PIECE);
	assert_all_different(pieces, PIECES);
}

static void
passes_keys_and_scalars_to_the_kernel(void **state)
{
	struct el_scalar scalar;
	uint8_t key[32], just_over[EL_RANDOM_SMALL + 1];
	size_t len;

	(void)state;
	(void)pool_of(&len);
	kernel.calls = 0;
	el_random(key, sizeof key);
	assert_ptr_equal(kernel.last, key);
	assert_int_equal(kernel.last_len, sizeof key);
	el_random(just_over, sizeof just_over);
	assert_ptr_equal(kernel.last, just_over);
	el_scalar_random(&scalar);
	assert_int_equal(kernel.last_len, 64);
	assert_int_equal(kernel.calls, 3);
}

static void
keeps_nothing_of_what_it_handed_out(void **state)
{
	uint8_t before[POOL_MAX], piece[7]; /* a length that no pool is a multiple of */
	const uint8_t *pool;
	size_t len, handed = 1;

	(void)state;
	pool = pool_of(&len);
	memcpy(before, pool, len);
	while (handed + sizeof piece <= len) {
		el_random(piece, sizeof piece);
		handed += sizeof piece;
		/* What was there is in our hands, and zeros are in its place. */
		assert_non_null(memmem(before, len, piece, sizeof piece));
		assert_true(el_is_zero(pool + len - handed, handed));
		assert_memory_equal(pool, before, len - handed);
	}
}

/* Bits are set half of the time, and every value of a byte comes up: far-off figures only, for a sound source. */
static void
gives_bytes_that_look_random(void **state)
{
	size_t seen[256] = { 0 }, ones = 0;
	const size_t n = (size_t)1 << 20;
	uint8_t piece[16];
	double chi = 0;

	(void)state;
	for (size_t i = 0; i < n; i += sizeof piece) {
		el_random(piece, sizeof piece);
		for (size_t k = 0; k < sizeof piece; k++) {
			seen[piece[k]]++;
			ones += (size_t)__builtin_popcount(piece[k]);
		}
	}
	/* 8 n bits: mean 4 n, standard deviation sqrt(2 n) = 1448; eight of these. */
	assert_in_range(ones, 4 * n - 8 * 1448, 4 * n + 8 * 1448);
	for (size_t i = 0; i < 256; i++) {
		const double off = (double)seen[i] - (double)n / 256;

		chi += off * off * 256 / (double)n;
	}
	/* 255 degrees of freedom: standard deviation 22.6; eight of these. */
	assert_true(chi > 255 - 8 * 22.6 && chi < 255 + 8 * 22.6);
}

static void
goes_on_after_interrupts_and_short_answers(void **state)
{
	uint8_t key[32] = { 0 };
	static uint8_t pieces[PIECES][PIECE];

	(void)state;
	kernel.interrupts = 3;
	el_random(key, sizeof key);
	assert_false(el_is_zero(key, sizeof key));
	kernel.interrupts = 3;
	kernel.at_most = 100;
	for (size_t i = 0; i < PIECES; i++)
		el_random(pieces[i], PIECE);
	assert_all_different(pieces, PIECES);
}

/* ---- Processes ---- */

#define CHILDREN 32
#define PER_CHILD 8

static void
draw_and_tell(int to)
{
	uint8_t pieces[PER_CHILD][PIECE];

	for (size_t i = 0; i < PER_CHILD; i++)
		el_random(pieces[i], PIECE);
	if (write(to, pieces, sizeof pieces) != (ssize_t)sizeof pieces)
		_exit(1);
}

/* A child that draws, and then has a child of its own that does. */
static void
live_as_child(int to)
{
	int status;
	pid_t pid;

	draw_and_tell(to);
	if ((pid = fork()) == 0) {
		draw_and_tell(to);
		_exit(0);
	}
	_exit(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1);
}

static void
a_child_never_repeats_its_parent(void **state)
{
	static uint8_t pieces[CHILDREN * 3 * PER_CHILD][PIECE];
	const size_t per_turn = 3; /* the parent's batch, the child's, the grandchild's */
	int ends[2], status;
	size_t n = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (size_t c = 0; c < CHILDREN; c++) {
		pid_t pid;

		for (size_t i = 0; i < PER_CHILD; i++) /* after a part of the pool was used */
			el_random(pieces[n++], PIECE);
		assert_true((pid = fork()) >= 0);
		if (pid == 0)
			live_as_child(ends[1]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		for (size_t i = 0; i < per_turn - 1; i++, n += PER_CHILD)
			assert_int_equal(read(ends[0], pieces[n], PER_CHILD * PIECE), PER_CHILD * PIECE);
	}
	assert_int_equal(n, sizeof pieces / PIECE);
	assert_all_different(pieces, n);
	close(ends[0]);
	close(ends[1]);
}

static void
a_child_finds_the_pool_empty(void **state)
{
	const uint8_t *pool;
	size_t len;
	int status;
	pid_t pid;

	(void)state;
	pool = pool_of(&len);
	assert_false(el_is_zero(pool, len));
	assert_true((pid = fork()) >= 0);
	if (pid == 0)
		_exit(el_is_zero(pool, len) ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(el_is_zero(pool, len)); /* ours is as it was */
}

static void
pools_nothing_where_a_fork_would_copy_the_pool(void **state)
{
	uint8_t nonce[PIECE];

	(void)state;
	cannot_wipe_on_fork = true;
	el_random_source_install();
	kernel.calls = 0;
	for (unsigned i = 1; i <= 10; i++) {
		el_random(nonce, sizeof nonce);
		assert_int_equal(kernel.calls, i);
		assert_ptr_equal(kernel.last, nonce);
	}
}

/* Whether a child that asks for len bytes while the kernel gives none ends by abort(). */
static bool
aborts(size_t len)
{
	uint8_t out[64];
	int status;
	pid_t pid;

	kernel.fails = true;
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		el_random(out, len);
		_exit(0);
	}
	kernel.fails = false;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
ends_the_process_without_random_bytes(void **state)
{
	(void)state;
	assert_true(aborts(PIECE));
	assert_true(aborts(64));
}

#define with_source(t) cmocka_unit_test_setup(t, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_source(serves_many_nonces_with_one_system_call),
		with_source(never_repeats_a_nonce),
		with_source(passes_keys_and_scalars_to_the_kernel),
		with_source(keeps_nothing_of_what_it_handed_out),
		with_source(gives_bytes_that_look_random),
		with_source(goes_on_after_interrupts_and_short_answers),
		with_source(a_child_never_repeats_its_parent),
		with_source(a_child_finds_the_pool_empty),
		with_source(pools_nothing_where_a_fork_would_copy_the_pool),
		with_source(ends_the_process_without_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
