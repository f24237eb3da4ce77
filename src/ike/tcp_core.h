/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKE and ESP over TCP (RFC 9329), as far as the core decides it: when to go
 * there, and what changes there. Connections are tcp.h's.
 *
 * Theory of operation. struct ike_end says how a message travels. All that
 * makes an SA's messages take another way is that its ends say so; answers and
 * requests, ESP and rekeyed SAs follow. A negotiation that UDP does not let
 * through begins anew over TCP. An SA that stands goes there and back by MOBIKE
 * (RFC 9329 8.1); without it, or begun over TCP, it stays where it is.
 */
#ifndef IKE_TCP_CORE_H
#define IKE_TCP_CORE_H

#include "ike/sa.h"

/** Times that IKE_SA_INIT is sent by UDP before TCP is tried. */
#define TCP_AFTER 3

/** tcp_always() - whether IKE SAs with a peer begin over TCP */
bool tcp_always(const struct ike *ike, const struct ike_peer *peer);

/** tcp_end() - an address with TCP's port, the connection being ours to make */
struct ike_end tcp_end(const struct ike *ike, const struct missiu_addr *addr);

/** tcp_fallback_due() - whether nobody answers by UDP and TCP comes next */
bool tcp_fallback_due(const struct ike *ike, const struct ike_sa *sa);

/** tcp_may_search() - whether MOBIKE may look for the peer over TCP, too */
bool tcp_may_search(const struct ike *ike, const struct ike_sa *sa);

/** tcp_search_due() - whether UDP was tried often enough before */
bool tcp_search_due(const struct ike *ike, const struct ike_sa *sa);

/**
 * tcp_interval_us() - until a request is sent again for the first time
 * @us: as configured
 *
 * Over TCP nothing gets lost but with the connection: twice as long (RFC 9329
 * 6.2). Before a fallback at most a second, since there is another way.
 */
missiu_usec tcp_interval_us(const struct ike *ike, const struct ike_sa *sa,
			    missiu_usec us);

/** tcp_explain_silence() - why a negotiation over TCP came to nothing */
void tcp_explain_silence(const struct ike_sa *sa, struct ike_why *why);

#endif
