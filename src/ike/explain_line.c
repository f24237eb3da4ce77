/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/explain_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line line_to(char *buf, size_t cap)
{
	buf[0] = '\0';
	return (struct line){ .buf = buf, .cap = cap };
}

void line_add(struct line *l, const char *fmt, ...)
{
	size_t room = l->cap - l->len;
	va_list ap;
	int n;

	if (l->cut)
		return;
	va_start(ap, fmt);
	n = vsnprintf(l->buf + l->len, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < room) {
		l->len += (size_t)n;
		return;
	}
	l->cut = true;
	l->len = l->cap - 1;
	memcpy(l->buf + l->len - 3, "...", 4);
}
