/* SPDX-License-Identifier: Apache-2.0 */
/* Mixing of integers for hash tables; no cryptographic strength. */
#ifndef IPSEC_MIX_H
#define IPSEC_MIX_H

#include <stdint.h>

/** mix() - spread all bits of @x over the result (the murmur3 finalizer) */
static inline uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	x ^= x >> 33;
	return x;
}

#endif
