/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/netlink_talk.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/addr.h"
#include "common/diag.h"

/* <linux/if.h> has it, and conflicts with <net/if.h>. */
#define LOWER_UP 0x10000u

#define MSG_ROOM   512
#define REPLY_ROOM 32768 /* as large as the kernel makes dump messages */

struct netlink {
	struct mnl_socket *sock;
	unsigned seq, port;
	uint8_t req[MSG_ROOM];
	uint8_t reply[REPLY_ROOM];
};

int netlink_open(struct netlink **out, struct missiu_diag *diag)
{
	struct netlink *nl = calloc(1, sizeof(*nl));

	if (!nl)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	nl->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		diag_set(diag, MISSIU_EIO, "netlink socket: %s",
			 strerror(errno));
		netlink_close(nl);
		return MISSIU_EIO;
	}
	/* Lets dumps be filtered in the kernel; all works without it, too. */
	mnl_socket_setsockopt(nl->sock, NETLINK_GET_STRICT_CHK, &(int){ 1 },
			      sizeof(int));
	nl->port = mnl_socket_get_portid(nl->sock);
	*out = nl;
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (nl && nl->sock)
		mnl_socket_close(nl->sock);
	free(nl);
}

struct nlmsghdr *netlink_start(struct netlink *nl, uint16_t type,
			       uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->req);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nlh->nlmsg_seq = ++nl->seq;
	return nlh;
}

/* What an answer given up half-way has left in the socket. */
static void discard(struct netlink *nl)
{
	int fd = mnl_socket_get_fd(nl->sock);

	while (recv(fd, nl->reply, sizeof(nl->reply), MSG_DONTWAIT) >= 0)
		;
}

int netlink_talk(struct netlink *nl, const struct nlmsghdr *nlh, mnl_cb_t cb,
		 void *data)
{
	int r = MNL_CB_OK;

	discard(nl);
	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return -1;
	while (r > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(nl->sock, nl->reply,
						sizeof(nl->reply));

		if (n < 0)
			return -1;
		r = mnl_cb_run(nl->reply, (size_t)n, nl->seq, nl->port, cb,
			       data);
	}
	return r;
}

/* A dump into a list of *@n; once more when the kernel's list changed meanwhile */
static int talk_dump(struct netlink *nl, const struct nlmsghdr *nlh,
		     mnl_cb_t cb, void *data, size_t *n)
{
	const size_t had = *n;
	int r = -1;

	errno = EINTR;
	for (int i = 0; i < 5 && r < 0 && errno == EINTR; i++) {
		*n = had;
		r = netlink_talk(nl, nlh, cb, data);
	}
	return r;
}

int netlink_explain(const char *what, struct missiu_diag *diag)
{
	static const struct {
		int error, code;
	} map[] = {
		{ EPERM, MISSIU_EPERM },   { EEXIST, MISSIU_EEXIST },
		{ ENOENT, MISSIU_ENOENT }, { ESRCH, MISSIU_ENOENT },
		{ ENODEV, MISSIU_ENOENT },
	};
	int code = MISSIU_EIO;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].error == errno)
			code = map[i].code;
	return diag_set(diag, code, "%s: %s", what, strerror(errno));
}

/* Older kernels send a shorter structure; this field was always in it. */
#define TX_DROPPED     offsetof(struct rtnl_link_stats64, tx_dropped)
#define TX_DROPPED_END (TX_DROPPED + sizeof(uint64_t))

static int on_link_attr(const struct nlattr *a, void *data)
{
	struct netlink_link *out = data;

	if (mnl_attr_get_type(a) == IFLA_MTU) {
		out->mtu = mnl_attr_get_u32(a);
	} else if (mnl_attr_get_type(a) == IFLA_IFNAME) {
		snprintf(out->name, sizeof(out->name), "%.*s",
			 (int)mnl_attr_get_payload_len(a), mnl_attr_get_str(a));
	} else if (mnl_attr_get_type(a) == IFLA_STATS64 &&
		   mnl_attr_get_payload_len(a) >= TX_DROPPED_END) {
		const uint8_t *stats = mnl_attr_get_payload(a);

		memcpy(&out->tx_dropped, stats + TX_DROPPED,
		       sizeof(out->tx_dropped));
	}
	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct netlink_link *out = data;

	out->index = (unsigned)ifi->ifi_index;
	out->up = ifi->ifi_flags & IFF_UP;
	out->carrier = ifi->ifi_flags & LOWER_UP;
	mnl_attr_parse(nlh, sizeof(*ifi), on_link_attr, out);
	return MNL_CB_STOP;
}

int netlink_link_get(struct netlink *nl, const char *name,
		     struct netlink_link *out, struct missiu_diag *diag)
{
	struct nlmsghdr *nlh = netlink_start(nl, RTM_GETLINK, 0);
	struct netlink_link link = { 0 };

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	if (strlen(name) >= sizeof(link.name))
		return diag_set(diag, MISSIU_ENOENT, "no interface %s", name);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	if (netlink_talk(nl, nlh, on_link, &link) < 0)
		return errno == ENODEV ? diag_set(diag, MISSIU_ENOENT,
						  "no interface %s: 'ip link' "
						  "lists those there are",
						  name) :
					 netlink_explain(name, diag);
	*out = link;
	return 0;
}

int netlink_link_at(struct netlink *nl, unsigned index,
		    struct netlink_link *out, struct missiu_diag *diag)
{
	struct nlmsghdr *nlh = netlink_start(nl, RTM_GETLINK, 0);
	struct netlink_link link = { 0 };
	struct ifinfomsg *ifi;

	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_index = (int)index;
	if (netlink_talk(nl, nlh, on_link, &link) < 0)
		return netlink_explain("looking at an interface", diag);
	*out = link;
	return 0;
}

int netlink_link_set(struct netlink *nl, unsigned index, unsigned mtu, bool up,
		     struct missiu_diag *diag)
{
	struct nlmsghdr *nlh = netlink_start(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *ifi;

	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = (int)index;
	if (up) {
		ifi->ifi_flags = IFF_UP;
		ifi->ifi_change = IFF_UP;
	}
	if (mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	if (netlink_talk(nl, nlh, NULL, NULL) < 0)
		return netlink_explain("setting up the TAP device", diag);
	return 0;
}

struct addr_dump {
	struct netlink_addr *v;
	size_t n, max;
	/* of the message at hand */
	size_t len;
	uint32_t flags;
	const uint8_t *local, *address;
};

#define ADDR_UNUSABLE (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)

static int on_addr_attr(const struct nlattr *a, void *data)
{
	uint16_t type = mnl_attr_get_type(a);
	struct addr_dump *dump = data;

	if (type == IFA_FLAGS)
		dump->flags = mnl_attr_get_u32(a);
	else if (mnl_attr_get_payload_len(a) != dump->len)
		return MNL_CB_OK;
	else if (type == IFA_LOCAL)
		dump->local = mnl_attr_get_payload(a);
	else if (type == IFA_ADDRESS)
		dump->address = mnl_attr_get_payload(a);
	return MNL_CB_OK;
}

static int on_addr(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	bool v6 = ifa->ifa_family == AF_INET6;
	struct addr_dump *dump = data;

	if ((!v6 && ifa->ifa_family != AF_INET) ||
	    ifa->ifa_scope >= RT_SCOPE_LINK || dump->n == dump->max)
		return MNL_CB_OK;
	dump->len = v6 ? 16 : 4;
	dump->flags = ifa->ifa_flags;
	dump->local = NULL;
	dump->address = NULL;
	mnl_attr_parse(nlh, sizeof(*ifa), on_addr_attr, dump);
	if (!dump->local) /* else IFA_ADDRESS is the other end's */
		dump->local = dump->address;
	if (!dump->local || dump->flags & ADDR_UNUSABLE)
		return MNL_CB_OK;
	dump->v[dump->n++] = (struct netlink_addr){
		.addr = addr_from_bytes(v6 ? 6 : 4, dump->local),
		.index = ifa->ifa_index,
	};
	return MNL_CB_OK;
}

int netlink_addrs(struct netlink *nl, struct netlink_addr *v, size_t max,
		  size_t *n, struct missiu_diag *diag)
{
	struct nlmsghdr *nlh = netlink_start(nl, RTM_GETADDR, NLM_F_DUMP);
	struct addr_dump dump = { .v = v, .max = max };
	struct ifaddrmsg *ifa;

	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_UNSPEC;
	if (talk_dump(nl, nlh, on_addr, &dump, &dump.n) < 0)
		return netlink_explain("listing addresses", diag);
	*n = dump.n;
	return 0;
}

static int on_conf_attr(const struct nlattr *a, void *data)
{
	struct netlink_conf *out = data;

	if (mnl_attr_get_type(a) == NETCONFA_FORWARDING)
		out->forwarding = mnl_attr_get_u32(a);
	else if (mnl_attr_get_type(a) == NETCONFA_RP_FILTER)
		out->rp_filter = mnl_attr_get_u32(a);
	return MNL_CB_OK;
}

static int on_conf(const struct nlmsghdr *nlh, void *data)
{
	mnl_attr_parse(nlh, sizeof(struct netconfmsg), on_conf_attr, data);
	return MNL_CB_STOP;
}

int netlink_conf_get(struct netlink *nl, int family, unsigned index,
		     struct netlink_conf *out, struct missiu_diag *diag)
{
	struct nlmsghdr *nlh = netlink_start(nl, RTM_GETNETCONF, 0);
	struct netlink_conf conf = { 0 };
	struct netconfmsg *ncm;

	ncm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ncm));
	ncm->ncm_family = family == 6 ? AF_INET6 : AF_INET;
	mnl_attr_put_u32(nlh, NETCONFA_IFINDEX,
			 index == NETLINK_CONF_ALL ?
				 (uint32_t)NETCONFA_IFINDEX_ALL :
				 index);
	if (netlink_talk(nl, nlh, on_conf, &conf) < 0)
		return netlink_explain("reading device settings", diag);
	*out = conf;
	return 0;
}

int netlink_set_rp_filter(struct netlink *nl, unsigned index, unsigned mode,
			  struct missiu_diag *diag)
{
	struct nlmsghdr *nlh = netlink_start(nl, RTM_SETLINK, NLM_F_ACK);
	struct nlattr *spec, *inet, *conf;
	struct ifinfomsg *ifi;

	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_index = (int)index;
	spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	inet = mnl_attr_nest_start(nlh, AF_INET);
	conf = mnl_attr_nest_start(nlh, IFLA_INET_CONF);
	mnl_attr_put_u32(nlh, IPV4_DEVCONF_RP_FILTER, mode);
	mnl_attr_nest_end(nlh, conf);
	mnl_attr_nest_end(nlh, inet);
	mnl_attr_nest_end(nlh, spec);
	return netlink_talk(nl, nlh, NULL, NULL) < 0 ?
		       netlink_explain("rp_filter", diag) :
		       0;
}

/*
 * IPv6 multicast is looked up in table "local" first, which has a route for all
 * of it on every device; only a longer prefix in the same table is found.
 */
static uint8_t table_of(const struct missiu_addr *dst)
{
	return dst->family == 6 && addr_is_multicast(dst) ? RT_TABLE_LOCAL :
							    RT_TABLE_MAIN;
}

struct route_dump {
	struct netlink_route *v;
	size_t n, cap;
	bool no_memory;
	/* of the message at hand */
	struct netlink_route r;
	uint8_t family;
};

static int on_metric(const struct nlattr *a, void *data)
{
	struct netlink_route *r = data;

	if (mnl_attr_get_type(a) == RTAX_MTU)
		r->mtu = mnl_attr_get_u32(a);
	return MNL_CB_OK;
}

static int on_route_attr(const struct nlattr *a, void *data)
{
	struct route_dump *dump = data;
	struct netlink_route *r = &dump->r;
	uint16_t type = mnl_attr_get_type(a);

	if (type == RTA_OIF)
		r->index = mnl_attr_get_u32(a);
	else if (type == RTA_METRICS)
		mnl_attr_parse_nested(a, on_metric, r);
	else if (mnl_attr_get_payload_len(a) != (dump->family == 6 ? 16 : 4))
		return MNL_CB_OK;
	else if (type == RTA_DST)
		r->dst = addr_from_bytes(dump->family, mnl_attr_get_payload(a));
	else if (type == RTA_PREFSRC)
		r->src = addr_from_bytes(dump->family, mnl_attr_get_payload(a));
	else if (type == RTA_GATEWAY)
		r->via = addr_from_bytes(dump->family, mnl_attr_get_payload(a));
	return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct route_dump *dump = data;
	unsigned index = dump->r.index;

	if (rtm->rtm_protocol != NETLINK_ROUTE_PROTO || dump->no_memory)
		return MNL_CB_OK;
	dump->family = rtm->rtm_family == AF_INET6 ? 6 : 4;
	if (dump->n == dump->cap) {
		size_t cap = dump->cap ? dump->cap * 2 : 64;
		void *v = realloc(dump->v, cap * sizeof(*dump->v));

		dump->no_memory = !v;
		if (!v)
			return MNL_CB_OK;
		dump->v = v;
		dump->cap = cap;
	}
	dump->r = (struct netlink_route){ .dst.family = dump->family,
					  .plen = rtm->rtm_dst_len };
	mnl_attr_parse(nlh, sizeof(*rtm), on_route_attr, dump);
	if (dump->r.index == index && rtm->rtm_table == table_of(&dump->r.dst))
		dump->v[dump->n++] = dump->r;
	dump->r.index = index;
	return MNL_CB_OK;
}

int netlink_routes(struct netlink *nl, unsigned index, struct netlink_route **v,
		   size_t *n, struct missiu_diag *diag)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct route_dump dump = { .r.index = index };

	for (size_t i = 0; i < sizeof(families); i++) {
		struct nlmsghdr *nlh =
			netlink_start(nl, RTM_GETROUTE, NLM_F_DUMP);
		struct rtmsg *rtm;

		rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
		rtm->rtm_family = families[i];
		rtm->rtm_protocol = NETLINK_ROUTE_PROTO;
		mnl_attr_put_u32(nlh, RTA_OIF, index);
		if (talk_dump(nl, nlh, on_route, &dump, &dump.n) < 0) {
			free(dump.v);
			return netlink_explain("listing routes", diag);
		}
	}
	*v = dump.v;
	*n = dump.n;
	if (!dump.no_memory)
		return 0;
	free(dump.v);
	return diag_set(diag, MISSIU_ENOMEM, "out of memory");
}

static int route(struct netlink *nl, const struct netlink_route *r,
		 struct nlmsghdr *nlh, struct missiu_diag *diag)
{
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	char what[ADDR_TEXT_MAX + 16];

	rtm->rtm_family = r->dst.family == 6 ? AF_INET6 : AF_INET;
	rtm->rtm_dst_len = r->plen;
	rtm->rtm_table = table_of(&r->dst);
	rtm->rtm_protocol = NETLINK_ROUTE_PROTO;
	rtm->rtm_scope = r->via.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	rtm->rtm_flags = r->via.family ? RTNH_F_ONLINK : 0;
	rtm->rtm_type = RTN_UNICAST;
	mnl_attr_put(nlh, RTA_DST, addr_len(&r->dst), r->dst.b);
	mnl_attr_put_u32(nlh, RTA_OIF, r->index);
	if (r->via.family)
		mnl_attr_put(nlh, RTA_GATEWAY, addr_len(&r->via), r->via.b);
	if (r->src.family)
		mnl_attr_put(nlh, RTA_PREFSRC, addr_len(&r->src), r->src.b);
	if (r->mtu) {
		struct nlattr *metrics = mnl_attr_nest_start(nlh, RTA_METRICS);

		mnl_attr_put_u32(nlh, RTAX_MTU, r->mtu);
		mnl_attr_nest_end(nlh, metrics);
	}
	snprintf(what, sizeof(what), "route %s/%u", addr_text(&r->dst).s,
		 r->plen);
	return netlink_talk(nl, nlh, NULL, NULL) < 0 ?
		       netlink_explain(what, diag) :
		       0;
}

int netlink_route_add(struct netlink *nl, const struct netlink_route *r,
		      struct missiu_diag *diag)
{
	return route(nl, r,
		     netlink_start(nl, RTM_NEWROUTE,
				   NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL),
		     diag);
}

int netlink_route_del(struct netlink *nl, const struct netlink_route *r,
		      struct missiu_diag *diag)
{
	struct netlink_route loose = *r;

	loose.src.family = 0; /* the kernel may have taken it away */
	loose.mtu = 0;
	return route(nl, &loose, netlink_start(nl, RTM_DELROUTE, NLM_F_ACK),
		     diag);
}
