/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/text.h"

#include <stdarg.h>
#include <stdio.h>

void text_put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->cap - t->len)
		t->full = true;
	else
		t->len += (size_t)n;
}

size_t text_finish(struct text *t)
{
	if (t->full && t->cap)
		t->buf[0] = '\0';
	return t->full ? 0 : t->len;
}
