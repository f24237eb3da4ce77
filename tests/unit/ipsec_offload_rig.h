/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP and UDP packets made the slow and obvious way, for the tests of cutting
 * and merging: every field by hand, checksums by the definition in RFC 1071.
 */
#ifndef IPSEC_OFFLOAD_RIG_H
#define IPSEC_OFFLOAD_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** What a packet is made of. */
struct made {
	bool v6, udp;
	uint8_t tos, ttl, flags;
	bool df;
	uint16_t id, sport, dport, window;
	uint32_t seq, ack;
	size_t opt_len;		 /* of TCP options, multiple of 4 */
	uint8_t opt;		 /* their bytes */
	size_t pay_off, pay_len; /* slice of the endless payload */
};

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10
#define FLAG_ECE 0x40
#define FLAG_CWR 0x80

/* Byte number @at of a payload in which no two places look alike. */
static inline uint8_t pay_byte(size_t at)
{
	return (uint8_t)(at * 7 + at / 256 * 13 + at / 65536);
}

static inline uint16_t slow_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static inline void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static inline size_t made_ip_len(const struct made *m)
{
	return m->v6 ? 40 : 20;
}

static inline size_t made_hdr_len(const struct made *m)
{
	return made_ip_len(m) + (m->udp ? 8 : 20 + m->opt_len);
}

/* Sum of the pseudo header with the length of upper header and payload. */
static inline uint16_t made_pseudo(const struct made *m, const uint8_t *ip)
{
	size_t len = made_hdr_len(m) - made_ip_len(m) + m->pay_len;
	uint16_t s = slow_sum(ip + (m->v6 ? 8 : 12), m->v6 ? 32 : 8, 0);

	return slow_sum(NULL, 0, (uint32_t)(s + len + (m->udp ? 17U : 6U)));
}

static inline void make_ip(const struct made *m, uint8_t *p)
{
	size_t len = made_hdr_len(m) + m->pay_len;

	if (m->v6) {
		put32(p, 0x60000000u | (uint32_t)m->tos << 20 | 0x54321);
		put16(p + 4, len - 40);
		p[6] = m->udp ? 17 : 6;
		p[7] = m->ttl;
		for (size_t i = 0; i < 32; i++)
			p[8 + i] = (uint8_t)(0x20 + i);
		return;
	}
	p[0] = 0x45;
	p[1] = m->tos;
	put16(p + 2, len);
	put16(p + 4, m->id);
	put16(p + 6, m->df ? 0x4000 : 0);
	p[8] = m->ttl;
	p[9] = m->udp ? 17 : 6;
	put16(p + 10, 0);
	put32(p + 12, 0x0a010001);
	put32(p + 16, 0x0a020001);
	put16(p + 10, (uint16_t)~slow_sum(p, 20, 0));
}

/* Write the packet; Return: its length. */
static inline size_t make(const struct made *m, uint8_t *p)
{
	size_t ip = made_ip_len(m), hdr = made_hdr_len(m), at = m->udp ? 6 : 16;
	uint8_t *up = p + ip;
	uint16_t sum;

	memset(p, 0, hdr);
	make_ip(m, p);
	put16(up, m->sport);
	put16(up + 2, m->dport);
	if (m->udp) {
		put16(up + 4, hdr - ip + m->pay_len);
	} else {
		put32(up + 4, m->seq);
		put32(up + 8, m->ack);
		up[12] = (uint8_t)((20 + m->opt_len) / 4 << 4);
		up[13] = m->flags;
		put16(up + 14, m->window);
		memset(up + 20, m->opt, m->opt_len);
	}
	for (size_t i = 0; i < m->pay_len; i++)
		p[hdr + i] = pay_byte(m->pay_off + i);
	sum = slow_sum(up, hdr - ip + m->pay_len, made_pseudo(m, p));
	sum = (uint16_t)~sum;
	put16(up + at, m->udp && !sum ? 0xffff : sum);
	return hdr + m->pay_len;
}

/* A usual data segment. */
static inline struct made made_tcp(void)
{
	return (struct made){ .ttl = 64,
			      .flags = FLAG_ACK,
			      .df = true,
			      .id = 0xfffe, /* wraps soon */
			      .sport = 40000,
			      .dport = 5201,
			      .window = 501,
			      .seq = 0xfffffc00, /* so does this */
			      .ack = 77,
			      .opt_len = 12,
			      .opt = 1,
			      .pay_len = 1000 };
}

static inline struct made made_udp(void)
{
	struct made m = made_tcp();

	m.udp = true;
	return m;
}

#endif
