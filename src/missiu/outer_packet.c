/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/outer_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/log.h"
#include "common/rd.h"
#include "missiu/bigmem.h"
#include "missiu/outer_sock.h"
#include "missiu/rawfilter.h"
#include "missiu/vnet.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/**
 * Packets wait in memory shared with the kernel, one in each frame; what is
 * longer is queued by the socket. Together they hold no more than twice this.
 */
#define RING_BYTES  (8u << 20)
#define BLOCK_BYTES (256u << 10)
/** Frame: the kernel's header, virtio-net's, Ethernet's; then the packet. */
#define FRAME_HDRS 128
#define FRAME_MIN  2048
#define FRAME_MAX  16384

#define MSG_ROOM 65536

/** Packets that can't be had, or errors, before others get their turn. */
#define TRIES 8

/** Looks that find nothing before an error is looked for. */
#define LOOKS 8

struct packet_rx {
	int fd;
	size_t link_len; /* of the header they come with; 0: none, and
			    no super-packets either */
	uint8_t *ring;	 /* RING_BYTES in frames; NULL: it was given up */
	uint32_t frame_len, frames, at;
	bool moved;   /* frames were read since losses were last asked for */
	bool cutting; /* the packet at .at or in .msg is not done with */
	struct missiu_gso gso;
	unsigned idle;	  /* looks in a row that found nothing */
	uint64_t refused; /* merged in a way the kernel cannot tell us */
	uint8_t *msg;	  /* MSG_ROOM bytes: a long packet */
	uint8_t vnet[VNET_LEN];
};

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

/*
 * Super-packets come to sockets only that take the link's header too, so it has
 * to be one we know. On other links packets come without it, one by one.
 */
static int open_socket(struct packet_rx *r, unsigned index)
{
	const int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

	r->fd = socket(AF_PACKET, SOCK_RAW | flags, 0);
	if (r->fd < 0)
		return -1;
	if (is_ethernet(r->fd, index) &&
	    sock_set(r->fd, SOL_PACKET, PACKET_VNET_HDR, 1)) {
		r->link_len = ETH_HLEN;
		return r->fd;
	}
	close(r->fd);
	r->fd = socket(AF_PACKET, SOCK_DGRAM | flags, 0);
	return r->fd;
}

/* Should it grow later on, packets go through the queue. */
static unsigned mtu_of(int fd, const char *iface)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", iface);
	return ioctl(fd, SIOCGIFMTU, &ifr) < 0 ? 0 : (unsigned)ifr.ifr_mtu;
}

/* Frames that hold what the link carries. */
static int set_ring(struct packet_rx *r, const char *iface,
		    struct missiu_diag *diag)
{
	const unsigned mtu = mtu_of(r->fd, iface);
	struct tpacket_req q = { .tp_block_size = BLOCK_BYTES,
				 .tp_block_nr = RING_BYTES / BLOCK_BYTES };

	r->frame_len = FRAME_MIN;
	while (r->frame_len < mtu + FRAME_HDRS && r->frame_len < FRAME_MAX)
		r->frame_len *= 2;
	r->frames = RING_BYTES / r->frame_len;
	q.tp_frame_size = r->frame_len;
	q.tp_frame_nr = r->frames;
	if (!sock_set(r->fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2) ||
	    !sock_set(r->fd, SOL_PACKET, PACKET_COPY_THRESH, 1) ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &q, sizeof(q)) < 0)
		return sock_failed("the ring of a packet socket", diag);
	r->ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		       r->fd, 0);
	if (r->ring != MAP_FAILED)
		return 0;
	r->ring = NULL;
	return sock_failed("mapping the ring of a packet socket", diag);
}

/*
 * The socket is opened for no protocol at all and bound when its filter is in
 * place, so nothing else ever enters its queue.
 */
static int prepare(struct packet_rx *r, const char *iface, unsigned index,
		   struct missiu_diag *diag)
{
	struct sock_filter room[RAWFILTER_MAX];
	struct sock_fprog filter;
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)index };
	int err;

	if (open_socket(r, index) < 0)
		return sock_failed("a packet socket", diag);
	sock_enlarge(r->fd, SO_RCVBUFFORCE, SO_RCVBUF);
	err = set_ring(r, iface, diag);
	if (err)
		return err;
	filter = rawfilter_ipsec(room, (uint32_t)r->link_len);
	if (setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		       sizeof(filter)) < 0)
		return sock_failed("a filter on the packet socket", diag);
	sock_set(r->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	if (bind(r->fd, (const struct sockaddr *)&ll, sizeof(ll)) < 0)
		return sock_failed("binding the packet socket", diag);
	return 0;
}

int packet_rx_open(const char *iface, unsigned index, struct packet_rx **out,
		   struct missiu_diag *diag)
{
	struct packet_rx *r = calloc(1, sizeof(*r));
	int err;

	*out = NULL;
	if (!r)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	r->fd = -1;
	r->msg = bigmem_new(MSG_ROOM);
	if (!r->msg)
		err = diag_set(diag, MISSIU_ENOMEM, "out of memory");
	else
		err = prepare(r, iface, index, diag);
	if (err)
		packet_rx_close(r);
	else
		*out = r;
	return err;
}

void packet_rx_close(struct packet_rx *r)
{
	if (!r)
		return;
	if (r->ring)
		munmap(r->ring, RING_BYTES);
	if (r->fd >= 0)
		close(r->fd);
	bigmem_free(r->msg, MSG_ROOM);
	free(r);
}

int packet_rx_fd(const struct packet_rx *r)
{
	return r->fd;
}

static struct tpacket2_hdr *frame(const struct packet_rx *r)
{
	return (void *)(r->ring + (size_t)r->at * r->frame_len);
}

/* What the kernel has written into the frame, once it says that it is ours. */
static uint32_t status(const struct packet_rx *r)
{
	return __atomic_load_n(&frame(r)->tp_status, __ATOMIC_ACQUIRE);
}

/* The frame is the kernel's again. */
static void give_back(struct packet_rx *r)
{
	if (!r->ring)
		return;
	r->moved = true;
	__atomic_store_n(&frame(r)->tp_status, TP_STATUS_KERNEL,
			 __ATOMIC_RELEASE);
	r->at = r->at + 1 < r->frames ? r->at + 1 : 0;
}

/* A packet and what was in front of it. */
struct arrival {
	struct rd bytes; /* link header and packet */
	const uint8_t *vnet;
	bool whole;
};

static void from_frame(const struct packet_rx *r, struct arrival *a)
{
	const struct tpacket2_hdr *h = frame(r);
	const uint8_t *p = (const uint8_t *)h + h->tp_mac;

	a->bytes = rd_from(p, h->tp_snaplen);
	a->vnet = p - VNET_LEN;
	a->whole = h->tp_snaplen == h->tp_len;
}

/*
 * A whole packet that waits in the socket's queue. An error of the interface
 * comes once, in place of a packet; one that virtio-net's header can't describe
 * is gone. Return: false when none waits.
 */
static bool from_queue(struct packet_rx *r, struct arrival *a)
{
	struct iovec v[2] = { { r->vnet, r->link_len ? VNET_LEN : 0 },
			      { r->msg, MSG_ROOM } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
	ssize_t n = -1;

	for (unsigned i = 0; n < 0 && i < TRIES; i++) {
		n = recvmsg(r->fd, &m, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0 && errno == EINVAL)
			r->refused++;
	}
	if (n < 0)
		return false;
	a->whole = (size_t)n >= v[0].iov_len && !(m.msg_flags & MSG_TRUNC);
	a->bytes = rd_from(r->msg, a->whole ? (size_t)n - v[0].iov_len : 0);
	a->vnet = r->vnet;
	return true;
}

/* Return: false when none waits. */
static bool next_arrival(struct packet_rx *r, struct arrival *a)
{
	uint32_t how;

	if (!r->ring)
		return from_queue(r, a);
	how = status(r);
	if (!(how & TP_STATUS_USER))
		return false;
	/* Too long for a frame: the whole of it is in the queue. */
	if (!(how & TP_STATUS_COPY))
		from_frame(r, a);
	else if (!from_queue(r, a))
		a->whole = false;
	return true;
}

/* Find the packet; Return: false when it came in damaged. */
static bool unwrap(const struct packet_rx *r, const struct arrival *a,
		   struct rd *packet, struct missiu_offload *o)
{
	const uint8_t *link;

	*o = (struct missiu_offload){ 0 };
	*packet = a->bytes;
	if (!a->whole)
		return false;
	if (!r->link_len)
		return true;
	return vnet_parse(a->vnet, r->link_len, o) &&
	       rd_take(packet, r->link_len, &link);
}

/*
 * A packet that arrived. Return: false when nothing is to be cut: @out is
 * then a damaged packet, or one that the engine will say what is wrong with.
 */
static bool begin(struct packet_rx *r, struct missiu_pkt *out,
		  const struct arrival *a)
{
	size_t room =
		out->cap - (size_t)(out->data - out->head) - MISSIU_TAILROOM;
	struct missiu_offload o;
	struct rd packet;

	out->verdict = MISSIU_V_DROP;
	out->drop = MISSIU_DROP_RX_RUNT;
	if (!unwrap(r, a, &packet, &o))
		return false;
	/* ESP is authenticated: the checksum around it is of no interest. */
	o.csum_needed = false;
	o.csum_good = true;
	if (!missiu_gso_start(&r->gso, packet.p, rd_left(&packet), &o) &&
	    missiu_gso_room(&r->gso) <= room)
		return true;
	if (o.seg) {
		out->drop = MISSIU_DROP_RX_MERGED;
		return false;
	}
	out->len = rd_left(&packet) < room ? rd_left(&packet) : room;
	memcpy(out->data, packet.p, out->len);
	out->verdict = MISSIU_V_CLEAR;
	out->drop = MISSIU_DROP_NONE;
	return false;
}

/*
 * When its interface goes down the socket has an error, and the descriptor is
 * readable until somebody takes it.
 */
static void take_error(struct packet_rx *r, bool found)
{
	socklen_t len = sizeof(int);

	r->idle = found ? 0 : r->idle + 1;
	if (r->idle % LOOKS == LOOKS - 1)
		getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &(int){ 0 }, &len);
}

size_t packet_rx_batch(struct packet_rx *r, struct missiu_pkt *v[], size_t n)
{
	struct arrival a = { 0 };
	size_t filled = 0;

	while (filled < n) {
		if (r->cutting && missiu_gso_next(&r->gso, v[filled])) {
			v[filled]->verdict = MISSIU_V_CLEAR;
			v[filled++]->drop = MISSIU_DROP_NONE;
			continue;
		}
		if (r->cutting)
			give_back(r);
		r->cutting = false;
		if (!next_arrival(r, &a))
			break;
		r->cutting = begin(r, v[filled], &a);
		/* The rest of the vector is too short for all of it. */
		if (r->cutting && filled &&
		    missiu_gso_left(&r->gso) > n - filled)
			break;
		if (r->cutting)
			continue;
		filled++;
		give_back(r);
	}
	take_error(r, filled);
	return filled;
}

/*
 * A packet that virtio-net's header can't describe leaves its frame reserved,
 * and the kernel waits for that frame for ever (seen in 6.18; before 6.2 the
 * UDP_SEGMENT of a peer on the same machine is enough). Such packets are rare
 * where frames come from a wire. Where there was one the queue is safe.
 */
static void give_up_ring(struct packet_rx *r)
{
	struct tpacket_req none = { 0 };

	munmap(r->ring, RING_BYTES);
	r->ring = NULL;
	if (setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &none, sizeof(none)) <
	    0)
		log_err(net, "leaving the ring of the packet socket: %s",
			strerror(errno));
	else
		log_info(net, "merged packets of an unknown kind: received "
			      "without a ring from now on");
}

uint64_t packet_rx_lost(struct packet_rx *r)
{
	struct tpacket_stats st = { 0 };
	socklen_t len = sizeof(st);
	uint64_t lost = r->refused;
	bool moved = r->moved;

	r->refused = 0;
	r->moved = false;
	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) < 0)
		return lost;
	/* It was empty all the time, and yet there was no room. */
	if (st.tp_drops && r->ring && !r->cutting && !moved &&
	    !(status(r) & TP_STATUS_USER))
		give_up_ring(r);
	return lost + st.tp_drops;
}
