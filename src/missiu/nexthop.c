/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/nexthop.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/addr.h"
#include "common/diag.h"
#include "missiu/guard_rules.h"
#include "missiu/netlink_talk.h"

/* Destinations remembered; those that share a slot take turns. */
#define ENTRIES 1024

/* Until the kernel's tables are asked again, when nothing was heard of them. */
#define KEEP_US	   5000000
#define MISSING_US 20000
/* How often news are looked for. */
#define NEWS_US 5000

struct entry {
	struct missiu_addr dst;
	uint64_t gen; /* of the cache when it was filled; 0: never */
	missiu_usec until;
	bool valid;
	uint8_t mac[NEXTHOP_MAC];
};

struct nexthop {
	struct netlink *nl;
	struct mnl_socket *news;
	unsigned index;
	uint64_t gen;
	missiu_usec news_us;
	struct entry v[ENTRIES];
};

static struct mnl_socket *open_news(struct missiu_diag *diag)
{
	static const int groups[] = { RTNLGRP_NEIGH,	  RTNLGRP_LINK,
				      RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
				      RTNLGRP_IPV4_RULE,  RTNLGRP_IPV6_RULE };
	struct mnl_socket *s =
		mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	bool ok = s && mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) >= 0;

	for (size_t i = 0; ok && i < sizeof(groups) / sizeof(groups[0]); i++)
		ok = mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP,
					   (void *)(uintptr_t)&groups[i],
					   sizeof(groups[i])) >= 0;
	if (ok)
		return s;
	diag_set(diag, MISSIU_EIO, "news of neighbours: %s", strerror(errno));
	if (s)
		mnl_socket_close(s);
	return NULL;
}

struct nexthop *nexthop_open(unsigned index, struct missiu_diag *diag)
{
	struct nexthop *nh = calloc(1, sizeof(*nh));

	if (!nh) {
		diag_set(diag, MISSIU_ENOMEM, "out of memory");
		return NULL;
	}
	nh->index = index;
	nh->gen = 1;
	nh->news = open_news(diag);
	if (nh->news && !netlink_open(&nh->nl, diag))
		return nh;
	nexthop_close(nh);
	return NULL;
}

void nexthop_close(struct nexthop *nh)
{
	if (!nh)
		return;
	netlink_close(nh->nl);
	if (nh->news)
		mnl_socket_close(nh->news);
	free(nh);
}

/* What an answer says of the next hop. */
struct answer {
	unsigned index;
	struct missiu_addr via; /* family 0: the destination itself */
	bool usable;
	uint8_t mac[NEXTHOP_MAC];
};

static struct missiu_addr addr_of(const void *p, size_t len)
{
	if (len == 4 || len == 16)
		return addr_from_bytes(len == 4 ? 4 : 6, p);
	return (struct missiu_addr){ 0 };
}

static int on_route_attr(const struct nlattr *a, void *data)
{
	const uint8_t *p = mnl_attr_get_payload(a);
	size_t len = mnl_attr_get_payload_len(a);
	struct answer *out = data;

	switch (mnl_attr_get_type(a)) {
	case RTA_OIF:
		if (len == sizeof(uint32_t))
			out->index = mnl_attr_get_u32(a);
		break;
	case RTA_GATEWAY:
		out->via = addr_of(p, len);
		break;
	case RTA_VIA: /* a next hop of another family (RFC 5549) */
		if (len > sizeof(struct rtvia))
			out->via = addr_of(p + sizeof(struct rtvia),
					   len - sizeof(struct rtvia));
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(nlh);
	struct answer *out = data;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_STOP;
	out->usable = rt->rtm_type == RTN_UNICAST;
	mnl_attr_parse(nlh, sizeof(*rt), on_route_attr, data);
	return MNL_CB_STOP; /* one message is the whole answer */
}

static int on_neighbour_attr(const struct nlattr *a, void *data)
{
	struct answer *out = data;

	if (mnl_attr_get_type(a) != NDA_LLADDR)
		return MNL_CB_OK;
	out->usable = mnl_attr_get_payload_len(a) == NEXTHOP_MAC;
	if (out->usable)
		memcpy(out->mac, mnl_attr_get_payload(a), NEXTHOP_MAC);
	return MNL_CB_OK;
}

static int on_neighbour(const struct nlmsghdr *nlh, void *data)
{
	const unsigned good = NUD_REACHABLE | NUD_STALE | NUD_DELAY |
			      NUD_PROBE | NUD_PERMANENT;
	const struct ndmsg *nd = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == RTM_NEWNEIGH && nd->ndm_state & good)
		mnl_attr_parse(nlh, sizeof(*nd), on_neighbour_attr, data);
	return MNL_CB_STOP;
}

static uint8_t af_of(const struct missiu_addr *a)
{
	return a->family == 4 ? AF_INET : AF_INET6;
}

static bool ask_route(struct nexthop *nh, const struct missiu_addr *dst,
		      struct answer *out)
{
	struct nlmsghdr *h = netlink_start(nh->nl, RTM_GETROUTE, 0);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));

	rt->rtm_family = af_of(dst);
	rt->rtm_dst_len = (uint8_t)(addr_len(dst) * 8);
	mnl_attr_put(h, RTA_DST, addr_len(dst), dst->b);
	mnl_attr_put_u32(h, RTA_OIF, nh->index);
	mnl_attr_put_u32(h, RTA_MARK, GUARD_MARK);
	*out = (struct answer){ 0 };
	return netlink_talk(nh->nl, h, on_route, out) >= 0 && out->usable &&
	       out->index == nh->index;
}

static bool ask_neighbour(struct nexthop *nh, const struct missiu_addr *via,
			  struct answer *out)
{
	struct nlmsghdr *h = netlink_start(nh->nl, RTM_GETNEIGH, 0);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));

	nd->ndm_family = af_of(via);
	nd->ndm_ifindex = (int)nh->index;
	mnl_attr_put(h, NDA_DST, addr_len(via), via->b);
	*out = (struct answer){ 0 };
	return netlink_talk(nh->nl, h, on_neighbour, out) >= 0 && out->usable;
}

static void look_up(struct nexthop *nh, struct entry *e, missiu_usec now)
{
	struct answer a;

	e->gen = nh->gen;
	e->valid = !addr_is_multicast(&e->dst) && ask_route(nh, &e->dst, &a) &&
		   ask_neighbour(nh, a.via.family ? &a.via : &e->dst, &a);
	e->until = now + (e->valid ? KEEP_US : MISSING_US);
	if (e->valid)
		memcpy(e->mac, a.mac, sizeof(e->mac));
}

/* More news than the socket holds are news, too. */
static void hear(struct nexthop *nh, missiu_usec now)
{
	const int fd = mnl_socket_get_fd(nh->news);
	uint8_t any[16];
	bool some = false;

	if (now < nh->news_us)
		return;
	nh->news_us = now + NEWS_US;
	for (int i = 0; i < 256; i++) {
		if (recv(fd, any, sizeof(any), MSG_DONTWAIT | MSG_TRUNC) < 0 &&
		    errno != ENOBUFS)
			break;
		some = true;
	}
	if (some)
		nh->gen++;
}

static struct entry *slot(struct nexthop *nh, const struct missiu_addr *dst)
{
	uint32_t h = 0;

	for (size_t i = 0; i < sizeof(dst->b); i++)
		h = (h ^ dst->b[i]) * 0x01000193u; /* FNV-1a */
	return &nh->v[(h ^ h >> 16) % ENTRIES];
}

const uint8_t *nexthop_find(struct nexthop *nh, const uint8_t *dst,
			    uint8_t family, missiu_usec now)
{
	const struct missiu_addr a = addr_from_bytes(family, dst);
	struct entry *e = slot(nh, &a);
	bool ours;

	hear(nh, now);
	ours = e->gen == nh->gen && addr_eq(&e->dst, &a);
	if (ours && now < e->until)
		return e->valid ? e->mac : NULL;
	e->dst = a;
	look_up(nh, e, now);
	/* This one goes the kernel's way, which keeps the neighbour alive. */
	return NULL;
}

uint64_t nexthop_news(const struct nexthop *nh)
{
	return nh->gen;
}
