/* SPDX-License-Identifier: Apache-2.0 */
/* The order of nonces, by which rekeying at once is decided (RFC 7296 2.8.1). */
#ifndef IKE_NONCE_H
#define IKE_NONCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/ikecrypt.h"
#include "ike/wire.h"

/** A nonce of ours or the peer's. */
struct nonce {
	size_t len;
	uint8_t b[IKE_NONCE_MAX];
};

/** nonce_lower() - octet by octet; one that ends first is the lower */
bool nonce_lower(struct chunk a, struct chunk b);

/** nonce_lowest() - of the two of one exchange, 16 to 256 bytes each */
void nonce_lowest(struct nonce *out, struct chunk ni, struct chunk nr);

/** nonce_chunk() - as a chunk */
static inline struct chunk nonce_chunk(const struct nonce *n)
{
	return (struct chunk){ n->b, n->len };
}

#endif
