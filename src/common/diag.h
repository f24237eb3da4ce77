/* SPDX-License-Identifier: Apache-2.0 */
/* Filling struct missiu_diag: an explanation that travels up with an error. */
#ifndef COMMON_DIAG_H
#define COMMON_DIAG_H

#include "missiu/types.h"

/**
 * diag_set() - write an explanation
 * @d:   out; NULL: nothing is written
 * @err: passed through
 * @fmt: printf format; truncated to the room there is
 *
 * Return: @err, so that a failure is one statement.
 */
__attribute__((format(printf, 3, 4))) int
diag_set(struct missiu_diag *d, int err, const char *fmt, ...);

/**
 * diag_prefix() - put a context before the explanation on its way up
 * @d:   in/out; NULL: nothing
 * @fmt: printf format of the prefix
 */
__attribute__((format(printf, 2, 3))) void diag_prefix(struct missiu_diag *d,
						       const char *fmt, ...);

#endif
