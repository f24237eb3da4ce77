/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/bigmem.h"

#include <stdint.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

static size_t whole(size_t len)
{
	return (len + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

void *bigmem_new(size_t len)
{
	const size_t want = whole(len) + HUGE_PAGE;
	uint8_t *p = mmap(NULL, want, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		*start;

	if (p == MAP_FAILED)
		return NULL;
	/* Only what is aligned can be huge: cut off what is around it. */
	start = p + (-(uintptr_t)p & (HUGE_PAGE - 1));
	if (start > p)
		munmap(p, (size_t)(start - p));
	if (p + want > start + whole(len))
		munmap(start + whole(len),
		       (size_t)(p + want - start) - whole(len));
	madvise(start, whole(len), MADV_HUGEPAGE);
	return start;
}

void bigmem_free(void *p, size_t len)
{
	if (p)
		munmap(p, whole(len));
}
