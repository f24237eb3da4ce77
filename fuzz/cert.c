/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer proves its identity with. The first byte says what follows: 0 a
 * certificate, 255 a distinguished name, else the data of an AUTH payload of
 * this method. A certificate that parses must not be trusted: nobody is.
 */
#include <stdlib.h>

#include "crypto/dn.h"
#include "crypto/sign.h"
#include "crypto/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void try_cert(const uint8_t *data, size_t len)
{
	struct trust *t = trust_new();
	struct missiu_diag diag;
	struct pkey *k = NULL;
	struct cert *c;
	char text[200];

	if (t && !cert_parse(data, len, &c)) {
		const struct trust_question q = {
			.leaf = c,
			.others = (const struct cert *const *)&c,
			.n_others = 1,
			.now_s = 2000000000,
			.crl = TRUST_CRL_SOFT
		};

		cert_names_text(c, text, sizeof(text));
		cert_names(c, CERT_NAME_DNS, "a.example", 9);
		if (!cert_key(c, &k, &diag))
			pkey_free(k);
		if (!trust_check(t, &q, &diag))
			abort();
		cert_free(c);
	}
	trust_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[200];

	if (!len)
		return 0;
	if (data[0] == 0)
		try_cert(data + 1, len - 1);
	else if (data[0] == 255 &&
		 dn_text(data + 1, len - 1, text, sizeof(text)))
		dn_match(data + 1, len - 1, data + 1, len - 1);
	for (enum pkey_type k = PKEY_RSA; k < PKEY_TYPES; k++) {
		struct chunk sig = { data + 1, len - 1 };

		if (sigalg_find(data[0], k, &sig, false, NULL) &&
		    sig.len > len - 1)
			abort();
	}
	return 0;
}
