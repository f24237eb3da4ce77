/* SPDX-License-Identifier: Apache-2.0 */
/* An OCSP response from the network, about a fixed certificate. */
#include <stdlib.h>

#include "certs.h"
#include "crypto/ocsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fuzz_certs *c = fuzz_certs();
	struct ocsp_answer a, b;
	struct missiu_diag diag;

	/* What counts also parses, and says the same to both. */
	if (!ocsp_check(data, len, c->host, c->anchor, FUZZ_NOW_S, &a, &diag) &&
	    (ocsp_peek(data, len, c->host, &b, &diag) || a.says != b.says ||
	     a.to_s != b.to_s || !ocsp_fresh(&b, FUZZ_NOW_S)))
		abort();
	return 0;
}
