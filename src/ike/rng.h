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

/**
 * Bytes drawn ahead: a handshake takes a SPI, a nonce, some jitter, a few bytes
 * each, and a draw costs as much as hundreds. What was given is wiped here. Not
 * for private keys, nor to be shared with a child process.
 */
struct rng_pool {
	struct rng from;
	size_t left; /* of buf, at its start */
	uint8_t buf[256];
};

/** rng_pool_fill() - for struct rng; @ctx: a struct rng_pool; more bytes than
 * it holds are drawn at once. Return: 0 or as its source. */
int rng_pool_fill(void *ctx, uint8_t *buf, size_t len);

#endif
