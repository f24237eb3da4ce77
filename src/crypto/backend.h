/* SPDX-License-Identifier: Apache-2.0 */
/* What crypt.c and the back ends know of each other. Internal to the layer. */
#ifndef CRYPTO_BACKEND_H
#define CRYPTO_BACKEND_H

#include <openssl/evp.h>

#include "crypto/algs.h"
#include "crypto/crypt.h"

/** Most jobs a back end gets at once: two rounds of its widest lanes. */
#define CRYPT_BATCH 64

/** Longest ICV and longest salt of any suite. */
#define CRYPT_ICV_MAX	32
#define CRYPT_SALT_MAX	4
#define CRYPT_NONCE_MAX 12

/** Checked algorithms of a key: the part both back ends need for a packet. */
struct crypt_suite {
	const struct encr_alg *encr;
	const struct auth_alg *auth;
	uint8_t iv_len, icv_len;
	bool esn;
	uint8_t key_len; /* bytes of the encryption key without salt */
	uint8_t salt[CRYPT_SALT_MAX];
};

/**
 * One implementation. seal and open get at most CRYPT_BATCH jobs whose sizes
 * were checked and, for seal, whose IVs are in the packets; they write every
 * .result. Neither allocates, except once in the life of a thread.
 */
struct crypt_backend {
	/** Return: 0; MISSIU_EUNSUP: the other back end must do; ENOMEM; … */
	int (*key_new)(const struct crypt_suite *s,
		       const struct crypt_spec *spec, void **out);
	void (*key_free)(void *key);
	/** Fewer jobs than this are done sooner by OpenSSL; NULL: never */
	size_t (*min_batch)(const void *key);
	void (*seal)(void *key, struct crypt_job *const v[], size_t n);
	void (*open)(void *key, struct crypt_job *const v[], size_t n);
};

struct crypt_key {
	struct crypt_suite suite;
	const struct crypt_backend *backend;
	void *key;		/* the back end's */
	void *small;		/* OpenSSL's, for fewer than min_batch jobs */
	size_t min_batch;	/* 0: all go to the back end */
	EVP_CIPHER_CTX *iv_ctx; /* makes CBC IVs; NULL for other modes */
};

extern const struct crypt_backend ossl_backend;

/**
 * mb_backend() - intel-ipsec-mb
 * @name: out: version and instruction set, static
 *
 * Return: NULL when not built in or when this CPU lacks AES instructions: the
 * library's emulation of them is slow and not constant in time.
 */
const struct crypt_backend *mb_backend(const char **name);

/** crypt_key_new_on() - crypt_key_new() with a back end of choice */
int crypt_key_new_on(const struct crypt_backend *b,
		     const struct crypt_spec *spec, struct crypt_key **out,
		     struct missiu_diag *diag);

/** kat_run() - all known-answer tests on one back end; false: wrong answer */
bool kat_run(const struct crypt_backend *b);

/* Where the text of a job starts, and its ICV. */
static inline uint8_t *job_text(const struct crypt_suite *s,
				const struct crypt_job *j)
{
	return j->esp + 8 + s->iv_len;
}

static inline uint8_t *job_icv(const struct crypt_suite *s,
			       const struct crypt_job *j)
{
	return job_text(s, j) + j->text_len;
}

/* Where seal finds the plain text. */
static inline const uint8_t *job_src(const struct crypt_suite *s,
				     const struct crypt_job *j)
{
	return j->src ? j->src : job_text(s, j);
}

/**
 * suite_aad() - AAD of an AEAD packet (RFC 4106 5, RFC 7634 2.1)
 * @buf: 12 bytes of room, used with ESN
 * @len: out: 8 or 12
 *
 * Without ESN the AAD is the ESP header where it lies. With ESN the high
 * sequence bits stand between SPI and the low bits.
 *
 * Return: where it is.
 */
const uint8_t *suite_aad(const struct crypt_suite *s, const struct crypt_job *j,
			 uint8_t buf[static 12], size_t *len);

/**
 * suite_nonce() - salt followed by the packet's IV
 * @nonce: CRYPT_NONCE_MAX bytes of room
 *
 * Return: bytes: 12, CCM 11.
 */
size_t suite_nonce(const struct crypt_suite *s, const struct crypt_job *j,
		   uint8_t nonce[static CRYPT_NONCE_MAX]);

#endif
