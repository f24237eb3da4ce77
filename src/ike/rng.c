/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/rng.h"

#include <string.h>

#include "common/secret.h"

int rng_pool_fill(void *ctx, uint8_t *buf, size_t len)
{
	struct rng_pool *p = ctx;
	int ret;

	if (len > sizeof(p->buf))
		return rng_bytes(&p->from, buf, len);
	if (len > p->left) {
		p->left = 0;
		ret = rng_bytes(&p->from, p->buf, sizeof(p->buf));
		if (ret)
			return ret;
		p->left = sizeof(p->buf);
	}
	p->left -= len;
	memcpy(buf, p->buf + p->left, len);
	secret_wipe(p->buf + p->left, len);
	return 0;
}
