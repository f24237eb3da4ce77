/* SPDX-License-Identifier: Apache-2.0 */
/* Anti-replay window over 64-bit sequence numbers (RFC 4303 3.4.3, RFC 6479). */
#ifndef IPSEC_REPLAY_H
#define IPSEC_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

/** Largest window in packets. */
#define REPLAY_WINDOW_MAX 4096

struct replay {
	uint64_t top; /* highest sequence number committed */
	uint64_t
		*bits; /* ring of words, at least window + 64 bits; NULL: off */
	uint32_t window; /* packets; 0: nothing is refused */
	uint32_t mask;	 /* words of the ring - 1 */
};

/**
 * replay_init() - prepare an empty window
 * @window: packets, 0 (no check) to REPLAY_WINDOW_MAX
 *
 * Return: 0, MISSIU_EINVAL, MISSIU_ENOMEM.
 */
int replay_init(struct replay *r, uint32_t window);

/** replay_fini() - free; one that is all zero is fine */
void replay_fini(struct replay *r);

/**
 * replay_check() - may a packet with this number still be accepted?
 * @seq: full 64-bit number, not yet authenticated
 *
 * Return: false when it is 0, left of the window, or already committed.
 */
bool replay_check(const struct replay *r, uint64_t seq);

/**
 * replay_commit() - record an authenticated and accepted packet
 *
 * Return: false, and nothing changed, when replay_check() would refuse by now.
 */
bool replay_commit(struct replay *r, uint64_t seq);

/**
 * esn_guess() - full number of a packet from its low 32 bits
 * @lo: as on the wire
 *
 * RFC 4303 appendix A2.2. The only place that knows of 32-bit numbers. Without
 * a window one of 64 is assumed.
 */
uint64_t esn_guess(const struct replay *r, uint32_t lo);

#endif
