/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ESP over TCP between missiu and the key daemon, which has the connections
 * (RFC 9329). SOCK_SEQPACKET, messages of two kinds:
 *
 *	hello	key daemon -> missiu, first: which TCP port it uses
 *	packets	both ways: the ends of one connection, then ESP packets as they
 *		stand in the stream, each behind its length
 */
#ifndef CTL_STREAM_H
#define CTL_STREAM_H

#include "missiu/types.h"

#define CTL_STREAM_PREFIX "missiu.tcp."

/** Bytes of a hello, of the ends, and of a message at most. */
#define CTL_STREAM_HELLO 4
#define CTL_STREAM_ENDS	 40
#define CTL_STREAM_MAX	 (CTL_STREAM_ENDS + 65535)

/** The ends of a connection as this host sees them. */
struct ctl_stream_ends {
	struct missiu_addr local, remote; /* of one family */
	uint16_t lport, rport;
};

/** ctl_stream_hello() - make a hello */
void ctl_stream_hello(uint16_t port, uint8_t out[static CTL_STREAM_HELLO]);

/** ctl_stream_port() - the port of a hello; 0: it is none */
uint16_t ctl_stream_port(const uint8_t *p, size_t len);

/** ctl_stream_put() - the beginning of a message of packets */
void ctl_stream_put(const struct ctl_stream_ends *e,
		    uint8_t out[static CTL_STREAM_ENDS]);

/** ctl_stream_get() - read it; Return: false: malformed, @e untouched */
bool ctl_stream_get(const uint8_t *p, size_t len, struct ctl_stream_ends *e);

/**
 * ctl_stream_packet() - the packet at the front of what follows the ends
 * @p, @len: in/out: moved behind it
 * @n: out: its bytes
 *
 * Return: the packet; NULL at the end, and when the rest is malformed (then
 * *@len stays above 0).
 */
const uint8_t *ctl_stream_packet(const uint8_t **p, size_t *len, size_t *n);

#endif
