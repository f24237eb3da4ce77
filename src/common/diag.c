/* SPDX-License-Identifier: Apache-2.0 */
#include "common/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int diag_set(struct missiu_diag *d, int err, const char *fmt, ...)
{
	va_list ap;

	if (!d)
		return err;
	va_start(ap, fmt);
	vsnprintf(d->msg, sizeof(d->msg), fmt, ap);
	va_end(ap);
	return err;
}

void diag_prefix(struct missiu_diag *d, const char *fmt, ...)
{
	char tail[sizeof(d->msg)];
	va_list ap;
	size_t used;
	int n;

	if (!d)
		return;
	memcpy(tail, d->msg, sizeof(tail));
	va_start(ap, fmt);
	n = vsnprintf(d->msg, sizeof(d->msg), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	used = (size_t)n < sizeof(d->msg) ? (size_t)n : sizeof(d->msg) - 1;
	snprintf(d->msg + used, sizeof(d->msg) - used, "%.*s",
		 (int)(sizeof(d->msg) - used - 1), tail);
}
