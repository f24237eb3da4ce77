/* SPDX-License-Identifier: Apache-2.0 */
/* Fragments of IP packets: reading what one says, and cutting packets up. */
#ifndef IPSEC_FRAG_H
#define IPSEC_FRAG_H

#include "ipsec/ip.h"
#include "missiu/drop.h"
#include "missiu/engine.h"

#define IP6_FRAG_LEN 8

/** What the header of a fragment says. */
struct frag {
	uint32_t id;
	uint32_t off;  /* of its payload in the whole payload; bytes */
	uint32_t hdr;  /* bytes of this packet in front of its payload */
	uint32_t keep; /* of them, bytes that the whole packet has, too */
	uint32_t len;  /* bytes of its payload */
	uint8_t proto; /* first header of the payload */
	bool more;     /* not the last one */
};

/** frag_read() - @ip, not IP_WHOLE, is @p parsed (RFC 791, RFC 8200 4.5) */
struct frag frag_read(const uint8_t *p, const struct ip_info *ip);

/**
 * frag_view() - what all fragments of a packet say alike
 *
 * Ports, and behind more extension headers the protocol, stand in the first
 * one only: they count as unknown there, too, so that all fragments of a packet
 * find the same policy. Whole packets stay as they are.
 */
void frag_view(const uint8_t *p, struct ip_info *ip);

/** One packet that waits to be fetched by missiu_fragments(). */
struct frag_pkt {
	struct frag_pkt *next;
	uint32_t policy_id, spi; /* as in struct missiu_pkt */
	uint32_t len;
	uint8_t data[];
};

/** Packets in their order; bounded. */
struct frag_queue {
	struct frag_pkt *first, **last;
	size_t bytes; /* of memory */
};

/** Memory of a queue: a batch of 64 packets of 64 KB, cut into small pieces. */
#define FRAG_QUEUE_MAX (8U << 20)

/** frag_queue_init() */
void frag_queue_init(struct frag_queue *q);

/** frag_queue_fini() - free all that is in it */
void frag_queue_fini(struct frag_queue *q);

/**
 * frag_queue_get() - oldest packet of a queue
 * @p: out: filled; its buffer is the caller's
 * @lost: out: set when it did not fit into @p and is gone
 *
 * Return: false when there was none.
 */
bool frag_queue_get(struct frag_queue *q, struct missiu_pkt *p, bool *lost);

/**
 * frag_cut() - cut a packet into fragments of at most @mtu bytes
 * @q:  gets all but the first, with the policy and SPI of @p
 * @p:  in: the packet; out: its first fragment. IPv6 needs 8 bytes before it
 * @ip: @p parsed; IPv6: IP_WHOLE
 * @id: identification, not 0; IPv4 packets that have one keep it
 *
 * A packet that fits is left alone. DF of IPv4 is cleared. All or nothing.
 * RFC 791 3.2, RFC 8200 4.5.
 *
 * Return: 0; MISSIU_DROP_OUT_NO_ROOM, MISSIU_DROP_OUT_TOO_BIG (@mtu has no room
 * for any payload), MISSIU_DROP_FRAG_QUEUE.
 */
enum missiu_drop frag_cut(struct frag_queue *q, struct missiu_pkt *p,
			  const struct ip_info *ip, uint32_t mtu, uint32_t id);

#endif
