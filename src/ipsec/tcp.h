/* SPDX-License-Identifier: Apache-2.0 */
/* Places in a TCP header (RFC 9293 3.1), and UDP's checksum. */
#ifndef IPSEC_TCP_H
#define IPSEC_TCP_H

#include <stddef.h>
#include <stdint.h>

#define TCP_HDR_LEN   20
#define TCP_SEQ_OFF   4
#define TCP_ACK_OFF   8
#define TCP_DOFF_OFF  12
#define TCP_FLAGS_OFF 13
#define TCP_WIN_OFF   14
#define TCP_CSUM_OFF  16
#define UDP_CSUM_OFF  6

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_CWR 0x80

/* Header length in bytes as the header says; below TCP_HDR_LEN: malformed. */
static inline size_t tcp_hdr_len(const uint8_t *h)
{
	return (size_t)(h[TCP_DOFF_OFF] >> 4) * 4;
}

#endif
