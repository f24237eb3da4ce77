/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/outer_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/diag.h"
#include "common/wr.h"
#include "missiu/guard_rules.h"
#include "missiu/nexthop.h"
#include "missiu/outer.h"
#include "missiu/outer_sock.h"
#include "missiu/outer_xdp.h"

/* The interface's own address is read again after so long. */
#define OWN_US 100000

struct link_tx {
	int fd;
	struct nexthop *nh;
	struct xdp_io *xdp; /* NULL: by this socket */
	uint64_t news;	    /* of nh when xdp was last told */
	uint8_t own[NEXTHOP_MAC];
	missiu_usec own_us;
	struct mmsghdr msg[OUTER_BATCH];
	struct iovec iov[OUTER_BATCH];
};

/* The interface's address; Return: false when it is no Ethernet. */
static bool read_own(struct link_tx *t)
{
	struct sockaddr_ll ll;
	socklen_t len = sizeof(ll);

	if (getsockname(t->fd, (struct sockaddr *)&ll, &len) < 0 ||
	    ll.sll_hatype != ARPHRD_ETHER || ll.sll_halen != NEXTHOP_MAC)
		return false;
	memcpy(t->own, ll.sll_addr, NEXTHOP_MAC);
	if (t->xdp)
		xdp_own(t->xdp, t->own);
	return true;
}

/* Bound for no protocol: sends only. */
static int open_socket(struct link_tx *t, unsigned index,
		       struct missiu_diag *diag)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)index };

	t->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t->fd < 0)
		return sock_failed("a packet socket", diag);
	sock_enlarge(t->fd, SO_SNDBUFFORCE, SO_SNDBUF);
	if (!sock_set(t->fd, SOL_SOCKET, SO_MARK, GUARD_MARK))
		return sock_failed("marking our own packets", diag);
	if (bind(t->fd, (const struct sockaddr *)&ll, sizeof(ll)) < 0)
		return sock_failed("binding a packet socket", diag);
	return 0;
}

int link_tx_open(unsigned index, struct link_tx **out, struct missiu_diag *diag)
{
	struct link_tx *t = calloc(1, sizeof(*t));
	int err;

	*out = NULL;
	if (!t)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	t->fd = -1;
	err = open_socket(t, index, diag);
	if (err || !read_own(t)) {
		link_tx_close(t);
		return err;
	}
	t->nh = nexthop_open(index, diag);
	if (!t->nh) {
		link_tx_close(t);
		return MISSIU_EIO;
	}
	*out = t;
	return 0;
}

void link_tx_by_xdp(struct link_tx *t, struct xdp_io *x)
{
	t->xdp = x;
	xdp_own(x, t->own);
}

void link_tx_close(struct link_tx *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	nexthop_close(t->nh);
	free(t);
}

/* Where its header sends it; NULL: the kernel's way. */
static const uint8_t *hop_of(struct link_tx *t, const struct missiu_pkt *k,
			     missiu_usec now)
{
	const uint8_t *h = k->data;

	if (k->len >= 20 && h[0] >> 4 == 4)
		return nexthop_find(t->nh, h + 16, 4, now);
	if (k->len >= 40 && h[0] >> 4 == 6)
		return nexthop_find(t->nh, h + 24, 6, now);
	return NULL;
}

/* Whether it can leave as a frame, with room for the header in front. */
static bool fits(const struct link_tx *t, const struct missiu_pkt *k)
{
	return k->data - k->head >= LINK_ROOM &&
	       (!t->xdp || k->len + LINK_ROOM <= XDP_FRAME_MAX);
}

/* The frame's header, in front of the packet. */
static void put_frame(struct link_tx *t, size_t i, const struct missiu_pkt *k,
		      const uint8_t *mac)
{
	uint8_t *f = k->data - LINK_ROOM;

	memcpy(f, mac, NEXTHOP_MAC);
	memcpy(f + NEXTHOP_MAC, t->own, NEXTHOP_MAC);
	store_be16(f + 2 * NEXTHOP_MAC,
		   k->data[0] >> 4 == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	t->iov[i] = (struct iovec){ f, k->len + LINK_ROOM };
	t->msg[i].msg_hdr =
		(struct msghdr){ .msg_iov = &t->iov[i], .msg_iovlen = 1 };
}

static void send_by_xdp(struct link_tx *t, struct missiu_pkt *v[], size_t n)
{
	const uint64_t news = nexthop_news(t->nh);

	if (news != t->news)
		xdp_forget(t->xdp);
	t->news = news;
	xdp_tx(t->xdp, t->iov, v, n);
}

static void send_all(struct link_tx *t, struct missiu_pkt *v[], size_t n)
{
	size_t at = 0;

	if (t->xdp) {
		send_by_xdp(t, v, n);
		return;
	}
	while (at < n) {
		int sent = sendmmsg(t->fd, t->msg + at, (unsigned)(n - at),
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			at += (size_t)sent;
			continue;
		}
		v[at]->verdict = MISSIU_V_DROP;
		v[at++]->drop = sock_why(errno);
	}
}

size_t link_tx_run(struct link_tx *t, struct missiu_pkt *v[], size_t n)
{
	const missiu_usec now = clock_now();
	size_t i;

	if (now >= t->own_us) {
		if (!read_own(t))
			return 0;
		t->own_us = now + OWN_US;
	}
	for (i = 0; i < n && i < OUTER_BATCH; i++) {
		const uint8_t *mac = hop_of(t, v[i], now);

		if (!mac || !fits(t, v[i]))
			break;
		put_frame(t, i, v[i], mac);
	}
	send_all(t, v, i);
	return i;
}
