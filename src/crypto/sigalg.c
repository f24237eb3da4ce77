/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sigalg.h"

#include <stdio.h>
#include <string.h>

#include "common/diag.h"
#include "crypto/sigalg_impl.h"

#define RSA_WITH(last)                                                         \
	{                                                                      \
		0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,    \
			0x01, 0x01, last, 0x05, 0x00                           \
	}
#define ECDSA_WITH(last)                                                       \
	{                                                                      \
		0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04,    \
			0x03, last                                             \
	}
/* hash, MGF1 with the same hash, salt length; the trailer is the default. */
#define PSS_WITH(hash, salt)                                                   \
	{                                                                      \
		0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,    \
			0x01, 0x01, 0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d,  \
			0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,  \
			0x02, hash, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06,  \
			0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,  \
			0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,  \
			0x65, 0x03, 0x04, 0x02, hash, 0x05, 0x00, 0xa2, 0x03,  \
			0x02, 0x01, salt                                       \
	}

static const uint8_t rsa256[] = RSA_WITH(0x0b);
static const uint8_t rsa384[] = RSA_WITH(0x0c);
static const uint8_t rsa512[] = RSA_WITH(0x0d);
static const uint8_t pss256[] = PSS_WITH(0x01, 0x20);
static const uint8_t pss384[] = PSS_WITH(0x02, 0x30);
static const uint8_t pss512[] = PSS_WITH(0x03, 0x40);
static const uint8_t ecdsa256[] = ECDSA_WITH(0x02);
static const uint8_t ecdsa384[] = ECDSA_WITH(0x03);
static const uint8_t ecdsa512[] = ECDSA_WITH(0x04);
static const uint8_t ed25519[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };
static const uint8_t ed448[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71 };

#define METHOD_RSA	 1 /* RFC 7296 3.8 */
#define METHOD_ECDSA_256 9 /* RFC 4754 */
#define METHOD_ECDSA_384 10
#define METHOD_ECDSA_521 11
#define METHOD_SIGNATURE SIGALG_METHOD_SIGNATURE
#define WITH_OID(oid)	 (oid), sizeof(oid)
#define NO_OID		 NULL, 0

static const struct sigalg algs[SIGALGS] = {
	[A_PSS256] = { "rsa-pss-sha256", METHOD_SIGNATURE, SIG_PSS, SIG_SHA256,
		       PKEY_RSA, WITH_OID(pss256) },
	[A_PSS384] = { "rsa-pss-sha384", METHOD_SIGNATURE, SIG_PSS, SIG_SHA384,
		       PKEY_RSA, WITH_OID(pss384) },
	[A_PSS512] = { "rsa-pss-sha512", METHOD_SIGNATURE, SIG_PSS, SIG_SHA512,
		       PKEY_RSA, WITH_OID(pss512) },
	[A_RSA256] = { "rsa-sha256", METHOD_SIGNATURE, SIG_PKCS1, SIG_SHA256,
		       PKEY_RSA, WITH_OID(rsa256) },
	[A_RSA384] = { "rsa-sha384", METHOD_SIGNATURE, SIG_PKCS1, SIG_SHA384,
		       PKEY_RSA, WITH_OID(rsa384) },
	[A_RSA512] = { "rsa-sha512", METHOD_SIGNATURE, SIG_PKCS1, SIG_SHA512,
		       PKEY_RSA, WITH_OID(rsa512) },
	[A_ECDSA256] = { "ecdsa-sha256", METHOD_SIGNATURE, SIG_ECDSA,
			 SIG_SHA256, PKEY_NONE, WITH_OID(ecdsa256) },
	[A_ECDSA384] = { "ecdsa-sha384", METHOD_SIGNATURE, SIG_ECDSA,
			 SIG_SHA384, PKEY_NONE, WITH_OID(ecdsa384) },
	[A_ECDSA512] = { "ecdsa-sha512", METHOD_SIGNATURE, SIG_ECDSA,
			 SIG_SHA512, PKEY_NONE, WITH_OID(ecdsa512) },
	[A_ED25519] = { "ed25519", METHOD_SIGNATURE, SIG_EDDSA, SIG_IDENTITY,
			PKEY_ED25519, WITH_OID(ed25519) },
	[A_ED448] = { "ed448", METHOD_SIGNATURE, SIG_EDDSA, SIG_IDENTITY,
		      PKEY_ED448, WITH_OID(ed448) },
	[A_OLD_P256] = { "ecdsa-256", METHOD_ECDSA_256, SIG_ECDSA_R, SIG_SHA256,
			 PKEY_P256, NO_OID },
	[A_OLD_P384] = { "ecdsa-384", METHOD_ECDSA_384, SIG_ECDSA_R, SIG_SHA384,
			 PKEY_P384, NO_OID },
	[A_OLD_P521] = { "ecdsa-521", METHOD_ECDSA_521, SIG_ECDSA_R, SIG_SHA512,
			 PKEY_P521, NO_OID },
	[A_OLD_RSA] = { "rsa-sha1", METHOD_RSA, SIG_PKCS1, SIG_SHA1, PKEY_RSA,
			NO_OID },
};

const struct sigalg *sigalg_get(enum sigalg_index i)
{
	return &algs[i];
}

/* The hash that an RSASSA-PSS key is bound to; 0: to none, or no such key. */
static enum sig_hash bound_to(enum pkey_type type)
{
	static const enum sig_hash hash[PKEY_TYPES] = {
		[PKEY_PSS256] = SIG_SHA256,
		[PKEY_PSS384] = SIG_SHA384,
		[PKEY_PSS512] = SIG_SHA512,
	};

	return hash[type];
}

bool sigalg_fits(const struct sigalg *a, enum pkey_type type)
{
	if (a->form == SIG_PSS && type != PKEY_RSA)
		return type == PKEY_PSS || bound_to(type) == a->hash;
	if (a->only != PKEY_NONE)
		return a->only == type;
	return type == PKEY_P256 || type == PKEY_P384 || type == PKEY_P521;
}

#define CANDIDATES_MAX 7
#define END	       SIGALGS

/* Best first: the hash that the curve was made for, then stronger ones. */
static const uint8_t prefer[PKEY_TYPES][CANDIDATES_MAX + 1] = {
	[PKEY_NONE] = { END },
	[PKEY_RSA] = { A_PSS256, A_PSS384, A_PSS512, A_RSA256, A_RSA384,
		       A_RSA512, A_OLD_RSA, END },
	[PKEY_P256] = { A_ECDSA256, A_ECDSA384, A_ECDSA512, A_OLD_P256, END },
	[PKEY_P384] = { A_ECDSA384, A_ECDSA512, A_ECDSA256, A_OLD_P384, END },
	[PKEY_P521] = { A_ECDSA512, A_ECDSA384, A_ECDSA256, A_OLD_P521, END },
	[PKEY_ED25519] = { A_ED25519, END },
	[PKEY_ED448] = { A_ED448, END },
	[PKEY_PSS] = { A_PSS256, A_PSS384, A_PSS512, END },
	[PKEY_PSS256] = { A_PSS256, END },
	[PKEY_PSS384] = { A_PSS384, END },
	[PKEY_PSS512] = { A_PSS512, END },
};

/* The old methods are for peers that do not know method 14 (RFC 7427 4). */
static bool allowed(const struct sigalg *a, const struct sig_choice *c)
{
	if (a->method == METHOD_SIGNATURE)
		return c->hashes & SIG_HASH_BIT(a->hash);
	return !c->hashes && (a->hash != SIG_SHA1 || c->sha1);
}

const struct sigalg *sigalg_choose(enum pkey_type type,
				   const struct sig_choice *c)
{
	const struct sigalg *best = NULL;

	for (const uint8_t *p = prefer[type]; *p != END; p++) {
		const struct sigalg *a = &algs[*p];

		if (!allowed(a, c))
			continue;
		if (!best ||
		    (c->pkcs1 && best->form == SIG_PSS && a->form == SIG_PKCS1))
			best = a;
	}
	return best;
}

void sig_hashes_text(unsigned hashes, char *out, size_t cap)
{
	static const char *const names[SIG_HASHES] = {
		[SIG_SHA1] = "sha1",	     [SIG_SHA256] = "sha256",
		[SIG_SHA384] = "sha384",     [SIG_SHA512] = "sha512",
		[SIG_IDENTITY] = "identity",
	};
	size_t len = 0;

	snprintf(out, cap, "none");
	for (size_t i = 1; i < SIG_HASHES; i++) {
		if (!(hashes & SIG_HASH_BIT(i)) || len >= cap)
			continue;
		len += (size_t)snprintf(out + len, cap - len, "%s%s",
					len ? " " : "", names[i]);
	}
}

int sigalg_why_not(enum pkey_type type, const struct sig_choice *c,
		   struct missiu_diag *diag)
{
	char hashes[48], ours[48];
	unsigned set = 0;

	for (const uint8_t *p = prefer[type]; *p != END; p++)
		if (algs[*p].method == METHOD_SIGNATURE)
			set |= SIG_HASH_BIT(algs[*p].hash);
	sig_hashes_text(c->hashes, hashes, sizeof(hashes));
	sig_hashes_text(set, ours, sizeof(ours));
	if (c->hashes)
		return diag_set(diag, MISSIU_EUNSUP,
				"no common signature hash: our %s key signs "
				"with %s, peer announced %s",
				pkey_type_name(type), ours, hashes);
	if (type == PKEY_RSA)
		return diag_set(diag, MISSIU_EUNSUP,
				"no common signature hash: peer announced none "
				"(RFC 7427), so RSA would sign SHA-1, which is "
				"off");
	return diag_set(diag, MISSIU_EUNSUP,
			"no common signature hash: peer announced none (RFC "
			"7427), which %s keys need",
			pkey_type_name(type));
}
