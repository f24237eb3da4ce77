/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials of what pki.h makes. Behind cmocka.h. */
#ifndef TESTS_UNIT_PKI_CRED_H
#define TESTS_UNIT_PKI_CRED_H

#include "ike/cred.h"

#include "pki.h"

/* Its certificate, or its private key. */
static inline void add_own(struct ike_cred *c, const struct pki_ent *e,
			   bool key)
{
	size_t len;
	uint8_t *pem = key ? pki_key_pem(e, NULL, &len) : pki_cert_pem(e, &len);

	assert_int_equal(cred_add_own(c, pem, len, NULL, NULL), 0);
	free(pem);
}

static inline void add_ca(struct ike_cred *c, const struct pki_ent *e)
{
	size_t len;
	uint8_t *pem = pki_cert_pem(e, &len);

	assert_int_equal(cred_add_ca(c, pem, len, NULL), 0);
	free(pem);
}

/* A host @own below @above, which believes @ca; each may be NULL. */
static inline struct ike_cred *cred_of(const struct pki_ent *own,
				       const struct pki_ent *above,
				       const struct pki_ent *ca)
{
	struct ike_cred *c = cred_new();
	struct missiu_diag diag;

	if (own) {
		add_own(c, own, false);
		if (above)
			add_own(c, above, false);
		add_own(c, own, true);
	}
	if (ca)
		add_ca(c, ca);
	assert_int_equal(cred_match(c, &diag), 0);
	return c;
}

#endif
