/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AH (RFC 4302): the ICV over a packet whose mutable fields count as zero, and
 * both directions of processing on top of it.
 *
 *	Transport mode			Tunnel mode
 *	  IP header, options		  outer IP header
 *	  AH, ICV, padding		  AH, ICV, padding
 *	  payload			  inner packet
 */
#ifndef IPSEC_AH_H
#define IPSEC_AH_H

#include "ipsec/in.h"
#include "ipsec/sa.h"
#include "ipsec/state.h"

/** Next header, length, reserved, SPI, sequence number. */
#define AH_HDR_LEN 12

/** Where AH is in a packet. */
struct ah_place {
	const uint8_t *pkt; /* the IP header in front of it, as transmitted */
	size_t off, len;    /* AH, its ICV and padding included */
	size_t total;	    /* bytes of the packet */
	uint64_t seq;
};

/**
 * ah_len() - bytes of the AH that an SA puts into a packet
 * @family: of the IP header in front: IPv6 aligns to 8 bytes, IPv4 to 4
 */
size_t ah_len(const struct sa *sa, uint8_t family);

/**
 * ah_tag() - the ICV of a packet
 * @sa:  an AH SA; with GMAC the packet's IV is already in its place
 * @at:  the packet
 * @tag: out
 *
 * Mutable fields, options and extension headers in front of AH count as zero
 * (RFC 4302 3.3.3.1, appendix A); so does the ICV field, the IV of GMAC
 * included. Source routes that have not ended are refused: what they become is
 * not predicted here (RFC 5095 deprecates them).
 *
 * Return: 0; MISSIU_EPROTO (such a route, malformed options); MISSIU_ECRYPTO.
 */
int ah_tag(const struct sa *sa, const struct ah_place *at,
	   uint8_t tag[static AUTH_TAG_MAX]);

/**
 * ah_seal() - protect one packet, at once
 * @sa:  an outbound AH SA that is usable
 * @pol: the policy; not used in transport mode
 * @mode: enum missiu_mode
 * @ip:  the packet, parsed
 * @p:   in/out
 *
 * Return: why it must be dropped, or MISSIU_DROP_NONE.
 */
enum missiu_drop ah_seal(struct missiu *m, struct sa *sa,
			 const struct policy *pol, uint8_t mode,
			 const struct ip_info *ip, struct missiu_pkt *p);

/**
 * ah_open() - open one packet with AH
 * @in: .outer says protocol AH; out: with ESP in transport mode inside, .ah
 *      and .outer tell of the packet without AH, which is still to be opened
 *
 * Otherwise policy has been checked and the packet is what is to be delivered,
 * or it has a verdict.
 *
 * Return: why it must be dropped, or MISSIU_DROP_NONE.
 */
enum missiu_drop ah_open(struct missiu *m, struct in_pkt *in, missiu_usec now);

#endif
