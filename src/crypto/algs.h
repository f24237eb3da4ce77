/* SPDX-License-Identifier: Apache-2.0 */
/* The suite table: every data-path algorithm, its names and its sizes. */
#ifndef CRYPTO_ALGS_H
#define CRYPTO_ALGS_H

#include "missiu/types.h"

struct encr_alg {
	uint8_t id;	  /* enum missiu_encr */
	uint16_t iana;	  /* IKEv2 transform type 1; for AEADs the one with a
			     16-byte ICV, see encr_iana() */
	const char *name; /* for people and logs, e.g. "aes-gcm" */
	uint8_t key_min, key_max, key_step; /* bytes without salt */
	uint8_t salt_len, iv_len, block;    /* block: 1 for stream modes */
	bool aead;			    /* integrity is included */
	uint8_t icv_mask; /* AEAD: bit 0: 8, bit 1: 12, bit 2: 16 bytes */
	bool weak;	  /* "any" never picks it: RFC 8221 weak, or NULL */
	bool usable;	  /* implemented by this build, see ALG_LACKING */
};

struct auth_alg {
	uint8_t id;		  /* enum missiu_auth */
	uint16_t iana;		  /* IKEv2 transform type 3 */
	const char *name;	  /* e.g. "hmac-sha256-128" */
	uint8_t key_len, icv_len; /* key_len: salt included */
	uint8_t salt_len, iv_len; /* GMAC: its IV precedes the ICV */
	bool weak; /* "any" never picks it; SHA-1 too (RFC 8221: MUST-) */
	bool usable;
	bool ah_only; /* no integrity algorithm of ESP */
};

/** What to tell of an algorithm that is not usable; takes its name */
#define ALG_LACKING "%s: this build lacks it (make LEGACY=1 adds it)"

/** encr_alg() - by enum missiu_encr; NULL outside the list and for ANY */
const struct encr_alg *encr_alg(uint8_t id);

/** auth_alg() - by enum missiu_auth; NULL outside the list and for ANY */
const struct auth_alg *auth_alg(uint8_t id);

/**
 * encr_iana() - IKEv2 ENCR transform of an algorithm and ICV length
 *
 * @icv_len: 0 for a cipher that is not an AEAD
 *
 * Return: e.g. 18, 19, 20 for AES-GCM with 8, 12, 16; 0 when there is none.
 */
uint16_t encr_iana(uint8_t id, uint8_t icv_len);

/** encr_from_iana() - the reverse; Return: false when unknown */
bool encr_from_iana(uint16_t iana, uint8_t *id, uint8_t *icv_len);

/**
 * auth_from_iana() - by transform type 3 number; 0 is MISSIU_AUTH_NONE
 *
 * Return: false when unknown.
 */
bool auth_from_iana(uint16_t iana, uint8_t *id);

#endif
