/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UDP datagrams that came as one packet, pure. A sender with UDP_SEGMENT, or a
 * receiving device, hands several datagrams of one flow around in a packet
 * larger than any MTU: one IP and one UDP header, then the payloads, all of the
 * same size but the last. Between hosts on one machine such packets are never
 * cut by the way; ESP in UDP must be.
 */
#ifndef MISSIU_MERGED_H
#define MISSIU_MERGED_H

#include "common/rd.h"

/** One merged packet, being cut. */
struct merged {
	const uint8_t *head; /**< IP header, UDP header; borrowed */
	size_t ip_len;	     /**< IP header with its options */
	struct rd left;	     /**< payload not handed out yet */
	size_t size;	     /**< payload of each datagram */
	uint16_t n;	     /**< handed out so far */
};

/** Longest headers of a datagram: IPv4 with all options, UDP. */
#define MERGED_HDR_MAX 68

/**
 * merged_init() - start to cut
 * @pkt:  at its IP header; bytes borrowed until the last merged_next()
 * @size: payload of each datagram, as the kernel says
 *
 * Return: false when it is no such packet: no whole UDP, @size 0.
 */
bool merged_init(struct merged *m, struct rd pkt, size_t size);

/** merged_done() - whether all was handed out */
bool merged_done(const struct merged *m);

/**
 * merged_next() - the next datagram, with headers of its own
 * @out, @cap: room for it
 * @len: out: its length
 *
 * Lengths, IPv4 identification and header checksum are those of this datagram;
 * the UDP checksum is left out: an authentic payload needs none.
 *
 * Return: false when all was handed out, or @cap is too small for one.
 */
bool merged_next(struct merged *m, uint8_t *out, size_t cap, size_t *len);

#endif
