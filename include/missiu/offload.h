/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Super-packets: what a kernel hands over and takes back as one, while the
 * network carries segments. Cutting (GSO) and merging (GRO) are pure and need
 * no engine: they stand before missiu_outbound() and behind missiu_inbound(),
 * which see every segment as a packet of its own, with its own sequence number,
 * policy check and counters.
 */
#ifndef MISSIU_OFFLOAD_H
#define MISSIU_OFFLOAD_H

#include "missiu/engine.h"

/** What the segments of a super-packet are. */
enum missiu_seg { MISSIU_SEG_NONE = 0, MISSIU_SEG_TCP = 1, MISSIU_SEG_UDP = 2 };

/** What is left to do for a packet, by whoever gets it; all zero: nothing. */
struct missiu_offload {
	uint8_t seg;	   /**< enum missiu_seg; NONE: a single packet */
	bool csum_needed;  /**< checksum from csum_start on is unfinished: its
			      field holds the sum of the pseudo header */
	bool csum_good;	   /**< the upper checksum was verified; cut UDP then
			      carries none */
	uint16_t seg_size; /**< payload bytes of a segment; the last has less */
	uint16_t hdr_len;  /**< IP and upper header, out only */
	uint16_t csum_start; /**< from the IP header on */
	uint16_t csum_off;   /**< of the field, from csum_start on */
};

/** Work on one packet to be cut. Fill with missiu_gso_start(). */
struct missiu_gso {
	const uint8_t *p;	 /**< the IP header; borrowed */
	struct missiu_offload o; /**< as given */
	uint32_t len;		 /**< of the whole packet */
	uint32_t hdr_len;	 /**< bytes that every segment starts with */
	uint32_t at;		 /**< next byte of payload */
	uint32_t n;		 /**< segments made */
	uint16_t upper;		 /**< offset of the TCP or UDP header */
	bool done;
};

/**
 * missiu_gso_start() - look at a packet that may be a super-packet
 * @g:   out
 * @ip:  its IP header; borrowed until the last missiu_gso_next()
 * @len: bytes, at most 65535 are looked at
 * @o:   as the kernel described it; not trusted
 *
 * Return: 0; MISSIU_EPROTO when packet and description do not fit together.
 */
int missiu_gso_start(struct missiu_gso *g, const uint8_t *ip, size_t len,
		     const struct missiu_offload *o);

/** missiu_gso_room() - bytes that the longest segment has */
size_t missiu_gso_room(const struct missiu_gso *g);

/** missiu_gso_left() - segments that missiu_gso_next() still has to write */
size_t missiu_gso_left(const struct missiu_gso *g);

/**
 * missiu_gso_next() - write the next segment
 * @g:   as started
 * @out: .data says where, with room for missiu_gso_room() bytes; .len is set
 *
 * Payload is copied once and summed on the way. IPv4 identification and TCP
 * sequence number count up; FIN and PSH stay on the last segment, CWR on the
 * first; all checksums are complete (RFC 791, RFC 9293, RFC 768).
 *
 * Return: false, and nothing written, when there are no more.
 */
bool missiu_gso_next(struct missiu_gso *g, struct missiu_pkt *out);

/** Packets that are merged together at most. */
#define MISSIU_GRO_MAX 256

/** A packet to deliver, one or several merged. */
struct missiu_gro_item {
	struct missiu_offload o; /**< tells the receiver what it is */
	uint32_t len;		 /**< of the whole, from the IP header on */
	uint16_t first;		 /**< index of the packet that it starts with */
	uint16_t last;		 /**< index of the last merged into it */
	uint16_t n;		 /**< how many */
	uint16_t ip_id;		 /**< of the last one */
	uint32_t seq;		 /**< TCP: of the byte that comes next */
	bool open;		 /**< more may follow */
	bool fixed_id;		 /**< the IPv4 identification does not change */
};

/** Work area; needs no initialisation. */
struct missiu_gro {
	struct missiu_gro_item item[MISSIU_GRO_MAX];
	uint16_t n;	  /**< items made */
	uint16_t barrier; /**< items below it are closed */
	/**
	 * What follows a packet of an item: index of the packet whose payload
	 * (from .o.hdr_len on) comes next. Valid up to .last.
	 */
	uint16_t next[MISSIU_GRO_MAX];
	uint16_t flow[MISSIU_GRO_MAX]; /**< latest item by hash of its flow */
};

/**
 * missiu_gro() - merge consecutive segments of the flows among some packets
 * @g: out: items in the order of their first packets
 * @v: whole plain packets, each at its IP header; the first of each merged item
 *     gets its headers rewritten in place: length, flags, unfinished checksum
 * @n: how many, at most MISSIU_GRO_MAX
 *
 * Merged are TCP segments with payload, and UDP datagrams of one size, that
 * follow each other without a gap, whose checksums are right and whose headers
 * differ in nothing that could not be restored by cutting: type of service,
 * hop limit, flow label, options, acknowledgement and window are the same, the
 * identification counts up. PSH, FIN or a short segment ends an item. Packets
 * of one flow are never reordered.
 */
void missiu_gro(struct missiu_gro *g, struct missiu_pkt *const v[], size_t n);

#endif
