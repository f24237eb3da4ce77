/* SPDX-License-Identifier: Apache-2.0 */
/* What mac.c knows of the kinds of MAC. */
#ifndef CRYPTO_MAC_IMPL_H
#define CRYPTO_MAC_IMPL_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include "crypto/mac.h"

union hash_state {
	SHA_CTX sha1;
	SHA256_CTX sha256;
	SHA512_CTX sha512; /* SHA-384 too */
	MD5_CTX md5;
};

struct hash_ops; /* one hash function, see hmac.c */

struct hmac {
	const struct hash_ops *hash;
	union hash_state inner, outer; /* after the padded key block */
	union hash_state run;	       /* the message in progress */
};

struct cbcmac {
	EVP_CIPHER_CTX *ctx; /* AES-128-CBC, zero IV at the start */
	uint8_t full[16];    /* XORed into a last block that is complete */
	uint8_t part[16];    /* … into one that had to be padded */
	uint8_t last[16];    /* held back until it is known to be last */
	size_t n_last;
	bool failed;
};

/* Length of the ICV: BLAKE2 hashes it, so it can't be cut from a longer one. */
#define BLAKE2_LEN 16

struct blake2 {
	EVP_MAC_CTX *ctx;
	bool failed;
};

/** hmac_init() - RFC 2104; Return: 0 */
int hmac_init(struct hmac *h, enum mac_id id, const uint8_t *key, size_t len);
size_t hmac_len(const struct hmac *h);
void hmac_start(struct hmac *h);
void hmac_update(struct hmac *h, const uint8_t *p, size_t len);
void hmac_final(struct hmac *h, uint8_t *out);

/** cbcmac_init() - Return: 0, MISSIU_EKEYLEN, MISSIU_ECRYPTO; fini always */
int cbcmac_init(struct cbcmac *c, enum mac_id id, const uint8_t *key,
		size_t len);
void cbcmac_fini(struct cbcmac *c);
void cbcmac_start(struct cbcmac *c);
void cbcmac_update(struct cbcmac *c, const uint8_t *p, size_t len);
int cbcmac_final(struct cbcmac *c, uint8_t *out);

/** blake2_init() - Return: 0, MISSIU_EKEYLEN, MISSIU_ECRYPTO; fini always */
int blake2_init(struct blake2 *b, enum mac_id id, const uint8_t *key,
		size_t len);
void blake2_fini(struct blake2 *b);
void blake2_start(struct blake2 *b);
void blake2_update(struct blake2 *b, const uint8_t *p, size_t len);
int blake2_final(struct blake2 *b, uint8_t *out);

#endif
