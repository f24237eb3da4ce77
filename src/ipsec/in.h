/* SPDX-License-Identifier: Apache-2.0 */
/* What the two protocols have in common on the way in: in_accept.c; see esp_in.c. */
#ifndef IPSEC_IN_H
#define IPSEC_IN_H

#include "common/rd.h"
#include "ipsec/state.h"

/** One packet between lookup and delivery. */
struct in_pkt {
	struct missiu_pkt *p;
	struct ip_info *outer; /* .len is that of the first of its run */
	uint16_t sport;	       /* of the UDP encapsulation, or 0 */
	struct sa *ah; /* of a bundle: the SA of the AH around it, or NULL */
};

/**
 * in_open_tunnel() - the packet becomes the one inside
 * @body: what it carries, padding of TFC included
 * @next: its protocol as named: IP_P_IPIP or IP_P_IPV6
 * @ip:   out: the inner packet, parsed
 *
 * ECN as RFC 6040 has it.
 */
enum missiu_drop in_open_tunnel(struct in_pkt *in, struct rd body, uint8_t next,
				struct ip_info *ip);

/**
 * in_open_transport() - the packet becomes its own header before its payload
 * @body: the payload, behind the header, ends the packet
 * @next: its protocol
 * @ip:   out: the packet, parsed
 */
enum missiu_drop in_open_transport(struct in_pkt *in, struct rd body,
				   uint8_t next, struct ip_info *ip);

/** One packet that authenticated: by whom and as what. */
struct in_good {
	struct sa *sa;
	uint8_t mode; /* enum missiu_mode */
	uint64_t seq;
};

/** in_covered() - do its addresses suit the SA it came by? */
bool in_covered(const struct sa *sa, const struct in_pkt *in,
		const struct ip_info *ip);

/** in_commit() - take the sequence number and count; NONE or a replay */
enum missiu_drop in_commit(struct missiu *m, const struct in_good *g,
			   const struct in_pkt *in, const struct ip_info *ip,
			   missiu_usec now);

/**
 * in_accept() - all checks between authentication and delivery
 * @in: out: a verdict where it is not DONE (a fragment that is kept)
 * @ip: what is to be delivered
 *
 * SA selectors, policy, replay commit, in this order.
 */
enum missiu_drop in_accept(struct missiu *m, const struct in_good *g,
			   struct in_pkt *in, struct ip_info *ip,
			   missiu_usec now);

#endif
