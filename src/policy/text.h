/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is written piece by piece into a buffer of fixed size. */
#ifndef POLICY_TEXT_H
#define POLICY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *buf; /* borrowed; NUL-terminated after each text_put() */
	size_t len, cap;
	bool full; /* something did not fit; nothing is added any more */
};

/** text_put() - append, printf-like */
__attribute__((format(printf, 2, 3))) void text_put(struct text *t,
						    const char *fmt, ...);

/** text_finish() - Return: length without NUL; 0 with "" if it did not fit */
size_t text_finish(struct text *t);

#endif
