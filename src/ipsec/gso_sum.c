/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums are made of 32-bit halves in the machine's byte order, which is possible
 * because the one's complement sum of swapped words is the swapped sum (RFC
 * 1071 2.B). They run side by side in the lanes of vectors, which compilers turn
 * into what the machine has; no lane can overflow below 32 GiB.
 */
#include "ipsec/gso_sum.h"

#include <endian.h>
#include <string.h>

/* Two lanes; every machine that matters has registers of this size. */
typedef uint64_t lanes __attribute__((vector_size(16)));

#define STRIDE 32 /* bytes a round: two vectors */

/* Lanes of both halves to one sum in network order. */
static uint32_t finish(lanes lo, lanes hi)
{
	uint64_t t = lo[0] + lo[1] + hi[0] + hi[1];

	t = (t >> 32) + (t & UINT32_MAX);
	t = (t >> 32) + (t & UINT32_MAX);
	t = (t >> 16) + (t & UINT16_MAX);
	t = (t >> 16) + (t & UINT16_MAX);
	return be16toh((uint16_t)t);
}

/* The state of a sum: low and high halves of the lanes added so far. */
struct sum {
	lanes lo, hi;
};

static inline void add(struct sum *s, lanes x, lanes y)
{
	const lanes low_half = { UINT32_MAX, UINT32_MAX };

	s->lo += (x & low_half) + (y & low_half);
	s->hi += (x >> 32) + (y >> 32);
}

/* What is left of less than a round. */
static inline void add_rest(struct sum *s, const uint8_t *p, size_t len)
{
	lanes w[2] = { { 0 } };

	memcpy(w, p, len);
	add(s, w[0], w[1]);
}

uint32_t sum_bytes(const uint8_t *p, size_t len)
{
	struct sum s = { { 0 }, { 0 } };
	lanes x, y;

	for (; len >= STRIDE; p += STRIDE, len -= STRIDE) {
		memcpy(&x, p, sizeof(x));
		memcpy(&y, p + sizeof(x), sizeof(y));
		add(&s, x, y);
	}
	add_rest(&s, p, len);
	return finish(s.lo, s.hi);
}

uint32_t sum_copy(uint8_t *dst, const uint8_t *src, size_t len)
{
	struct sum s = { { 0 }, { 0 } };
	lanes x, y;

	for (; len >= STRIDE; src += STRIDE, dst += STRIDE, len -= STRIDE) {
		memcpy(&x, src, sizeof(x));
		memcpy(&y, src + sizeof(x), sizeof(y));
		memcpy(dst, &x, sizeof(x));
		memcpy(dst + sizeof(x), &y, sizeof(y));
		add(&s, x, y);
	}
	memcpy(dst, src, len);
	add_rest(&s, src, len);
	return finish(s.lo, s.hi);
}
