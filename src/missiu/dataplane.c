/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/dataplane.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "common/addr.h"
#include "missiu/clock.h"
#include "missiu/l2.h"

/*
 * Room for the largest IP packet. Buffers of the usual size touch one or two
 * pages of it; the odd remainder keeps the headers of different buffers out of
 * the same cache sets.
 */
#define BUF_SIZE (MISSIU_HEADROOM + 65536 + MISSIU_TAILROOM + 64)

/* Batches of one direction in a row. */
#define TURNS 4

struct dataplane {
	struct missiu *m;
	const struct tap *tap;
	const struct outer_ops *ops;
	struct outer *outer;
	uint8_t *memory; /* OUTER_BATCH buffers of BUF_SIZE */
	struct missiu_pkt pkts[OUTER_BATCH];
	struct missiu_pkt *v[OUTER_BATCH]; /* the vector passed around */
	struct missiu_ts *groups;	   /* multicast that policies protect */
	size_t n_groups;
};

struct dataplane *dataplane_new(struct missiu *m, const struct tap *tap,
				const struct outer_ops *ops,
				struct outer *outer)
{
	struct dataplane *d = calloc(1, sizeof(*d));
	void *mem;

	if (!d)
		return NULL;
	mem = mmap(NULL, (size_t)BUF_SIZE * OUTER_BATCH, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		free(d);
		return NULL;
	}
	d->m = m;
	d->tap = tap;
	d->ops = ops;
	d->outer = outer;
	d->memory = mem;
	for (size_t i = 0; i < OUTER_BATCH; i++) {
		d->pkts[i].head = d->memory + i * BUF_SIZE;
		d->pkts[i].cap = BUF_SIZE;
	}
	return d;
}

void dataplane_free(struct dataplane *d)
{
	if (!d)
		return;
	munmap(d->memory, (size_t)BUF_SIZE * OUTER_BATCH);
	free(d->groups);
	free(d);
}

/* All packets empty again and in the vector. */
static void reset(struct dataplane *d)
{
	for (size_t i = 0; i < OUTER_BATCH; i++) {
		struct missiu_pkt *k = &d->pkts[i];

		k->data = k->head + MISSIU_HEADROOM;
		k->len = 0;
		k->drop = MISSIU_DROP_NONE;
		k->policy_id = 0;
		k->spi = 0;
		d->v[i] = k;
	}
}

static void transmit(struct dataplane *d, size_t n)
{
	if (!n)
		return;
	d->ops->tx_batch(d->outer, d->v, n);
	for (size_t i = 0; i < n; i++)
		if (d->v[i]->verdict == MISSIU_V_DROP)
			missiu_count_drop(d->m, d->v[i]->drop, 1);
}

static void to_kernel(struct dataplane *d, const uint8_t *frame, size_t len)
{
	if (!tap_write(d->tap, frame, len))
		missiu_count_drop(d->m, MISSIU_DROP_TAP_WRITE, 1);
}

/* The destination of a whole IP packet. */
static struct missiu_addr destination(const uint8_t *ip)
{
	return *ip >> 4 == 4 ? addr_from_bytes(4, ip + 16) :
			       addr_from_bytes(6, ip + 24);
}

static bool group_protected(const struct dataplane *d, const uint8_t *ip)
{
	struct missiu_addr dst = destination(ip);

	for (size_t i = 0; i < d->n_groups; i++)
		if (addr_cmp(&d->groups[i].lo, &dst) <= 0 &&
		    addr_cmp(&dst, &d->groups[i].hi) <= 0)
			return true;
	return false;
}

/* One frame of the TAP; Return: true when @k is now a packet for the engine. */
static bool take_frame(struct dataplane *d, struct missiu_pkt *k,
		       uint8_t *frame, size_t len)
{
	struct l2_frame f;

	l2_parse(rd_from(frame, len), &f);
	if (f.kind == L2_REPLY)
		to_kernel(d, f.reply, f.reply_len);
	if (f.kind == L2_DROP)
		missiu_count_drop(d->m, f.drop, 1);
	if (f.kind != L2_IP)
		return false;
	if (f.group && !group_protected(d, frame + f.ip)) {
		missiu_count_drop(d->m, MISSIU_DROP_TAP_MULTICAST, 1);
		return false;
	}
	k->data = frame + f.ip;
	k->len = f.ip_len;
	return true;
}

/*
 * Gather up to a batch of packets. Return: 0 when the TAP may have more, else as
 * tap_read().
 */
static int fill_from_tap(struct dataplane *d, size_t *n)
{
	const size_t room = BUF_SIZE - MISSIU_HEADROOM - MISSIU_TAILROOM;

	*n = 0;
	for (int frames = 0; frames < OUTER_BATCH; frames++) {
		struct missiu_pkt *k = &d->pkts[*n];
		uint8_t *frame = k->head + MISSIU_HEADROOM - L2_HDR_LEN;
		ssize_t len = tap_read(d->tap, frame, room + L2_HDR_LEN);

		if (len < 0)
			return (int)len;
		if (take_frame(d, k, frame, (size_t)len))
			++*n;
	}
	return 0;
}

/* A packet for the kernel; there is room for its Ethernet header. */
static void deliver(struct dataplane *d, struct missiu_pkt *k)
{
	uint8_t *frame = k->data - L2_HDR_LEN;

	l2_put_header(frame, d->tap->mac, *k->data >> 4);
	to_kernel(d, frame, k->len + L2_HDR_LEN);
}

/* Of @n packets that left, the first @good go on; senders get their answers. */
static void left(struct dataplane *d, size_t n, size_t good)
{
	for (size_t i = good; i < n; i++)
		if (d->v[i]->verdict == MISSIU_V_REPLY)
			deliver(d, d->v[i]);
	transmit(d, good);
}

/* Packets that arrived; clear ones the kernel has already. */
static void arrived(struct dataplane *d, size_t good)
{
	for (size_t i = 0; i < good; i++)
		if (d->v[i]->verdict == MISSIU_V_DONE)
			deliver(d, d->v[i]);
}

/* What became more packets than there were. */
static void fetch_fragments(struct dataplane *d, enum missiu_dir dir)
{
	size_t done, good;

	do {
		reset(d);
		good = missiu_fragments(d->m, dir, d->v, OUTER_BATCH, &done,
					clock_now());
		if (dir == MISSIU_OUT)
			left(d, done, good);
		else
			arrived(d, good);
	} while (done == OUTER_BATCH);
}

bool dataplane_outbound(struct dataplane *d)
{
	int end = 0;

	for (int turn = 0; turn < TURNS && !end; turn++) {
		size_t n;

		reset(d);
		end = fill_from_tap(d, &n);
		if (!n)
			continue;
		left(d, n, missiu_outbound(d->m, d->v, n, clock_now()));
		fetch_fragments(d, MISSIU_OUT);
	}
	return end != MISSIU_EIO;
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

bool dataplane_inbound(struct dataplane *d)
{
	size_t n = OUTER_BATCH;

	for (int turn = 0; turn < TURNS && n == OUTER_BATCH; turn++) {
		size_t good;

		reset(d);
		n = d->ops->rx_batch(d->outer, d->v, OUTER_BATCH);
		good = drop_damaged(d, n);
		if (!good)
			continue;
		arrived(d, missiu_inbound(d->m, d->v, good, clock_now()));
		fetch_fragments(d, MISSIU_IN);
	}
	return d->ops->rx_more(d->outer);
}

void dataplane_release(struct dataplane *d)
{
	size_t done, good;

	do {
		reset(d);
		good = missiu_release(d->m, d->v, OUTER_BATCH, &done,
				      clock_now());
		left(d, done, good);
		fetch_fragments(d, MISSIU_OUT);
	} while (done == OUTER_BATCH);
}

static bool protects_group(const struct missiu_policy *p)
{
	return p->action == MISSIU_PROTECT && p->dirs & MISSIU_OUT &&
	       addr_is_multicast(&p->remote.lo);
}

void dataplane_spd_changed(struct dataplane *d)
{
	struct missiu_policy p;
	uint64_t cursor = 0;

	d->n_groups = 0;
	while (missiu_policy_next(d->m, &cursor, &p, NULL)) {
		struct missiu_ts *grown;

		if (!protects_group(&p))
			continue;
		grown = realloc(d->groups,
				(d->n_groups + 1) * sizeof(*d->groups));
		if (!grown)
			return;
		d->groups = grown;
		d->groups[d->n_groups++] = p.remote;
	}
}

void dataplane_count_lost(struct dataplane *d)
{
	uint64_t lost = d->ops->rx_lost(d->outer);

	if (lost)
		missiu_count_drop(d->m, MISSIU_DROP_RX_QUEUE, lost);
}
