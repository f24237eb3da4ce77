/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ESP in UDP or not (RFC 7296 2.23, RFC 3948): because of a NAT, because the
 * configuration says so, or because it is faster.
 *
 *	encap    we ask                       we answer
 *	nat      honestly                     honestly
 *	udp      as if behind a NAT           as if behind a NAT
 *	none     no detection of NATs         no detection of NATs
 *	auto     honestly, with our mark      as if behind a NAT if the mark came
 *
 * The mark is a vendor ID that only missiu sends: to other peers ESP goes in UDP
 * where there is a NAT, to one of ours that has "auto" as well it always does.
 */
#ifndef IKE_ENCAP_H
#define IKE_ENCAP_H

#include "ike/natd.h"
#include "ike/sa.h"

/** Why an SA has ESP in UDP, or has not. */
enum encap_why {
	ENCAP_NO_NAT,
	ENCAP_NAT,
	ENCAP_ASKED, /* by our configuration */
	ENCAP_FASTER,
	ENCAP_NEVER,
	ENCAP_CANNOT, /* the peer has no NAT traversal */
	ENCAP_TCP,    /* RFC 9329 */
};

/** encap_why_text() - for people */
const char *encap_why_text(uint8_t why);

/**
 * encap_put() - what an IKE_SA_INIT message says of NATs
 * @h:   its header
 * @req: the request that is answered; NULL: this is one
 *
 * Return: 0 or as ike_natd_hash().
 */
int encap_put(struct ike_build *b, const struct ike_peer *peer,
	      const struct ike_hdr *h, const struct ike_end *local,
	      const struct ike_end *remote, const struct ike_msg *req);

/**
 * encap_put_again() - what an SA whose addresses change says of NATs
 * @h: SPIs of the message
 *
 * Whoever pretended a NAT goes on to. Return: 0 or as ike_natd_hash().
 */
int encap_put_again(struct ike_build *b, const struct ike_sa *sa,
		    const struct ike_hdr *h);

/**
 * encap_moved() - the SA's ends are others: from UDP to TCP, or back?
 *
 * Back there ESP stays in UDP until encap_take_again() has found no NAT.
 */
void encap_moved(struct ike_sa *sa, bool was_tcp);

/** encap_take_again() - the peer's message about new ends; none: no change */
void encap_take_again(struct ike_sa *sa, const struct ike_msg *m,
		      const struct ike_end *local,
		      const struct ike_end *remote);

/** encap_take() - decide by what the peer's IKE_SA_INIT message said */
void encap_take(struct ike_sa *sa, const struct ike_natd *natd,
		const struct ike_msg *m);

#endif
