/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/stream.h"

#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"

#define VERSION 1
#define HELLO	0

/* Of a message of packets: version, family, two bytes of nothing. */
#define ADDR_LEN 16
#define LEN_LEN	 2

void ctl_stream_hello(uint16_t port, uint8_t out[static CTL_STREAM_HELLO])
{
	out[0] = VERSION;
	out[1] = HELLO;
	store_be16(out + 2, port);
}

uint16_t ctl_stream_port(const uint8_t *p, size_t len)
{
	if (len != CTL_STREAM_HELLO || p[0] != VERSION || p[1] != HELLO)
		return 0;
	return load_be16(p + 2);
}

void ctl_stream_put(const struct ctl_stream_ends *e,
		    uint8_t out[static CTL_STREAM_ENDS])
{
	memset(out, 0, CTL_STREAM_ENDS);
	out[0] = VERSION;
	out[1] = e->local.family;
	store_be16(out + 4, e->lport);
	store_be16(out + 6, e->rport);
	memcpy(out + 8, e->local.b, ADDR_LEN);
	memcpy(out + 8 + ADDR_LEN, e->remote.b, ADDR_LEN);
}

bool ctl_stream_get(const uint8_t *p, size_t len, struct ctl_stream_ends *e)
{
	if (len < CTL_STREAM_ENDS || p[0] != VERSION ||
	    (p[1] != 4 && p[1] != 6) || !load_be16(p + 4) || !load_be16(p + 6))
		return false;
	*e = (struct ctl_stream_ends){
		.local = addr_from_bytes(p[1], p + 8),
		.remote = addr_from_bytes(p[1], p + 8 + ADDR_LEN),
		.lport = load_be16(p + 4),
		.rport = load_be16(p + 6),
	};
	return true;
}

const uint8_t *ctl_stream_packet(const uint8_t **p, size_t *len, size_t *n)
{
	struct rd r = rd_from(*p, *len), body;
	uint16_t total;

	if (!rd_be16(&r, &total) || total < LEN_LEN ||
	    !rd_sub(&r, total - LEN_LEN, &body))
		return NULL;
	*p += total;
	*len -= total;
	*n = rd_left(&body);
	return body.p;
}
