/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/xsk.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/diag.h"
#include "missiu/bigmem.h"
#include "missiu/outer_sock.h"
#include "missiu/xsk_ring.h"

/* The kernel's, in front of each frame that it copies. */
#define RESERVED 256u

_Static_assert(XSK_CHUNK - RESERVED == XSK_FRAME_MAX, "what is left");

/* Frames on their way out; a power of two, and more than a veth queues. */
#define TX_FRAMES 1024u

/* Calls that send nothing before frames stay where they are. */
#define TRIES 8

enum { FILL, RX, TX, DONE, N_RINGS };

static const struct {
	const char *name;
	int option;
	off_t at; /* what mmap() calls it */
	size_t entry;
} kinds[] = {
	[FILL] = { "fill ring", XDP_UMEM_FILL_RING,
		   (off_t)XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t) },
	[RX] = { "receive ring", XDP_RX_RING, XDP_PGOFF_RX_RING,
		 sizeof(struct xdp_desc) },
	[TX] = { "send ring", XDP_TX_RING, XDP_PGOFF_TX_RING,
		 sizeof(struct xdp_desc) },
	[DONE] = { "completion ring", XDP_UMEM_COMPLETION_RING,
		   (off_t)XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(uint64_t) },
};

struct xsk {
	int fd;
	bool zero_copy;
	bool down;	 /* the interface was, when last asked to send */
	bool waiting;	 /* it took no more then; frames are left in the ring */
	size_t owed;	 /* frames dropped that no packet stands for yet */
	uint32_t frames; /* to receive; those to send come behind them */
	uint8_t *umem;
	struct xsk_ring ring[N_RINGS];
	void *map[N_RINGS];
	size_t map_len[N_RINGS];
	uint32_t n_free; /* frames to send that nobody has */
	uint64_t free[TX_FRAMES];
	uint64_t lost; /* what was told of the kernel's count */
};

static size_t umem_len(const struct xsk *x)
{
	return (size_t)(x->frames + TX_FRAMES) * XSK_CHUNK;
}

static int register_memory(struct xsk *x, struct missiu_diag *diag)
{
	struct xdp_umem_reg reg = { .chunk_size = XSK_CHUNK };

	x->umem = bigmem_new(umem_len(x));
	if (!x->umem)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	reg.addr = (uintptr_t)x->umem;
	reg.len = umem_len(x);
	if (!setsockopt(x->fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)))
		return 0;
	if (errno == ENOBUFS)
		return diag_set(
			diag, MISSIU_EPERM,
			"memory for AF_XDP, %zu MiB, is over the limit "
			"on locked memory: raise it (ulimit -l) or give "
			"CAP_IPC_LOCK",
			umem_len(x) >> 20);
	return sock_failed("memory for AF_XDP", diag);
}

static int map_ring(struct xsk *x, int k, const struct xdp_ring_offset *o,
		    struct missiu_diag *diag)
{
	struct xsk_ring *r = &x->ring[k];
	const size_t len = o->desc + r->size * kinds[k].entry;
	uint8_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, x->fd, kinds[k].at);

	if (p == MAP_FAILED)
		return sock_failed(kinds[k].name, diag);
	x->map[k] = p;
	x->map_len[k] = len;
	r->prod = (void *)(p + o->producer);
	r->cons = (void *)(p + o->consumer);
	r->flags = (void *)(p + o->flags);
	r->entries = p + o->desc;
	return 0;
}

static int make_rings(struct xsk *x, struct missiu_diag *diag)
{
	struct xdp_mmap_offsets o;
	socklen_t len = sizeof(o);
	int err = 0;

	for (int k = 0; k < N_RINGS; k++) {
		uint32_t size = k == FILL || k == RX ? x->frames : TX_FRAMES;

		x->ring[k].size = size;
		if (!sock_set(x->fd, SOL_XDP, kinds[k].option, (int)size))
			return sock_failed(kinds[k].name, diag);
	}
	if (getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &o, &len) < 0 ||
	    len != sizeof(o))
		return sock_failed("the rings of an AF_XDP socket", diag);
	for (int k = 0; !err && k < N_RINGS; k++)
		err = map_ring(x, k,
			       k == FILL ? &o.fr :
			       k == RX	 ? &o.rx :
			       k == TX	 ? &o.tx :
					   &o.cr,
			       diag);
	return err;
}

/* All frames where they begin: to be received into, and to be sent. */
static void deal_frames(struct xsk *x)
{
	uint64_t *fill = x->ring[FILL].entries;

	for (uint32_t i = 0; i < x->frames; i++)
		fill[xsk_ring_next(&x->ring[FILL])] = (uint64_t)i * XSK_CHUNK;
	xsk_ring_submit(&x->ring[FILL]);
	for (uint32_t i = 0; i < TX_FRAMES; i++)
		x->free[x->n_free++] = (uint64_t)(x->frames + i) * XSK_CHUNK;
}

static int prepare(struct xsk *x, unsigned index, unsigned queue, bool copy,
		   struct missiu_diag *diag)
{
	struct sockaddr_xdp a = { .sxdp_family = AF_XDP,
				  .sxdp_flags = XDP_USE_NEED_WAKEUP,
				  .sxdp_ifindex = index,
				  .sxdp_queue_id = queue };
	struct xdp_options o = { 0 };
	socklen_t len = sizeof(o);
	int err;

	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x->fd < 0)
		return sock_failed("an AF_XDP socket", diag);
	sock_enlarge(x->fd, SO_SNDBUFFORCE, SO_SNDBUF);
	err = register_memory(x, diag);
	if (!err)
		err = make_rings(x, diag);
	if (err)
		return err;
	deal_frames(x);
	if (copy)
		a.sxdp_flags |= XDP_COPY;
	if (bind(x->fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		return sock_failed("binding an AF_XDP socket", diag);
	if (!getsockopt(x->fd, SOL_XDP, XDP_OPTIONS, &o, &len))
		x->zero_copy = o.flags & XDP_OPTIONS_ZEROCOPY;
	return 0;
}

int xsk_open(unsigned index, unsigned queue, uint32_t frames, bool copy,
	     struct xsk **out, struct missiu_diag *diag)
{
	struct xsk *x = calloc(1, sizeof(*x));
	int err;

	*out = NULL;
	if (!x)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	x->fd = -1;
	x->frames = frames;
	err = prepare(x, index, queue, copy, diag);
	if (err)
		xsk_close(x);
	else
		*out = x;
	return err;
}

void xsk_close(struct xsk *x)
{
	if (!x)
		return;
	for (int k = 0; k < N_RINGS; k++)
		if (x->map[k])
			munmap(x->map[k], x->map_len[k]);
	if (x->fd >= 0)
		close(x->fd);
	bigmem_free(x->umem, umem_len(x));
	free(x);
}

int xsk_fd(const struct xsk *x)
{
	return x->fd;
}

bool xsk_zero_copy(const struct xsk *x)
{
	return x->zero_copy;
}

/* ---- sending ----------------------------------------------------------- */

/* Frames that were sent are free again. */
static void collect(struct xsk *x)
{
	struct xsk_ring *done = &x->ring[DONE];
	const uint64_t *at = done->entries;

	if (!xsk_ring_filled(done))
		return;
	while (xsk_ring_filled(done) && x->n_free < TX_FRAMES)
		x->free[x->n_free++] = at[xsk_ring_next(done)];
	xsk_ring_release(done);
}

/*
 * Have the kernel send what it was given: some frames a call. What it can't send
 * now stays in the ring: it may have read ahead, so nothing can be taken back.
 */
static void push(struct xsk *x)
{
	struct xsk_ring *tx = &x->ring[TX];
	uint32_t before, left = xsk_ring_unread(tx);
	int idle = 0;

	x->down = false;
	while (left && idle < TRIES &&
	       xsk_ring_asks(tx, XDP_RING_NEED_WAKEUP)) {
		int rc = (int)sendto(x->fd, NULL, 0, MSG_DONTWAIT, NULL, 0);

		before = left;
		left = xsk_ring_unread(tx);
		idle = left < before ? 0 : idle + 1;
		if (rc >= 0)
			continue;
		if (errno == EBUSY && left < before)
			x->owed++;
		x->down = errno == ENETDOWN || errno == ENXIO;
		if (x->down)
			break;
	}
	x->waiting = left && !x->down;
}

static void refuse(struct missiu_pkt *v[], size_t n, enum missiu_drop why)
{
	for (size_t i = 0; i < n; i++) {
		v[i]->verdict = MISSIU_V_DROP;
		v[i]->drop = why;
	}
}

void xsk_tx(struct xsk *x, const struct iovec *f, struct missiu_pkt *v[],
	    size_t n)
{
	struct xsk_ring *tx = &x->ring[TX];
	struct xdp_desc *out = tx->entries;
	size_t i, dropped;

	collect(x);
	/* No more for an interface that is down: it would be sent late. */
	if (x->down || x->n_free < n)
		push(x);
	if (x->down) {
		refuse(v, n, MISSIU_DROP_TX_NO_ROUTE);
		return;
	}
	collect(x);
	for (i = 0; i < n && x->n_free && xsk_ring_room(tx); i++) {
		const uint64_t addr = x->free[--x->n_free];

		memcpy(x->umem + addr, f[i].iov_base, f[i].iov_len);
		out[xsk_ring_next(tx)] =
			(struct xdp_desc){ .addr = addr,
					   .len = (uint32_t)f[i].iov_len };
	}
	refuse(v + i, n - i, MISSIU_DROP_TX_QUEUE);
	xsk_ring_submit(tx);
	push(x);
	dropped = x->owed < i ? x->owed : i;
	refuse(v, dropped, MISSIU_DROP_TX_QUEUE);
	x->owed -= dropped;
}

/* ---- receiving --------------------------------------------------------- */

/* The packet behind the Ethernet header, as the packet socket would have it. */
static void copy_in(struct missiu_pkt *k, const uint8_t *frame, size_t len)
{
	const size_t room =
		k->cap - (size_t)(k->data - k->head) - MISSIU_TAILROOM;

	if (len < ETH_HLEN) {
		k->verdict = MISSIU_V_DROP;
		k->drop = MISSIU_DROP_RX_RUNT;
		return;
	}
	k->len = len - ETH_HLEN < room ? len - ETH_HLEN : room;
	memcpy(k->data, frame + ETH_HLEN, k->len);
	k->verdict = MISSIU_V_CLEAR;
	k->drop = MISSIU_DROP_NONE;
}

size_t xsk_rx(struct xsk *x, struct missiu_pkt *v[], size_t n)
{
	struct xsk_ring *rx = &x->ring[RX], *fill = &x->ring[FILL];
	const struct xdp_desc *in = rx->entries;
	uint64_t *out = fill->entries;
	size_t i;

	if (x->waiting)
		push(x);
	for (i = 0; i < n && xsk_ring_filled(rx); i++) {
		const struct xdp_desc *d = &in[xsk_ring_next(rx)];

		copy_in(v[i], x->umem + d->addr, d->len);
		/* There are no more frames than the ring has room for. */
		if (xsk_ring_room(fill))
			out[xsk_ring_next(fill)] =
				d->addr & ~(uint64_t)(XSK_CHUNK - 1);
	}
	if (!i)
		return 0;
	xsk_ring_release(rx);
	xsk_ring_submit(fill);
	if (xsk_ring_asks(fill, XDP_RING_NEED_WAKEUP))
		recvfrom(x->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
	return i;
}

uint64_t xsk_lost(struct xsk *x)
{
	struct xdp_statistics s = { 0 };
	socklen_t len = sizeof(s);
	uint64_t all, news;

	if (getsockopt(x->fd, SOL_XDP, XDP_STATISTICS, &s, &len) < 0)
		return 0;
	all = s.rx_dropped + s.rx_ring_full;
	news = all - x->lost;
	x->lost = all;
	return news;
}
