/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/outer_xdp.h"

#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/log.h"
#include "missiu/err.h"
#include "missiu/xsk.h"

/* Of the interface at most: each costs memory and a look. */
#define QUEUES 16

/* Frames that may wait, of all queues together, and of each at least. */
#define RX_FRAMES     4096u
#define RX_FRAMES_MIN 256u

_Static_assert(XDP_FRAME_MAX <= XSK_FRAME_MAX, "a frame fits into a chunk");

struct xdp_io {
	struct xdp_prog prog;
	bool native;
	unsigned queues;
	struct xsk *q[QUEUES];
	unsigned turn; /* the queue that is read first */
};

/* What the interface is now: its MTU, and its queues to receive. */
static void look_at(const char *iface, unsigned *mtu, unsigned *queues)
{
	struct ethtool_channels ch = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*mtu = 0;
	*queues = 1;
	if (fd < 0)
		return;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", iface);
	if (!ioctl(fd, SIOCGIFMTU, &ifr))
		*mtu = (unsigned)ifr.ifr_mtu;
	ifr.ifr_data = (void *)&ch;
	/* Drivers that know of no channels have one queue. */
	if (!ioctl(fd, SIOCETHTOOL, &ifr) && ch.rx_count + ch.combined_count)
		*queues = ch.rx_count + ch.combined_count;
	close(fd);
}

static int open_sockets(struct xdp_io *x, const char *iface, unsigned index,
			struct missiu_diag *diag)
{
	uint32_t frames = RX_FRAMES;
	unsigned mtu;
	int err;

	look_at(iface, &mtu, &x->queues);
	if (x->queues > QUEUES)
		return diag_set(diag, MISSIU_EIO,
				"%s has %u queues to receive, AF_XDP serves "
				"%u: ethtool -L %s changes that",
				iface, x->queues, QUEUES, iface);
	if (mtu + ETH_HLEN > XDP_FRAME_MAX)
		return diag_set(diag, MISSIU_EIO,
				"%s has MTU %u, AF_XDP works up to %u", iface,
				mtu, XDP_FRAME_MAX - ETH_HLEN);
	while (frames > RX_FRAMES_MIN && frames * x->queues > RX_FRAMES)
		frames /= 2;
	for (unsigned i = 0; i < x->queues; i++) {
		err = xsk_open(index, i, frames, !x->native, &x->q[i], diag);
		if (err)
			return err;
		if (!xdp_prog_socket(&x->prog, i, xsk_fd(x->q[i])))
			return diag_set(diag, MISSIU_EIO,
					"an AF_XDP socket for queue %u", i);
	}
	return 0;
}

int xdp_open(const char *iface, unsigned index, bool native,
	     struct xdp_io **out, struct missiu_diag *diag)
{
	struct xdp_io *x = calloc(1, sizeof(*x));
	int err;

	*out = NULL;
	if (!x)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	x->native = native;
	err = xdp_prog_load(&x->prog, QUEUES, XDP_PASS, diag);
	if (!err)
		err = xdp_prog_attach(&x->prog, iface, index, native, diag);
	if (!err)
		err = open_sockets(x, iface, index, diag);
	if (err)
		xdp_close(x);
	else
		*out = x;
	if (!err)
		log_debug(net, "%s: AF_XDP, queues: %u, %s", iface, x->queues,
			  xsk_zero_copy(x->q[0]) ? "without copies" :
						   "with copies");
	return err;
}

void xdp_close(struct xdp_io *x)
{
	if (!x)
		return;
	xdp_prog_close(&x->prog);
	for (unsigned i = 0; i < x->queues && i < QUEUES; i++)
		xsk_close(x->q[i]);
	free(x);
}

bool xdp_watch(const struct xdp_io *x, int epoll)
{
	struct epoll_event ev = { .events = EPOLLIN };

	for (unsigned i = 0; i < x->queues; i++)
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, xsk_fd(x->q[i]), &ev) < 0)
			return false;
	return true;
}

size_t xdp_rx_batch(struct xdp_io *x, struct missiu_pkt *v[], size_t n)
{
	size_t filled = 0;

	for (unsigned i = 0; i < x->queues && filled < n; i++)
		filled += xsk_rx(x->q[(x->turn + i) % x->queues], v + filled,
				 n - filled);
	if (x->queues > 1)
		x->turn = (x->turn + 1) % x->queues;
	return filled;
}

uint64_t xdp_rx_lost(struct xdp_io *x)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < x->queues; i++)
		lost += xsk_lost(x->q[i]);
	return lost;
}

void xdp_tx(struct xdp_io *x, const struct iovec *f, struct missiu_pkt *v[],
	    size_t n)
{
	/* Clear ones may be another host's, whose IPsec is not ours to take. */
	for (size_t i = 0; i < n; i++)
		if (v[i]->verdict == MISSIU_V_DONE)
			xdp_table_add(x->prog.table, v[i]->data);
	xsk_tx(x->q[0], f, v, n);
}

void xdp_own(struct xdp_io *x, const uint8_t mac[6])
{
	xdp_table_own(x->prog.table, mac);
}

void xdp_forget(struct xdp_io *x)
{
	xdp_table_clear(x->prog.table);
}
