/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that resemble each other, in one vector to one engine and one by one
 * to another: what becomes of each must be the same.
 *
 * Byte 0 as in esp_in.c, or 0xff: packets that leave; these then arrive.
 * Byte 1: how many more packets, 4 bytes for each that tell in what it differs
 * from the first (see make()). The rest is the first packet.
 */
#include <stdlib.h>
#include <string.h>

#include "esp_rig.h"

#define N_MAX	 16
#define ROOM_MAX 2000
#define LEAVES	 0xff

/* How a packet differs: bits of the first byte. */
enum {
	CUT = 1,       /* shorter */
	EDIT = 2,      /* a byte of what is inside */
	EDIT_WIRE = 4, /* a byte of it all */
	FIT = 8,       /* then the header inside tells the length */
	FIT_WIRE = 16, /* then the IPv4 header outside is right */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two engines and their packets, in the order they were made. */
struct side {
	struct missiu *m;
	struct missiu_pkt k[N_MAX];
	uint8_t buf[N_MAX][FUZZ_ROOM];
};

static void fit(uint8_t *p, size_t n)
{
	if (n >= 60 && p[0] >> 4 == 4)
		ip4_finish(p, n);
	else if (n >= IP6_HDR_LEN && p[0] >> 4 == 6)
		store_be16(p + 4, (uint16_t)(n - IP6_HDR_LEN));
}

static size_t make(uint8_t *p, uint8_t how, const uint8_t op[4],
		   const uint8_t *data, size_t n)
{
	static uint8_t text[ROOM_MAX];
	const size_t at = load_be16(op + 1);

	if (n)
		memcpy(text, data, n);
	if (op[0] & CUT)
		n = at % (n + 1);
	if (op[0] & EDIT && n)
		text[at % n] ^= op[3];
	if (op[0] & FIT)
		fit(text, n);
	if (how != LEAVES)
		n = fuzz_wire(p, how, text, n);
	else if (n)
		memcpy(p, text, n);
	if (op[0] & EDIT_WIRE && n)
		p[at % n] ^= op[3];
	if (op[0] & FIT_WIRE)
		fit(p, n);
	return n;
}

/* What became more packets, and what waits, is not compared here. */
static void settle(struct missiu *m, enum missiu_dir dir, missiu_usec now)
{
	static uint8_t buf[FUZZ_ROOM];
	struct missiu_event ev;
	struct missiu_pkt k, *v = &k;
	size_t done = 1;

	while (done) {
		k = (struct missiu_pkt){ .head = buf,
					 .cap = sizeof(buf),
					 .data = buf + MISSIU_HEADROOM };
		missiu_fragments(m, dir, &v, 1, &done, now);
	}
	while (missiu_event_next(m, &ev))
		missiu_acquire_failed(m, ev.acquire_id);
}

static void work(struct missiu *m, enum missiu_dir dir, struct missiu_pkt **v,
		 size_t n, missiu_usec now)
{
	if (dir == MISSIU_OUT)
		missiu_outbound(m, v, n, now);
	else
		missiu_inbound(m, v, n, now);
}

/*
 * Identifications are given out when packets are sealed and when they are cut:
 * not in the same order.
 */
static void same_id(struct missiu_pkt *y, const struct missiu_pkt *x)
{
	if (x->len < IP4_HDR_LEN || y->len < IP4_HDR_LEN ||
	    x->data[0] >> 4 != 4 || y->data[0] >> 4 != 4)
		return;
	if (ip4_sum_ok(x->data) != ip4_sum_ok(y->data))
		abort();
	memcpy(y->data + 4, x->data + 4, 2);
	memcpy(y->data + 10, x->data + 10, 2);
}

static void check(const struct side *a, struct side *b, size_t n)
{
	struct missiu_stats s, t;

	for (size_t i = 0; i < n; i++) {
		const struct missiu_pkt *x = &a->k[i];
		struct missiu_pkt *y = &b->k[i];

		if (x->verdict != y->verdict || x->drop != y->drop ||
		    x->policy_id != y->policy_id || x->spi != y->spi)
			abort();
		if (x->verdict == MISSIU_V_DROP || x->verdict == MISSIU_V_HELD)
			continue;
		same_id(y, x);
		if (x->len != y->len ||
		    x->data - x->head != y->data - y->head ||
		    memcmp(x->data, y->data, x->len))
			abort();
	}
	missiu_stats_get(a->m, &s);
	missiu_stats_get(b->m, &t);
	if (memcmp(s.drops, t.drops, sizeof(s.drops)) ||
	    s.in_packets != t.in_packets || s.in_bytes != t.in_bytes ||
	    s.out_packets != t.out_packets || s.out_bytes != t.out_bytes ||
	    s.in_clear != t.in_clear || s.out_clear != t.out_clear)
		abort();
}

/* Those that were DONE, or all, go in; both sides the same way round. */
static void both(struct side *a, struct side *b, enum missiu_dir dir, size_t n,
		 missiu_usec now)
{
	struct missiu_pkt *v[N_MAX], *one;
	size_t some = 0;

	for (size_t i = 0; i < n; i++)
		if (!a->k[i].verdict || a->k[i].verdict == MISSIU_V_DONE)
			v[some++] = &a->k[i];
	for (size_t i = 0; i < n; i++) {
		one = &b->k[i];
		if (!one->verdict || one->verdict == MISSIU_V_DONE)
			work(b->m, dir, &one, 1, now);
	}
	work(a->m, dir, v, some, now);
	check(a, b, n);
	settle(a->m, dir, now);
	settle(b->m, dir, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t same[4];
	static struct side a, b;
	missiu_usec now;
	size_t n, skip;

	if (size < 2 || size > ROOM_MAX)
		return 0;
	n = 1 + data[1] % N_MAX;
	skip = 2 + 4 * (n - 1);
	if (size < skip)
		return 0;
	if (!a.m) {
		a.m = fuzz_engine_new();
		b.m = fuzz_engine_new();
		/* Small, so that some fit and others don't. */
		missiu_set_mtu(a.m, 600);
		missiu_set_mtu(b.m, 600);
	}
	now = fuzz_later(a.m);
	missiu_tick(b.m, now);
	for (size_t i = 0; i < n; i++) {
		struct missiu_pkt *k = &a.k[i];

		*k = (struct missiu_pkt){ .head = a.buf[i], .cap = FUZZ_ROOM };
		k->data = a.buf[i] + MISSIU_HEADROOM;
		k->len = make(k->data, data[0], i ? data + 4 * i - 2 : same,
			      data + skip, size - skip);
		b.k[i] = *k;
		b.k[i].head = b.buf[i];
		b.k[i].data = b.buf[i] + MISSIU_HEADROOM;
		memcpy(b.k[i].data, k->data, k->len);
	}
	both(&a, &b, data[0] == LEAVES ? MISSIU_OUT : MISSIU_IN, n, now);
	if (data[0] == LEAVES)
		both(&a, &b, MISSIU_IN, n, now);
	return 0;
}
