/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/rawrx.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/diag.h"
#include "missiu/merged.h"
#include "missiu/outer.h"
#include "missiu/rawfilter.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define SOCKET_BUFFER (8 << 20)

/* The virtio-net header, then the Ethernet header. */
#define VNET_LEN  sizeof(struct virtio_net_hdr)
#define FRONT_LEN (VNET_LEN + ETH_HLEN)

/*
 * Packets that arrived behind the first merged one of a batch wait here, with
 * it, while it is cut. The memory is touched when that happens, not before.
 */
#define KEEP_SIZE 65664 /* the largest packet, front included */

struct kept {
	size_t len;  /* at its IP header */
	size_t size; /* of its datagrams; 0: not merged */
	bool cut_off;
};

struct rawrx {
	int fd;
	bool front; /* frames with a virtio-net header */
	struct mmsghdr msg[OUTER_BATCH];
	struct iovec iov[OUTER_BATCH];
	uint8_t *memory; /* OUTER_BATCH times KEEP_SIZE */
	struct kept kept[OUTER_BATCH];
	size_t at, end; /* of kept[] */
	struct merged merged;
	bool cutting;	  /* merged is of kept[at] */
	uint64_t refused; /* merged in a way the kernel can't tell us */
};

static bool set_int(int fd, int level, int option, int value)
{
	return !setsockopt(fd, level, option, &value, sizeof(value));
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

/* Whether frames on the interface start with an Ethernet header. */
static bool is_ethernet(int fd, unsigned index)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)index };
	socklen_t len = sizeof(ll);

	/* Bound for no protocol: receives nothing, and knows the interface. */
	if (bind(fd, (const struct sockaddr *)&ll, sizeof(ll)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&ll, &len) < 0)
		return false;
	return ll.sll_hatype == ARPHRD_ETHER ||
	       ll.sll_hatype == ARPHRD_LOOPBACK;
}

/* Frames where we can tell merged packets, else packets. */
static int open_socket(struct rawrx *r, unsigned index)
{
	const int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

	r->fd = socket(AF_PACKET, SOCK_RAW | flags, 0);
	if (r->fd < 0)
		return -1;
	r->front = is_ethernet(r->fd, index) &&
		   set_int(r->fd, SOL_PACKET, PACKET_VNET_HDR, 1);
	if (!r->front) {
		close(r->fd);
		r->fd = socket(AF_PACKET, SOCK_DGRAM | flags, 0);
	}
	return r->fd;
}

/*
 * The socket is opened for no protocol at all and bound when its filter is in
 * place, so nothing else ever enters its queue.
 */
static int prepare(struct rawrx *r, unsigned index, struct missiu_diag *diag)
{
	struct sock_filter room[RAWFILTER_MAX];
	struct sock_fprog filter;
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)index };

	if (open_socket(r, index) < 0)
		return failed("a packet socket", diag);
	filter = rawfilter_ipsec(room, r->front ? ETH_HLEN : 0);
	/* A large buffer absorbs bursts; else the limit applies. */
	if (!set_int(r->fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER))
		set_int(r->fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
	if (setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		       sizeof(filter)) < 0)
		return failed("a filter on the packet socket", diag);
	set_int(r->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	if (bind(r->fd, (const struct sockaddr *)&ll, sizeof(ll)) < 0)
		return failed("binding the packet socket", diag);
	return 0;
}

int rawrx_open(unsigned index, struct rawrx **out, struct missiu_diag *diag)
{
	struct rawrx *r = calloc(1, sizeof(*r));
	void *mem = mmap(NULL, (size_t)KEEP_SIZE * OUTER_BATCH,
			 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	int err;

	if (!r || mem == MAP_FAILED) {
		free(r);
		if (mem != MAP_FAILED)
			munmap(mem, (size_t)KEEP_SIZE * OUTER_BATCH);
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	}
	r->fd = -1;
	r->memory = mem;
	err = prepare(r, index, diag);
	if (err) {
		rawrx_close(r);
		return err;
	}
	*out = r;
	return 0;
}

void rawrx_close(struct rawrx *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	munmap(r->memory, (size_t)KEEP_SIZE * OUTER_BATCH);
	free(r);
}

int rawrx_fd(const struct rawrx *r)
{
	return r->fd;
}

bool rawrx_more(const struct rawrx *r)
{
	return r->at < r->end;
}

static void fill(struct missiu_pkt *k, size_t len, enum missiu_drop why)
{
	k->len = len;
	k->verdict = why ? MISSIU_V_DROP : MISSIU_V_CLEAR;
	k->drop = why;
}

static size_t room_of(const struct missiu_pkt *k)
{
	return k->cap - (size_t)(k->data - k->head) - MISSIU_TAILROOM;
}

/* The next packet of those kept: a datagram of a merged one, or a whole one. */
static void hand_out(struct rawrx *r, struct missiu_pkt *k)
{
	const struct kept *q = &r->kept[r->at];
	const uint8_t *ip = r->memory + r->at * KEEP_SIZE;
	size_t len = 0;

	if (q->size && !q->cut_off) {
		if (!r->cutting)
			r->cutting = merged_init(&r->merged,
						 rd_from(ip, q->len), q->size);
		if (r->cutting &&
		    merged_next(&r->merged, k->data, room_of(k), &len)) {
			fill(k, len, MISSIU_DROP_NONE);
			r->cutting = !merged_done(&r->merged);
			r->at += !r->cutting;
			return;
		}
		r->cutting = false;
		fill(k, 0, MISSIU_DROP_RX_MERGED);
	} else if (q->cut_off || q->len > room_of(k)) {
		fill(k, 0, MISSIU_DROP_RX_RUNT);
	} else {
		memcpy(k->data, ip, q->len);
		fill(k, q->len, MISSIU_DROP_NONE);
	}
	r->at++;
}

/* What the kernel says of message @i: merged of datagrams of this size, or 0. */
static size_t merged_size(const struct rawrx *r, size_t i)
{
	struct virtio_net_hdr h;

	if (!r->front || r->msg[i].msg_len < FRONT_LEN)
		return 0;
	memcpy(&h, r->iov[i].iov_base, sizeof(h));
	return (h.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) ==
			       VIRTIO_NET_HDR_GSO_UDP_L4 ?
		       h.gso_size :
		       0;
}

/* Move messages [from, got) out of the caller's packets. */
static void keep(struct rawrx *r, struct missiu_pkt *v[], size_t from,
		 size_t got)
{
	r->at = 0;
	r->end = 0;
	for (size_t i = from; i < got; i++) {
		struct kept *q = &r->kept[r->end];

		q->size = merged_size(r, i);
		q->len = v[i]->len;
		q->cut_off =
			v[i]->verdict == MISSIU_V_DROP || q->len > KEEP_SIZE;
		if (!q->cut_off)
			memcpy(r->memory + r->end * KEEP_SIZE, v[i]->data,
			       q->len);
		r->end++;
	}
}

static int receive(struct rawrx *r, struct missiu_pkt *v[], size_t n)
{
	const size_t front = r->front ? FRONT_LEN : 0;
	int got;

	for (size_t i = 0; i < n; i++) {
		r->iov[i].iov_base = v[i]->data - front;
		r->iov[i].iov_len = room_of(v[i]) + front;
		r->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &r->iov[i],
						     .msg_iovlen = 1 };
	}
	got = recvmmsg(r->fd, r->msg, (unsigned)n, MSG_DONTWAIT, NULL);
	if (got < 0 && errno == EINVAL)
		r->refused++;
	for (int i = 0; i < got; i++) {
		bool bad = r->msg[i].msg_hdr.msg_flags & MSG_TRUNC ||
			   r->msg[i].msg_len < front;

		fill(v[i], bad ? 0 : r->msg[i].msg_len - front,
		     bad ? MISSIU_DROP_RX_RUNT : MISSIU_DROP_NONE);
	}
	return got;
}

size_t rawrx_batch(struct rawrx *r, struct missiu_pkt *v[], size_t n)
{
	size_t done = 0;
	int got;

	if (n > OUTER_BATCH)
		n = OUTER_BATCH;
	while (done < n && rawrx_more(r))
		hand_out(r, v[done++]);
	if (done)
		return done;
	got = receive(r, v, n);
	for (int i = 0; i < got; i++) {
		if (!merged_size(r, (size_t)i))
			continue;
		keep(r, v, (size_t)i, (size_t)got);
		got = i;
	}
	for (done = got > 0 ? (size_t)got : 0; done < n && rawrx_more(r);)
		hand_out(r, v[done++]);
	return done;
}

uint64_t rawrx_lost(struct rawrx *r)
{
	struct tpacket_stats st = { 0 };
	socklen_t len = sizeof(st);
	uint64_t lost = r->refused;

	r->refused = 0;
	if (!getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		lost += st.tp_drops;
	return lost;
}
