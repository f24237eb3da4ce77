/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of struct trust. */
#ifndef CRYPTO_TRUST_IMPL_H
#define CRYPTO_TRUST_IMPL_H

#include <openssl/x509.h>

#include "crypto/trust.h"

/* One list that replaces its predecessor. */
struct trust_list {
	X509_CRL *crl; /* NULL: none yet */
	bool verified; /* by an anchor; else at each use, by who is at hand */
	int64_t from_s;
};

struct trust {
	X509_STORE *store;
	size_t n, n_crl;
	uint8_t hash[CERT_LIST_MAX][CERT_HASH_LEN];
	char name[CERT_LIST_MAX][CERT_NAME_MAX];
	struct trust_list list[TRUST_LISTS_MAX];
};

/** trust_lists() - those that count beside these certificates, borrowed; the
 * stack is the caller's; NULL: no memory */
STACK_OF(X509_CRL) *
	trust_lists(const struct trust *t, STACK_OF(X509) * others);

/** trust_lists_fini() - free all */
void trust_lists_fini(struct trust *t);

/** trust_lacks_add() - Return: false when there is no room for it, or memory */
bool trust_lacks_add(struct trust_lacks *l, X509 *x, X509 *issuer);

/** asn1_unix() - a time as Unix time; false: unreadable, or NULL */
bool asn1_unix(const ASN1_TIME *t, int64_t *out);

#endif
