/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet on the TAP, pure: the kernel believes that a gateway lives on the
 * wire behind it. We answer for that gateway (ARP, neighbour solicitations)
 * and find the IP packet in every other frame.
 */
#ifndef MISSIU_L2_H
#define MISSIU_L2_H

#include "common/rd.h"
#include "missiu/drop.h"

#define L2_HDR_LEN 14
/** Longest answer: a neighbour advertisement with one option. */
#define L2_REPLY_MAX 86

/** What a frame from the TAP calls for. */
enum l2_kind {
	L2_IP = 1, /**< .ip and .ip_len: a whole IPv4 or IPv6 packet */
	L2_REPLY,  /**< .reply is to be written back to the TAP */
	L2_IGNORE, /**< address announcement or probe: nothing to do */
	L2_DROP,   /**< .drop says why */
};

struct l2_frame {
	enum l2_kind kind;
	enum missiu_drop drop;
	size_t ip;     /**< offset of the IP header in the frame */
	size_t ip_len; /**< bytes of the packet, padding excluded */
	bool group;    /**< sent to a multicast or broadcast MAC */
	size_t reply_len;
	uint8_t reply[L2_REPLY_MAX];
};

/** MAC address of the gateway we play: fixed and locally administered. */
extern const uint8_t l2_gateway[6];

/**
 * l2_parse() - classify one frame that the kernel sent out of the TAP
 * @frame: any bytes at all
 * @out:   out, always set
 *
 * ARP requests (RFC 826) and neighbour solicitations (RFC 4861 7.2.4) are
 * answered with l2_gateway whatever they ask for, except announcements and
 * duplicate address detection (RFC 5227, RFC 4862 5.4.3): an answer would take
 * the kernel's own address away. 802.1Q frames are refused.
 */
void l2_parse(struct rd frame, struct l2_frame *out);

/**
 * l2_put_header() - Ethernet header for a packet that goes up to the kernel
 * @hdr:     out, L2_HDR_LEN bytes
 * @tap_mac: the TAP's own address
 * @ip: the packet's whole IP header, IPv4 or IPv6
 *
 * Multicast and broadcast go to the MAC addresses that belong to them, all else
 * to the TAP's.
 */
void l2_put_header(uint8_t hdr[static L2_HDR_LEN],
		   const uint8_t tap_mac[static 6], const uint8_t *ip);

#endif
