/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte stream of RFC 9329, pure. Both directions carry messages
 *
 *	 0                   1                   2
 *	+-----------------+-----------------------+--- … ---+
 *	| length, itself  | 0: IKE follows, else  |         |
 *	| included        | an ESP packet's SPI   |         |
 *	+-----------------+-----------------------+--- … ---+
 *
 * and that of the side which made the connection begins with "IKETCP".
 */
#ifndef IKE_TCP_STREAM_H
#define IKE_TCP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_PREFIX     "IKETCP"
#define TCP_PREFIX_LEN 6
#define TCP_LEN_LEN    2 /* of the length */
#define TCP_MARKER_LEN 4 /* non-ESP marker, RFC 9329 3.1 */

/** What stands at a place in the stream. */
enum tcp_item {
	TCP_MORE,   /* not whole yet */
	TCP_BAD,    /* no stream of RFC 9329: close */
	TCP_IKE,    /* a message, without marker */
	TCP_ESP,    /* a packet */
	TCP_NOTHING /* too short to be either: ignored */
};

struct tcp_frame {
	enum tcp_item item;
	const uint8_t *p; /* IKE, ESP: its bytes; borrowed */
	size_t len;
	size_t used; /* bytes of the stream it takes, 0 for MORE and BAD */
};

/**
 * tcp_prefix() - the beginning of a peer's stream
 * @p, @len: what has arrived of it
 *
 * Return: TCP_IKE: it is the prefix; TCP_MORE: as far as it goes; TCP_BAD.
 */
enum tcp_item tcp_prefix(const uint8_t *p, size_t len);

/**
 * tcp_next() - the next message
 * @p, @len: unread bytes
 *
 * A length of less than 2 is TCP_BAD: there is no next message after it. No
 * length is too large, so room for 65535 bytes always suffices.
 */
struct tcp_frame tcp_next(const uint8_t *p, size_t len);

#endif
