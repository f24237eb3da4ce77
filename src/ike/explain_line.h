/* SPDX-License-Identifier: Apache-2.0 */
/* A line of text put together piece by piece into a fixed buffer. */
#ifndef IKE_EXPLAIN_LINE_H
#define IKE_EXPLAIN_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct line {
	char *buf;
	size_t len, cap;
	bool cut; /* it did not fit: ends in "...", more is ignored */
};

/** line_to() - an empty line; @cap >= 4 */
struct line line_to(char *buf, size_t cap);

/** line_add() - append, or cut the line for good */
__attribute__((format(printf, 2, 3))) void line_add(struct line *l,
						    const char *fmt, ...);

#endif
