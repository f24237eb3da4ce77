/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/replay.h"

#include <stdlib.h>

#include "missiu/err.h"

#define WORD_BITS 64

int replay_init(struct replay *r, uint32_t window)
{
	uint32_t words = 2;

	*r = (struct replay){ .window = window };
	if (window > REPLAY_WINDOW_MAX)
		return MISSIU_EINVAL;
	if (!window)
		return 0;
	/* One word more than the window, so that it can be cleared ahead. */
	while (words * WORD_BITS < window + WORD_BITS)
		words *= 2;
	r->bits = calloc(words, sizeof(*r->bits));
	if (!r->bits)
		return MISSIU_ENOMEM;
	r->mask = words - 1;
	return 0;
}

void replay_fini(struct replay *r)
{
	free(r->bits);
	*r = (struct replay){ 0 };
}

bool replay_check(const struct replay *r, uint64_t seq)
{
	if (!r->window)
		return true;
	if (!seq)
		return false;
	if (seq > r->top)
		return true;
	if (r->top - seq >= r->window)
		return false;
	return !(r->bits[seq / WORD_BITS & r->mask] >> seq % WORD_BITS & 1);
}

bool replay_commit(struct replay *r, uint64_t seq)
{
	uint64_t word = seq / WORD_BITS, top = r->top / WORD_BITS;

	if (!replay_check(r, seq))
		return false;
	if (seq > r->top)
		r->top = seq;
	if (!r->window)
		return true;
	if (word > top + r->mask)
		top = word - r->mask - 1;
	while (top < word)
		r->bits[++top & r->mask] = 0;
	r->bits[word & r->mask] |= UINT64_C(1) << seq % WORD_BITS;
	return true;
}

uint64_t esn_guess(const struct replay *r, uint32_t lo)
{
	uint32_t window = r->window ? r->window : 64;
	uint32_t top_lo = (uint32_t)r->top, hi = (uint32_t)(r->top >> 32);
	uint32_t bottom = top_lo - window + 1; /* modulo 2^32 */

	if (top_lo >= window - 1) {
		if (lo < bottom)
			hi++; /* case A: the subspace after */
	} else if (lo >= bottom && hi > 0) {
		hi--; /* case B: the window reaches into the one before */
	}
	return (uint64_t)hi << 32 | lo;
}
