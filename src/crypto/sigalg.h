/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How IKE signs (RFC 7296 2.15, 4754, 7427, 8420): which key with which
 * padding, hash and authentication method; AlgorithmIdentifiers in DER.
 *
 * A signer of method 14 prefixes the signature with one byte of length and the
 * AlgorithmIdentifier of what it used:
 *
 *   | length | AlgorithmIdentifier (DER) | signature |
 */
#ifndef CRYPTO_SIGALG_H
#define CRYPTO_SIGALG_H

#include "crypto/ikecrypt.h"
#include "crypto/pkey.h"

/* Hash algorithms by IANA number, of SIGNATURE_HASH_ALGORITHMS. */
enum sig_hash {
	SIG_SHA1 = 1,
	SIG_SHA256 = 2,
	SIG_SHA384 = 3,
	SIG_SHA512 = 4,
	SIG_IDENTITY = 5, /* the scheme hashes by itself (RFC 8420) */
	SIG_HASHES
};

/** Bit of a hash in a set. */
#define SIG_HASH_BIT(hash) (1u << (hash))

/** Those that we announce and accept: SHA-1 is not among them. */
#define SIG_HASHES_OURS                                                        \
	(SIG_HASH_BIT(SIG_SHA256) | SIG_HASH_BIT(SIG_SHA384) |                 \
	 SIG_HASH_BIT(SIG_SHA512) | SIG_HASH_BIT(SIG_IDENTITY))

enum sig_form {
	SIG_PKCS1,   /* RSASSA-PKCS1-v1_5 */
	SIG_PSS,     /* RSASSA-PSS, MGF1 and salt of the same hash */
	SIG_ECDSA,   /* DER: SEQUENCE of r and s */
	SIG_ECDSA_R, /* r | s, each of the curve's length (RFC 4754) */
	SIG_EDDSA,
};

struct sigalg {
	const char *name; /* "rsa-pss-sha256" */
	uint8_t method;	  /* IKE authentication method: 1, 9, 10, 11, 14 */
	enum sig_form form;
	enum sig_hash hash;
	enum pkey_type only; /* PKEY_NONE: any curve; PKEY_RSA of PSS: also
				the types of RSASSA-PSS that allow the hash */
	const uint8_t *oid;  /* method 14: AlgorithmIdentifier as we write it */
	uint8_t oid_len;
};

/** What a signer may use. */
struct sig_choice {
	unsigned hashes; /* SIG_HASH_BIT()s the peer announced; 0: none at all,
			    it does not know method 14 */
	bool sha1;	 /* method 1, which has no other hash, is allowed */
	bool pkcs1;	 /* prefer PKCS#1 v1.5 to PSS in method 14 */
};

/**
 * sigalg_choose() - how to sign with a key for a peer
 *
 * Method 14 when the peer announced a hash that fits the key, else an older
 * one. Return: static, or NULL: none fits; sigalg_why_not() says more.
 */
const struct sigalg *sigalg_choose(enum pkey_type type,
				   const struct sig_choice *c);

/** sigalg_why_not() - text for a choice that failed */
int sigalg_why_not(enum pkey_type type, const struct sig_choice *c,
		   struct missiu_diag *diag);

/**
 * sigalg_find() - the algorithm of a received AUTH payload
 * @method: of the payload
 * @type:   key that must have signed
 * @data:   in/out: authentication data; out: the signature alone
 * @sha1:   accept method 1; method 14 never has SHA-1
 * @diag:   out, may be NULL
 *
 * Parameters of PSS must be a SHA-2 hash, MGF1 with the same one, a salt of
 * its length, trailer 1 (RFC 8017 A.2.3). Return: static; or NULL, @data
 * unchanged.
 */
const struct sigalg *sigalg_find(uint8_t method, enum pkey_type type,
				 struct chunk *data, bool sha1,
				 struct missiu_diag *diag);

/** sig_hashes_text() - "sha256 sha384"; "none" */
void sig_hashes_text(unsigned hashes, char *out, size_t cap);

#endif
