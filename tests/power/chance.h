#ifndef EL_TEST_POWER_CHANCE_H
#define EL_TEST_POWER_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Random numbers that follow from a seed (splitmix64), so that every trial can be run again alone. */
struct chance {
	uint64_t x;
};

static inline uint64_t
chance_next(struct chance *c)
{
	uint64_t x = c->x += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* 0..n - 1; n is not 0. */
static inline size_t
chance_below(struct chance *c, size_t n)
{
	return (size_t)(chance_next(c) % n);
}

/* True once in n times. */
static inline bool
chance_one_in(struct chance *c, size_t n)
{
	return chance_below(c, n) == 0;
}

#endif
