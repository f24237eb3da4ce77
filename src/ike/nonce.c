/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/nonce.h"

#include <string.h>

bool nonce_lower(struct chunk a, struct chunk b)
{
	const int cmp = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return cmp ? cmp < 0 : a.len < b.len;
}

void nonce_lowest(struct nonce *out, struct chunk ni, struct chunk nr)
{
	const struct chunk low = nonce_lower(ni, nr) ? ni : nr;

	out->len = low.len < sizeof(out->b) ? low.len : sizeof(out->b);
	memcpy(out->b, low.p, out->len);
}
