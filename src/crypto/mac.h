/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed MACs behind one interface: HMAC with precomputed key blocks, the two
 * AES CBC-MAC variants, and keyed BLAKE2. Full-length output; users truncate.
 */
#ifndef CRYPTO_MAC_H
#define CRYPTO_MAC_H

#include <stddef.h>
#include <stdint.h>

/** Longest output. */
#define MAC_MAX 64

enum mac_id {
	MAC_HMAC_SHA1 = 1,
	MAC_HMAC_SHA256,
	MAC_HMAC_SHA384,
	MAC_HMAC_SHA512,
	MAC_AES_XCBC, /* RFC 3566; key of 16 bytes */
	MAC_AES_CMAC, /* RFC 4493; key of 16 bytes */
	MAC_BLAKE2B,  /* RFC 7693, 16 bytes long; key of 1 to 64 bytes */
	MAC_BLAKE2S,  /* key of 1 to 32 bytes */
	MAC_HMAC_MD5, /* only where a peer has nothing else */
};

/** A key with room for one message in progress; not for two threads at once. */
struct mac;

/**
 * mac_new() - compile a key
 * @id:  which
 * @key: copied
 * @len: bytes; HMAC: any; AES: 16; BLAKE2: see enum mac_id
 * @out: out: on success
 *
 * Return: 0; MISSIU_EKEYLEN, MISSIU_ENOMEM, MISSIU_ECRYPTO.
 */
int mac_new(enum mac_id id, const uint8_t *key, size_t len, struct mac **out);

/** mac_free() - wipe and free; NULL is fine */
void mac_free(struct mac *m);

/** mac_len() - bytes that mac_final() writes */
size_t mac_len(const struct mac *m);

/** mac_start() - begin a message; forgets one in progress */
void mac_start(struct mac *m);

/** mac_update() - add @len bytes; @p may be NULL when @len is 0 */
void mac_update(struct mac *m, const void *p, size_t len);

/**
 * mac_final() - finish the message
 * @out: mac_len() bytes
 *
 * No allocation in start, update and final.
 * Return: 0, or MISSIU_ECRYPTO when the library failed since mac_start().
 */
int mac_final(struct mac *m, uint8_t *out);

#endif
