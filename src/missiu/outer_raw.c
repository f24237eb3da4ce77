/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back end "raw". Receiving: an AF_PACKET socket on the interface whose filter
 * passes IPsec only. Sending: raw IP sockets with our own header, bound to the
 * interface, so that the kernel finds next hop and MAC for the outer address
 * and a route into the TAP can't loop. Raw sockets of protocols 50 and 51 that
 * never receive keep the kernel from answering with "protocol unreachable".
 */
#include "missiu/outer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/log.h"
#include "missiu/guard_rules.h"
#include "missiu/rawfilter.h"
#include "missiu/rawrx.h"

#define SOCKET_BUFFER (8 << 20)

/* One row a socket; send and quiet sockets may be missing without IPv6. */
enum { TX4, TX6, QUIET_ESP4, QUIET_ESP6, QUIET_AH4, QUIET_AH6, N_SOCKETS };

struct outer {
	struct rawrx *rx;
	int fd[N_SOCKETS];
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
	rawrx_close(o->rx);
	free(o);
}

static bool set_int(int fd, int level, int option, int value)
{
	return !setsockopt(fd, level, option, &value, sizeof(value));
}

/* Large buffers absorb bursts; without the capability the limit applies. */
static void enlarge(int fd, int force, int plain)
{
	if (!set_int(fd, SOL_SOCKET, force, SOCKET_BUFFER))
		set_int(fd, SOL_SOCKET, plain, SOCKET_BUFFER);
}

static int failed(const char *what, struct missiu_diag *diag)
{
	if (errno == EPERM || errno == EACCES)
		return diag_set(diag, MISSIU_EPERM,
				"%s needs CAP_NET_RAW: run missiu as root; in "
				"a container add it (--cap-add NET_RAW)",
				what);
	return diag_set(diag, MISSIU_EIO, "%s: %s", what, strerror(errno));
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
		return failed("a raw IP socket", diag);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof(none)) <
	    0)
		return failed("a filter on a raw IP socket", diag);
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
	enlarge(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	if (!set_int(fd, SOL_SOCKET, SO_MARK, GUARD_MARK))
		return failed("marking our own packets", diag);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, iface,
		       (socklen_t)strlen(iface)) < 0)
		return failed("binding a raw socket to the interface", diag);
	if (v6)
		set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			IPV6_PMTUDISC_PROBE);
	else
		set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
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
	err = rawrx_open(index, &o->rx, diag);
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

static int raw_rx_fd(const struct outer *o)
{
	return rawrx_fd(o->rx);
}

static size_t raw_rx_batch(struct outer *o, struct missiu_pkt *v[], size_t n)
{
	return rawrx_batch(o->rx, v, n);
}

static bool raw_rx_more(const struct outer *o)
{
	return rawrx_more(o->rx);
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

static enum missiu_drop why_not_sent(int error)
{
	static const struct {
		int error;
		enum missiu_drop drop;
	} reasons[] = {
		{ EMSGSIZE, MISSIU_DROP_TX_TOO_BIG },
		{ ENETUNREACH, MISSIU_DROP_TX_NO_ROUTE },
		{ EHOSTUNREACH, MISSIU_DROP_TX_NO_ROUTE },
		{ ENETDOWN, MISSIU_DROP_TX_NO_ROUTE },
		{ ENOBUFS, MISSIU_DROP_TX_QUEUE },
		{ EAGAIN, MISSIU_DROP_TX_QUEUE },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == error)
			return reasons[i].drop;
	return MISSIU_DROP_TX_ERROR;
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
						 why_not_sent(errno));
	}
}

static void raw_tx_batch(struct outer *o, struct missiu_pkt *v[], size_t n)
{
	size_t start = 0;
	int run = -1;

	if (n > OUTER_BATCH)
		n = OUTER_BATCH;
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

static uint64_t raw_rx_lost(struct outer *o)
{
	return rawrx_lost(o->rx);
}

const struct outer_ops outer_raw = {
	.name = "raw",
	.open = raw_open,
	.rx_fd = raw_rx_fd,
	.rx_batch = raw_rx_batch,
	.rx_more = raw_rx_more,
	.tx_batch = raw_tx_batch,
	.rx_lost = raw_rx_lost,
	.close = raw_close,
};
