/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC (RFC 2104) with the two padded key blocks hashed once a key.
 *
 * The hash functions are called directly instead of through EVP: a running
 * EVP digest cannot be copied without an allocation, which would be two for
 * every packet. A SHA_CTX is plain memory. OpenSSL 3 marks these calls as
 * deprecated in favour of EVP, hence the define.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/mac_impl.h"

#include <string.h>

#include "common/secret.h"

#define BLOCK_MAX 128

struct hash_ops {
	size_t state_len, block, len;
	int (*init)(union hash_state *s);
	int (*update)(union hash_state *s, const void *p, size_t n);
	int (*final)(uint8_t *out, union hash_state *s);
};

static int sha1_init(union hash_state *s)
{
	return SHA1_Init(&s->sha1);
}

static int sha1_update(union hash_state *s, const void *p, size_t n)
{
	return SHA1_Update(&s->sha1, p, n);
}

static int sha1_final(uint8_t *out, union hash_state *s)
{
	return SHA1_Final(out, &s->sha1);
}

static int sha256_init(union hash_state *s)
{
	return SHA256_Init(&s->sha256);
}

static int sha256_update(union hash_state *s, const void *p, size_t n)
{
	return SHA256_Update(&s->sha256, p, n);
}

static int sha256_final(uint8_t *out, union hash_state *s)
{
	return SHA256_Final(out, &s->sha256);
}

static int sha384_init(union hash_state *s)
{
	return SHA384_Init(&s->sha512);
}

static int sha512_init(union hash_state *s)
{
	return SHA512_Init(&s->sha512);
}

static int sha512_update(union hash_state *s, const void *p, size_t n)
{
	return SHA512_Update(&s->sha512, p, n);
}

static int sha512_final(uint8_t *out, union hash_state *s)
{
	return SHA512_Final(out, &s->sha512);
}

static int md5_init(union hash_state *s)
{
	return MD5_Init(&s->md5);
}

static int md5_update(union hash_state *s, const void *p, size_t n)
{
	return MD5_Update(&s->md5, p, n);
}

static int md5_final(uint8_t *out, union hash_state *s)
{
	return MD5_Final(out, &s->md5);
}

static const struct hash_ops hashes[] = {
	[MAC_HMAC_SHA1] = { sizeof(SHA_CTX), 64, 20, sha1_init, sha1_update,
			    sha1_final },
	[MAC_HMAC_SHA256] = { sizeof(SHA256_CTX), 64, 32, sha256_init,
			      sha256_update, sha256_final },
	[MAC_HMAC_SHA384] = { sizeof(SHA512_CTX), 128, 48, sha384_init,
			      sha512_update, sha512_final },
	[MAC_HMAC_SHA512] = { sizeof(SHA512_CTX), 128, 64, sha512_init,
			      sha512_update, sha512_final },
	[MAC_HMAC_MD5] = { sizeof(MD5_CTX), 64, 16, md5_init, md5_update,
			   md5_final },
};

/* State after one block of the key XORed with a constant. */
static void key_block(const struct hash_ops *h, union hash_state *s,
		      const uint8_t key[static BLOCK_MAX], uint8_t pad)
{
	uint8_t block[BLOCK_MAX];

	for (size_t i = 0; i < h->block; i++)
		block[i] = key[i] ^ pad;
	h->init(s);
	h->update(s, block, h->block);
	secret_wipe(block, sizeof(block));
}

int hmac_init(struct hmac *h, enum mac_id id, const uint8_t *key, size_t len)
{
	uint8_t block[BLOCK_MAX] = { 0 };

	h->hash = &hashes[id];
	if (len > h->hash->block) {
		h->hash->init(&h->run);
		h->hash->update(&h->run, key, len);
		h->hash->final(block, &h->run);
	} else if (len) {
		memcpy(block, key, len);
	}
	key_block(h->hash, &h->inner, block, 0x36);
	key_block(h->hash, &h->outer, block, 0x5c);
	secret_wipe(block, sizeof(block));
	return 0;
}

size_t hmac_len(const struct hmac *h)
{
	return h->hash->len;
}

void hmac_start(struct hmac *h)
{
	memcpy(&h->run, &h->inner, h->hash->state_len);
}

void hmac_update(struct hmac *h, const uint8_t *p, size_t len)
{
	h->hash->update(&h->run, p, len);
}

void hmac_final(struct hmac *h, uint8_t *out)
{
	uint8_t digest[MAC_MAX];

	h->hash->final(digest, &h->run);
	memcpy(&h->run, &h->outer, h->hash->state_len);
	h->hash->update(&h->run, digest, h->hash->len);
	h->hash->final(out, &h->run);
}
