/* SPDX-License-Identifier: Apache-2.0 */
/* NAT detection (RFC 7296 2.23): hashes of SPIs, address and port. */
#ifndef IKE_NATD_H
#define IKE_NATD_H

#include "ike/msg.h"

#define IKE_NATD_LEN 20

/**
 * ike_natd_hash() - content of a NAT_DETECTION_…_IP notify
 * @spi_i, @spi_r: as in the header of the message it goes into
 * @end: address and port
 * @out: out
 *
 * Return: 0, MISSIU_EINVAL (no address), MISSIU_ECRYPTO.
 */
int ike_natd_hash(uint64_t spi_i, uint64_t spi_r, const struct ike_end *end,
		  uint8_t out[static IKE_NATD_LEN]);

/** Result of NAT detection. */
struct ike_natd {
	bool supported;	 /* the peer sent both kinds of notifies */
	bool nat_local;	 /* we are behind a NAT */
	bool nat_remote; /* the peer is */
};

/**
 * ike_natd_check() - compare a message's notifies with its datagram's ends
 * @m: a parsed IKE_SA_INIT message
 * @local, @remote: ends as we see them
 * @out: out; all false when the notifies are missing
 *
 * Any of several source hashes may match (2.23).
 *
 * Return: 0 or as ike_natd_hash().
 */
int ike_natd_check(const struct ike_msg *m, const struct ike_end *local,
		   const struct ike_end *remote, struct ike_natd *out);

/** ike_natd_put() - both notifies of a message whose header is @h */
int ike_natd_put(struct ike_build *b, const struct ike_hdr *h,
		 const struct ike_end *local, const struct ike_end *remote);

#endif
