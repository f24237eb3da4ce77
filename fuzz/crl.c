/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A revocation list from a web server, then a host's certificate judged with
 * it: only the corpus can revoke.
 */
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "crypto/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fuzz_certs *c = fuzz_certs();
	struct trust *t = trust_new();
	struct trust_list_info info;
	struct missiu_diag diag;
	struct trust_question q = { .leaf = c->host,
				    .now_s = FUZZ_NOW_S,
				    .crl = TRUST_CRL_SOFT };
	int ret;

	if (!t)
		return 0;
	if (trust_add(t, c->anchor))
		abort();
	ret = trust_put_list(t, 0, data, len, &info, &diag);
	if (!ret && (strlen(info.issuer) >= sizeof(info.issuer) ||
		     trust_put_list(t, 0, data, len, &info, &diag)))
		abort(); /* what was taken once is taken again */
	/* Without a list nothing says that the host is bad. */
	if (trust_check(t, &q, &diag) && ret)
		abort();
	trust_free(t);
	return 0;
}
