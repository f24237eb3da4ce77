/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writer into a buffer of fixed capacity. Overflow is sticky: write everything,
 * then ask wr_ok() once; when it is false nothing may be sent.
 */
#ifndef COMMON_WR_H
#define COMMON_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wr {
	uint8_t *buf;
	size_t len, cap;
	bool overflow;
};

static inline void store_be16(uint8_t *b, uint16_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static inline void store_be32(uint8_t *b, uint32_t v)
{
	store_be16(b, (uint16_t)(v >> 16));
	store_be16(b + 2, (uint16_t)v);
}

static inline void store_be64(uint8_t *b, uint64_t v)
{
	store_be32(b, (uint32_t)(v >> 32));
	store_be32(b + 4, (uint32_t)v);
}

static inline struct wr wr_to(void *buf, size_t cap)
{
	return (struct wr){ .buf = buf, .len = 0, .cap = cap };
}

static inline bool wr_ok(const struct wr *w)
{
	return !w->overflow;
}

/* Room for n bytes to fill in place, or NULL on overflow. */
static inline uint8_t *wr_room(struct wr *w, size_t n)
{
	uint8_t *at;

	if (w->overflow || n > w->cap - w->len) {
		w->overflow = true;
		return NULL;
	}
	at = w->buf + w->len;
	w->len += n;
	return at;
}

static inline void wr_bytes(struct wr *w, const void *src, size_t n)
{
	uint8_t *at = wr_room(w, n);

	if (at && n)
		memcpy(at, src, n);
}

static inline void wr_zero(struct wr *w, size_t n)
{
	uint8_t *at = wr_room(w, n);

	if (at && n)
		memset(at, 0, n);
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	wr_bytes(w, &v, 1);
}

static inline void wr_be16(struct wr *w, uint16_t v)
{
	uint8_t *at = wr_room(w, 2);

	if (at)
		store_be16(at, v);
}

static inline void wr_be32(struct wr *w, uint32_t v)
{
	uint8_t *at = wr_room(w, 4);

	if (at)
		store_be32(at, v);
}

static inline void wr_be64(struct wr *w, uint64_t v)
{
	uint8_t *at = wr_room(w, 8);

	if (at)
		store_be64(at, v);
}

/* Start a scope whose 16-bit length is patched by wr_len16_end(). */
static inline size_t wr_len16_begin(struct wr *w)
{
	size_t at = w->len;

	wr_be16(w, 0);
	return at;
}

/*
 * Patch the length field at `at` with the number of bytes from `from` to here
 * (`from` is where counting starts, often the start of the payload header).
 */
static inline void wr_len16_end(struct wr *w, size_t at, size_t from)
{
	if (w->overflow)
		return;
	if (w->len - from > UINT16_MAX) {
		w->overflow = true;
		return;
	}
	store_be16(w->buf + at, (uint16_t)(w->len - from));
}

#endif
