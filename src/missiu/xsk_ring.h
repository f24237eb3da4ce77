/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One of the rings of an AF_XDP socket: entries between one producer and one
 * consumer, of whom the kernel is one. Both count upwards without end; the
 * difference says how much there is, and the lower bits say where. See
 * Documentation/networking/af_xdp.rst.
 */
#ifndef MISSIU_XSK_RING_H
#define MISSIU_XSK_RING_H

#include <stdbool.h>
#include <stdint.h>

struct xsk_ring {
	uint32_t *prod, *cons; /* shared with the kernel */
	uint32_t *flags;       /* what it asks for; XDP_RING_NEED_WAKEUP */
	void *entries;
	uint32_t size; /* a power of two */
	uint32_t at;   /* our counter, ahead of the one the kernel sees */
	uint32_t seen; /* the kernel's counter when it was last looked at */
};

/** Entries that may be read, as the consumer. */
static inline uint32_t xsk_ring_filled(struct xsk_ring *r)
{
	if (r->seen == r->at)
		r->seen = __atomic_load_n(r->prod, __ATOMIC_ACQUIRE);
	return r->seen - r->at;
}

/** Entries that may be written, as the producer. */
static inline uint32_t xsk_ring_room(struct xsk_ring *r)
{
	if (r->at - r->seen == r->size)
		r->seen = __atomic_load_n(r->cons, __ATOMIC_ACQUIRE);
	return r->size - (r->at - r->seen);
}

/** Where the next entry lies; the caller has asked whether there is one. */
static inline uint32_t xsk_ring_next(struct xsk_ring *r)
{
	return r->at++ & (r->size - 1);
}

/** What was read is the kernel's to fill again. */
static inline void xsk_ring_release(struct xsk_ring *r)
{
	__atomic_store_n(r->cons, r->at, __ATOMIC_RELEASE);
}

/** What was written is the kernel's to read. */
static inline void xsk_ring_submit(struct xsk_ring *r)
{
	__atomic_store_n(r->prod, r->at, __ATOMIC_RELEASE);
}

/** Entries submitted that the kernel has not read yet. */
static inline uint32_t xsk_ring_unread(struct xsk_ring *r)
{
	r->seen = __atomic_load_n(r->cons, __ATOMIC_ACQUIRE);
	return r->at - r->seen;
}

/** Whether the kernel waits to be called. */
static inline bool xsk_ring_asks(const struct xsk_ring *r, uint32_t flag)
{
	return __atomic_load_n(r->flags, __ATOMIC_RELAXED) & flag;
}

#endif
