/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"

#define MARKER_LEN 4 /* non-ESP marker, RFC 3948 2.2: four zero bytes */
#define UDP_HDR	   8
#define RX_ROOM	   (4 << 20)

/* Port 4500: keep what starts with the marker; ESP is missiu's. */
static int keep_ike_only(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, UDP_HDR),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = 4, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			  sizeof(prog));
}

static int set_options(int fd, const struct ike_end *local, const char *iface)
{
	int on = 1, off4 = IP_PMTUDISC_DONT, off6 = IPV6_PMTUDISC_DONT;
	int room = RX_ROOM;

	if (iface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, iface,
				(socklen_t)strlen(iface)) < 0)
		return -1;
	/* Peers may come all at once; as root beyond what others may ask. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room,
				 sizeof(room));
	/* A big IKE message is better fragmented than lost. */
	if (local->addr.family == 4 &&
	    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &off4, sizeof(off4)))
		return -1;
	if (local->addr.family == 6 &&
	    (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ||
	     setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &off6,
			sizeof(off6))))
		return -1;
	if (local->port != UDP_PORT_NATT)
		return 0;
	/* missiu sends ESP from this port; it never receives there. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)))
		return -1;
	return keep_ike_only(fd);
}

static int explain(const struct ike_end *local, struct missiu_diag *diag)
{
	const char *remedy = "";
	int err = MISSIU_EIO;

	if (errno == EACCES || errno == EPERM) {
		remedy = "; run as root or with CAP_NET_BIND_SERVICE and "
			 "CAP_NET_RAW";
		err = MISSIU_EPERM;
	} else if (errno == EADDRINUSE) {
		remedy = "; another IKE daemon runs on this address";
		err = MISSIU_EBUSY;
	} else if (errno == EADDRNOTAVAIL) {
		remedy = "; no interface of this host has the address";
	}
	return diag_set(diag, err, "UDP %s port %u: %s%s",
			addr_text(&local->addr).s, local->port, strerror(errno),
			remedy);
}

int udp_open(const struct ike_end *local, const char *iface,
	     struct udp_sock *out, struct missiu_diag *diag)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&local->addr, local->port, &ss);
	int fd, ret;

	out->fd = -1;
	out->local = *local;
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return explain(local, diag);
	if (set_options(fd, local, iface) < 0 ||
	    bind(fd, (struct sockaddr *)&ss, len) < 0) {
		ret = explain(local, diag);
		close(fd);
		return ret;
	}
	out->fd = fd;
	return 0;
}

void udp_close(struct udp_sock *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

ssize_t udp_recv(struct udp_sock *s, struct ike_end *remote, uint8_t *buf,
		 size_t cap)
{
	struct sockaddr_storage ss;
	socklen_t ss_len = sizeof(ss);
	ssize_t n;

	n = recvfrom(s->fd, buf, cap, MSG_TRUNC, (struct sockaddr *)&ss,
		     &ss_len);
	if (n < 0)
		return errno == EAGAIN ? MISSIU_EAGAIN : 0;
	if ((size_t)n > cap ||
	    !addr_from_sockaddr((struct sockaddr *)&ss, &remote->addr,
				&remote->port))
		return 0;
	if (s->local.port != UDP_PORT_NATT)
		return n;
	if (n < MARKER_LEN)
		return 0;
	memmove(buf, buf + MARKER_LEN, (size_t)n - MARKER_LEN);
	return n - MARKER_LEN;
}

int udp_send(const struct udp_sock *s, const struct ike_end *remote,
	     const uint8_t *msg, size_t len, bool keepalive)
{
	static const uint8_t marker[MARKER_LEN];
	bool marked = s->local.port == UDP_PORT_NATT && !keepalive;
	union { /* sendmsg() does not write through it */
		const void *c;
		void *v;
	} head = { marker }, body = { msg };
	struct iovec iov[2] = { { head.v, marked ? MARKER_LEN : 0 },
				{ body.v, len } };
	struct sockaddr_storage ss;
	struct msghdr mh = {
		.msg_name = &ss,
		.msg_namelen =
			addr_to_sockaddr(&remote->addr, remote->port, &ss),
		.msg_iov = iov,
		.msg_iovlen = 2,
	};

	return sendmsg(s->fd, &mh, 0) < 0 ? MISSIU_EIO : 0;
}
