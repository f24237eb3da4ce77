/* SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/addr.h"
#include "common/wr.h"
#include "engine_rig.h"

#define HOUR UINT64_C(3600000000)

_Thread_local uint8_t memory[VEC][ROOM];
static _Thread_local struct missiu_pkt pkts[VEC], *vec[VEC];

double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(EXIT_FAILURE);
}

static struct missiu_addr ip4(uint32_t a)
{
	uint8_t b[4];

	store_be32(b, a);
	return addr_from_bytes(4, b);
}

/* Inner addresses of flow @i: one of ours, one of the peer's. */
#define INNER_A	   0x0a000001u
#define INNER_B(i) (0x0b000000u + (uint32_t)(i))
#define OUTER_A	   0xc0000201u
#define OUTER_B	   0xc0000202u

static struct missiu_policy policy(const struct suite *s, size_t i, bool at_a)
{
	struct missiu_addr a = ip4(INNER_A), b = ip4(INNER_B(i));
	struct missiu_policy p = {
		.dirs = MISSIU_IN | MISSIU_OUT,
		.action = MISSIU_PROTECT,
		.mode = MISSIU_TUNNEL,
		.n_prot = 1,
		.prot = { { .proto = MISSIU_ESP,
			    .encr = s->encr,
			    .auth = s->auth } },
		.local = ts_host(at_a ? &a : &b),
		.remote = ts_host(at_a ? &b : &a),
		.tun_local = ip4(at_a ? OUTER_A : OUTER_B),
		.tun_remote = ip4(at_a ? OUTER_B : OUTER_A),
	};

	return p;
}

static struct missiu_sa sa_of(const struct suite *s, size_t i, uint32_t pol,
			      uint8_t dir)
{
	struct missiu_addr a = ip4(INNER_A), b = ip4(INNER_B(i));
	struct missiu_sa sa = {
		.spi = 0x1000 + (uint32_t)i,
		.dir = dir,
		.proto = MISSIU_ESP,
		.mode = MISSIU_TUNNEL,
		.encr = s->encr,
		.auth = s->auth,
		.icv_len = s->auth == MISSIU_AUTH_NONE ? 16 : 0,
		.encr_key_len = s->encr_key_len,
		.auth_key_len = s->auth_key_len,
		.src = ip4(OUTER_A),
		.dst = ip4(OUTER_B),
		.n_ts_src = 1,
		.n_ts_dst = 1,
		.ts_src = { ts_host(&a) },
		.ts_dst = { ts_host(&b) },
		.replay_window = 128,
		.policy_id = pol,
	};

	memset(sa.encr_key, (int)(i * 7 + 1), sa.encr_key_len);
	memset(sa.auth_key, (int)(i * 5 + 1), sa.auth_key_len);
	return sa;
}

static struct missiu *engine(const struct suite *s, size_t n, bool at_a,
			     double *sa_bytes, double *pol_bytes)
{
	struct missiu_change *v = calloc(n, sizeof(*v));
	struct missiu *m = missiu_new(NULL);
	struct missiu_diag diag = { "" };
	struct mallinfo2 m0, m1, m2;

	if (!m || !v)
		die("out of memory");
	m0 = mallinfo2();
	for (size_t i = 0; i < n; i++)
		v[i] = (struct missiu_change){ .kind = MISSIU_CHG_ADD_POLICY,
					       .policy = policy(s, i, at_a) };
	if (missiu_load(m, v, n, 0, NULL, &diag))
		die(diag.msg);
	m1 = mallinfo2();
	for (size_t i = 0; i < n; i++) {
		uint32_t id = v[i].policy.id;

		v[i] = (struct missiu_change){
			.kind = MISSIU_CHG_ADD_SA,
			.sa = sa_of(s, i, id, at_a ? MISSIU_OUT : MISSIU_IN)
		};
	}
	if (missiu_load(m, v, n, 0, NULL, &diag))
		die(diag.msg);
	m2 = mallinfo2();
	*pol_bytes = (double)(m1.uordblks - m0.uordblks) / (double)n;
	*sa_bytes = (double)(m2.uordblks - m1.uordblks) / (double)n;
	free(v);
	return m;
}

struct pair pair_new(const struct suite *s, size_t n, double *sa_bytes,
		     double *pol_bytes)
{
	struct pair p = { .n = n };

	p.a = engine(s, n, true, sa_bytes, pol_bytes);
	p.b = engine(s, n, false, sa_bytes, pol_bytes);
	return p;
}

void pair_free(struct pair *p)
{
	missiu_free(p->a);
	missiu_free(p->b);
}

/* A UDP packet of flow @i at the headroom of buffer @k; IP length @len. */
static void fill(size_t k, size_t i, size_t len)
{
	struct missiu_pkt *p = &pkts[k];
	uint8_t *h = memory[k] + MISSIU_HEADROOM;

	*p = (struct missiu_pkt){
		.head = memory[k], .cap = ROOM, .data = h, .len = len
	};
	memset(h, 0, 28);
	h[0] = 0x45;
	store_be16(h + 2, (uint16_t)len);
	h[6] = 0x40;
	h[8] = 64;
	h[9] = 17;
	store_be32(h + 12, INNER_A);
	store_be32(h + 16, INNER_B(i));
	store_be16(h + 20, 4000);
	store_be16(h + 22, 5000);
	store_be16(h + 24, (uint16_t)(len - 20));
	vec[k] = p;
}

/* One of @n flows, in an order that no cache can guess. */
static size_t next_flow(size_t n)
{
	static _Thread_local uint32_t x = 1;

	x = x * 1664525 + 1013904223;
	return (size_t)(((uint64_t)x * n) >> 32);
}

void pair_run(struct pair *p, size_t flows, size_t len, size_t packets,
	      double *out, double *in)
{
	double t_out = 0, t_in = 0, t0, t1, t2;
	size_t done = 0;

	for (; done < packets; done += VEC) {
		for (size_t k = 0; k < VEC; k++)
			fill(k, next_flow(flows), len);
		t0 = now_ns();
		if (missiu_outbound(p->a, vec, VEC, HOUR) != VEC)
			die("A lost packets");
		t1 = now_ns();
		if (missiu_inbound(p->b, vec, VEC, HOUR) != VEC)
			die("B lost packets");
		t2 = now_ns();
		t_out += t1 - t0;
		t_in += t2 - t1;
	}
	*out = t_out / (double)done;
	*in = t_in / (double)done;
}
