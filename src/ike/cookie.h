/* SPDX-License-Identifier: Apache-2.0 */
/* Stateless COOKIE challenge (RFC 7296 2.6) with a rotating secret. */
#ifndef IKE_COOKIE_H
#define IKE_COOKIE_H

#include "crypto/ikecrypt.h"
#include "ike/rng.h"
#include "missiu/types.h"

/** Version of the secret, then HMAC-SHA2-256. */
#define COOKIE_LEN 33

/** Seconds after which a new secret is made; the one before is still taken. */
#define COOKIE_ROTATE_S 60

struct cookie_jar {
	uint8_t secret[2][32]; /* by the lowest bit of version */
	uint8_t version;       /* of the newest */
	bool filled[2];
	missiu_usec since; /* when the newest was made */
};

/** What a cookie vouches for. */
struct cookie_of {
	struct chunk ni;	 /* initiator's nonce */
	struct missiu_addr addr; /* and address */
	uint16_t port;
	uint64_t spi_i;
};

/**
 * cookie_make() - the cookie to ask for
 *
 * Return: 0, MISSIU_ERANDOM, MISSIU_ECRYPTO.
 */
int cookie_make(struct cookie_jar *jar, const struct rng *rng,
		const struct cookie_of *of, missiu_usec now,
		uint8_t out[static COOKIE_LEN]);

/** cookie_ok() - whether @got is one we made for @of, not too long ago */
bool cookie_ok(const struct cookie_jar *jar, const struct cookie_of *of,
	       missiu_usec now, struct chunk got);

#endif
