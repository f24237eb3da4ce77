/* SPDX-License-Identifier: Apache-2.0 */
#include "common/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

size_t addr_len(const struct missiu_addr *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

struct missiu_addr addr_from_bytes(uint8_t family, const uint8_t *b)
{
	struct missiu_addr a = { .family = family };

	memcpy(a.b, b, addr_len(&a));
	return a;
}

int addr_cmp(const struct missiu_addr *a, const struct missiu_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, addr_len(a));
}

bool addr_eq(const struct missiu_addr *a, const struct missiu_addr *b)
{
	return addr_cmp(a, b) == 0;
}

bool addr_listed(const struct missiu_addr *v, size_t n,
		 const struct missiu_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_eq(&v[i], a))
			return true;
	return false;
}

bool addr_is_any(const struct missiu_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->b, zero, addr_len(a)) == 0;
}

bool addr_is_multicast(const struct missiu_addr *a)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	if (a->family == 4)
		return (a->b[0] & 0xf0) == 0xe0 ||
		       memcmp(a->b, broadcast, 4) == 0;
	return a->family == 6 && a->b[0] == 0xff;
}

bool addr_parse(const char *text, struct missiu_addr *out)
{
	struct missiu_addr a = { 0 };

	if (inet_pton(AF_INET, text, a.b) == 1)
		a.family = 4;
	else if (inet_pton(AF_INET6, text, a.b) == 1)
		a.family = 6;
	else
		return false;
	*out = a;
	return true;
}

struct addr_text addr_text(const struct missiu_addr *a)
{
	struct addr_text t = { "any" };

	if (a->family)
		inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->b, t.s,
			  sizeof(t.s));
	return t;
}

bool addr_prefix(const struct missiu_addr *a, unsigned plen,
		 struct missiu_addr *lo, struct missiu_addr *hi)
{
	size_t len = addr_len(a);
	struct missiu_addr l = *a, h = *a;

	if (plen > len * 8)
		return false;
	for (size_t i = 0; i < len; i++) {
		size_t first = i * 8;
		uint8_t host; /* bits of this byte that are free */

		if (plen >= first + 8)
			host = 0;
		else if (plen <= first)
			host = 0xff;
		else
			host = (uint8_t)(0xff >> (plen - first));
		l.b[i] &= (uint8_t)~host;
		h.b[i] |= host;
	}
	*lo = l;
	*hi = h;
	return true;
}

unsigned addr_common_bits(const struct missiu_addr *a,
			  const struct missiu_addr *b)
{
	const unsigned max = (unsigned)addr_len(a) * 8;
	unsigned n = 0;

	while (n < max && a->b[n / 8] == b->b[n / 8])
		n += 8;
	while (n < max && !((a->b[n / 8] ^ b->b[n / 8]) & 0x80 >> n % 8))
		n++;
	return n;
}

int addr_range_plen(const struct missiu_addr *lo, const struct missiu_addr *hi)
{
	const unsigned plen = addr_common_bits(lo, hi);
	struct missiu_addr l, h;

	if (lo->family != hi->family || !addr_prefix(lo, plen, &l, &h))
		return -1;
	return addr_eq(&l, lo) && addr_eq(&h, hi) ? (int)plen : -1;
}

socklen_t addr_to_sockaddr(const struct missiu_addr *a, uint16_t port,
			   struct sockaddr_storage *ss)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
				   .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };

	memset(ss, 0, sizeof(*ss));
	if (a->family == 4) {
		memcpy(&in4.sin_addr, a->b, 4);
		memcpy(ss, &in4, sizeof(in4));
		return sizeof(in4);
	}
	if (a->family == 6) {
		memcpy(&in6.sin6_addr, a->b, 16);
		memcpy(ss, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

bool addr_from_sockaddr(const struct sockaddr *sa, struct missiu_addr *a,
			uint16_t *port)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in4, sa, sizeof(in4));
		*a = addr_from_bytes(4, (const uint8_t *)&in4.sin_addr);
		*port = ntohs(in4.sin_port);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&in6, sa, sizeof(in6));
	*port = ntohs(in6.sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		*a = addr_from_bytes(4, in6.sin6_addr.s6_addr + 12);
	else
		*a = addr_from_bytes(6, in6.sin6_addr.s6_addr);
	return true;
}

struct missiu_ts ts_any(void)
{
	return (struct missiu_ts){ .port_hi = UINT16_MAX };
}

struct missiu_ts ts_host(const struct missiu_addr *a)
{
	return (struct missiu_ts){ .lo = *a, .hi = *a, .port_hi = UINT16_MAX };
}

static bool in_range(const struct missiu_ts *ts, const struct missiu_addr *a)
{
	if (!ts->lo.family)
		return true;
	return ts->lo.family == a->family && addr_cmp(&ts->lo, a) <= 0 &&
	       addr_cmp(a, &ts->hi) <= 0;
}

bool ts_has(const struct missiu_ts *ts, const struct missiu_addr *a,
	    uint8_t proto, uint16_t port)
{
	if (ts->proto && ts->proto != proto)
		return false;
	return in_range(ts, a) && ts->port_lo <= port && port <= ts->port_hi;
}

bool ts_covers(const struct missiu_ts *outer, const struct missiu_ts *inner)
{
	if (outer->proto && outer->proto != inner->proto)
		return false;
	if (outer->port_lo > inner->port_lo || outer->port_hi < inner->port_hi)
		return false;
	if (!outer->lo.family)
		return true;
	return inner->lo.family && in_range(outer, &inner->lo) &&
	       in_range(outer, &inner->hi);
}

static bool one_host(const struct missiu_ts *ts)
{
	return ts->lo.family && addr_eq(&ts->lo, &ts->hi);
}

bool ts_is_flow(const struct missiu_ts *a, const struct missiu_ts *b)
{
	/* ICMP, TCP, UDP, DCCP, ICMPv6, SCTP, mobility header, UDP-Lite */
	static const uint8_t with_ports[] = { 1, 6, 17, 33, 58, 132, 135, 136 };

	if (!one_host(a) || !one_host(b) || !a->proto || a->proto != b->proto)
		return false;
	if (!memchr(with_ports, a->proto, sizeof(with_ports)))
		return true;
	return a->port_lo == a->port_hi && b->port_lo == b->port_hi;
}

bool ts_intersect(const struct missiu_ts *a, const struct missiu_ts *b,
		  struct missiu_ts *out)
{
	struct missiu_ts t = *a;

	if (a->proto && b->proto && a->proto != b->proto)
		return false;
	t.proto = a->proto ? a->proto : b->proto;
	if (b->port_lo > t.port_lo)
		t.port_lo = b->port_lo;
	if (b->port_hi < t.port_hi)
		t.port_hi = b->port_hi;
	if (t.port_lo > t.port_hi)
		return false;
	if (!a->lo.family) {
		t.lo = b->lo;
		t.hi = b->hi;
	} else if (b->lo.family) {
		if (a->lo.family != b->lo.family)
			return false;
		if (addr_cmp(&b->lo, &t.lo) > 0)
			t.lo = b->lo;
		if (addr_cmp(&b->hi, &t.hi) < 0)
			t.hi = b->hi;
		if (addr_cmp(&t.lo, &t.hi) > 0)
			return false;
	}
	*out = t;
	return true;
}

bool ts_eq(const struct missiu_ts *a, const struct missiu_ts *b)
{
	return a->proto == b->proto && a->port_lo == b->port_lo &&
	       a->port_hi == b->port_hi && addr_eq(&a->lo, &b->lo) &&
	       addr_eq(&a->hi, &b->hi);
}

static void put_addrs(const struct missiu_ts *ts, char *s, size_t cap)
{
	int plen = addr_range_plen(&ts->lo, &ts->hi);

	if (!ts->lo.family)
		snprintf(s, cap, "any");
	else if (addr_eq(&ts->lo, &ts->hi))
		snprintf(s, cap, "%s", addr_text(&ts->lo).s);
	else if (plen >= 0)
		snprintf(s, cap, "%s/%d", addr_text(&ts->lo).s, plen);
	else
		snprintf(s, cap, "%s-%s", addr_text(&ts->lo).s,
			 addr_text(&ts->hi).s);
}

static const char *proto_name(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMPV6:
		return "icmp6";
	default:
		return NULL;
	}
}

struct ts_text ts_text(const struct missiu_ts *ts)
{
	const char *name = proto_name(ts->proto);
	bool all_ports = ts->port_lo == 0 && ts->port_hi == UINT16_MAX;
	char addrs[2 * ADDR_TEXT_MAX + 4], num[8], ports[16] = "";
	struct ts_text t;

	put_addrs(ts, addrs, sizeof(addrs));
	if (!ts->proto && all_ports) {
		snprintf(t.s, sizeof(t.s), "%s", addrs);
		return t;
	}
	snprintf(num, sizeof(num), "%u", ts->proto);
	if (!all_ports && ts->port_lo == ts->port_hi)
		snprintf(ports, sizeof(ports), "/%u", ts->port_lo);
	else if (!all_ports)
		snprintf(ports, sizeof(ports), "/%u-%u", ts->port_lo,
			 ts->port_hi);
	snprintf(t.s, sizeof(t.s), "%s[%s%s]", addrs,
		 name	   ? name :
		 ts->proto ? num :
			     "any",
		 ports);
	return t;
}
