/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/buf.h"

#include <stdlib.h>

#include "common/secret.h"

/* realloc() would leave a copy of the old bytes behind. */
static bool grow(struct ctl_buf *b, size_t want)
{
	size_t cap = b->cap ? b->cap : 1024;
	uint8_t *p;

	while (cap < want)
		cap *= 2;
	p = malloc(cap);
	if (!p)
		return false;
	if (b->buf) {
		memcpy(p, b->buf, b->len);
		secret_wipe(b->buf, b->cap);
		free(b->buf);
	}
	b->buf = p;
	b->cap = cap;
	return true;
}

struct wr ctl_buf_room(struct ctl_buf *b, size_t n)
{
	struct wr w = wr_to(NULL, 0);

	if (n > CTL_ARG_MAX - b->len ||
	    (n > b->cap - b->len && !grow(b, b->len + n))) {
		w.overflow = true;
		return w;
	}
	return wr_to(b->buf + b->len, n);
}

bool ctl_buf_commit(struct ctl_buf *b, const struct wr *w)
{
	if (!wr_ok(w))
		return false;
	b->len += w->len;
	return true;
}

void ctl_buf_fini(struct ctl_buf *b)
{
	if (b->buf)
		secret_wipe(b->buf, b->cap);
	free(b->buf);
	*b = (struct ctl_buf){ 0 };
}
