/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/tcp_stream.h"

#include <string.h>

#include "common/rd.h"

/* ESP with nothing inside: SPI and sequence number. */
#define ESP_MIN 8

enum tcp_item tcp_prefix(const uint8_t *p, size_t len)
{
	const size_t n = len < TCP_PREFIX_LEN ? len : TCP_PREFIX_LEN;

	if (n && memcmp(p, TCP_PREFIX, n) != 0)
		return TCP_BAD;
	return n < TCP_PREFIX_LEN ? TCP_MORE : TCP_IKE;
}

struct tcp_frame tcp_next(const uint8_t *p, size_t len)
{
	struct tcp_frame f = { .item = TCP_MORE };
	struct rd r = rd_from(p, len), body;
	uint16_t total;
	uint32_t spi;

	if (!rd_be16(&r, &total))
		return f;
	if (total < TCP_LEN_LEN) {
		f.item = TCP_BAD;
		return f;
	}
	if (!rd_sub(&r, total - TCP_LEN_LEN, &body))
		return f;
	f.used = total;
	f.item = TCP_NOTHING;
	f.p = body.p;
	f.len = rd_left(&body);
	if (!rd_be32(&body, &spi))
		return f;
	if (!spi) {
		f.item = TCP_IKE;
		f.p += TCP_MARKER_LEN;
		f.len -= TCP_MARKER_LEN;
	} else if (f.len >= ESP_MIN) {
		f.item = TCP_ESP;
	}
	return f;
}
