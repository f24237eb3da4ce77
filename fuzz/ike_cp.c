/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of configuration payloads; what is written of them reads the same. */
#include <stdlib.h>

#include "ike/cp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t out[70000];
	struct ike_cp cp, again;
	size_t n;

	if (ike_cp_parse((struct chunk){ data, len }, &cp))
		return 0;
	for (size_t i = 0; i < cp.n_domain; i++)
		(void)ike_domain_ok(cp.domain[i]);
	n = ike_cp_write(&cp, out, sizeof(out));
	if (!n || ike_cp_parse((struct chunk){ out, n }, &again) ||
	    again.seen != cp.seen || again.type != cp.type ||
	    again.n_dns != cp.n_dns || again.n_subnet != cp.n_subnet ||
	    again.n_domain != cp.n_domain || again.n_more)
		abort();
	return 0;
}
