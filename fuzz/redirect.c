/* SPDX-License-Identifier: Apache-2.0 */
/* REDIRECT and REDIRECTED_FROM (RFC 5685): what is found lies in the notify. */
#include <stdlib.h>

#include "ike/redirect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct redirect d = { .addr.family = 9 };
	size_t name;

	if (redirect_parse((struct chunk){ data, len }, &d)) {
		if (d.addr.family != 9 || d.nonce.p)
			abort(); /* all or nothing */
		return 0;
	}
	name = data[1];
	if (2 + name + d.nonce.len != len || d.nonce.p != data + 2 + name ||
	    !name || (d.addr.family && name != (d.addr.family == 4 ? 4 : 16)))
		abort();
	return 0;
}
