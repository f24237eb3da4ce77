/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/dataplane.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/clock.h"
#include "missiu/bigmem.h"
#include "missiu/l2.h"
#include "missiu/look.h"

/*
 * Room for the largest IP packet. Buffers of the usual size touch one or two
 * pages of it; the odd remainder keeps the headers of different buffers out of
 * the same cache sets.
 */
#define BUF_SIZE (MISSIU_HEADROOM + 65536 + MISSIU_TAILROOM + 64)

/** Longest Ethernet frame: the largest IP packet and its header. */
#define FRAME_MAX (L2_HDR_LEN + 65535)

/* Batches of each direction, and time, before others get their turn. */
#define TURNS  64
#define RUN_US 10000

struct dataplane {
	struct missiu *m;
	const struct tap *tap;
	const struct outer_ops *ops;
	struct outer *outer;
	struct tcplink *tcp; /* NULL: not this way */
	uint8_t *memory;     /* OUTER_BATCH buffers of BUF_SIZE */
	struct missiu_pkt pkts[OUTER_BATCH];
	struct missiu_pkt *v[OUTER_BATCH]; /* the vector passed around */
	size_t used;			   /* of both, since they were reset */
	uint8_t frame[VNET_LEN + FRAME_MAX]; /* the last one of the TAP */
	struct missiu_gso gso;		     /* what is cut out of it */
	bool cutting;			     /* not done with it */
	struct look look;		     /* before it sleeps */
	struct missiu_gro gro;
	struct iovec iov[OUTER_BATCH]; /* a frame for the TAP */
	struct missiu_ts *groups;      /* multicast that policies name */
	size_t n_groups;
};

struct dataplane *dataplane_new(struct missiu *m, const struct tap *tap,
				const struct outer_ops *ops,
				struct outer *outer, missiu_usec look)
{
	struct dataplane *d = calloc(1, sizeof(*d));
	void *mem;

	if (!d)
		return NULL;
	mem = bigmem_new((size_t)BUF_SIZE * OUTER_BATCH);
	if (!mem) {
		free(d);
		return NULL;
	}
	d->m = m;
	d->tap = tap;
	d->ops = ops;
	d->outer = outer;
	look_init(&d->look, look);
	d->memory = mem;
	d->used = OUTER_BATCH;
	for (size_t i = 0; i < OUTER_BATCH; i++) {
		d->pkts[i].head = d->memory + i * BUF_SIZE;
		d->pkts[i].cap = BUF_SIZE;
	}
	return d;
}

void dataplane_set_tcp(struct dataplane *d, struct tcplink *tcp)
{
	d->tcp = tcp;
}

void dataplane_free(struct dataplane *d)
{
	if (!d)
		return;
	bigmem_free(d->memory, (size_t)BUF_SIZE * OUTER_BATCH);
	free(d->groups);
	free(d);
}

/* All packets empty again and in the vector. */
static void reset(struct dataplane *d)
{
	for (size_t i = 0; i < d->used; i++) {
		struct missiu_pkt *k = &d->pkts[i];

		k->data = k->head + MISSIU_HEADROOM;
		k->len = 0;
		k->drop = MISSIU_DROP_NONE;
		k->policy_id = 0;
		k->spi = 0;
		d->v[i] = k;
	}
	d->used = 0;
}

/* The destination of a whole IP packet. */
static struct missiu_addr destination(const uint8_t *ip)
{
	return *ip >> 4 == 4 ? addr_from_bytes(4, ip + 16) :
			       addr_from_bytes(6, ip + 24);
}

/*
 * Groups reach the engine because a policy names them. What then matched none
 * would leave in clear where the operator asked for protection: not so.
 */
static size_t drop_stray(struct dataplane *d, size_t n)
{
	size_t good = 0;

	for (size_t i = 0; i < n; i++) {
		struct missiu_pkt *k = d->v[i];

		if (k->verdict == MISSIU_V_CLEAR && !k->policy_id) {
			struct missiu_addr dst = destination(k->data);

			if (addr_is_multicast(&dst)) {
				missiu_count_drop(d->m,
						  MISSIU_DROP_TAP_MULTICAST, 1);
				continue;
			}
		}
		d->v[i] = d->v[good];
		d->v[good++] = k;
	}
	return good;
}

static void transmit(struct dataplane *d, size_t n)
{
	size_t wire;

	if (d->n_groups)
		n = drop_stray(d, n);
	if (!n)
		return;
	wire = d->tcp ? tcplink_tx(d->tcp, d->v, n) : n;
	if (wire)
		d->ops->tx_batch(d->outer, d->v, wire);
	for (size_t i = 0; i < n; i++)
		if (d->v[i]->verdict == MISSIU_V_DROP)
			missiu_count_drop(d->m, d->v[i]->drop, 1);
}

static void reply_to_kernel(struct dataplane *d, struct l2_frame *f)
{
	const struct missiu_offload none = { 0 };
	uint8_t room[VNET_LEN + sizeof(f->reply)];

	memcpy(room + VNET_LEN, f->reply, f->reply_len);
	d->iov[0] = (struct iovec){ room + VNET_LEN, f->reply_len };
	if (!tap_write(d->tap, d->iov, 1, &none, false))
		missiu_count_drop(d->m, MISSIU_DROP_TAP_WRITE, 1);
}

static bool group_named(const struct dataplane *d, const uint8_t *ip)
{
	struct missiu_addr dst = destination(ip);

	for (size_t i = 0; i < d->n_groups; i++)
		if (addr_cmp(&d->groups[i].lo, &dst) <= 0 &&
		    addr_cmp(&dst, &d->groups[i].hi) <= 0)
			return true;
	return false;
}

/* One frame of the TAP; Return: true when it is now to be cut. */
static bool take_frame(struct dataplane *d, size_t len,
		       const struct missiu_offload *o)
{
	const uint8_t *frame = d->frame + VNET_LEN;
	struct l2_frame f;

	l2_parse(rd_from(frame, len), &f);
	if (f.kind == L2_REPLY)
		reply_to_kernel(d, &f);
	if (f.kind == L2_DROP)
		missiu_count_drop(d->m, f.drop, 1);
	if (f.kind != L2_IP)
		return false;
	if (f.group && !group_named(d, frame + f.ip)) {
		missiu_count_drop(d->m, MISSIU_DROP_TAP_MULTICAST, 1);
		return false;
	}
	if (missiu_gso_start(&d->gso, frame + f.ip, f.ip_len, o)) {
		missiu_count_drop(d->m, MISSIU_DROP_OUT_HDR_ERROR, 1);
		return false;
	}
	return true;
}

/*
 * Gather up to a batch of packets. Return: 0 when the TAP may have more, else as
 * tap_read().
 */
static int fill_from_tap(struct dataplane *d, size_t *n)
{
	int frames = 0;

	*n = 0;
	while (*n < OUTER_BATCH && frames < OUTER_BATCH) {
		struct missiu_offload o;
		ssize_t len;

		if (d->cutting && missiu_gso_next(&d->gso, &d->pkts[*n])) {
			++*n;
			continue;
		}
		d->cutting = false;
		len = tap_read(d->tap, d->frame + VNET_LEN, FRAME_MAX, &o);
		if (len < 0)
			return (int)len;
		d->cutting = take_frame(d, (size_t)len, &o);
		frames++;
	}
	return 0;
}

/* A packet, perhaps merged of many, goes up. */
static void write_item(struct dataplane *d, const struct missiu_gro_item *it)
{
	struct missiu_pkt *k = d->v[it->first];
	unsigned version = k->data[0] >> 4;
	uint16_t i = it->first;
	uint8_t *eth;
	size_t n = 1;

	/* What was in front of a packet is always longer than that. */
	if (k->data - k->head < VNET_LEN + L2_HDR_LEN) {
		missiu_count_drop(d->m, MISSIU_DROP_TAP_WRITE, it->n);
		return;
	}
	eth = k->data - L2_HDR_LEN;
	l2_put_header(eth, d->tap->mac, k->data);
	d->iov[0] = (struct iovec){ eth, L2_HDR_LEN + k->len };
	while (i != it->last) {
		i = d->gro.next[i];
		k = d->v[i];
		d->iov[n++] = (struct iovec){ k->data + it->o.hdr_len,
					      k->len - it->o.hdr_len };
	}
	if (!tap_write(d->tap, d->iov, n, &it->o, version == 6))
		missiu_count_drop(d->m, MISSIU_DROP_TAP_WRITE, it->n);
}

/* Packets at the front of the vector go up. */
static void deliver(struct dataplane *d, size_t n)
{
	missiu_gro(&d->gro, d->v, n);
	for (uint16_t i = 0; i < d->gro.n; i++)
		write_item(d, &d->gro.item[i]);
}

/* Those with one verdict move to the front; Return: how many. */
static size_t only(struct missiu_pkt *v[], size_t n,
		   enum missiu_verdict verdict)
{
	struct missiu_pkt *k;
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		k = v[i];
		if (k->verdict != verdict)
			continue;
		v[i] = v[found];
		v[found++] = k;
	}
	return found;
}

/* Of @n packets that left, the first @good go on; senders get their answers. */
static void left(struct dataplane *d, size_t n, size_t good)
{
	transmit(d, good);
	if (good < n)
		deliver(d, only(d->v, n, MISSIU_V_REPLY));
}

/* Packets that arrived; clear ones the kernel has already. */
static void arrived(struct dataplane *d, size_t good)
{
	deliver(d, only(d->v, good, MISSIU_V_DONE));
}

/* What became more packets than there were. */
static void fetch_fragments(struct dataplane *d, enum missiu_dir dir)
{
	size_t done, good;

	do {
		reset(d);
		good = missiu_fragments(d->m, dir, d->v, OUTER_BATCH, &done,
					clock_now());
		d->used = done;
		if (dir == MISSIU_OUT)
			left(d, done, good);
		else
			arrived(d, good);
	} while (done == OUTER_BATCH);
}

/* A batch from the TAP. Return: packets moved, or MISSIU_EIO: it is gone. */
static int outbound(struct dataplane *d)
{
	size_t n;
	int end;

	reset(d);
	end = fill_from_tap(d, &n);
	d->used = n;
	if (n) {
		left(d, n, missiu_outbound(d->m, d->v, n, clock_now()));
		fetch_fragments(d, MISSIU_OUT);
	}
	return end == MISSIU_EIO ? end : (int)n;
}

/* Cut-off packets leave the front of the vector. */
static size_t drop_damaged(struct dataplane *d, size_t n)
{
	size_t good = 0;

	for (size_t i = 0; i < n; i++) {
		struct missiu_pkt *k = d->v[i];

		if (k->verdict == MISSIU_V_DROP) {
			missiu_count_drop(d->m, k->drop, 1);
			continue;
		}
		d->v[i] = d->v[good];
		d->v[good++] = k;
	}
	return good;
}

/* A batch from the interface; Return: packets moved. */
static int inbound(struct dataplane *d)
{
	size_t n, good;

	reset(d);
	n = d->ops->rx_batch(d->outer, d->v, OUTER_BATCH);
	if (d->tcp)
		n += tcplink_rx(d->tcp, d->v + n, OUTER_BATCH - n);
	d->used = n;
	good = drop_damaged(d, n);
	if (good) {
		arrived(d, missiu_inbound(d->m, d->v, good, clock_now()));
		fetch_fragments(d, MISSIU_IN);
	}
	return (int)n;
}

enum dataplane_state dataplane_run(struct dataplane *d)
{
	missiu_usec now = clock_now(), end = now + RUN_US;
	int turns = 0, out, in;

	while (turns < TURNS && now < end) {
		out = outbound(d);
		if (out < 0)
			return DATAPLANE_GONE;
		in = inbound(d);
		now = clock_now();
		if (out || in) {
			look_found(&d->look, now);
			turns++;
		} else if (look_on(&d->look, now)) {
			sched_yield();
		} else {
			return DATAPLANE_IDLE;
		}
	}
	return DATAPLANE_MORE;
}

void dataplane_release(struct dataplane *d)
{
	size_t done, good;

	do {
		reset(d);
		good = missiu_release(d->m, d->v, OUTER_BATCH, &done,
				      clock_now());
		d->used = done;
		left(d, done, good);
		fetch_fragments(d, MISSIU_OUT);
	} while (done == OUTER_BATCH);
}

static bool names_group(const struct missiu_policy *p)
{
	return p->dirs & MISSIU_OUT && addr_is_multicast(&p->remote.lo);
}

/* One group that may come in: the interface must listen to it. */
static bool receives_group(const struct missiu_policy *p)
{
	return p->dirs & MISSIU_IN && p->action == MISSIU_PROTECT &&
	       addr_is_multicast(&p->local.lo) &&
	       addr_eq(&p->local.lo, &p->local.hi);
}

void dataplane_spd_changed(struct dataplane *d)
{
	struct missiu_addr in[OUTER_GROUPS];
	struct missiu_policy p;
	uint64_t cursor = 0;
	size_t n_in = 0;

	d->n_groups = 0;
	while (missiu_policy_next(d->m, &cursor, &p, NULL)) {
		struct missiu_ts *grown;

		if (receives_group(&p) && n_in < OUTER_GROUPS)
			in[n_in++] = p.local.lo;
		if (!names_group(&p))
			continue;
		grown = realloc(d->groups,
				(d->n_groups + 1) * sizeof(*d->groups));
		if (!grown)
			break;
		d->groups = grown;
		d->groups[d->n_groups++] = p.remote;
	}
	d->ops->join(d->outer, in, n_in);
}

void dataplane_count_lost(struct dataplane *d)
{
	uint64_t lost = d->ops->rx_lost(d->outer);

	if (lost)
		missiu_count_drop(d->m, MISSIU_DROP_RX_QUEUE, lost);
}
