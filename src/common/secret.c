/* SPDX-License-Identifier: Apache-2.0 */
#include "common/secret.h"

#include <stdint.h>
#include <string.h>

void secret_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}

/* The compiler must not learn that only "zero or not" is wanted in the end. */
static inline uint64_t opaque(uint64_t x)
{
	__asm__ volatile("" : "+r"(x));
	return x;
}

bool ct_equal(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	uint64_t diff = 0, v, w;
	size_t i = 0;

	for (; i + sizeof(v) <= n; i += sizeof(v)) {
		memcpy(&v, x + i, sizeof(v));
		memcpy(&w, y + i, sizeof(w));
		diff = opaque(diff | (v ^ w));
	}
	for (; i < n; i++)
		diff = opaque(diff | (uint64_t)(x[i] ^ y[i]));
	return diff == 0;
}
