/* SPDX-License-Identifier: Apache-2.0 */
/* TCP maximum segment size: keep both ends from sending what will not fit. */
#ifndef IPSEC_MSS_H
#define IPSEC_MSS_H

#include "ipsec/ip.h"

/**
 * mss_clamp() - lower the MSS option of a SYN to what a path can carry
 * @p:  a packet, anything at all
 * @ip: @p parsed
 * @mtu: largest packet of the connection that passes whole
 *
 * The TCP checksum is adjusted (RFC 1624). A SYN without the option stays as it
 * is: its sender is content with 536 or 1220 bytes (RFC 9293 3.7.1).
 *
 * Return: true when the packet was changed.
 */
bool mss_clamp(uint8_t *p, const struct ip_info *ip, uint32_t mtu);

#endif
