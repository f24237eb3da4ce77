/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums are made of 32-bit halves in the machine's byte order, which is possible
 * because the one's complement sum of swapped words is the swapped sum (RFC
 * 1071 2.B). Four of them run side by side; none can overflow below 16 GiB.
 */
#include "ipsec/gso_sum.h"

#include <endian.h>
#include <string.h>

#define STRIDE 32 /* bytes a round */

/* Four sums in the machine's byte order to one in network order. */
static uint32_t finish(const uint64_t s[static 4])
{
	uint64_t t = s[0] + s[1] + s[2] + s[3];

	t = (t >> 32) + (t & UINT32_MAX);
	t = (t >> 32) + (t & UINT32_MAX);
	t = (t >> 16) + (t & UINT16_MAX);
	t = (t >> 16) + (t & UINT16_MAX);
	return be16toh((uint16_t)t);
}

static inline void add(uint64_t s[static 4], const uint64_t w[static 4])
{
	s[0] += (w[0] & UINT32_MAX) + (w[1] & UINT32_MAX);
	s[1] += (w[0] >> 32) + (w[1] >> 32);
	s[2] += (w[2] & UINT32_MAX) + (w[3] & UINT32_MAX);
	s[3] += (w[2] >> 32) + (w[3] >> 32);
}

uint32_t sum_bytes(const uint8_t *p, size_t len)
{
	uint64_t s[4] = { 0 }, w[4];

	for (; len >= STRIDE; p += STRIDE, len -= STRIDE) {
		memcpy(w, p, STRIDE);
		add(s, w);
	}
	memset(w, 0, sizeof(w));
	memcpy(w, p, len);
	add(s, w);
	return finish(s);
}

uint32_t sum_copy(uint8_t *dst, const uint8_t *src, size_t len)
{
	uint64_t s[4] = { 0 }, w[4];

	for (; len >= STRIDE; src += STRIDE, dst += STRIDE, len -= STRIDE) {
		memcpy(w, src, STRIDE);
		memcpy(dst, w, STRIDE);
		add(s, w);
	}
	memset(w, 0, sizeof(w));
	memcpy(w, src, len);
	memcpy(dst, src, len);
	add(s, w);
	return finish(s);
}
