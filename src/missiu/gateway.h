/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host settings that forwarding for other hosts takes. Whether this host
 * forwards is its operator's choice and never changed here: a policy that can't
 * work without it is named in the log.
 */
#ifndef MISSIU_GATEWAY_H
#define MISSIU_GATEWAY_H

#include "missiu/netlink.h"

/**
 * gateway_policy() - whether a policy protects traffic of other hosts, pure
 * @addrs, @n: this host's addresses
 *
 * True for tunnel mode when the local side is more than one of these addresses.
 * A local side of any address says nothing about that: false.
 */
bool gateway_policy(const struct missiu_policy *p,
		    const struct netlink_addr *addrs, size_t n);

/** What was said already; zero-initialised. */
struct gateway {
	bool said4, said6;
};

/**
 * gateway_advise() - say when policies need forwarding and it is off
 *
 * One line a family, again only after forwarding was on or not needed.
 */
void gateway_advise(struct gateway *g, struct netlink *nl,
		    const struct missiu *m);

/**
 * gateway_rp_filter() - let the TAP deliver from sources routed elsewhere
 * @set: true: do it; false: only say it
 *
 * A strict reverse path filter (RFC 3704 2.2) drops what was decapsulated when
 * the way back is not through the TAP, as with policies for any address. Loose
 * mode (2.4), on the TAP only, keeps the check that a way back exists; what may
 * come in, the policies have decided.
 */
void gateway_rp_filter(struct netlink *nl, unsigned tap_index,
		       const char *tap_name, bool set);

#endif
