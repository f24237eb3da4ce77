/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds-checked reader over borrowed bytes. The only bounds test in the tree
 * is rd_take()'s: it compares lengths, never pointers past the end.
 */
#ifndef COMMON_RD_H
#define COMMON_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define must_check __attribute__((warn_unused_result))

struct rd {
	const uint8_t *p, *end; /* end is one past the last byte */
};

static inline uint16_t load_be16(const uint8_t b[static 2])
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t load_be32(const uint8_t b[static 4])
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	       (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t load_be64(const uint8_t b[static 8])
{
	return (uint64_t)load_be32(b) << 32 | load_be32(b + 4);
}

static inline struct rd rd_from(const void *buf, size_t len)
{
	const uint8_t *p = buf;

	return (struct rd){ p, len ? p + len : p };
}

/* Bytes not yet read. */
static inline size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

/* True when everything was consumed. */
static inline bool rd_done(const struct rd *r)
{
	return r->p == r->end;
}

/* Borrow the next n bytes: *at points at them. */
must_check static inline bool rd_take(struct rd *r, size_t n,
				      const uint8_t **at)
{
	if (n > rd_left(r))
		return false;
	*at = r->p;
	r->p += n;
	return true;
}

/* Borrow the last n bytes; the reader ends before them afterwards. */
must_check static inline bool rd_take_end(struct rd *r, size_t n,
					  const uint8_t **at)
{
	if (n > rd_left(r))
		return false;
	r->end -= n;
	*at = r->end;
	return true;
}

/* A reader of the next n bytes only. */
must_check static inline bool rd_sub(struct rd *r, size_t n, struct rd *sub)
{
	const uint8_t *at;

	if (!rd_take(r, n, &at))
		return false;
	*sub = rd_from(at, n);
	return true;
}

must_check static inline bool rd_skip(struct rd *r, size_t n)
{
	const uint8_t *at;

	return rd_take(r, n, &at);
}

must_check static inline bool rd_copy(struct rd *r, void *dst, size_t n)
{
	const uint8_t *at;

	if (!rd_take(r, n, &at))
		return false;
	if (n)
		memcpy(dst, at, n);
	return true;
}

must_check static inline bool rd_u8(struct rd *r, uint8_t *v)
{
	const uint8_t *at;

	if (!rd_take(r, 1, &at))
		return false;
	*v = *at;
	return true;
}

must_check static inline bool rd_be16(struct rd *r, uint16_t *v)
{
	const uint8_t *at;

	if (!rd_take(r, 2, &at))
		return false;
	*v = load_be16(at);
	return true;
}

must_check static inline bool rd_be32(struct rd *r, uint32_t *v)
{
	const uint8_t *at;

	if (!rd_take(r, 4, &at))
		return false;
	*v = load_be32(at);
	return true;
}

must_check static inline bool rd_be64(struct rd *r, uint64_t *v)
{
	const uint8_t *at;

	if (!rd_take(r, 8, &at))
		return false;
	*v = load_be64(at);
	return true;
}

#endif
