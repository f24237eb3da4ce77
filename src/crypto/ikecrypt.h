/* SPDX-License-Identifier: Apache-2.0 */
/* IKE's primitives by IANA transform number: PRF, integrity, cipher, DH. */
#ifndef CRYPTO_IKECRYPT_H
#define CRYPTO_IKECRYPT_H

#include "missiu/err.h"
#include "missiu/types.h"

/** Longest PRF output, integrity key, and DH shared secret of group 18. */
#define IKE_PRF_MAX 64
#define IKE_DH_MAX  1024

/** A piece of bytes; PRF and MAC inputs are lists of them. */
struct chunk {
	const void *p;
	size_t len;
};

/* --- PRF, transform type 2: 2 SHA1, 4 AES-XCBC, 5 SHA2-256, 6 -384, 7 -512, 8 CMAC */

/** prf_len() - output bytes, which is also the preferred key length; 0: unknown */
size_t prf_len(uint16_t prf);

/**
 * prf() - pseudo-random function over a list of chunks (RFC 7296 2.13)
 * @id:  transform number
 * @key, @key_len: any length (RFC 4434/4615 rules for AES ones)
 * @v, @n: input
 * @out: prf_len(@id) bytes
 *
 * Return: 0, MISSIU_EUNSUP, MISSIU_ECRYPTO.
 */
int prf(uint16_t id, const void *key, size_t key_len, const struct chunk *v,
	size_t n, uint8_t *out);

/**
 * prf_plus() - key expansion (RFC 7296 2.13)
 *
 * Return: 0; MISSIU_EINVAL when @out_len exceeds 255 blocks; as prf().
 */
int prf_plus(uint16_t id, const void *key, size_t key_len,
	     const struct chunk *seed, size_t n_seed, uint8_t *out,
	     size_t out_len);

/* --- integrity, type 3: 2 SHA1-96, 5 XCBC-96, 8 CMAC-96, 12 SHA2-256-128, 13, 14 */

/** integ_key_len(), integ_icv_len() - bytes; 0: unknown */
size_t integ_key_len(uint16_t integ);
size_t integ_icv_len(uint16_t integ);

/** integ_sign() - ICV over chunks; @icv has integ_icv_len() bytes. As prf(). */
int integ_sign(uint16_t id, const uint8_t *key, const struct chunk *v, size_t n,
	       uint8_t *icv);

/* --- IKE encryption, type 1: 12 AES-CBC, 13 CTR, 18-20 GCM, 14-16 CCM, 28 ChaCha20 */

struct ike_cipher {
	uint16_t id;
	uint16_t key_bits;			  /* 128, 192, 256 */
	uint8_t key_len;			  /* bytes, without salt */
	uint8_t salt_len, iv_len, block, icv_len; /* icv_len: 0 unless AEAD */
	bool aead;
};

/**
 * ike_cipher_get() - sizes
 * @key_bits: as negotiated; ChaCha20 has no such attribute: 0 or 256
 *
 * Return: false when not supported here.
 */
bool ike_cipher_get(uint16_t id, uint16_t key_bits, struct ike_cipher *out);

/**
 * ike_encrypt() - encrypt @len bytes in place
 * @c:   as from ike_cipher_get()
 * @key: key_len + salt_len bytes
 * @iv:  iv_len bytes
 * @aad, @aad_len: AEAD only: IKE header up to the SK payload header
 * @icv: out: icv_len bytes, AEAD only
 *
 * Return: 0, MISSIU_EINVAL (@len not a multiple of block), MISSIU_ECRYPTO.
 */
int ike_encrypt(const struct ike_cipher *c, const uint8_t *key,
		const uint8_t *iv, const uint8_t *aad, size_t aad_len,
		uint8_t *text, size_t len, uint8_t *icv);

/**
 * ike_decrypt() - the reverse
 *
 * Return: 0; MISSIU_EINVAL, MISSIU_ECRYPTO as above; MISSIU_EAUTH for a wrong
 * AEAD tag. On failure after the length check the text is wiped.
 */
int ike_decrypt(const struct ike_cipher *c, const uint8_t *key,
		const uint8_t *iv, const uint8_t *aad, size_t aad_len,
		uint8_t *text, size_t len, const uint8_t *icv);

/* --- Diffie-Hellman, type 4: 14-18 MODP, 19-21 ECP, 31 X25519, 32 X448 */

struct dh; /* one ephemeral private key, opaque */

/** dh_supported(), dh_name() - "modp2048", "ecp256", "x25519"; NULL: unknown */
bool dh_supported(uint16_t group);
const char *dh_name(uint16_t group);

/** dh_public_len() - bytes of a public value on the wire; 0: unknown */
size_t dh_public_len(uint16_t group);

/** dh_new() - fresh key pair; NULL on failure; @pub gets dh_public_len() bytes */
struct dh *dh_new(uint16_t group, uint8_t *pub);

/**
 * dh_from_pair() - a given key pair: test vectors only
 * @group: transform number
 * @priv, @priv_len: big-endian number; X25519, X448: as RFC 7748 has them
 * @pub: dh_public_len() bytes; must belong to @priv
 *
 * Return: NULL on failure.
 */
struct dh *dh_from_pair(uint16_t group, const uint8_t *priv, size_t priv_len,
			const uint8_t *pub);

/**
 * dh_shared() - shared secret with the peer's public value
 * @d:    own key
 * @peer, @peer_len: as received, checked as RFC 6989 asks
 * @out:  at least IKE_DH_MAX bytes; fixed length of the group (MODP: padded)
 * @out_len: out
 *
 * Return: 0, MISSIU_EPROTO (bad length or value), MISSIU_ECRYPTO.
 */
int dh_shared(struct dh *d, const uint8_t *peer, size_t peer_len, uint8_t *out,
	      size_t *out_len);

/** dh_free() - wipe and free; NULL is fine */
void dh_free(struct dh *d);

/** sha1() - NAT detection hashes (RFC 7296 2.23); @out 20 bytes; 0 or MISSIU_ECRYPTO */
int sha1(const struct chunk *v, size_t n, uint8_t out[static 20]);

#endif
