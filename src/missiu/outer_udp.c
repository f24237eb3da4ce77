/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/outer_udp.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/rd.h"
#include "missiu/guard_rules.h"
#include "missiu/outer_sock.h"
#include "missiu/rawfilter.h"

#define NATT_PORT 4500
#define UDP_LEN	  8
#define TTL	  64
/** The kernel's limit of old, and the longest datagram there is. */
#define RUN_MAX	  64
#define BYTES_MAX 65000

/*
 * What outer packets can be like, and where things are in them. Whether IPv4
 * sets DF belongs to the socket.
 */
enum kind { V4_DF, V4, V6, N_KINDS };
static const struct family {
	int af, level;
	size_t hdr_len; /* IP header; options or extensions: not ours */
	size_t src, dst, addr_len;
	int mtu_option, mtu; /* not the path's but the interface's counts */
} families[N_KINDS] = {
	[V4_DF] = { AF_INET, IPPROTO_IP, 20, 12, 16, 4, IP_MTU_DISCOVER,
		    IP_PMTUDISC_PROBE },
	[V4] = { AF_INET, IPPROTO_IP, 20, 12, 16, 4, IP_MTU_DISCOVER,
		 IP_PMTUDISC_OMIT },
	[V6] = { AF_INET6, IPPROTO_IPV6, 40, 8, 24, 16, IPV6_MTU_DISCOVER,
		 IPV6_PMTUDISC_PROBE },
};

struct udp_tx {
	int fd[N_KINDS]; /* of V6 -1: no IPv6 here */
	struct iovec iov[RUN_MAX];
};

static bool set_options(int fd, const struct family *f, const char *iface)
{
	struct sock_fprog none = rawfilter_none();

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof(none)) ||
	    !sock_set(fd, SOL_SOCKET, SO_MARK, GUARD_MARK) ||
	    !sock_set(fd, SOL_SOCKET, SO_REUSEPORT, 1) ||
	    !sock_set(fd, SOL_UDP, UDP_SEGMENT, 0) ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, iface,
		       (socklen_t)strlen(iface)))
		return false;
	if (!sock_set(fd, f->level, f->mtu_option, f->mtu))
		return false;
	if (f->af == AF_INET)
		return sock_set(fd, f->level, IP_TTL, TTL);
	return sock_set(fd, f->level, IPV6_V6ONLY, 1) &&
	       sock_set(fd, f->level, IPV6_UNICAST_HOPS, TTL);
}

static int open_one(const struct family *f, const char *iface, int *fd,
		    struct missiu_diag *diag)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(NATT_PORT) };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons(NATT_PORT) };
	const struct sockaddr *any = f->af == AF_INET ?
					     (const struct sockaddr *)&sin :
					     (const struct sockaddr *)&sin6;

	*fd = socket(f->af, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0 && f->af == AF_INET6)
		return 0;
	if (*fd < 0 || !set_options(*fd, f, iface))
		return sock_failed("a UDP socket", diag);
	sock_enlarge(*fd, SO_SNDBUFFORCE, SO_SNDBUF);
	if (bind(*fd, any, f->af == AF_INET ? sizeof(sin) : sizeof(sin6)))
		return sock_failed("UDP port 4500", diag);
	return 0;
}

int udp_tx_open(const char *iface, struct udp_tx **out,
		struct missiu_diag *diag)
{
	struct udp_tx *u = calloc(1, sizeof(*u));
	int err = 0;

	*out = NULL;
	if (!u)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	for (int k = 0; k < N_KINDS; k++)
		u->fd[k] = -1;
	for (int k = 0; k < N_KINDS && !err; k++)
		err = open_one(&families[k], iface, &u->fd[k], diag);
	if (err)
		udp_tx_close(u);
	else
		*out = u;
	return err;
}

void udp_tx_close(struct udp_tx *u)
{
	if (!u)
		return;
	for (int k = 0; k < N_KINDS; k++)
		if (u->fd[k] >= 0)
			close(u->fd[k]);
	free(u);
}

static bool by_our_hand(uint8_t proto, uint8_t ttl)
{
	return proto == IPPROTO_UDP && ttl == TTL;
}

/* The kind of a packet whose headers our sockets would make; else N_KINDS. */
static enum kind kind_of(const struct missiu_pkt *k)
{
	const uint8_t *h = k->data;
	enum kind kind = N_KINDS;

	if (k->len > 20 + UDP_LEN && h[0] == 0x45 && by_our_hand(h[9], h[8])) {
		if (load_be16(h + 6) == 0x4000)
			kind = V4_DF;
		else if (!load_be16(h + 6))
			kind = V4;
	} else if (k->len > 40 + UDP_LEN && h[0] >> 4 == 6 &&
		   by_our_hand(h[6], h[7])) {
		kind = V6;
	}
	if (kind < N_KINDS &&
	    load_be16(h + families[kind].hdr_len) != NATT_PORT)
		kind = N_KINDS;
	return kind;
}

bool udp_tx_suits(const struct missiu_pkt *k)
{
	return kind_of(k) < N_KINDS;
}

/* Same peer and same outer header but for length and identification? */
static bool same_way(const struct family *f, const uint8_t *a, const uint8_t *b)
{
	return a[0] == b[0] && a[1] == b[1] &&
	       !memcmp(a + 6, b + 6, f->af == AF_INET ? 4 : 2) &&
	       !memcmp(a + f->src, b + f->src, 2 * f->addr_len) &&
	       !memcmp(a + f->hdr_len, b + f->hdr_len, 4);
}

/* Packets of one size, a last one may be shorter; their payloads to .iov. */
static size_t gather(struct udp_tx *u, enum kind kind,
		     struct missiu_pkt *const v[], size_t n)
{
	const struct family *f = &families[kind];
	size_t skip = f->hdr_len + UDP_LEN, total = 0, i;

	for (i = 0; i < n && i < RUN_MAX; i++) {
		if (i && (v[i]->len > v[0]->len || v[i - 1]->len < v[0]->len ||
			  kind_of(v[i]) != kind ||
			  !same_way(f, v[0]->data, v[i]->data)))
			break;
		total += v[i]->len - skip;
		if (total > BYTES_MAX)
			break;
		u->iov[i] =
			(struct iovec){ v[i]->data + skip, v[i]->len - skip };
	}
	return i;
}

/* Control messages, one behind the other. */
struct control {
	_Alignas(struct cmsghdr) uint8_t bytes[128];
	size_t len;
};

static void put(struct control *c, int level, int type, const void *data,
		size_t len)
{
	struct cmsghdr h = { .cmsg_level = level,
			     .cmsg_type = type,
			     .cmsg_len = CMSG_LEN(len) };

	memcpy(c->bytes + c->len, &h, sizeof(h));
	memcpy(c->bytes + c->len + CMSG_LEN(0), data, len);
	c->len += CMSG_SPACE(len);
}

/* Segment size, source address, traffic class as the first packet has them. */
static void describe(struct control *c, const struct family *f,
		     const struct missiu_pkt *k, size_t n)
{
	const uint8_t *h = k->data;
	uint16_t size = (uint16_t)(k->len - f->hdr_len - UDP_LEN);
	struct in_pktinfo info4 = { 0 };
	struct in6_pktinfo info6 = { 0 };
	int tos = f->af == AF_INET ? h[1] : (load_be16(h) >> 4 & 0xff);

	if (n > 1)
		put(c, SOL_UDP, UDP_SEGMENT, &size, sizeof(size));
	if (f->af == AF_INET) {
		memcpy(&info4.ipi_spec_dst, h + f->src, f->addr_len);
		put(c, IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4));
		put(c, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	} else {
		memcpy(&info6.ipi6_addr, h + f->src, f->addr_len);
		put(c, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof(info6));
		put(c, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	}
}

static socklen_t address(const struct family *f, const uint8_t *h,
			 struct sockaddr_storage *ss)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };

	if (f->af == AF_INET) {
		memcpy(&sin.sin_addr, h + f->dst, f->addr_len);
		memcpy(&sin.sin_port, h + f->hdr_len + 2, 2);
		memcpy(ss, &sin, sizeof(sin));
		return sizeof(sin);
	}
	memcpy(&sin6.sin6_addr, h + f->dst, f->addr_len);
	memcpy(&sin6.sin6_port, h + f->hdr_len + 2, 2);
	memcpy(ss, &sin6, sizeof(sin6));
	return sizeof(sin6);
}

size_t udp_tx_run(struct udp_tx *u, struct missiu_pkt *const v[], size_t n)
{
	enum kind kind = kind_of(v[0]);
	const struct family *f = &families[kind < N_KINDS ? kind : 0];
	struct control c = { .len = 0 };
	struct sockaddr_storage to;
	struct msghdr m = { .msg_name = &to,
			    .msg_iov = u->iov,
			    .msg_control = c.bytes };

	if (kind == N_KINDS || u->fd[kind] < 0)
		return 0;
	n = gather(u, kind, v, n);
	describe(&c, f, v[0], n);
	m.msg_iovlen = n;
	m.msg_controllen = c.len;
	m.msg_namelen = address(f, v[0]->data, &to);
	return sendmsg(u->fd[kind], &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? 0 :
									   n;
}
