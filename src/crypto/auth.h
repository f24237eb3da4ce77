/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integrity without encryption, for AH: one key schedule an SA, fed with the
 * pieces of a packet. The counterpart of crypt.h, where text is contiguous.
 */
#ifndef CRYPTO_AUTH_H
#define CRYPTO_AUTH_H

#include "missiu/err.h"
#include "missiu/types.h"

/** Longest tag that auth_final() writes. */
#define AUTH_TAG_MAX 32

/*
 * Compiled algorithm and key of one SA with room for one packet in progress,
 * opaque. Serves one thread at a time.
 */
struct auth_key;

/* What the ICV field of AH holds: the IV, if any, then the tag. */
struct auth_sizes {
	uint8_t iv_len, tag_len;
};

/**
 * auth_key_new() - check and compile
 * @auth: enum missiu_auth
 * @key, @len: of exactly the algorithm's length; GMAC: salt last
 * @out:  out: the key on success
 * @diag: out, may be NULL
 *
 * Runs the known-answer tests of crypt_init() first.
 *
 * Return: 0; MISSIU_EUNSUP, MISSIU_EINVAL (none, or unknown), MISSIU_EKEYLEN,
 * MISSIU_ENOMEM, MISSIU_ECRYPTO.
 */
int auth_key_new(uint8_t auth, const uint8_t *key, size_t len,
		 struct auth_key **out, struct missiu_diag *diag);

/** auth_key_free() - wipe and free; NULL is fine */
void auth_key_free(struct auth_key *k);

/** auth_key_sizes() - sizes for laying out packets */
struct auth_sizes auth_key_sizes(const struct auth_key *k);

/**
 * auth_start() - begin a packet; forgets one in progress
 * @iv: iv_len bytes, never twice under one key when signing; NULL if none
 */
void auth_start(struct auth_key *k, const uint8_t *iv);

/** auth_update() - add @len bytes; @p may be NULL when @len is 0 */
void auth_update(struct auth_key *k, const void *p, size_t len);

/**
 * auth_final() - finish the packet
 * @tag: out: tag_len bytes are used
 *
 * No allocation in start, update and final.
 * Return: 0, or MISSIU_ECRYPTO when the library failed since auth_start().
 */
int auth_final(struct auth_key *k, uint8_t tag[static AUTH_TAG_MAX]);

#endif
