/* SPDX-License-Identifier: Apache-2.0 */
/* Packet buffers in huge pages where the kernel has some to give. */
#ifndef MISSIU_BIGMEM_H
#define MISSIU_BIGMEM_H

#include <stddef.h>

/**
 * bigmem_new() - zeroed memory of its own pages
 * @len: bytes
 *
 * Packets of a batch lie far apart; with pages of 4 KB the CPU looks up a page
 * for each of them, and so does the kernel when it copies.
 *
 * Return: NULL without memory; release with bigmem_free().
 */
void *bigmem_new(size_t len);

/** bigmem_free() - @p and @len as before; NULL is fine */
void bigmem_free(void *p, size_t len);

#endif
