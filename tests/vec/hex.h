/* SPDX-License-Identifier: Apache-2.0 */
/* Hex strings of test vectors to bytes. */
#ifndef TESTS_VEC_HEX_H
#define TESTS_VEC_HEX_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

static inline uint8_t hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0');
	assert(c >= 'a' && c <= 'f');
	return (uint8_t)(c - 'a' + 10);
}

/* Returns the number of bytes; a vector that does not fit is a bug. */
static inline size_t unhex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;

	for (; hex[2 * n]; n++) {
		assert(n < cap && hex[2 * n + 1]);
		out[n] = (uint8_t)(hex_digit(hex[2 * n]) << 4 |
				   hex_digit(hex[2 * n + 1]));
	}
	return n;
}

#endif
