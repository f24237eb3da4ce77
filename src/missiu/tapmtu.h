/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TAP's MTU: what the outer interface can carry less what the policies in
 * force add to a packet, so that the host sends nothing that must be cut.
 */
#ifndef MISSIU_TAPMTU_H
#define MISSIU_TAPMTU_H

#include "missiu/netlink.h"

/** What the policies in force call for; zero-initialised. */
struct tapmtu_need {
	size_t overhead; /**< largest of all, bytes */
	bool ipv6;	 /**< some of it may be IPv6 */
};

/** tapmtu_add() - one more policy, pure */
void tapmtu_add(struct tapmtu_need *need, const struct missiu_policy *p);

/**
 * tapmtu_of() - MTU of the TAP, pure
 * @link_mtu: of the outer interface
 * @need: overhead 0: no policies yet; assume the worst of common suites
 *
 * With a smaller MTU than 1280 bytes (RFC 8200 5) the kernel would take IPv6
 * away from the TAP: it gets that if IPv6 may come, and the engine cuts what is
 * too large then.
 *
 * Return: bytes, 68 (RFC 791) to 65521, what a TAP takes.
 */
unsigned tapmtu_of(unsigned link_mtu, const struct tapmtu_need *need);

struct tapmtu {
	struct netlink *nl; /* borrowed */
	unsigned index;	    /* of the TAP */
	const char *name;   /* borrowed */
	unsigned fixed;	    /* MTU the operator wants; 0: none */
	unsigned mtu;	    /* as set last */
};

/**
 * tapmtu_fit() - make the TAP's and the engine's MTU fit
 * @m:	  the engine; its policies count
 * @link_mtu: of the outer interface as it is now
 *
 * Return: 0, or as netlink_link_set().
 */
int tapmtu_fit(struct tapmtu *t, struct missiu *m, unsigned link_mtu,
	       struct missiu_diag *diag);

#endif
