/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the back end on intel-ipsec-mb share (mb.c). */
#ifndef CRYPTO_MB_IMPL_H
#define CRYPTO_MB_IMPL_H

#include <intel-ipsec-mb.h>

#include "crypto/backend.h"

#define SCHEDULE_WORDS (4 * 15)

struct mb_key;

/* One way of working: what seal and open do for a kind of suite. */
struct mb_way {
	void (*seal)(struct mb_key *k, struct crypt_job *const v[], size_t n);
	void (*open)(struct mb_key *k, struct crypt_job *const v[], size_t n);
};

struct mb_key {
	union {
		struct gcm_key_data gcm;
		struct {
			uint32_t enc[SCHEDULE_WORDS]
				__attribute__((aligned(16)));
			uint32_t dec[SCHEDULE_WORDS]
				__attribute__((aligned(16)));
		} aes;
		uint8_t chacha[32];
	} __attribute__((aligned(64)));
	uint8_t ipad[64], opad[64];	 /* HMAC: states after the key block */
	const struct crypt_suite *suite; /* the owning crypt_key's */
	const struct mb_way *way;
	aes_gcm_enc_dec_t gcm_enc, gcm_dec;
	aes_gmac_init_t gmac_init;
	aes_gmac_update_t gmac_update;
	aes_gmac_finalize_t gmac_final;
	IMB_CIPHER_MODE cipher;
	IMB_HASH_ALG hash;
};

/* --- mb.c */

/** Ways for AES-GCM; AES-GMAC; ChaCha20-Poly1305 and CCM; ciphers with a MAC */
extern const struct mb_way mb_gcm_way, mb_gmac_way, mb_aead_way, mb_mac_way;

/** mb_thread_mgr() - this thread's manager, made at the first call; NULL:
 * no memory */
IMB_MGR *mb_thread_mgr(void);

/* --- mb_key.c */

/**
 * mb_key_new() - compile a key, struct crypt_backend's .key_new
 * @s: borrowed; must outlive the key
 * @out: a struct mb_key; release with mb_key_free()
 *
 * Return: 0; MISSIU_EUNSUP: left to others; MISSIU_ENOMEM.
 */
int mb_key_new(const struct crypt_suite *s, const struct crypt_spec *spec,
	       void **out);

/** mb_key_free() - wipe and free, struct crypt_backend's .key_free */
void mb_key_free(void *key);

/* --- mb_mgr.c */

/**
 * mb_mgr_new() - a manager in memory of our own, so that it can be wiped in
 * the end
 * @arch: out, may be NULL: which instructions it uses
 *
 * Return: NULL: no memory, or the library has nothing for this CPU.
 */
IMB_MGR *mb_mgr_new(IMB_ARCH *arch);

/** mb_mgr_free() - wipe and free; NULL is fine */
void mb_mgr_free(IMB_MGR *mgr);

/**
 * mb_mgr_arch() - name of the instructions that managers use here
 *
 * Return: NULL: this CPU lacks AES instructions, or there is no memory.
 */
const char *mb_mgr_arch(void);

#endif
