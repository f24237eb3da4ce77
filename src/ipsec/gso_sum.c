/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums are made of 32-bit halves in the machine's byte order, which is possible
 * because the one's complement sum of swapped words is the swapped sum (RFC
 * 1071 2.B). Of each 64-bit word we add the upper half, and the word as a whole:
 * modulo 2^64 the lower halves are the difference. Words run side by side in
 * the lanes of vectors; nothing overflows below 32 GiB.
 */
#include "ipsec/gso_sum.h"

#include <endian.h>
#include <string.h>

#define WORD 8

/* The state of a sum: of all words, and of their upper halves. */
struct sum {
	uint64_t all, hi;
};

static inline void add(struct sum *s, uint64_t word)
{
	s->all += word;
	s->hi += word >> 32;
}

/* To one sum in network order. */
static inline uint32_t finish(const struct sum *s)
{
	uint64_t t = s->all - (s->hi << 32);

	t = (t >> 32) + (t & UINT32_MAX) + s->hi;
	t = (t >> 32) + (t & UINT32_MAX);
	t = (t >> 16) + (t & UINT16_MAX);
	t = (t >> 16) + (t & UINT16_MAX);
	t = (t >> 16) + (t & UINT16_MAX);
	return be16toh((uint16_t)t);
}

/** Bytes a round: two vectors of the smallest kind. */
#define STRIDE 32

/*
 * Add whole rounds of @len bytes, and copy them unless @dst is NULL; Return: how
 * many bytes that was. Every machine that matters has registers of this size.
 */
typedef uint64_t v16 __attribute__((vector_size(16)));

static size_t bulk16(struct sum *s, uint8_t *dst, const uint8_t *src,
		     size_t len)
{
	v16 a, b, all = { 0 }, hi = { 0 };
	size_t at;

	for (at = 0; at + STRIDE <= len; at += STRIDE) {
		memcpy(&a, src + at, sizeof(a));
		memcpy(&b, src + at + sizeof(a), sizeof(b));
		if (dst) {
			memcpy(dst + at, &a, sizeof(a));
			memcpy(dst + at + sizeof(a), &b, sizeof(b));
		}
		all += a + b;
		hi += (a >> 32) + (b >> 32);
	}
	s->all += all[0] + all[1];
	s->hi += hi[0] + hi[1];
	return at;
}

#ifdef __x86_64__
typedef uint64_t v32 __attribute__((vector_size(32)));

__attribute__((target("avx2"))) static size_t
bulk32(struct sum *s, uint8_t *dst, const uint8_t *src, size_t len)
{
	v32 a, b, all = { 0 }, hi = { 0 };
	size_t at;

	for (at = 0; at + 2 * sizeof(a) <= len; at += 2 * sizeof(a)) {
		memcpy(&a, src + at, sizeof(a));
		memcpy(&b, src + at + sizeof(a), sizeof(b));
		if (dst) {
			memcpy(dst + at, &a, sizeof(a));
			memcpy(dst + at + sizeof(a), &b, sizeof(b));
		}
		all += a + b;
		hi += (a >> 32) + (b >> 32);
	}
	s->all += all[0] + all[1] + all[2] + all[3];
	s->hi += hi[0] + hi[1] + hi[2] + hi[3];
	return at;
}

#endif

/* The same in the widest vectors there are, and what they leave in others. */
static inline size_t bulk(struct sum *s, uint8_t *dst, const uint8_t *src,
			  size_t len)
{
	size_t at = 0;

#ifdef __x86_64__
	if (len >= 2 * STRIDE && __builtin_cpu_supports("avx2"))
		at = bulk32(s, dst, src, len);
#endif
	return at + bulk16(s, dst ? dst + at : NULL, src + at, len - at);
}

/* What is left of less than a stride. */
static inline void add_rest(struct sum *s, const uint8_t *p, size_t len)
{
	uint64_t w = 0;

	for (; len >= WORD; p += WORD, len -= WORD) {
		memcpy(&w, p, WORD);
		add(s, w);
	}
	for (w = 0; len; len--)
		w = w << 8 | p[len - 1];
	add(s, htole64(w));
}

uint32_t sum_bytes(const uint8_t *p, size_t len)
{
	struct sum s = { 0 };
	size_t at = bulk(&s, NULL, p, len);

	add_rest(&s, p + at, len - at);
	return finish(&s);
}

uint32_t sum_copy(uint8_t *dst, const uint8_t *src, size_t len)
{
	struct sum s = { 0 };
	size_t at = bulk(&s, dst, src, len);

	memcpy(dst + at, src + at, len - at);
	add_rest(&s, src + at, len - at);
	return finish(&s);
}
