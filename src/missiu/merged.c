/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/merged.h"

#include <string.h>

#include "common/wr.h"

#define IP4_HDR_LEN 20
#define IP6_HDR_LEN 40
#define UDP_HDR_LEN 8
#define PROTO_UDP   17

/* Length of the IP header if UDP follows it at once, else 0. */
static size_t header_len(struct rd pkt)
{
	const uint8_t *ip;
	size_t len;

	if (!rd_take(&pkt, IP4_HDR_LEN, &ip))
		return 0;
	if (*ip >> 4 == 6)
		return ip[6] == PROTO_UDP ? IP6_HDR_LEN : 0;
	len = (size_t)(*ip & 15) * 4;
	if (*ip >> 4 != 4 || len < IP4_HDR_LEN || ip[9] != PROTO_UDP ||
	    (load_be16(ip + 6) & 0x3fff) != 0) /* a fragment */
		return 0;
	return len;
}

bool merged_init(struct merged *m, struct rd pkt, size_t size)
{
	size_t ip_len = header_len(pkt);

	if (!ip_len || !size ||
	    !rd_take(&pkt, ip_len + UDP_HDR_LEN, &m->head) || rd_done(&pkt))
		return false;
	m->ip_len = ip_len;
	m->left = pkt;
	m->size = size;
	m->n = 0;
	return true;
}

bool merged_done(const struct merged *m)
{
	return rd_done(&m->left);
}

static uint16_t header_sum(const uint8_t *ip, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += load_be16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

bool merged_next(struct merged *m, uint8_t *out, size_t cap, size_t *len)
{
	const size_t hdr = m->ip_len + UDP_HDR_LEN;
	size_t n = rd_left(&m->left);
	const uint8_t *text;

	if (n > m->size)
		n = m->size;
	if (!n || hdr + n > cap || hdr + n > UINT16_MAX ||
	    !rd_take(&m->left, n, &text))
		return false;
	memcpy(out, m->head, hdr);
	memcpy(out + hdr, text, n);
	if (*out >> 4 == 4) {
		store_be16(out + 2, (uint16_t)(hdr + n));
		store_be16(out + 4, (uint16_t)(load_be16(out + 4) + m->n));
		store_be16(out + 10, 0);
		store_be16(out + 10, header_sum(out, m->ip_len));
	} else {
		store_be16(out + 4, (uint16_t)(UDP_HDR_LEN + n));
	}
	store_be16(out + m->ip_len + 4, (uint16_t)(UDP_HDR_LEN + n));
	store_be16(out + m->ip_len + 6, 0);
	m->n++;
	*len = hdr + n;
	return true;
}
