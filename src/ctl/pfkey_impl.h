/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of PF_KEY's codec share. Nobody else includes this. */
#ifndef CTL_PFKEY_IMPL_H
#define CTL_PFKEY_IMPL_H

#include "ctl/pfkey.h"

/* Integers are in host order, unlike everywhere else (RFC 2367 2.1). */
must_check static inline bool get_h16(struct rd *r, uint16_t *v)
{
	return rd_copy(r, v, sizeof(*v));
}

must_check static inline bool get_h32(struct rd *r, uint32_t *v)
{
	return rd_copy(r, v, sizeof(*v));
}

must_check static inline bool get_h64(struct rd *r, uint64_t *v)
{
	return rd_copy(r, v, sizeof(*v));
}

static inline void put_h16(struct wr *w, uint16_t v)
{
	wr_bytes(w, &v, sizeof(v));
}

static inline void put_h32(struct wr *w, uint32_t v)
{
	wr_bytes(w, &v, sizeof(v));
}

static inline void put_h64(struct wr *w, uint64_t v)
{
	wr_bytes(w, &v, sizeof(v));
}

/* Everything is padded to 64 bits. */
static inline size_t pad8(size_t n)
{
	return (8 - n % 8) % 8;
}

/*
 * How one extension's content is read and written. Readers must consume the
 * content with its padding, no less, no more; what a writer lacks of 64 bits
 * pfkey_encode() adds.
 */
struct pfkey_ext {
	uint16_t type;
	uint32_t have; /* its bit of enum pfkey_have */
	bool (*get)(struct rd *r, struct pfkey_msg *m);
	void (*put)(struct wr *w, const struct pfkey_msg *m);
};

struct pfkey_exts {
	const struct pfkey_ext *v;
	size_t n;
};

/** What others have, too (pfkey_standard.c), and ours (pfkey_private.c) */
extern const struct pfkey_exts pfkey_standard, pfkey_private;

#endif
