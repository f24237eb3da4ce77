/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From policies to what a packet filter can match: one policy becomes up to
 * three matches per direction, a run of policies with the same verdict becomes
 * a list in which order no longer counts. Pure.
 */
#ifndef MISSIU_GUARD_MATCH_H
#define MISSIU_GUARD_MATCH_H

#include "missiu/types.h"

/** What happens to a clear packet on the kernel's own path. */
enum guard_verdict {
	GUARD_PASS,  /**< BYPASS */
	GUARD_CLEAR, /**< dropped: must be protected (PROTECT) */
	GUARD_BLOCK, /**< dropped: DISCARD */
};

/** What the port fields of a selector mean (RFC 4301 4.4.1.1). */
enum guard_upper {
	GUARD_NO_PORTS,
	GUARD_PORTS, /**< of TCP, UDP, DCCP, SCTP, UDP-Lite */
	GUARD_ICMP,  /**< type << 8 | code, in the local side's ports */
};

/** Addresses from lo to hi; family 0: all of them. */
struct guard_span {
	struct missiu_addr lo, hi;
};

/** One kind of packets, all conditions together. */
struct guard_match {
	uint8_t verdict; /**< enum guard_verdict */
	uint8_t family;	 /**< 4, 6, or 0 for both */
	uint8_t proto;	 /**< 0: any; with GUARD_PORTS any that has ports */
	uint8_t upper;	 /**< enum guard_upper */
	struct guard_span local, remote;
	uint16_t lport_lo, lport_hi, rport_lo, rport_hi;
};

/** A growing list. */
struct guard_list {
	struct guard_match *v;
	size_t n, cap;
	bool failed; /**< no memory: the list is not complete */
};

/** guard_list_fini() - free it; it may be used again */
void guard_list_fini(struct guard_list *l);

/**
 * guard_match_add() - append what a policy matches
 * @p: one policy
 * @later: for fragments that don't show their ports: a policy that selects by
 *         port then drops all that may be meant, and lets pass nothing
 *         (RFC 4301 7.4)
 * @l: appended to; nothing when no packet matches
 */
void guard_match_add(const struct missiu_policy *p, bool later,
		     struct guard_list *l);

/** guard_same_kind() - alike but for the addresses, which have one family */
bool guard_same_kind(const struct guard_match *a, const struct guard_match *b);

/** guard_same_span() - same addresses */
bool guard_same_span(const struct guard_span *a, const struct guard_span *b);

/**
 * guard_merge() - sort a run and join neighbouring remote addresses
 * @l: all of one verdict. Afterwards matches of the same kind are neighbours,
 *     in ascending order of local, then of remote addresses, and no two of
 *     the same local addresses overlap
 */
void guard_merge(struct guard_list *l);

#endif
