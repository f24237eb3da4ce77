/* SPDX-License-Identifier: Apache-2.0 */
/* Where the core's random bytes come from: an option, so that tests repeat. */
#ifndef IKE_RNG_H
#define IKE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	int (*fill)(void *ctx, uint8_t *buf, size_t len); /* 0 or negative */
	void *ctx;
};

/** rng_bytes() - fill @buf; Return: 0 or MISSIU_ERANDOM */
static inline int rng_bytes(const struct rng *r, void *buf, size_t len)
{
	return r->fill(r->ctx, buf, len);
}

#endif
