/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that sign and verify: RSA, ECDSA on the NIST curves, Ed25519, Ed448.
 *
 * A key of type id-RSASSA-PSS (RFC 8017 A.2.3) makes no other signatures than
 * these. It may be bound to a hash, which then is a type of its own here.
 */
#ifndef CRYPTO_PKEY_H
#define CRYPTO_PKEY_H

#include "missiu/err.h"
#include "missiu/types.h"

/** Smallest RSA modulus that is accepted, and the largest, in bits. */
#define PKEY_RSA_MIN_BITS 2048
#define PKEY_RSA_MAX_BITS 8192

enum pkey_type {
	PKEY_NONE,
	PKEY_RSA,
	PKEY_P256,
	PKEY_P384,
	PKEY_P521,
	PKEY_ED25519,
	PKEY_ED448,
	PKEY_PSS, /* with any hash */
	PKEY_PSS256,
	PKEY_PSS384,
	PKEY_PSS512,
	PKEY_TYPES
};

struct pkey; /* one private or public key, opaque */

/**
 * pkey_load() - a private key from the bytes of a file
 * @data, @len: PEM or DER; PKCS#8 (plain, encrypted), PKCS#1, SEC 1
 * @pass: passphrase; NULL: none
 * @out:  out: pkey_free()
 * @diag: out, may be NULL
 *
 * PKCS#12 files are cert_load_p12()'s. Nothing is asked of a terminal.
 * An RSASSA-PSS key's parameters must be those of our signatures: MGF1 with the
 * hash itself, and no salt longer than it (RFC 4055 3.1 wants at least as much).
 * Return: 0; MISSIU_EINVAL (no key in it, or the passphrase does not fit);
 * MISSIU_EUNSUP (a type, curve or size that is not accepted); MISSIU_ENOMEM.
 */
int pkey_load(const void *data, size_t len, const char *pass, struct pkey **out,
	      struct missiu_diag *diag);

/** pkey_free() - wipe and free; NULL is fine */
void pkey_free(struct pkey *k);

/** pkey_type() - what it is */
enum pkey_type pkey_type(const struct pkey *k);

/** pkey_type_name() - "RSA", "ECDSA P-256", ...; never NULL */
const char *pkey_type_name(enum pkey_type type);

/** pkey_same() - whether both hold the same public key, of the same type */
bool pkey_same(const struct pkey *a, const struct pkey *b);

#endif
