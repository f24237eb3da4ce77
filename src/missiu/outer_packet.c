/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/outer_packet.h"

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

#include "common/diag.h"
#include "common/rd.h"
#include "missiu/bigmem.h"
#include "missiu/outer_sock.h"
#include "missiu/rawfilter.h"
#include "missiu/vnet.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/** Packets fetched at once, and how many when they were super-packets. */
#define MSGS	   64
#define MSGS_SUPER 4
#define SUPER_LEN  16384 /* bytes that make one */
#define MSG_ROOM   65536
#define MEMORY	   ((size_t)MSGS * MSG_ROOM)

struct packet_rx {
	int fd;
	unsigned next, got; /* messages of .msg: being cut, fetched */
	unsigned want;	    /* messages to fetch */
	size_t link_len;    /* of the header they come with; 0: none, and
			       no super-packets either */
	bool cutting;
	struct missiu_gso gso;
	uint64_t refused; /* merged in a way the kernel cannot tell us */
	uint8_t *memory;  /* MEMORY bytes: MSG_ROOM for each message */
	uint8_t vnet[MSGS][VNET_LEN];
	struct mmsghdr msg[MSGS];
	struct iovec iov[MSGS][2];
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

/*
 * The socket is opened for no protocol at all and bound when its filter is in
 * place, so nothing else ever enters its queue.
 */
static int prepare(struct packet_rx *r, unsigned index,
		   struct missiu_diag *diag)
{
	struct sock_filter room[RAWFILTER_MAX];
	struct sock_fprog filter;
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)index };

	if (open_socket(r, index) < 0)
		return sock_failed("a packet socket", diag);
	sock_enlarge(r->fd, SO_RCVBUFFORCE, SO_RCVBUF);
	filter = rawfilter_ipsec(room, (uint32_t)r->link_len);
	if (setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		       sizeof(filter)) < 0)
		return sock_failed("a filter on the packet socket", diag);
	sock_set(r->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	if (bind(r->fd, (const struct sockaddr *)&ll, sizeof(ll)) < 0)
		return sock_failed("binding the packet socket", diag);
	return 0;
}

int packet_rx_open(unsigned index, struct packet_rx **out,
		   struct missiu_diag *diag)
{
	struct packet_rx *r = calloc(1, sizeof(*r));
	int err;

	*out = NULL;
	if (!r)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	r->fd = -1;
	r->want = MSGS;
	r->memory = bigmem_new(MEMORY);
	if (!r->memory)
		err = diag_set(diag, MISSIU_ENOMEM, "out of memory");
	else
		err = prepare(r, index, diag);
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
	if (r->fd >= 0)
		close(r->fd);
	bigmem_free(r->memory, MEMORY);
	free(r);
}

int packet_rx_fd(const struct packet_rx *r)
{
	return r->fd;
}

/* Ask the kernel for the next messages; false: there are none. */
static bool fetch(struct packet_rx *r)
{
	int got;

	for (unsigned i = 0; i < r->want; i++) {
		r->iov[i][0] = (struct iovec){ r->vnet[i],
					       r->link_len ? VNET_LEN : 0 };
		r->iov[i][1] = (struct iovec){ r->memory + (size_t)i * MSG_ROOM,
					       MSG_ROOM };
		r->msg[i].msg_hdr = (struct msghdr){ .msg_iov = r->iov[i],
						     .msg_iovlen = 2 };
	}
	got = recvmmsg(r->fd, r->msg, r->want, MSG_DONTWAIT, NULL);
	if (got < 0 && errno == EINVAL)
		r->refused++;
	r->next = 0;
	r->got = got > 0 ? (unsigned)got : 0;
	/* What is fetched must still be in the cache when it is worked on. */
	if (r->got)
		r->want = r->msg[0].msg_len > SUPER_LEN ? MSGS_SUPER : MSGS;
	return r->got;
}

/* Find the packet in a message; Return: false when it came in damaged. */
static bool unwrap(struct packet_rx *r, unsigned i, struct rd *packet,
		   struct missiu_offload *o)
{
	size_t len = r->msg[i].msg_len;
	const uint8_t *link;

	*o = (struct missiu_offload){ 0 };
	if (r->msg[i].msg_hdr.msg_flags & MSG_TRUNC)
		return false;
	if (!r->link_len) {
		*packet = rd_from(r->iov[i][1].iov_base, len);
		return true;
	}
	if (len < VNET_LEN || !vnet_parse(r->vnet[i], r->link_len, o))
		return false;
	*packet = rd_from(r->iov[i][1].iov_base, len - VNET_LEN);
	return rd_take(packet, r->link_len, &link);
}

/*
 * The next message. Return: false when nothing is to be cut: @out is then a
 * damaged packet, or one that the engine will say what is wrong with.
 */
static bool begin(struct packet_rx *r, struct missiu_pkt *out)
{
	size_t room =
		out->cap - (size_t)(out->data - out->head) - MISSIU_TAILROOM;
	struct missiu_offload o;
	struct rd packet;

	out->verdict = MISSIU_V_DROP;
	out->drop = MISSIU_DROP_RX_RUNT;
	if (!unwrap(r, r->next++, &packet, &o))
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

size_t packet_rx_batch(struct packet_rx *r, struct missiu_pkt *v[], size_t n)
{
	size_t filled = 0;

	while (filled < n) {
		if (r->cutting && missiu_gso_next(&r->gso, v[filled])) {
			v[filled]->verdict = MISSIU_V_CLEAR;
			v[filled++]->drop = MISSIU_DROP_NONE;
			continue;
		}
		r->cutting = false;
		if (r->next == r->got && !fetch(r))
			break;
		r->cutting = begin(r, v[filled]);
		if (!r->cutting)
			filled++;
	}
	return filled;
}

uint64_t packet_rx_lost(struct packet_rx *r)
{
	struct tpacket_stats st = { 0 };
	socklen_t len = sizeof(st);
	uint64_t lost = r->refused;

	r->refused = 0;
	if (!getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		lost += st.tp_drops;
	return lost;
}
