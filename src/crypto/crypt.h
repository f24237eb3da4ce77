/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data-path crypto: one key schedule an SA, sealed and opened by the vector.
 * Back ends: intel-ipsec-mb where it runs, OpenSSL everywhere; same results.
 */
#ifndef CRYPTO_CRYPT_H
#define CRYPTO_CRYPT_H

#include "missiu/err.h"
#include "missiu/types.h"

/*
 * Compiled algorithms and keys of one SA, opaque. May be made on one thread and
 * used on another, but serves one thread at a time.
 */
struct crypt_key;

struct crypt_spec {
	uint8_t encr, auth, icv_len; /* as in struct missiu_sa */
	bool esn;		 /* high 32 sequence bits are authenticated */
	const uint8_t *encr_key; /* salt last, as RFC 4106 and RFC 7634 */
	size_t encr_key_len;
	const uint8_t *auth_key;
	size_t auth_key_len;
	uint8_t iv_seed[32]; /* random; makes CBC IVs unpredictable; not needed
				for a key that only opens */
};

/* Sizes that an ESP packet of this key has. */
struct crypt_sizes {
	uint8_t iv_len, block, icv_len; /* block: ESP alignment, at least 4 */
};

/*
 * One ESP packet. Memory at esp: SPI (4), sequence number (4), IV, text, ICV.
 * SPI and sequence number are the caller's; IV and ICV are written by seal.
 */
struct crypt_job {
	uint8_t *esp;	 /* the ESP header */
	size_t text_len; /* bytes after the IV up to the ICV; multiple of block;
			    0 is fine */
	const uint8_t *src; /* seal: where the plain text is, outside of this
			       packet; NULL: in place */
	uint64_t seq; /* full sequence number; unique for the key: it makes
			    the IV of counter modes and, encrypted, of CBC */
	int result;   /* out: 0, MISSIU_EAUTH, MISSIU_ECRYPTO (library
			    failed; seal: size that no ESP packet has) */
};

/**
 * crypt_init() - choose the back end and run the known-answer tests once
 *
 * Thread-safe; later calls return the first result.
 * Return: 0 or MISSIU_ECRYPTO when a known answer is wrong.
 */
int crypt_init(void);

/** crypt_backend() - "ipsec-mb 1.3 avx512" or "openssl 3.0.x" */
const char *crypt_backend(void);

/**
 * crypt_force_openssl() - tests and benchmarks: keys made from now on use OpenSSL
 * @on: true or false
 */
void crypt_force_openssl(bool on);

/**
 * crypt_key_new() - check and compile
 * @spec: copied, keys included; wipe yours afterwards
 * @out:  out: the key on success
 * @diag: out, may be NULL
 *
 * Return: 0; MISSIU_EUNSUP, MISSIU_EKEYLEN, MISSIU_EINVAL (AEAD with an
 * integrity algorithm, cipher without integrity, ICV length), MISSIU_ENOMEM.
 */
int crypt_key_new(const struct crypt_spec *spec, struct crypt_key **out,
		  struct missiu_diag *diag);

/** crypt_key_free() - wipe and free; NULL is fine */
void crypt_key_free(struct crypt_key *k);

/**
 * crypt_warm(), crypt_warm_schedule() - fetch a key into the cache
 *
 * Hints, for keys about to be used: the first, and a little later the second,
 * which reads what the first has fetched.
 */
void crypt_warm(const struct crypt_key *k);
void crypt_warm_schedule(const struct crypt_key *k);

/** crypt_key_sizes() - sizes for laying out packets */
struct crypt_sizes crypt_key_sizes(const struct crypt_key *k);

/**
 * crypt_seal() - encrypt and authenticate
 * @k: key
 * @v: jobs; each gets .result
 * @n: how many
 *
 * No allocation. RFC 4303 3.3.2; RFC 3602, 4106, 7634, 2404, 4868.
 */
void crypt_seal(struct crypt_key *k, struct crypt_job v[], size_t n);

/**
 * crypt_open() - verify the ICV, then decrypt in place
 *
 * As crypt_seal(). On MISSIU_EAUTH the text is unspecified and must be dropped.
 */
void crypt_open(struct crypt_key *k, struct crypt_job v[], size_t n);

/**
 * crypt_seal_iv() - one packet with a given IV: test vectors only
 * @k:   key
 * @job: as for crypt_seal()
 * @iv:  iv_len bytes
 */
void crypt_seal_iv(struct crypt_key *k, struct crypt_job *job,
		   const uint8_t *iv);

/** crypt_random() - the crypto library's generator; 0 or MISSIU_ERANDOM */
int crypt_random(void *ctx, uint8_t *buf, size_t len);

#endif
