/* SPDX-License-Identifier: Apache-2.0 */
/* Handling of bytes that must not leak: wipe and constant-time compare. */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/**
 * secret_wipe() - overwrite memory in a way the compiler must keep
 * @p: memory; may be NULL when @n is 0
 * @n: bytes
 */
void secret_wipe(void *p, size_t n);

/**
 * ct_equal() - compare secrets or MACs in constant time
 * @a: bytes
 * @b: bytes
 * @n: how many of each
 *
 * Return: true when equal. Time depends on @n only.
 */
bool ct_equal(const void *a, const void *b, size_t n);

#endif
