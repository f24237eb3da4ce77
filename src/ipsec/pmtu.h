/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fits through an SA, and what to do with what does not (RFC 4301 8).
 *
 * An SA starts with the MTU of the outer interface, missiu_set_mtu(). A router
 * on its way that says "too big" lowers it for ten minutes; then the larger
 * size is tried again. The path stays what it is when an SA is rekeyed, so the
 * new one begins with what the old one was told.
 */
#ifndef IPSEC_PMTU_H
#define IPSEC_PMTU_H

#include "ipsec/icmp.h"
#include "ipsec/state.h"

/** How long a path MTU that was told is believed (RFC 4301 8.2.2). */
#define PMTU_LIFE_US UINT64_C(600000000)

/** No router may ask for less: RFC 791 (what every host takes), RFC 8200 5. */
#define PMTU_MIN4 576
#define PMTU_MIN6 1280

/** pmtu_of() - the largest outer packet that an SA or bundle may send now */
uint32_t pmtu_of(const struct missiu *m, const struct out_sa *o,
		 missiu_usec now);

/**
 * pmtu_room() - the largest packet that fits through an SA or bundle
 * @mode: enum missiu_mode
 * @ip:   a packet; transport mode: its header is that of the outer one
 * @mtu:  for outer packets
 *
 * Return: bytes; 0 when not even an empty one fits.
 */
uint32_t pmtu_room(const struct out_sa *o, uint8_t mode,
		   const struct ip_info *ip, uint32_t mtu);

/** What to do with a packet. */
enum pmtu_way {
	PMTU_FITS = 1,
	PMTU_CUT_BEFORE, /* fragment it, protect each fragment */
	PMTU_CUT_AFTER,	 /* protect it, fragment what comes out */
	PMTU_REFUSE,	 /* tell its sender */
};

/**
 * pmtu_way() - decide; see the table in pmtu.c
 * @ip:   a packet that @pol protects by @o
 * @room: out: size for fragments (CUT_BEFORE) or to tell (REFUSE)
 */
enum pmtu_way pmtu_way(const struct missiu *m, const struct out_sa *o,
		       const struct policy *pol, const struct ip_info *ip,
		       missiu_usec now, uint32_t *room);

/**
 * pmtu_inherit() - what the newest SA of the same path and policy was told
 * @sa: about to be inserted
 */
void pmtu_inherit(const struct missiu *m, struct sa *sa);

/**
 * pmtu_heard() - a clear packet arrived that is ICMP "too big"
 * @p, @ip: the packet; icmp_is_too_big()
 *
 * Believed when it quotes a packet that one of our SAs has just sent: its
 * addresses, SPI, ports and one of its last 65536 sequence numbers (RFC 4301
 * 6.1.1, 8.2). It can only lower the MTU, and not below the minimum.
 *
 * Return: true when it was about one of our SAs, believed or not.
 */
bool pmtu_heard(struct missiu *m, const uint8_t *p, const struct ip_info *ip,
		missiu_usec now);

#endif
