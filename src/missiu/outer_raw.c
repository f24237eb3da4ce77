/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back ends "raw", "udp", "xdp" and "xdp-native". Receiving: a packet socket on the interface whose
 * filter passes IPsec only. Sending: raw IP sockets with our own header, bound
 * to the interface, so that the kernel finds next hop and MAC for the outer
 * address and a route into the TAP can't loop; with "udp", what is encapsulated
 * goes by UDP sockets, many packets a call; with "xdp" besides, whole packets of
 * protocols 50 and 51 come and go past all of that (outer_xdp.h). Raw sockets of protocols 50 and 51
 * that never receive keep the kernel from answering with "protocol unreachable".
 */
#include "missiu/outer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "missiu/guard_rules.h"
#include "missiu/outer_link.h"
#include "missiu/outer_packet.h"
#include "missiu/outer_sock.h"
#include "missiu/outer_udp.h"
#include "missiu/outer_xdp.h"
#include "missiu/rawfilter.h"

/* One row a socket; they may be missing without IPv6. */
enum { TX4, TX6, QUIET_ESP4, QUIET_ESP6, QUIET_AH4, QUIET_AH6, N_SOCKETS };

struct outer {
	unsigned index;				 /* the interface */
	struct missiu_addr groups[OUTER_GROUPS]; /* joined */
	size_t n_groups;
	int fd[N_SOCKETS];
	struct packet_rx *rx;
	struct udp_tx *udp;   /* NULL: ESP in UDP goes like all other */
	struct link_tx *link; /* NULL: all other goes by raw sockets */
	struct xdp_io *xdp;   /* NULL: no AF_XDP */
	int watch;	      /* with .xdp: readable when any of both is */
	struct mmsghdr msg[OUTER_BATCH];
	struct iovec iov[OUTER_BATCH];
	struct sockaddr_storage to[OUTER_BATCH];
};

static void raw_close(struct outer *o)
{
	if (!o)
		return;
	for (int i = 0; i < N_SOCKETS; i++)
		if (o->fd[i] >= 0)
			close(o->fd[i]);
	packet_rx_close(o->rx);
	udp_tx_close(o->udp);
	link_tx_close(o->link);
	xdp_close(o->xdp);
	if (o->watch >= 0)
		close(o->watch);
	free(o);
}

static int open_raw(struct outer *o, int which, int family, int protocol,
		    struct missiu_diag *diag)
{
	struct sock_fprog none = rawfilter_none();
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			protocol);

	if (fd < 0 && family == AF_INET6 &&
	    (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT))
		return 0;
	o->fd[which] = fd;
	if (fd < 0)
		return sock_failed("a raw IP socket", diag);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof(none)) <
	    0)
		return sock_failed("a filter on a raw IP socket", diag);
	return 0;
}

/*
 * IP_PMTUDISC_PROBE: the kernel compares with the interface's MTU only; what
 * the path can carry is decided before encryption.
 */
static int open_tx(struct outer *o, int which, const char *iface,
		   struct missiu_diag *diag)
{
	bool v6 = which == TX6;
	int err, fd;

	err = open_raw(o, which, v6 ? AF_INET6 : AF_INET, IPPROTO_RAW, diag);
	fd = o->fd[which];
	if (err || fd < 0)
		return err;
	sock_enlarge(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	if (!sock_set(fd, SOL_SOCKET, SO_MARK, GUARD_MARK))
		return sock_failed("marking our own packets", diag);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, iface,
		       (socklen_t)strlen(iface)) < 0)
		return sock_failed("binding a raw socket to the interface",
				   diag);
	if (v6)
		sock_set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			 IPV6_PMTUDISC_PROBE);
	else
		sock_set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	return 0;
}

static int raw_open(const char *iface, unsigned index, struct outer **out,
		    struct missiu_diag *diag)
{
	struct outer *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	for (int i = 0; i < N_SOCKETS; i++)
		o->fd[i] = -1;
	o->watch = -1;
	o->index = index;
	err = packet_rx_open(iface, index, &o->rx, diag);
	if (!err)
		err = link_tx_open(index, &o->link, diag);
	if (!err)
		err = open_tx(o, TX4, iface, diag);
	if (!err)
		err = open_tx(o, TX6, iface, diag);
	if (!err)
		err = open_raw(o, QUIET_ESP4, AF_INET, IPPROTO_ESP, diag);
	if (!err)
		err = open_raw(o, QUIET_ESP6, AF_INET6, IPPROTO_ESP, diag);
	if (!err)
		err = open_raw(o, QUIET_AH4, AF_INET, IPPROTO_AH, diag);
	if (!err)
		err = open_raw(o, QUIET_AH6, AF_INET6, IPPROTO_AH, diag);
	if (err) {
		raw_close(o);
		return err;
	}
	if (o->fd[TX6] < 0)
		log_warn(net, "this kernel has no IPv6: only IPv4 is sent");
	*out = o;
	return 0;
}

static int udp_open(const char *iface, unsigned index, struct outer **out,
		    struct missiu_diag *diag)
{
	int err = raw_open(iface, index, out, diag);

	if (err)
		return err;
	err = udp_tx_open(iface, &(*out)->udp, diag);
	if (err)
		raw_close(*out);
	return err;
}

/* One descriptor for sockets of both kinds. */
static int watch_both(struct outer *o, struct missiu_diag *diag)
{
	struct epoll_event ev = { .events = EPOLLIN };

	o->watch = epoll_create1(EPOLL_CLOEXEC);
	if (o->watch < 0 ||
	    epoll_ctl(o->watch, EPOLL_CTL_ADD, packet_rx_fd(o->rx), &ev) < 0 ||
	    !xdp_watch(o->xdp, o->watch))
		return diag_set(diag, MISSIU_EIO, "epoll: %s", strerror(errno));
	return 0;
}

static int add_xdp(struct outer *o, const char *iface, bool native,
		   struct missiu_diag *diag)
{
	int err;

	if (!o->link)
		return diag_set(diag, MISSIU_EIO,
				"%s is no Ethernet: AF_XDP needs one", iface);
	err = xdp_open(iface, o->index, native, &o->xdp, diag);
	if (err)
		return err;
	link_tx_by_xdp(o->link, o->xdp);
	return watch_both(o, diag);
}

static int open_with_xdp(const char *iface, unsigned index, bool native,
			 struct outer **out, struct missiu_diag *diag)
{
	int err = udp_open(iface, index, out, diag);

	if (err)
		return err;
	err = add_xdp(*out, iface, native, diag);
	if (err) {
		raw_close(*out);
		*out = NULL;
	}
	return err;
}

static int xdp_generic_open(const char *iface, unsigned index,
			    struct outer **out, struct missiu_diag *diag)
{
	return open_with_xdp(iface, index, false, out, diag);
}

static int xdp_native_open(const char *iface, unsigned index,
			   struct outer **out, struct missiu_diag *diag)
{
	return open_with_xdp(iface, index, true, out, diag);
}

static int raw_rx_fd(const struct outer *o)
{
	return o->xdp ? o->watch : packet_rx_fd(o->rx);
}

static size_t raw_rx_batch(struct outer *o, struct missiu_pkt *v[], size_t n)
{
	size_t filled = o->xdp ? xdp_rx_batch(o->xdp, v, n) : 0;

	if (filled < n)
		filled += packet_rx_batch(o->rx, v + filled, n - filled);
	return filled;
}

/* Where the packet's own header sends it; Return: the socket, -1 for none. */
static int address(const struct outer *o, const struct missiu_pkt *k,
		   struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	unsigned version = k->len >= 20 ? k->data[0] >> 4 : 0;

	if (version == 4) {
		memcpy(&sin.sin_addr, k->data + 16, 4);
		memcpy(ss, &sin, sizeof(sin));
		*len = sizeof(sin);
		return o->fd[TX4];
	}
	if (version == 6 && k->len >= 40) {
		memcpy(&sin6.sin6_addr, k->data + 24, 16);
		memcpy(ss, &sin6, sizeof(sin6));
		*len = sizeof(sin6);
		return o->fd[TX6];
	}
	return -1;
}

static void refuse(struct missiu_pkt *k, enum missiu_drop why)
{
	k->verdict = MISSIU_V_DROP;
	k->drop = why;
}

/* Send messages [at, end) of v through one socket; none stops the others. */
static void send_run(struct outer *o, int fd, struct missiu_pkt *v[], size_t at,
		     size_t end)
{
	while (at < end) {
		int sent =
			fd < 0 ? -1 :
				 sendmmsg(fd, o->msg + at, (unsigned)(end - at),
					  MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0)
			at += (size_t)sent;
		else
			refuse(v[at++], fd < 0 ? MISSIU_DROP_TX_NO_ROUTE :
						 sock_why(errno));
	}
}

/* Packets by raw sockets. */
static void send_raw(struct outer *o, struct missiu_pkt *v[], size_t n)
{
	size_t start = 0;
	int run = -1;

	for (size_t i = 0; i < n; i++) {
		socklen_t len = 0;
		int fd = address(o, v[i], &o->to[i], &len);

		o->iov[i].iov_base = v[i]->data;
		o->iov[i].iov_len = v[i]->len;
		o->msg[i].msg_hdr = (struct msghdr){ .msg_name = &o->to[i],
						     .msg_namelen = len,
						     .msg_iov = &o->iov[i],
						     .msg_iovlen = 1 };
		if (fd == run)
			continue;
		send_run(o, run, v, start, i);
		start = i;
		run = fd;
	}
	send_run(o, run, v, start, n);
}

/* As frames where the next hop is known, else by raw sockets. */
static void send_plain(struct outer *o, struct missiu_pkt *v[], size_t n)
{
	size_t sent;

	while (o->link && n) {
		sent = link_tx_run(o->link, v, n);
		v += sent;
		n -= sent;
		if (!n)
			return;
		send_raw(o, v++, 1);
		n--;
	}
	send_raw(o, v, n);
}

static void raw_tx_batch(struct outer *o, struct missiu_pkt *v[], size_t n)
{
	size_t plain, sent;

	for (; o->udp && n; v += plain + sent, n -= plain + sent) {
		sent = udp_tx_run(o->udp, v, n);
		plain = sent ? 0 : 1;
		while (plain && plain < n && !udp_tx_suits(v[plain]))
			plain++;
		send_plain(o, v, plain);
	}
	send_plain(o, v, n);
}

/* Memberships belong to the sending sockets, which never receive. */
static bool membership(const struct outer *o, const struct missiu_addr *g,
		       bool join)
{
	struct ip_mreqn m4 = { .imr_ifindex = (int)o->index };
	struct ipv6_mreq m6 = { .ipv6mr_interface = o->index };

	if (g->family == 4) {
		memcpy(&m4.imr_multiaddr, g->b, 4);
		return !setsockopt(o->fd[TX4], IPPROTO_IP,
				   join ? IP_ADD_MEMBERSHIP :
					  IP_DROP_MEMBERSHIP,
				   &m4, sizeof(m4));
	}
	memcpy(&m6.ipv6mr_multiaddr, g->b, 16);
	return !setsockopt(o->fd[TX6], IPPROTO_IPV6,
			   join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &m6,
			   sizeof(m6));
}

static void raw_join(struct outer *o, const struct missiu_addr *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n_groups; i++) {
		if (addr_listed(v, n, &o->groups[i]))
			o->groups[kept++] = o->groups[i];
		else
			membership(o, &o->groups[i], false);
	}
	o->n_groups = kept;
	for (size_t i = 0; i < n && o->n_groups < OUTER_GROUPS; i++) {
		if (addr_listed(o->groups, o->n_groups, &v[i]))
			continue;
		if (membership(o, &v[i], true))
			o->groups[o->n_groups++] = v[i];
		else
			log_warn(net, "joining group %s: %s",
				 addr_text(&v[i]).s, strerror(errno));
	}
}

static uint64_t raw_rx_lost(struct outer *o)
{
	return packet_rx_lost(o->rx) + (o->xdp ? xdp_rx_lost(o->xdp) : 0);
}

/* The ways differ in what is opened beside the packet socket. */
#define RAW_OPS(title, opens)                                                  \
	{                                                                      \
		.name = (title), .open = (opens), .rx_fd = raw_rx_fd,          \
		.rx_batch = raw_rx_batch, .tx_batch = raw_tx_batch,            \
		.join = raw_join, .rx_lost = raw_rx_lost, .close = raw_close,  \
	}

const struct outer_ops outer_raw = RAW_OPS("raw", raw_open);
const struct outer_ops outer_udp = RAW_OPS("udp", udp_open);
const struct outer_ops outer_xdp = RAW_OPS("xdp", xdp_generic_open);
const struct outer_ops outer_xdp_native =
	RAW_OPS("xdp-native", xdp_native_open);
